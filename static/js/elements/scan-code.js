// <scan-code>: reads the QR code of a room with the camera. The button shows only where the browser can read such codes and
// there is a camera; the camera is asked for after a press, and is off again once the dialog is closed. Only addresses of
// this server and join codes are followed.
//
// Attributes: data-home
// Elements: [data-open] | dialog | video | [data-foreign]
// Page: data-refused

const PAUSE_MS = 200;
const CODE = /^[\p{L}\p{N}]{3}[\s-]?[\p{L}\p{N}]{3}$/u;

class ScanCode extends HTMLElement {
  #closing;
  #opening; // ends with the dialog, and the camera with it

  async connectedCallback() {
    this.#closing = new AbortController();
    const options = { signal: this.#closing.signal };
    this.#button.addEventListener("click", () => this.#open(), options);
    this.#dialog.addEventListener("close", () => this.#opening?.abort(), options);
    document.addEventListener("visibilitychange", () => document.hidden && this.#dialog.close(), options);
    this.#button.hidden = !(await canScan());
  }

  disconnectedCallback() {
    this.#closing.abort();
    this.#opening?.abort();
  }

  get #button() {
    return this.querySelector("[data-open]");
  }

  get #dialog() {
    return this.querySelector("dialog");
  }

  get #said() {
    return this.querySelector("[data-foreign]");
  }

  async #open() {
    this.#said.textContent = "";
    this.#dialog.showModal();
    const opening = (this.#opening = new AbortController());
    const video = this.querySelector("video");
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      const stop = () => stream.getTracks().forEach((track) => track.stop());
      if (opening.signal.aborted) return stop(); // closed while the browser asked
      opening.signal.addEventListener("abort", stop);
      video.srcObject = stream;
    } catch {
      if (!opening.signal.aborted) this.#said.textContent = this.#said.dataset.refused;
      return opening.abort();
    }
    video.play().catch(() => {}); // a picture that comes late is read late
    return this.#read(video, opening.signal);
  }

  async #read(video, signal) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    while (!signal.aborted) {
      const found = await detector.detect(video).catch(() => []);
      if (!signal.aborted && found.some(({ rawValue }) => this.#follow(rawValue.trim()))) this.#dialog.close();
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
  }

  // Whether the text of a QR code leads somewhere here.
  #follow(text) {
    const address = addressIn(text, this.dataset.home);
    if (address) location.assign(address);
    else if (CODE.test(text)) submitCode(text);
    else this.#said.textContent = this.#said.dataset.foreign;
    return Boolean(address) || CODE.test(text);
  }
}

async function canScan() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return false;
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return formats.includes("qr_code") && devices.some(({ kind }) => kind === "videoinput");
}

// An address of this server, by the name under which it was opened or the one in its QR codes (`home`); "" for others.
function addressIn(text, home) {
  const own = new URL(home);
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : null;
  const isOwn = url && [own.origin, location.origin].includes(url.origin) && url.pathname.startsWith(own.pathname);
  return isOwn ? location.origin + url.pathname + url.search : "";
}

function submitCode(code) {
  const field = document.getElementById("field-code");
  field.value = code;
  field.form.requestSubmit();
}

customElements.define("scan-code", ScanCode);
