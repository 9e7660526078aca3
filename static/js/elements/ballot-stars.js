// <ballot-stars>: a few stars and a few lemons. A second tap takes one back. When all are given, no idea gets another.
//
// Attributes: data-lemons data-spent data-stars
// Elements: input[type=radio]:checked | input[name="mark-${subject}"][value] | [data-signs-left] |
//   input[type=radio][value]
import { ListBallot } from "../ballots/list-ballot.js";

class BallotStars extends ListBallot {
  #tapped;

  begin() {
    const { signal } = this.closing;
    this.addEventListener("change", ({ target }) => target.type === "radio" && this.#chosen(target), { signal });
    this.addEventListener("pointerdown", (event) => this.#remember(event), { signal });
    this.addEventListener("click", (event) => this.#onClick(event), { signal });
    super.begin();
  }

  values() {
    const chosen = [...this.querySelectorAll("input[type=radio]:checked")];
    return Object.fromEntries(chosen.map((radio) => [radio.name.slice(5), Number(radio.value)]));
  }

  setValue(subject, value) {
    const radio = this.querySelector(`input[name="mark-${subject}"][value="${value}"]`);
    if (radio) radio.checked = true;
  }

  #left(value) {
    const most = Number(value === 1 ? this.dataset.stars : this.dataset.lemons);
    return most - this.given().filter((sign) => sign === value).length;
  }

  #chosen(radio) {
    const value = Number(radio.value);
    if (value !== 0 && this.#left(value) < 0) {
      this.setValue(radio.name.slice(5), this.stored[radio.name.slice(5)] ?? 0);
      this.refuse(this.dataset.spent);
      return;
    }
    this.changed();
  }

  // Whether the tapped sign was chosen before the tap.
  #remember(event) {
    const radio = event.target.closest("label")?.querySelector("input[type=radio]");
    this.#tapped = radio?.checked ? radio : null;
  }

  #onClick(event) {
    if (!this.#tapped || event.target !== this.#tapped || this.#tapped.value === "0") return;
    this.setValue(this.#tapped.name.slice(5), 0);
    this.#tapped = null;
    this.changed();
  }

  draw() {
    for (const value of [1, -1]) {
      const shown = this.querySelector(`[data-signs-left="${value}"]`);
      if (shown) shown.textContent = this.#left(value);
      for (const radio of this.querySelectorAll(`input[type=radio][value="${value}"]`)) {
        radio.closest("label").classList.toggle("is-spent", this.#left(value) <= 0 && !radio.checked);
      }
    }
  }
}

customElements.define("ballot-stars", BallotStars);
