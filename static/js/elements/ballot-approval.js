// <ballot-approval>: yes, no or skip. A card follows the finger; far enough to a side it is a vote.
import { isShortcut } from "../ballots/ballot-element.js";
import { DeckBallot } from "../ballots/deck-ballot.js";
import { keyOf } from "../helpers/keys.js";

const LETTERS = { n: -1, j: 1, y: 1, s: 0 };
const TAP_PX = 12; // a shorter way is a tap
const VOTE_SHARE = 0.3; // of the card's width: from there on a card that is let go is a vote
const FLICK_PX_PER_MS = 0.6;

class BallotApproval extends DeckBallot {
  keys = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: 0 };
  #start = null; // of a swipe: {x, y, at, id}
  #isSwiped = false;

  begin() {
    super.begin();
    const { signal } = this.closing;
    this.deck.addEventListener("pointerdown", (event) => this.#onDown(event), { signal });
    this.deck.addEventListener("pointermove", (event) => this.#onMove(event), { signal });
    this.deck.addEventListener("pointerup", (event) => this.#onUp(event), { signal });
    this.deck.addEventListener("pointercancel", () => this.#letGo(), { signal });
    // A swipe that ends on a link opens nothing.
    this.deck.addEventListener("click", (event) => this.#isSwiped && event.preventDefault(), { signal, capture: true });
    this.deck.addEventListener("dragstart", (event) => event.preventDefault(), { signal });
  }

  directionOf(value) {
    return { "-1": "left", 0: "down", 1: "right" }[value];
  }

  // A letter alone is a shortcut only while the ballot has the focus, because dictation and screen readers type
  // letters.
  valueOf(event) {
    const letter = this.contains(event.target) && isShortcut(event) ? LETTERS[keyOf(event)] : undefined;
    return super.valueOf(event) ?? letter;
  }

  rest(card) {
    super.rest(card);
    card.style.removeProperty("--dx");
    card.style.removeProperty("--lean");
  }

  #onDown(event) {
    this.#isSwiped = false;
    if (!event.isPrimary || event.pointerType === "mouse" || !this.card?.contains(event.target)) return;
    this.#start = { x: event.clientX, y: event.clientY, at: event.timeStamp, id: event.pointerId };
  }

  #onMove(event) {
    if (this.#start?.id !== event.pointerId) return;
    const dx = event.clientX - this.#start.x;
    if (!this.#isSwiped && Math.abs(dx) < TAP_PX) return;
    if (!this.#isSwiped) this.card.setPointerCapture(event.pointerId);
    this.#isSwiped = true;
    this.card.classList.add("is-held");
    this.card.style.setProperty("--dx", `${dx}px`);
    this.card.style.setProperty("--lean", Math.max(-1, Math.min(1, dx / (this.card.offsetWidth * VOTE_SHARE))));
  }

  #onUp(event) {
    if (this.#start?.id !== event.pointerId) return;
    const { card } = this;
    const dx = event.clientX - this.#start.x;
    const speed = Math.abs(dx) / Math.max(1, event.timeStamp - this.#start.at);
    const isFlick = speed > FLICK_PX_PER_MS && Math.abs(dx) > 3 * TAP_PX;
    if (this.#isSwiped && (isFlick || Math.abs(dx) > card.offsetWidth * VOTE_SHARE)) {
      this.#start = null;
      card.classList.remove("is-held");
      this.mark(Math.sign(dx));
    } else this.#letGo();
  }

  #letGo() {
    this.#start = null;
    this.card?.classList.remove("is-held");
    this.card?.style.removeProperty("--dx");
    this.card?.style.removeProperty("--lean");
  }
}

customElements.define("ballot-approval", BallotApproval);
