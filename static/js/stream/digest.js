// What is read aloud: a digest, at most every few seconds, in the order in which it happened. No DOM.
const REST_MS = 4000;
const GATHER_MS = 600; // what belongs to one moment is said in one breath

export class Digest {
  constructor(speak) {
    this.speak = speak;
    this.words = [];
    this.counts = new Map();
    this.spoke = -Infinity;
  }

  say(words) {
    if (words && !this.words.includes(words)) this.words.push(words);
    this.plan();
  }

  // Things that are told as a number: `phrase(n)` makes the words when they are said.
  count(n, phrase) {
    if (n <= 0) return;
    this.counts.set(phrase, (this.counts.get(phrase) ?? 0) + n);
    this.plan();
  }

  plan() {
    const rest = this.spoke + REST_MS - performance.now();
    this.timer ??= setTimeout(() => this.tell(), Math.max(GATHER_MS, rest));
  }

  tell() {
    this.timer = null;
    this.spoke = performance.now();
    const words = [...this.words, ...[...this.counts].map(([phrase, n]) => phrase(n))];
    this.words = [];
    this.counts.clear();
    this.speak(words.join(" "));
  }

  stop() {
    clearTimeout(this.timer);
  }
}
