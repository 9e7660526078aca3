/* The service worker: where a page can't be fetched, it shows the offline page instead. It keeps that page and its style
   sheet and nothing else, never a page of a person. Requests that change something, sockets and all other files pass by it.
   The server puts two lines before this text (app/views/offline.py): NAME, of the cache of this version, and FILES, the
   addresses in it, the page first. */
/* global FILES, NAME */

const KEPT_BY_US = "offline-";

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(keep());
});

addEventListener("activate", (event) => event.waitUntil(Promise.all([forgetOthers(), startFetchingEarly()])));

addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  if (method !== "GET") return;
  if (mode === "navigate") event.respondWith(fetched(event).catch(() => kept(FILES[0])));
  else if (FILES.some((file) => new URL(file, location).href === url)) {
    event.respondWith(fetch(event.request).catch(() => kept(url)));
  }
});

// Without a cookie, so that nothing of a person is in them.
async function keep() {
  const cache = await caches.open(NAME);
  await cache.addAll(FILES.map((file) => new Request(file, { credentials: "omit" })));
}

async function kept(file) {
  const cache = await caches.open(NAME);
  return (await cache.match(file)) ?? Response.error();
}

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith(KEPT_BY_US) && name !== NAME).map((name) => caches.delete(name)),
  );
}

// The browser asks for a page while it starts this script, so that no page comes later because of it.
async function startFetchingEarly() {
  await registration.navigationPreload?.enable();
}

async function fetched(event) {
  return (await event.preloadResponse) ?? fetch(event.request);
}
