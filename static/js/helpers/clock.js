// The server's clock, kept as its difference to the clock of this device, which may be wrong.
//
// A message with the time needs a while to arrive, so that each sample is a little early. The latest of the last few
// samples came fastest and is the best. Older samples are dropped, in case the clock of the device is set meanwhile.
const SAMPLES_MAX = 12;

const samples = [];

// `now`: an instant of the server (ms since the epoch) that arrived `age` ms ago.
export function heardNow(now, age = 0) {
  if (!Number.isFinite(now)) return;
  samples.push(now - (Date.now() - age));
  if (samples.length > SAMPLES_MAX) samples.shift();
}

export function serverNow() {
  return Date.now() + (samples.length ? Math.max(...samples) : 0);
}

// A page contains the time at which it was made; it arrived with the first byte.
function heardPage() {
  const now = document.querySelector('meta[name="now"]');
  const [arrival] = performance.getEntriesByType("navigation");
  if (now) heardNow(Number(now.content), arrival?.responseStart ? performance.now() - arrival.responseStart : 0);
}

heardPage();
