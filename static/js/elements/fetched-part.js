// <fetched-part>: a long part of a page that is fetched when the <details> around it opens, and before the page is
// printed. Until it is here its outline shows. Without a script it holds a link to the same.
//
// Attributes: data-from
class FetchedPart extends HTMLElement {
  #closing;
  #isAsked = false;

  connectedCallback() {
    this.#closing = new AbortController();
    const { signal } = this.#closing;
    const details = this.closest("details");
    details.addEventListener("toggle", () => details.open && this.#fetch(), { signal });
    // Printing waits for nothing, so that the request has to block. Then all that is folded is unfolded.
    addEventListener("beforeprint", () => this.#fetchAtOnce(), { signal, capture: true });
    if (details.open) this.#fetch();
  }

  disconnectedCallback() {
    this.#closing.abort();
  }

  async #fetch() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(this.dataset.from, { headers: { Accept: "text/html" } });
      if (!response.ok) throw new Error(`${response.status}`);
      this.#show(await response.text());
    } catch {
      this.#isAsked = false; // the link stays, and the next opening asks again
      this.removeAttribute("aria-busy");
    }
  }

  #fetchAtOnce() {
    const request = new XMLHttpRequest();
    request.open("GET", this.dataset.from, false);
    request.setRequestHeader("Accept", "text/html");
    try {
      request.send();
    } catch {
      return; // no network: what is here is printed
    }
    if (request.status === 200) this.#show(request.responseText);
  }

  #show(html) {
    if (!this.isConnected) return;
    const { body } = new DOMParser().parseFromString(html, "text/html");
    this.replaceWith(...body.childNodes);
  }
}

customElements.define("fetched-part", FetchedPart);
