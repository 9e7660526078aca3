// The server's clock. A wrong clock on this device does not matter: what counts is how far it is off.
//
// Whatever tells the time was under way for a while, so a sample is always a little early; the best of the last few is
// the one that hurried most. Old ones are forgotten, so that a clock that is put right meanwhile does no harm.
const KEPT = 12;

const samples = [];

// `now`: a server's instant (ms since the epoch) that arrived `age` ms ago.
export function heardNow(now, age = 0) {
  if (!Number.isFinite(now)) return;
  samples.push(now - (Date.now() - age));
  if (samples.length > KEPT) samples.shift();
}

export function serverNow() {
  return Date.now() + (samples.length ? Math.max(...samples) : 0);
}

// The page itself tells the time at which it was made; it came when its first byte did.
function heardPage() {
  const told = document.querySelector('meta[name="now"]');
  const [arrival] = performance.getEntriesByType("navigation");
  if (told) heardNow(Number(told.content), arrival?.responseStart ? performance.now() - arrival.responseStart : 0);
}

heardPage();
