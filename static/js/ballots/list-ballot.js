// A ballot on which ideas are weighed against each other. All changes are cast together, a moment after the last one.
//
// Attributes: data-next data-question
// Elements: [data-gone] input | [data-gone] | [data-row] | [data-ideas]
// Page: data-tally data-value
import { BallotElement, touchedBy } from "./ballot-element.js";

const GATHER_MS = 350;

export class ListBallot extends BallotElement {
  stored = {}; // {subject: value} as it was cast last

  // Each rule fills these: the values that the page shows, {subject: value}, and how to set one of them.
  values() {
    return {};
  }
  setValue() {}
  // Draw what follows from the values: what is left, what can't be given any more.
  draw() {}

  begin() {
    for (const [subject, value] of Object.entries(this.queue.unsent(this.dataset.question))) {
      this.setValue(subject, value);
    }
    this.stored = this.#allValues();
    for (const box of this.querySelectorAll("[data-gone] input")) {
      box.addEventListener("change", () => this.changed(), { signal: this.closing.signal });
    }
    document.querySelector("[data-tally]")?.replaceChildren(); // the foot of the list says it
    this.draw();
  }

  // What was given to ideas that are no longer shown. It counts against what is left until it is taken back.
  goneValues() {
    const gone = [...this.querySelectorAll("[data-gone]")];
    return Object.fromEntries(
      gone.map((row) => [row.dataset.gone, row.querySelector("input").checked ? 0 : Number(row.dataset.value)]),
    );
  }

  given() {
    return Object.values(this.#allValues());
  }

  rowOf(subject) {
    return this.querySelector(`[data-row="${subject}"]`);
  }

  changed() {
    const now = this.#allValues();
    const marks = Object.fromEntries(Object.entries(now).filter(([subject, value]) => this.stored[subject] !== value));
    this.stored = now;
    this.draw();
    if (Object.keys(marks).length) this.cast(marks, GATHER_MS);
  }

  onSubmit(event) {
    event.preventDefault();
    const name = event.submitter?.name;
    if (name === "more") this.goTo(withMore(this.dataset.next));
    if (name === "done") document.getElementById("done").requestSubmit();
  }

  // The page shows again what is stored.
  onRefused(marks, error) {
    super.onRefused(marks, error);
    this.#renew(this.reasonFor(error));
  }

  onLive(frame) {
    const { changed, removed } = touchedBy(frame);
    const rows = [...this.querySelectorAll("[data-ideas]")];
    const isTouched = rows.some(({ dataset }) => changed.has(dataset.ideas) || removed.has(dataset.ideas));
    if (frame.lists || isTouched) this.#renew("");
  }

  #allValues() {
    return { ...this.values(), ...this.goneValues() };
  }

  async #renew(words) {
    await this.queue.settled();
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (response.redirected) {
        location.assign(response.url);
        return;
      }
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = response.ok && page.querySelector(this.localName);
      if (!fresh || !this.isConnected) return;
      const here = document.importNode(fresh, true);
      this.replaceWith(here);
      here.say?.(words);
    } catch {
      // no network: the next change shows what is stored
    }
  }
}

function withMore(address) {
  const url = new URL(address, location.href);
  url.searchParams.set("more", "1");
  return url;
}
