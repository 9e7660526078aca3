// <button data-copy="…" data-copied="…">: copies the text of data-copy. For a moment its label is that of data-copied.
//
// Page: data-copied data-copy data-print data-select

const SHOWN_MS = 1600;
const SOFT_HYPHEN = "\u00ad";

// The clipboard needs https or localhost, which an internal network may not have.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
  return undefined;
}

async function onClick(event) {
  const button = event.target.closest("[data-copy]");
  if (!button || button.querySelector("[role=status]")) return;
  await copy(button.dataset.copy);
  const label = button.querySelector("span");
  const before = label.textContent;
  label.textContent = button.dataset.copied;
  label.setAttribute("role", "status");
  setTimeout(() => {
    label.textContent = before;
    label.removeAttribute("role");
  }, SHOWN_MS);
}

// Titles on cards have soft hyphens (app/platform/hyphens.py), which nobody typed and many programs show.
function onCopy(event) {
  const chosen = String(getSelection());
  if (!chosen.includes(SOFT_HYPHEN)) return;
  event.clipboardData.setData("text/plain", chosen.replaceAll(SOFT_HYPHEN, ""));
  event.preventDefault();
}

export function watchCopying() {
  document.addEventListener("copy", onCopy);
  document.addEventListener("click", onClick);
  // A tap into a field with data-select selects all of it.
  document.addEventListener("focusin", (event) => event.target.matches("input[data-select]") && event.target.select());
  document.addEventListener("click", (event) => event.target.closest("[data-print]") && window.print());
}
