// <kept-form>: keeps everything typed and chosen in a long form over a reload, and forgets it when it is sent. What
// was kept is drawn by the server, as after a button of the phase editor: it may have other phases than the saved form.
// With data-unsaved the page shows what was sent and not saved.
//
// Attributes: data-key data-owner data-unsaved
// Elements: form | textarea, input[type=text] | input[type=file] | image-field [role=alert]
import { csrfHeader } from "../helpers/csrf.js";
import { fillForm } from "../helpers/forms.js";
import { withoutFiles } from "../helpers/pictures.js";
import { text } from "../helpers/texts.js";
import { uuid } from "../helpers/uuid.js";
import { draftsOf } from "../queue/drafts.js";
import { dropFile, keepFile } from "../queue/files.js";

const OF_PAGE = ["csrf_token", "op"]; // a fresh page has its own

class KeptForm extends HTMLElement {
  #drafts;
  #picture = { file: null };
  #closing = null;

  connectedCallback() {
    if (this.#closing) return;
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    this.#drafts = draftsOf(this.dataset.owner);
    this.addEventListener("input", () => this.#keep(), options);
    this.addEventListener("change", () => this.#keep(), options);
    this.addEventListener("submit", () => this.#drafts.forget(this.dataset.key), options);
    if (this.dataset.unsaved !== undefined || this.#isTyped) this.#keep();
    else this.#restore();
  }

  disconnectedCallback() {
    this.#closing?.abort();
    this.#closing = null;
  }

  get #form() {
    return this.querySelector("form");
  }

  get #file() {
    return this.querySelector("input[type=file]");
  }

  // Somebody typed before this script was there.
  get #isTyped() {
    return [...this.querySelectorAll("textarea, input[type=text]")].some((field) => field.value !== field.defaultValue);
  }

  #keep() {
    const entries = [...withoutFiles(new FormData(this.#form))].filter(([name]) => !OF_PAGE.includes(name));
    const picture = this.#keepPicture();
    this.#drafts.keep(this.dataset.key, { fields: {}, entries, picture, page: location.pathname });
  }

  // The name under which the chosen picture is kept; undefined without one.
  #keepPicture() {
    const file = this.#file?.files[0] ?? null;
    if (file === this.#picture.file) return this.#picture.name;
    if (this.#picture.name) dropFile(this.#picture.name);
    this.#picture = file ? { file, name: uuid() } : { file };
    if (file) keepFile(this.#picture.name, file);
    return this.#picture.name;
  }

  // While the answer is fetched nothing can be typed into the form that it replaces.
  async #restore() {
    const draft = this.#drafts.claim(this.dataset.key);
    if (!draft?.entries) return;
    this.inert = true;
    const fresh = await this.#drawn(draft.entries);
    this.inert = false;
    if (fresh) this.#form.replaceChildren(...fresh.childNodes);
    else fillForm(this.#form, Object.fromEntries(draft.entries));
    await this.#restorePicture(draft);
    if (fresh) this.#form.dispatchEvent(new Event("input", { bubbles: true })); // the preview
  }

  async #drawn(entries) {
    const body = new FormData();
    for (const [name, value] of entries) body.append(name, value);
    body.append("phase_act", "keep");
    body.append("op", this.#form.elements.op.value);
    try {
      const options = { method: "POST", headers: { ...csrfHeader(), Accept: "text/html" }, body };
      const response = await fetch(this.#form.action, options);
      if (!response.ok) return null;
      return new DOMParser().parseFromString(await response.text(), "text/html").getElementById(this.#form.id);
    } catch {
      return null; // no network
    }
  }

  async #restorePicture(draft) {
    if (!draft.picture || !this.#file) return;
    this.#picture = { file: null, name: draft.picture };
    const [file] = await Promise.all([this.#drafts.pictureOf(draft), customElements.whenDefined("image-field")]);
    if (file) fillForm(this.#form, {}, file);
    else this.querySelector("image-field [role=alert]").textContent = text("picture-again");
  }
}

customElements.define("kept-form", KeptForm);
