// <group-board>: groups ideas by two taps. The second chosen idea sends the form inside; an idea that is dragged onto
// another one, or onto a group, does the same.
//
// Elements: form | input[name=idea]
// Page: data-group
class GroupBoard extends HTMLElement {
  #closing;
  #dragged = null;

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    this.addEventListener("change", () => this.#chosen.length > 1 && this.#send(), options);
    this.addEventListener("dragstart", ({ target }) => (this.#dragged = this.#boxIn(target)), options);
    document.addEventListener("dragover", (event) => this.#targetOf(event) && event.preventDefault(), options);
    document.addEventListener("drop", (event) => this.#drop(event), options);
    document.addEventListener("dragend", () => (this.#dragged = null), options);
  }

  disconnectedCallback() {
    this.#closing.abort();
  }

  get #chosen() {
    return [...this.querySelectorAll("input[name=idea]")].filter(({ checked }) => checked);
  }

  #boxIn(element) {
    return element.closest("label")?.querySelector("input[name=idea]") ?? null;
  }

  // The other idea or the group under a dragged idea.
  #targetOf({ target }) {
    if (!this.#dragged) return null;
    const box = this.contains(target) ? this.#boxIn(target) : null;
    return box === this.#dragged ? null : (box ?? target.closest("[data-group]"));
  }

  #drop(event) {
    const target = this.#targetOf(event);
    if (!target) return;
    event.preventDefault();
    for (const box of this.#chosen) box.checked = false;
    this.#dragged.checked = true;
    if (target.matches("[data-group]")) {
      this.#send(target.querySelector("button[formaction]"));
      return;
    }
    target.checked = true;
    this.#send();
  }

  #send(button) {
    this.querySelector("form").requestSubmit(button);
    for (const box of this.#chosen) box.checked = false;
  }
}

customElements.define("group-board", GroupBoard);
