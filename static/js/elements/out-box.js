// <out-box>: shows what a person wrote and the server does not have, each as a copy of the <template> inside: texts that
// wait for the server, texts that it refused, unfinished texts that have no form on this page, texts from before the
// browser was signed out, and votes that do not arrive. Nothing of it is sent or thrown away without them.
//
// Attributes: data-casts data-guest data-owner data-owners data-round
// Elements: ul | [data-count] | section | template
// Page: data-acts data-again data-copy data-door data-drop data-place data-reason data-send data-share data-text
//   data-title
// Sets: data-op
import { castsOf } from "../queue/casts.js";
import { formQueueOf } from "../queue/forms.js";
import { DraftCards } from "../outbox/draft-cards.js";
import { FormCards } from "../outbox/form-cards.js";
import { MarkCards } from "../outbox/mark-cards.js";
import { OrphanCards } from "../outbox/orphan-cards.js";

class OutBox extends HTMLElement {
  #queue;
  #sources = [];
  #cards = [];
  #closing;

  connectedCallback() {
    const { owner, owners, casts, guest } = this.dataset;
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    this.#queue = formQueueOf(owner);
    this.#sources = [new FormCards(this.#queue), new DraftCards(owner)];
    if (owners) this.#sources.push(new OrphanCards({ owner, owners, isGuest: guest !== undefined }));
    if (casts) this.#sources.push(new MarkCards(castsOf({ ...this.dataset, action: casts })));
    for (const source of this.#sources) source.addEventListener("change", () => this.#draw(), options);
    document.addEventListener("live-applied", () => this.#draw(), options);
    this.addEventListener("click", (event) => this.#onClick(event), options);
    addEventListener("beforeunload", (event) => this.#queue.isFragile && event.preventDefault(), options);
    this.#draw();
    this.#queue.flush();
  }

  disconnectedCallback() {
    this.#closing.abort();
    for (const source of this.#sources) source.close();
  }

  #draw() {
    this.#cards = this.#sources.flatMap((source) => source.cards);
    const list = this.querySelector("ul");
    const drawn = this.#cards.map((card) => this.#cardOf(card, list));
    if (drawn.length !== list.children.length || drawn.some((element, n) => element !== list.children[n])) {
      list.replaceChildren(...drawn);
    }
    this.querySelector("[data-count]").textContent = drawn.length;
    this.querySelector("section").hidden = !drawn.length;
  }

  // A card: {op, title, words, reason, share, place, isQuiet, isUnknown, send, again, drop}. `op` names it. The last three
  // are what its buttons do, null where there is nothing to do. `isQuiet`: nothing to do but wait; `isUnknown`: the server
  // does not know the person on this browser.
  #cardOf({ op, title, words, reason, share, place, isQuiet, isUnknown, send, again }, list) {
    const drawn = [...list.children].find((element) => element.dataset.op === op);
    const element = drawn ?? this.querySelector("template").content.firstElementChild.cloneNode(true);
    element.dataset.op = op;
    show(element, "[data-title]", title);
    show(element, "[data-text]", words);
    show(element, "[data-reason]", reason);
    showShare(element.querySelector("[data-share]"), share ?? null);
    element.querySelector("[data-acts]").hidden = Boolean(isQuiet);
    element.querySelector("[data-send]").hidden = !send;
    element.querySelector("[data-again]").hidden = !again;
    const copy = element.querySelector("[data-copy]");
    copy.dataset.copy = [title, words].filter(Boolean).join("\n\n");
    copy.hidden = !words && op === "marks";
    element.querySelector("[data-door]")?.toggleAttribute("hidden", !isUnknown);
    const link = element.querySelector("[data-place]");
    link.hidden = !place;
    link.href = place ?? "";
    return element;
  }

  #onClick({ target }) {
    const op = target.closest("[data-op]")?.dataset.op;
    const card = this.#cards.find((shown) => shown.op === op);
    if (target.closest("[data-drop]")) card?.drop();
    if (target.closest("[data-send]")) card?.send();
    if (target.closest("[data-again]")) card?.again();
  }
}

function show(element, selector, words = "") {
  const place = element.querySelector(selector);
  if (place.textContent !== words) place.textContent = words;
  place.hidden = !words;
}

function showShare(progress, share) {
  progress.hidden = share === null;
  progress.value = share ?? 0;
}

customElements.define("out-box", OutBox);
