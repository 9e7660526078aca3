// What is read aloud: a digest, at most every few seconds, in the order in which it happened. No DOM.
const REST_MS = 4000;
const GATHER_MS = 600; // things of one moment are said together

export class Digest {
  #speak;
  #words = [];
  #counts = new Map();
  #spokeAt = -Infinity;
  #timer = null;

  // `speak(words)` makes the words heard.
  constructor(speak) {
    this.#speak = speak;
  }

  say(words) {
    if (words && !this.#words.includes(words)) this.#words.push(words);
    this.#plan();
  }

  // Things that are counted: `phrase(n)` makes the words when they are said.
  count(n, phrase) {
    if (n <= 0) return;
    this.#counts.set(phrase, (this.#counts.get(phrase) ?? 0) + n);
    this.#plan();
  }

  stop() {
    clearTimeout(this.#timer);
  }

  #plan() {
    const rest = this.#spokeAt + REST_MS - performance.now();
    this.#timer ??= setTimeout(() => this.#tell(), Math.max(GATHER_MS, rest));
  }

  #tell() {
    this.#timer = null;
    this.#spokeAt = performance.now();
    const words = [...this.#words, ...[...this.#counts].map(([phrase, n]) => phrase(n))];
    this.#words = [];
    this.#counts.clear();
    this.#speak(words.join(" "));
  }
}
