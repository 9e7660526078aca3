// <ballot-approval>: yes, no or skip. The card follows the finger; far enough to a side it is a vote.
import { isShortcut } from "../stream/booth.js";
import { Pile } from "../stream/pile.js";

const LETTERS = { n: -1, j: 1, y: 1, s: 0 };
const SLIP_PX = 12; // less is a tap
const SHARE = 0.3; // of its width: from there on a card is let go as a vote
const FLICK_PX_PER_MS = 0.6;

class BallotApproval extends Pile {
  keys = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: 0 };

  begin() {
    super.begin();
    const { signal } = this.stop;
    this.pile.addEventListener("pointerdown", (event) => this.onDown(event), { signal });
    this.pile.addEventListener("pointermove", (event) => this.onMove(event), { signal });
    this.pile.addEventListener("pointerup", (event) => this.onUp(event), { signal });
    this.pile.addEventListener("pointercancel", () => this.letGo(), { signal });
    // A swipe that ends on a link opens nothing.
    this.pile.addEventListener("click", (event) => this.swiped && event.preventDefault(), { signal, capture: true });
    this.pile.addEventListener("dragstart", (event) => event.preventDefault(), { signal });
  }

  way(value) {
    return { "-1": "left", 0: "down", 1: "right" }[value];
  }

  // A letter alone is a shortcut only while the ballot has the focus: dictation and screen readers type letters.
  valueOf(event) {
    return (
      super.valueOf(event) ??
      (this.contains(event.target) && isShortcut(event) ? LETTERS[event.key.toLowerCase()] : undefined)
    );
  }

  onDown(event) {
    this.swiped = false;
    if (!event.isPrimary || event.pointerType === "mouse" || !this.card?.contains(event.target)) return;
    this.from = { x: event.clientX, y: event.clientY, at: event.timeStamp, id: event.pointerId };
  }

  onMove(event) {
    if (this.from?.id !== event.pointerId) return;
    const dx = event.clientX - this.from.x;
    if (!this.swiped && Math.abs(dx) < SLIP_PX) return;
    if (!this.swiped) this.card.setPointerCapture(event.pointerId);
    this.swiped = true;
    this.card.classList.add("is-held");
    this.card.style.setProperty("--dx", `${dx}px`);
    this.card.style.setProperty("--lean", Math.max(-1, Math.min(1, dx / (this.card.offsetWidth * SHARE))));
  }

  onUp(event) {
    if (this.from?.id !== event.pointerId) return;
    const dx = event.clientX - this.from.x;
    const speed = Math.abs(dx) / Math.max(1, event.timeStamp - this.from.at);
    const isVote =
      this.swiped &&
      (Math.abs(dx) > this.card.offsetWidth * SHARE || (speed > FLICK_PX_PER_MS && Math.abs(dx) > 3 * SLIP_PX));
    if (isVote) {
      const { card } = this;
      this.from = null;
      card.classList.remove("is-held");
      this.mark(Math.sign(dx));
    } else this.letGo();
  }

  letGo() {
    this.from = null;
    this.card?.classList.remove("is-held");
    this.card?.style.removeProperty("--dx");
    this.card?.style.removeProperty("--lean");
  }

  stay(card) {
    super.stay(card);
    card.style.removeProperty("--dx");
    card.style.removeProperty("--lean");
  }
}

customElements.define("ballot-approval", BallotApproval);
