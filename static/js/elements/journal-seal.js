// <journal-seal>: keeps the seal of the journal in this browser, and warns if the server's journal no longer contains the
// one that was kept: the history before it was changed, or a backup was restored. A seal covers all that was before it, so
// the latest is enough. A kept seal that does not fit is never replaced.
//
// Attributes: data-url data-key
// Elements: [data-digits] | [data-number] | [data-seal] | [data-broken] | [data-kept]
const DIGITS = 16;

class JournalSeal extends HTMLElement {
  async connectedCallback() {
    const kept = this.#kept;
    const address = kept ? `${this.dataset.url}?since=${kept.seq}` : this.dataset.url;
    try {
      const response = await fetch(address, { headers: { Accept: "application/json" } });
      if (response.ok && this.isConnected) this.#compare(kept, await response.json());
    } catch {
      // no network: the next page asks again
    }
  }

  #compare(kept, { seq, h, then }) {
    if (kept && then !== kept.h) {
      this.querySelector("[data-kept]").textContent = `${kept.seq}:${kept.h.slice(0, DIGITS)}`;
      this.querySelector("[data-broken]").hidden = false;
      return;
    }
    this.#say(seq, h);
    try {
      localStorage.setItem(this.dataset.key, JSON.stringify({ seq, h }));
    } catch {
      // a full or forbidden store keeps nothing
    }
  }

  // Where people write and vote the digits would only be in the way, and the element stands there without them.
  #say(seq, h) {
    const line = this.querySelector("[data-seal]");
    if (!line) return;
    this.querySelector("[data-number]").textContent = seq;
    this.querySelector("[data-digits]").textContent = h.slice(0, DIGITS).match(/.{4}/g).join(" ");
    line.hidden = false;
  }

  get #kept() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.dataset.key));
      return Number.isInteger(kept?.seq) && typeof kept.h === "string" ? kept : null;
    } catch {
      return null;
    }
  }
}

customElements.define("journal-seal", JournalSeal);
