// A ballot on which ideas are weighed against each other: what changed is cast as a whole, a moment after the last change.
import { Booth, touchedBy } from "./booth.js";

const GATHER_MS = 350;

export class Sheet extends Booth {
  // For each rule: what stands on the page as {subject: value}, and how to put a value there.
  values() {
    return {};
  }
  lay() {}
  // Draw what follows from the values: what is left, what can't be given any more.
  draw() {}

  begin() {
    for (const [subject, value] of Object.entries(this.outbox.unsent(this.dataset.question))) this.lay(subject, value);
    this.stood = { ...this.values(), ...this.goneValues() };
    for (const box of this.querySelectorAll("[data-gone] input")) {
      box.addEventListener("change", () => this.changed(), { signal: this.stop.signal });
    }
    document.querySelector("[data-tally]")?.replaceChildren(); // the foot says it as it changes
    this.draw();
  }

  // What was given to ideas that are no longer shown; it counts against what is left until it is taken back.
  goneValues() {
    const gone = [...this.querySelectorAll("[data-gone]")];
    return Object.fromEntries(
      gone.map((row) => [row.dataset.gone, row.querySelector("input").checked ? 0 : Number(row.dataset.value)]),
    );
  }

  all() {
    return Object.values({ ...this.values(), ...this.goneValues() });
  }

  rowOf(subject) {
    return this.querySelector(`[data-row="${subject}"]`);
  }

  changed() {
    const now = { ...this.values(), ...this.goneValues() };
    const marks = Object.fromEntries(Object.entries(now).filter(([subject, value]) => this.stood[subject] !== value));
    this.stood = now;
    this.draw();
    if (Object.keys(marks).length) this.put(marks, GATHER_MS);
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
    this.renew(this.why(error));
  }

  onLive(frame) {
    const { changed, removed } = touchedBy(frame);
    const rows = [...this.querySelectorAll("[data-ideas]")];
    if (frame.lists || rows.some(({ dataset }) => changed.has(dataset.ideas) || removed.has(dataset.ideas)))
      this.renew("");
  }

  async renew(words) {
    await this.outbox.flush();
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
      // no network: what is stored is shown at the next change
    }
  }
}

function withMore(address) {
  const url = new URL(address, location.href);
  url.searchParams.set("more", "1");
  return url;
}
