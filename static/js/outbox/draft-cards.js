// The cards of the out-box for unfinished texts that have no form on this page: their phase is over, their idea is no
// longer visible, they belong to another page, or to another tab.
import { text } from "../helpers/texts.js";
import { textsOf } from "../helpers/forms.js";
import { draftsOf, isWithin } from "../queue/drafts.js";
import { wordsOf } from "./form-cards.js";
import { elsewhere, formKeeping, isGone, putBack } from "./page-forms.js";

// Events: "change".
export class DraftCards extends EventTarget {
  #drafts;
  #closing = new AbortController();

  constructor(owner) {
    super();
    this.#drafts = draftsOf(owner);
    const tell = () => this.dispatchEvent(new Event("change"));
    this.#drafts.addEventListener("change", tell, { signal: this.#closing.signal });
  }

  close() {
    this.#closing.abort();
  }

  get cards() {
    return merged(this.#drafts.all.filter((draft) => !this.#isInItsForm(draft))).map((draft) => this.#cardOf(draft));
  }

  // The form shows the draft of this tab, and whatever another tab has of it.
  #isInItsForm(draft) {
    const form = formKeeping(draft.key);
    return form !== null && (this.#drafts.isOwn(draft) || isWithin(draft.fields, textsOf(form)));
  }

  #cardOf(draft) {
    const form = formKeeping(draft.key);
    const isOfThisPage = elsewhere(draft.page) === null;
    if (isOfThisPage && isGone() && !draft.isGone)
      queueMicrotask(() => this.#drafts.change({ ...draft, isGone: true }));
    return {
      op: `${draft.key}:${draft.tab}`,
      ...wordsOf(draft.fields),
      reason: reasonFor(draft, isOfThisPage),
      place: draft.isGone ? null : elsewhere(draft.page),
      again: form ? () => this.#putBack(form, draft) : null,
      drop: () => this.#drafts.drop(draft),
    };
  }

  async #putBack(form, draft) {
    const picture = await this.#drafts.pictureOf(draft);
    this.#drafts.drop(draft);
    putBack(form, draft.fields, picture);
  }
}

function reasonFor({ about, isGone: wasGone }, isOfThisPage) {
  if (wasGone || (isOfThisPage && isGone())) return about ? text("gone-on", { title: about }) : text("gone");
  return about && !isOfThisPage ? text("unfinished-on", { title: about }) : text("unfinished");
}

// Drafts of which no other one of the same form says as much. Of two equal ones the later one stays.
export function merged(drafts) {
  const typed = drafts.filter(({ fields }) => fields.title?.trim() || fields.text?.trim());
  return typed.filter((draft, n) =>
    typed.every((other, m) => {
      if (other === draft || other.key !== draft.key || !isWithin(draft.fields, other.fields)) return true;
      return m < n && isWithin(other.fields, draft.fields);
    }),
  );
}
