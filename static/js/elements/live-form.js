// <live-form>: sends the form inside without leaving the page. The typed text stays until it is stored. With data-owner
// the form goes through the durable queue of that participant (queue/forms.js). With data-follow the page goes on to
// where the answer leads. With data-rests the form takes nothing for a moment after the round has gone on to another
// phase, because a finger on its way meant the phase before.
//
// Attributes: data-done data-follow data-owner data-rests
// Elements: form | textarea | draft-keeper | [aria-invalid], [role=alert] | :scope > [role=status]
// Page: data-explanation data-position
// Sets: data-resting
import { csrfHeader } from "../helpers/csrf.js";
import { text } from "../helpers/texts.js";
import { uuid } from "../helpers/uuid.js";
import { formQueueOf } from "../queue/forms.js";

const PAUSE_MS = 2000;
const REST_MS = 700; // longer than a double click

class LiveForm extends HTMLElement {
  #queue = null;
  #waiting = 0; // presses that are being sent, or wait for earlier ones
  #turn = Promise.resolve();
  #resting;
  #closing = null;

  connectedCallback() {
    if (this.#closing) return;
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    this.addEventListener("submit", (event) => this.#onSubmit(event), options);
    if (this.dataset.owner) this.#openQueue(options);
    if (this.dataset.rests !== undefined) this.#restAfterSteps(options);
  }

  disconnectedCallback() {
    this.#closing?.abort();
    this.#closing = null;
    clearTimeout(this.#resting);
  }

  #openQueue(options) {
    this.#queue = formQueueOf(this.dataset.owner);
    this.#queue.addEventListener("stored", ({ detail }) => this.#isOurs(detail) && this.#wasStored(), options);
    this.#queue.addEventListener("refused", ({ detail }) => this.#isOurs(detail) && this.#takeBack(detail), options);
    this.#queue.flush();
  }

  #restAfterSteps(options) {
    let { position } = this.closest("live-room").dataset;
    const onApplied = ({ detail: { phase } }) => {
      if (!phase || String(phase.position) === position) return;
      position = String(phase.position);
      this.dataset.resting = "";
      clearTimeout(this.#resting);
      this.#resting = setTimeout(() => delete this.dataset.resting, REST_MS);
    };
    document.addEventListener("live-applied", onApplied, options);
  }

  get #form() {
    return this.querySelector("form");
  }

  #isOurs({ item }) {
    return this.#form?.action === item.action;
  }

  #onSubmit(event) {
    if (event.defaultPrevented) return;
    event.preventDefault();
    if (this.dataset.resting !== undefined) return;
    if (this.#queue) {
      this.#enqueue(event.target);
      return;
    }
    const form = event.target;
    if (this.#waiting && form.elements.op) return; // pressed twice, submitted once
    const body = new FormData(form, event.submitter);
    if (form.method === "get") body.set("since", this.closest("live-room").dataset.position); // fragments know no phase
    this.#waiting += 1;
    this.#turn = this.#turn
      .then(() => this.#deliver(form, body, event.submitter))
      .catch((error) => console.warn("live-form", error))
      .finally(() => (this.#waiting -= 1));
  }

  // One press after the other, each with the fields as they were then: a quick second "one minute more" is not lost.
  async #deliver(form, body, submitter) {
    form.setAttribute("aria-busy", "true");
    const response = await this.#send(form, body, submitter);
    form.removeAttribute("aria-busy");
    if (response.ok) await this.#stored(form, response);
    else await this.#refused(form, response);
  }

  // The queue has stored the text before the field is emptied. Every submission is a command with its own number.
  #enqueue(form) {
    const { op, ...fields } = textsOf(form);
    const file = [...new FormData(form).values()].find((value) => value instanceof File && value.size);
    this.#say("");
    this.#queue.add({ op, action: form.action, page: location.href, fields: { ...fields, op } }, { file });
    this.#empty(form);
  }

  #empty(form) {
    form.reset();
    const { op } = form.elements;
    if (op) op.value = uuid();
    form.dispatchEvent(new CustomEvent("stored", { bubbles: true }));
  }

  #wasStored() {
    this.#say(this.dataset.done ?? text("saved"));
    this.dispatchEvent(new CustomEvent("mine-changed", { bubbles: true }));
  }

  // A refused text goes back into its field with the reason, unless something else is typed there by now. Then
  // <out-box> shows it.
  #takeBack({ item, answer: { html } }) {
    if (this.#isTyped) return;
    const page = new DOMParser().parseFromString(html, "text/html");
    const answered = this.#form.id && page.getElementById(this.#form.id);
    if (answered) this.#replace(this.#form, answered);
    else this.#fill(item);
    this.#form.dispatchEvent(new Event("input", { bubbles: true })); // keeps the draft before the queue drops the item
    this.#queue.drop(item);
    if (!answered) this.#say(item.hasFile && !html ? text("picture-again") : reasonOf(page));
  }

  get #isTyped() {
    return [...this.querySelectorAll("textarea")].some((field) => field.value.trim());
  }

  #fill({ fields }) {
    for (const [name, value] of Object.entries(fields)) {
      const field = this.#form.elements[name];
      if (field) field.value = value;
    }
  }

  // Without a network the same command is sent again under the same number, until the server has it.
  async #send(form, body, submitter) {
    const action = submitter?.formAction && submitter.hasAttribute("formaction") ? submitter.formAction : form.action;
    for (;;) {
      try {
        const headers = { ...csrfHeader(), Accept: "text/html" };
        const response = await fetch(action, { method: "POST", headers, body });
        if (response.status !== 502 && response.status !== 503) return response;
      } catch {
        // falls through to the pause
      }
      this.#say(text("unsent"));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async #stored(form, response) {
    this.#say(this.dataset.done ?? text("saved"));
    if (this.dataset.follow !== undefined) {
      this.querySelector("draft-keeper")?.forget();
      location.assign(response.headers.get("Location") ?? response.url);
      return;
    }
    this.#empty(form);
    this.dispatchEvent(new CustomEvent("mine-changed", { bubbles: true }));
  }

  // The answer is the page with the form as it was typed and its errors.
  async #refused(form, response) {
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const answered = form.id && page.getElementById(form.id);
    if (answered) this.#replace(form, answered);
    else this.#say(reasonOf(page));
  }

  #replace(form, answered) {
    this.#say("");
    form.replaceWith(document.adoptNode(answered));
    this.querySelector("[aria-invalid], [role=alert]")?.focus();
  }

  #say(words) {
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
