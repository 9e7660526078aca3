// <key-shortcuts>: single keys for a room. They rest while somebody types, and can be switched off (WCAG 2.1.4). With
// data-of-page a key presses the element of the page with this data-key in place of what it does in a room.
//
// Attributes: data-of-page
// Elements: dialog | [data-single]
// Page: data-key data-opens
import { keyOf } from "../helpers/keys.js";
import { isShown } from "../helpers/visible.js";

const OFF = "shortcuts-off";
const FIELDS = "input, textarea, select, [contenteditable]";
const OPEN = CSS.supports("selector(:popover-open)") ? "dialog[open], :popover-open" : "dialog[open], .is-open";

class KeyShortcuts extends HTMLElement {
  #closing;
  #dialog;
  #switch;

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    this.#dialog = this.querySelector("dialog");
    this.#switch = this.querySelector("[data-single]");
    this.#switch.checked = !this.#isOff;
    this.#switch.addEventListener("change", () => this.#remember(), options);
    document.addEventListener("keydown", (event) => this.#onKey(event), options);
    document.addEventListener("click", (event) => this.#onClick(event), options);
  }

  disconnectedCallback() {
    this.#closing.abort();
  }

  get #isOff() {
    return localStorage.getItem(OFF) !== null;
  }

  #remember() {
    if (this.#switch.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  }

  #onClick(event) {
    if (!event.target.closest(`[data-opens="${this.#dialog.id}"]`)) return;
    event.target.closest("[popover]")?.hidePopover?.();
    this.#dialog.showModal();
  }

  #onKey(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || this.#isOff) return;
    if (event.target.closest(FIELDS) || document.querySelector(OPEN)) return;
    if (this.dataset.ofPage !== undefined) {
      this.#press(event);
      return;
    }
    const acts = {
      n: () => this.#write(),
      r: () => this.#ready(),
      j: () => this.#step(1),
      k: () => this.#step(-1),
      "?": () => this.#dialog.showModal(),
    };
    const act = acts[keyOf(event)];
    if (!act) return;
    event.preventDefault();
    act();
  }

  // A key that is held down presses once.
  #press(event) {
    const key = keyOf(event);
    const button = [...document.querySelectorAll(`[data-key~="${CSS.escape(key)}"]`)].find(isShown);
    if (!button && key !== "?") return;
    event.preventDefault();
    if (event.repeat) return;
    if (button) button.click();
    else this.#dialog.showModal();
  }

  #write() {
    document.querySelector("#composer textarea, #argue textarea")?.focus();
  }

  #ready() {
    document.querySelector("ready-button button")?.click();
  }

  // From card to card, beginning at the card that has the focus or lies open.
  #step(by) {
    const links = [...document.querySelectorAll("#ideas > li a.card__cover")].filter(isShown);
    const at = links.findIndex((link) => link === document.activeElement || link.matches('[aria-current="page"]'));
    const next = at < 0 ? links[by > 0 ? 0 : links.length - 1] : links[at + by];
    next?.focus();
    next?.closest("li").scrollIntoView({ block: "nearest" });
  }
}

customElements.define("key-shortcuts", KeyShortcuts);
