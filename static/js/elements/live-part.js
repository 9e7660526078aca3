// <live-part>: a part of a page that the server draws anew (stream/parts.js). data-on says after what, as words:
// "phase" (the room does this), "figures" and "content" (ideas and arguments; each at most every data-seconds), "start"
// (at once). With data-from the part comes from the parts of another page.
//
// Attributes: data-on data-seconds
import { renewPart } from "../stream/parts.js";

const SECONDS = 5;

class LivePart extends HTMLElement {
  #timer;
  #closing;

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    document.addEventListener("live-applied", ({ detail }) => this.#isTouchedBy(detail) && this.#renewSoon(), options);
    if (this.#isOn("start")) renewPart(this);
  }

  disconnectedCallback() {
    this.#closing.abort();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #isOn(word) {
    return (this.dataset.on ?? "").split(" ").includes(word);
  }

  #isTouchedBy({ figures, fragments, removed, lists }) {
    return (figures && this.#isOn("figures")) || ((fragments || removed || lists) && this.#isOn("content"));
  }

  #renewSoon() {
    this.#timer ??= setTimeout(() => this.#renew(), 1000 * (this.dataset.seconds ?? SECONDS));
  }

  #renew() {
    this.#timer = undefined;
    if (!document.hidden) renewPart(this);
  }
}

customElements.define("live-part", LivePart);
