// <fetched-part>: a part with an address of its own (`?part=1`), fetched anew after figures changed, never more often
// than every few seconds; with data-now also at once.
//
// Attributes: data-now data-url
// Sets: data-seconds
import { morph } from "../stream/apply.js";

const SECONDS = 5;

class FetchedPart extends HTMLElement {
  connectedCallback() {
    this.onApplied = ({ detail }) =>
      (detail.figures || detail.fragments || detail.removed || detail.lists) && this.soon();
    document.addEventListener("live-applied", this.onApplied);
    if ("now" in this.dataset) this.renew();
  }

  disconnectedCallback() {
    document.removeEventListener("live-applied", this.onApplied);
    clearTimeout(this.timer);
  }

  soon() {
    this.timer ??= setTimeout(() => this.renew(), 1000 * (this.dataset.seconds ?? SECONDS));
  }

  async renew() {
    this.timer = undefined;
    if (document.hidden) return;
    try {
      const response = await fetch(`${this.dataset.url}?part=1`, { headers: { Accept: "text/html" } });
      if (!response.ok || response.redirected) return;
      const answer = await response.text();
      const page = new DOMParser().parseFromString(answer, "text/html");
      const whole = page.getElementById(this.id); // an answer may bring the part itself, or what goes into it
      const fresh = whole ?? this.cloneNode(false);
      if (!whole) fresh.replaceChildren(...page.body.childNodes);
      delete fresh.dataset.now;
      await morph(this, fresh.outerHTML);
    } catch {
      // no network: the next figures ask again
    }
  }
}

customElements.define("fetched-part", FetchedPart);
