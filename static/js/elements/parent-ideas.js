// <parent-ideas>: the ideas from which the one in the form grows. They leave the form and the address when the idea is
// stored. A text that comes back into the form with other parents fetches the page with them.
//
// Attributes: data-address
// Elements: input[name=parents]
class ParentIdeas extends HTMLElement {
  #closing;
  #shown;

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    const form = this.closest("form");
    this.#shown = this.#field.value;
    form.addEventListener("stored", () => this.#clear(), options);
    form.addEventListener("input", () => this.#compare(), options);
  }

  disconnectedCallback() {
    this.#closing.abort();
  }

  get #field() {
    return this.querySelector("input[name=parents]");
  }

  #clear() {
    const field = this.#field;
    field.value = this.#shown = "";
    this.replaceChildren(field);
    const url = new URL(location.href);
    if (!url.searchParams.has("build")) return;
    url.searchParams.delete("build");
    history.replaceState(history.state, "", url);
  }

  #compare() {
    if (this.#field.value === this.#shown) return;
    const url = new URL(this.dataset.address, location.href);
    url.searchParams.set("build", this.#field.value);
    location.assign(url);
  }
}

customElements.define("parent-ideas", ParentIdeas);
