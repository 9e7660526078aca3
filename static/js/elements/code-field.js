// <code-field>: a join code, shown in two groups while it is typed. A pasted link becomes its code; the server reads the
// links and digits that this script does not know (ideas/codes.py).
//
// Elements: input

const GROUP = 3;
const LENGTH = 6;
const LINK = /[/?#%]/;

function grouped(typed) {
  const signs = typed
    .normalize("NFKC")
    .replace(/[^\p{L}\p{N}]/gu, "")
    .toUpperCase();
  return signs.length > GROUP && signs.length <= LENGTH ? `${signs.slice(0, GROUP)} ${signs.slice(GROUP)}` : signs;
}

const WAYS = [/[?&]code=([^&#]+)/, /\/join\/([^/?#]+)/];

// The code in a link, "" if it is not in one of the usual places.
function codeIn(link) {
  const found = WAYS.map((way) => way.exec(link)).find(Boolean);
  return found ? grouped(decodeURIComponent(found[1])) : "";
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
    if (event.isComposing || LINK.test(this.#field.value)) return;
    const atEnd = this.#field.selectionStart === this.#field.value.length;
    if (atEnd && !event.inputType?.startsWith("delete")) this.#field.value = grouped(this.#field.value);
  }

  #onPaste(event) {
    const pasted = event.clipboardData.getData("text").trim();
    const code = LINK.test(pasted) && codeIn(pasted);
    if (!code) return;
    event.preventDefault();
    this.#field.value = code;
  }
}

customElements.define("code-field", CodeField);
