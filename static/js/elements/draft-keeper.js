// <draft-keeper>: keeps the text typed in the form inside over a reload, and forgets it when it is stored.
//
// Attributes: data-key
// Elements: textarea[name], input[type=text][name], input[type=radio][name] | input[type=file] | p.field__error |
//   [aria-invalid] | image-field [role=alert]
// Page: data-discard
import { text } from "../helpers/texts.js";

const PREFIX = "draft:";
const PICTURE = "picture"; // marks a draft with a chosen file, which a browser gives to no later page

class DraftKeeper extends HTMLElement {
  #isListening;

  connectedCallback() {
    if (this.#isListening) return;
    this.#isListening = true;
    this.addEventListener("input", () => this.#keep());
    this.addEventListener("change", () => this.#keep());
    this.addEventListener("stored", () => this.#clear());
    this.addEventListener("submit", () => this.#leaving());
    this.addEventListener("click", ({ target }) => target.closest("[data-discard]") && this.forget());
    if (this.#isTyped) this.#keep();
    else this.#restore();
  }

  // Somebody typed before this script was there.
  get #isTyped() {
    return this.#fields.some((field) =>
      field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue,
    );
  }

  get #key() {
    return PREFIX + this.dataset.key;
  }

  get #fields() {
    return [...this.querySelectorAll("textarea[name], input[type=text][name], input[type=radio][name]")];
  }

  #keep() {
    const draft = {};
    for (const field of this.#fields) {
      if (field.type !== "radio") draft[field.name] = field.value;
      else if (field.checked) draft[field.name] = field.value;
    }
    if (this.querySelector("input[type=file]")?.files.length) draft[PICTURE] = "1";
    this.#store(Object.values(draft).some(Boolean) ? JSON.stringify(draft) : null);
  }

  // A form without live-form leaves the page. If the server refuses it, the page comes back with its values.
  #leaving() {
    if (!this.closest("live-form")) this.forget();
  }

  // A form that came back with errors would be reset to the refused values.
  #clear() {
    this.forget();
    for (const field of this.#fields) {
      if (field.type === "radio") field.checked = false;
      else field.value = "";
      field.removeAttribute("aria-invalid");
    }
    for (const error of this.querySelectorAll("p.field__error")) error.remove();
  }

  forget() {
    this.#store(null);
  }

  #store(draft) {
    try {
      if (draft === null) localStorage.removeItem(this.#key);
      else localStorage.setItem(this.#key, draft);
    } catch {
      // private mode or a full store: the text is still in the field
    }
  }

  #restore() {
    let draft;
    try {
      draft = JSON.parse(localStorage.getItem(this.#key) ?? "null");
    } catch {
      return;
    }
    if (!draft || this.querySelector("[aria-invalid]")) return;
    for (const field of this.#fields) {
      const kept = draft[field.name];
      if (typeof kept !== "string") continue;
      if (field.type === "radio") field.checked = field.value === kept;
      else field.value = kept;
    }
    const problem = draft[PICTURE] && this.querySelector("image-field [role=alert]");
    if (problem) problem.textContent = text("picture-again");
    this.dispatchEvent(new CustomEvent("draft-restored", { bubbles: true }));
  }
}

customElements.define("draft-keeper", DraftKeeper);
