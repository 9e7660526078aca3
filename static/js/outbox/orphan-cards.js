// The cards of the out-box for texts of a guest whom this browser has forgotten: the cookie is gone, and whoever sits here
// has joined anew. Texts of people who share this device are not among them: they come back by a handover.
import { text } from "../helpers/texts.js";
import { draftsOf, ownersOfDrafts } from "../queue/drafts.js";
import { formsLeftBy, ownersOfForms } from "../queue/forms.js";
import { merged } from "./draft-cards.js";
import { wordsOf } from "./form-cards.js";
import { elsewhere, formKeeping, formPosting, putBack } from "./page-forms.js";

const GUEST = "guest:"; // marks owners without an account, who cannot sign in again

// Events: "change".
export class OrphanCards extends EventTarget {
  #orphans = [];
  #closing = new AbortController();

  // `owners`: the address that tells which people of this challenge the server knows on this browser.
  constructor({ owner, owners, isGuest }) {
    super();
    if (isGuest) attempt(() => localStorage.setItem(GUEST + owner, "1"));
    this.#find(owner, owners);
  }

  close() {
    this.#closing.abort();
  }

  get cards() {
    return this.#orphans
      .flatMap((owner) => [...formsOf(owner), ...draftsLeftBy(owner)])
      .map((card) => this.#told(card));
  }

  // The server is asked only where there is something to ask about.
  async #find(owner, address) {
    const [challenge] = owner.split("-");
    const found = new Set([...ownersOfForms(), ...ownersOfDrafts()]);
    const others = [...found].filter((other) => other !== owner && other.startsWith(`${challenge}-`) && isGuest(other));
    if (!others.length) return;
    const options = { headers: { Accept: "application/json" }, signal: this.#closing.signal };
    const response = await fetch(address, options).catch(() => null);
    if (!response?.ok) return; // the next page asks again
    const { owners: known } = await response.json();
    this.#orphans = others.filter((other) => !known.includes(other));
    this.#changed();
  }

  #told({ drop, again, ...card }) {
    const dropped = () => {
      drop();
      this.#changed();
    };
    const taken = async () => {
      await again();
      dropped();
    };
    return { ...card, reason: text("orphan"), again: again && taken, drop: dropped };
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

// A text goes to the server as a new command of whoever sits here now.
function formsOf(owner) {
  const store = formsLeftBy(owner);
  return store.items.map((item) => {
    const { op: _op, ...fields } = item.fields;
    const form = formPosting(item.action);
    return {
      op: item.op,
      ...wordsOf(fields),
      place: elsewhere(item.page),
      again: form ? async () => putBack(form, fields, item.hasFile ? await store.fileOf(item.op) : null) : null,
      drop: () => store.drop(item),
    };
  });
}

function draftsLeftBy(owner) {
  const drafts = draftsOf(owner);
  return merged(drafts.all).map((draft) => {
    const form = formKeeping(draft.key);
    return {
      op: `${owner}:${draft.key}:${draft.tab}`,
      ...wordsOf(draft.fields),
      place: draft.isGone ? null : elsewhere(draft.page),
      again: form ? async () => putBack(form, draft.fields) : null,
      drop: () => drafts.drop(draft),
    };
  });
}

function isGuest(owner) {
  return attempt(() => localStorage.getItem(GUEST + owner) !== null) ?? false;
}

function attempt(act) {
  try {
    return act();
  } catch {
    return null;
  }
}
