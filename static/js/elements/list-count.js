// <list-count>: how many items the list with that id has, kept true while they come and go. A long list says
// with data-more how many items are not on the page. A page in the middle of a list (data-cut) says with data-all how
// many there are.
//
// Attributes: data-of
// Page: data-all data-cut data-more
class ListCount extends HTMLElement {
  #observer;

  connectedCallback() {
    const list = document.getElementById(this.dataset.of);
    if (!list) return;
    this.#observer = new MutationObserver(() => this.#show(list));
    this.#observer.observe(list, { childList: true, attributeFilter: ["data-all", "data-more", "data-cut"] });
  }

  disconnectedCallback() {
    this.#observer?.disconnect();
  }

  #show({ children, dataset }) {
    const n = "cut" in dataset ? Number(dataset.all) : children.length + Number(dataset.more ?? 0);
    const words = new Intl.NumberFormat(document.documentElement.lang).format(n);
    if (this.textContent !== words) this.textContent = words;
  }
}

customElements.define("list-count", ListCount);
