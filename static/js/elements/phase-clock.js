// <phase-clock>: the time that is left of a phase, by the server's clock (all in ms). Tells the document of the last
// minute, the last ten seconds and the end: `clock-mark` with detail {left, position}, `left` in seconds.
//
// Attributes: data-ends data-length data-paused data-position data-state
// Elements: .timer__left | .timer__dots i
import { serverNow } from "../helpers/clock.js";

const COUNTED_MS = 3 * 3600_000; // with more time left the clock shows a date, not a countdown
const MARKS = [0, 10, 60]; // seconds
const LONGEST_TIMER_MS = 60_000;

const marked = new Set(); // several clocks may show the same phase

class PhaseClock extends HTMLElement {
  // A morph removes what this script has written; it is written again before the browser paints.
  static observedAttributes = ["data-ends", "data-paused", "data-length", "data-state"];
  #isShowing;
  #onWake;
  #seen;
  #timer;

  connectedCallback() {
    this.#onWake = () => this.#show();
    document.addEventListener("visibilitychange", this.#onWake);
    this.#show();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#onWake);
    clearTimeout(this.#timer);
  }

  attributeChangedCallback() {
    if (this.isConnected && !this.#isShowing) this.#show();
  }

  get #left() {
    const stands = this.dataset.paused ? Number(this.dataset.paused) : serverNow();
    return Math.max(0, Number(this.dataset.ends) - stands);
  }

  get #state() {
    if (this.dataset.paused) return "paused";
    if (this.#left === 0) return "up";
    return this.#left > COUNTED_MS ? "until" : "running";
  }

  #show() {
    clearTimeout(this.#timer);
    const left = this.#left;
    const state = this.#state;
    this.#isShowing = true;
    if (this.dataset.state !== state) this.dataset.state = state;
    this.#isShowing = false;
    this.#write(Math.ceil(left / 1000));
    this.#empty(left);
    this.#mark(left);
    if (state === "running") this.#wake(left % 1000 || 1000);
    if (state === "until") this.#wake(Math.min(left - COUNTED_MS, LONGEST_TIMER_MS));
  }

  #wake(ms) {
    this.#timer = setTimeout(() => this.#show(), ms);
  }

  #write(seconds) {
    const line = this.querySelector(".timer__left");
    const words = clockWords(seconds);
    if (line && line.textContent !== words) line.textContent = words;
  }

  #empty(left) {
    const dots = this.querySelectorAll(".timer__dots i");
    const length = Number(this.dataset.length);
    dots.forEach((dot, n) => dot.classList.toggle("on", length > 0 && n * length < left * dots.length));
  }

  // A mark counts only if the page was open when it passed: a page that opens in the last minute tells no last minute.
  #mark(left) {
    const { ends, position } = this.dataset;
    const before = this.#seen?.ends === ends ? this.#seen.left : left;
    this.#seen = { ends, left };
    const passed = MARKS.find((mark) => before > mark * 1000 && left <= mark * 1000);
    if (passed === undefined || this.dataset.paused || marked.has(`${ends} ${passed}`)) return;
    marked.add(`${ends} ${passed}`);
    document.dispatchEvent(new CustomEvent("clock-mark", { detail: { left: passed, position: Number(position) } }));
  }
}

// 3:24, with hours 1:03:24.
function clockWords(seconds) {
  const two = (n) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

customElements.define("phase-clock", PhaseClock);
