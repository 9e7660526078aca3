// The items of one queue, kept in this browser: texts in localStorage, one key an item, and files in IndexedDB.
// Where the browser keeps nothing (a private window), an item lives as long as the page.
import { dropFile, keepFile, keptFile } from "./files.js";

export class Store {
  #prefix;
  #unkept = new Map();
  #files = new Map();

  constructor(prefix) {
    this.#prefix = prefix;
  }

  // Another page of this browser may add and remove items: localStorage decides, not a copy of it.
  get items() {
    const found = [...this.#unkept.values()];
    try {
      for (let i = 0; i < localStorage.length; i += 1) {
        const key = localStorage.key(i);
        if (this.holds(key)) found.push(JSON.parse(localStorage.getItem(key)));
      }
    } catch {
      // this browser keeps nothing
    }
    return found;
  }

  // Whether an item would be lost with this page.
  get isFragile() {
    return this.#unkept.size > 0;
  }

  holds(key) {
    return key?.startsWith(this.#prefix) ?? false;
  }

  put(item) {
    try {
      localStorage.setItem(this.#prefix + item.op, JSON.stringify(item));
      this.#unkept.delete(item.op);
    } catch {
      this.#unkept.set(item.op, item);
    }
  }

  putFile(op, file) {
    this.#files.set(op, file);
    keepFile(op, file);
  }

  async fileOf(op) {
    return this.#files.get(op) ?? (await keptFile(op));
  }

  drop({ op, hasFile }) {
    this.#unkept.delete(op);
    try {
      localStorage.removeItem(this.#prefix + op);
    } catch {
      // the item was in #unkept only
    }
    this.#files.delete(op);
    if (hasFile) dropFile(op);
  }
}
