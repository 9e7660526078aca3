// <ballot-pairs>: which of two? The keys are the places of the cards.
//
// Attributes: data-enough data-goal data-missing
// Elements: [data-compared]
import { DeckBallot } from "../ballots/deck-ballot.js";

class BallotPairs extends DeckBallot {
  // Left and right stand for another entry on every pair.
  valueOf(event) {
    if (event.key === "ArrowDown") return 0;
    const button = this.card.querySelector(`[aria-keyshortcuts="${event.key}"]`);
    return button ? Number(button.value) : undefined;
  }

  titleOf(card) {
    return [...card.querySelectorAll(".pairs__name")].map((name) => name.textContent).join(" – ");
  }

  showProgress() {
    super.showProgress();
    const left = Number(this.dataset.goal) - this.judged;
    const words = left > 0 ? this.dataset.missing : this.dataset.enough;
    this.querySelector("[data-compared]").textContent = words.replace("{n}", this.judged).replace("{left}", left);
  }

  // With an idea fewer the goal rarely changes; the next cards bring the new one along.
  setGoal(goal) {
    if (goal >= Number(this.dataset.goal)) super.setGoal(goal);
  }
}

customElements.define("ballot-pairs", BallotPairs);
