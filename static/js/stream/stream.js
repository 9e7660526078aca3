// Where a page stands on each lane, and whether a frame brings it further. No DOM, no network.
export class Stream {
  constructor(lanes, epoch, seq) {
    this.epoch = epoch;
    this.last = new Map(lanes.map((lane) => [lane, seq]));
  }

  // "apply" a frame that continues where the lane stands, "ignore" one that is behind it, else there is a "gap".
  judge({ lane, after, seq }) {
    if (!this.last.has(lane)) return "ignore";
    const last = this.last.get(lane);
    if (seq <= last) return "ignore";
    return after <= last ? "apply" : "gap";
  }

  settle(lane, seq) {
    if (this.last.has(lane)) this.last.set(lane, Math.max(seq, this.last.get(lane)));
  }

  // A catch-up brings every lane to the number it answers with.
  settleAll(seq) {
    for (const lane of this.last.keys()) this.settle(lane, seq);
  }

  isBehind(lane, seq) {
    return this.last.has(lane) && seq > this.last.get(lane);
  }

  // The number from which nothing is missed on any lane.
  get since() {
    return Math.min(...this.last.values());
  }

  get lanes() {
    return [...this.last.keys()];
  }
}
