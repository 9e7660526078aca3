// Transport of the durable queue for marks: over the socket while it is connected, else by a form post.
import { csrfHeader } from "../helpers/csrf.js";
import { uuid } from "../helpers/uuid.js";
import { openedSocket } from "../stream/socket.js";
import { client, DurableQueue } from "./queue.js";

const ANSWER_MS = 6000;
const MARKS_MAX = 200; // of one command

const queues = new Map();

// The marks of one participant in one round, shared by everything on the page that marks.
export function castsOf({ round, owner, action }) {
  const name = `ballot:${owner}:${round}`;
  if (!queues.has(name)) queues.set(name, new CastQueue(name, new CastTransport(Number(round), owner, action)));
  return queues.get(name);
}

// Items: {question, marks: {subject: value}, …}.
class CastQueue extends DurableQueue {
  constructor(name, transport) {
    super(name, transport);
    if (!this.isEmpty) this.flush(); // what an earlier page could not send
  }

  // The marks of a question that the server does not have yet: {subject: value}.
  unsent(question) {
    const own = this.items.filter((item) => item.question === Number(question));
    return Object.assign({}, ...own.map(({ marks }) => marks));
  }

  // Marks that come within `delayMs`, or while others are being sent, go as one command.
  cast(question, marks, delayMs = 0) {
    const last = this.items.at(-1);
    const isOpen = last?.client === client && last.question === Number(question) && !this.isSending(last);
    const earlier = isOpen && Object.keys(last.marks).length < MARKS_MAX ? last.marks : null;
    // The command gets a new number, because another page may have sent the earlier one meanwhile.
    if (earlier) this.drop(last);
    this.add({ question: Number(question), marks: { ...earlier, ...marks } }, { delayMs });
  }
}

class CastTransport {
  pausesMs = [1500];
  keepsRefused = false;
  repeatsOwn = true;
  #round;
  #owner;
  #action;

  constructor(round, owner, action) {
    this.#round = round;
    this.#owner = owner;
    this.#action = action;
  }

  // The answer's words stand in docs/protocol.md under `cast`.
  async send(item) {
    const socket = openedSocket();
    const answer = await (socket?.connected ? this.#overSocket(socket, item) : this.#overHttp(item));
    if (!answer) return { outcome: "again" };
    if (answer.ok) return { outcome: "stored", ...answer };
    if (answer.error === "busy") return { outcome: "again", retryAfterMs: 1000 * (answer.retry_after ?? 1) };
    const subjects = Object.entries(item.marks);
    if (subjects.length === 1 || !["not_found", "invalid"].includes(answer.error)) {
      return { outcome: "refused", ...answer };
    }
    // A subject that is no longer there must not take the others with it.
    return { outcome: "split", items: subjects.map(([s, value]) => ({ ...item, op: uuid(), marks: { [s]: value } })) };
  }

  #overSocket(socket, { op, client: from, n, question, marks }) {
    const cast = { op, client: from, n, round: this.#round, question, box: this.#owner, marks };
    return socket.timeout(ANSWER_MS).emitWithAck("cast", cast);
  }

  async #overHttp({ op, client: from, n, question, marks }) {
    const response = await fetch(this.#action, {
      method: "POST",
      headers: { ...csrfHeader(), Accept: "application/json" },
      body: new URLSearchParams({ op, client: from, n, question, box: this.#owner, ...fieldsOf(marks) }),
      signal: AbortSignal.timeout?.(ANSWER_MS),
    });
    return response.status >= 500 || response.status === 429 ? null : response.json();
  }
}

function fieldsOf(marks) {
  const subjects = Object.entries(marks);
  if (subjects.length > 1) return Object.fromEntries(subjects.map(([subject, value]) => [`mark-${subject}`, value]));
  const [[subject, value]] = subjects;
  const [entry, versus = ""] = subject.split("-");
  return { entry, versus, value };
}
