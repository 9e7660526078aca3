// <room-notice data-key>: the facilitators' message to all; put away on this screen, it stays away until the next one.
const PREFIX = "notice:";

class RoomNotice extends HTMLElement {
  connectedCallback() {
    this.onApplied = () => this.show();
    document.addEventListener("live-applied", this.onApplied);
    this.addEventListener("click", (event) => event.target.closest("button") && this.putAway());
    this.show();
  }

  disconnectedCallback() {
    document.removeEventListener("live-applied", this.onApplied);
  }

  get key() {
    return PREFIX + this.dataset.key;
  }

  show() {
    this.toggleAttribute("data-dismissed", sessionStorage.getItem(this.key) !== null);
  }

  putAway() {
    sessionStorage.setItem(this.key, "1");
    this.show();
  }
}

customElements.define("room-notice", RoomNotice);
