// Follow-me: the idea that the facilitators point at is marked, and scrolled to when they begin to. The focus stays.
import { text } from "../helpers/texts.js";
import { isShown } from "../helpers/visible.js";

// `handle` of an idea, or null. :returns its title, where this page shows it.
export function pointAt(handle, { isMoving }) {
  const shown = handle && shownFor(handle);
  for (const marked of document.querySelectorAll("[data-spotlight]")) {
    if (marked !== shown) delete marked.dataset.spotlight;
  }
  markLine(handle, Boolean(shown));
  if (!shown) return document.querySelector("#said .spotlight-link a")?.textContent ?? "";
  shown.dataset.spotlight = text("pointed");
  if (isMoving) shown.scrollIntoView({ block: "center", behavior: isCalm() ? "instant" : "smooth" });
  return shown.querySelector("h1, h2, h3")?.textContent.trim() ?? "";
}

// What lies open is nearer than its card in the list.
function shownFor(handle) {
  const candidates = [document.getElementById(handle.replace("idea-", "detail-")), document.getElementById(handle)];
  return candidates.find((element) => element && isShown(element));
}

// The line on top leads there from pages that do not show it.
function markLine(handle, isShown) {
  const line = document.querySelector("#said .spotlight-link");
  if (line) line.hidden = isShown && line.dataset.for === handle;
}

function isCalm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
