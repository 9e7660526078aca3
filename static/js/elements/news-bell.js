// <news-bell>: asks for the number of unread news again when something may have happened to the viewer: a frame of the
// room that is about them ("news-due"), a page that is seen again, and now and then.
//
// Attributes: data-address
// Elements: a
const SPREAD_MS = 4000; // spreads the requests of a whole hall
const EVERY_MS = 120_000;

class NewsBell extends HTMLElement {
  #closing;
  #every;
  #soon;

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    document.addEventListener("news-due", () => this.#renewSoon(), options);
    document.addEventListener("visibilitychange", () => this.#renewIfSeen(), options);
    addEventListener("pageshow", ({ persisted }) => persisted && this.#renew(), options);
    this.#every = setInterval(() => this.#renewIfSeen(), EVERY_MS);
  }

  disconnectedCallback() {
    this.#closing.abort();
    clearInterval(this.#every);
    clearTimeout(this.#soon);
    this.#soon = undefined;
  }

  #renewSoon() {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#renew();
    }, Math.random() * SPREAD_MS);
  }

  #renewIfSeen() {
    if (document.visibilityState === "visible") this.#renew();
  }

  async #renew() {
    const response = await fetch(this.dataset.address).catch(() => null); // no network: the next change asks again
    if (!response?.ok || response.redirected) return;
    const fresh = document.createRange().createContextualFragment(await response.text()).firstElementChild;
    const link = this.querySelector("a");
    if (!fresh || !link || link.isEqualNode(fresh.firstElementChild)) return;
    link.replaceChildren(...fresh.firstElementChild.childNodes); // the link itself keeps the keyboard
  }
}

customElements.define("news-bell", NewsBell);
