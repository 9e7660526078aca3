// Who is in the room, as the server counts it. Tells the document: `presence` with {here, writing, ready, …}.
import { showFigures } from "../stream/apply.js";

export class Presence {
  counts = null; // the latest

  receive(counts) {
    this.counts = counts;
    this.show();
    document.dispatchEvent(new CustomEvent("presence", { detail: counts }));
  }

  // `people` says who does what; the figure of that name on the page is another one. `looking` is for the queue.
  show() {
    if (!this.counts) return;
    const { people: _, looking: __, ...figures } = this.counts;
    showFigures(figures);
  }
}
