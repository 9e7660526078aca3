// <confirm-dialog>: a link with data-confirm leads to a page that asks before an act. Here the form of that page opens
// as a dialog instead. With data-then="reload" the page loads again when the act is done, for pages that are not live.
// An act in the page that the server wants confirmed after all (confirm-wanted) opens its question, too.
// A page without a form only tells something. A form with data-follow goes on to where the answer leads.
//
// Attributes: data-then
// Elements: dialog
// Page: data-cancel data-confirm data-done data-follow
class ConfirmDialog extends HTMLElement {
  #dialog;
  #closing;

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    this.#dialog = this.querySelector("dialog");
    document.addEventListener("click", (event) => this.#onClick(event), options);
    document.addEventListener("confirm-wanted", ({ detail }) => this.#open(detail.question), options);
    this.addEventListener("stored", () => this.#done(), options);
  }

  disconnectedCallback() {
    this.#closing.abort();
  }

  async #onClick(event) {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (event.target.closest("[data-cancel]") && this.contains(event.target)) {
      event.preventDefault();
      this.#dialog.close();
      return;
    }
    const link = event.target.closest("a[data-confirm]");
    if (!link) return;
    event.preventDefault();
    const question = await this.#fetchQuestion(link.href);
    if (question) this.#open(question);
    else location.assign(link.href);
  }

  // The part of the page that asks, or null where the server answers with something else.
  async #fetchQuestion(url) {
    try {
      const response = await fetch(url, { headers: { Accept: "text/html" } });
      if (!response.ok || response.redirected) return null;
      return new DOMParser().parseFromString(await response.text(), "text/html").getElementById("confirm");
    } catch {
      return null;
    }
  }

  #open(question) {
    const form = question.querySelector("form");
    if (form) this.#makeLive(form);
    this.#dialog.firstElementChild.replaceChildren(...question.children);
    this.#dialog.showModal();
  }

  #makeLive(form) {
    const live = document.createElement("live-form");
    live.dataset.done = "";
    if (form.dataset.follow !== undefined) live.dataset.follow = "";
    form.replaceWith(live);
    live.append(form);
  }

  #done() {
    this.#dialog.close();
    if (this.dataset.then === "reload") location.reload();
  }
}

customElements.define("confirm-dialog", ConfirmDialog);
