// <similar-ideas>: while somebody writes, what they may see that is close to it, as the server finds it. It never holds a
// form up: without an answer nothing shows. Once dismissed it is silent until the text was sent.
//
// Attributes: data-url
// Page: data-dismiss
import { csrfHeader } from "../helpers/csrf.js";

const PAUSE_MS = 700;
const LENGTH_MIN = 15; // characters

class SimilarIdeas extends HTMLElement {
  #closing;
  #asking;
  #timer;
  #asked = "";
  #shown = ""; // as the server wrote it: a browser writes the same HTML in another way
  #isSilent = false;

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    this.#form.addEventListener("input", () => this.#soon(), options);
    this.#form.addEventListener("stored", () => this.#begin(), options);
    this.addEventListener("click", ({ target }) => target.closest("[data-dismiss]") && this.#dismiss(), options);
    this.#soon();
  }

  disconnectedCallback() {
    this.#closing.abort();
    this.#asking?.abort();
    clearTimeout(this.#timer);
  }

  get #form() {
    return this.closest("form");
  }

  get #words() {
    const { title, text } = this.#form.elements;
    return `${title.value}\n${text?.value ?? ""}`.trim();
  }

  #soon() {
    clearTimeout(this.#timer);
    if (!this.#isSilent) this.#timer = setTimeout(() => this.#ask(), PAUSE_MS);
  }

  async #ask() {
    const words = this.#words;
    if (words === this.#asked) return;
    this.#asked = words;
    this.#asking?.abort();
    if (words.length < LENGTH_MIN) {
      this.#show("");
      return;
    }
    this.#asking = new AbortController();
    const { title, text, parents } = this.#form.elements;
    const body = new URLSearchParams({ title: title.value, text: text?.value ?? "", parents: parents.value });
    try {
      const options = { method: "POST", headers: csrfHeader(), body, signal: this.#asking.signal };
      const response = await fetch(this.dataset.url, options);
      this.#show(response.ok ? (await response.text()).trim() : "");
    } catch {
      // No network, or overtaken by the next one: what stands there stays.
    }
  }

  // The same again would be read aloud again, and a link would lose the focus.
  #show(html) {
    const isThere = html === this.#shown && (!html || this.firstElementChild); // a new phase redraws the form
    if (isThere || (html && this.#isSilent)) return;
    this.#shown = html;
    this.innerHTML = html;
  }

  #dismiss() {
    this.#isSilent = true;
    this.#show("");
    this.#form.elements.title.focus();
  }

  #begin() {
    this.#isSilent = false;
    this.#asked = "";
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#show("");
  }
}

customElements.define("similar-ideas", SimilarIdeas);
