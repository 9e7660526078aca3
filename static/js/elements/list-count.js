// <list-count>: how many items the list with that id has, kept true while they come and go. A long list says
// with data-more how many items are not on the page. A page in the middle of a list (data-cut) says with data-all how
// many there are. With data-only it counts the arguments of that stance; the list has the number of those on other pages.
//
// Attributes: data-of data-only
// Page: data-all data-cut data-more data-more-against data-more-for data-more-question data-stance
class ListCount extends HTMLElement {
  #observer;

  connectedCallback() {
    const list = document.getElementById(this.dataset.of);
    if (!list) return;
    this.#observer = new MutationObserver(() => this.#show(list));
    this.#observer.observe(list, {
      childList: true,
      attributeFilter: [
        "data-all",
        "data-more",
        "data-cut",
        "data-more-for",
        "data-more-against",
        "data-more-question",
      ],
    });
  }

  disconnectedCallback() {
    this.#observer?.disconnect();
  }

  #show(list) {
    const words = new Intl.NumberFormat(document.documentElement.lang).format(this.#countIn(list));
    if (this.textContent !== words) this.textContent = words;
  }

  #countIn({ children, dataset }) {
    const { only } = this.dataset;
    if (only) {
      const elsewhere = { for: dataset.moreFor, against: dataset.moreAgainst, question: dataset.moreQuestion }[only];
      return [...children].filter((child) => child.dataset.stance === only).length + Number(elsewhere ?? 0);
    }
    return "cut" in dataset ? Number(dataset.all) : children.length + Number(dataset.more ?? 0);
  }
}

customElements.define("list-count", ListCount);
