// <more-room>: the field inside takes a short text (data-short characters) until the button is pressed, or until it holds
// a longer one, as a kept draft may be. Without a script the field takes the long text at once.
//
// Attributes: data-short
// Elements: textarea | button
class MoreRoom extends HTMLElement {
  #most;

  connectedCallback() {
    const { field } = this;
    if (!field || this.#most) return;
    this.#most = field.maxLength;
    this.querySelector("button").addEventListener("click", () => this.#widen());
    field.addEventListener("input", () => this.#onInput());
    for (const way of ["paste", "drop"]) field.addEventListener(way, () => this.#widen(false)); // nothing is cut off
    field.form.addEventListener("reset", () => this.#narrow());
    this.#narrow();
    this.#onInput();
  }

  get field() {
    return this.querySelector("textarea");
  }

  get #short() {
    return Number(this.dataset.short);
  }

  // The button comes when the room is nearly used up.
  #onInput() {
    const { length } = this.field.value;
    if (length > this.#short) this.#widen(false);
    this.querySelector("button").hidden = this.field.maxLength === this.#most || length < this.#short * 0.7;
  }

  #narrow() {
    this.field.maxLength = this.#short;
    this.querySelector("button").hidden = true;
  }

  #widen(isPressed = true) {
    this.field.maxLength = this.#most;
    this.querySelector("button").hidden = true;
    if (isPressed) this.field.focus();
  }
}

customElements.define("more-room", MoreRoom);
