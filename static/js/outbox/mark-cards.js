// The card of the out-box for votes that do not arrive, and for those that were refused while no ballot showed it.
//
// Page: data-saved
import { text } from "../helpers/texts.js";
import { ERROR, OFFLINE, UNKNOWN } from "../queue/queue.js";

// Events: "change".
export class MarkCards extends EventTarget {
  #casts;
  #refused = null; // {n, error}
  #closing = new AbortController();

  constructor(casts) {
    super();
    const options = { signal: this.#closing.signal };
    this.#casts = casts;
    casts.addEventListener("change", () => this.#changed(), options);
    casts.addEventListener("refused", ({ detail }) => this.#wasRefused(detail), options);
  }

  close() {
    this.#closing.abort();
  }

  get cards() {
    return [this.#waiting, this.#lost].filter(Boolean);
  }

  // A ballot tells by itself what waits for the network.
  get #waiting() {
    const said = isToldByBallot() ? [ERROR, UNKNOWN] : [ERROR, UNKNOWN, OFFLINE];
    const found = this.#casts.items.map((item) => ({ item, state: this.#casts.stateOf(item) }));
    const stuck = found.filter(({ item, state }) => item.isFailed || said.includes(state.name));
    if (!stuck.length) return null;
    const failed = stuck.filter(({ item }) => item.isFailed);
    const { item, state } = failed[0] ?? stuck[0];
    return {
      op: "marks",
      title: text("votes", { n: countOf(stuck.map((one) => one.item)) }),
      reason: reasonFor(item, state),
      isUnknown: !failed.length && state.name === UNKNOWN,
      send: failed.length ? () => failed.forEach((one) => this.#casts.sendAgain(one.item)) : null,
      drop: () => stuck.forEach((one) => this.#casts.drop(one.item)),
    };
  }

  get #lost() {
    if (!this.#refused) return null;
    const { n, error } = this.#refused;
    const reason = text({ closed: "closed", barred: "barred", not_found: "gone" }[error] ?? "refused");
    const drop = () => {
      this.#refused = null;
      this.#changed();
    };
    return { op: "marks-refused", title: text("votes-refused", { n }), reason, drop };
  }

  #wasRefused({ item, answer }) {
    if (isToldByBallot()) return;
    this.#refused = { n: (this.#refused?.n ?? 0) + countOf([item]), error: answer.error };
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

function isToldByBallot() {
  return document.querySelector("[data-saved]") !== null;
}

function countOf(items) {
  return new Set(items.flatMap(({ question, marks }) => Object.keys(marks).map((subject) => `${question}:${subject}`)))
    .size;
}

function reasonFor({ isFailed, tries }, { name, tries: n, all }) {
  return isFailed ? text("failed-votes", { n: tries }) : text(name, { n, all });
}
