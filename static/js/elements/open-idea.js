// <open-idea>: outlines, in the list inside, the card of the idea that lies open beside the list.
//
// Attributes: data-handle
class OpenIdea extends HTMLElement {
  #onLive;

  connectedCallback() {
    this.#onLive = () => this.#outline();
    document.addEventListener("live-applied", this.#onLive);
    this.#outline()?.scrollIntoView({ block: "nearest" });
  }

  disconnectedCallback() {
    document.removeEventListener("live-applied", this.#onLive);
  }

  #outline() {
    const card = document.getElementById(this.dataset.handle);
    card?.classList.add("idea--open");
    card?.querySelector("a")?.setAttribute("aria-current", "page");
    return card;
  }
}

customElements.define("open-idea", OpenIdea);
