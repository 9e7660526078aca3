// Frames onto the page of a room: lists, figures, the parts that depend on the phase, and what all of it leads to.
//
// Page: data-cut data-figure data-list data-locked data-paused data-position data-removed data-reveals data-sort
//   data-words
import { text } from "../helpers/texts.js";
import * as page from "../stream/apply.js";
import { fetchParts, pageAddress, renewParts, renewWideParts, takeParts } from "../stream/parts.js";
import { showStatus } from "./status.js";

const SPREAD_MS = 300; // spreads the requests of a whole hall

export class Frames {
  #room;
  #own;
  #spotlight;
  #announcer;
  #phase;
  #reveals;

  // `room`: the <live-room>, whose attributes say where the round stood when the page was made.
  constructor(room, { own, spotlight, announcer, presence }) {
    const { reveals, position, locked, paused } = room.dataset;
    this.#room = room;
    this.#own = own;
    this.#spotlight = spotlight;
    this.#announcer = announcer;
    this.presence = presence;
    this.#phase = { position: Number(position), locked: locked !== undefined, paused_at: paused };
    this.#reveals = reveals === undefined ? Infinity : Number(reveals); // not every page shows them
  }

  // A live frame shows how things come in. After a gap the page shows only how they stand.
  async apply(frame, { isLive }) {
    const { fragments, removed, figures, phase, refresh, lists } = frame;
    const before = this.#ideas;
    const isReveal = Boolean(phase) && phase.reveals > this.#reveals;
    const takeFresh = phase ? await fetchPartsSpread() : null; // fetched first, so that all of it changes at once
    if (lists && !phase) await spread();
    if (lists) await this.#replaceLists(isReveal && isLive);
    else if (isReveal && isLive) await this.#reveal(fragments ?? []);
    else if (fragments) await page.applyFragments(fragments, isLive ? "is-new" : "");
    if (removed) await this.#remove(removed);
    if (figures) page.showFigures(figures);
    if (phase) await this.#changePhase(phase, takeFresh);
    if (refresh) await this.#renewOwn();
    this.#own.overlay();
    if (phase) this.#spotlight.show(phase.spotlight);
    if (isReveal) this.#announcer.say(text("revealed", { n: this.#ideas }));
    else this.#announcer.countIdeas(this.#ideas - before);
    this.#applied(frame);
  }

  // Everything live from a fresh page whose <live-room> has these attributes.
  async replaceAll(fresh, { reveals, spotlightIdea }) {
    await page.takeAll(fresh);
    await takeParts(fresh);
    await renewWideParts();
    this.#reveals = Number(reveals ?? this.#reveals);
    await this.#own.load();
    this.#spotlight.show(spotlightIdea ?? null);
    this.#applied({});
  }

  // The parts that depend on the phase, as the server draws them now.
  async renewParts() {
    const take = await fetchPartsSpread();
    await take();
    this.#applied({});
  }

  // Parts that the server drew anew show no presence.
  #applied(frame) {
    this.presence.show();
    document.dispatchEvent(new CustomEvent("live-applied", { detail: frame }));
  }

  // How many ideas there are; the list shows a page of them.
  get #ideas() {
    return Number(this.#room.querySelector('[data-figure="ideas"]')?.textContent.replace(/\D/g, "") ?? 0);
  }

  async #reveal(fragments) {
    await page.revealFragments(fragments);
    scrollToList();
  }

  // More was touched than a frame holds. A ballot and a big screen renew themselves after such a frame.
  async #replaceLists(isReveal) {
    if (!document.querySelector("[data-sort][id]")) return;
    const list = document.getElementById("ideas");
    if (list && "cut" in list.dataset) {
      await renewParts(pageAddress(), [list.closest("live-part")]);
      return;
    }
    if (list && !document.querySelector("[id^='detail-']")) {
      await page.takeList(await page.fetchList(this.#room.dataset.list), isReveal);
      if (isReveal) scrollToList();
      return;
    }
    const fresh = await page.fetchPage();
    if (!fresh) return;
    await page.takeAll(fresh);
    await takeParts(fresh);
    await renewWideParts();
  }

  // The viewer's own records changed: their ideas, or which of their marks count.
  async #renewOwn() {
    const detail = await this.#own.load();
    if (detail) document.dispatchEvent(new CustomEvent("own-renewed", { detail }));
  }

  async #remove(handles) {
    const shown = handles.find((handle) => handle.startsWith("detail-") && document.getElementById(handle));
    page.removeAll(handles);
    if (!shown) return;
    showStatus(text("gone"), "stopped");
    if (document.querySelector("[data-removed]") && !this.#isTyping) await this.#follow();
  }

  // The page of an idea that was merged leads to the idea that stands for it.
  async #follow() {
    await spread();
    await page.fetchPage().catch(() => null); // the idea is gone for this viewer
  }

  get #isTyping() {
    return [...this.#room.querySelectorAll("textarea")].some(({ value, defaultValue }) => value !== defaultValue);
  }

  async #changePhase(phase, takeFresh) {
    const before = { ...this.#phase, notice: noticeOnPage() };
    this.#phase = phase;
    await takeFresh();
    this.#reveals = phase.reveals ?? this.#reveals;
    this.#room.dataset.reveals = this.#reveals;
    this.#announcer.tellPhase(before, { ...phase, notice: noticeOnPage() });
  }
}

function noticeOnPage() {
  return document.querySelector("#room-notices [data-words]")?.textContent ?? "";
}

function scrollToList() {
  const list = document.getElementById("ideas");
  const isTyping = document.activeElement?.matches("textarea, input");
  if (list && !isTyping) list.closest("live-part").scrollIntoView({ block: "start", behavior: "instant" });
}

async function fetchPartsSpread() {
  await spread();
  return fetchParts();
}

function spread() {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * SPREAD_MS));
}
