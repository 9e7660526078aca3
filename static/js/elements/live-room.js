// <live-room>: keeps the page inside equal to a fresh one, over the socket or, where none opens, by asking. The parts
// of this are in room/. A page with data-watches only watches: it is nobody in the room.
//
// Attributes: data-challenge data-epoch data-exit data-facilitates data-lanes data-live data-mine data-seq
//   data-spotlight-idea data-watches
// Sets: data-barred
import { heardNow } from "../helpers/clock.js";
import { watchKeyboard } from "../helpers/keyboard.js";
import { text } from "../helpers/texts.js";
import { Announcer } from "../room/announcer.js";
import { CatchUp } from "../room/catch-up.js";
import { Connection } from "../room/connection.js";
import { Frames } from "../room/frames.js";
import { OwnRecords } from "../room/own-records.js";
import { Presence } from "../room/presence.js";
import { Spotlight } from "../room/spotlight.js";
import { showStatus } from "../room/status.js";
import { Turns } from "../room/turns.js";

const TYPING_MS = 3000; // the room hears of typing no more often

class LiveRoom extends HTMLElement {
  #turns = new Turns();
  #presence = new Presence();
  #announcer;
  #own;
  #frames;
  #connection;
  #catchUp;
  #closing;
  #typedAt = 0;

  connectedCallback() {
    const { challenge, epoch, seq, lanes, live, spotlightIdea, mine } = this.dataset;
    const isScreen = this.dataset.watches !== undefined;
    this.#announcer = new Announcer();
    this.#own = new OwnRecords(mine);
    const spotlight = new Spotlight(spotlightIdea ?? null, this.#announcer);
    const shared = { own: this.#own, spotlight, announcer: this.#announcer, presence: this.#presence };
    this.#frames = new Frames(this, shared);
    this.#connection = new Connection({ room: `challenge-${challenge}`, live, isScreen });
    const stand = { address: live, isScreen, names: lanes.split(" "), epoch, seq: Number(seq) };
    this.#catchUp = new CatchUp(stand, this.#frames, this.#connection);
    this.#listen();
    this.#connection.open();
    this.enqueue(() => this.#own.load());
    watchKeyboard();
  }

  disconnectedCallback() {
    this.#announcer.stop();
    this.#connection.close();
    this.#closing.abort();
  }

  // Runs a job when those before it are done; frames are such jobs.
  enqueue(job) {
    return this.#turns.add(job);
  }

  // Marks the viewer's own records on cards that were fetched.
  overlay() {
    this.#own.overlay();
  }

  // The latest counts of who is here, null before the first.
  get presence() {
    return this.#presence.counts;
  }

  get socket() {
    return this.#connection.socket;
  }

  #listen() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    const on = (name, act) => this.#connection.addEventListener(name, ({ detail }) => act(detail), options);
    on("joined", (answer) => this.#onJoined(answer));
    on("refused", (why) => this.toggleAttribute("data-barred", why === "barred"));
    on("frame", (frame) => this.enqueue(() => this.#catchUp.take(frame)));
    on("beat", (beat) => this.#onBeat(beat));
    on("presence", (counts) => this.#presence.receive(counts));
    on("poll", () => this.enqueue(() => this.#catchUp.run()));
    this.addEventListener("mine-changed", () => this.enqueue(() => this.#own.load()), options);
    this.addEventListener("input", () => this.#onInput(), options);
    addEventListener("offline", () => showStatus(text("offline"), "offline"), options);
    document.addEventListener("clock-mark", ({ detail }) => this.#onClockMark(detail), options);
  }

  #onJoined(answer) {
    if (this.#catchUp.isOfSomebodyElse(answer)) {
      location.reload();
      return;
    }
    document.dispatchEvent(new CustomEvent("room-joined", { detail: answer }));
    this.enqueue(() => this.#catchUp.reach(answer));
    this.enqueue(() => this.socket.connected && showStatus(text("online"), "online"));
    this.#takeFacilitation(answer.facilitates);
  }

  // Facilitation was given or taken meanwhile: the menu offers the console, or a facilitator's page leads to the room. A
  // reload of that page would show an error.
  #takeFacilitation(may) {
    const could = this.dataset.facilitates !== undefined;
    if (!may && this.#catchUp.lanes.includes("facilitators")) location.assign(this.dataset.exit);
    else if (document.getElementById("may-facilitate") && may !== could) {
      this.toggleAttribute("data-facilitates", may);
      if (may) this.#announcer.say(text("facilitates"));
      this.enqueue(() => this.#frames.renewParts());
    }
  }

  async #onBeat(beat) {
    heardNow(beat.now);
    if (!(await this.#catchUp.isBehind(beat))) return;
    const seq = Math.max(...Object.values(beat.lanes));
    this.enqueue(() => this.#catchUp.reach({ epoch: beat.epoch, seq }));
  }

  // At the end of a phase the server takes nothing any more, and its parts say so.
  #onClockMark({ left, position }) {
    this.#announcer.tellTime(left, position);
    if (left === 0) this.enqueue(() => this.#frames.renewParts());
  }

  // The others see that somebody types, not what.
  #onInput() {
    if (Date.now() - this.#typedAt < TYPING_MS || !this.socket.connected) return;
    this.#typedAt = Date.now();
    this.#connection.tellTyping();
  }
}

customElements.define("live-room", LiveRoom);
