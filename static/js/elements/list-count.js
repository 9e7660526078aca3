// <list-count data-of="id" data-more="n">: how many items the list with that id has, kept true while they come and go;
// n more are not on the page.
class ListCount extends HTMLElement {
  connectedCallback() {
    const list = document.getElementById(this.dataset.of);
    if (!list) return;
    this.observer = new MutationObserver(() => this.show(list));
    this.observer.observe(list, { childList: true });
  }

  disconnectedCallback() {
    this.observer?.disconnect();
  }

  show(list) {
    const n = list.children.length + Number(this.dataset.more ?? 0);
    const words = new Intl.NumberFormat(document.documentElement.lang).format(n);
    if (this.textContent !== words) this.textContent = words;
  }
}

customElements.define("list-count", ListCount);
