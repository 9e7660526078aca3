// <zoned-time>: a field for a date and time in the zone of this browser. The hidden field tells the server the offset
// to UTC in minutes.
//
// Elements: input[type="datetime-local"] | .field__note | input[type=hidden]
// Page: data-utc
import { utcOffset, wallClock, zoneName } from "../helpers/times.js";

class ZonedTime extends HTMLElement {
  #field;

  connectedCallback() {
    this.#field = this.querySelector('input[type="datetime-local"]');
    if (this.#field.dataset.utc) this.#field.value = wallClock(new Date(this.#field.dataset.utc));
    const note = this.querySelector(".field__note");
    if (note) note.textContent = note.textContent.replace("UTC", zoneName());
    this.addEventListener("input", () => this.#note());
    this.#note();
  }

  #note() {
    const chosen = new Date(this.#field.value);
    const offset = Number.isNaN(chosen.getTime()) ? 0 : utcOffset(chosen);
    this.querySelector("input[type=hidden]").value = offset;
  }
}

customElements.define("zoned-time", ZonedTime);
