// <room-presence>: who is in the room, for facilitators: the counts, a dot for each person, each person's state in the
// list of people, and whether all are ready. Stands inside <live-room>. Nothing of it is ever stored.
//
// Elements: [data-dots] circle | [data-figure="people"]
// Page: data-exit data-live data-order
// Sets: data-all-ready data-alone data-facilitators data-presence
import { showFigures } from "../stream/apply.js";
import { openSocket } from "../stream/socket.js";

const STATES = ["here", "writing", "ready"];

class RoomPresence extends HTMLElement {
  #counts = {};
  #people = {};
  #socket;
  #wasConnected = false;
  #closing;

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    document.addEventListener("presence", ({ detail }) => this.#receive(detail), options);
    document.addEventListener("live-applied", () => this.#show(), options); // renewed parts show no presence
    this.#socket = openSocket(this.closest("live-room").dataset.live);
    this.#socket.on("connect", this.#onConnect);
    this.#socket.on("disconnect", this.#onDisconnect);
  }

  disconnectedCallback() {
    this.#closing.abort();
    this.#socket.off("connect", this.#onConnect);
    this.#socket.off("disconnect", this.#onDisconnect);
  }

  #receive({ people, ...counts }) {
    this.#counts = { ...this.#counts, ...counts };
    if (people) this.#people = people;
    this.#show();
  }

  #show() {
    showFigures(this.#counts);
    const { here = 0, ready = 0, asked = here, facilitators = 0 } = this.#counts;
    const room = this.closest("live-room");
    room.toggleAttribute("data-all-ready", asked > 0 && ready >= asked);
    this.toggleAttribute("data-alone", !asked);
    this.dataset.facilitators = facilitators > 1 ? "many" : facilitators;
    this.#drawDots(here, ready);
    for (const row of document.querySelectorAll('[id^="participant-"][data-order]')) {
      const state = this.#people[row.id];
      if (STATES.includes(state)) row.dataset.presence = state;
      else delete row.dataset.presence;
    }
  }

  // A dot is a person. Where there are more people than dots, a dot stands for several.
  #drawDots(here, ready) {
    const dots = this.querySelectorAll("[data-dots] circle");
    const people = Math.max(Number(this.querySelector('[data-figure="people"]')?.textContent) || 0, here, 1);
    const share = dots.length / people;
    dots.forEach((dot, i) => {
      dot.setAttribute("class", i < ready * share ? "ready" : i < here * share ? "here" : "away");
    });
  }

  // After a break in the connection facilitation may have been taken away.
  #onConnect = async () => {
    if (this.#wasConnected) await this.#mayStay();
    this.#wasConnected = true;
  };

  // The server ends a connection when its rights change, and the client does not connect again by itself then.
  #onDisconnect = async (reason) => {
    if (reason === "io server disconnect" && (await this.#mayStay())) this.#socket.connect();
  };

  async #mayStay() {
    const response = await fetch(location.href, { method: "HEAD" }).catch(() => null);
    const isLost = response && ([403, 404].includes(response.status) || !isConsole(response.url));
    if (isLost) location.assign(this.closest("live-room").dataset.exit);
    return !isLost;
  }
}

// A viewer who may not moderate any more may be sent on, for example to sign in.
function isConsole(address) {
  return new URL(address).pathname.endsWith("/console");
}

customElements.define("room-presence", RoomPresence);
