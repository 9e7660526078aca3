// The one socket of a page.
import { io } from "../../vendor/socket.io.esm.min.js";
import { afterPaint } from "../helpers/painted.js";

let socket = null;

// `liveAddress`: the room's address for catching up, as in data-live of <live-room>. The socket lives below the same
// path.
export function openSocket(liveAddress) {
  const root = liveAddress.slice(0, liveAddress.indexOf("/challenges/"));
  if (socket) return socket;
  socket = io({
    path: `${root}/socket.io`,
    autoConnect: false,
    transports: ["websocket"],
    reconnectionDelay: 500,
    reconnectionDelayMax: 5000,
    randomizationFactor: 0.5,
  });
  afterPaint(() => socket.connect());
  return socket;
}

// The socket if something on this page has opened it, else null.
export function openedSocket() {
  return socket;
}
