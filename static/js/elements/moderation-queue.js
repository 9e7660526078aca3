// <moderation-queue>: sends the acts of the moderation queue and brings the next text without leaving the page. The
// answer to an act is the page with the next text. Stands inside <live-room>, which keeps its parts fresh; who looks at
// what comes with presence.
//
// Attributes: data-address data-open
// Elements: #queue-done | #queue-item | #queue-item [aria-invalid] | #open-title | details[open] | input[type=checkbox]
// Page: data-act data-ticks data-turn
// Sets: data-resting
import { text } from "../helpers/texts.js";
import { isPressed, press, release } from "../helpers/presses.js";
import { explanationIn } from "../outbox/form-cards.js";
import { PAUSES_MS } from "../queue/forms.js";
import { againAfter, post } from "../queue/posts.js";
import { pauseAfter } from "../queue/queue.js";
import { morph } from "../stream/apply.js";
import { renewPart } from "../stream/parts.js";

const REST_MS = 400; // longer than a double tap: its second half must not decide about the next text
const PARTS = ["queue-count", "queue-switch", "queue-list"];

class ModerationQueue extends HTMLElement {
  #closing;
  #looking = "[]";
  #resting;

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    this.addEventListener("submit", (event) => this.#onSubmit(event), options);
    this.addEventListener("click", (event) => this.#onClick(event), options);
    this.addEventListener("toggle", ({ target }) => this.#onToggle(target), { ...options, capture: true });
    this.addEventListener("keydown", (event) => this.#onKey(event), options);
    document.addEventListener("presence", ({ detail }) => this.#onPresence(detail), options);
    this.#keepAddress();
    this.#keepTicks();
  }

  disconnectedCallback() {
    this.#closing.abort();
    clearTimeout(this.#resting);
  }

  // A renewed part must show the same text, so the address names it.
  #keepAddress() {
    history.replaceState(null, "", this.dataset.address);
  }

  // A box that was set by a person or by a script stays as it is when its part is drawn anew.
  #keepTicks() {
    for (const box of this.querySelectorAll("input[type=checkbox]")) box.checked = box.defaultChecked;
  }

  #onSubmit(event) {
    const form = event.target;
    if (form.dataset.act === undefined) return;
    event.preventDefault();
    if (isPressed(form)) return;
    const body = new FormData(form, event.submitter);
    const action = event.submitter?.hasAttribute("formaction") ? event.submitter.formAction : form.action;
    press(form);
    this.#send(action, body)
      .then((answer) => this.#take(answer))
      .catch((error) => console.warn("moderation-queue", error))
      .finally(() => release(form));
  }

  // Without a network the same command is sent again under the same number, until the server has it.
  async #send(action, body) {
    for (let failures = 1; ; failures += 1) {
      const answer = await post(action, body).catch(() => null);
      const again = answer === null ? {} : againAfter(answer);
      if (!again) return answer;
      this.#say(text("unsent"));
      const pauseMs = Math.max(again.retryAfterMs ?? 0, pauseAfter(failures, PAUSES_MS));
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  async #take({ ok, text: html }) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = page.querySelector("moderation-queue");
    if (fresh) await this.#show(fresh);
    else if (ok)
      await this.#turn(this.dataset.address); // it was done before, and its answer got lost
    else this.#say(explanationIn(html));
  }

  #onClick(event) {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest("a[data-turn], a[data-ticks]");
    if (!link) return;
    event.preventDefault();
    if (link.dataset.ticks === undefined) this.#turn(link.href);
    else this.#tickAll();
  }

  #tickAll() {
    const boxes = [...this.querySelectorAll("input[type=checkbox]")];
    const isAny = boxes.some(({ checked }) => !checked);
    for (const box of boxes) box.checked = isAny;
  }

  async #turn(address) {
    const response = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
    if (response === null) this.#say(text("offline"));
    else if (!response.ok) location.assign(address);
    else await this.#take({ ok: false, text: await response.text() });
  }

  // The text and its acts are new elements, so that nothing of the one before stays open or typed.
  async #show(fresh) {
    for (const id of PARTS) {
      const part = document.getElementById(id);
      const next = fresh.querySelector(`#${id}`);
      if (next) await morph(part, next.outerHTML);
    }
    this.#keepTicks();
    this.querySelector("#queue-item").replaceWith(document.adoptNode(fresh.querySelector("#queue-item")));
    this.querySelector("#queue-done").replaceChildren(...fresh.querySelector("#queue-done").childNodes);
    this.className = fresh.className;
    Object.assign(this.dataset, fresh.dataset);
    this.#keepAddress();
    this.#rest();
    this.#focus();
  }

  #focus() {
    const wrong = this.querySelector("#queue-item [aria-invalid]");
    (wrong ?? this.querySelector("#open-title"))?.focus({ preventScroll: true });
    if (!wrong) scrollTo(0, 0);
  }

  #rest() {
    this.dataset.resting = "";
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => delete this.dataset.resting, REST_MS);
  }

  // What a button opened takes the focus: the first reason, or the words to correct.
  #onToggle(details) {
    if (!details.open) return;
    for (const other of this.querySelectorAll("details[open]")) {
      if (other !== details && !other.contains(details)) other.open = false;
    }
    details.querySelector(":scope > :not(summary) :is(.chip, input:not([type=hidden]), a)")?.focus();
  }

  #onKey(event) {
    const details = event.key === "Escape" && event.target.closest("details[open]");
    if (!details) return;
    details.open = false;
    details.querySelector("summary").focus();
  }

  // Somebody else opened or left a text. The own look is no news.
  #onPresence({ looking }) {
    if (!looking) return;
    const { [this.dataset.open]: here = 0, ...elsewhere } = looking;
    const others = JSON.stringify([Math.max(0, here - 1), Object.entries(elsewhere).sort()]);
    if (others === this.#looking) return;
    this.#looking = others;
    for (const id of ["queue-list", "queue-item"]) renewPart(document.getElementById(id));
  }

  #say(words) {
    const line = document.createElement("p");
    line.textContent = words;
    this.querySelector("#queue-done").replaceChildren(line);
  }
}

customElements.define("moderation-queue", ModerationQueue);
