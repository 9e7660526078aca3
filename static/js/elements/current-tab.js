// <current-tab>: says which of its links leads to the part that the address names; the first one if it names none.
class CurrentTab extends HTMLElement {
  connectedCallback() {
    this.mark = this.mark.bind(this);
    addEventListener("hashchange", this.mark);
    document.addEventListener("live-applied", this.mark); // what the server has drawn anew knows nothing of the address
    this.mark();
  }

  disconnectedCallback() {
    removeEventListener("hashchange", this.mark);
    document.removeEventListener("live-applied", this.mark);
  }

  mark() {
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
