// <live-form>: sends the form inside without leaving the page. The typed text stays until it is stored. With data-owner
// the form goes through the durable queue of that participant (queue/forms.js). With data-follow the page goes on to
// where the answer leads. With data-rests the form takes nothing for a moment after the round has gone on to another
// phase, because a finger on its way meant the phase before. A form with data-repeats may be pressed while it is sent.
// With data-once the form goes away when it is done.
//
// Attributes: data-done data-follow data-once data-owner data-rests
// Elements: form | draft-keeper | [aria-invalid], [role=alert] | [data-consent] input:checked | :scope > [role=status]
// Page: data-position data-repeats
// Sets: data-resting
import { fillForm, isTyped, textsOf } from "../helpers/forms.js";
import { isPressed, press, release } from "../helpers/presses.js";
import { percent, text } from "../helpers/texts.js";
import { showToast } from "../helpers/toasts.js";
import { uuid } from "../helpers/uuid.js";
import { formQueueOf, PAUSES_MS } from "../queue/forms.js";
import { explanationIn, refusalOf } from "../outbox/form-cards.js";
import { againAfter, post } from "../queue/posts.js";
import { ERROR, OFFLINE, pauseAfter, TRIES_MAX } from "../queue/queue.js";

const REST_MS = 700; // longer than a double click
const AWAY = [502, 503, 504]; // the server could not be reached

class LiveForm extends HTMLElement {
  #queue = null;
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
    if (isPressed(form)) return; // pressed twice, submitted once
    const { op } = form.elements;
    if (op && !op.value) op.value = uuid(); // a fragment has no number of its own
    const body = new FormData(form, event.submitter);
    if (form.method === "get") body.set("since", this.closest("live-room").dataset.position); // fragments know no phase
    if (form.dataset.repeats === undefined) press(form);
    else op.value = uuid(); // each press is a command: a quick second "one minute more" is not lost
    this.#turn = this.#turn
      .then(() => this.#deliver(form, body, event.submitter))
      .catch((error) => console.warn("live-form", error))
      .finally(() => release(form));
  }

  // One press after the other, each with the fields as they were then.
  async #deliver(form, body, submitter) {
    const answer = await this.#send(form, body, submitter);
    release(form);
    if (answer.ok) this.#stored(form, answer);
    else this.#refused(form, answer);
  }

  // The queue has stored the text before the field is emptied. Every submission is a command with its own number.
  #enqueue(form) {
    const { op, ...fields } = textsOf(form);
    const file = [...new FormData(form).values()].find((value) => value instanceof File && value.size);
    this.#say("");
    const { owner } = this.dataset;
    this.#queue.add({ op, owner, action: form.action, page: location.href, fields: { ...fields, op } }, { file });
    this.#empty(form);
  }

  #empty(form) {
    for (const tick of this.querySelectorAll("[data-consent] input:checked")) this.#keepConsent(tick);
    form.reset();
    const { op } = form.elements;
    if (op) op.value = uuid();
    form.dispatchEvent(new CustomEvent("stored", { bubbles: true }));
  }

  // One tick is for all ideas, also for those that arrive before the one with it.
  #keepConsent(tick) {
    tick.type = "hidden";
    tick.closest("[data-consent]").hidden = true;
  }

  #wasStored() {
    this.#say(this.#queue.isEmpty ? (this.dataset.done ?? text("saved")) : "");
    this.dispatchEvent(new CustomEvent("mine-changed", { bubbles: true }));
  }

  // A refused text goes back into its field with the reason, unless something else is typed there by now. Then
  // <out-box> shows it.
  async #takeBack({ item, answer }) {
    if (isTyped(this.#form)) return;
    const page = new DOMParser().parseFromString(answer.html, "text/html");
    const answered = this.#form.id && page.getElementById(this.#form.id);
    const file = this.#queue.fileOf(item);
    if (answered) this.#replace(this.#form, answered);
    else fillForm(this.#form, item.fields);
    this.#form.dispatchEvent(new Event("input", { bubbles: true })); // keeps the draft before the queue drops the item
    this.#queue.drop(item);
    if (!answered) this.#say(refusalOf(answer));
    const picture = await file;
    if (picture && this.#form) fillForm(this.#form, {}, picture);
  }

  // Without a network the same command is sent again under the same number, until the server has it. After a server
  // error too, but not for ever, and only a command that has a number: it may have been done.
  async #send(form, body, submitter) {
    const action = submitter?.formAction && submitter.hasAttribute("formaction") ? submitter.formAction : form.action;
    const key = `${action} ${form.elements.op?.value ?? ""}`;
    for (let failures = 1, errors = 0; ; failures += 1) {
      const answer = await post(action, body, { key, tellShare: (share) => this.#tell(share) }).catch(() => null);
      const { why, retryAfterMs = 0 } = answer ? (againAfter(answer) ?? {}) : { why: OFFLINE };
      const isError = why === ERROR && (form.elements.op || AWAY.includes(answer.status));
      errors += isError ? 1 : 0;
      if ((!isError && why !== OFFLINE) || errors === TRIES_MAX) return answer;
      this.#say(text(isError ? "error" : "unsent", { n: errors, all: TRIES_MAX }));
      const pauseMs = Math.max(retryAfterMs, pauseAfter(failures, PAUSES_MS));
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  #stored(form, answer) {
    this.#say(this.dataset.done ?? text("saved"));
    showToast(answer.text);
    if (this.dataset.once !== undefined) {
      this.querySelector("draft-keeper")?.forget();
      form.remove();
      this.dispatchEvent(new CustomEvent("mine-changed", { bubbles: true }));
      return;
    }
    if (this.dataset.follow !== undefined) {
      this.querySelector("draft-keeper")?.forget();
      location.assign(answer.address);
      return;
    }
    this.#empty(form);
    this.dispatchEvent(new CustomEvent("mine-changed", { bubbles: true }));
  }

  // The answer is the page with the form as it was typed and its errors.
  #refused(form, answer) {
    const page = new DOMParser().parseFromString(answer.text, "text/html");
    const answered = form.id && page.getElementById(form.id);
    const question = page.getElementById("confirm");
    if (answered) this.#replace(form, answered);
    else if (question) document.dispatchEvent(new CustomEvent("confirm-wanted", { detail: { question } }));
    else if (this.querySelector("draft-keeper")) this.#say(refusalOf({ status: answer.status, html: answer.text }));
    else this.#say(explanationIn(answer.text));
    if (form.elements.op) form.elements.op.value = uuid(); // nothing was done under the old number
  }

  #replace(form, answered) {
    this.#say("");
    form.replaceWith(document.adoptNode(answered));
    this.querySelector("[aria-invalid], [role=alert]")?.focus();
  }

  // A picture takes its time on a slow line.
  #tell(share) {
    if (share > 0 && share < 1) this.#say(text("sending-share", { share: percent(share) }));
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

customElements.define("live-form", LiveForm);
