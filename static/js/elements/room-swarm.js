// <room-swarm>: a dot is a person who is here. It keeps its place while others come and go. A ring thinks, a full dot
// has written or is writing, a honey dot is ready. With data-me the dot with the halo is the viewer.
//
// Attributes: data-authors data-label data-me
// Elements: svg
// Sets: data-r

const WIDTH = 360;
const HEIGHT = 96;
const MOST = 160;
const RADII = [
  [60, 5.5],
  [96, 4.5],
  [MOST, 3.5],
]; // [up to so many dots, radius]
const CANDIDATES = 24;

class RoomSwarm extends HTMLElement {
  #closing;
  #counts;

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    document.addEventListener("presence", ({ detail }) => this.#onPresence(detail), options);
    document.addEventListener("ready-changed", () => this.#draw(), options);
    document.addEventListener("live-applied", ({ detail }) => this.#onFigures(detail.figures), options);
    this.#counts = this.closest("live-room")?.presence; // may have come before this script
    this.#draw();
  }

  disconnectedCallback() {
    this.#closing.abort();
  }

  #onPresence(counts) {
    this.#counts = counts;
    this.#draw();
  }

  #onFigures(figures) {
    if (figures?.authors !== undefined) this.dataset.authors = figures.authors;
    this.#draw();
  }

  #draw() {
    const svg = this.querySelector("svg");
    if (!this.#counts || !svg) return;
    const { here, writing = 0, ready = 0 } = this.#counts;
    const written = Math.min(here, Math.max(Number(this.dataset.authors), writing, ready));
    // With more people a dot stands for several; the label has the true figures.
    const share = here > MOST ? MOST / here : 1;
    const kinds = this.#kinds(Math.min(here, MOST), Math.round(written * share), Math.round(ready * share));
    const r = RADII.find(([n]) => kinds.length <= n)[1];
    if (svg.dataset.r !== String(r)) this.#layOut(svg, r);
    [...svg.querySelectorAll("circle:not(.halo)")].forEach((dot, n) => dot.setAttribute("class", kinds[n] ?? "away"));
    svg.setAttribute("aria-label", this.#label({ here, written, ready }));
  }

  #label(values) {
    return this.dataset.label.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  // The viewer is the first dot, in the state that this page knows.
  #kinds(here, written, ready) {
    const kinds = Array.from({ length: here }, (_, n) => (n < ready ? "ready" : n < written ? "written" : "here"));
    if (this.dataset.me === undefined || !here) return kinds;
    const own = this.#ownKind;
    const at = kinds.indexOf(own);
    if (at > 0) [kinds[0], kinds[at]] = [kinds[at], kinds[0]];
    kinds[0] = own;
    return kinds;
  }

  get #ownKind() {
    if (document.querySelector('ready-button [aria-pressed="true"]')) return "ready";
    return document.querySelector("#mine li") ? "written" : "here";
  }

  #layOut(svg, r) {
    svg.dataset.r = r;
    const places = scattered(MOST);
    const dots = places.map(([x, y]) => circle(svg, x, y, r, "away"));
    const halo = circle(svg, ...places[0], r * 2, "halo");
    svg.replaceChildren(...dots, ...(this.dataset.me === undefined ? [] : [halo]));
    svg.classList.toggle("swarm--fine", r < 4);
  }
}

// Each place is the one of some candidates that is farthest from all earlier places. So any number of places is spread
// evenly, and a further person moves no dot. The seed is fixed: the places are always the same.
function scattered(length) {
  const places = [[WIDTH * 0.62, HEIGHT * 0.4]];
  const random = randomFrom(7);
  while (places.length < length) {
    const candidates = Array.from({ length: CANDIDATES }, () => [
      8 + random() * (WIDTH - 16),
      8 + random() * (HEIGHT - 16),
    ]);
    const far = ([x, y]) =>
      Math.min(...places.map(([a, b], n) => Math.sqrt((x - a) ** 2 + (y - b) ** 2) - (n ? 0 : 6)));
    places.push(candidates.reduce((best, place) => (far(place) > far(best) ? place : best)));
  }
  return places;
}

// Numbers from 0 to 1 that follow from their seed (Park & Miller 1988).
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

function circle(svg, x, y, r, kind) {
  const dot = document.createElementNS(svg.namespaceURI, "circle");
  dot.setAttribute("cx", x.toFixed(1));
  dot.setAttribute("cy", y.toFixed(1));
  dot.setAttribute("r", r.toFixed(1));
  dot.setAttribute("class", kind);
  return dot;
}

customElements.define("room-swarm", RoomSwarm);
