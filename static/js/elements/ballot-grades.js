// <ballot-grades>: a grade for one idea at a time. The keys are the grades' places, 1 for the worst.
import { DeckBallot } from "../ballots/deck-ballot.js";

class BallotGrades extends DeckBallot {
  begin() {
    const grades = [...this.form.querySelectorAll("button[name=value]")].map((button) => button.value);
    this.keys = Object.fromEntries(grades.map((value) => [String(Number(value) + 1), Number(value)]));
    delete this.keys[0];
    this.keys.ArrowDown = -1;
    super.begin();
  }

  // A digit alone is a shortcut wherever the focus is, except in a field: dictation does not type digits.
  valueOf(event) {
    return event.altKey ? undefined : super.valueOf(event);
  }
}

customElements.define("ballot-grades", BallotGrades);
