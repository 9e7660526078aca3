// <room-swarm data-people data-authors data-label>: one dot is one person who is here. It stays where it is while others
// come and go; a ring thinks, a full one has written or is writing, honey is ready. The dot with the halo is this viewer.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 360;
const HEIGHT = 96;
const CAPACITIES = [12, 24, 40, 60, 96, 160];
const STRIDE = 89; // neighbours in line are far apart on the table

class RoomSwarm extends HTMLElement {
  connectedCallback() {
    this.closing = new AbortController();
    const options = { signal: this.closing.signal };
    document.addEventListener("presence-told", ({ detail }) => this.onPresence(detail), options);
    document.addEventListener("ready-changed", () => this.draw(), options);
    document.addEventListener("live-applied", ({ detail }) => this.onFigures(detail.figures), options);
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
    const most = CAPACITIES.at(-1);
    const share = here > most ? most / here : 1; // past that one dot stands for several; the label tells the true figures
    const kinds = this.kinds(Math.min(here, most), Math.round(written * share), Math.round(ready * share));
    const capacity = CAPACITIES.find((n) => n >= kinds.length) ?? most;
    if (this.capacity !== capacity || !svg.dataset.drawn) this.layOut(svg, capacity);
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

  layOut(svg, capacity) {
    this.capacity = capacity;
    svg.dataset.drawn = "";
    const rows = Math.max(1, Math.round(Math.sqrt((capacity * HEIGHT) / WIDTH)));
    const columns = Math.ceil(capacity / rows);
    const [gapX, gapY] = [WIDTH / columns, HEIGHT / rows];
    const r = Math.min(5.5, 0.31 * gapX, 0.31 * gapY);
    const places = columns * rows;
    const dots = Array.from({ length: capacity }, (_, n) => {
      const at = (n * STRIDE + Math.floor(places * 0.62)) % places;
      const row = at % rows;
      const swayX = fraction(at * at * 0.3819 + at * 0.754877) - 0.5 + (row % 2 ? 0.35 : -0.35);
      const swayY = fraction(at * at * 0.2113 + at * 0.56984) - 0.5;
      const x = (Math.floor(at / rows) + 0.5) * gapX + swayX * (gapX - 2.3 * r);
      const y = (row + 0.5) * gapY + swayY * (gapY - 2.3 * r);
      return circle(Math.min(Math.max(x, 2 * r + 1), WIDTH - 2 * r - 1), y, r, "away");
    });
    const [first] = dots;
    const halo = circle(first.getAttribute("cx"), first.getAttribute("cy"), r * 2, "halo");
    svg.replaceChildren(...dots, ...(this.dataset.me === undefined ? [] : [halo]));
    svg.classList.toggle("swarm--fine", r < 4);
  }
}

const fraction = (x) => x - Math.floor(x);

function circle(x, y, r, kind) {
  const dot = document.createElementNS(SVG, "circle");
  dot.setAttribute("cx", Number(x).toFixed(1));
  dot.setAttribute("cy", Number(y).toFixed(1));
  dot.setAttribute("r", r.toFixed(1));
  dot.setAttribute("class", kind);
  return dot;
}

customElements.define("room-swarm", RoomSwarm);
