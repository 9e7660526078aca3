// Times are UTC in the page and shown in the zone of this browser.
//
// Page: data-local
import { serverNow } from "./clock.js";

const STYLES = {
  datetime: { dateStyle: "medium", timeStyle: "short" },
  date: { dateStyle: "long" },
  time: { timeStyle: "short" },
};
const OTHER_DAY = { day: "numeric", month: "long", minute: "2-digit" };

const formats = new Map();

// A format is made once: it costs more than writing a hundred times with it.
function formatOf(language, options) {
  const key = JSON.stringify([language, options]);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(language || undefined, options));
  return formats.get(key);
}

// The page's language as the reader's country writes it: 23 November in Leeds, November 23 in Boston.
function readersOwn(language) {
  return navigator.languages?.find((own) => own.split("-")[0] === language && isKnown(own)) ?? language;
}

// Some browsers name a locale of the system that Intl refuses ("en-US@posix").
function isKnown(locale) {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(locale).length > 0;
  } catch {
    return false;
  }
}

export function localTime(instant, style = "datetime", language = readersOwn(document.documentElement.lang)) {
  const format = style === "deadline" ? deadline(instant, language) : (STYLES[style] ?? STYLES.datetime);
  return formatOf(language, format).format(instant);
}

// "08:00" today, "12 December at 08:00" on another day; "8:00 am" where clocks have twelve hours.
function deadline(instant, language) {
  if (instant.toDateString() === new Date(serverNow()).toDateString()) return STYLES.time;
  const { hour12 } = formatOf(language, { hour: "numeric" }).resolvedOptions();
  return { ...OTHER_DAY, hour: hour12 ? "numeric" : "2-digit" };
}

// Minutes by which this zone is ahead of UTC at an instant, summer time included.
export function utcOffset(instant) {
  return -instant.getTimezoneOffset();
}

// The local time as <input type="datetime-local"> takes it, to the minute.
export function wallClock(instant) {
  const shifted = new Date(instant.getTime() + utcOffset(instant) * 60_000);
  return shifted.toISOString().slice(0, 16);
}

// Minutes by which a typed local time ("2027-03-28T02:30") is ahead of UTC. Where clocks jump, a browser moves a time
// that does not exist on by the jump, and the server is to store the same instant.
export function offsetOf(typed) {
  const chosen = new Date(typed).getTime();
  return Number.isNaN(chosen) ? 0 : Math.round((Date.parse(`${typed}Z`) - chosen) / 60_000);
}

export function zoneName() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone?.replaceAll("_", " ") ?? "";
}

function localise(time) {
  const instant = new Date(time.getAttribute("datetime"));
  if (Number.isNaN(instant.getTime())) return;
  const words = localTime(instant, time.dataset.local || "datetime");
  if (time.textContent !== words) time.textContent = words;
}

function localiseIn(node) {
  const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
  const around = element?.closest("time[data-local]");
  if (around) localise(around);
  for (const time of element?.querySelectorAll("time[data-local]") ?? []) localise(time);
}

// Shows every <time data-local> in the local zone, also those that come or change later.
export function watchTimes() {
  localiseIn(document.body);
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === "characterData") localiseIn(target);
      for (const node of addedNodes) localiseIn(node);
    }
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}
