// A form post over HTTP. It is given up when no bytes move for a while, and never because it takes long: a picture on a
// slow line arrives after minutes. fetch() tells nothing about the bytes that it sends, XMLHttpRequest does.
import { csrfHeader, renewToken } from "../helpers/csrf.js";
import { ERROR, OFFLINE, TOO_MUCH, UNKNOWN } from "./queue.js";

// The time without a byte. The system takes the last bytes long before they are with the server, so a post that was
// given up gets more patience with each further attempt.
const PATIENCE_MS = 30000;
const PATIENCE_MAX_MS = 240000;

const NOT_KNOWN = 401; // the browser is not (any more) the person who wrote it
const FRESH_TOKEN = "X-Fresh-Token"; // what the server gives a page that is older than the cookie of its browser
const NO_ANSWER = [408, 425];

const patiences = new Map(); // key of a post: the patience of its next attempt

// Resolves to {status, ok, text, address}; rejects without a network. `tellShare` is told the share that was sent, 0..1;
// `key` names the attempts that belong together.
export function post(action, body, { key = action, accept = "text/html", tellShare = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const patience = patiences.get(key) ?? PATIENCE_MS;
    let silence;
    const moved = () => {
      clearTimeout(silence);
      silence = setTimeout(() => {
        patiences.set(key, Math.min(2 * patience, PATIENCE_MAX_MS));
        request.abort();
      }, patience);
    };
    request.upload.addEventListener("progress", ({ loaded, total, lengthComputable }) => {
      moved();
      if (lengthComputable) tellShare(loaded / total);
    });
    request.addEventListener("progress", moved);
    request.addEventListener("readystatechange", moved);
    request.addEventListener("loadend", () => {
      clearTimeout(silence);
      if (!request.status) return reject(new Error("no answer"));
      patiences.delete(key);
      return resolve(answerOf(request));
    });
    request.open("POST", action);
    for (const [name, value] of Object.entries({ ...csrfHeader(), Accept: accept })) {
      request.setRequestHeader(name, value);
    }
    request.send(body);
    moved();
  });
}

// The same for what belongs to a person, which the server takes from nobody else: a page that is older than the cookie of
// its browser gets the token of the present one first.
export async function postAsOwner(action, body, options) {
  const answer = await post(action, body, options);
  if (!isOfOldPage(answer) || !(await renewToken(answer.freshToken).catch(() => false))) return answer;
  return post(action, body, options);
}

function isOfOldPage({ status, freshToken }) {
  return status === NOT_KNOWN || freshToken !== null;
}

function answerOf(request) {
  const { status, responseText: text, responseURL } = request;
  const address = request.getResponseHeader("Location") ?? responseURL;
  const retryAfterMs = 1000 * (Number(request.getResponseHeader("Retry-After")) || 0);
  const freshToken = request.getResponseHeader(FRESH_TOKEN);
  return { status, ok: status >= 200 && status < 300, text, address, retryAfterMs, freshToken };
}

// What a queue does after an answer that says nothing about the command itself ("again"), or null after another answer.
export function againAfter(answer) {
  const { status, retryAfterMs } = answer;
  if (isOfOldPage(answer)) return { outcome: "again", why: UNKNOWN };
  if (status === 429) return { outcome: "again", why: TOO_MUCH, retryAfterMs };
  if (NO_ANSWER.includes(status)) return { outcome: "again", why: OFFLINE };
  return status >= 500 ? { outcome: "again", why: ERROR, retryAfterMs } : null;
}
