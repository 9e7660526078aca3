// <ask-dialog>: a link with data-ask leads to a page that asks before an act; here its form opens as a dialog instead.
// data-then="reload" loads the page again once it is done, for pages that are not live. A page without a form only tells
// something; a form with data-follow leads on to where the answer leads.
class AskDialog extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.onClick = this.onClick.bind(this);
    document.addEventListener("click", this.onClick);
    this.addEventListener("stored", () => this.done());
  }

  disconnectedCallback() {
    document.removeEventListener("click", this.onClick);
  }

  async onClick(event) {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (event.target.closest("[data-cancel]") && this.contains(event.target)) {
      event.preventDefault();
      this.dialog.close();
      return;
    }
    const link = event.target.closest("a[data-ask]");
    if (!link) return;
    event.preventDefault();
    const asked = await this.fetchAsked(link.href);
    if (asked) this.ask(asked);
    else location.assign(link.href);
  }

  // The part of the page that asks, or nothing where the server answers with something else.
  async fetchAsked(url) {
    try {
      const response = await fetch(url, { headers: { Accept: "text/html" } });
      if (!response.ok || response.redirected) return null;
      return new DOMParser().parseFromString(await response.text(), "text/html").getElementById("ask");
    } catch {
      return null;
    }
  }

  ask(asked) {
    const form = asked.querySelector("form");
    if (form) this.enliven(form);
    this.dialog.firstElementChild.replaceChildren(...asked.children);
    this.dialog.showModal();
  }

  enliven(form) {
    const live = document.createElement("live-form");
    live.dataset.done = "";
    if (form.dataset.follow !== undefined) live.dataset.follow = "";
    form.replaceWith(live);
    live.append(form);
  }

  done() {
    this.dialog.close();
    if (this.dataset.then === "reload") location.reload();
  }
}

customElements.define("ask-dialog", AskDialog);
