// <draft-keeper>: keeps the text typed in the form inside and a chosen picture over a reload, and forgets them when they
// are stored. The drafts are in queue/drafts.js; <out-box> shows those that have no form on the page.
//
// Attributes: data-about data-key data-owner
// Elements: textarea[name], input[type=text][name], input[type=radio][name] | input[type=file] | p.field__error |
//   [aria-invalid] | image-field [role=alert] | saved-form
// Page: data-discard
import { fillForm } from "../helpers/forms.js";
import { text } from "../helpers/texts.js";
import { uuid } from "../helpers/uuid.js";
import { draftsOf, isWithin } from "../queue/drafts.js";
import { dropFile, keepFile } from "../queue/files.js";

const NO_PICTURE = { file: null };

class DraftKeeper extends HTMLElement {
  #drafts;
  #closing = null;
  // The file in the field, and the name under which it is kept. While a kept one is read, there is only its name.
  #picture = NO_PICTURE;

  connectedCallback() {
    if (this.#closing) return;
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    this.#drafts = draftsOf(this.dataset.owner);
    this.addEventListener("input", () => this.#keep(), options);
    this.addEventListener("change", () => this.#keep(), options);
    this.addEventListener("stored", () => this.#clear(), options);
    this.addEventListener("submit", (event) => this.#leaving(event), options);
    this.#drafts.addEventListener("taken", ({ detail }) => this.#isOurs(detail) && this.#keepTyped(), options);
    this.#drafts.addEventListener("sent", ({ detail }) => this.#isOurs(detail) && this.#wasSent(detail), options);
    this.addEventListener("click", ({ target }) => target.closest("[data-discard]") && this.forget(), options);
    if (this.#isTyped) this.#keep();
    else this.#restore();
    this.#drafts.moved();
  }

  disconnectedCallback() {
    this.#closing?.abort();
    this.#closing = null;
    this.#drafts?.moved();
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
    const picture = this.#keepPicture();
    const { key, about } = this.dataset;
    const isEmpty = !picture && !Object.values(fields).some(Boolean);
    if (isEmpty) this.#drafts.forget(key);
    else this.#drafts.keep(key, { fields, picture, about, page: location.pathname });
  }

  // The name under which the chosen picture is kept; undefined without one.
  #keepPicture() {
    const file = this.#file?.files[0] ?? null;
    if (file === this.#picture.file) return this.#picture.name;
    if (this.#picture.name) dropFile(this.#picture.name);
    this.#picture = file ? { file, name: uuid() } : NO_PICTURE;
    if (file) keepFile(this.#picture.name, file);
    return this.#picture.name;
  }

  get #file() {
    return this.querySelector("input[type=file]");
  }

  // Another tab took the draft of this one and its picture over, but here they are still in their fields.
  #keepTyped() {
    this.#picture = NO_PICTURE;
    if (this.#isTyped || this.#file?.files.length) this.#keep();
  }

  #wasSent({ fields }) {
    if (isWithin(this.#values, fields)) this.#empty();
  }

  // A form without live-form leaves the page. If the server refuses it, the page comes back with its values.
  #leaving(event) {
    if (event.defaultPrevented || this.closest("live-form")) return;
    if (this.querySelector("saved-form")) this.#drafts.forget(this.dataset.key);
    else this.forget();
  }

  // The server has what the form held, as this version: what is typed from now on belongs to it. Other tabs keep theirs.
  saved(version) {
    this.#drafts.forget(this.dataset.key);
    this.dataset.key = this.dataset.key.replace(/[^-]*$/, version);
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
    this.#picture = NO_PICTURE;
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
    if (draft.picture && this.#file) this.#restorePicture(draft);
    this.querySelector("saved-form")?.dispatchEvent(new Event("input"));
  }

  async #restorePicture(draft) {
    this.#picture = { file: null, name: draft.picture };
    const [file] = await Promise.all([this.#drafts.pictureOf(draft), customElements.whenDefined("image-field")]);
    if (this.#picture.name !== draft.picture || this.#file.files.length) return; // sent, or another one was chosen
    if (file) return fillForm(this.#file.form, {}, file);
    this.#picture = NO_PICTURE;
    this.querySelector("image-field [role=alert]").textContent = text("picture-again");
  }
}

customElements.define("draft-keeper", DraftKeeper);
