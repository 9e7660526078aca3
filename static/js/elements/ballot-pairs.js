// <ballot-pairs>: which of two? The keys are the places of the cards.
import { Pile } from "../stream/pile.js";

class BallotPairs extends Pile {
  // Left and right stand for another entry on every pair.
  valueOf(event) {
    if (event.key === "ArrowDown") return 0;
    const button = this.card.querySelector(`[aria-keyshortcuts="${event.key}"]`);
    return button ? Number(button.value) : undefined;
  }

  titleOf(card) {
    return [...card.querySelectorAll(".pairs__name")].map((name) => name.textContent).join(" – ");
  }

  dots() {
    super.dots();
    const left = Number(this.dataset.goal) - this.judged;
    const words = left > 0 ? this.dataset.missing : this.dataset.enough;
    this.querySelector("[data-compared]").textContent = words.replace("{n}", this.judged).replace("{left}", left);
  }

  // Fewer ideas make fewer pairs, but rarely fewer than one is asked for: the next cards bring the number along.
  recount(goal) {
    if (goal >= Number(this.dataset.goal)) super.recount(goal);
  }
}

customElements.define("ballot-pairs", BallotPairs);
