// <code-field>: a join code, shown in two groups while it is typed. A pasted link becomes its code.
//
// Elements: input

const GROUP = 3;
const LENGTH = 6;

function grouped(typed) {
  const signs = typed.replace(/[^0-9a-z]/gi, "").toUpperCase();
  return signs.length > GROUP && signs.length <= LENGTH ? `${signs.slice(0, GROUP)} ${signs.slice(GROUP)}` : signs;
}

class CodeField extends HTMLElement {
  #field;

  connectedCallback() {
    this.#field = this.querySelector("input");
    this.addEventListener("input", (event) => this.#onInput(event));
    this.addEventListener("paste", (event) => this.#onPaste(event));
  }

  // Only at the end of the line, so that a correction in the middle keeps its place.
  #onInput(event) {
    const atEnd = this.#field.selectionStart === this.#field.value.length;
    if (atEnd && !event.inputType?.startsWith("delete")) this.#field.value = grouped(this.#field.value);
  }

  #onPaste(event) {
    const pasted = event.clipboardData.getData("text").trim();
    if (!pasted.includes("/")) return;
    event.preventDefault();
    this.#field.value = grouped(pasted.replace(/\/+$/, "").split("/").pop());
  }
}

customElements.define("code-field", CodeField);
