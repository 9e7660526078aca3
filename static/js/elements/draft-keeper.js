// <draft-keeper>: keeps the text typed in the form inside over a reload, and forgets it when it is stored. The drafts
// are in queue/drafts.js; <out-box> shows those that have no form on the page.
//
// Attributes: data-about data-key data-owner
// Elements: textarea[name], input[type=text][name], input[type=radio][name] | input[type=file] | p.field__error |
//   [aria-invalid] | image-field [role=alert]
// Page: data-discard
import { text } from "../helpers/texts.js";
import { draftsOf, isWithin } from "../queue/drafts.js";

class DraftKeeper extends HTMLElement {
  #drafts;
  #closing = null;

  connectedCallback() {
    if (this.#closing) return;
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    this.#drafts = draftsOf(this.dataset.owner);
    this.addEventListener("input", () => this.#keep(), options);
    this.addEventListener("change", () => this.#keep(), options);
    this.addEventListener("stored", () => this.#clear(), options);
    this.addEventListener("submit", () => this.#leaving(), options);
    this.#drafts.addEventListener("taken", ({ detail }) => this.#isOurs(detail) && this.#keepTyped(), options);
    this.#drafts.addEventListener("sent", ({ detail }) => this.#isOurs(detail) && this.#wasSent(detail), options);
    this.addEventListener("click", ({ target }) => target.closest("[data-discard]") && this.forget(), options);
    if (this.#isTyped) this.#keep();
    else this.#restore();
  }

  disconnectedCallback() {
    this.#closing?.abort();
    this.#closing = null;
  }

  // Somebody typed before this script was there.
  get #isTyped() {
    return this.#fields.some((field) =>
      field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue,
    );
  }

  get #fields() {
    return [...this.querySelectorAll("textarea[name], input[type=text][name], input[type=radio][name]")];
  }

  // The values by field: {title: "…", stance: "for"}.
  get #values() {
    const given = this.#fields.filter((field) => field.type !== "radio" || field.checked);
    return Object.fromEntries(given.map(({ name, value }) => [name, value]));
  }

  #isOurs({ key }) {
    return key === this.dataset.key;
  }

  #keep() {
    const fields = this.#values;
    const hasPicture = Boolean(this.querySelector("input[type=file]")?.files.length);
    const { key, about } = this.dataset;
    const isEmpty = !hasPicture && !Object.values(fields).some(Boolean);
    if (isEmpty) this.#drafts.forget(key);
    else this.#drafts.keep(key, { fields, hasPicture, about, page: location.pathname });
  }

  // Another tab took the draft of this one over, but here it is still in its field.
  #keepTyped() {
    if (this.#isTyped) this.#keep();
  }

  #wasSent({ fields }) {
    if (isWithin(this.#values, fields)) this.#empty();
  }

  // A form without live-form leaves the page. If the server refuses it, the page comes back with its values.
  #leaving() {
    if (!this.closest("live-form")) this.forget();
  }

  #clear() {
    this.forget();
    this.#empty();
  }

  // A form that came back with errors would be reset to the refused values.
  #empty() {
    for (const field of this.#fields) {
      if (field.type === "radio") field.checked = false;
      else field.value = "";
      field.removeAttribute("aria-invalid");
    }
    for (const error of this.querySelectorAll("p.field__error")) error.remove();
  }

  forget() {
    const sent = this.#drafts.all.find((draft) => this.#isOurs(draft) && this.#drafts.isOwn(draft));
    this.#drafts.forgetSent(this.dataset.key, sent?.fields ?? this.#values);
  }

  #restore() {
    if (this.querySelector("[aria-invalid]")) return;
    const draft = this.#drafts.claim(this.dataset.key);
    if (!draft) return;
    for (const field of this.#fields) {
      const kept = draft.fields[field.name];
      if (typeof kept !== "string") continue;
      if (field.type === "radio") field.checked = field.value === kept;
      else field.value = kept;
    }
    const problem = draft.hasPicture && this.querySelector("image-field [role=alert]");
    if (problem) problem.textContent = text("picture-again");
  }
}

customElements.define("draft-keeper", DraftKeeper);
