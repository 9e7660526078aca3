// Where a page stands on each lane, and whether a frame brings it further (docs/protocol.md). No DOM, no network.
export class Lanes {
  #last;

  constructor(names, epoch, seq) {
    this.epoch = epoch;
    this.#last = new Map(names.map((name) => [name, seq]));
  }

  // "apply" a frame that continues where its lane stands, "ignore" one that is behind, else there is a "gap".
  judge({ lane, after, seq }) {
    if (!this.#last.has(lane)) return "ignore";
    const last = this.#last.get(lane);
    if (seq <= last) return "ignore";
    return after <= last ? "apply" : "gap";
  }

  advance(lane, seq) {
    if (this.#last.has(lane)) this.#last.set(lane, Math.max(seq, this.#last.get(lane)));
  }

  // A catch-up brings every lane to the number in its answer.
  advanceAll(seq) {
    for (const lane of this.#last.keys()) this.advance(lane, seq);
  }

  isBehind(lane, seq) {
    return this.#last.has(lane) && seq > this.#last.get(lane);
  }

  // The number up to which no lane misses anything.
  get since() {
    return Math.min(...this.#last.values());
  }

  get names() {
    return [...this.#last.keys()];
  }
}
