// <room-notice>: the facilitators' message to all. It can be put away on this device, until the next message.
//
// Attributes: data-key
// Sets: data-dismissed
const PREFIX = "notice:";

class RoomNotice extends HTMLElement {
  #onApplied;

  connectedCallback() {
    this.#onApplied = () => this.#show();
    document.addEventListener("live-applied", this.#onApplied);
    this.addEventListener("click", (event) => event.target.closest("button") && this.#putAway());
    this.#show();
  }

  disconnectedCallback() {
    document.removeEventListener("live-applied", this.#onApplied);
  }

  get #key() {
    return PREFIX + this.dataset.key;
  }

  #show() {
    this.toggleAttribute("data-dismissed", sessionStorage.getItem(this.#key) !== null);
  }

  #putAway() {
    sessionStorage.setItem(this.#key, "1");
    this.#show();
  }
}

customElements.define("room-notice", RoomNotice);
