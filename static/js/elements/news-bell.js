// <news-bell>: shows the number of unread news as it is now. The server sends it over the socket of the page. A page
// outside rooms has one for this alone, while it is seen. Without a socket the element asks now and then, and in any case
// when the page is seen again.
//
// Attributes: data-address
// Elements: a
import { openOnce, openedSocket, withSocket } from "../helpers/sockets.js";

const IDLE_MS = 1500; // the page itself comes first
const HIDDEN_MS = 60_000; // a page that nobody has seen for so long closes its own socket
const AGAIN_MS = 60_000; // a line that does not open is tried less and less often
const SPREAD_MS = 4000; // spreads the requests of a whole hall
const EVERY_MS = 120_000;

class NewsBell extends HTMLElement {
  #closing;
  #every;
  #soon;
  #resting;
  #opening;
  #isOwn = false; // whether the socket is for the bell alone
  #wasConnected = false;

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    document.addEventListener("visibilitychange", () => this.#onSeen(), options);
    addEventListener("pagehide", () => this.#isOwn && openedSocket()?.disconnect(), options); // or "back" would be slow
    addEventListener("pageshow", ({ persisted }) => persisted && this.#onSeen(), options);
    this.#every = setInterval(() => !openedSocket()?.connected && this.#renewIfSeen(), EVERY_MS);
    withSocket((socket) => this.#listen(socket));
    if (!document.querySelector("live-room")) this.#opening = setTimeout(() => this.#open(), IDLE_MS);
  }

  disconnectedCallback() {
    this.#closing.abort();
    clearInterval(this.#every);
    for (const timer of [this.#soon, this.#resting, this.#opening]) clearTimeout(timer);
    this.#soon = undefined;
    openedSocket()?.off("bell", this.#ring).off("connect", this.#onConnect).off("disconnect", this.#onDisconnect);
  }

  async #open() {
    const { io } = await import("../../vendor/socket.io.esm.min.js");
    if (!this.isConnected) return;
    this.#isOwn = true;
    openOnce(io, this.dataset.address, { reconnectionDelayMax: AGAIN_MS });
  }

  #listen(socket) {
    if (!this.isConnected) return;
    this.#wasConnected = socket.connected;
    socket.on("bell", this.#ring).on("connect", this.#onConnect).on("disconnect", this.#onDisconnect);
  }

  // What came while the line was away was sent to nobody.
  #onConnect = () => {
    if (this.#wasConnected) this.#renewSoon();
    this.#wasConnected = true;
  };

  // The server ends a connection when its rights change. Whoever signed out is refused, and asks no more.
  #onDisconnect = (reason) => {
    if (this.#isOwn && reason === "io server disconnect") setTimeout(() => openedSocket().connect(), SPREAD_MS);
  };

  #onSeen() {
    this.#renewIfSeen();
    if (!this.#isOwn) return;
    clearTimeout(this.#resting);
    if (document.visibilityState === "visible") openedSocket().connect();
    else this.#resting = setTimeout(() => openedSocket().disconnect(), HIDDEN_MS);
  }

  #renewSoon() {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#renew(this.#ring);
    }, Math.random() * SPREAD_MS);
  }

  #renewIfSeen() {
    if (document.visibilityState === "visible") this.#renew(this.#take);
  }

  async #renew(take) {
    const response = await fetch(this.dataset.address).catch(() => null); // no network: the next change asks again
    if (response?.ok && !response.redirected) take({ html: await response.text() });
  }

  // Parts of the page may tell what the news are about.
  #ring = (frame) => {
    this.#take(frame);
    document.dispatchEvent(new CustomEvent("news-told"));
  };

  #take = ({ html }) => {
    const fresh = document.createRange().createContextualFragment(html).firstElementChild;
    const link = this.querySelector("a");
    if (!fresh || !link || link.isEqualNode(fresh.firstElementChild)) return;
    link.replaceChildren(...fresh.firstElementChild.childNodes); // the link itself keeps the keyboard
  };
}

customElements.define("news-bell", NewsBell);
