// <open-dialog>: opens a dialog of this page (`for` is its id) in place of the page that the link inside leads to.
//
// Attributes: for
class OpenDialog extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => {
      const dialog = document.getElementById(this.getAttribute("for"));
      if (!dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      dialog.showModal();
    });
  }
}

customElements.define("open-dialog", OpenDialog);
