// <room-swarm data-people data-authors data-label>: one dot is one person who is here. It stays where it is while others
// come and go; a ring thinks, a full one has written or is writing, honey is ready. The dot with the halo is this viewer.

const WIDTH = 360;
const HEIGHT = 96;
const MOST = 160;
const RADII = [
  [60, 5.5],
  [96, 4.5],
  [MOST, 3.5],
]; // up to so many dots
const CANDIDATES = 24;

class RoomSwarm extends HTMLElement {
  connectedCallback() {
    this.closing = new AbortController();
    const options = { signal: this.closing.signal };
    document.addEventListener("presence-told", ({ detail }) => this.onPresence(detail), options);
    document.addEventListener("ready-changed", () => this.draw(), options);
    document.addEventListener("live-applied", ({ detail }) => this.onFigures(detail.figures), options);
    this.counts = this.closest("live-room")?.counts; // told before this script was there
    this.draw();
  }

  disconnectedCallback() {
    this.closing.abort();
  }

  onPresence(counts) {
    this.counts = counts;
    this.draw();
  }

  onFigures(figures) {
    if (figures?.authors !== undefined) this.dataset.authors = figures.authors;
    this.draw();
  }

  draw() {
    const svg = this.querySelector("svg");
    if (!this.counts || !svg) return;
    const { here, writing = 0, ready = 0 } = this.counts;
    const written = Math.min(here, Math.max(Number(this.dataset.authors), writing, ready));
    const share = here > MOST ? MOST / here : 1; // past that one dot stands for several; the label tells the true figures
    const kinds = this.kinds(Math.min(here, MOST), Math.round(written * share), Math.round(ready * share));
    const r = RADII.find(([n]) => kinds.length <= n)[1];
    if (svg.dataset.r !== String(r)) this.layOut(svg, r);
    [...svg.querySelectorAll("circle:not(.halo)")].forEach((dot, n) => dot.setAttribute("class", kinds[n] ?? "away"));
    svg.setAttribute("aria-label", this.label({ here, written, ready }));
  }

  label(values) {
    return this.dataset.label.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  // Whoever looks is the first dot, by what this page knows of them.
  kinds(here, written, ready) {
    const kinds = Array.from({ length: here }, (_, n) => (n < ready ? "ready" : n < written ? "written" : "here"));
    if (this.dataset.me === undefined || !here) return kinds;
    const own = this.ownKind;
    const at = kinds.indexOf(own);
    if (at > 0) [kinds[0], kinds[at]] = [kinds[at], kinds[0]];
    kinds[0] = own;
    return kinds;
  }

  get ownKind() {
    if (document.querySelector('ready-button [aria-pressed="true"]')) return "ready";
    return document.querySelector("#mine li") ? "written" : "here";
  }

  layOut(svg, r) {
    svg.dataset.r = r;
    const places = scattered(MOST);
    const dots = places.map(([x, y]) => circle(svg, x, y, r, "away"));
    const halo = circle(svg, ...places[0], r * 2, "halo");
    svg.replaceChildren(...dots, ...(this.dataset.me === undefined ? [] : [halo]));
    svg.classList.toggle("swarm--fine", r < 4);
  }
}

// Each place is the farthest of some from all before it, so any number of them is spread evenly, and the next person
// moves nobody. Always the same places: nothing here is by chance.
function scattered(length) {
  const places = [[WIDTH * 0.62, HEIGHT * 0.4]];
  const random = randomFrom(7);
  while (places.length < length) {
    const candidates = Array.from({ length: CANDIDATES }, () => [
      8 + random() * (WIDTH - 16),
      8 + random() * (HEIGHT - 16),
    ]);
    const far = ([x, y]) => Math.min(...places.map(([a, b], n) => Math.hypot(x - a, y - b) - (n ? 0 : 6)));
    places.push(candidates.reduce((best, place) => (far(place) > far(best) ? place : best)));
  }
  return places;
}

// A row of numbers from 0 to 1 that follows from its seed (Park & Miller 1988).
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
