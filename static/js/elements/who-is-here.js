// <who-is-here>: who is in the room now, as the sockets tell it: counts, a dot for everybody, each one's state in the
// list of people, and whether all are ready. Nothing of it is ever stored. Inside <live-room>.
import { showFigures } from "../stream/apply.js";
import { openSocket } from "../stream/socket.js";

const STATES = ["here", "writing", "ready"];

class WhoIsHere extends HTMLElement {
  connectedCallback() {
    const { live } = this.closest("live-room").dataset;
    this.told = {};
    this.people = {};
    this.hear = this.hear.bind(this);
    this.show = this.show.bind(this);
    this.onConnect = this.onConnect.bind(this);
    this.onDisconnect = this.onDisconnect.bind(this);
    this.socket = openSocket(live.slice(0, live.indexOf("/challenges/")));
    this.socket.on("presence", this.hear);
    this.socket.on("facilitation", this.hear);
    this.socket.on("connect", this.onConnect);
    this.socket.on("disconnect", this.onDisconnect);
    // Told by asking, where no socket opens.
    this.onTold = ({ detail }) => this.hear(detail);
    document.addEventListener("presence-told", this.onTold);
    // What the server has just drawn anew knows nothing of who is here.
    document.addEventListener("live-applied", this.show);
  }

  disconnectedCallback() {
    this.socket.off("presence", this.hear);
    this.socket.off("facilitation", this.hear);
    this.socket.off("connect", this.onConnect);
    this.socket.off("disconnect", this.onDisconnect);
    document.removeEventListener("presence-told", this.onTold);
    document.removeEventListener("live-applied", this.show);
  }

  hear({ people, ...counts }) {
    this.told = { ...this.told, ...counts };
    if (people) this.people = people;
    this.show();
  }

  show() {
    showFigures(this.told);
    const { here = 0, ready = 0, asked = here, facilitators = 0 } = this.told;
    const room = this.closest("live-room");
    room.toggleAttribute("data-all-ready", asked > 0 && ready >= asked);
    this.dataset.crew = facilitators > 1 ? "many" : facilitators;
    this.dot(here, ready);
    for (const row of document.querySelectorAll('[id^="participant-"][data-order]')) {
      const state = this.people[row.id];
      if (STATES.includes(state)) row.dataset.presence = state;
      else delete row.dataset.presence;
    }
  }

  // One dot is one person; past the dots there are, one stands for several.
  dot(here, ready) {
    const dots = this.querySelectorAll("[data-dots] circle");
    const people = Math.max(Number(this.querySelector('[data-figure="people"]')?.textContent) || 0, here, 1);
    const share = dots.length / people;
    dots.forEach((dot, i) => {
      dot.setAttribute("class", i < ready * share ? "ready" : i < here * share ? "here" : "away");
    });
  }

  // Back on the wire after a break: whoever was given the facilitation may have lost it meanwhile.
  async onConnect() {
    if (this.wasConnected) await this.mayStay();
    this.wasConnected = true;
  }

  // The server ends a connection when its rights change, and a client does not come back from that by itself.
  async onDisconnect(reason) {
    if (reason === "io server disconnect" && (await this.mayStay())) this.socket.connect();
  }

  async mayStay() {
    const response = await fetch(location.href, { method: "HEAD" }).catch(() => null);
    const isLost = response && (response.status === 403 || response.status === 404);
    if (isLost) location.assign(this.dataset.room);
    return !isLost;
  }
}

customElements.define("who-is-here", WhoIsHere);
