// Frames and fresh pages into the page. All HTML comes from the server; here it is only put where it belongs.
//
// Page: data-cut data-entry data-figure data-good data-many data-mark data-most data-one data-order data-sort data-stance
// Sets: data-dismissed data-htmx-powered data-spotlight

// What the page itself laid over a fragment survives the fragment's next version.
const KEPT = ["data-htmx-powered", "aria-pressed", "open", "data-dismissed", "data-spotlight"];

// A reveal is one moment: however many cards there are, the last one begins to turn after this time.
const REVEAL_SPREAD_MS = 500;
const REVEAL_STEP_MS = 45;

let morpher = null;

// htmx, whose morph is all that is used of it. It is fetched for the first change of a page: many visits see none.
async function fetchMorpher() {
  const { default: htmx } = await import("../../vendor/htmx.esm.min.js");
  htmx.config.morphIgnore = KEPT;
  return htmx;
}

export async function morph(element, html) {
  if (isDrawn(element, html)) return;
  morpher ??= await fetchMorpher();
  if (element.isConnected) {
    await morpher.swap({ target: element, text: html, swap: "outerMorph", sourceElement: element });
  }
}

// Whether the element looks like this already. Templates are not compared by their content.
function isDrawn(element, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const { children, firstElementChild: fresh } = template.content;
  return children.length === 1 && element.isEqualNode(fresh) && !element.querySelector("template");
}

// `arrival`: a class for new things, which shows how they come in. Resolves to the new elements.
export async function applyFragments(fragments, arrival = "is-new") {
  const fresh = [];
  for (const fragment of fragments) fresh.push(await applyFragment(fragment, arrival));
  return fresh.filter(Boolean);
}

// Cards that were hidden come in together, all in one size and in random order, so that no card is first.
export async function revealFragments(fragments) {
  unfold(await applyFragments(fragments, "is-revealed"));
}

function unfold(cards) {
  const step = Math.min(REVEAL_STEP_MS, REVEAL_SPREAD_MS / cards.length);
  const turns = shuffled(cards.length);
  cards.forEach((card, n) => card.style.setProperty("animation-delay", `${Math.round(turns[n] * step)}ms`));
  for (const card of cards) {
    const settle = () => {
      card.classList.remove("is-revealed");
      card.removeAttribute("style");
    };
    card.addEventListener("animationend", settle, { once: true });
  }
}

// The list of ideas and the groups above it, where more was touched than frames tell one by one. At a reveal new cards
// unfold.
export async function takeList(page, isReveal) {
  const before = new Set(cardsOf("ideas").map(({ id }) => id));
  for (const id of ["groups", "ideas"]) {
    const list = document.getElementById(id);
    if (list) await morph(list, page.getElementById(id).outerHTML);
  }
  if (!isReveal) return;
  const fresh = cardsOf("ideas").filter(({ id }) => !before.has(id));
  for (const card of fresh) card.classList.add("is-revealed");
  unfold(fresh);
}

function cardsOf(list) {
  return [...document.getElementById(list).children];
}

// The list of ideas with its groups, as everybody in the room sees it.
export async function fetchList(address) {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(`${response.status}`); // the next catch-up asks again
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

function shuffled(length) {
  const numbers = Array.from({ length }, (_, n) => n);
  for (let n = length - 1; n > 0; n -= 1) {
    const other = Math.floor(Math.random() * (n + 1));
    [numbers[n], numbers[other]] = [numbers[other], numbers[n]];
  }
  return numbers;
}

async function applyFragment({ handle, html, order, into }, arrival) {
  const present = document.getElementById(handle);
  const container = into && document.getElementById(into);
  const list = present?.parentElement.id ?? "";
  // Arguments move with a merged idea: this page may lack the list in which they are now.
  const hasMoved = list.startsWith("arguments-") && list !== into;
  if (present && !hasMoved && (!container || present.parentElement === container)) {
    await morph(present, html);
    return null;
  }
  if (present) takeAway(present);
  if (!container) return null;
  if ("cut" in container.dataset) return null; // a page in the middle of a list: its panel is fetched anew
  const fresh = document.createRange().createContextualFragment(html).firstElementChild;
  if (arrival) fresh.classList.add(arrival);
  if (container.dataset.sort === "turns") insertInTurn(container, fresh);
  else container.insertBefore(fresh, follower(container, order));
  return isWithin(container, fresh) ? fresh : null;
}

// The latest argument is the second of its side, as on a fresh page, and both sides alternate again. What has the focus
// keeps it.
function insertInTurn(container, fresh) {
  const { activeElement } = document;
  const { stance } = fresh.dataset;
  const [first] = [...container.children].filter((child) => child.dataset.stance === stance);
  if (first) first.after(fresh);
  else container.append(fresh);
  inTurn([...container.children]).forEach((child, n) => {
    if (container.children[n] !== child) container.insertBefore(child, container.children[n]);
  });
  if (container.contains(activeElement)) activeElement.focus({ preventScroll: true });
}

// The side of the first one begins; one side goes on where the other has ended.
function inTurn(children) {
  const isFirst = ({ dataset }) => dataset.stance === children[0].dataset.stance;
  const one = children.filter(isFirst);
  const other = children.filter((child) => !isFirst(child));
  return Array.from({ length: Math.max(one.length, other.length) }, (_, n) => [one[n], other[n]])
    .flat()
    .filter(Boolean);
}

// A page of a long list holds so many at the most; the last one moves to the next page.
function isWithin(container, fresh) {
  const cards = cardsAlone(container);
  if (!container.dataset.most || cards.length <= Number(container.dataset.most)) return true;
  const last = cards.at(-1);
  if (!last.contains(document.activeElement)) last.remove();
  return last !== fresh;
}

// The cards of a list that are drawn: not those of ideas that stand on the card of a group by now.
export function cardsAlone(list) {
  return [...list.children].filter((card) => !card.matches(".idea--grouped"));
}

// The first child that belongs behind `order` in a list sorted by data-order.
function follower(container, order) {
  const descending = container.dataset.sort === "desc";
  const isBehind = (child) => (descending ? Number(child.dataset.order) < order : Number(child.dataset.order) > order);
  return [...container.children].find(isBehind) ?? null;
}

export function removeAll(handles) {
  for (const handle of handles) {
    const gone = document.getElementById(handle);
    if (gone) takeAway(gone);
  }
}

// A keyboard user who has dealt with an item goes on with the next one of its list, not at the top of the page.
function takeAway(element) {
  const hadFocus = element.contains(document.activeElement);
  const next = element.nextElementSibling ?? element.previousElementSibling;
  element.remove();
  if (hadFocus) next?.querySelector("a, button")?.focus();
}

// The unit beside a figure follows it: one idea, two ideas.
export function showFigures(figures) {
  const all = "ideas" in figures ? { ...figures, written: figures.ideas + (figures.sealed ?? 0) } : figures;
  for (const [name, value] of Object.entries(all)) {
    for (const element of document.querySelectorAll(`[data-figure="${name}"]`)) showFigure(element, value);
  }
}

function showFigure(element, value) {
  element.textContent = value;
  const unit = element.nextElementSibling;
  if (unit?.dataset.one) unit.textContent = value === 1 ? unit.dataset.one : unit.dataset.many;
}

// What the page alone knows (whose an idea is, how the viewer voted) is laid over fragments that are the same for all.
export function overlay({ handles, marks, points = [] }) {
  const own = new Set(handles);
  for (const element of document.querySelectorAll("[data-order]")) {
    element.classList.toggle("is-mine", own.has(element.id));
  }
  for (const element of document.querySelectorAll("[data-good]")) {
    const isMarked = points.includes(Number(element.dataset.good));
    element.setAttribute("aria-pressed", isMarked);
    element.value = isMarked ? "marked" : "unmarked"; // a double click marks, and takes nothing back
  }
  for (const element of document.querySelectorAll("[data-entry]")) {
    const mark = marks[element.dataset.entry];
    if (mark === undefined) delete element.dataset.mark;
    else element.dataset.mark = mark;
  }
}

// This page as the server draws it now, or null where its address leads somewhere else by now.
export async function fetchPage() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(`${response.status}`); // the next catch-up asks again
  if (!response.redirected) return new DOMParser().parseFromString(await response.text(), "text/html");
  location.assign(response.url);
  return null;
}

// Takes over lists, the idea that lies open and figures from a fresh page. For a gap that is too long to be told piece
// by piece; the page itself stays, and what is typed.
export async function takeAll(page) {
  for (const live of document.querySelectorAll("[data-sort][id], [id^='detail-']")) {
    const next = page.getElementById(live.id);
    if (next) await morph(live, next.outerHTML);
    else if (live.id.startsWith("detail-")) live.remove();
  }
  for (const figure of page.querySelectorAll("[data-figure]")) {
    const value = Number(figure.textContent.replace(/\D/g, ""));
    if (/\d/.test(figure.textContent)) showFigures({ [figure.dataset.figure]: value });
  }
}
