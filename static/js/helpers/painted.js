// Work that can wait until the page is on the screen, in a task of its own: the first paint does not wait for it.
const LATEST_MS = 1000; // a page in the background is not painted

export function afterPaint(act) {
  let isDone = false;
  const once = () => {
    if (isDone) return;
    isDone = true;
    act();
  };
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, LATEST_MS);
}
