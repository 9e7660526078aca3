// <out-box>: shows the texts that wait for the server and those that it refused, each as a copy of the <template>
// inside. A draft from a phase that is over shows here too. The queue is queue/forms.js.
//
// Attributes: data-draft data-owner
// Elements: ul | [data-count] | section | template
// Page: data-acts data-again data-copy data-drop data-explanation data-key data-reason data-text data-title
// Sets: data-op
import { text } from "../helpers/texts.js";
import { formQueueOf } from "../queue/forms.js";

const DRAFTS = "draft:";

class OutBox extends HTMLElement {
  #queue;
  #closing;

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    this.#queue = formQueueOf(this.dataset.owner);
    this.#queue.addEventListener("change", () => this.#draw(), options);
    this.#queue.addEventListener("refused", ({ detail }) => this.#explain(detail), options);
    document.addEventListener("live-applied", () => this.#draw(), options);
    this.addEventListener("click", (event) => this.#onClick(event), options);
    addEventListener("beforeunload", (event) => this.#queue.isFragile && event.preventDefault(), options);
    this.#draw();
    this.#queue.flush();
  }

  disconnectedCallback() {
    this.#closing.abort();
  }

  // No form has taken the refused text back: its card gives the reason.
  #explain({ item, answer: { html } }) {
    const kept = this.#queue.find(item.op);
    if (!kept) return;
    const page = new DOMParser().parseFromString(html, "text/html");
    const words = page.querySelector("p.field__error, [data-explanation]")?.textContent.trim();
    this.#queue.put({ ...kept, reason: words || text(html ? "refused" : "picture-again") });
  }

  #draw() {
    const items = [...this.#queue.items, ...this.#oldDrafts()];
    const list = this.querySelector("ul");
    const cards = items.map((item) => this.#cardOf(item, list));
    if (cards.length !== list.children.length || cards.some((card, n) => card !== list.children[n])) {
      list.replaceChildren(...cards);
    }
    this.querySelector("[data-count]").textContent = items.length;
    this.querySelector("section").hidden = !items.length;
  }

  #cardOf(item, list) {
    const drawn = [...list.children].find((card) => card.dataset.op === item.op);
    const card = drawn ?? this.querySelector("template").content.firstElementChild.cloneNode(true);
    const { title, text: words = "" } = item.fields;
    card.dataset.op = item.op;
    show(card, "[data-title]", title ?? words);
    show(card, "[data-text]", title ? words : "");
    show(card, "[data-reason]", this.#reasonFor(item));
    card.querySelector("[data-copy]").dataset.copy = [title, words].filter(Boolean).join("\n\n");
    card.querySelector("[data-acts]").hidden = item.reason === undefined;
    card.querySelector("[data-again]").hidden = !formFor(item);
    return card;
  }

  #reasonFor({ reason }) {
    return reason === undefined ? text(this.#queue.state) : reason || text("refused");
  }

  // A draft of this page whose field is gone with its phase.
  #oldDrafts() {
    const { draft } = this.dataset;
    if (!draft || document.querySelector(`draft-keeper[data-key="${draft}"]`)) return [];
    try {
      const fields = JSON.parse(localStorage.getItem(DRAFTS + draft) ?? "null");
      return fields?.title || fields?.text ? [{ op: DRAFTS + draft, fields, reason: text("unfinished") }] : [];
    } catch {
      return [];
    }
  }

  #onClick({ target }) {
    const op = target.closest("[data-op]")?.dataset.op;
    if (!op) return;
    if (target.closest("[data-drop]")) this.#drop(op);
    if (target.closest("[data-again]")) this.#editAgain(op);
  }

  #drop(op) {
    if (op.startsWith(DRAFTS)) {
      localStorage.removeItem(op);
      this.#draw();
      return;
    }
    const item = this.#queue.find(op);
    if (item) this.#queue.drop(item);
  }

  #editAgain(op) {
    const item = this.#queue.find(op);
    const form = item && formFor(item);
    if (!form || [...form.querySelectorAll("textarea")].some((field) => field.value.trim())) {
      form?.querySelector("textarea").focus();
      return;
    }
    for (const [name, value] of Object.entries(item.fields)) if (form.elements[name]) form.elements[name].value = value;
    form.dispatchEvent(new Event("input", { bubbles: true }));
    this.#queue.drop(item);
    form.querySelector("textarea").focus();
  }
}

// The form on this page that an item came from.
function formFor({ action }) {
  const forms = [...document.querySelectorAll("live-form[data-owner] form")];
  return forms.find((form) => form.action === action);
}

function show(card, selector, words) {
  const place = card.querySelector(selector);
  if (place.textContent !== words) place.textContent = words;
  place.hidden = !words;
}

customElements.define("out-box", OutBox);
