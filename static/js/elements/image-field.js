// <image-field>: shows the chosen picture small and refuses one that is too large (data-max in bytes) before it is
// sent.
//
// Attributes: data-max data-no-image data-too-large
// Elements: [data-drop] | input[type=file] | [role=alert] | img | .image-field__shown
const TYPES = ["image/png", "image/jpeg", "image/webp"];

class ImageField extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", () => this.#show());
    this.querySelector("[data-drop]").addEventListener("click", () => this.#drop());
    this.closest("form")?.addEventListener("reset", () => setTimeout(() => this.#show()));
  }

  get #input() {
    return this.querySelector("input[type=file]");
  }

  #show() {
    const [file] = this.#input.files;
    const problem = file ? this.#problemOf(file) : "";
    if (problem) this.#input.value = "";
    this.querySelector("[role=alert]").textContent = problem;
    this.#preview(problem ? null : file);
  }

  #problemOf(file) {
    if (!TYPES.includes(file.type)) return this.dataset.noImage;
    return file.size > Number(this.dataset.max) ? this.dataset.tooLarge : "";
  }

  #preview(file) {
    const image = this.querySelector("img");
    if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
    image.src = file ? URL.createObjectURL(file) : "data:,";
    this.querySelector(".image-field__shown").hidden = !file;
    this.classList.toggle("has-image", Boolean(file));
  }

  #drop() {
    this.#input.value = "";
    this.#show();
    this.#input.focus();
  }
}

customElements.define("image-field", ImageField);
