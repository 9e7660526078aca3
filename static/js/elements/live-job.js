// <live-job>: keeps the parts of a page about a job (those with data-on="job") equal to a fresh page. The socket of the
// page says that it is behind; without one the element asks now and then. A part with a form that saves itself stays.
//
// Attributes: data-address data-job data-mark data-page
// Page: data-on
import { openedSocket, withSocket } from "../helpers/sockets.js";
import { morph } from "../stream/apply.js";

const EVERY_MS = 20_000;

class LiveJob extends HTMLElement {
  #closing;
  #every;
  #mark; // of the page as it is shown
  #isRenewing = false;
  #isBehind = false; // a newer page could not be fetched

  connectedCallback() {
    this.#mark = this.dataset.mark;
    this.#closing = new AbortController();
    document.addEventListener("visibilitychange", () => this.#ask(), { signal: this.#closing.signal });
    this.#every = setInterval(() => (this.#isBehind || !openedSocket()?.connected) && this.#ask(), EVERY_MS);
    withSocket((socket) => this.#listen(socket));
  }

  disconnectedCallback() {
    this.#closing.abort();
    clearInterval(this.#every);
    openedSocket()?.off("job", this.#take).off("connect", this.#watch);
  }

  #listen(socket) {
    if (!this.isConnected) return;
    socket.on("job", this.#take).on("connect", this.#watch);
    if (socket.connected) this.#watch();
  }

  // The answer has the present mark: what came while the line was away was sent to nobody.
  #watch = () => {
    openedSocket().emit("watch", { job: this.dataset.job }, this.#take);
  };

  async #ask() {
    if (document.hidden) return;
    const response = await fetch(this.dataset.address).catch(() => null); // no network: asked again
    if (response?.ok && !response.redirected) this.#take(await response.json());
  }

  // A page that nobody looks at is renewed when it is seen again.
  #take = ({ mark }) => {
    if (mark && mark !== this.#mark && !this.#isRenewing && !document.hidden) this.#renew(mark);
  };

  async #renew(mark) {
    this.#isRenewing = true;
    const isShown = await this.#fetch().catch(() => false); // no network
    this.#isRenewing = false;
    this.#isBehind = !isShown;
    if (!isShown) return; // the timer asks again
    this.#mark = mark;
    this.#ask(); // something may have happened meanwhile
  }

  // Whether the page could be fetched and shown.
  async #fetch() {
    const response = await fetch(this.dataset.page, { headers: { Accept: "text/html" } });
    if (!response.ok || response.redirected) return false;
    await this.#show(await response.text());
    return true;
  }

  async #show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const part of document.querySelectorAll('live-part[data-on~="job"]')) {
      const next = page.getElementById(part.id);
      if (next && !part.querySelector("saved-form")) await morph(part, next.outerHTML);
    }
  }
}

customElements.define("live-job", LiveJob);
