// What the ballots of all rules share: they cast marks, show what became of them, and end the ballot on request.
//
// Attributes: data-ended data-over data-owner data-question data-round data-saving data-stored data-unsent
// Elements: form | [data-done] | [data-saved]
// Page: data-early data-receipt data-said
// Sets: data-scripted data-warns
import { text } from "../helpers/texts.js";
import { castsOf } from "../queue/casts.js";

export class BallotElement extends HTMLElement {
  #keepsReason = false;

  connectedCallback() {
    this.form = this.querySelector("form");
    this.queue = castsOf({ ...this.dataset, action: this.form.action });
    this.closing = new AbortController();
    const { signal } = this.closing;
    this.toggleAttribute("data-scripted", true);
    this.queue.addEventListener("stored", ({ detail }) => this.#isMine(detail) && this.onStored(detail), { signal });
    this.queue.addEventListener("refused", ({ detail }) => this.#isMine(detail) && this.#refused(detail), { signal });
    this.queue.addEventListener("late", () => this.say(this.dataset.unsent), { signal });
    this.form.addEventListener("submit", (event) => this.onSubmit(event), { signal });
    document.addEventListener("live-applied", ({ detail }) => this.onLive(detail), { signal });
    document.addEventListener("keydown", (event) => this.onKey(event), { signal });
    window.addEventListener("beforeunload", (event) => !this.queue.isEmpty && event.preventDefault(), { signal });
    document.getElementById("done")?.addEventListener("submit", (event) => this.#end(event), { signal });
    this.begin();
  }

  disconnectedCallback() {
    this.closing.abort();
  }

  // Each rule fills these. `onLive` gets a frame, `onSubmit` and `onKey` an event.
  begin() {}
  onKey() {}
  onLive() {}
  onSubmit() {}

  // `marks`: {subject: value}.
  cast(marks, delayMs = 0) {
    this.#keepsReason = false;
    this.say("");
    for (const button of this.querySelectorAll("[data-done]")) {
      button.hidden = false;
      button.removeAttribute("data-early");
    }
    this.queue.cast(this.dataset.question, marks, delayMs);
  }

  onStored() {
    if (!this.#keepsReason) this.say(this.dataset.stored, { isSaved: true });
  }

  // Say why the ballot can't take a mark. The reason stays until the next change, even if an earlier mark is stored meanwhile.
  refuse(reason) {
    this.#keepsReason = true;
    this.say(reason);
    this.announce(reason);
  }

  onRefused(marks, error) {
    this.say(this.reasonFor(error));
  }

  reasonFor(error) {
    if (error === "budget") return this.dataset.over;
    if (error === "done") return this.dataset.ended;
    return text({ closed: "closed", barred: "barred", not_found: "gone" }[error] ?? "refused");
  }

  async goTo(address) {
    if (!this.queue.isEmpty) this.say(this.dataset.saving);
    await this.queue.settled();
    location.assign(address);
  }

  // The style sheet may move the confirmation out of sight, but never a warning.
  say(words, { isSaved = false } = {}) {
    for (const line of this.querySelectorAll("[data-saved]")) {
      line.querySelector("[data-said]").textContent = words;
      line.querySelector("[data-receipt]").hidden = !isSaved;
      line.toggleAttribute("data-warns", words !== "" && !isSaved);
    }
  }

  announce(words) {
    document.getElementById("announcer").textContent = words;
  }

  #isMine({ item }) {
    return item.question === Number(this.dataset.question);
  }

  #refused({ item, answer }) {
    this.onRefused(item.marks, answer.error);
  }

  // The latest marks must be stored before the ballot is closed.
  async #end(event) {
    if (this.queue.isEmpty) return;
    event.preventDefault();
    this.say(this.dataset.saving);
    await this.queue.settled();
    event.target.submit();
  }
}

// A key that is typed into a field or held together with others is no vote. A single character is none either for
// people who switched single keys off (key-shortcuts).
export function isShortcut(event) {
  if (event.ctrlKey || event.metaKey || event.repeat) return false;
  if (event.key.length === 1 && areSingleKeysOff()) return false;
  return !event.target.closest("input, textarea, select, [popover], dialog");
}

function areSingleKeysOff() {
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
