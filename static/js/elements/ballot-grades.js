// <ballot-grades>: a grade for one idea at a time; the keys are the grades' places, 1 for the worst.
import { Pile } from "../stream/pile.js";

class BallotGrades extends Pile {
  begin() {
    const grades = [...this.form.querySelectorAll("button[name=value]")].map((button) => button.value);
    this.keys = Object.fromEntries(grades.map((value) => [String(Number(value) + 1), Number(value)]));
    delete this.keys[0];
    this.keys.ArrowDown = -1;
    super.begin();
  }

  // A figure alone is a shortcut as long as no field is typed in; it is nobody's dictation.
  valueOf(event) {
    return event.altKey ? undefined : super.valueOf(event);
  }
}

customElements.define("ballot-grades", BallotGrades);
