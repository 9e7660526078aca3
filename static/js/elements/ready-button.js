// <ready-button data-room data-phase>: "I am ready", said to the server, which counts it and forgets it at the next phase.
import { openedSocket } from "../stream/socket.js";

const KEY = "ready"; // the phase that this tab is ready with: it survives a reload
const ANSWER_MS = 6000;

class ReadyButton extends HTMLElement {
  connectedCallback() {
    this.closing = new AbortController();
    const options = { signal: this.closing.signal };
    this.addEventListener("click", () => this.toggle(), options);
    document.addEventListener("live-applied", () => this.show(), options);
    document.addEventListener("room-joined", ({ detail }) => this.agree(detail.ready), options);
    this.show();
  }

  disconnectedCallback() {
    this.closing.abort();
  }

  get isReady() {
    return sessionStorage.getItem(KEY) === this.dataset.phase;
  }

  set isReady(is) {
    if (is) sessionStorage.setItem(KEY, this.dataset.phase);
    else sessionStorage.removeItem(KEY);
    this.show();
    document.dispatchEvent(new CustomEvent("ready-changed", { detail: is }));
  }

  show() {
    this.querySelector("button").setAttribute("aria-pressed", String(this.isReady));
  }

  async toggle() {
    const wanted = !this.isReady;
    const phase = this.dataset.phase;
    this.isReady = wanted;
    const answer = await this.tell(wanted);
    if (answer && !answer.ok && phase === this.dataset.phase) this.isReady = !wanted;
  }

  // The server forgets with the line, and knows of this person's other tabs.
  agree(isKnown) {
    if (isKnown) this.isReady = true;
    else if (this.isReady) this.tell(true);
  }

  // Null without an answer: with the next connection it is said again.
  async tell(ready) {
    const socket = openedSocket();
    if (!socket?.connected) return null;
    return socket.timeout(ANSWER_MS).emitWithAck("ready", { room: this.dataset.room, ready }).catch(() => null);
  }
}

customElements.define("ready-button", ReadyButton);
