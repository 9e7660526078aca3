// <own-time-zone>: writes the browser's time zone ("Europe/Berlin") into its hidden field, for times in mails.
//
// Elements: input
class OwnTimeZone extends HTMLElement {
  connectedCallback() {
    this.querySelector("input").value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  }
}

customElements.define("own-time-zone", OwnTimeZone);
