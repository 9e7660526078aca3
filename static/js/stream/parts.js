// Parts of a page: the server draws each <live-part> anew at the address of its page plus `/parts` (docs/protocol.md).
//
// Page: data-from data-on data-parts data-sort
import { morph } from "./apply.js";
import { glide } from "./places.js";

const due = new Map(); // address: the parts that the next request asks for

// Fetches the parts of this page that depend on the phase. Resolves to a function that puts them into the page, so that
// the caller can choose the moment. Rejects if the server does not answer.
export async function fetchParts() {
  const page = await fetchFrom(pageAddress());
  return async () => page && takeParts(page);
}

// Takes over the parts that depend on the phase from a fresh page. Typed text survives the morph.
export async function takeParts(page) {
  for (const part of document.querySelectorAll('live-part[data-on~="phase"]:not([data-from])')) {
    const next = page.getElementById(part.id);
    if (next) await morph(part, next.outerHTML);
    else part.remove();
  }
}

// Renews a part soon. Parts of one address that are due together share a request.
export function renewPart(part) {
  const address = addressOf(part);
  if (!due.has(address)) {
    due.set(address, new Set());
    setTimeout(() => renewDue(address));
  }
  due.get(address).add(part);
}

function renewDue(address) {
  const parts = [...due.get(address)];
  due.delete(address);
  renewParts(address, parts).catch(() => undefined); // no network: the next change asks again
}

// Renews these parts of one address now. Rejects if the server does not answer.
export async function renewParts(address, parts) {
  const ids = parts.map(({ id }) => id);
  const page = await fetchFrom(address, ids);
  for (const part of parts) {
    const next = page?.getElementById(part.id);
    if (!next) continue;
    const fresh = part.dataset.from ? part.cloneNode(false) : next; // a part of another page keeps its own attributes
    if (part.dataset.from) fresh.replaceChildren(...next.childNodes);
    await glide(part, () => morph(part, fresh.outerHTML));
  }
}

// Renews the parts that this page fetched because it is wide; a fresh page comes without them.
export async function renewWideParts() {
  const wide = [...document.querySelectorAll('live-part[data-on~="wide"]')];
  const parts = wide.filter((part) => part.querySelector("[data-sort]"));
  if (parts.length) await renewParts(pageAddress(), parts);
}

// The parts as a document, or null where the page's address leads somewhere else by now.
async function fetchFrom(address, ids = []) {
  const url = new URL(address, location.href);
  if (address === pageAddress()) url.search = location.search;
  if (ids.length) url.searchParams.set("only", ids.join(","));
  const response = await fetch(url, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(`${response.status}`); // the next catch-up asks again
  if (!response.redirected) return new DOMParser().parseFromString(await response.text(), "text/html");
  location.assign(response.url);
  return null;
}

function addressOf(part) {
  return part.dataset.from ?? pageAddress();
}

// The address of this page's own parts.
export function pageAddress() {
  return document.querySelector("live-room").dataset.parts;
}
