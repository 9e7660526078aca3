// Keeps the lanes of a page in step with the server: applies frames in order and fetches what a gap left out.
//
// Page: data-epoch data-seq
import { heardNow } from "../helpers/clock.js";
import { text } from "../helpers/texts.js";
import * as page from "../stream/apply.js";
import { Lanes } from "../stream/lanes.js";
import { isShownOffline, showStatus } from "./status.js";

// The room does not exist for a browser without its cookie.
const NOT_KNOWN = [401, 404];
const FRAME_GRACE_MS = 400; // a beat may overtake a frame that is about to be sent

export class CatchUp {
  #address;
  #isScreen;
  #lanes;
  #frames;
  #connection;

  // `names`, `epoch` and `seq`: the lanes of the page and where it stands on them.
  constructor({ address, isScreen, names, epoch, seq }, frames, connection) {
    this.#address = address;
    this.#isScreen = isScreen;
    this.#lanes = new Lanes(names, epoch, seq);
    this.#frames = frames;
    this.#connection = connection;
  }

  get lanes() {
    return this.#lanes.names;
  }

  // Whether this page belongs to another person than the answer: the browser was handed over meanwhile.
  isOfSomebodyElse({ participant }) {
    const own = this.lanes.find((lane) => lane.startsWith("participant-"));
    return own !== undefined && own !== participant;
  }

  async take(frame) {
    const verdict = this.#lanes.judge(frame);
    if (verdict === "gap") await this.run();
    if (verdict !== "apply") return;
    await this.#frames.apply(frame, { isLive: true });
    this.#lanes.advance(frame.lane, frame.seq);
  }

  // Brings the page to `epoch` and `seq`, if it is behind.
  async reach({ epoch, seq }) {
    if (epoch !== this.#lanes.epoch) await this.startOver();
    else if (seq > this.#lanes.since) await this.run();
  }

  // Resolves to whether a lane is still behind the beat when the frame should have come.
  async isBehind({ lanes, epoch }) {
    const isBehind = () => Object.entries(lanes).some(([lane, seq]) => this.#lanes.isBehind(lane, seq));
    if (epoch !== this.#lanes.epoch) return true;
    if (!isBehind()) return false;
    await new Promise((resolve) => setTimeout(resolve, FRAME_GRACE_MS));
    return isBehind();
  }

  async run() {
    if (isShownOffline()) showStatus(text("catching"), "catching");
    const response = await fetch(this.#url, { headers: { Accept: "application/json" } }).catch(() => null);
    const { isPolling } = this.#connection;
    if (!response && isPolling) showStatus(text("offline"), "offline");
    if (response?.status === 403) showStatus((await response.json()).error, "stopped");
    if (NOT_KNOWN.includes(response?.status)) showStatus(text("signed-out"), "stopped");
    if (!response?.ok) return; // the next beat, connection or poll asks again
    const answer = await response.json();
    heardNow(answer.now);
    if (this.isOfSomebodyElse(answer)) {
      location.reload();
      return;
    }
    if (answer.reload) {
      await this.startOver();
      return;
    }
    if (isPolling) showStatus(text("polling"), "polling");
    if (answer.presence) this.#frames.presence.receive(answer.facilitation ?? answer.presence);
    for (const frame of answer.frames) await this.#frames.apply(frame, { isLive: false });
    this.#lanes.advanceAll(answer.seq);
    if (isPolling && answer.ready !== undefined) {
      document.dispatchEvent(new CustomEvent("caught-up", { detail: answer }));
    }
  }

  // The gap is too long, or a backup was restored: everything live is fetched anew. The page stays, and what is typed.
  async startOver() {
    const fresh = await page.fetchPage();
    const room = fresh?.querySelector("live-room");
    if (!room) return;
    await this.#frames.replaceAll(fresh, room.dataset);
    this.#lanes = new Lanes(this.lanes, room.dataset.epoch, Number(room.dataset.seq));
  }

  get #url() {
    const url = new URL(this.#address, location.href);
    url.searchParams.set("since", this.#lanes.since);
    url.searchParams.set("epoch", this.#lanes.epoch);
    url.searchParams.set("lanes", this.lanes.join(","));
    if (this.#isScreen) url.searchParams.set("screen", "1");
    return url;
  }
}
