// <work-puzzle>: solves the puzzle that the server sets for its form, and puts the answer into the form: a counter so that
// SHA-256 of "<puzzle>:<counter>" begins with data-bits zero bits. It works while people type; a form that is sent before
// waits for the answer. With data-sends the form is sent as soon as the answer is there.
//
// Attributes: data-bits data-puzzle data-sends
// Elements: form | progress
import { sha256 } from "../helpers/sha256.js";

const SLICE_MS = 25; // the page reacts between slices

class WorkPuzzle extends HTMLElement {
  #counter;
  #isSolved;
  #waiting; // the button that was pressed before the answer was there

  connectedCallback() {
    this.#counter = 0;
    this.#isSolved = false;
    this.addEventListener("submit", this);
    this.#slice();
  }

  handleEvent(event) {
    if (this.#isSolved) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#waiting = event.submitter;
    this.querySelector("progress").hidden = false;
  }

  #slice() {
    const { puzzle, bits } = this.dataset;
    const limit = 2 ** (32 - Number(bits));
    const until = performance.now() + SLICE_MS;
    while (performance.now() < until) {
      for (let i = 0; i < 200; i += 1, this.#counter += 1) {
        if (sha256(`${puzzle}:${this.#counter}`)[0] >>> 0 < limit) {
          this.#answer();
          return;
        }
      }
    }
    setTimeout(() => this.#slice());
  }

  #answer() {
    const form = this.querySelector("form");
    form.elements.counter.value = this.#counter;
    this.#isSolved = true;
    if ("sends" in this.dataset) form.submit();
    else if (this.#waiting !== undefined) form.requestSubmit(this.#waiting);
  }
}

customElements.define("work-puzzle", WorkPuzzle);
