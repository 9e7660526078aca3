// <live-form>: sends the form it wraps without leaving the page. What was typed stays until it is stored.
// With data-box it hands it to the outbox of that name, which keeps it until the server has it. With data-follow it goes
// on to where the answer leads. With data-rests it takes nothing for a moment after the round has gone on: a finger that
// was on its way meant what stood there before.
import { csrfHeader } from "../helpers/csrf.js";
import { text } from "../helpers/texts.js";
import { uuid } from "../helpers/uuid.js";
import { outboxOf } from "../stream/outbox.js";

const PAUSE_MS = 2000;
const REST_MS = 700; // longer than a double click

class LiveForm extends HTMLElement {
  waiting = 0; // presses that are being sent, or wait for those before
  turn = Promise.resolve();

  connectedCallback() {
    if (this.isListening) return;
    this.isListening = true;
    this.addEventListener("submit", (event) => this.onSubmit(event));
    if (this.dataset.box) this.openBox();
    if (this.dataset.rests !== undefined) this.restAfterSteps();
  }

  disconnectedCallback() {
    this.closing?.abort();
    document.removeEventListener("live-applied", this.onApplied);
    clearTimeout(this.resting);
    this.isListening = false;
  }

  openBox() {
    this.closing = new AbortController();
    this.outbox = outboxOf(this.dataset.box);
    const options = { signal: this.closing.signal };
    this.outbox.addEventListener("stored", ({ detail }) => this.isOurs(detail.item) && this.wasStored(), options);
    this.outbox.addEventListener("refused", ({ detail }) => this.isOurs(detail.item) && this.cameBack(detail), options);
    this.outbox.flush();
  }

  restAfterSteps() {
    let { position } = this.closest("live-room").dataset;
    this.onApplied = ({ detail: { phase } }) => {
      if (!phase || String(phase.position) === position) return;
      position = String(phase.position);
      this.dataset.resting = "";
      clearTimeout(this.resting);
      this.resting = setTimeout(() => delete this.dataset.resting, REST_MS);
    };
    document.addEventListener("live-applied", this.onApplied);
  }

  get form() {
    return this.querySelector("form");
  }

  isOurs(item) {
    return this.form?.action === item.action;
  }

  onSubmit(event) {
    if (event.defaultPrevented) return;
    event.preventDefault();
    if (this.dataset.resting !== undefined) return;
    if (this.outbox) {
      this.handIn(event.target);
      return;
    }
    const form = event.target;
    if (this.waiting && form.elements.op) return; // pressed twice, handed in once
    const body = new FormData(form, event.submitter);
    this.waiting += 1;
    this.turn = this.turn
      .then(() => this.deliver(form, body, event.submitter))
      .catch((error) => console.warn("live-form", error))
      .finally(() => (this.waiting -= 1));
  }

  // One after the other, each as it was when it was pressed: a quick "one minute more" is not lost.
  async deliver(form, body, submitter) {
    form.setAttribute("aria-busy", "true");
    const response = await this.send(form, body, submitter);
    form.removeAttribute("aria-busy");
    if (response.ok) await this.stored(form, response);
    else await this.refused(form, response);
  }

  // The box has it before the field is empty. Every submission is a command with a number of its own.
  handIn(form) {
    const { op, ...fields } = textsOf(form);
    const file = [...new FormData(form).values()].find((value) => value instanceof File && value.size);
    this.say("");
    this.outbox.add({ op, action: form.action, page: location.href, fields: { ...fields, op } }, file);
    this.emptied(form);
  }

  emptied(form) {
    form.reset();
    const { op } = form.elements;
    if (op) op.value = uuid();
    form.dispatchEvent(new CustomEvent("stored", { bubbles: true }));
  }

  wasStored() {
    this.say(this.dataset.done ?? text("saved"));
    this.dispatchEvent(new CustomEvent("mine-changed", { bubbles: true }));
  }

  // Refused: back into the field with the reason, unless something else stands there by now; then its card has it.
  cameBack({ item, html }) {
    if (this.isTyped) return;
    const page = new DOMParser().parseFromString(html, "text/html");
    const answered = this.form.id && page.getElementById(this.form.id);
    if (answered) this.replace(this.form, answered);
    else this.fill(item);
    this.form.dispatchEvent(new Event("input", { bubbles: true })); // the draft is kept before the box lets go of it
    this.outbox.drop(item.op);
    if (!answered) this.say(item.picture && !html ? text("picture-again") : reasonOf(page));
  }

  get isTyped() {
    return [...this.querySelectorAll("textarea")].some((field) => field.value.trim());
  }

  fill({ fields }) {
    for (const [name, value] of Object.entries(fields)) {
      const field = this.form.elements[name];
      if (field) field.value = value;
    }
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
      this.querySelector("draft-keeper")?.forget();
      location.assign(response.headers.get("Location") ?? response.url);
      return;
    }
    this.emptied(form);
    this.dispatchEvent(new CustomEvent("mine-changed", { bubbles: true }));
  }

  // The answer is the page with the form as it was typed and what is wrong with it.
  async refused(form, response) {
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const answered = form.id && page.getElementById(form.id);
    if (answered) this.replace(form, answered);
    else this.say(reasonOf(page));
  }

  replace(form, answered) {
    this.say("");
    form.replaceWith(document.adoptNode(answered));
    this.querySelector("[aria-invalid], [role=alert]")?.focus();
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

function textsOf(form) {
  const texts = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && name !== "csrf_token") texts[name] = value;
  }
  return texts;
}

function reasonOf(page) {
  const words = page.querySelector("p.field__error, [data-explanation]");
  return words?.textContent.trim() || text("refused");
}

customElements.define("live-form", LiveForm);
