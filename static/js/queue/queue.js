// A durable queue of commands to the server. An item is stored in the browser under its number BEFORE it is sent, sent
// until the server answers, and only then removed. A reload, sleep or a dead network loses nothing and doubles nothing,
// because the server does a number once. How an item is sent is the transport's part: forms.js and casts.js.
//
// An item: {op, client, n, at, hasFile, …}. `op` is its number with the server; `client` is this page load and `n`
// counts up in it; `at` is when it was added (ms since the epoch); `reason` marks an item that the server refused.
import { uuid } from "../helpers/uuid.js";
import { Store } from "./store.js";

const LATE_MS = 1500; // by then an item is stored, or there is no network

export const client = uuid();
let count = 0;

// A transport has:
//   send(item, file)  resolves to {outcome, …}. outcome: "stored"; "refused"; "again" (with retryAfterMs or isTooMuch,
//                     both optional); "split" (with `items` that take the item's place). Rejects without a network.
//   pausesMs          the pauses after the first, second, … failure in a row; the last one repeats.
//   keepsRefused      whether a refused item stays, marked, until somebody deals with it.
//   repeatsOwn        whether this page sends its own items also when another page has sent them, to get the answer.
//
// Events: "change"; "stored" and "refused" with {item, answer}; "late" when an item waits for longer than it should.
export class DurableQueue extends EventTarget {
  #store;
  #transport;
  #own = new Map();
  #sending = null;
  #failures = 0;
  #retryAfterMs = null;
  #isTooMuch = false;
  #running = null;
  #timer;
  #late;

  constructor(name, transport) {
    super();
    this.#store = new Store(`${name}:`);
    this.#transport = transport;
    addEventListener("storage", ({ key }) => this.#store.holds(key) && this.#changed());
    addEventListener("online", () => this.flush());
    document.addEventListener("room-joined", () => this.flush());
    document.addEventListener("visibilitychange", () => document.hidden || this.flush());
  }

  // All items, oldest first, refused ones included.
  get items() {
    const kept = this.#store.items;
    const ops = new Set(kept.map(({ op }) => op));
    const gone = [...this.#own.values()].filter(({ op }) => !ops.has(op));
    return [...kept, ...gone].sort((a, b) => a.at - b.at || a.n - b.n);
  }

  // Whether nothing waits for the server.
  get isEmpty() {
    return !this.#next;
  }

  get isFragile() {
    return this.#store.isFragile;
  }

  // Why the next item waits: "sending", "waits" (no network) or "too-much" (the server asked for a pause).
  get state() {
    if (!this.#failures) return "sending";
    return this.#isTooMuch ? "too-much" : "waits";
  }

  find(op) {
    return this.items.find((item) => item.op === op);
  }

  isSending({ op }) {
    return this.#sending === op;
  }

  // Stores an item and sends it after `delayMs`. The item is stored when this returns, its file a moment later.
  add(content, { file = null, delayMs = 0 } = {}) {
    count += 1;
    const op = content.op ?? uuid();
    const item = { ...content, op, client, n: count, at: Date.now(), hasFile: Boolean(file) };
    if (file) this.#store.putFile(item.op, file);
    if (this.#transport.repeatsOwn) this.#own.set(item.op, item);
    this.put(item);
    if (delayMs) setTimeout(() => this.flush(), delayMs);
    else this.flush();
  }

  put(item) {
    this.#store.put(item);
    this.#changed();
  }

  drop(item) {
    this.#remove(item);
    this.#changed();
  }

  // Sends what waits, one after the other, now.
  flush() {
    clearTimeout(this.#timer);
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#next) this.#timer = setTimeout(() => this.flush(), this.#pauseMs);
    });
    return this.#running;
  }

  // Resolves when nothing waits any more.
  async settled() {
    while (!this.isEmpty) await new Promise((resolve) => this.addEventListener("change", resolve, { once: true }));
  }

  get #next() {
    return this.items.find((item) => item.reason === undefined);
  }

  get #pauseMs() {
    const { pausesMs } = this.#transport;
    return this.#retryAfterMs ?? pausesMs[Math.min(Math.max(this.#failures, 1), pausesMs.length) - 1];
  }

  async #run() {
    for (let item = this.#next; item; item = this.#next) {
      this.#late ??= setTimeout(() => this.dispatchEvent(new Event("late")), LATE_MS);
      const answer = await alone(item.op, () => this.#attempt(item));
      this.#sending = null;
      if (answer.outcome === "again") {
        this.#failures += 1;
        this.#retryAfterMs = answer.retryAfterMs ?? null;
        this.#isTooMuch = answer.isTooMuch ?? false;
        this.#changed();
        return;
      }
      this.#failures = 0;
      clearTimeout(this.#late);
      this.#late = undefined;
      this.#settle(item, answer);
    }
  }

  async #attempt({ op }) {
    const item = this.find(op);
    if (!item) return { outcome: "gone" }; // another page was faster
    const file = item.hasFile ? await this.#store.fileOf(op) : null;
    if (item.hasFile && !file) return { outcome: "refused", status: 0, html: "" };
    this.#sending = op;
    return this.#transport.send(item, file).catch(() => ({ outcome: "again" }));
  }

  #settle(item, answer) {
    const { outcome } = answer;
    if (outcome === "gone") return;
    if (outcome === "refused" && this.#transport.keepsRefused) this.#store.put({ ...item, reason: "" });
    else this.#remove(item);
    if (outcome === "split") for (const part of answer.items) this.#store.put(part);
    else this.dispatchEvent(new CustomEvent(outcome, { detail: { item, answer } }));
    this.#changed();
  }

  #remove(item) {
    this.#own.delete(item.op);
    this.#store.drop(item);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

// Two pages of one browser do not send an item at once, where the browser can tell them apart (https only).
async function alone(op, act) {
  if (!navigator.locks) return act();
  return navigator.locks.request(`queue:${op}`, { ifAvailable: true }, (lock) => (lock ? act() : { outcome: "again" }));
}
