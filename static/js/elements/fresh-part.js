// <fresh-part>: a part that only the server can draw, fetched anew after figures changed, not more often than
// every few seconds.
import { morph } from "../stream/apply.js";

const PAUSE_MS = 10000;

let asked = null; // parts that are due at the same moment share one page

function freshPage() {
  asked ??= fetch(location.href, { headers: { Accept: "text/html" } })
    .then(async (response) =>
      response.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null,
    )
    .finally(() => {
      asked = null;
    });
  return asked;
}

class FreshPart extends HTMLElement {
  connectedCallback() {
    this.onApplied = ({ detail }) => detail.figures && this.soon();
    document.addEventListener("live-applied", this.onApplied);
  }

  disconnectedCallback() {
    document.removeEventListener("live-applied", this.onApplied);
    clearTimeout(this.timer);
  }

  soon() {
    this.timer ??= setTimeout(() => this.renew(), PAUSE_MS);
  }

  async renew() {
    this.timer = undefined;
    if (document.hidden) return;
    try {
      const fresh = (await freshPage())?.getElementById(this.id);
      if (fresh) await morph(this, fresh.outerHTML);
    } catch {
      // no network: the next figures ask again
    }
  }
}

customElements.define("fresh-part", FreshPart);
