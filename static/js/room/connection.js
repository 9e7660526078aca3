// The connection of a page to its room: the socket, and a timer that asks the server while no socket is open.
// It knows neither lanes nor the page.
import { text } from "../helpers/texts.js";
import { openSocket } from "../stream/socket.js";
import { showStatus } from "./status.js";

const POLL_MS = 4000;
const CALM_MS = 2500; // a shorter interruption is not shown
const JOIN_MS = 8000;
const SPREAD_MS = 300; // spreads the requests of a whole hall
const FRAMES = ["fragments", "refresh", "figures", "phase"];

// Events: "joined" with the server's answer, or "refused" with its reason; "frame", "beat" and "presence" with what came; "poll" when it is time to
// ask.
export class Connection extends EventTarget {
  #room;
  #poll = null;
  #calm;

  // `room`: the room's name with the server; `live`: the address for catching up. A screen (`isScreen`) only watches.
  constructor({ room, live, isScreen }) {
    super();
    this.#room = isScreen ? { room, screen: true } : { room };
    this.socket = openSocket(live);
  }

  open() {
    const { socket } = this;
    socket.on("connect", () => this.#join());
    socket.on("disconnect", (reason) => this.#onDisconnect(reason));
    socket.on("connect_error", () => this.#startPolling());
    for (const name of FRAMES) socket.on(name, (frame) => this.#tell("frame", frame));
    socket.on("beat", (beat) => this.#tell("beat", beat));
    for (const name of ["presence", "facilitation"]) socket.on(name, (counts) => this.#tell("presence", counts));
    if (socket.connected) this.#join();
    else this.#startPolling(); // the socket may never open
  }

  close() {
    clearInterval(this.#poll);
    clearTimeout(this.#calm);
  }

  // Whether the page asks because no socket is open.
  get isPolling() {
    return this.#poll !== null;
  }

  // Tell the room that somebody types on this page, but not what.
  tellTyping() {
    this.socket.emit("typing", { room: this.#room.room });
  }

  async #join() {
    const answer = await this.socket
      .timeout(JOIN_MS)
      .emitWithAck("join", this.#room)
      .catch(() => null);
    if (!answer) return;
    if (!answer.ok) {
      showStatus(text(answer.error === "barred" ? "barred" : "reload"), "stopped");
      this.socket.disconnect();
      this.#tell("refused", answer.error);
      return;
    }
    this.close();
    this.#poll = null;
    this.#tell("joined", answer);
  }

  // The server ends a connection when its rights change or the device gets a new holder; the page connects again then.
  #onDisconnect(reason) {
    if (reason === "io server disconnect") setTimeout(() => this.socket.connect(), Math.random() * SPREAD_MS);
    this.#startPolling();
  }

  #startPolling() {
    if (this.isPolling) return;
    this.#poll = setInterval(() => this.#tell("poll"), POLL_MS);
    this.#calm = setTimeout(() => this.isPolling && showStatus(text("offline"), "offline"), CALM_MS);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
