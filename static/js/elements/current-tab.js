// <current-tab>: marks the link inside that leads to the part named by the address, or the first link if none does.
//
// Elements: a
class CurrentTab extends HTMLElement {
  #closing;

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    addEventListener("hashchange", () => this.#mark(), options);
    document.addEventListener("live-applied", () => this.#mark(), options); // new links carry no mark
    this.#mark();
  }

  disconnectedCallback() {
    this.#closing.abort();
  }

  #mark() {
    const links = [...this.querySelectorAll("a")];
    const seen = links.filter((link) => link.offsetParent !== null);
    const current = seen.find((link) => link.hash === location.hash) ?? seen[0];
    for (const link of links) {
      if (link === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }
}

customElements.define("current-tab", CurrentTab);
