// <hand-counts>: a count is noted as soon as its field is left, without a button; what was noted stays in the field.
class HandCounts extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", ({ target }) => target.form?.requestSubmit());
    // A stored form resets itself: what was just noted is what it resets to, until the server's own version comes.
    this.addEventListener("reset", ({ target }) => this.keep(target));
  }

  keep(form) {
    for (const field of form.querySelectorAll("input[type=number]")) field.defaultValue = field.value;
  }
}

customElements.define("hand-counts", HandCounts);
