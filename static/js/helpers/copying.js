// <button data-copy="…" data-copied="…">: copies, and says so where its label was for a moment.
//
// Page: data-copied data-copy data-print data-select

const SAID_MS = 1600;

// The clipboard needs https or localhost; a company's own network may have neither.
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
  }, SAID_MS);
}

export function watchCopying() {
  document.addEventListener("click", onClick);
  // A link in a field is there to be taken: a tap selects all of it.
  document.addEventListener("focusin", (event) => event.target.matches("input[data-select]") && event.target.select());
  document.addEventListener("click", (event) => event.target.closest("[data-print]") && window.print());
}
