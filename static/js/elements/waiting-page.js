// <waiting-page>: stands in a page that is not complete yet, and loads it again when the server draws it without this.
// It looks every two seconds; with data-live it looks after a frame about ideas instead. With data-renews, the id of a
// part of the page, it shows that part as it is by then.
//
// Attributes: data-live data-renews
const PAUSE_MS = 2000;

class WaitingPage extends HTMLElement {
  #timer;
  #closing;

  connectedCallback() {
    this.#closing = new AbortController();
    const { signal } = this.#closing;
    if (this.#isLive) document.addEventListener("live-applied", ({ detail }) => this.#onLive(detail), { signal });
    else this.#lookIn(PAUSE_MS);
  }

  disconnectedCallback() {
    this.#closing.abort();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get #isLive() {
    return this.dataset.live !== undefined;
  }

  // The pages of a whole hall do not look at the same moment.
  #onLive({ fragments, lists }) {
    if ((fragments || lists) && !this.#timer) this.#lookIn(Math.random() * PAUSE_MS);
  }

  #lookIn(pauseMs) {
    this.#timer = setTimeout(() => this.#look(), pauseMs);
  }

  #renew(page) {
    const fresh = page.getElementById(this.dataset.renews);
    if (fresh) document.getElementById(this.dataset.renews)?.replaceWith(fresh);
  }

  async #look() {
    this.#timer = undefined;
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (response.ok && !page.querySelector(this.localName)) return location.reload();
      if (response.ok && this.dataset.renews) this.#renew(page);
    } catch {
      // no network: asked again
    }
    if (this.isConnected && !this.#isLive) this.#lookIn(PAUSE_MS);
  }
}

customElements.define("waiting-page", WaitingPage);
