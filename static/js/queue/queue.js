// A durable queue of commands to the server. An item is stored in the browser under its number BEFORE it is sent, sent
// until the server answers, and only then removed. A reload, sleep or a dead network loses nothing and doubles nothing,
// because the server does a number once. How an item is sent is the transport's part: forms.js and casts.js.
//
// Items are sent one after the other, oldest first. An item that is slow, or waits for its next attempt, is overtaken by
// the others, except by those of its own chain.
//
// An item: {op, client, n, at, hasFile, …}. `op` is its number with the server; `client` is this page load and `n`
// counts up in it; `at` is when it was added (ms since the epoch); `tries` counts the attempts that a server error ended;
// `reason` marks an item that is not sent any more: the server refused it, or failed too often (`isFailed`).
import { uuid } from "../helpers/uuid.js";
import { Store } from "./store.js";

const LATE_MS = 1500; // by then an item is stored, or there is no network
const SLOW_MS = 2000; // by then the others no longer wait for an item
const TAKEN_MS = 1000; // when to look again after an item that another page sends
const FLIGHTS_MAX = 4; // a browser opens six connections to a server
const UPLOADS_MAX = 2; // of files at once, which leaves connections to texts

// The server errors after which an item is not sent by itself any more. With the pauses of forms.js the last attempt
// comes seven minutes after the first one.
export const TRIES_MAX = 10;

export const client = uuid();
let count = 0;

// Why an item waits: there is no network; the server has an error; it asked for a pause; it does not know this browser
// (any more) as the person who added the item; another page of this browser sends it.
export const OFFLINE = "waits";
export const ERROR = "error";
export const TOO_MUCH = "too-much";
export const UNKNOWN = "unknown";
const TAKEN = "sending";

// A transport has:
//   send(item, file, tellShare)  resolves to {outcome, …}. outcome: "stored"; "refused"; "again" (with `why`, and
//                     optionally retryAfterMs); "split" (with `items` that take the item's place). Rejects without a
//                     network. `tellShare` is told the share of the file that was sent, 0..1.
//   chainOf(item)     items with the same answer are sent in the order in which they were added.
//   pausesMs          the pauses after the first, second, … failure in a row; the last one repeats.
//   keepsRefused      whether a refused item stays, marked, until somebody deals with it.
//   repeatsOwn        whether this page sends its own items also when another page has sent them, to get the answer.
//
// Events: "change"; "stored" and "refused" with {item, answer}; "late" when an item waits for longer than it should.
export class DurableQueue extends EventTarget {
  #store;
  #transport;
  #own = new Map();
  #flights = new Map(); // op: {share, isSlow, hasFile} of what is being sent
  #waits = new Map(); // op: {why, failures, until} of what was tried in vain
  #blockedUntil = 0; // the server takes nothing of this person before
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
    return !this.#waiting.length;
  }

  get isFragile() {
    return this.#store.isFragile;
  }

  // Why an item is not stored yet, as the key of a text, and what the text needs.
  stateOf({ op, tries = 0 }) {
    const { share = null } = this.#flights.get(op) ?? {};
    if (share !== null) return { name: "sending", share };
    const wait = this.#waits.get(op);
    if (!wait && Date.now() < this.#blockedUntil) return { name: TOO_MUCH, share };
    return { name: wait?.why ?? (tries ? ERROR : "sending"), share, tries, all: TRIES_MAX };
  }

  find(op) {
    return this.items.find((item) => item.op === op);
  }

  isSending({ op }) {
    return this.#flights.has(op);
  }

  // Stores an item and sends it after `delayMs`. The item is stored when this returns, its file a moment later.
  add(content, { file = null, delayMs = 0 } = {}) {
    count += 1;
    const op = content.op ?? uuid();
    const item = { ...content, op, client, n: count, at: Date.now(), hasFile: Boolean(file) };
    if (file) this.#store.putFile(item.op, file);
    if (this.#transport.repeatsOwn) this.#own.set(item.op, item);
    if (delayMs) this.#waits.set(op, { why: TAKEN, failures: 0, until: Date.now() + delayMs });
    this.put(item);
    this.#go();
  }

  put(item) {
    if (this.#own.has(item.op)) this.#own.set(item.op, item);
    this.#store.put(item);
    this.#changed();
  }

  fileOf({ op, hasFile }) {
    return hasFile ? this.#store.fileOf(op) : null;
  }

  drop(item) {
    this.#remove(item);
    this.#changed();
    this.#go();
  }

  // Sends a failed item again, with as many attempts as a new one.
  sendAgain({ reason: _reason, isFailed: _isFailed, tries: _tries, ...item }) {
    this.#waits.delete(item.op);
    this.put(item);
    this.#go();
  }

  // Tries again now what waits for the network or for its person.
  flush() {
    for (const wait of this.#waits.values()) if ([OFFLINE, UNKNOWN].includes(wait.why)) wait.until = 0;
    this.#go();
  }

  // Resolves when nothing waits any more.
  async settled() {
    while (!this.isEmpty) await new Promise((resolve) => this.addEventListener("change", resolve, { once: true }));
  }

  get #waiting() {
    return this.items.filter((item) => item.reason === undefined);
  }

  // The oldest item of each chain: the others of the chain wait for it.
  get #heads() {
    const heads = new Map();
    for (const item of this.#waiting) {
      const chain = this.#transport.chainOf(item);
      if (!heads.has(chain)) heads.set(chain, item);
    }
    return [...heads.values()];
  }

  #go() {
    clearTimeout(this.#timer);
    const now = Date.now();
    const resting = this.#heads.filter(({ op }) => !this.#flights.has(op));
    const times = resting.map((item) => Math.max(this.#waits.get(item.op)?.until ?? 0, this.#blockedUntil));
    resting.forEach((item, n) => times[n] <= now && this.#mayFly(item) && this.#fly(item));
    const next = Math.min(...times.filter((time) => time > now));
    if (next < Infinity) this.#timer = setTimeout(() => this.#go(), next - now);
  }

  #mayFly({ hasFile }) {
    const flights = [...this.#flights.values()];
    if (flights.length >= FLIGHTS_MAX || flights.some(({ isSlow }) => !isSlow)) return false;
    return !hasFile || flights.filter((flight) => flight.hasFile).length < UPLOADS_MAX;
  }

  async #fly(item) {
    const { op, hasFile } = item;
    const flight = { share: null, isSlow: false, hasFile };
    this.#flights.set(op, flight);
    this.#late ??= setTimeout(() => this.dispatchEvent(new Event("late")), LATE_MS);
    const slow = setTimeout(() => {
      flight.isSlow = true;
      this.#go();
    }, SLOW_MS);
    const answer = await alone(op, () => this.#attempt(item, flight));
    clearTimeout(slow);
    this.#flights.delete(op);
    if (answer.outcome === "again") this.#failed(item, answer);
    else this.#settle(item, answer);
    if (answer.outcome !== "again" || this.isEmpty) {
      clearTimeout(this.#late);
      this.#late = undefined;
    }
    this.#go();
  }

  async #attempt({ op }, flight) {
    const item = this.find(op);
    if (!item) return { outcome: "gone" }; // another page was faster
    const file = item.hasFile ? await this.#store.fileOf(op) : null;
    if (item.hasFile && !file) return { outcome: "refused", status: 0, html: "" };
    const tellShare = (share) => {
      flight.share = share;
      this.#changed();
    };
    return this.#transport.send(item, file, tellShare).catch(() => ({ outcome: "again", why: OFFLINE }));
  }

  #failed({ op }, { why, retryAfterMs = 0 }) {
    const item = this.find(op);
    if (!item) return; // somebody threw it away meanwhile
    const failures = why === TAKEN ? 0 : (this.#waits.get(op)?.failures ?? 0) + 1;
    const ownMs = why === TAKEN ? TAKEN_MS : pauseAfter(failures, this.#transport.pausesMs);
    const pauseMs = why === TOO_MUCH ? retryAfterMs || ownMs : Math.max(retryAfterMs, ownMs);
    const until = why === UNKNOWN ? Infinity : Date.now() + pauseMs;
    this.#waits.set(op, { why, failures, until });
    if (why === TOO_MUCH) this.#blockedUntil = until;
    if (why === ERROR) this.#countError(item);
    this.#changed();
  }

  #countError(item) {
    const tries = (item.tries ?? 0) + 1;
    this.put(tries < TRIES_MAX ? { ...item, tries } : { ...item, tries, isFailed: true, reason: "" });
  }

  #settle(item, answer) {
    const { outcome } = answer;
    if (outcome === "gone") return;
    this.#waits.delete(item.op);
    if (outcome === "refused" && !this.find(item.op)) return; // somebody threw it away meanwhile
    if (outcome === "refused" && this.#transport.keepsRefused) this.#store.put({ ...item, reason: "" });
    else this.#remove(item);
    if (outcome === "split") for (const part of answer.items) this.#store.put(part);
    else this.dispatchEvent(new CustomEvent(outcome, { detail: { item, answer } }));
    this.#changed();
  }

  #remove(item) {
    this.#own.delete(item.op);
    this.#waits.delete(item.op);
    this.#store.drop(item);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

// The pause after so many failures in a row.
export function pauseAfter(failures, pausesMs) {
  return pausesMs[Math.min(Math.max(failures, 1), pausesMs.length) - 1];
}

// Two pages of one browser do not send an item at once, where the browser can tell them apart (https only).
async function alone(op, act) {
  if (!navigator.locks) return act();
  const otherwise = { outcome: "again", why: TAKEN };
  return navigator.locks.request(`queue:${op}`, { ifAvailable: true }, (lock) => (lock ? act() : otherwise));
}
