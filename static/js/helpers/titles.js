// The title of an idea is one sentence: Enter goes on to the next field, or sends the form from its last one. Shift and
// Enter break the line, as everywhere.
const IME_KEY_CODE = 229; // Enter that chooses a word; Safari does not call it composing

export function watchTitles() {
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    const isPlain = event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== IME_KEY_CODE;
    if (!isPlain || !field.matches("textarea[name='title']") || field.readOnly) return;
    event.preventDefault();
    const fields = [...field.form.querySelectorAll("textarea, input[type=text]")];
    const next = fields[fields.indexOf(field) + 1];
    if (next) next.focus();
    else field.form.requestSubmit();
  });
}
