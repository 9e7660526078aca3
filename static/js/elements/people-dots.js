// <people-dots>: a dot is a person. Each keeps their place while others come. A ring is here, a full dot has written
// (or, with data-counts="voted", has voted), a honey dot is ready. data-shape is "field" or "halo" (around a disc).
//
// Attributes: data-counts data-full data-joined data-shape data-share
// Elements: svg | p
// Page: data-figure
const DOTS_MAX = 480; // with more people a dot stands for several
const TIERS = [40, 80, 160, 320, DOTS_MAX]; // how many dots each size has room for
const GOLDEN = Math.PI * (3 - Math.sqrt(5));
const [STEP_X, STEP_Y] = [0.7548776662466927, 0.5698402909980532]; // Roberts 2018: the plane filled evenly, dot by dot

class PeopleDots extends HTMLElement {
  static observedAttributes = ["data-shape", "data-counts", "data-joined", "data-full"];
  #counted;
  #drawn;
  #sized;

  connectedCallback() {
    this.#sized = new ResizeObserver(() => this.#draw());
    this.#sized.observe(this);
    this.#counted = new MutationObserver(() => this.#draw());
    const figures = this.closest("live-room") ?? document.body;
    this.#counted.observe(figures, { childList: true, characterData: true, subtree: true });
  }

  disconnectedCallback() {
    this.#sized?.disconnect();
    this.#counted?.disconnect();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#draw();
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this;
    if (!width || !height) return;
    const counts = this.#counts();
    const key = JSON.stringify([this.dataset.shape, width, height, counts]);
    if (key === this.#drawn) return; // nothing has changed but what this drew
    this.#drawn = key;
    const share = Math.max(1, Math.ceil(counts.all / DOTS_MAX));
    const n = Math.ceil(counts.all / share);
    const { radius, places } = (this.dataset.shape === "halo" ? halo : field)(width, height, n, this.#largest());
    const svg = this.querySelector("svg");
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    while (svg.childElementCount > n) svg.lastElementChild.remove();
    while (svg.childElementCount < n) svg.append(document.createElementNS(svg.namespaceURI, "circle"));
    [...svg.children].forEach((dot, i) => {
      dot.setAttribute("class", kindOf(i * share, counts));
      dot.setAttribute("r", radius(i).toFixed(2));
      dot.setAttribute("cx", places[i][0].toFixed(1));
      dot.setAttribute("cy", places[i][1].toFixed(1));
    });
    this.#tellShare(share);
  }

  // The sockets count who is here; without them all who joined are drawn.
  #counts() {
    const joined = Number(this.dataset.joined);
    const full = Number(this.dataset.full);
    if (this.dataset.counts === "voted")
      return { all: figure("electorate") ?? joined, full: figure("voted") ?? full, ready: 0 };
    const all = figure("here") ?? joined;
    return { all, full: Math.max(full, figure("writing") ?? 0), ready: figure("ready") ?? 0 };
  }

  // A dot is never larger than the letters beside it.
  #largest() {
    return 0.42 * parseFloat(getComputedStyle(this).fontSize);
  }

  #tellShare(share) {
    let note = this.querySelector("p");
    if (share === 1) return note?.remove();
    if (!note) {
      note = document.createElement("p");
      this.append(note);
    }
    note.textContent = this.dataset.share.replace("{n}", share);
    return undefined;
  }
}

function figure(name) {
  for (const element of document.querySelectorAll(`[data-figure="${name}"]`)) {
    if (/^\d+$/.test(element.textContent)) return Number(element.textContent);
  }
  return null;
}

function kindOf(i, { full, ready }) {
  if (i < ready) return "ready";
  return i < full ? "written" : "here";
}

const tierOf = (n) => TIERS.find((tier) => n <= tier) ?? DOTS_MAX;

// Spread over the whole field: the points of a square that lie in the field, at equal distances.
function field(width, height, n, largest) {
  const radius = Math.min(0.24 * Math.sqrt((width * height) / tierOf(n)), height / 8, largest);
  const [inner, across] = [radius * 1.3, Math.max(width, height)];
  const places = [];
  for (let i = 1; places.length < n; i += 1) {
    const [x, y] = [((0.5 + i * STEP_X) % 1) * across, ((0.5 + i * STEP_Y) % 1) * across];
    if (x > inner && x < width - inner && y > inner && y < height - inner) places.push([x, y]);
  }
  return { radius: () => radius, places };
}

// Around the disc, outwards: later people stand farther out and are smaller.
function halo(width, height, n) {
  const outer = Math.min(width, height) / 2;
  const tier = Math.max(80, tierOf(n));
  const disc = outer * 0.635;
  const base = Math.min(outer * 0.034, ((outer - disc) * 1.9) / Math.sqrt(tier));
  const [from, to] = [disc + base * 1.9, outer - base];
  const radius = (i) => base * (1 - (0.35 * i) / tier);
  const places = [];
  for (let i = 0; i < n; i += 1) {
    const far = Math.sqrt(from ** 2 + ((to ** 2 - from ** 2) * (i + 0.5)) / tier);
    places.push([width / 2 + far * Math.cos(i * GOLDEN), height / 2 + far * Math.sin(i * GOLDEN)]);
  }
  return { radius, places };
}

customElements.define("people-dots", PeopleDots);
