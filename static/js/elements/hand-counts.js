// <hand-counts>: a count is submitted when its field is left, without a button, and stays in the field.
class HandCounts extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", ({ target }) => target.form?.requestSubmit());
    // A stored form resets itself. It resets to the submitted count, until the server's version comes.
    this.addEventListener("reset", ({ target }) => this.#keep(target));
  }

  #keep(form) {
    for (const field of form.querySelectorAll("input[type=number]")) field.defaultValue = field.value;
  }
}

customElements.define("hand-counts", HandCounts);
