// The one socket of a page.
import { io } from "../../vendor/socket.io.esm.min.js";

let socket = null;

// `root` is the path under which the application lives, "" at the top of a host.
export function openSocket(root) {
  socket ??= io({
    path: `${root}/socket.io`,
    transports: ["websocket"],
    reconnectionDelay: 500,
    reconnectionDelayMax: 5000,
    randomizationFactor: 0.5,
  });
  return socket;
}

export function openedSocket() {
  return socket;
}
