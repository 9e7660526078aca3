// <mark-choice>: one vote on the idea of this page, cast without leaving the page.
//
// Attributes: data-entry data-owner data-question data-round data-stored
// Elements: form | [aria-pressed=true] | [data-saved] | [data-said] | [data-receipt]
// Sets: data-says
import { text } from "../helpers/texts.js";
import { castsOf } from "../queue/casts.js";

class MarkChoice extends HTMLElement {
  #form;
  #queue;
  #stored; // the value that the server has, as a string
  #storedAt = 0;
  #closing;

  connectedCallback() {
    this.#form = this.querySelector("form");
    this.#queue = castsOf({ ...this.dataset, action: this.#form.action });
    this.#closing = new AbortController();
    const { signal } = this.#closing;
    this.#form.addEventListener("submit", (event) => this.#onSubmit(event), { signal });
    this.#queue.addEventListener("stored", ({ detail }) => this.#isOurs(detail) && this.#wasStored(detail), { signal });
    this.#queue.addEventListener("refused", ({ detail }) => this.#isOurs(detail) && this.#refused(detail), { signal });
    this.#queue.addEventListener("late", () => this.#say(text("unsent")), { signal });
    document.addEventListener("own-renewed", ({ detail }) => this.#take(detail), { signal });
    window.addEventListener("beforeunload", (event) => !this.#queue.isEmpty && event.preventDefault(), { signal });
    this.#stored = this.querySelector("[aria-pressed=true]")?.value;
    const unsent = this.#queue.unsent(this.dataset.question)[this.dataset.entry];
    if (unsent !== undefined) this.#press(String(unsent));
  }

  disconnectedCallback() {
    this.#closing.abort();
  }

  #onSubmit(event) {
    event.preventDefault();
    this.#press(event.submitter.value);
    this.#say("");
    this.#queue.cast(this.dataset.question, { [this.dataset.entry]: Number(event.submitter.value) });
  }

  #isOurs({ item }) {
    return item.question === Number(this.dataset.question) && this.dataset.entry in item.marks;
  }

  #wasStored({ item }) {
    this.#stored = String(item.marks[this.dataset.entry]);
    this.#storedAt = performance.now();
    this.#say(this.dataset.stored, { isSaved: true });
  }

  // Ideas were merged or separated, so another mark of the viewer may count. One that was cast meanwhile is newer.
  #take({ ballots, askedAt }) {
    const { question, entry } = this.dataset;
    if (this.#storedAt > askedAt || entry in this.#queue.unsent(question)) return;
    this.#stored = ballots[question]?.marks[entry]?.toString();
    this.#press(this.#stored);
  }

  #refused({ answer }) {
    this.#press(this.#stored);
    this.#say(text({ closed: "closed", barred: "barred", not_found: "gone" }[answer.error] ?? "refused"));
  }

  #press(value) {
    for (const button of this.#form.querySelectorAll("button[name=value]")) {
      button.setAttribute("aria-pressed", String(button.value === value));
    }
  }

  #say(words, { isSaved = false } = {}) {
    this.querySelector("[data-said]").textContent = words;
    this.querySelector("[data-receipt]").hidden = !isSaved;
    this.querySelector("[data-saved]").toggleAttribute("data-says", words !== "");
  }
}

customElements.define("mark-choice", MarkChoice);
