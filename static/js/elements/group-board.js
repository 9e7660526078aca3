// <group-board>: groups ideas by two taps. The second chosen idea sends the form inside; an idea that is dragged onto
// another one, or onto a group, does the same. After an act the keyboard goes on with what comes next: the element that
// had it may be gone.
//
// Elements: #alone
// Page: data-group
// Sets: data-over
const STOPS = "input:not([type=hidden]), button";

class GroupBoard extends HTMLElement {
  #closing;
  #dragged = null;
  #over = null;
  #next = []; // the ids of what may take the keyboard after an act, the best first

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    this.addEventListener("change", ({ target }) => this.#boxes.includes(target) && this.#chose(), options);
    this.addEventListener("submit", () => this.#remember(), { ...options, capture: true });
    this.addEventListener("pointerdown", () => (this.#next = []), options);
    this.addEventListener("dragstart", ({ target }) => (this.#dragged = this.#boxIn(target)), options);
    this.addEventListener("dragover", (event) => this.#mark(event), options);
    this.addEventListener("drop", (event) => this.#drop(event), options);
    this.addEventListener("dragend", () => this.#endDrag(), options);
    const drawn = new MutationObserver(() => this.#takeKeyboard());
    drawn.observe(this, { childList: true, subtree: true });
    this.#closing.signal.addEventListener("abort", () => drawn.disconnect());
  }

  disconnectedCallback() {
    this.#closing.abort();
  }

  get #form() {
    return this.querySelector("#alone");
  }

  get #boxes() {
    return [...(this.#form?.querySelectorAll("input[name=idea]") ?? [])];
  }

  get #chosen() {
    return this.#boxes.filter(({ checked }) => checked);
  }

  #chose() {
    if (this.#chosen.length > 1) this.#send();
  }

  #boxIn(element) {
    return element.closest("#alone label")?.querySelector("input[name=idea]") ?? null;
  }

  // The other idea or the group under a dragged idea.
  #targetOf({ target }) {
    if (!this.#dragged) return null;
    const box = this.#boxIn(target);
    return box === this.#dragged ? null : (box ?? target.closest("[data-group]"));
  }

  #mark(event) {
    const target = this.#targetOf(event);
    if (target) event.preventDefault();
    const over = target?.closest("label, [data-group]") ?? null;
    if (over === this.#over) return;
    this.#over?.removeAttribute("data-over");
    over?.setAttribute("data-over", "");
    this.#over = over;
  }

  #endDrag() {
    this.#over?.removeAttribute("data-over");
    this.#dragged = this.#over = null;
  }

  #drop(event) {
    const target = this.#targetOf(event);
    if (!target) return;
    event.preventDefault();
    const dragged = this.#dragged;
    this.#endDrag();
    for (const box of this.#chosen) box.checked = false;
    dragged.checked = true;
    if (target.matches("[data-group]")) {
      this.#send(document.getElementById(`to-${target.dataset.group}`));
      return;
    }
    target.checked = true;
    this.#send();
  }

  #send(button) {
    this.#form.requestSubmit(button);
    for (const box of this.#chosen) box.checked = false;
  }

  // What follows the element that has the keyboard in its section, then what precedes it.
  #remember() {
    const at = document.activeElement;
    const stops = [...(at?.closest("section")?.querySelectorAll(STOPS) ?? [])];
    const place = stops.indexOf(at);
    if (place < 0) return;
    const ids = [...stops.slice(place + 1), ...stops.slice(0, place).reverse()].map(({ id }) => id);
    this.#next = ids.filter((id) => id);
  }

  #takeKeyboard() {
    if (!this.#next.length || (document.activeElement && document.activeElement !== document.body)) return;
    const stops = this.#next.map((id) => document.getElementById(id));
    stops.find((stop) => stop?.checkVisibility())?.focus();
  }
}

customElements.define("group-board", GroupBoard);
