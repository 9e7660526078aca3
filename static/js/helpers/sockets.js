// The one socket of a page: the room opens it, and outside rooms the bell.
import { afterPaint } from "./painted.js";

const OPTIONS = {
  autoConnect: false,
  transports: ["websocket"],
  reconnectionDelay: 500,
  reconnectionDelayMax: 5000,
  randomizationFactor: 0.5,
};

let socket = null;
const waiting = [];

// `io`: the library, which only pages with a socket fetch. `address`: any address of the server that has a number or
// a name in it; the socket lives below the same path. `options` replace those of a room.
export function openOnce(io, address, options = {}) {
  if (!socket) {
    const [, root] = address.match(/^(.*?)\/(?:challenges|news)\//);
    socket = io({ path: `${root}/socket.io`, ...OPTIONS, ...options });
    afterPaint(() => socket.connect());
    for (const act of waiting.splice(0)) act(socket);
  }
  return socket;
}

// The socket if something on this page has opened it, else null.
export function openedSocket() {
  return socket;
}

// Calls `act` with the socket as soon as something has opened it.
export function withSocket(act) {
  if (socket) act(socket);
  else waiting.push(act);
}
