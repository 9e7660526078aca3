// <live-room>: keeps the page it wraps equal to a fresh one, over the socket or, where none opens, by asking.
import { heardNow } from "../helpers/clock.js";
import { text } from "../helpers/texts.js";
import { applyFragments, morph, overlay, refreshParts, removeAll, showFigures } from "../stream/apply.js";
import { openSocket } from "../stream/socket.js";
import { Stream } from "../stream/stream.js";

const POLL_MS = 4000;
const CALM_MS = 2500; // a short drop is nobody's business
const FRAME_GRACE_MS = 400; // a beat may overtake a frame that is about to be sent
const DIGEST_MS = 4000;
const SPREAD_MS = 300; // so that a whole hall does not ask at the same instant
const EVENTS = ["fragments", "refresh", "figures", "phase"];

class LiveRoom extends HTMLElement {
  connectedCallback() {
    const { challenge, epoch, seq, lanes, live } = this.dataset;
    this.room = `challenge-${challenge}`;
    this.stream = new Stream(lanes.split(" "), epoch, Number(seq));
    this.own = { handles: [], marks: {} };
    this.work = Promise.resolve();
    this.news = 0;
    this.socket = openSocket(live.slice(0, live.indexOf("/challenges/")));
    this.socket.on("connect", () => this.join());
    this.socket.on("disconnect", (reason) => this.onDisconnect(reason));
    this.socket.on("connect_error", () => this.wentOffline());
    this.socket.on("beat", (beat) => this.onBeat(beat));
    this.socket.on("presence", (counts) => showFigures(counts));
    for (const event of EVENTS) this.socket.on(event, (frame) => this.enqueue(() => this.onFrame(frame)));
    if (this.socket.connected) this.join();
    else this.wentOffline(); // asks until the socket is there: it may never be
    this.enqueue(() => this.loadMine());
    this.addEventListener("mine-changed", () => this.enqueue(() => this.loadMine()));
    this.digest = setInterval(() => this.announce(), DIGEST_MS);
    this.composing();
  }

  disconnectedCallback() {
    clearInterval(this.digest);
    clearInterval(this.poll);
  }

  // One thing after the other: a frame must not overtake a catch-up.
  enqueue(job) {
    this.work = this.work.then(job).catch((error) => console.warn("live-room", error));
    return this.work;
  }

  async join() {
    const answer = await this.socket.timeout(8000).emitWithAck("join", { room: this.room }).catch(() => null);
    if (!answer) return;
    if (!answer.ok) {
      this.say(text(answer.error === "barred" ? "barred" : "reload"), "stopped");
      this.socket.disconnect();
      return;
    }
    clearInterval(this.poll);
    clearTimeout(this.calm);
    this.poll = null;
    this.say(text("online"), "online");
    if (answer.epoch !== this.stream.epoch || this.isSomebodyElse(answer)) location.reload();
    else if (answer.seq > this.stream.since) this.enqueue(() => this.catchUp());
    this.mayFacilitate(answer.facilitates);
  }

  // Facilitation was given or taken meanwhile: the menu offers the console, or the console is left.
  mayFacilitate(may) {
    const could = this.dataset.facilitates !== undefined;
    if (!may && this.stream.lanes.includes("facilitators")) location.reload();
    else if (this.dataset.mine && may !== could) {
      this.toggleAttribute("data-facilitates", may);
      this.enqueue(() => refreshParts());
    }
  }

  // Whom the server puts out, for new rights or a new holder of the device, comes in again by the front door.
  onDisconnect(reason) {
    if (reason === "io server disconnect") setTimeout(() => this.socket.connect(), Math.random() * SPREAD_MS);
    this.wentOffline();
  }

  // This browser was handed to somebody else meanwhile: the page of the one before must not act as theirs.
  isSomebodyElse({ participant }) {
    const own = this.stream.lanes.find((lane) => lane.startsWith("participant-"));
    return own !== undefined && own !== participant;
  }

  wentOffline() {
    if (this.poll) return;
    this.poll = setInterval(() => this.enqueue(() => this.catchUp()), POLL_MS);
    this.calm = setTimeout(() => this.say(text("offline"), "offline"), CALM_MS);
  }

  async onFrame(frame) {
    const verdict = this.stream.judge(frame);
    if (verdict === "ignore") return;
    if (verdict === "gap") {
      await this.catchUp();
      return;
    }
    await this.apply(frame);
    this.stream.settle(frame.lane, frame.seq);
  }

  onBeat({ lane, epoch, seq, now }) {
    heardNow(now);
    if (epoch !== this.stream.epoch) location.reload();
    if (!this.stream.isBehind(lane, seq)) return;
    setTimeout(() => {
      if (this.stream.isBehind(lane, seq)) this.enqueue(() => this.catchUp());
    }, FRAME_GRACE_MS);
  }

  async catchUp() {
    const url = new URL(this.dataset.live, location.href);
    url.searchParams.set("since", this.stream.since);
    url.searchParams.set("epoch", this.stream.epoch);
    url.searchParams.set("lanes", this.stream.lanes.join(","));
    let response;
    try {
      response = await fetch(url, { headers: { Accept: "application/json" } });
    } catch {
      return; // no network: the next beat, connect or poll asks again
    }
    if (response.status === 403) this.say(text("barred"), "stopped");
    if (!response.ok) return;
    const answer = await response.json();
    heardNow(answer.now);
    if (answer.reload || this.isSomebodyElse(answer)) {
      location.reload();
      return;
    }
    if (this.poll) this.say(text("polling"), "polling");
    showFigures(answer.presence);
    for (const frame of answer.frames) await this.apply(frame);
    this.stream.settleAll(answer.seq);
  }

  async apply(frame) {
    const before = this.querySelectorAll('[id^="idea-"]').length;
    if (frame.fragments) await applyFragments(frame.fragments);
    if (frame.removed) this.take(frame.removed);
    if (frame.figures) showFigures(frame.figures);
    if (frame.phase) await this.onPhase(frame.phase);
    if (frame.refresh) await this.loadMine();
    overlay(this.own);
    this.news += Math.max(0, this.querySelectorAll('[id^="idea-"]').length - before);
    document.dispatchEvent(new CustomEvent("live-applied", { detail: frame }));
  }

  take(handles) {
    const shown = handles.find((handle) => handle.startsWith("detail-") && document.getElementById(handle));
    removeAll(handles);
    if (shown) this.say(text("gone"), "stopped");
  }

  async onPhase(phase) {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * SPREAD_MS));
    await refreshParts();
    this.phaseNews = phase.closed ? text("closed") : text("phase");
  }

  async loadMine() {
    if (!this.dataset.mine) return;
    const response = await fetch(this.dataset.mine, { headers: { Accept: "application/json" } });
    if (!response.ok) return;
    this.own = await response.json();
    const section = document.getElementById("mine");
    if (section && this.own.html) await morph(section, this.own.html);
    overlay(this.own);
  }

  say(words, state) {
    const line = document.getElementById("connection");
    if (!line) return;
    line.dataset.state = state;
    if (line.textContent !== words) line.textContent = words;
  }

  // Screen readers hear a digest, not every card.
  announce() {
    const words = [];
    if (this.phaseNews) words.push(this.phaseNews);
    if (this.news) words.push(text("news", { n: this.news }));
    this.phaseNews = null;
    this.news = 0;
    const announcer = document.getElementById("announcer");
    if (announcer && words.length) announcer.textContent = words.join(" ");
  }

  // Somebody types in here: the others see that, not what.
  composing() {
    let told = 0;
    this.addEventListener("input", () => {
      if (Date.now() - told < 3000 || !this.socket.connected) return;
      told = Date.now();
      this.socket.emit("typing", { room: this.room });
    });
  }
}

customElements.define("live-room", LiveRoom);
