// <mark-choice>: one question on the idea of this page, answered without leaving it.
import { text } from "../helpers/texts.js";
import { marksOf } from "../stream/ballot.js";

class MarkChoice extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.outbox = marksOf({ ...this.dataset, action: this.form.action });
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.form.addEventListener("submit", (event) => this.onSubmit(event), { signal });
    this.outbox.addEventListener("answer", ({ detail }) => this.onAnswer(detail), { signal });
    this.outbox.addEventListener("late", () => this.say(text("unsent")), { signal });
    window.addEventListener("beforeunload", (event) => !this.outbox.isEmpty && event.preventDefault(), { signal });
    this.stored = this.querySelector("[aria-pressed=true]")?.value;
    const unsent = this.outbox.unsent(this.dataset.question)[this.dataset.entry];
    if (unsent !== undefined) this.press(String(unsent));
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  onSubmit(event) {
    event.preventDefault();
    this.press(event.submitter.value);
    this.say("");
    this.outbox.put(this.dataset.question, { [this.dataset.entry]: Number(event.submitter.value) });
  }

  onAnswer({ question, marks, answer }) {
    const value = marks[this.dataset.entry];
    if (question !== Number(this.dataset.question) || value === undefined) return;
    if (answer.ok) {
      this.stored = String(value);
      this.say(this.dataset.stored.replace("{receipt}", answer.receipt));
      return;
    }
    this.press(this.stored);
    this.say(text({ closed: "closed", barred: "barred", not_found: "gone" }[answer.error] ?? "refused"));
  }

  press(value) {
    for (const button of this.form.querySelectorAll("button[name=value]")) {
      button.setAttribute("aria-pressed", String(button.value === value));
    }
  }

  say(words) {
    this.querySelector("[data-receipt]").textContent = words;
  }
}

customElements.define("mark-choice", MarkChoice);
