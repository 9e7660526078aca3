// A form that was sent takes no second press: its buttons are disabled until there is an answer. A post that is repeated
// nevertheless does nothing twice, because the server does a command number once; so a button may come back early.
const PATIENCE_MS = 15000; // by then an answer is there, or the line is dead and the browser stays on the page

const pressed = new Map(); // form: {buttons, focused, timer}

const isPost = (form) => form.getAttribute("method")?.toLowerCase() === "post";

// Disables the buttons of a form. They are disabled a moment later, since a disabled button would not be sent.
export function press(form) {
  const sent = { buttons: [], focused: null, timer: setTimeout(() => release(form), PATIENCE_MS) };
  pressed.set(form, sent);
  setTimeout(() => {
    if (pressed.get(form) !== sent) return;
    form.setAttribute("aria-busy", "true");
    sent.focused = form.contains(document.activeElement) ? document.activeElement : null;
    sent.buttons = [...form.elements].filter(({ type, disabled }) => type === "submit" && !disabled);
    for (const button of sent.buttons) button.disabled = true;
  });
}

export function release(form) {
  const { buttons, focused, timer } = pressed.get(form) ?? {};
  if (!pressed.delete(form)) return;
  clearTimeout(timer);
  form.removeAttribute("aria-busy");
  for (const button of buttons) button.disabled = false;
  if (focused?.isConnected && document.activeElement === document.body) focused.focus();
}

export const isPressed = (form) => pressed.has(form);

// Forms that leave the page. A script that sends a form itself prevents the default.
export function watchPresses() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !isPost(form)) return;
    if (isPressed(form)) event.preventDefault();
    else press(form);
  });
  // The back button shows the page as it was left.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) for (const form of pressed.keys()) release(form);
  });
}
