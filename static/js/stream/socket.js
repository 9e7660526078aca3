// The socket of a page in a room.
import { io } from "../../vendor/socket.io.esm.min.js";
import { openOnce } from "../helpers/sockets.js";

// `liveAddress`: the room's address for catching up, as in data-live of <live-room>.
export function openSocket(liveAddress) {
  return openOnce(io, liveAddress);
}
