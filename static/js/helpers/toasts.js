// What an act just did, with its undo, over the page in which it was done. The server draws it (layouts/flashes.html).

const SHOWN_MS = 15000;

// Shows the message that is the answer to a post; other answers say nothing.
export function showToast(html) {
  const place = document.getElementById("flashes");
  const toast = html && new DOMParser().parseFromString(html, "text/html").querySelector("body > .flash");
  if (!place || !toast) return;
  place.classList.add("flashes--toast");
  place.replaceChildren(document.adoptNode(toast));
  setTimeout(() => !toast.matches(":hover, :focus-within") && toast.remove(), SHOWN_MS);
}
