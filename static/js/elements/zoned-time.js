// <zoned-time>: a field for a date and time in the zone of this browser. The hidden field tells the server the offset
// to UTC in minutes.
//
// Elements: input[type="datetime-local"] | .field__note | input[type=hidden]
// Page: data-utc
import { offsetOf, utcOffset, wallClock, zoneName } from "../helpers/times.js";

class ZonedTime extends HTMLElement {
  #field;
  #stored; // what the field shows of the server's time, and its offset: an hour that comes twice has two

  connectedCallback() {
    this.#field = this.querySelector('input[type="datetime-local"]');
    if (this.#field.dataset.utc) {
      const instant = new Date(this.#field.dataset.utc);
      this.#field.value = wallClock(instant);
      this.#stored = { value: this.#field.value, offset: utcOffset(instant) };
    }
    const note = this.querySelector(".field__note");
    if (note) note.textContent = note.textContent.replace("UTC", zoneName());
    this.addEventListener("input", () => this.#note());
    this.addEventListener("change", () => this.#showExisting());
    this.#note();
  }

  #note() {
    const { value } = this.#field;
    const offset = value === this.#stored?.value ? this.#stored.offset : offsetOf(value);
    this.querySelector("input[type=hidden]").value = offset;
  }

  // A time that the change to summer time skips is shown as the one that is stored.
  #showExisting() {
    const chosen = new Date(this.#field.value);
    if (Number.isNaN(chosen.getTime()) || this.#field.value === this.#stored?.value) return;
    this.#field.value = wallClock(chosen);
    this.#note();
  }
}

customElements.define("zoned-time", ZonedTime);
