// <live-preview>: shows how others will see what is typed in the form inside, rendered by the server.
//
// Attributes: data-target data-url
// Elements: form
import { csrfHeader } from "../helpers/csrf.js";

const PAUSE_MS = 400;

class LivePreview extends HTMLElement {
  #drawing;
  #target;
  #timer;

  connectedCallback() {
    this.#target = document.getElementById(this.dataset.target);
    this.addEventListener("input", () => this.#soon());
  }

  // On a phone there is no room for the preview beside the form.
  #soon() {
    clearTimeout(this.#timer);
    if (this.#target.offsetParent) this.#timer = setTimeout(() => this.#draw(), PAUSE_MS);
  }

  async #draw() {
    this.#drawing?.abort();
    this.#drawing = new AbortController();
    const body = new FormData(this.querySelector("form"));
    try {
      const options = { method: "POST", headers: csrfHeader(), body, signal: this.#drawing.signal };
      const response = await fetch(this.dataset.url, options);
      if (response.ok) this.#target.innerHTML = await response.text();
    } catch {
      // No network or overtaken by the next one: the preview stays as it was.
    }
  }
}

customElements.define("live-preview", LivePreview);
