// <live-part>: a part of a page that the server draws anew (stream/parts.js). data-on says after what, as words:
// "phase" (the room does this), "figures" and "content" (ideas and arguments; each at most every data-seconds), "records"
// (the ideas in data-records), "own" (the viewer's own records), "news" (the viewer was told something), "start" (at
// once), "wide" (once the page is wide enough to show it). With data-from the part comes from the parts of another page.
//
// Attributes: data-on data-records data-seconds
import { pageAddress, renewPart, renewParts } from "../stream/parts.js";

const SECONDS = 5;
const WIDE = matchMedia("(min-width: 60rem)"); // where .only-wide is shown

class LivePart extends HTMLElement {
  #timer;
  #closing;
  #isFilled = false;
  #isStale = false; // it changed while nobody looked

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    document.addEventListener("live-applied", ({ detail }) => this.#isTouchedBy(detail) && this.#renewSoon(), options);
    document.addEventListener("news-told", () => this.#isOn("news") && this.#renewSoon(), options);
    document.addEventListener("visibilitychange", () => this.#isStale && this.#renewSoon(), options);
    if (this.#isOn("start")) renewPart(this);
    if (this.#isOn("wide")) {
      WIDE.addEventListener("change", () => this.#fillIfWide(), options);
      this.#fillIfWide();
    }
  }

  disconnectedCallback() {
    this.#closing.abort();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  // A job among the frames: later frames come after it, and nothing older overwrites it.
  async #fillIfWide() {
    if (!WIDE.matches || this.#isFilled) return;
    this.#isFilled = true;
    await customElements.whenDefined("live-room");
    const room = this.closest("live-room");
    room.enqueue(async () => {
      try {
        await renewParts(pageAddress(), [this]);
      } catch {
        this.#isFilled = false; // no network: the next change of the width asks again
      }
      room.overlay();
      document.dispatchEvent(new CustomEvent("live-applied", { detail: {} })); // presence is laid over it
    });
  }

  #isOn(word) {
    return (this.dataset.on ?? "").split(" ").includes(word);
  }

  #isTouchedBy({ figures, fragments, removed, lists, refresh }) {
    if (refresh && this.#isOn("own")) return true;
    if (figures && this.#isOn("figures")) return true;
    if ((fragments || removed || lists) && this.#isOn("content")) return true;
    return this.#isOn("records") && (lists || this.#names(fragments, removed));
  }

  #names(fragments = [], removed = []) {
    const records = (this.dataset.records ?? "").split(" ");
    return [...fragments.map(({ handle }) => handle), ...removed].some((handle) => records.includes(handle));
  }

  #renewSoon() {
    this.#timer ??= setTimeout(() => this.#renew(), 1000 * (this.dataset.seconds ?? SECONDS));
  }

  #renew() {
    this.#timer = undefined;
    this.#isStale = document.hidden;
    if (!this.#isStale) renewPart(this);
  }
}

customElements.define("live-part", LivePart);
