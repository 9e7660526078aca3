// What was handed in and is not known to be stored. Kept in the browser under its number BEFORE it is sent, sent until
// the server answers, and only then forgotten: a reload, sleep or a dead line in between loses and doubles nothing,
// since the server takes a number once. No DOM but the page's token.
import { csrfHeader } from "../helpers/csrf.js";
import { dropFile, keepFile, keptFile } from "../helpers/files.js";

const PREFIX = "outbox:";
const PAUSES_MS = [1000, 2000, 4000, 8000, 15000];
const ANSWER_MS = 20000;
const AGAIN = new Set([408, 429, 500, 502, 503, 504]);

const boxes = new Map();

// One box a page and participant; `name` keeps the things of several people in one browser apart.
export function outboxOf(name) {
  if (!boxes.has(name)) boxes.set(name, new Outbox(name));
  return boxes.get(name);
}

// Events: "change"; "stored" and "refused" with the item, and for the latter the answer's status and page.
class Outbox extends EventTarget {
  constructor(name) {
    super();
    this.name = name;
    this.prefix = `${PREFIX}${name}:`;
    this.unkept = new Map(); // where the browser keeps nothing, and as long as this page lives
    this.files = new Map();
    this.failures = 0;
    this.isTooMuch = false; // the server takes it in a moment: too much came from here at once
    addEventListener("storage", (event) => event.key?.startsWith(this.prefix) && this.changed());
    addEventListener("online", () => this.hurry());
    document.addEventListener("room-joined", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
  }

  // All that waits or came back, oldest first. Another page may have sent or added something: storage is the truth.
  get items() {
    const found = [...this.unkept.values()];
    try {
      for (let i = 0; i < localStorage.length; i += 1) {
        const key = localStorage.key(i);
        if (key.startsWith(this.prefix)) found.push(JSON.parse(localStorage.getItem(key)));
      }
    } catch {
      // nothing is kept here
    }
    return found.sort((a, b) => a.at - b.at);
  }

  // Whether something would be lost with this page.
  get isFragile() {
    return this.unkept.size > 0;
  }

  find(op) {
    return this.items.find((item) => item.op === op);
  }

  // `item`: {op, action, page, form, fields}. Kept when this returns; the picture a moment later.
  add(item, file) {
    this.put({ ...item, at: Date.now(), picture: Boolean(file) });
    if (file) {
      this.files.set(item.op, file);
      keepFile(item.op, file);
    }
    this.hurry();
  }

  drop(op) {
    this.unkept.delete(op);
    try {
      localStorage.removeItem(this.prefix + op);
    } catch {
      // was in `unkept` only
    }
    if (this.files.delete(op)) dropFile(op);
    this.changed();
  }

  put(item) {
    try {
      localStorage.setItem(this.prefix + item.op, JSON.stringify(item));
      this.unkept.delete(item.op);
    } catch {
      this.unkept.set(item.op, item);
    }
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  hurry() {
    clearTimeout(this.timer);
    this.flush();
  }

  // One after the other, in the order in which they were written.
  flush() {
    this.running ??= this.run().finally(() => {
      this.running = null;
      if (this.next) this.timer = setTimeout(() => this.flush(), this.pause);
    });
    return this.running;
  }

  get next() {
    return this.items.find((item) => item.reason === undefined);
  }

  get pause() {
    return PAUSES_MS[Math.min(this.failures, PAUSES_MS.length) - 1] ?? PAUSES_MS[0];
  }

  async run() {
    for (let item = this.next; item; item = this.next) {
      const isDone = await alone(item.op, () => this.deliver(item.op));
      if (!isDone) {
        this.failures += 1;
        this.changed();
        return;
      }
      this.failures = 0;
    }
  }

  // Resolves to whether this one is dealt with.
  async deliver(op) {
    const item = this.find(op);
    if (!item) return true; // another page was faster
    const file = item.picture ? (this.files.get(op) ?? (await keptFile(op))) : null;
    if (item.picture && !file) return this.refuse(item, 0, "");
    let response;
    try {
      response = await send(item, this.name, file);
    } catch {
      this.isTooMuch = false;
      return false;
    }
    this.isTooMuch = response.status === 429;
    if (AGAIN.has(response.status)) return false;
    if (!response.ok) return this.refuse(item, response.status, await response.text().catch(() => ""));
    this.drop(op);
    if (item.picture) dropFile(op);
    this.tell("stored", { item, url: response.url });
    return true;
  }

  // It stays, marked, until somebody has it back in a field or throws it away.
  refuse(item, status, html) {
    this.put({ ...item, reason: "" });
    this.tell("refused", { item, status, html });
    return true;
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

// The server takes it from nobody but whom the box belongs to: this browser may be somebody else by now.
function send({ action, fields }, box, file) {
  const body = new FormData();
  body.append("box", box);
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  if (file) body.append("image", file, file.name ?? "picture");
  const headers = { ...csrfHeader(), Accept: "text/html" };
  return fetch(action, { method: "POST", headers, body, signal: AbortSignal.timeout?.(ANSWER_MS) });
}

// Two pages of one browser do not send the same at once, where the browser can tell them apart (https only).
async function alone(op, act) {
  if (!navigator.locks) return act();
  return navigator.locks.request(PREFIX + op, { ifAvailable: true }, (lock) => (lock ? act() : false));
}
