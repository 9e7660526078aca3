// <ready-button>: tells the server "I’ve finished", over the socket, or by a post where none is open. The server counts it
// and forgets it at the next phase.
//
// Attributes: data-phase data-room data-url
// Elements: button
import { csrfHeader } from "../helpers/csrf.js";
import { openedSocket } from "../helpers/sockets.js";

const KEY = "ready"; // the phase that this tab is ready with, kept over a reload
const ANSWER_MS = 6000;

class ReadyButton extends HTMLElement {
  #closing;

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    this.addEventListener("click", () => this.#toggle(), options);
    document.addEventListener("live-applied", () => this.#show(), options);
    document.addEventListener("room-joined", ({ detail }) => this.#agree(detail.ready), options);
    document.addEventListener("caught-up", ({ detail }) => this.#remind(detail.ready), options);
    this.#show();
  }

  disconnectedCallback() {
    this.#closing.abort();
  }

  get #isReady() {
    return sessionStorage.getItem(KEY) === this.dataset.phase;
  }

  set #isReady(is) {
    if (is) sessionStorage.setItem(KEY, this.dataset.phase);
    else sessionStorage.removeItem(KEY);
    this.#show();
    document.dispatchEvent(new CustomEvent("ready-changed", { detail: is }));
  }

  #show() {
    this.querySelector("button").setAttribute("aria-pressed", String(this.#isReady));
  }

  async #toggle() {
    const wanted = !this.#isReady;
    const phase = this.dataset.phase;
    this.#isReady = wanted;
    const answer = await this.#tell(wanted);
    if (answer && !answer.ok && phase === this.dataset.phase) this.#isReady = !wanted;
  }

  // The server forgets it with the connection, and knows it from other tabs of this person.
  #agree(isKnown) {
    if (isKnown) this.#isReady = true;
    else this.#remind(isKnown);
  }

  #remind(isKnown) {
    if (!isKnown && this.#isReady) this.#tell(true);
  }

  // Resolves to null without an answer; the next connection tells it again.
  // It names the phase: the room may be a phase further than this page, and there nobody is ready yet.
  async #tell(ready) {
    const socket = openedSocket();
    const { room, phase } = this.dataset;
    if (!socket?.connected) return this.#post(ready, phase);
    return socket
      .timeout(ANSWER_MS)
      .emitWithAck("ready", { room, ready, phase })
      .catch(() => null);
  }

  async #post(ready, phase) {
    const body = new URLSearchParams({ ready: ready ? "1" : "0", phase });
    return fetch(this.dataset.url, { method: "POST", headers: csrfHeader(), body }).catch(() => null);
  }
}

customElements.define("ready-button", ReadyButton);
