// What one marked and is not known to be stored: it stays here, over a reload too, until the server says that it is
// on disk.
import { csrfHeader } from "../helpers/csrf.js";
import { uuid } from "../helpers/uuid.js";
import { openedSocket } from "./socket.js";

const ANSWER_MS = 6000;
const PAUSE_MS = 1500;
const LATE_MS = 1500; // by then a mark is stored, or there is no network
const MARKS_MAX = 200; // of one command

const client = uuid(); // one per page load: within it the highest n wins
let counter = 0;
const boxes = new Map();

// The marks of one participant in one round, shared by everything on the page that marks.
export function marksOf({ round, box, action }) {
  const key = `ballot:${box}:${round}:`;
  if (!boxes.has(key)) boxes.set(key, new Marks(key, Number(round), box, action));
  return boxes.get(key);
}

// Events: "answer" {question, marks, answer}, "late" (something waits for longer than it should).
class Marks extends EventTarget {
  constructor(key, round, box, action) {
    super();
    this.key = key + client;
    this.round = round;
    this.box = box;
    this.action = action;
    this.waiting = leftBehind(key); // oldest first; the first may be on its way
    this.keep();
    if (this.waiting.length) this.send(0);
  }

  get isEmpty() {
    return this.waiting.length === 0;
  }

  // What is not stored yet of a question: {subject: value}.
  unsent(question) {
    const own = this.waiting.filter((command) => command.question === Number(question));
    return Object.assign({}, ...own.map((command) => command.marks));
  }

  // Marks that come within `gather` milliseconds, or while others are on their way, go as one command.
  put(question, marks, gather = 0) {
    const last = this.waiting.at(-1);
    const isOpen = last && last !== this.current && last.client === client && last.question === Number(question);
    if (isOpen && Object.keys(last.marks).length < MARKS_MAX) Object.assign(last.marks, marks);
    else this.waiting.push(command(Number(question), { ...marks }));
    this.keep();
    this.send(gather);
  }

  // Resolves when nothing waits any more.
  async flush() {
    while (!this.isEmpty) await new Promise((resolve) => this.addEventListener("answer", resolve, { once: true }));
  }

  async send(gather) {
    if (this.isSending) return;
    this.isSending = true;
    if (gather) await pause(gather);
    while (this.waiting.length) {
      [this.current] = this.waiting;
      const late = setTimeout(() => this.dispatchEvent(new Event("late")), LATE_MS);
      const answer = await this.deliver(this.current);
      clearTimeout(late);
      this.settle(this.current, answer);
    }
    this.isSending = false;
  }

  // Repeats the command, always under its number, until it is answered.
  async deliver(sent) {
    for (;;) {
      const answer = await this.attempt(sent);
      if (answer && answer.error !== "busy") return answer;
      await pauseOrNetwork(answer?.retry_after ? answer.retry_after * 1000 : PAUSE_MS);
    }
  }

  settle(sent, answer) {
    this.waiting.shift();
    this.current = null;
    const subjects = Object.entries(sent.marks);
    if (!answer.ok && subjects.length > 1 && ["not_found", "invalid"].includes(answer.error)) {
      // One that is no longer there must not take the others with it.
      this.waiting.unshift(...subjects.map(([s, value]) => ({ ...sent, op: uuid(), marks: { [s]: value } })));
      this.keep();
      return;
    }
    this.keep();
    const detail = { question: sent.question, marks: sent.marks, answer };
    this.dispatchEvent(new CustomEvent("answer", { detail }));
  }

  attempt(sent) {
    const socket = openedSocket();
    if (socket?.connected) return overSocket(socket, { ...sent, round: this.round, box: this.box });
    return overHttp(this.action, { ...sent, box: this.box });
  }

  keep() {
    try {
      if (this.waiting.length) localStorage.setItem(this.key, JSON.stringify(this.waiting));
      else localStorage.removeItem(this.key);
    } catch {
      // no storage: then a reload before the answer loses what waits, and the page warns of that
    }
  }
}

function command(question, marks) {
  counter += 1;
  return { op: uuid(), client, n: counter, question, marks };
}

// What earlier pages could not send any more. The server knows a command that it did, whoever repeats it.
function leftBehind(prefix) {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    const found = keys.sort().flatMap((key) => JSON.parse(localStorage.getItem(key)));
    for (const key of keys) localStorage.removeItem(key);
    return found;
  } catch {
    return [];
  }
}

async function overSocket(socket, sent) {
  try {
    return await socket.timeout(ANSWER_MS).emitWithAck("cast", sent);
  } catch {
    return null; // no answer in time: the same command again
  }
}

async function overHttp(action, { op, client: from, n, question, box, marks }) {
  const subjects = Object.entries(marks);
  const fields = { op, client: from, n, question, box };
  if (subjects.length === 1) {
    const [[subject, value]] = subjects;
    const [entry, versus] = subject.split("-");
    Object.assign(fields, { entry, versus: versus ?? "", value });
  } else for (const [subject, value] of subjects) fields[`mark-${subject}`] = value;
  try {
    const response = await fetch(action, {
      method: "POST",
      headers: { ...csrfHeader(), Accept: "application/json" },
      body: new URLSearchParams(fields),
      signal: AbortSignal.timeout?.(ANSWER_MS),
    });
    if (response.status >= 500 || response.status === 429) return null;
    return await response.json();
  } catch {
    return null; // no network
  }
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// Whoever is back in the network does not wait any longer.
function pauseOrNetwork(ms) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    window.addEventListener("online", done);
  });
}
