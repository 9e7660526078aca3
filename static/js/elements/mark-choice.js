// <mark-choice>: yes, no or skip on the idea of this page, cast without leaving it.
import { text } from "../helpers/texts.js";
import { cast } from "../stream/ballot.js";

const LATE_MS = 1500; // by then a vote is stored, or there is no network

class MarkChoice extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.form.addEventListener("submit", (event) => this.onSubmit(event));
  }

  async onSubmit(event) {
    event.preventDefault();
    const value = event.submitter.value;
    const before = this.querySelector("[aria-pressed=true]")?.value;
    this.press(value);
    this.say("");
    const late = setTimeout(() => this.say(text("unsent")), LATE_MS);
    const answer = await cast(this.dataset.round, { [this.dataset.entry]: Number(value) }, this.form.action);
    clearTimeout(late);
    if (answer.ok) {
      this.say(this.dataset.stored.replace("{receipt}", answer.receipt));
      return;
    }
    this.press(before);
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
