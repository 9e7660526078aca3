// <live-room>: keeps the page it wraps equal to a fresh one, over the socket or, where none opens, by asking.
import { heardNow } from "../helpers/clock.js";
import { watchKeyboard } from "../helpers/keyboard.js";
import { text } from "../helpers/texts.js";
import * as page from "../stream/apply.js";
import { Digest } from "../stream/digest.js";
import { pointAt } from "../stream/pointing.js";
import { openSocket } from "../stream/socket.js";
import { Stream } from "../stream/stream.js";

const POLL_MS = 4000;
const CALM_MS = 2500; // a short drop is nobody's business
const FRAME_GRACE_MS = 400; // a beat may overtake a frame that is about to be sent
const SPREAD_MS = 300; // so that a whole hall does not ask at the same instant
const EVENTS = ["fragments", "refresh", "figures", "phase"];
const MARKS = { 60: "minute-left", 10: "seconds-left", 0: "time-up" };

class LiveRoom extends HTMLElement {
  connectedCallback() {
    const { challenge, epoch, seq, lanes, live, reveals, focus, position, locked, paused } = this.dataset;
    this.room = `challenge-${challenge}`;
    this.reveals = reveals === undefined ? Infinity : Number(reveals); // not every page shows them
    this.phase = { position: Number(position), locked: locked !== undefined, paused_at: paused };
    this.focused = focus ?? null;
    this.digest = new Digest((words) => this.speak(words));
    this.newIdeas = (n) => text("news", { n });
    this.stream = new Stream(lanes.split(" "), epoch, Number(seq));
    this.own = { handles: [], marks: {} };
    this.work = Promise.resolve();
    this.socket = openSocket(live.slice(0, live.indexOf("/challenges/")));
    this.socket.on("connect", () => this.join());
    this.socket.on("disconnect", (reason) => this.onDisconnect(reason));
    this.socket.on("connect_error", () => this.wentOffline());
    this.socket.on("beat", (beat) => this.onBeat(beat));
    this.socket.on("presence", (counts) => this.onPresence(counts));
    for (const event of EVENTS) this.socket.on(event, (frame) => this.enqueue(() => this.onFrame(frame)));
    if (this.socket.connected) this.join();
    else this.wentOffline(); // asks until the socket is there: it may never be
    this.enqueue(() => this.loadMine());
    this.addEventListener("mine-changed", () => this.enqueue(() => this.loadMine()));
    addEventListener("offline", () => this.say(text("offline"), "offline"));
    document.addEventListener("clock-mark", ({ detail }) => this.onMark(detail));
    this.composing();
    watchKeyboard();
    pointAt(this.focused, { isMoving: true });
  }

  disconnectedCallback() {
    this.digest.stop();
    clearInterval(this.poll);
  }

  // One thing after the other: a frame must not overtake a catch-up.
  enqueue(job) {
    this.work = this.work.then(job).catch((error) => console.warn("live-room", error));
    return this.work;
  }

  // A big screen only watches: it is nobody in the room, and hears what the whole room hears.
  get knock() {
    return this.watches ? { room: this.room, screen: true } : { room: this.room };
  }

  get watches() {
    return this.dataset.watches !== undefined;
  }

  async join() {
    const answer = await this.socket
      .timeout(8000)
      .emitWithAck("join", this.knock)
      .catch(() => null);
    if (!answer) return;
    if (!answer.ok) {
      this.say(text(answer.error === "barred" ? "barred" : "reload"), "stopped");
      this.socket.disconnect();
      return;
    }
    clearInterval(this.poll);
    clearTimeout(this.calm);
    this.poll = null;
    if (this.isSomebodyElse(answer)) {
      location.reload();
      return;
    }
    document.dispatchEvent(new CustomEvent("room-joined", { detail: answer }));
    if (answer.epoch !== this.stream.epoch) this.enqueue(() => this.startOver());
    else if (answer.seq > this.stream.since) this.enqueue(() => this.catchUp());
    this.enqueue(() => this.socket.connected && this.say(text("online"), "online"));
    this.mayFacilitate(answer.facilitates);
  }

  // Facilitation was given or taken meanwhile: the menu offers the console, or the console is left.
  mayFacilitate(may) {
    const could = this.dataset.facilitates !== undefined;
    if (!may && this.stream.lanes.includes("facilitators")) location.reload();
    else if (this.dataset.mine && may !== could) {
      this.toggleAttribute("data-facilitates", may);
      if (may) this.digest.say(text("facilitates"));
      this.enqueue(() => this.refresh());
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
    this.calm = setTimeout(() => this.poll && this.say(text("offline"), "offline"), CALM_MS);
  }

  async onFrame(frame) {
    const verdict = this.stream.judge(frame);
    if (verdict === "ignore") return;
    if (verdict === "gap") {
      await this.catchUp();
      return;
    }
    await this.apply(frame, { isLive: true });
    this.stream.settle(frame.lane, frame.seq);
  }

  onBeat({ lane, epoch, seq, now }) {
    heardNow(now);
    if (epoch !== this.stream.epoch) this.enqueue(() => epoch !== this.stream.epoch && this.startOver());
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
    if (this.watches) url.searchParams.set("screen", "1");
    let response;
    if (document.getElementById("connection")?.dataset.state === "offline") this.say(text("catching"), "catching");
    try {
      response = await fetch(url, { headers: { Accept: "application/json" } });
    } catch {
      if (this.poll) this.say(text("offline"), "offline");
      return; // no network: the next beat, connect or poll asks again
    }
    if (response.status === 403) this.say(text("barred"), "stopped");
    if (!response.ok) return;
    const answer = await response.json();
    heardNow(answer.now);
    if (this.isSomebodyElse(answer)) {
      location.reload();
      return;
    }
    if (answer.reload) {
      await this.startOver();
      return;
    }
    if (this.poll) this.say(text("polling"), "polling");
    if (answer.presence) this.onPresence(answer.facilitation ?? answer.presence);
    for (const frame of answer.frames) await this.apply(frame, { isLive: false });
    this.stream.settleAll(answer.seq);
    if (this.poll && answer.ready !== undefined)
      document.dispatchEvent(new CustomEvent("caught-up", { detail: answer }));
  }

  // The gap is too long, or a backup was restored: everything live anew, and the page with what is typed stays.
  async startOver() {
    const fresh = await page.fetchPage();
    const room = fresh?.querySelector("live-room");
    if (!room) return;
    await page.takeAll(fresh);
    this.stream = new Stream(this.stream.lanes, room.dataset.epoch, Number(room.dataset.seq));
    this.reveals = Number(room.dataset.reveals ?? this.reveals);
    await this.loadMine();
    this.pointTo(room.dataset.focus ?? null);
    this.applied({});
  }

  // What comes while one watches is shown coming; after a gap the page just shows how it stands.
  async apply(frame, { isLive }) {
    const { fragments, removed, figures, phase, refresh, lists } = frame;
    const before = this.ideas;
    const isReveal = Boolean(phase) && phase.reveals > this.reveals;
    const fresh = phase ? await this.fetchSpread() : null; // fetched first, so that all of it changes at once
    if (lists && !phase) await this.spread();
    if (lists) await this.takeLists(isReveal && isLive);
    else if (isReveal && isLive) await this.reveal(fragments ?? []);
    else if (fragments) await page.applyFragments(fragments, isLive ? "is-new" : "");
    if (removed) this.take(removed);
    if (figures) page.showFigures(figures);
    if (fresh) await this.changePhase(phase, fresh);
    if (refresh) await this.loadMine();
    page.overlay(this.own);
    if (phase) this.pointTo(phase.focus);
    if (isReveal) this.digest.say(text("revealed", { n: this.ideas }));
    else this.digest.count(this.ideas - before, this.newIdeas);
    this.applied(frame);
  }

  // What only the sockets know is not in the parts that the server drew anew.
  applied(frame) {
    if (this.counts) page.showFigures(this.counts);
    document.dispatchEvent(new CustomEvent("live-applied", { detail: frame }));
  }

  get ideas() {
    return this.querySelectorAll('li[id^="idea-"]').length;
  }

  async reveal(fragments) {
    await page.revealFragments(fragments);
    this.showList();
  }

  // More was touched than a frame holds. A ballot and a big screen look after themselves when they hear of it.
  async takeLists(isReveal) {
    if (!document.querySelector("[data-sort][id]")) return;
    if (document.getElementById("ideas") && !document.querySelector("[id^='detail-']")) {
      await page.takeTable(await page.fetchTable(this.dataset.table), isReveal);
      if (isReveal) this.showList();
      return;
    }
    const fresh = await page.fetchPage();
    if (fresh) await page.takeAll(fresh);
  }

  showList() {
    const list = document.getElementById("ideas");
    const isTyping = document.activeElement?.matches("textarea, input");
    if (list && !isTyping) list.closest("section").scrollIntoView({ block: "start", behavior: "instant" });
  }

  take(handles) {
    const shown = handles.find((handle) => handle.startsWith("detail-") && document.getElementById(handle));
    page.removeAll(handles);
    if (shown) this.say(text("gone"), "stopped");
  }

  spread() {
    return new Promise((resolve) => setTimeout(resolve, Math.random() * SPREAD_MS));
  }

  async fetchSpread() {
    await this.spread();
    return page.fetchParts();
  }

  async changePhase(phase, fresh) {
    const before = this.phase;
    this.phase = phase;
    const noticed = this.notice;
    await page.takeParts(fresh);
    this.reveals = phase.reveals ?? this.reveals;
    this.dataset.reveals = this.reveals;
    if (phase.closed) this.digest.say(text("closed"));
    else if (phase.position !== before.position) this.digest.say(text("phase", { name: nameOfNow() }));
    if (this.notice && this.notice !== noticed) this.digest.say(text("notice", { words: this.notice }));
    if (phase.locked !== before.locked) this.digest.say(text(phase.locked ? "locked" : "unlocked"));
    if (Boolean(phase.paused_at) !== Boolean(before.paused_at))
      this.digest.say(text(phase.paused_at ? "paused" : "resumed"));
  }

  get notice() {
    return document.querySelector("#said [data-words]")?.textContent ?? "";
  }

  // The clock of this page has come to a mark; at its end the server takes nothing any more, and says so in its parts.
  onMark({ left }) {
    if (MARKS[left]) this.digest.say(text(MARKS[left]));
    if (left !== 0) return;
    this.enqueue(() => this.refresh());
  }

  async refresh() {
    const fresh = await this.fetchSpread();
    if (fresh) await page.takeParts(fresh);
    this.applied({});
  }

  pointTo(handle) {
    const isMoving = handle !== this.focused;
    this.focused = handle;
    const title = pointAt(handle, { isMoving });
    if (isMoving && title) this.digest.say(text("pointed-at", { title }));
  }

  // `people`, who of them does what, is told to facilitators; the figure of that name is another one.
  onPresence(told) {
    const { people: _, ...counts } = told;
    this.counts = counts;
    page.showFigures(counts);
    document.dispatchEvent(new CustomEvent("presence-told", { detail: told }));
  }

  async loadMine() {
    if (!this.dataset.mine) return;
    const response = await fetch(this.dataset.mine, { headers: { Accept: "application/json" } });
    if (!response.ok) return;
    this.own = await response.json();
    const section = document.getElementById("mine");
    if (section && this.own.html) await page.morph(section, this.own.html);
    page.overlay(this.own);
  }

  say(words, state) {
    const line = document.getElementById("connection");
    if (!line) return;
    line.dataset.state = state;
    if (line.textContent !== words) line.textContent = words;
  }

  // Screen readers hear a digest, not every card.
  speak(words) {
    const announcer = document.getElementById("announcer");
    // The same words again are no change that anybody would hear of.
    if (announcer) announcer.textContent = announcer.textContent === words ? `${words}\u00a0` : words;
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

// The phase's name as the path on top has it.
function nameOfNow() {
  return document.querySelector(".phases .is-now")?.firstChild?.textContent.trim() ?? "";
}

customElements.define("live-room", LiveRoom);
