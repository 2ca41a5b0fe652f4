/**
 * Keeps the app itself on the device, so that it starts without a network. A new version is fetched
 * whole before it takes over, and takes over when the page says so: no page runs with parts of two.
 */

declare const __FILES__: string[];
declare const __VERSION__: string;

const worker = self as unknown as ServiceWorkerGlobalScope;

const CACHE = `poo-${__VERSION__}`;
/** What opens the app: links that others send, too. */
const PAGES = ["", "join", "link", "setup", "index.html"];

worker.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      // What has a hash in its name never changes; the rest must not come from an old cache.
      await cache.addAll(__FILES__.map((file) => new Request(file, { cache: "no-cache" })));
      // The first version need not wait for anybody.
      if (!worker.registration.active) await worker.skipWaiting();
    })(),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name.startsWith("poo-") && name !== CACHE) await caches.delete(name);
      }
      await worker.clients.claim();
    })(),
  );
});

worker.addEventListener("message", (event) => {
  if (event.data === "take over") void worker.skipWaiting();
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const scope = new URL(worker.registration.scope);
  const url = new URL(request.url);
  if (url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return;
  const path = url.pathname.slice(scope.pathname.length);
  const wanted = request.mode === "navigate" && PAGES.includes(path) ? "./" : path;
  event.respondWith(
    (async () => {
      const cache = await caches.open(CACHE);
      return (await cache.match(new URL(wanted, scope).href)) ?? fetch(request);
    })(),
  );
});
