// Frames into the page. All HTML comes from the server; here it is only put where it belongs.
import htmx from "../../vendor/htmx.esm.min.js";

// What the page itself laid over a fragment survives the next version of it.
htmx.config.morphIgnore = ["data-htmx-powered", "aria-pressed", "open"];

export async function morph(element, html) {
  await htmx.swap({ target: element, text: html, swap: "outerMorph", sourceElement: element });
}

export async function applyFragments(fragments) {
  for (const fragment of fragments) await applyFragment(fragment);
}

async function applyFragment({ handle, html, order, into }) {
  const present = document.getElementById(handle);
  const container = into && document.getElementById(into);
  if (present && (!container || present.parentElement === container)) return morph(present, html);
  if (!container) return undefined;
  if (present) takeAway(present);
  const fresh = document.createRange().createContextualFragment(html).firstElementChild;
  fresh.classList.add("is-new");
  container.insertBefore(fresh, follower(container, order));
  return undefined;
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

// Who has just dealt with one thing by keyboard goes on with the next of its list, not at the top of the page.
function takeAway(element) {
  const hadFocus = element.contains(document.activeElement);
  const next = element.nextElementSibling ?? element.previousElementSibling;
  element.remove();
  if (hadFocus) next?.querySelector("a, button")?.focus();
}

export function showFigures(figures) {
  for (const [name, value] of Object.entries(figures)) {
    for (const element of document.querySelectorAll(`[data-figure="${name}"]`)) element.textContent = value;
  }
}

// What only the page knows (whose it is, how the viewer voted) is laid over neutral fragments.
export function overlay({ handles, marks }) {
  const own = new Set(handles);
  for (const element of document.querySelectorAll("[data-order]")) {
    element.classList.toggle("is-mine", own.has(element.id));
  }
  for (const element of document.querySelectorAll("[data-entry]")) {
    const mark = marks[element.dataset.entry];
    if (mark === undefined) delete element.dataset.mark;
    else element.dataset.mark = mark;
  }
}

// Fetch this page anew and take over its parts that depend on the phase; typed text survives the morph.
export async function refreshParts() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (response.redirected) {
    location.assign(response.url);
    return;
  }
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-phase-part]")) {
    const next = fresh.getElementById(part.id);
    if (next) await morph(part, next.outerHTML);
    else part.remove();
  }
}
