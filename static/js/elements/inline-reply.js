// <inline-reply>: the link to the page of a reply opens the form of that page below the argument instead, one at a time.
// What is typed is kept with the drafts when the form is closed, and after a reload the form that was open stands there
// again. Without a script, where the page has no form, and for
// somebody who begins to take part with the answer, the link leads to the page.
//
// Attributes: data-done
// Page: data-answers data-cancel data-key data-owner
// Sets: data-once
import { draftsOf } from "../queue/drafts.js";

const KEY = "reply-"; // of its drafts, with the number of the argument

class InlineReply extends HTMLElement {
  #closing;
  #link;

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    const list = this.parentElement;
    list.addEventListener("click", (event) => this.#onClick(event), options);
    list.addEventListener(
      "keydown",
      (event) => event.key === "Escape" && this.#isIn(event.target) && this.#close(),
      options,
    );
    list.addEventListener("mine-changed", ({ target }) => this.#isIn(target) && this.#back(), options);
    this.#reopen();
  }

  disconnectedCallback() {
    this.#closing.abort();
  }

  get #place() {
    return this.#link?.closest("li")?.querySelector(".reply__place");
  }

  get #drafts() {
    const box = document.querySelector("out-box");
    return box && draftsOf(box.dataset.owner);
  }

  #isIn(element) {
    return Boolean(this.#place?.contains(element));
  }

  #onClick(event) {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest(".argument__answer");
    if (link) {
      if (link.closest("[data-answers]")) return;
      event.preventDefault();
      this.#begin(link);
    } else if (event.target.closest("[data-cancel]") && this.#isIn(event.target)) {
      event.preventDefault();
      this.#close();
    }
  }

  async #begin(link) {
    const live = await this.#open(link);
    if (!live) return location.assign(link.href);
    live.querySelector("textarea").focus({ preventScroll: true });
    live.scrollIntoView({ block: "center" }); // the composer covers the lower edge
  }

  // The page may be read from its beginning: it neither scrolls nor takes the keyboard.
  #reopen() {
    const drafts = this.#drafts;
    const draft = drafts?.all.findLast((each) => each.key.startsWith(KEY) && drafts.isOwn(each));
    const link = draft && document.querySelector(`#argument-${draft.key.slice(KEY.length)} .argument__answer`);
    if (link && !link.closest("[data-answers]")) this.#open(link);
  }

  // Resolves to the form, or to undefined where the server has none.
  async #open(link) {
    const form = await fetchForm(link.href);
    if (!form) return undefined;
    this.#place?.replaceChildren();
    this.#link = link;
    const live = document.createElement("live-form");
    live.dataset.done = this.dataset.done;
    live.dataset.once = "";
    live.append(document.adoptNode(form));
    this.#place.replaceChildren(live);
    return live;
  }

  #close() {
    this.#drafts?.setAside(this.#place.querySelector("draft-keeper")?.dataset.key);
    this.#place.replaceChildren();
    this.#back();
  }

  #back() {
    if (this.#link.isConnected) this.#link.focus();
  }
}

// The form of the page at an address, or null where the server answers with something else.
async function fetchForm(address) {
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" } });
    if (!response.ok || response.redirected) return null;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return page.getElementById("write-argument");
  } catch {
    return null;
  }
}

customElements.define("inline-reply", InlineReply);
