// A ballot that is judged card by card. A mark is cast in the background, the next card shows at once, and further
// cards are fetched before the deck runs out.
//
// Attributes: data-cards data-goal data-judged data-left data-marks data-next data-question data-reads
// Elements: [data-deck] | [data-back] | .dots i | .dots | [data-goal-shown] | [data-at] | [data-back][data-again]
// Page: data-card data-ideas data-mark data-n data-tally
import { keyOf } from "../helpers/keys.js";
import { morph } from "../stream/apply.js";
import { BallotElement, isShortcut, touchedBy } from "./ballot-element.js";

const LEAVE_MS = 340;
const LOW = 3; // cards left when the next are fetched
const DIRECTIONS = ["left", "right", "down"];

export class DeckBallot extends BallotElement {
  deck;
  #cards = [];
  #at = 0; // index of the card on top
  #judged = 0;
  #earlier = new Map(); // card: its mark before the latest, undefined for none
  #storedAt = 0;
  #isFetching = false;
  #isLeaving = false;

  // Each rule fills these: {key: value}, the direction in which a card leaves at a value, and the title of a card.
  keys = {};
  directionOf() {
    return "down";
  }
  titleOf(card) {
    return card.querySelector("h1")?.textContent ?? "";
  }

  begin() {
    this.deck = this.querySelector("[data-deck]");
    this.#cards = [...this.deck.querySelectorAll("[data-card]")];
    this.#at = 0;
    this.#judged = Number(this.dataset.judged);
    const { signal } = this.closing;
    this.querySelector("[data-back]").addEventListener("click", (event) => this.#back(event), { signal });
    document.addEventListener("own-renewed", ({ detail }) => this.#takeMarks(detail), { signal });
    this.#restoreUnsent();
    this.#fetchMore();
  }

  // The card on top, undefined when the deck is empty.
  get card() {
    return this.#cards[this.#at];
  }

  get judged() {
    return this.#judged;
  }

  onSubmit(event) {
    event.preventDefault();
    this.mark(Number(event.submitter.value));
  }

  onKey(event) {
    if (!isShortcut(event) || event.altKey || !this.card) return;
    const value = this.valueOf(event);
    if (value === undefined) return;
    const page = document.scrollingElement;
    if (event.key === "ArrowDown" && page.scrollHeight > page.clientHeight + 1) return; // it scrolls
    event.preventDefault();
    this.mark(value);
  }

  valueOf(event) {
    return this.keys[keyOf(event)];
  }

  mark(value) {
    const { card } = this;
    if (!card) return;
    const focused = card.contains(document.activeElement) && document.activeElement.getAttribute("aria-keyshortcuts");
    this.#earlier.set(card, card.dataset.mark);
    if (card.dataset.mark === undefined) this.#judged += 1;
    card.dataset.mark = value;
    this.cast({ [card.dataset.card]: value });
    this.#leave(card, this.directionOf(value));
    this.#at += 1;
    this.#show();
    this.#scrollToTop();
    if (focused) this.card?.querySelector(`[aria-keyshortcuts="${focused}"]`)?.focus();
    this.#fetchMore();
    this.#goOnWhenEmpty();
  }

  onStored(detail) {
    this.#storedAt = performance.now();
    super.onStored(detail);
    this.#goOnWhenEmpty();
  }

  // A mark that was not counted must not look counted.
  onRefused(marks, error) {
    if (error === "done") {
      location.assign(this.dataset.marks);
      return;
    }
    for (const key of Object.keys(marks)) {
      const card = this.#find(key);
      if (card) this.#takeBack(card, error);
    }
    super.onRefused(marks, error);
    this.#show();
  }

  // An idea that was hidden or withdrawn meanwhile can no longer be judged. An idea with new words is shown anew.
  onLive(frame) {
    const { changed, removed } = touchedBy(frame);
    const gone = this.#cardsOf(removed);
    for (const card of gone) this.#remove(card);
    if (gone.length) this.#show();
    if (frame.lists || this.#cardsOf(changed).some((card) => !card.querySelector('[id^="detail-"]'))) this.#renew();
    if (gone.length) {
      this.#fetchMore();
      this.#goOnWhenEmpty();
    }
  }

  // Ideas were merged or separated, so other marks of the viewer may count. Those that were cast meanwhile are newer.
  #takeMarks({ ballots, askedAt }) {
    const { question } = this.dataset;
    if (this.#storedAt > askedAt || Object.keys(this.queue.unsent(question)).length) return;
    for (const card of this.#cards) {
      const mark = ballots[question]?.marks[card.dataset.card];
      this.#judged += Number(mark !== undefined) - Number(card.dataset.mark !== undefined);
      if (mark === undefined) delete card.dataset.mark;
      else card.dataset.mark = mark;
    }
    this.showProgress();
    this.#showMark(this.card);
  }

  // A card back at rest: on top, or hidden.
  rest(card) {
    card.classList.remove("is-leaving", ...DIRECTIONS.map((direction) => `ballot__card--${direction}`));
    card.removeAttribute("aria-hidden");
    card.inert = false;
    card.hidden = card !== this.card;
  }

  showProgress() {
    const dots = [...this.querySelectorAll(".dots i")];
    const goal = Number(this.dataset.goal);
    const done = Math.min(this.#judged, goal);
    const full = Math.floor((done * dots.length) / goal);
    dots.forEach((dot, i) => dot.classList.toggle("on", i < full));
    this.querySelector(".dots").setAttribute("aria-valuenow", done);
    const tally = document.querySelector("[data-tally]");
    if (tally) tally.textContent = tally.dataset.tally.replace("{n}", done).replace("{all}", goal);
  }

  setGoal(goal) {
    this.dataset.goal = goal;
    for (const shown of this.querySelectorAll("[data-goal-shown]")) shown.textContent = goal;
  }

  #find(key) {
    return this.#cards.find((card) => card.dataset.card === key);
  }

  #cardsOf(handles) {
    return this.#cards.filter((card) => card.dataset.ideas.split(" ").some((idea) => handles.has(idea)));
  }

  // Marks that an earlier page could not send count as judged.
  #restoreUnsent() {
    const unsent = this.queue.unsent(this.dataset.question);
    const again = this.#cards.filter((card) => card.dataset.card in unsent && card.dataset.mark === undefined);
    if (!again.length) return;
    for (const card of again) card.dataset.mark = unsent[card.dataset.card];
    this.#cards = [...again, ...this.#cards.filter((card) => !again.includes(card))];
    this.#at = again.length;
    this.#judged += again.length;
    this.#show();
    this.#goOnWhenEmpty();
  }

  #takeBack(card, error) {
    const earlier = this.#earlier.get(card);
    if (earlier === undefined) {
      delete card.dataset.mark;
      this.#judged -= 1;
    } else card.dataset.mark = earlier;
    if (error === "not_found") this.#remove(card);
    else this.#at = this.#cards.indexOf(card);
  }

  #back(event) {
    if (this.#at === 0) return; // the link leads to the page with the marks
    event.preventDefault();
    this.#at -= 1;
    this.#show();
    this.#scrollToTop();
  }

  // A card is read from its beginning, wherever the one before was scrolled to.
  #scrollToTop() {
    if (this.card?.getBoundingClientRect().top < 0) {
      this.card.scrollIntoView({ block: "start", behavior: "instant" });
    }
  }

  #leave(card, direction) {
    card.classList.add("is-leaving", `ballot__card--${direction}`);
    card.setAttribute("aria-hidden", "true");
    card.inert = true;
    setTimeout(() => this.rest(card), LEAVE_MS);
  }

  #show() {
    const { card } = this;
    for (const other of this.#cards) if (!other.classList.contains("is-leaving")) other.hidden = other !== card;
    this.showProgress();
    this.#showMark(card);
    this.#nameBack();
    if (!card) return;
    this.rest(card);
    for (const shown of this.querySelectorAll("[data-at]")) shown.textContent = card.dataset.n;
    const values = { n: card.dataset.n, all: this.dataset.goal, title: this.titleOf(card) };
    this.announce(this.dataset.reads.replace(/\{(\w+)\}/g, (_, name) => values[name]));
  }

  #nameBack() {
    const back = this.querySelector("[data-back][data-again]");
    if (back && this.#at > 0) back.querySelector("span").textContent = back.dataset.again;
  }

  #showMark(card) {
    for (const button of this.form.querySelectorAll("button[name=value]")) {
      const owner = button.closest("[data-card]");
      if (owner && owner !== card) continue;
      button.setAttribute("aria-pressed", String(card?.dataset.mark === button.value));
      if (!owner) button.disabled = !card;
    }
  }

  async #fetchMore() {
    if (this.#isFetching || Number(this.dataset.left) === 0 || this.#cards.length - this.#at > LOW) return;
    this.#isFetching = true;
    if (!this.card) await this.queue.settled(); // the server deals again what it has no mark for
    const fresh = await this.#fetchCards();
    this.#isFetching = false;
    if (!fresh) return; // no network: the next mark asks again
    this.dataset.left = fresh.dataset.left;
    for (const card of [...fresh.querySelectorAll("[data-card]")]) this.#append(card);
    this.setGoal(Number(fresh.dataset.goal));
    this.#show();
    this.#goOnWhenEmpty();
  }

  async #fetchCards() {
    try {
      const response = await fetch(this.dataset.cards, { headers: { Accept: "text/html" } });
      if (!response.ok) return null;
      return document
        .createRange()
        .createContextualFragment(await response.text())
        .querySelector("[data-left]");
    } catch {
      return null;
    }
  }

  // A card that the deck has already stays as it is.
  #append(card) {
    if (this.#find(card.dataset.card)) return;
    const last = this.#cards.at(-1);
    card.dataset.n = last ? Number(last.dataset.n) + 1 : this.#judged + 1;
    this.#cards.push(card);
    this.deck.append(card);
  }

  #goOnWhenEmpty() {
    if (this.card || this.#isFetching || this.#isLeaving) return;
    this.#isLeaving = true;
    this.goTo(this.dataset.next);
  }

  async #renew() {
    const fresh = await this.#fetchCards();
    for (const card of fresh?.querySelectorAll("[data-card]") ?? []) {
      const present = this.#find(card.dataset.card);
      if (!present) continue;
      card.hidden = present.hidden;
      card.dataset.n = present.dataset.n;
      await morph(present, card.outerHTML);
    }
    this.#cards = [...this.deck.querySelectorAll("[data-card]")];
    this.#show();
  }

  #remove(card) {
    const at = this.#cards.indexOf(card);
    if (at < 0) return;
    this.#cards.splice(at, 1);
    card.remove();
    if (card.dataset.mark !== undefined) this.#judged -= 1;
    this.setGoal(Number(this.dataset.goal) - 1);
    for (const later of this.#cards.slice(at)) later.dataset.n -= 1;
    if (at < this.#at) this.#at -= 1;
  }
}
