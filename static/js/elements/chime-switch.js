// <chime-switch>: a soft tone at the end of a phase, on this device alone, off until somebody switches it on. A phase
// ends when its time is up, or when a facilitator goes on before that.
//
// Elements: button
// Page: data-position
// Sets: data-rang
const KEY = "chime";
const NOTES_HZ = [523.25, 659.25];
const LENGTH_S = 1.4;
const LOUDNESS = 0.12;

class ChimeSwitch extends HTMLElement {
  #audio;
  #closing;
  #over;
  #position;

  connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    this.querySelector("button").addEventListener("click", () => this.#toggle(), options);
    this.#position = Number(document.querySelector("live-room")?.dataset.position);
    document.addEventListener("clock-mark", ({ detail }) => detail.left === 0 && this.#timeUp(), options);
    document.addEventListener("live-applied", ({ detail }) => detail.phase && this.#moved(detail.phase), options);
    // Browsers let a page play sound only after somebody has touched it.
    document.addEventListener("pointerdown", () => this.#isOn && this.#wake(), { ...options, once: true });
    this.#show();
  }

  disconnectedCallback() {
    this.#closing.abort();
  }

  get #isOn() {
    return localStorage.getItem(KEY) === "on";
  }

  #moved({ position }) {
    if (position === this.#position) return;
    if (position > this.#position && this.#over !== this.#position) this.#ring();
    this.#position = position;
    this.#over = null;
  }

  // The clock rang for this end: the step to the next phase rings no second time.
  #timeUp() {
    this.#over = this.#position;
    this.#ring();
  }

  #toggle() {
    if (this.#isOn) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, "on");
    this.#show();
    this.#ring(); // an example of the sound
  }

  #show() {
    this.querySelector("button").setAttribute("aria-checked", String(this.#isOn));
  }

  #wake() {
    this.#audio ??= new AudioContext();
    return this.#audio.resume();
  }

  async #ring() {
    if (!this.#isOn) return;
    await this.#wake();
    this.dataset.rang = Number(this.dataset.rang ?? 0) + 1;
    NOTES_HZ.forEach((pitch, n) => this.#note(pitch, this.#audio.currentTime + n * 0.18));
  }

  #note(pitch, at) {
    const [tone, volume] = [this.#audio.createOscillator(), this.#audio.createGain()];
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(LOUDNESS, at + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + LENGTH_S);
    tone.connect(volume).connect(this.#audio.destination);
    tone.start(at);
    tone.stop(at + LENGTH_S);
  }
}

customElements.define("chime-switch", ChimeSwitch);
