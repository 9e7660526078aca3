// <ballot-stack>: the pile of ideas. A mark is cast in the background; the next idea is there at once.
import { text } from "../helpers/texts.js";
import { cast } from "../stream/ballot.js";

const AWAY_MS = 340;
const LATE_MS = 1500; // by then a vote is stored, or there is no network
const AWAY = { "-1": "left", 0: "down", 1: "right" };
const KEYS = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: 0 };
const LETTERS = { n: -1, j: 1, y: 1, s: 0 };

class BallotStack extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.cards = [...this.querySelectorAll("[data-card]")];
    this.at = 0;
    this.pending = 0;
    this.done = Number(this.dataset.done);
    this.form.addEventListener("submit", (event) => this.onSubmit(event));
    this.querySelector("[data-back]").addEventListener("click", (event) => this.onBack(event));
    this.onKey = (event) => this.pressed(event);
    this.onLive = () => this.dropGone();
    this.onLeave = (event) => this.pending && event.preventDefault();
    document.addEventListener("keydown", this.onKey);
    document.addEventListener("live-applied", this.onLive);
    window.addEventListener("beforeunload", this.onLeave);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("live-applied", this.onLive);
    window.removeEventListener("beforeunload", this.onLeave);
  }

  get card() {
    return this.cards[this.at];
  }

  onSubmit(event) {
    event.preventDefault();
    this.mark(Number(event.submitter.value));
  }

  pressed(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
    if (event.target.closest("input, textarea, select, [popover]")) return;
    // A letter alone is a shortcut only while the ballot has the focus: dictation and screen readers type letters.
    const value = KEYS[event.key] ?? (this.contains(event.target) ? LETTERS[event.key.toLowerCase()] : undefined);
    if (value === undefined || !this.card) return;
    const page = document.scrollingElement;
    if (event.key === "ArrowDown" && page.scrollHeight > page.clientHeight + 1) return; // it scrolls
    event.preventDefault();
    this.mark(value);
  }

  mark(value) {
    const card = this.card;
    if (!card) return;
    const before = card.dataset.mark;
    card.dataset.mark = value;
    if (before === undefined) this.done += 1;
    this.send(card, value, before);
    this.leave(card, AWAY[value]);
    this.at += 1;
    this.show();
  }

  async send(card, value, before) {
    this.pending += 1;
    this.say("");
    const late = setTimeout(() => this.say(text("unsent")), LATE_MS);
    const answer = await cast(this.dataset.round, { [card.dataset.card]: value }, this.form.action);
    clearTimeout(late);
    this.pending -= 1;
    if (answer.ok) this.say(this.dataset.stored.replace("{receipt}", answer.receipt));
    else this.refused(card, before, answer.error);
    if (!this.card && !this.pending) location.assign(this.dataset.next);
  }

  // What was not counted must not look as if it were.
  refused(card, before, error) {
    if (before === undefined) {
      delete card.dataset.mark;
      this.done -= 1;
    } else card.dataset.mark = before;
    const at = this.cards.indexOf(card);
    if (error === "not_found") this.take(card);
    else if (at >= 0) this.at = at;
    this.say(text({ closed: "closed", barred: "barred", not_found: "gone" }[error] ?? "refused"));
    this.show();
  }

  onBack(event) {
    if (this.at === 0) return; // the page before has it
    event.preventDefault();
    this.at -= 1;
    this.show();
  }

  leave(card, side) {
    card.classList.add("is-leaving", `ballot__card--${side}`);
    card.setAttribute("aria-hidden", "true");
    setTimeout(() => {
      card.classList.remove("is-leaving", `ballot__card--${side}`);
      card.removeAttribute("aria-hidden");
      card.hidden = card !== this.card;
    }, AWAY_MS);
  }

  show() {
    const { card } = this;
    for (const other of this.cards) if (!other.classList.contains("is-leaving")) other.hidden = other !== card;
    this.dots();
    for (const button of this.form.querySelectorAll("button[name=value]")) {
      button.setAttribute("aria-pressed", String(card?.dataset.mark === button.value));
      button.disabled = !card;
    }
    if (!card) {
      this.say(this.dataset.saving);
      return;
    }
    card.classList.remove("is-leaving", ...Object.values(AWAY).map((side) => `ballot__card--${side}`));
    card.hidden = false;
    this.form.elements.entry.value = card.dataset.card;
    this.form.elements.idea.value = card.dataset.idea;
    this.querySelector("[data-at]").textContent = card.dataset.n;
    this.announce(card);
  }

  dots() {
    const dots = [...this.querySelectorAll(".dots i")];
    const full = Math.floor((this.done * dots.length) / Number(this.dataset.total));
    dots.forEach((dot, i) => dot.classList.toggle("on", i < full));
    this.querySelector(".dots").setAttribute("aria-valuenow", this.done);
  }

  // One less: those behind it move up.
  recount(from) {
    this.dataset.total -= 1;
    this.querySelector("[data-total-shown]").textContent = this.dataset.total;
    for (const card of this.cards.slice(from)) card.dataset.n -= 1;
  }

  announce(card) {
    const title = card.querySelector("h1")?.textContent ?? "";
    const words = this.dataset.reads.replace("{n}", card.dataset.n).replace("{all}", this.dataset.total);
    document.getElementById("announcer").textContent = words.replace("{title}", title);
  }

  say(words) {
    this.querySelector("[data-receipt]").textContent = words;
  }

  // An idea that was hidden or taken back meanwhile is no longer there to be judged.
  dropGone() {
    for (const card of [...this.cards]) if (!card.querySelector('[id^="detail-"]')) this.take(card);
  }

  take(card) {
    const at = this.cards.indexOf(card);
    if (at < 0) return;
    this.cards.splice(at, 1);
    card.remove();
    if (card.dataset.mark !== undefined) this.done -= 1;
    this.recount(at);
    if (at < this.at) this.at -= 1;
    this.show();
    if (!this.card && !this.pending) location.assign(this.dataset.next);
  }
}

customElements.define("ballot-stack", BallotStack);
