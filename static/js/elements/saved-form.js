// <saved-form>: saves the form inside on the server as it is typed, and says when. The answer is {version, said, at}; the
// version goes into the form, so that the next save is known to follow this one, and the time `at` (ms) stands for
// "{time}" in what it says. Without data-url nothing is saved. Typed text is saved before the form leaves the page: without a
// connection the page stays, and nothing of it is lost.
//
// Attributes: data-url
// Elements: form | [data-said]
// Around: draft-keeper
import { csrfHeader } from "../helpers/csrf.js";
import { text } from "../helpers/texts.js";
import { localTime } from "../helpers/times.js";
import { uuid } from "../helpers/uuid.js";

const PAUSE_MS = 1500;
const RETRY_MS = 5000;

class SavedForm extends HTMLElement {
  #timer;
  #saving = null;
  #closing;
  #isAlone = false; // the last save found no server

  connectedCallback() {
    if (!this.dataset.url) return;
    this.#closing = new AbortController();
    const { signal } = this.#closing;
    this.addEventListener("input", () => this.#soon(), { signal });
    this.addEventListener("submit", (event) => this.#onSubmit(event), { signal });
    addEventListener("online", () => this.#isAlone && this.#save(), { signal });
    addEventListener("pagehide", () => this.#timer && this.#save({ keepalive: true }), { signal });
  }

  disconnectedCallback() {
    this.#closing?.abort();
    clearTimeout(this.#timer);
  }

  get #form() {
    return this.querySelector("form");
  }

  #soon(pause = PAUSE_MS) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), pause);
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
    const headers = { ...csrfHeader(), Accept: "application/json" };
    const response = await fetch(this.dataset.url, { method: "POST", headers, body, ...options }).catch(() => null);
    this.#isAlone = !response;
    if (response) return this.#read(response);
    this.#say(text("unsent"));
    this.#soon(RETRY_MS);
  }

  async #read(response) {
    const { version, said, at } = await response.json().catch(() => ({}));
    if (version) this.#isSaved(version);
    else if (response.status === 429 || response.status >= 500) this.#soon(RETRY_MS);
    const words = said ?? text(this.#reasonOf(response.status));
    this.#say(at ? words.replace("{time}", localTime(new Date(at), "time")) : words);
  }

  #isSaved(version) {
    this.#form.elements.version.value = version;
    const keeper = this.closest("draft-keeper");
    keeper?.saved(version);
    if (this.#timer) keeper?.dispatchEvent(new Event("input")); // something was typed meanwhile
  }

  // The key of the text for an answer that says nothing itself.
  #reasonOf(status) {
    if (status === 401) return "unknown";
    return status === 429 ? "too-much" : "refused";
  }

  // What is typed is saved first, and a save on its way would make the version of the form old.
  async #onSubmit(event) {
    if (!this.#saving && !this.#timer) return;
    event.preventDefault();
    const { submitter } = event;
    if (this.#timer) await this.#save();
    else await this.#saving;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#isAlone) return this.#form.requestSubmit(submitter);
    this.#soon(RETRY_MS);
    this.querySelector("[data-said]").scrollIntoView({ block: "center" });
  }

  #say(words) {
    this.querySelector("[data-said]").textContent = words;
  }
}

customElements.define("saved-form", SavedForm);
