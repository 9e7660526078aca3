// <ballot-points>: points spread over ideas. The page shows what they cost, and gives no more than there are.
//
// Attributes: data-budget data-cost data-quadratic
// Elements: .points__value | .points__left | [data-points-left] | .points__dots i
// Page: data-row data-row-cost data-step
import { ListBallot } from "../ballots/list-ballot.js";

class BallotPoints extends ListBallot {
  begin() {
    const { signal } = this.closing;
    this.addEventListener("click", (event) => this.#onStep(event), { signal });
    this.addEventListener("change", ({ target }) => target.matches(".points__value") && this.#typed(target), {
      signal,
    });
    super.begin();
  }

  #fields() {
    return [...this.querySelectorAll(".points__value")];
  }

  values() {
    return Object.fromEntries(this.#fields().map((field) => [field.name.slice(5), Number(field.value)]));
  }

  setValue(subject, value) {
    const field = this.rowOf(subject)?.querySelector(".points__value");
    if (field) field.value = value;
  }

  #cost(value) {
    return "quadratic" in this.dataset ? value * value : value;
  }

  get #left() {
    return Number(this.dataset.budget) - this.given().reduce((sum, value) => sum + this.#cost(value), 0);
  }

  // The cost of one more point on a field.
  #price(field) {
    return this.#cost(Number(field.value) + 1) - this.#cost(Number(field.value));
  }

  #onStep(event) {
    const button = event.target.closest("[data-step]");
    if (!button) return;
    const field = button.parentElement.querySelector(".points__value");
    const step = Number(button.dataset.step);
    if (Number(field.value) + step < 0 || (step > 0 && this.#price(field) > this.#left)) return;
    field.value = Number(field.value) + step;
    this.changed();
    this.announce(`${field.value}. ${this.querySelector(".points__left").textContent.trim()}`);
  }

  // As many points as were typed, or as many as are left.
  #typed(field) {
    let value = Math.max(0, Math.floor(Number(field.value)) || 0);
    field.value = 0;
    while (value > 0 && this.#cost(value) > this.#left) value -= 1;
    field.value = value;
    this.changed();
  }

  draw() {
    const left = this.#left;
    this.querySelector("[data-points-left]").textContent = left;
    const dots = [...this.querySelectorAll(".points__dots i")];
    dots.forEach((dot, i) => dot.classList.toggle("on", i < (left * dots.length) / Number(this.dataset.budget)));
    for (const field of this.#fields()) {
      const value = Number(field.value);
      const row = field.closest("[data-row]");
      row.classList.toggle("has-points", value > 0);
      disable(row.querySelector('[data-step="-1"]'), value === 0);
      disable(row.querySelector('[data-step="1"]'), this.#price(field) > left);
      const words = "quadratic" in this.dataset && value > 1 ? this.dataset.cost : "";
      row.querySelector("[data-row-cost]").textContent = words.replace("{n}", value).replace("{cost}", value * value);
    }
  }
}

// A disabled button would lose the keyboard focus.
function disable(button, isOff) {
  button.setAttribute("aria-disabled", String(isOff));
}

customElements.define("ballot-points", BallotPoints);
