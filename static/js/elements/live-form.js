// <live-form>: sends the form it wraps without leaving the page. What was typed stays until it is stored.
import { csrfHeader } from "../helpers/csrf.js";
import { text } from "../helpers/texts.js";
import { uuid } from "../helpers/uuid.js";

const PAUSE_MS = 2000;

class LiveForm extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", (event) => this.onSubmit(event));
  }

  async onSubmit(event) {
    if (event.defaultPrevented) return;
    event.preventDefault();
    if (this.isSending) return;
    this.isSending = true;
    const form = event.target;
    const body = new FormData(form, event.submitter);
    form.setAttribute("aria-busy", "true");
    const response = await this.send(form, body, event.submitter);
    form.removeAttribute("aria-busy");
    this.isSending = false;
    if (response.ok) await this.stored(form, response);
    else await this.refused(form, response);
  }

  // No network: the same command under the same number, until the server has it.
  async send(form, body, submitter) {
    const action = submitter?.formAction && submitter.hasAttribute("formaction") ? submitter.formAction : form.action;
    for (;;) {
      try {
        const headers = { ...csrfHeader(), Accept: "text/html" };
        const response = await fetch(action, { method: "POST", headers, body });
        if (response.status !== 502 && response.status !== 503) return response;
      } catch {
        // falls through to the pause
      }
      this.say(text("unsent"));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async stored(form, response) {
    this.say(this.dataset.done ?? text("saved"));
    if (this.dataset.follow !== undefined) {
      location.assign(response.url);
      return;
    }
    form.reset();
    const op = form.elements.op;
    if (op) op.value = uuid();
    form.dispatchEvent(new CustomEvent("stored", { bubbles: true }));
    this.dispatchEvent(new CustomEvent("mine-changed", { bubbles: true }));
  }

  // The answer is the page with the form as it was typed and what is wrong with it.
  async refused(form, response) {
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const answered = form.id && page.getElementById(form.id);
    if (answered) {
      this.say("");
      form.replaceWith(document.adoptNode(answered));
      this.querySelector("[aria-invalid], [role=alert]")?.focus();
      return;
    }
    this.say(page.querySelector("[data-explanation]")?.textContent.trim() || text("refused"));
  }

  say(words) {
    let line = this.querySelector(":scope > [role=status]");
    if (!line) {
      line = document.createElement("p");
      line.setAttribute("role", "status");
      line.className = "live-form__status small quiet";
      this.append(line);
    }
    line.textContent = words;
  }
}

customElements.define("live-form", LiveForm);
