// <out-box data-box>: shows what waits to be sent and what came back, from its <template>; a draft of a phase that is
// over lies here too. The box itself is stream/outbox.js.
import { text } from "../helpers/texts.js";
import { outboxOf } from "../stream/outbox.js";

const DRAFTS = "draft:";

class OutBox extends HTMLElement {
  connectedCallback() {
    this.closing = new AbortController();
    const options = { signal: this.closing.signal };
    this.outbox = outboxOf(this.dataset.box);
    this.outbox.addEventListener("change", () => this.draw(), options);
    this.outbox.addEventListener("refused", ({ detail }) => this.cameBack(detail), options);
    document.addEventListener("live-applied", () => this.draw(), options);
    this.addEventListener("click", (event) => this.onClick(event), options);
    addEventListener("beforeunload", (event) => this.outbox.isFragile && event.preventDefault(), options);
    this.draw();
    this.outbox.flush();
  }

  disconnectedCallback() {
    this.closing.abort();
  }

  // No field took it back: its card says why.
  cameBack({ item, html }) {
    const kept = this.outbox.find(item.op);
    if (!kept) return;
    const page = new DOMParser().parseFromString(html, "text/html");
    const words = page.querySelector("p.field__error, [data-explanation]")?.textContent.trim();
    this.outbox.put({ ...kept, reason: words || text(html ? "refused" : "picture-again") });
  }

  draw() {
    const items = [...this.outbox.items, ...this.leftDrafts()];
    const list = this.querySelector("ul");
    const cards = items.map((item) => this.cardOf(item, list));
    if (cards.length !== list.children.length || cards.some((card, n) => card !== list.children[n])) {
      list.replaceChildren(...cards);
    }
    this.querySelector("[data-count]").textContent = items.length;
    this.querySelector("section").hidden = !items.length;
  }

  cardOf(item, list) {
    const drawn = [...list.children].find((card) => card.dataset.op === item.op);
    const card = drawn ?? this.querySelector("template").content.firstElementChild.cloneNode(true);
    const { title, text: words = "" } = item.fields;
    card.dataset.op = item.op;
    show(card, "[data-title]", title ?? words);
    show(card, "[data-text]", title ? words : "");
    show(card, "[data-reason]", this.stateOf(item));
    card.querySelector("[data-copy]").dataset.copy = [title, words].filter(Boolean).join("\n\n");
    card.querySelector("[data-acts]").hidden = item.reason === undefined;
    card.querySelector("[data-again]").hidden = !this.fieldFor(item);
    return card;
  }

  stateOf({ reason }) {
    if (reason === undefined) return text(this.waitingFor);
    return reason || text("refused");
  }

  get waitingFor() {
    if (!this.outbox.failures) return "sending";
    return this.outbox.isTooMuch ? "too-much" : "waits";
  }

  // What was begun on this page in a phase that is gone, and has no field any more.
  leftDrafts() {
    const { draft } = this.dataset;
    if (!draft || document.querySelector(`draft-keeper[data-key="${draft}"]`)) return [];
    try {
      const fields = JSON.parse(localStorage.getItem(DRAFTS + draft) ?? "null");
      return fields?.title || fields?.text ? [{ op: DRAFTS + draft, fields, reason: text("unfinished") }] : [];
    } catch {
      return [];
    }
  }

  // The form that takes it back.
  fieldFor({ action }) {
    const forms = [...document.querySelectorAll("live-form[data-box] form")];
    return forms.find((form) => form.action === action);
  }

  onClick({ target }) {
    const op = target.closest("[data-op]")?.dataset.op;
    if (!op) return;
    if (target.closest("[data-drop]")) this.drop(op);
    if (target.closest("[data-again]")) this.again(op);
  }

  drop(op) {
    if (!op.startsWith(DRAFTS)) return this.outbox.drop(op);
    localStorage.removeItem(op);
    return this.draw();
  }

  again(op) {
    const item = this.outbox.find(op);
    const form = item && this.fieldFor(item);
    if (!form || [...form.querySelectorAll("textarea")].some((field) => field.value.trim())) {
      form?.querySelector("textarea").focus();
      return;
    }
    for (const [name, value] of Object.entries(item.fields)) if (form.elements[name]) form.elements[name].value = value;
    form.dispatchEvent(new Event("input", { bubbles: true }));
    this.outbox.drop(op);
    form.querySelector("textarea").focus();
  }
}

function show(card, selector, words) {
  const place = card.querySelector(selector);
  if (place.textContent !== words) place.textContent = words;
  place.hidden = !words;
}

customElements.define("out-box", OutBox);
