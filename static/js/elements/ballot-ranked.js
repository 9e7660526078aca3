// <ballot-ranked>: a personal order. A row moves by its buttons, by keys (space picks it up; or Alt with an arrow) and
// by drag.
//
// Attributes: data-dropped data-full data-grabbed data-most data-moved
// Elements: [data-ranked] | [data-rest] | [data-row] | .ballot-list__foot | .ranked__line | [data-placed]
// Page: data-drop data-grip data-move data-place data-rank
import { isShown } from "../helpers/visible.js";
import { ListBallot } from "../ballots/list-ballot.js";

const EDGE_PX = 80; // a drag that is nearer to the edge of the screen scrolls the page

class BallotRanked extends ListBallot {
  #dragged;
  #held;
  #isMoving;
  #list;
  #unranked;

  begin() {
    this.#list = this.querySelector("[data-ranked]");
    this.#unranked = this.querySelector("[data-rest]");
    const { signal } = this.closing;
    this.addEventListener("click", (event) => this.#onClick(event), { signal });
    this.addEventListener("keydown", (event) => this.#onRowKey(event), { signal });
    this.addEventListener("focusout", ({ target }) => target === this.#held && this.#putDown(), { signal });
    this.addEventListener("pointerdown", (event) => this.#onDown(event), { signal });
    this.addEventListener("pointermove", (event) => this.#onDrag(event), { signal });
    this.addEventListener("pointerup", () => this.#onUp(), { signal });
    this.addEventListener("pointercancel", () => this.#onUp(), { signal });
    super.begin();
  }

  #rows() {
    return [...this.querySelectorAll("[data-row]")];
  }

  values() {
    const ranked = [...this.#list.children];
    return Object.fromEntries(this.#rows().map((row) => [row.dataset.row, ranked.indexOf(row) + 1]));
  }

  // Unsent places come one by one: each row goes to its place, or to the end of a list that is shorter.
  setValue(subject, place) {
    const row = this.rowOf(subject);
    if (!row) return;
    if (place === 0) this.#unranked.prepend(row);
    else {
      row.remove();
      this.#list.insertBefore(row, this.#list.children[place - 1] ?? null);
    }
  }

  #onClick(event) {
    const button = event.target.closest("button[type=button]");
    const row = button?.closest("[data-row]");
    if (!row) return;
    if (button.dataset.move) this.#move(row, Number(button.dataset.move));
    else if ("rank" in button.dataset) this.#rank(row);
    else if ("drop" in button.dataset) this.#drop(row);
    else return;
    const onList = row.parentElement === this.#list;
    (row.contains(button) && isShown(button)
      ? button
      : row.querySelector(onList ? "[data-grip]" : "[data-rank]")
    ).focus();
  }

  get #isFull() {
    const gone = Object.values(this.goneValues()).filter((place) => place !== 0).length;
    return this.#list.children.length + gone >= Number(this.dataset.most);
  }

  // One place up or down. Over the line a row becomes the last of the list, or leaves it.
  #move(row, by) {
    const sibling = by < 0 ? row.previousElementSibling : row.nextElementSibling;
    const onList = row.parentElement === this.#list;
    if (sibling) row[by < 0 ? "after" : "before"](sibling);
    else if (onList && by > 0) this.#unranked.prepend(row);
    else if (!onList && by < 0 && !this.#isFull) this.#list.append(row);
    else if (!onList && by < 0) this.#refuse();
    this.#moved(row);
  }

  #rank(row) {
    if (this.#isFull) this.#refuse();
    else {
      this.#list.append(row);
      this.#moved(row);
    }
  }

  #drop(row) {
    this.#unranked.prepend(row);
    this.#moved(row);
  }

  #refuse() {
    this.refuse(this.dataset.full);
  }

  #moved(row) {
    this.changed();
    const place = [...this.#list.children].indexOf(row) + 1;
    const title = row.querySelector(".ballot-list__name").textContent.trim();
    this.announce((place ? this.dataset.moved : this.dataset.dropped).replace("{title}", title).replace("{n}", place));
  }

  #onRowKey(event) {
    const row = event.target.closest("[data-row]");
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!row || event.target.matches("select, a")) return;
    const isGrip = event.target.matches("[data-grip]");
    if (by && (event.altKey || this.#held === event.target)) {
      event.preventDefault();
      const { target } = event;
      this.#isMoving = true; // a row loses the focus while it moves
      this.#move(row, by);
      target.focus();
      this.#isMoving = false;
    } else if (isGrip && (event.key === " " || event.key === "Enter")) {
      event.preventDefault();
      if (this.#held) this.#putDown();
      else this.#pickUp(event.target, row);
    } else if (event.key === "Escape" && this.#held) this.#putDown();
  }

  #pickUp(grip, row) {
    this.#held = grip;
    row.classList.add("is-held");
    const title = row.querySelector(".ballot-list__name").textContent.trim();
    this.announce(this.dataset.grabbed.replace("{title}", title));
  }

  #putDown() {
    if (this.#isMoving) return;
    this.#held?.closest("[data-row]").classList.remove("is-held");
    this.#held = null;
  }

  #onDown(event) {
    const grip = event.target.closest("[data-grip]");
    if (!grip || !event.isPrimary || event.button > 0) return;
    this.#dragged = grip.closest("[data-row]");
    this.setPointerCapture(event.pointerId);
  }

  // The row changes its place while it is dragged, so that the page shows the outcome.
  #onDrag(event) {
    if (!this.#dragged) return;
    this.#dragged.classList.add("is-held");
    const y = event.clientY;
    if (y < EDGE_PX) window.scrollBy(0, -8);
    if (y > innerHeight - EDGE_PX - this.querySelector(".ballot-list__foot").offsetHeight) window.scrollBy(0, 8);
    const line = this.querySelector(".ranked__line").getBoundingClientRect();
    const onList = this.#dragged.parentElement === this.#list;
    const into = y < line.top || (onList && y < line.bottom) ? this.#list : this.#unranked;
    if (into === this.#list && !onList && this.#isFull) {
      this.#refuse();
      return;
    }
    const before = [...into.children].find((row) => row !== this.#dragged && y < middle(row));
    if (into !== this.#dragged.parentElement || (before ?? null) !== this.#dragged.nextElementSibling) {
      into.insertBefore(this.#dragged, before ?? null);
      this.#numberRows();
    }
  }

  #onUp() {
    if (!this.#dragged) return;
    const row = this.#dragged;
    this.#dragged = null;
    if (!this.#held) row.classList.remove("is-held");
    this.#moved(row);
  }

  draw() {
    this.#numberRows();
    this.querySelector("[data-placed]").textContent = this.#list.children.length;
    for (const row of this.#rows()) {
      const select = row.querySelector("select");
      select.value = this.stored[row.dataset.row] ?? 0;
    }
  }

  #numberRows() {
    for (const row of this.#unranked.children) row.querySelector("[data-place]").textContent = "";
    [...this.#list.children].forEach((row, i) => {
      row.querySelector("[data-place]").textContent = i + 1;
    });
  }
}

function middle(row) {
  const box = row.getBoundingClientRect();
  return box.top + box.height / 2;
}

customElements.define("ballot-ranked", BallotRanked);
