// What the ballots of all rules share: they mark, say what became of it, and end on request.
import { text } from "../helpers/texts.js";
import { marksOf } from "./ballot.js";

export class Booth extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.outbox = marksOf({ ...this.dataset, action: this.form.action });
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.toggleAttribute("data-scripted", true);
    this.outbox.addEventListener("answer", ({ detail }) => this.isMine(detail) && this.onAnswer(detail), { signal });
    this.outbox.addEventListener("late", () => this.say(this.dataset.unsent), { signal });
    this.form.addEventListener("submit", (event) => this.onSubmit(event), { signal });
    document.addEventListener("live-applied", ({ detail }) => this.onLive(detail), { signal });
    document.addEventListener("keydown", (event) => this.onKey(event), { signal });
    window.addEventListener("beforeunload", (event) => !this.outbox.isEmpty && event.preventDefault(), { signal });
    document.getElementById("done")?.addEventListener("submit", (event) => this.onDone(event), { signal });
    this.begin();
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  // For each rule to fill.
  begin() {}
  onKey() {}
  onLive() {}

  isMine({ question }) {
    return question === Number(this.dataset.question);
  }

  put(marks, gather = 0) {
    this.say("");
    for (const button of this.querySelectorAll("[data-done]")) {
      button.hidden = false;
      button.removeAttribute("data-early");
    }
    this.outbox.put(this.dataset.question, marks, gather);
  }

  onAnswer({ marks, answer }) {
    if (answer.ok) this.say(this.dataset.stored.replace("{receipt}", answer.receipt), { isReceipt: true });
    else this.onRefused(marks, answer.error);
  }

  onRefused(marks, error) {
    this.say(this.why(error));
  }

  why(error) {
    if (error === "budget") return this.dataset.over;
    if (error === "done") return this.dataset.ended;
    return text({ closed: "closed", barred: "barred", not_found: "gone" }[error] ?? "refused");
  }

  // What was marked last must be stored before the ballot is closed.
  async onDone(event) {
    if (this.outbox.isEmpty) return;
    event.preventDefault();
    this.say(this.dataset.saving);
    await this.outbox.flush();
    event.target.submit();
  }

  async goTo(address) {
    if (!this.outbox.isEmpty) this.say(this.dataset.saving);
    await this.outbox.flush();
    location.assign(address);
  }

  // A receipt may stand out of sight, what went wrong may not.
  say(words, { isReceipt = false } = {}) {
    for (const line of this.querySelectorAll("[data-receipt]")) {
      line.textContent = words;
      line.toggleAttribute("data-warns", words !== "" && !isReceipt);
    }
  }

  announce(words) {
    document.getElementById("announcer").textContent = words;
  }
}

// Keys that somebody types into a field, or holds together with others, are no vote; single characters are none either
// for whoever switched them off (key-shortcuts).
export function isShortcut(event) {
  if (event.ctrlKey || event.metaKey || event.repeat) return false;
  if (event.key.length === 1 && areLettersOff()) return false;
  return !event.target.closest("input, textarea, select, [popover], dialog");
}

function areLettersOff() {
  try {
    return localStorage.getItem("shortcuts-off") !== null;
  } catch {
    return false;
  }
}

// The handles of what a frame changed or took away: {changed, removed}, each a set like {"idea-12"}.
export function touchedBy(frame) {
  const changed = (frame.fragments ?? []).map(({ handle }) => handle);
  return { changed: new Set(changed), removed: new Set(frame.removed ?? []) };
}
