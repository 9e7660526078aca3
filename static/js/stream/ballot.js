// Casting: one command per change, repeated under its number until the server says that it is on disk.
import { csrfHeader } from "../helpers/csrf.js";
import { uuid } from "../helpers/uuid.js";
import { openedSocket } from "./socket.js";

const ANSWER_MS = 6000;
const PAUSE_MS = 1500;
const TRIES = 40;

const client = uuid(); // one per page load: within it the highest n wins
let counter = 0;

// `marks` maps entry ids to values. Resolves to {ok, seq, receipt} or {ok: false, error}; never rejects.
export async function cast(roundId, marks, formAction) {
  counter += 1;
  const command = { op: uuid(), client, n: counter, round: Number(roundId), marks };
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const answer = await send(command, formAction);
    if (answer && answer.error !== "busy") return answer;
    await pause(answer?.retry_after ? answer.retry_after * 1000 : PAUSE_MS);
  }
  return { ok: false, error: "busy" };
}

async function send(command, formAction) {
  const socket = openedSocket();
  if (socket?.connected) return overSocket(socket, command);
  return formAction ? overHttp(formAction, command) : null;
}

async function overSocket(socket, command) {
  try {
    return await socket.timeout(ANSWER_MS).emitWithAck("cast", command);
  } catch {
    return null; // no answer in time: the same command again
  }
}

async function overHttp(action, { op, n, marks }) {
  const [[entry, value]] = Object.entries(marks);
  try {
    const response = await fetch(action, {
      method: "POST",
      headers: { ...csrfHeader(), Accept: "application/json" },
      body: new URLSearchParams({ op, client, n, entry, value }),
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
