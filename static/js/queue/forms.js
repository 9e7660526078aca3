// Transport of the durable queue for forms: each item is a form post over HTTP. A refused item stays until a form has
// taken it back or somebody has thrown it away.
import { againAfter, postAsOwner } from "./posts.js";
import { DurableQueue, OFFLINE } from "./queue.js";
import { Store } from "./store.js";

const PREFIX = "outbox:";
const STORED = 201;

const queues = new Map();

// The pauses between the attempts of a form, here and in live-form.js.
export const PAUSES_MS = [1000, 2000, 4000, 8000, 15000, 30000, 60000, 120000];

// The forms of one participant, shared by everything on the page. `owner` keeps the people of one browser apart.
export function formQueueOf(owner) {
  if (!queues.has(owner)) queues.set(owner, new DurableQueue(`${PREFIX}${owner}`, new FormPosts(owner)));
  return queues.get(owner);
}

// Everybody whose forms wait in this browser, and what waits of one of them, which nothing sends.
export const ownersOfForms = () => new Store(PREFIX).items.map(({ owner }) => owner).filter(Boolean);
export const formsLeftBy = (owner) => new Store(`${PREFIX}${owner}:`);

// Items: {action, owner, page, fields, …}. Answers: {status, html} of a refused one.
class FormPosts {
  pausesMs = PAUSES_MS;
  keepsRefused = true;
  repeatsOwn = false;
  #owner;

  constructor(owner) {
    this.#owner = owner;
  }

  // No text depends on another one.
  chainOf({ op }) {
    return op;
  }

  // The server takes a form from its owner alone: by now this browser may be somebody else.
  async send({ op, action, fields }, file, tellShare) {
    const body = new FormData();
    body.append("owner", this.#owner);
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    if (file) body.append("image", file, file.name ?? "picture");
    const answer = await postAsOwner(action, body, { key: op, tellShare: file ? tellShare : undefined });
    const { ok, status, text: html } = answer;
    if (status === STORED) return { outcome: "stored" };
    if (ok) return { outcome: "again", why: OFFLINE }; // not our server: the sign-in page of a network
    return againAfter(answer) ?? { outcome: "refused", status, html };
  }
}
