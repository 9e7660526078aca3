// Transport of the durable queue for forms: each item is a form post over HTTP. A refused item stays until a form has
// taken it back or somebody has thrown it away.
import { csrfHeader } from "../helpers/csrf.js";
import { DurableQueue } from "./queue.js";

const ANSWER_MS = 20000;
const AGAIN = new Set([408, 429, 500, 502, 503, 504]);
const TOO_MUCH = 429;

const queues = new Map();

// The forms of one participant, shared by everything on the page. `owner` keeps the people of one browser apart.
export function formQueueOf(owner) {
  if (!queues.has(owner)) queues.set(owner, new DurableQueue(`outbox:${owner}`, new FormPosts(owner)));
  return queues.get(owner);
}

// Items: {action, page, fields, …}. Answers: {status, html} of a refused one.
class FormPosts {
  pausesMs = [1000, 2000, 4000, 8000, 15000];
  keepsRefused = true;
  repeatsOwn = false;
  #owner;

  constructor(owner) {
    this.#owner = owner;
  }

  // The server takes a form from its owner alone: by now this browser may be somebody else.
  async send({ action, fields }, file) {
    const body = new FormData();
    body.append("box", this.#owner);
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    if (file) body.append("image", file, file.name ?? "picture");
    const headers = { ...csrfHeader(), Accept: "text/html" };
    const response = await fetch(action, { method: "POST", headers, body, signal: AbortSignal.timeout?.(ANSWER_MS) });
    const { ok, status } = response;
    if (AGAIN.has(status)) return { outcome: "again", isTooMuch: status === TOO_MUCH };
    return ok ? { outcome: "stored" } : { outcome: "refused", status, html: await response.text().catch(() => "") };
  }
}
