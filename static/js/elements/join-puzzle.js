// <join-puzzle>: solves the puzzle that the server sets before it takes more join codes, and sends the answer: a
// counter so that SHA-256 of "<puzzle>:<counter>" begins with data-bits zero bits.
//
// Attributes: data-bits data-puzzle
// Elements: form
import { sha256 } from "../helpers/sha256.js";

const SLICE_MS = 25; // the page reacts between slices

class JoinPuzzle extends HTMLElement {
  #counter;

  connectedCallback() {
    this.#counter = 0;
    this.#slice();
  }

  #slice() {
    const { puzzle, bits } = this.dataset;
    const limit = 2 ** (32 - Number(bits));
    const until = performance.now() + SLICE_MS;
    while (performance.now() < until) {
      for (let i = 0; i < 200; i += 1, this.#counter += 1) {
        if (sha256(`${puzzle}:${this.#counter}`)[0] >>> 0 < limit) {
          this.#send();
          return;
        }
      }
    }
    setTimeout(() => this.#slice());
  }

  #send() {
    const form = this.querySelector("form");
    form.elements.counter.value = this.#counter;
    form.submit();
  }
}

customElements.define("join-puzzle", JoinPuzzle);
