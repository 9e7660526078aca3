// The offline page (static/offline/service-worker.js) is fetched once a page is complete and the browser has time.

const WHEN_IDLE_MS = 3000;

export function keepOfflinePage() {
  if (!("serviceWorker" in navigator)) return; // an address without https, or a private window
  const worker = new URL("service-worker.js", document.querySelector('link[rel="manifest"]').href);
  const register = () => navigator.serviceWorker.register(worker).catch(() => {}); // the page works without it
  const wait = window.requestIdleCallback ?? ((act) => setTimeout(act, WHEN_IDLE_MS));
  const later = () => wait(register, { timeout: WHEN_IDLE_MS });
  if (document.readyState === "complete") later();
  else addEventListener("load", later, { once: true });
}
