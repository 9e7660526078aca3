// Transport of the durable queue for marks: over the socket while it is connected, else by a form post.
import { uuid } from "../helpers/uuid.js";
import { openedSocket } from "../helpers/sockets.js";
import { againAfter, postAsOwner } from "./posts.js";
import { client, DurableQueue, TOO_MUCH } from "./queue.js";

const ANSWER_MS = 6000; // over the socket, at the first attempt
const ANSWER_MAX_MS = 60000;
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
    this.flush(); // what an earlier page could not send
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
  pausesMs = [1500, 2000, 4000, 8000, 15000, 30000, 60000, 120000];
  keepsRefused = false;
  repeatsOwn = true;
  #round;
  #owner;
  #action;
  #patienceMs = ANSWER_MS;

  constructor(round, owner, action) {
    this.#round = round;
    this.#owner = owner;
    this.#action = action;
  }

  // A later mark may need what an earlier one took back, and the later mark of an idea counts.
  chainOf({ question }) {
    return question;
  }

  // The answer's words stand in docs/protocol.md under `cast`.
  async send(item) {
    const socket = openedSocket();
    let answer = await (socket?.connected ? this.#overSocket(socket, item) : this.#overHttp(item));
    // A socket says the same to removed people and to a browser that is not the voter any more. HTTP tells them apart.
    if (answer.error === "barred" && socket?.connected) answer = await this.#overHttp(item);
    if (answer.outcome) return answer;
    if (answer.ok) return { outcome: "stored", ...answer };
    if (answer.error === "busy") {
      return { outcome: "again", why: TOO_MUCH, retryAfterMs: 1000 * (answer.retry_after ?? 1) };
    }
    const subjects = Object.entries(item.marks);
    if (subjects.length === 1 || !["not_found", "invalid"].includes(answer.error)) {
      return { outcome: "refused", ...answer };
    }
    // A subject that is no longer there must not take the others with it.
    return { outcome: "split", items: subjects.map(([s, value]) => ({ ...item, op: uuid(), marks: { [s]: value } })) };
  }

  // On a slow line each attempt waits longer than the one before.
  async #overSocket(socket, { op, client: from, n, question, marks }) {
    const cast = { op, client: from, n, round: this.#round, question, owner: this.#owner, marks };
    const patienceMs = this.#patienceMs;
    this.#patienceMs = Math.min(2 * patienceMs, ANSWER_MAX_MS);
    const answer = await socket.timeout(patienceMs).emitWithAck("cast", cast);
    this.#patienceMs = ANSWER_MS;
    return answer;
  }

  async #overHttp({ op, client: from, n, question, marks }) {
    const body = new URLSearchParams({ op, client: from, n, question, owner: this.#owner, ...fieldsOf(marks) });
    const answer = await postAsOwner(this.#action, body, { key: op, accept: "application/json" });
    return againAfter(answer) ?? JSON.parse(answer.text);
  }
}

function fieldsOf(marks) {
  const subjects = Object.entries(marks);
  if (subjects.length > 1) return Object.fromEntries(subjects.map(([subject, value]) => [`mark-${subject}`, value]));
  const [[subject, value]] = subjects;
  const [entry, versus = ""] = subject.split("-");
  return { entry, versus, value };
}
