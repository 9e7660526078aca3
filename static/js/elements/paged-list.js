// <paged-list>: in a <live-part> that shows one page of a long list. Pages are turned and searches are made without
// leaving the page. After something with the noun (`idea`) changed, the part is fetched anew, at most once a second, so
// that the next item fills a gap. With data-whole every change fetches it. Without a noun frames alone change the list,
// since a whole hall must not fetch after every idea; the part is fetched when the list has become too short or long.
//
// Attributes: data-names data-noun data-whole
// Page: data-all data-cut data-figure data-more data-most data-turn
import { cardsAlone } from "../stream/apply.js";
import { pageAddress, renewParts } from "../stream/parts.js";

const PAUSE_MS = 1000;
const SPREAD_MS = 4000; // spreads the requests of a whole hall

class PagedList extends HTMLElement {
  #closing;
  #isStale;
  #panel;
  #timer;

  connectedCallback() {
    this.#panel = this.closest("live-part");
    this.#closing = new AbortController();
    const { signal } = this.#closing;
    this.#panel.addEventListener("click", (event) => this.#onClick(event), { signal });
    this.#panel.addEventListener("submit", (event) => this.#onSubmit(event), { signal });
    this.#panel.addEventListener("search", (event) => event.target.value || event.target.form.requestSubmit(), {
      signal,
    });
    this.#panel.addEventListener("change", (event) => this.#onChange(event.target), { signal });
    this.#panel.addEventListener("input", (event) => this.#finder(event.target) && event.stopPropagation(), { signal });
    document.addEventListener("live-applied", ({ detail }) => this.#onApplied(detail), { signal });
    document.addEventListener("visibilitychange", () => this.#isStale && this.#soon(), { signal });
  }

  disconnectedCallback() {
    this.#closing.abort();
    clearTimeout(this.#timer);
  }

  // A search is no writing: the room is not told of it.
  #finder(element) {
    return element.closest("form[role=search]");
  }

  #onClick(event) {
    const link = event.target.closest("a[data-turn]");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    this.#turn(new URL(link.href).searchParams, link.closest("nav"));
  }

  #onChange(field) {
    const form = this.#finder(field);
    if (form && field.matches("select")) form.requestSubmit();
  }

  #onSubmit(event) {
    const form = this.#finder(event.target);
    if (!form) return;
    event.preventDefault();
    this.#turn(new URLSearchParams(new FormData(form)), form);
  }

  // The address names the open page, so that later requests show the same one. Names of other panels stay in it.
  async #turn(wanted, from) {
    const url = new URL(location.href);
    for (const name of this.#names) url.searchParams.delete(name);
    for (const [name, value] of wanted) if (value) url.searchParams.set(name, value);
    history.replaceState(history.state, "", url);
    const { id } = listBefore(from) ?? this.#panel;
    await this.#renew();
    this.#fill(url.searchParams);
    document.getElementById(id)?.scrollIntoView({ block: "start", behavior: "instant" });
  }

  // A morph leaves in a field what somebody chose or typed there.
  #fill(asked) {
    for (const field of this.#panel.querySelectorAll("form[role=search] [name]")) {
      field.value = asked.get(field.name) ?? "";
    }
  }

  get #names() {
    return this.dataset.names.split(" ");
  }

  #onApplied({ fragments, removed }) {
    if (this.dataset.noun === undefined) {
      if (this.#isAmiss) this.#soon(PAUSE_MS + Math.random() * SPREAD_MS);
      return;
    }
    const handles = [...(fragments ?? []).map(({ handle }) => handle), ...(removed ?? [])];
    if (handles.some((handle) => handle.startsWith(`${this.dataset.noun}-`)) && this.#isLong) this.#soon();
  }

  // Whether the first page has become too short, or there are further items by now and no way to them.
  get #isAmiss() {
    const list = this.#panel.querySelector("[data-most]");
    if (!list) return false;
    const grouped = this.#panel.querySelectorAll(".group__ideas > li").length;
    const all = Number(this.#panel.querySelector("[data-figure]").textContent) - grouped;
    const { length } = cardsAlone(list);
    const isShort = length < Number(list.dataset.most) / 2;
    return all > length && (isShort || !this.#panel.querySelector("nav"));
  }

  // While the whole list stands on the page, frames keep it up to date.
  get #isLong() {
    const lists = [...this.#panel.querySelectorAll("[data-all]")];
    return this.dataset.whole !== undefined || lists.some(isLong);
  }

  #soon(pauseMs = PAUSE_MS) {
    this.#isStale = document.hidden;
    if (!this.#isStale) this.#timer ??= setTimeout(() => this.#renew(), pauseMs);
  }

  // A job among the frames: later frames come after it, and nothing older overwrites it.
  #renew() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const room = this.closest("live-room");
    return room.enqueue(async () => {
      await renewParts(pageAddress(), [this.#panel]).catch(() => undefined); // no network: the next change asks again
      room.overlay();
      document.dispatchEvent(new CustomEvent("live-applied", { detail: {} })); // presence is laid over it
    });
  }
}

function isLong({ dataset, children }) {
  return "cut" in dataset || Number(dataset.more) > 0 || children.length >= Number(dataset.most);
}

// The list that a <nav> below it turns; undefined for the search field on top of the panel.
function listBefore(element) {
  let before = element;
  do before = before.previousElementSibling;
  while (before && !before.matches("ul[id], div[id]"));
  return before;
}

customElements.define("paged-list", PagedList);
