// <live-preview>: shows how others will see what is typed in the form inside, rendered by the server.
//
// Attributes: data-target data-url
// Elements: form | .image-field__preview
import { csrfHeader } from "../helpers/csrf.js";
import { withoutFiles } from "../helpers/pictures.js";

const PAUSE_MS = 400;

class LivePreview extends HTMLElement {
  #drawing;
  #target;
  #timer;
  #onShown = () => this.#soon();

  connectedCallback() {
    this.#target = document.getElementById(this.dataset.target);
    this.addEventListener("input", () => this.#soon());
    addEventListener("hashchange", this.#onShown);
  }

  disconnectedCallback() {
    removeEventListener("hashchange", this.#onShown);
  }

  // On a phone a link shows the preview below the form; until then it is not drawn anew.
  #soon() {
    clearTimeout(this.#timer);
    if (this.#target.offsetParent) this.#timer = setTimeout(() => this.#draw(), PAUSE_MS);
  }

  async #draw() {
    this.#drawing?.abort();
    this.#drawing = new AbortController();
    const body = withoutFiles(new FormData(this.querySelector("form")));
    try {
      const options = { method: "POST", headers: csrfHeader(), body, signal: this.#drawing.signal };
      const response = await fetch(this.dataset.url, options);
      if (!response.ok) return;
      this.#target.innerHTML = await response.text();
      this.#showChosen();
    } catch {
      // No network or overtaken by the next one: the preview stays as it was.
    }
  }

  // A picture that is not sent yet stands in for the stored one.
  #showChosen() {
    const chosen = this.querySelector(".image-field__preview")?.src;
    const shown = this.#target.querySelector(".challenge-picture--chosen");
    if (!chosen?.startsWith("blob:") || !shown) return;
    this.#target.querySelector(".challenge-picture:not(.challenge-picture--chosen)")?.remove();
    shown.src = chosen;
    shown.hidden = false;
  }
}

customElements.define("live-preview", LivePreview);
