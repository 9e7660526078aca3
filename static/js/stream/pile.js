// A ballot that is judged card by card: a mark is cast in the background, the next card is there at once, and new ones
// are fetched before the pile runs out.
import { morph } from "./apply.js";
import { Booth, isShortcut, touchedBy } from "./booth.js";

const AWAY_MS = 340;
const LOW = 3; // cards left when the next are fetched

export class Pile extends Booth {
  // For each rule: {key: value}, the way a card goes at a value, and what is read out of a card.
  keys = {};
  way() {
    return "down";
  }
  titleOf(card) {
    return card.querySelector("h1")?.textContent ?? "";
  }

  begin() {
    this.pile = this.querySelector("[data-pile]");
    this.cards = [...this.pile.querySelectorAll("[data-card]")];
    this.judged = Number(this.dataset.judged);
    this.at = 0;
    const { signal } = this.stop;
    this.querySelector("[data-back]").addEventListener("click", (event) => this.onBack(event), { signal });
    this.putAgain();
    this.more();
  }

  get card() {
    return this.cards[this.at];
  }

  // What an earlier page could not send is judged already.
  putAgain() {
    const unsent = this.outbox.unsent(this.dataset.question);
    const again = this.cards.filter((card) => card.dataset.card in unsent && card.dataset.mark === undefined);
    if (!again.length) return;
    for (const card of again) card.dataset.mark = unsent[card.dataset.card];
    this.cards = [...again, ...this.cards.filter((card) => !again.includes(card))];
    this.at = again.length;
    this.judged += again.length;
    this.show();
    this.emptied();
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
    return this.keys[event.key];
  }

  mark(value) {
    const { card } = this;
    if (!card) return;
    const hadFocus = card.contains(document.activeElement)
      ? document.activeElement.getAttribute("aria-keyshortcuts")
      : null;
    card.before = card.dataset.mark;
    card.dataset.mark = value;
    if (card.before === undefined) this.judged += 1;
    this.put({ [card.dataset.card]: value });
    this.leave(card, this.way(value));
    this.at += 1;
    this.show();
    this.fromTop();
    if (hadFocus) this.card?.querySelector(`[aria-keyshortcuts="${hadFocus}"]`)?.focus();
    this.more();
    this.emptied();
  }

  onAnswer(detail) {
    super.onAnswer(detail);
    if (detail.answer.ok) this.emptied();
  }

  // What was not counted must not look as if it were.
  onRefused(marks, error) {
    if (error === "done") {
      location.assign(this.dataset.marks);
      return;
    }
    for (const key of Object.keys(marks)) {
      const card = this.cards.find((one) => one.dataset.card === key);
      if (card) this.takeBack(card, error);
    }
    super.onRefused(marks, error);
    this.show();
  }

  takeBack(card, error) {
    if (card.before === undefined) {
      delete card.dataset.mark;
      this.judged -= 1;
    } else card.dataset.mark = card.before;
    if (error === "not_found") this.take(card);
    else this.at = this.cards.indexOf(card);
  }

  onBack(event) {
    if (this.at === 0) return; // the page before has it
    event.preventDefault();
    this.at -= 1;
    this.show();
    this.fromTop();
  }

  // A card is read from its beginning, wherever the one before was left.
  fromTop() {
    if (this.card?.getBoundingClientRect().top < 0) this.card.scrollIntoView({ block: "start", behavior: "instant" });
  }

  leave(card, side) {
    card.classList.add("is-leaving", `ballot__card--${side}`);
    card.setAttribute("aria-hidden", "true");
    card.inert = true;
    setTimeout(() => this.stay(card), AWAY_MS);
  }

  stay(card) {
    card.classList.remove("is-leaving", "ballot__card--left", "ballot__card--right", "ballot__card--down");
    card.removeAttribute("aria-hidden");
    card.inert = false;
    card.hidden = card !== this.card;
  }

  show() {
    const { card } = this;
    for (const other of this.cards) if (!other.classList.contains("is-leaving")) other.hidden = other !== card;
    this.dots();
    this.press(card);
    this.nameBack();
    if (!card) return;
    this.stay(card);
    for (const shown of this.querySelectorAll("[data-at]")) shown.textContent = card.dataset.n;
    this.announce(
      this.dataset.reads
        .replace("{n}", card.dataset.n)
        .replace("{all}", this.dataset.goal)
        .replace("{title}", this.titleOf(card)),
    );
  }

  nameBack() {
    const back = this.querySelector("[data-back][data-again]");
    if (back && this.at > 0) back.querySelector("span").textContent = back.dataset.again;
  }

  press(card) {
    for (const button of this.form.querySelectorAll("button[name=value]")) {
      const owner = button.closest("[data-card]");
      if (owner && owner !== card) continue;
      button.setAttribute("aria-pressed", String(card?.dataset.mark === button.value));
      if (!owner) button.disabled = !card;
    }
  }

  dots() {
    const dots = [...this.querySelectorAll(".dots i")];
    const goal = Number(this.dataset.goal);
    const full = Math.floor((Math.min(this.judged, goal) * dots.length) / goal);
    dots.forEach((dot, i) => dot.classList.toggle("on", i < full));
    this.querySelector(".dots").setAttribute("aria-valuenow", Math.min(this.judged, goal));
    const tally = document.querySelector("[data-tally]");
    if (tally)
      tally.textContent = tally.dataset.tally.replace("{n}", Math.min(this.judged, goal)).replace("{all}", goal);
  }

  // Fetch the next cards while there still are some.
  async more() {
    if (this.isFetching || Number(this.dataset.left) === 0 || this.cards.length - this.at > LOW) return;
    this.isFetching = true;
    if (!this.card) await this.outbox.flush(); // else the server would deal what is on its way once more
    const fresh = await this.fetchCards();
    this.isFetching = false;
    if (!fresh) return; // no network: the next mark asks again
    this.dataset.left = fresh.dataset.left;
    for (const card of [...fresh.querySelectorAll("[data-card]")]) this.lay(card);
    this.recount(Number(fresh.dataset.goal));
    this.show();
    this.emptied();
  }

  async fetchCards() {
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

  // One that is on the page already stays as it is; one that was judged meanwhile does not come again.
  lay(card) {
    if (this.cards.some((one) => one.dataset.card === card.dataset.card)) return;
    const last = this.cards.at(-1);
    card.dataset.n = last ? Number(last.dataset.n) + 1 : this.judged + 1;
    this.cards.push(card);
    this.pile.append(card);
  }

  recount(goal) {
    this.dataset.goal = goal;
    for (const shown of this.querySelectorAll("[data-goal-shown]")) shown.textContent = goal;
  }

  emptied() {
    if (this.card || this.isFetching || this.isLeaving) return;
    this.isLeaving = true;
    this.goTo(this.dataset.next);
  }

  // An idea that was hidden or taken back meanwhile is no longer there to be judged; new words are shown.
  onLive(frame) {
    const { changed, removed } = touchedBy(frame);
    const with_ = (handles) =>
      this.cards.filter((card) => card.dataset.ideas.split(" ").some((idea) => handles.has(idea)));
    const gone = with_(removed);
    for (const card of gone) this.take(card);
    if (gone.length) this.show();
    if (frame.lists || with_(changed).some((card) => !card.querySelector('[id^="detail-"]'))) this.renew();
    if (gone.length) {
      this.more();
      this.emptied();
    }
  }

  async renew() {
    const fresh = await this.fetchCards();
    for (const card of fresh?.querySelectorAll("[data-card]") ?? []) {
      const present = this.cards.find((one) => one.dataset.card === card.dataset.card);
      if (!present) continue;
      card.hidden = present.hidden;
      card.dataset.n = present.dataset.n;
      await morph(present, card.outerHTML);
    }
    this.cards = [...this.pile.querySelectorAll("[data-card]")];
    this.show();
  }

  take(card) {
    const at = this.cards.indexOf(card);
    if (at < 0) return;
    this.cards.splice(at, 1);
    card.remove();
    if (card.dataset.mark !== undefined) this.judged -= 1;
    this.recount(Number(this.dataset.goal) - 1);
    for (const later of this.cards.slice(at)) later.dataset.n -= 1;
    if (at < this.at) this.at -= 1;
  }
}
