// <presenter-screen>: the page for the projector. It renews its parts when something has happened, lets new cards come
// from the disc, and turns the pages of the result by key. All it shows comes from the server.
//
// Attributes: data-places
// Elements: #stage | .screen-disc__circle | [data-figure]
// Page: data-back data-next data-reveals data-shown data-state
import { csrfHeader } from "../helpers/csrf.js";
import { keyOf } from "../helpers/keys.js";
import { uuid } from "../helpers/uuid.js";
import { fetchParts } from "../stream/parts.js";

const RENEW_MS = 700; // several things at once are shown together
const IDLE_MS = 2500;
const UNFOLD = { duration: 900, easing: "cubic-bezier(0.5, 0, 0.1, 1)", fill: "backwards" };
const APART_MS = 45;
const CENTRE = 190; // of the picture with the disc, in its own units (components/swarm.html)
const FEW = 4; // more new cards at once are a reveal or another page, and come without a movement
const PRESENCE = ["here", "writing", "ready"];
const ONWARD = new Set([" ", "ArrowRight", "PageDown"]);
const BACK = new Set(["ArrowLeft", "PageUp"]);

class PresenterScreen extends HTMLElement {
  #aborter;
  #heard;
  #idling;
  #renewing;
  #seen;
  #stage;
  #turning;
  #turns;
  #watcher;

  connectedCallback() {
    this.#heard = 0;
    this.#turns = 0;
    this.#turning = Promise.resolve();
    this.#aborter = new AbortController();
    const { signal } = this.#aborter;
    this.#stage = this.querySelector("#stage");
    this.#seen = this.#state();
    this.#watcher = new MutationObserver((changes) => this.#onChange(changes));
    this.#watcher.observe(this, {
      childList: true,
      characterData: true,
      subtree: true,
      attributeFilter: ["data-reveals", "data-shown"],
    });
    document.addEventListener("live-applied", ({ detail }) => this.#onApplied(detail), { signal });
    document.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    document.addEventListener("pointermove", () => this.#wakePointer(), { signal });
    document.addEventListener("visibilitychange", () => this.#stayAwake(), { signal });
    this.#wakePointer();
    this.#stayAwake();
  }

  disconnectedCallback() {
    this.#aborter?.abort();
    this.#watcher?.disconnect();
    clearTimeout(this.#renewing);
    clearTimeout(this.#idling);
  }

  // Events

  // A change of phase has renewed the page already.
  #onApplied({ phase }) {
    this.#heard += 1;
    if (!phase) this.#renewSoon();
  }

  #renewSoon() {
    this.#renewing ??= setTimeout(() => this.#renew(), RENEW_MS);
  }

  async #renew() {
    clearTimeout(this.#renewing);
    this.#renewing = undefined;
    const heard = this.#heard;
    const take = await fetchParts().catch(() => null); // no network: the next frame asks again
    await take?.();
    if (heard !== this.#heard) this.#renewSoon(); // the fetched parts may be older than the latest frame
  }

  #state() {
    const { state, reveals, shown } = this.#stage.dataset;
    return { state, reveals: Number(reveals), shown: Number(shown ?? 0) };
  }

  // Runs before the browser paints the change, so that nothing shows before it moves.
  #onChange(changes) {
    this.#showPresence();
    const [was, is] = [this.#seen, this.#state()];
    this.#seen = is;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const fresh = changes
      .flatMap(({ addedNodes }) => [...addedNodes])
      .filter((node) => node.nodeType === Node.ELEMENT_NODE);
    const cards = [...this.#stage.querySelectorAll(".wall__card")];
    if (is.reveals > was.reveals) unfold(shuffled(cards), this.#disc());
    else if (was.state === is.state) {
      const came = cards.filter((card) => fresh.includes(card));
      if (came.length <= FEW) unfold(came, this.#disc());
    }
    if (is.shown > was.shown) this.#showResult(fresh);
  }

  #disc() {
    const box = (this.querySelector(".screen-disc__circle") ?? this.#stage).getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  }

  // The dots move onto the disc, the interval opens from its middle.
  #showResult(fresh) {
    const among = (element) => fresh.some((node) => node.contains(element));
    this.#stage.querySelectorAll(".current-place .yes").forEach((dot, i) => {
      const [x, y] = [dot.cx.baseVal.value - CENTRE, dot.cy.baseVal.value - CENTRE];
      const away = (CENTRE - 6) / Math.hypot(x, y) - 1;
      const from = `translate(${x * away}px, ${y * away}px)`;
      dot.animate([{ transform: from, opacity: 0 }, { opacity: 1, offset: 0.4 }, { transform: "none" }], {
        ...UNFOLD,
        delay: (i % 24) * 12,
      });
    });
    for (const row of this.#stage.querySelectorAll(".shown-place__row")) {
      if (!among(row)) continue;
      row.animate(
        [
          { opacity: 0, transform: "translateY(-1.5rem)" },
          { opacity: 1, transform: "none" },
        ],
        { ...UNFOLD, duration: 320 },
      );
      row.querySelector(".interval")?.animate([{ clipPath: "inset(0 50%)" }, { clipPath: "inset(0 -5%)" }], UNFOLD);
    }
  }

  // A renewed part shows no presence: only the sockets know it.
  #showPresence() {
    for (const name of PRESENCE) {
      // The last one is hidden and has the latest figure.
      const [latest, ...shown] = [...this.querySelectorAll(`[data-figure="${name}"]`)].reverse();
      const words = latest?.textContent;
      if (!words) continue;
      for (const element of shown) if (element.textContent !== words) element.textContent = words;
    }
  }

  // Keys

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (keyOf(event) === "f") this.#fill();
    else if (ONWARD.has(event.key)) this.#onTurn(event, "next");
    else if (BACK.has(event.key)) this.#onTurn(event, "back");
  }

  // One turn after the other, because a page names the next one. A key that is held down must not run ahead.
  #onTurn(event, way) {
    event.preventDefault(); // a space would scroll
    if (event.repeat || this.#turns > 2) return;
    this.#turns += 1;
    this.#turning = this.#turning
      .then(() => this.#turn(this.#stage.dataset[way]))
      .finally(() => {
        this.#turns -= 1;
      });
  }

  #fill() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.().catch(() => undefined);
  }

  async #turn(places) {
    if (places === undefined) return;
    try {
      const body = new URLSearchParams({ places, op: uuid() });
      const answer = await fetch(this.dataset.places, { method: "POST", headers: csrfHeader(), body });
      if (answer.ok) await this.#renew();
    } catch {
      // no network: the key can be pressed again
    }
  }

  #wakePointer() {
    this.classList.remove("is-idle");
    clearTimeout(this.#idling);
    this.#idling = setTimeout(() => this.classList.add("is-idle"), IDLE_MS);
  }

  // Keeps the projector from going dark. A browser releases the lock whenever the page is hidden.
  async #stayAwake() {
    if (document.hidden) return;
    await navigator.wakeLock?.request("screen").catch(() => undefined);
  }
}

// Each card begins as a dot on the disc.
function unfold(cards, [x, y]) {
  const ink = getComputedStyle(document.body).color;
  const starts = cards.map((card) => card.getBoundingClientRect());
  cards.forEach((card, n) => {
    const box = starts[n];
    const move = `translate(${x - box.x - box.width / 2}px, ${y - box.y - box.height / 2}px)`;
    const dot = Math.min(box.width, box.height) * 0.16;
    const small = `scale(${dot / box.width}, ${dot / box.height})`;
    const delay = n * APART_MS;
    card.animate(
      [
        { transform: `${move} ${small}`, borderRadius: "50%", backgroundColor: ink, opacity: 0 },
        { opacity: 1, offset: 0.08 },
        { borderRadius: "50%", backgroundColor: ink, offset: 0.35 },
        { transform: "none" },
      ],
      { ...UNFOLD, delay },
    );
    for (const inner of card.children)
      inner.animate([{ opacity: 0 }, { opacity: 0, offset: 0.6 }, { opacity: 1 }], { ...UNFOLD, delay });
  });
}

function shuffled(items) {
  return items
    .map((item) => [Math.random(), item])
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

customElements.define("presenter-screen", PresenterScreen);
