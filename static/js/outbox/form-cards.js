// The cards of the out-box for texts that wait for the server, and for those that it refused.
//
// Page: data-explanation
import { percent, text } from "../helpers/texts.js";
import { UNKNOWN } from "../queue/queue.js";
import { elsewhere, formPosting, putBack } from "./page-forms.js";

// Events: "change".
export class FormCards extends EventTarget {
  #queue;
  #closing = new AbortController();

  constructor(queue) {
    super();
    const options = { signal: this.#closing.signal };
    this.#queue = queue;
    queue.addEventListener("change", () => this.dispatchEvent(new Event("change")), options);
    queue.addEventListener("refused", ({ detail }) => this.#explain(detail), options);
  }

  close() {
    this.#closing.abort();
  }

  get cards() {
    return this.#queue.items.map((item) => this.#cardOf(item));
  }

  #cardOf(item) {
    const state = this.#queue.stateOf(item);
    const isRefused = item.reason !== undefined;
    const form = isRefused && formPosting(item.action);
    return {
      op: item.op,
      ...wordsOf(item.fields),
      reason: reasonFor(item, state),
      share: isRefused ? null : state.share,
      place: elsewhere(item.page),
      isQuiet: !isRefused && state.name === "sending",
      isUnknown: !isRefused && state.name === UNKNOWN,
      send: item.isFailed ? () => this.#queue.sendAgain(item) : null,
      again: form ? () => this.#putBack(form, item) : null,
      drop: () => this.#queue.drop(item),
    };
  }

  async #putBack(form, item) {
    putBack(form, item.fields, await this.#queue.fileOf(item));
    this.#queue.drop(item);
  }

  // No form has taken the refused text back: its card gives the reason.
  #explain({ item, answer }) {
    const kept = this.#queue.find(item.op);
    if (!kept) return;
    const reason = refusalOf(answer);
    this.#queue.put({ ...kept, reason });
    document.getElementById("announcer").textContent = reason;
  }
}

export function wordsOf({ title, text: words = "" }) {
  return title ? { title, words } : { title: words, words: "" };
}

// Why the server refused a text, in its own words if they concern the text. `status` 0: the picture is gone.
export function refusalOf({ status, html }) {
  if (status === 0) return text("picture-again");
  return status === 404 ? text("gone-target") : explanationIn(html);
}

export function explanationIn(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return page.querySelector("p.field__error, [data-explanation]")?.textContent.trim() || text("refused");
}

function reasonFor({ reason, isFailed, tries }, { name, share, tries: n, all }) {
  if (isFailed) return text("failed", { n: tries });
  if (reason !== undefined) return reason || text("refused");
  return share === null ? text(name, { n, all }) : text("sending-share", { share: percent(share) });
}
