// What screen readers hear of a room: a digest, not every card.
import { text } from "../helpers/texts.js";
import { Digest } from "./digest.js";

const MARKS = { 60: "minute-left", 10: "seconds-left", 0: "time-up" }; // seconds that are left
const MARKS_IN_LOBBY = { 60: "minute-to-start", 10: "seconds-to-start", 0: "starts-now" };

export class Announcer {
  #digest = new Digest(speak);

  say(words) {
    this.#digest.say(words);
  }

  countIdeas(n) {
    this.#digest.count(n, newIdeas);
  }

  // The clock of the phase at `position` has come to a mark; the lobby is before the first one.
  tellTime(left, position) {
    const mark = (position < 0 ? MARKS_IN_LOBBY : MARKS)[left];
    if (mark) this.say(text(mark));
  }

  // `before` and `now`: the phase as a frame tells it, with the facilitators' notice.
  tellPhase(before, now) {
    if (now.closed) this.say(text("closed"));
    else if (now.position !== before.position) this.say(text("phase", { name: phaseName() }));
    if (now.notice && now.notice !== before.notice) this.say(text("notice", { words: now.notice }));
    if (now.locked !== before.locked) this.say(text(now.locked ? "locked" : "unlocked"));
    if (Boolean(now.paused_at) !== Boolean(before.paused_at)) this.say(text(now.paused_at ? "paused" : "resumed"));
  }

  stop() {
    this.#digest.stop();
  }
}

const newIdeas = (n) => text("news", { n });

function speak(words) {
  const announcer = document.getElementById("announcer");
  // A screen reader does not read the same words again.
  if (announcer) announcer.textContent = announcer.textContent === words ? `${words}\u00a0` : words;
}

// The name of the present phase, as the path of phases on the page has it.
function phaseName() {
  return document.querySelector(".phases .is-now")?.firstChild?.textContent.trim() ?? "";
}
