// <image-field>: shows the chosen picture small, and makes it smaller before it is sent (data-side in pixels). What this
// browser cannot read is sent as it is if its name or type is in data-types; the server reads more formats than most
// browsers. A file larger than data-max (bytes) is refused.
//
// Attributes: data-max data-no-image data-side data-too-large data-types
// Elements: [data-drop] | input[type=file] | [role=alert] | img | .image-field__shown | .image-field__name
import { smaller } from "../helpers/pictures.js";

class ImageField extends HTMLElement {
  // The file that the input holds because this element made it.
  #made;

  connectedCallback() {
    this.addEventListener("change", () => this.#choose());
    this.querySelector("[data-drop]").addEventListener("click", () => this.#drop());
    this.closest("form")?.addEventListener("reset", () => setTimeout(() => this.#choose()));
  }

  get #input() {
    return this.querySelector("input[type=file]");
  }

  get #types() {
    return this.dataset.types.split(" ");
  }

  async #choose() {
    const [file] = this.#input.files;
    if (file && file === this.#made) return this.#show(file);
    this.#say("");
    if (!file) return this.#show(null);
    const made = await smaller(file, Number(this.dataset.side), this.#types);
    if (this.#input.files[0] !== file) return; // another one was chosen meanwhile, or the form was sent
    const problem = this.#problemOf(made ?? file, made);
    this.#say(problem);
    if (problem) this.#input.value = "";
    else if (made && made !== file) this.#put(made);
    this.#show(problem ? null : (made ?? file), made);
    this.#input.dispatchEvent(new Event("input", { bubbles: true })); // the file is another one now
  }

  #problemOf(file, isReadable) {
    if (!isReadable && !this.#isKnown(file)) return this.dataset.noImage;
    return file.size > Number(this.dataset.max) ? this.dataset.tooLarge : "";
  }

  // Many systems have no type for the formats of phones.
  #isKnown({ name, type }) {
    const ending = name.split(".").pop().toLowerCase();
    return this.#types.includes(type) || (!type && this.#types.includes(`image/${ending}`));
  }

  #put(file) {
    const chosen = new DataTransfer();
    chosen.items.add(file);
    this.#input.files = chosen.files;
    this.#made = this.#input.files[0];
  }

  #say(problem) {
    this.querySelector("[role=alert]").textContent = problem;
  }

  // Without an image there is the file's name: the server reads what this browser cannot.
  #show(file, isReadable = true) {
    const image = this.querySelector("img");
    if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
    image.src = file && isReadable ? URL.createObjectURL(file) : "data:,";
    image.hidden = !isReadable;
    this.querySelector(".image-field__name").textContent = file && !isReadable ? file.name : "";
    this.querySelector(".image-field__shown").hidden = !file;
    this.classList.toggle("has-image", Boolean(file));
  }

  #drop() {
    this.#input.value = "";
    this.#input.dispatchEvent(new Event("change", { bubbles: true }));
    this.#input.focus();
  }
}

customElements.define("image-field", ImageField);
