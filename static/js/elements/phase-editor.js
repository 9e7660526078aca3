// <phase-editor>: carries out its buttons (name=phase_act) without leaving the page. The form is sent as it stands, the
// server draws it anew, and this part of the answer replaces the old one. The choice of a blueprint is such an act.
//
// Attributes: id
// Elements: input[name="blueprint"]:checked | input[name="planned"] | button[name="phase_act"][value="use"] |
//   [data-outcome]
import { csrfHeader } from "../helpers/csrf.js";
import { withoutFiles } from "../helpers/pictures.js";
import { text } from "../helpers/texts.js";

class PhaseEditor extends HTMLElement {
  #isListening;

  connectedCallback() {
    if (this.#isListening) return;
    this.#isListening = true;
    this.addEventListener("click", (event) => this.#onClick(event));
    this.addEventListener("change", ({ target }) => target.name === "blueprint" && this.#act(this.#using, target));
    // A blueprint may have been chosen before this script was there, or before the browser went back to this page.
    const chosen = this.querySelector('input[name="blueprint"]:checked');
    if (chosen && chosen.value !== this.querySelector('input[name="planned"]').value) this.#act(this.#using, chosen);
  }

  get #using() {
    return this.querySelector('button[name="phase_act"][value="use"]');
  }

  #onClick(event) {
    const button = event.target.closest('button[name="phase_act"]');
    if (!button) return;
    event.preventDefault();
    this.#act(button, button);
  }

  // While the answer is fetched nothing can be typed into the part that it replaces.
  async #act(button, pressed) {
    const body = withoutFiles(new FormData(button.form, button));
    this.inert = true;
    const fresh = await this.#drawn(button.form.action, body);
    this.inert = false;
    if (!fresh) {
      this.#say(text("refused"));
      pressed.focus();
      return;
    }
    this.replaceChildren(...fresh.childNodes);
    this.#focusAfter(pressed);
    const outcome = button.value === "use" && this.querySelector("[data-outcome]");
    if (outcome) this.#say(outcome.textContent);
    this.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async #drawn(url, body) {
    try {
      const response = await fetch(url, { method: "POST", headers: { ...csrfHeader(), Accept: "text/html" }, body });
      if (!response.ok) return null;
      return new DOMParser().parseFromString(await response.text(), "text/html").getElementById(this.id);
    } catch {
      return null; // no network: all stays as it was typed
    }
  }

  #focusAfter(pressed) {
    const next = pressed.name === "blueprint" ? 'input[name="blueprint"]:checked' : "[autofocus]";
    this.querySelector(next)?.focus();
  }

  #say(words) {
    document.getElementById("announcer").textContent = words;
  }
}

customElements.define("phase-editor", PhaseEditor);
