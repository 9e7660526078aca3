// <linked-argument>: an address may end with an argument (`#argument-7`) that stands on another page of the discussion, or
// in a text that is cut. The server knows the page; a cut text is opened.
class LinkedArgument extends HTMLElement {
  #onHash = () => this.#look();

  connectedCallback() {
    addEventListener("hashchange", this.#onHash);
    this.#look();
  }

  disconnectedCallback() {
    removeEventListener("hashchange", this.#onHash);
  }

  #look() {
    const number = /^#argument-(\d+)$/.exec(location.hash)?.[1];
    if (!number) return;
    const found = document.getElementById(`argument-${number}`);
    const cut = found?.querySelector(":scope > .argument__long");
    if (cut) cut.open = true;
    const url = new URL(location.href);
    if (found || url.searchParams.get("argument") === number) return;
    url.searchParams.delete("arguments");
    url.searchParams.set("argument", number);
    location.replace(url);
  }
}

customElements.define("linked-argument", LinkedArgument);
