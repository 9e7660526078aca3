// <file-drop>: takes a file that is dropped anywhere on the form inside, or pasted there, and sends the form.
//
// Elements: form | input[type=file]
// Sets: data-over
class FileDrop extends HTMLElement {
  connectedCallback() {
    this.addEventListener("dragover", (event) => this.#over(event));
    this.addEventListener("dragleave", (event) => this.#leave(event));
    this.addEventListener("drop", (event) => this.#take(event, event.dataTransfer));
    this.addEventListener("paste", (event) => this.#take(event, event.clipboardData, false));
  }

  #over(event) {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    this.toggleAttribute("data-over", true);
  }

  #leave(event) {
    if (!this.contains(event.relatedTarget)) this.removeAttribute("data-over");
  }

  // A copied range of a spreadsheet comes as text and as a picture of it: the text is meant.
  #take(event, carried, isDrop = true) {
    this.removeAttribute("data-over");
    if (!carried.files.length || (!isDrop && carried.types.includes("text/plain"))) return;
    event.preventDefault();
    const one = new DataTransfer();
    one.items.add(carried.files[0]);
    this.querySelector("input[type=file]").files = one.files;
    this.querySelector("form").requestSubmit();
  }
}

customElements.define("file-drop", FileDrop);
