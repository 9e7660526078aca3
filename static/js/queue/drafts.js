// The unfinished texts of a person in this browser, in localStorage: one for each form and tab, so that two tabs of a
// room do not overwrite each other. A tab without a draft takes over the latest one of another tab.
//
// A draft: {key, tab, owner, fields, about, page, at, picture, isGone}. `key` names the form, `about` and `page` tell
// people what they wrote on, `picture` is the name of the kept file, `isGone` marks that the idea was no longer visible.
import { uuid } from "../helpers/uuid.js";
import { dropFile, keptFile } from "./files.js";

const PREFIX = "draft:";
const SENT = "sent"; // what takes the place of a draft, for a moment, when another tab has sent its text
const TAB = "tab"; // where a tab keeps its name over a reload

// A tab holds its name in memory and stores it only when it leaves a page: a duplicated tab gets a name of its own.
let tab = claimedTab();
addEventListener("pagehide", () => attempt(() => sessionStorage.setItem(TAB, tab)));
addEventListener("pageshow", ({ persisted }) => persisted && (tab = claimedTab() ?? tab));

function claimedTab() {
  return (
    attempt(() => {
      const name = sessionStorage.getItem(TAB);
      sessionStorage.removeItem(TAB);
      return name;
    }) ?? uuid()
  );
}

// Events: "taken" with {key} when another tab took this one's draft over; "sent" with {key} when another tab sent it;
// "change" when one changed, or when a form came or went.
export class Drafts extends EventTarget {
  #owner;
  #written = new Map(); // key: what this tab stored last

  constructor(owner) {
    super();
    this.#owner = owner;
    addEventListener("storage", (event) => this.#onStorage(event));
  }

  // All drafts of this person, the oldest first.
  get all() {
    return draftsIn(`${PREFIX}${this.#owner}:`).sort((a, b) => a.at - b.at);
  }

  isOwn(draft) {
    return draft.tab === tab;
  }

  keep(key, content) {
    const draft = { ...content, key, tab, owner: this.#owner, at: Date.now() };
    this.#written.set(key, draft);
    this.change(draft);
  }

  // Stores a changed draft in its place.
  change(draft) {
    attempt(() => localStorage.setItem(nameOf(draft), JSON.stringify(draft)));
    this.#changed();
  }

  // Makes this tab's draft one that is in no form.
  setAside(key) {
    const own = this.all.find((draft) => draft.key === key && this.isOwn(draft));
    if (!own) return;
    this.#remove(own);
    this.change({ ...own, tab: uuid() });
  }

  // The draft that belongs into a form: that of this tab, else the latest one, which this tab takes over.
  claim(key) {
    const found = this.all.filter((draft) => draft.key === key);
    const own = found.find((draft) => this.isOwn(draft)) ?? found.at(-1);
    if (!own) return null;
    if (!this.isOwn(own)) {
      this.#remove(own);
      this.keep(key, own);
    }
    return own;
  }

  // The picture of a draft; undefined if it has none, or if the browser lost it.
  async pictureOf({ picture }) {
    return picture && (await keptFile(picture));
  }

  // Tells that a form came to the page or left it.
  moved() {
    this.#changed();
  }

  drop(draft) {
    const { picture } = draft.picture ? draft : (attempt(() => parsed(nameOf(draft))) ?? draft);
    if (picture) dropFile(picture);
    this.#remove(draft);
  }

  forget(key) {
    this.drop({ key, tab, owner: this.#owner });
  }

  #remove(draft) {
    this.#written.delete(draft.key);
    attempt(() => localStorage.removeItem(nameOf(draft)));
    this.#changed();
  }

  // Forgets what this tab has sent, here and in other tabs that hold no more than that.
  forgetSent(key, fields) {
    for (const draft of this.all.filter((other) => other.key === key && isWithin(other.fields, fields))) {
      if (!this.isOwn(draft)) attempt(() => localStorage.setItem(nameOf(draft), SENT));
      this.drop(draft);
    }
    this.forget(key);
  }

  #onStorage({ key: name, newValue }) {
    if (!name?.startsWith(`${PREFIX}${this.#owner}:`)) return;
    const own = [...this.#written.values()].find((draft) => nameOf(draft) === name);
    if (own && newValue === SENT) {
      this.#written.delete(own.key);
      this.dispatchEvent(new CustomEvent("sent", { detail: own }));
    } else if (own && newValue === null) this.dispatchEvent(new CustomEvent("taken", { detail: own }));
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

const people = new Map();

export function draftsOf(owner) {
  if (!people.has(owner)) people.set(owner, new Drafts(owner));
  return people.get(owner);
}

// Whether all that people typed in `fields` stands in `others` too.
export function isWithin(fields, others) {
  return ["title", "text"].every((name) => (others[name] ?? "").includes((fields[name] ?? "").trim()));
}

// Everybody who has drafts in this browser, by their owner key.
export function ownersOfDrafts() {
  return draftsIn(PREFIX).map(({ owner }) => owner);
}

function draftsIn(prefix) {
  const names = attempt(() => Object.keys(localStorage)) ?? [];
  const found = names.filter((name) => name.startsWith(prefix)).map((name) => attempt(() => parsed(name)));
  return found.filter((draft) => draft?.fields);
}

function parsed(name) {
  const value = localStorage.getItem(name);
  return value === SENT ? null : JSON.parse(value);
}

function nameOf({ owner, key, tab: of }) {
  return `${PREFIX}${owner}:${key}:${of}`;
}

// A browser that keeps nothing (a private window, a full store) has the text in its field still.
function attempt(act) {
  try {
    return act();
  } catch {
    return null;
  }
}
