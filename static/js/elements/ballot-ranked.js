// <ballot-ranked>: one's own order. Rows go by buttons, by keys (space takes one up, or Alt with an arrow) and by drag.
import { isShown } from "../helpers/visible.js";
import { Sheet } from "../stream/sheet.js";

const EDGE_PX = 80; // so near to the edge of the screen a drag scrolls

class BallotRanked extends Sheet {
  begin() {
    this.list = this.querySelector("[data-ranked]");
    this.rest = this.querySelector("[data-rest]");
    const { signal } = this.stop;
    this.addEventListener("click", (event) => this.onClick(event), { signal });
    this.addEventListener("keydown", (event) => this.onRowKey(event), { signal });
    this.addEventListener("focusout", ({ target }) => target === this.held && this.putDown(), { signal });
    this.addEventListener("pointerdown", (event) => this.onDown(event), { signal });
    this.addEventListener("pointermove", (event) => this.onDrag(event), { signal });
    this.addEventListener("pointerup", () => this.onUp(), { signal });
    this.addEventListener("pointercancel", () => this.onUp(), { signal });
    super.begin();
  }

  rows() {
    return [...this.querySelectorAll("[data-row]")];
  }

  values() {
    const ranked = [...this.list.children];
    return Object.fromEntries(this.rows().map((row) => [row.dataset.row, ranked.indexOf(row) + 1]));
  }

  // Unsent places come one by one; each row is put where it says, as far as the list reaches.
  lay(subject, place) {
    const row = this.rowOf(subject);
    if (!row) return;
    if (place === 0) this.rest.prepend(row);
    else {
      row.remove();
      this.list.insertBefore(row, this.list.children[place - 1] ?? null);
    }
  }

  onClick(event) {
    const button = event.target.closest("button[type=button]");
    const row = button?.closest("[data-row]");
    if (!row) return;
    if (button.dataset.move) this.move(row, Number(button.dataset.move));
    else if ("rank" in button.dataset) this.rank(row);
    else if ("drop" in button.dataset) this.drop(row);
    else return;
    const onList = row.parentElement === this.list;
    (row.contains(button) && isShown(button)
      ? button
      : row.querySelector(onList ? "[data-grip]" : "[data-rank]")
    ).focus();
  }

  get isFull() {
    const gone = Object.values(this.goneValues()).filter((place) => place !== 0).length;
    return this.list.children.length + gone >= Number(this.dataset.most);
  }

  // One place up or down; over the line it is ranked last, or no more.
  move(row, by) {
    const sibling = by < 0 ? row.previousElementSibling : row.nextElementSibling;
    const onList = row.parentElement === this.list;
    if (sibling) row[by < 0 ? "after" : "before"](sibling);
    else if (onList && by > 0) this.rest.prepend(row);
    else if (!onList && by < 0 && !this.isFull) this.list.append(row);
    else if (!onList && by < 0) this.refuse();
    this.moved(row);
  }

  rank(row) {
    if (this.isFull) this.refuse();
    else {
      this.list.append(row);
      this.moved(row);
    }
  }

  drop(row) {
    this.rest.prepend(row);
    this.moved(row);
  }

  refuse() {
    this.say(this.dataset.full);
    this.announce(this.dataset.full);
  }

  moved(row) {
    this.changed();
    const place = [...this.list.children].indexOf(row) + 1;
    const title = row.querySelector(".ballot-list__name").textContent.trim();
    this.announce((place ? this.dataset.moved : this.dataset.dropped).replace("{title}", title).replace("{n}", place));
  }

  onRowKey(event) {
    const row = event.target.closest("[data-row]");
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!row || event.target.matches("select, a")) return;
    const isGrip = event.target.matches("[data-grip]");
    if (by && (event.altKey || this.held === event.target)) {
      event.preventDefault();
      const { target } = event;
      this.isMoving = true; // a row that is moved loses the focus for a moment
      this.move(row, by);
      target.focus();
      this.isMoving = false;
    } else if (isGrip && (event.key === " " || event.key === "Enter")) {
      event.preventDefault();
      if (this.held) this.putDown();
      else this.takeUp(event.target, row);
    } else if (event.key === "Escape" && this.held) this.putDown();
  }

  takeUp(grip, row) {
    this.held = grip;
    row.classList.add("is-held");
    const title = row.querySelector(".ballot-list__name").textContent.trim();
    this.announce(this.dataset.grabbed.replace("{title}", title));
  }

  putDown() {
    if (this.isMoving) return;
    this.held?.closest("[data-row]").classList.remove("is-held");
    this.held = null;
  }

  onDown(event) {
    const grip = event.target.closest("[data-grip]");
    if (!grip || !event.isPrimary || event.button > 0) return;
    this.dragged = grip.closest("[data-row]");
    this.setPointerCapture(event.pointerId);
  }

  // The row changes its place while it is dragged: what one sees is what one gets.
  onDrag(event) {
    if (!this.dragged) return;
    this.dragged.classList.add("is-held");
    const y = event.clientY;
    if (y < EDGE_PX) window.scrollBy(0, -8);
    if (y > innerHeight - EDGE_PX - this.querySelector(".ballot-list__foot").offsetHeight) window.scrollBy(0, 8);
    const line = this.querySelector(".ranked__line").getBoundingClientRect();
    const onList = this.dragged.parentElement === this.list;
    const into = y < line.top || (onList && y < line.bottom) ? this.list : this.rest;
    if (into === this.list && !onList && this.isFull) {
      this.refuse();
      return;
    }
    const before = [...into.children].find((row) => row !== this.dragged && y < middle(row));
    if (into !== this.dragged.parentElement || (before ?? null) !== this.dragged.nextElementSibling) {
      into.insertBefore(this.dragged, before ?? null);
      this.places();
    }
  }

  onUp() {
    if (!this.dragged) return;
    const row = this.dragged;
    this.dragged = null;
    if (!this.held) row.classList.remove("is-held");
    this.moved(row);
  }

  draw() {
    this.places();
    this.querySelector("[data-placed]").textContent = this.list.children.length;
    for (const row of this.rows()) {
      const select = row.querySelector("select");
      select.value = this.stood[row.dataset.row] ?? 0;
    }
  }

  places() {
    for (const row of this.rest.children) row.querySelector("[data-place]").textContent = "";
    [...this.list.children].forEach((row, i) => {
      row.querySelector("[data-place]").textContent = i + 1;
    });
  }
}

function middle(row) {
  const box = row.getBoundingClientRect();
  return box.top + box.height / 2;
}

customElements.define("ballot-ranked", BallotRanked);
