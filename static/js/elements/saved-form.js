// <saved-form>: saves the form inside on the server as it is typed, and says when. The answer is {version, said}; the
// version goes into the form, so that the next save is known to follow this one. Without data-url nothing is saved.
//
// Attributes: data-url
// Elements: form | [data-said]
import { csrfHeader } from "../helpers/csrf.js";
import { uuid } from "../helpers/uuid.js";

const PAUSE_MS = 1500;

class SavedForm extends HTMLElement {
  #timer;
  #saving = null;
  #closing;

  connectedCallback() {
    if (!this.dataset.url) return;
    this.#closing = new AbortController();
    const { signal } = this.#closing;
    this.addEventListener("input", () => this.#soon(), { signal });
    this.addEventListener("submit", (event) => this.#onSubmit(event), { signal });
    addEventListener("pagehide", () => this.#timer && this.#save({ keepalive: true }), { signal });
  }

  disconnectedCallback() {
    this.#closing?.abort();
    clearTimeout(this.#timer);
  }

  get #form() {
    return this.querySelector("form");
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), PAUSE_MS);
  }

  // One save after the other: each needs the version that the one before gave.
  async #save(options = {}) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#saving;
    this.#saving = this.#post(options);
    await this.#saving;
    this.#saving = null;
  }

  async #post(options) {
    const body = new FormData(this.#form);
    body.set("op", uuid());
    try {
      const headers = { ...csrfHeader(), Accept: "application/json" };
      const response = await fetch(this.dataset.url, { method: "POST", headers, body, ...options });
      const { version, said } = await response.json();
      if (version) this.#form.elements.version.value = version;
      this.#say(said ?? "");
    } catch {
      this.#soon(); // no network: tried again
    }
  }

  // A save on its way would make the version of the form old.
  async #onSubmit(event) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#saving) return;
    event.preventDefault();
    await this.#saving;
    this.#form.requestSubmit(event.submitter);
  }

  #say(words) {
    this.querySelector("[data-said]").textContent = words;
  }
}

customElements.define("saved-form", SavedForm);
