// Places that change in a ranking: each idea glides from its former place to the new one, so that eyes can follow it.

const GLIDE = { duration: 500, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" };

// Makes a change of a part, and shows which of its ideas moved.
export async function glide(part, change) {
  const before = placesIn(part);
  await change();
  if (!before.size || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const [id, top] of placesIn(document.getElementById(part.id))) {
    const moved = before.has(id) ? before.get(id) - top : 0;
    if (moved)
      document.getElementById(id).animate([{ transform: `translateY(${moved}px)` }, { transform: "none" }], GLIDE);
  }
}

// How far down each idea stands, by its id; what still glides counts where it will be.
function placesIn(part) {
  const items = part?.querySelectorAll(".rank__item[id]") ?? [];
  return new Map([...items].map((item) => [item.id, topOf(item)]));
}

function topOf(element) {
  return element ? element.offsetTop + topOf(element.offsetParent) : 0;
}
