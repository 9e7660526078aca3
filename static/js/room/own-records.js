// The viewer's own records: which ideas are theirs, and their marks. Pushed fragments are the same for everybody, so
// the page fetches these and lays them over.
import * as page from "../stream/apply.js";

export class OwnRecords {
  #address;
  #records = { handles: [], marks: {} };

  // `address`: where to fetch them; undefined for viewers who own nothing.
  constructor(address) {
    this.#address = address;
  }

  // Resolves to the records and the time at which they were asked for, or to null.
  async load() {
    if (!this.#address) return null;
    const askedAt = performance.now();
    const response = await fetch(this.#address, { headers: { Accept: "application/json" } });
    if (!response.ok) return null;
    this.#records = await response.json();
    const section = document.getElementById("mine");
    if (section && this.#records.html) await page.morph(section, this.#records.html);
    this.overlay();
    return { ...this.#records, askedAt };
  }

  overlay() {
    page.overlay(this.#records);
  }
}
