// <waiting-page>: stands in a page that is not complete yet, and loads it again when the server draws it without this.
const PAUSE_MS = 2000;

class WaitingPage extends HTMLElement {
  #timer;

  connectedCallback() {
    this.#timer = setTimeout(() => this.#look(), PAUSE_MS);
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  async #look() {
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (response.ok && !page.querySelector(this.localName)) return location.reload();
    } catch {
      // no network: asked again
    }
    if (this.isConnected) this.#timer = setTimeout(() => this.#look(), PAUSE_MS);
  }
}

customElements.define("waiting-page", WaitingPage);
