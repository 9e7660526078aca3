// The idea in the spotlight is marked, and scrolled to when the facilitators put it there. The focus stays where it is.
//
// Page: data-for
// Sets: data-spotlight
import { text } from "../helpers/texts.js";
import { isShown } from "../helpers/visible.js";

export class Spotlight {
  #handle;
  #announcer;

  // `handle` of an idea, or null.
  constructor(handle, announcer) {
    this.#handle = handle;
    this.#announcer = announcer;
    mark(handle, { isNew: true });
  }

  show(handle) {
    const isNew = handle !== this.#handle;
    this.#handle = handle;
    const title = mark(handle, { isNew });
    if (isNew && title) this.#announcer.say(text("spotlight", { title }));
  }
}

// :returns the idea's title, "" where this page shows none.
function mark(handle, { isNew }) {
  const shown = handle && shownFor(handle);
  for (const marked of document.querySelectorAll("[data-spotlight]")) {
    if (marked !== shown) delete marked.dataset.spotlight;
  }
  const link = document.querySelector("#room-notices .spotlight-link"); // leads there from pages that do not show the idea
  if (link) link.hidden = Boolean(shown) && link.dataset.for === handle;
  if (!shown) return link?.querySelector("a")?.textContent ?? "";
  shown.dataset.spotlight = text("in-spotlight");
  if (isNew) shown.scrollIntoView({ block: "center", behavior: isCalm() ? "instant" : "smooth" });
  return spoken(shown.querySelector("h1, h2, h3")?.textContent.trim() ?? "");
}

// A title on a card has soft hyphens (app/platform/hyphens.py), which some screen readers say.
function spoken(title) {
  return title.replaceAll("\u00ad", "");
}

// An idea that lies open comes before its card in the list.
function shownFor(handle) {
  const candidates = [document.getElementById(handle.replace("idea-", "detail-")), document.getElementById(handle)];
  return candidates.find((element) => element && isShown(element));
}

function isCalm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
