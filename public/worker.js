// Once loaded, the page can be loaded without a network. All of its files are kept together, under
// a name that changes with any of them; the build fills in which they are. The network comes first:
// what is kept serves only where there is none, so that nobody sees an old page beside a new one.
const KEPT = "regionscope-" + "SUM";
const FILES = ["FILES"];

const keep = async () => {
  const cache = await caches.open(KEPT);
  await cache.addAll(FILES);
  await self.skipWaiting();
};

const forget = async () => {
  const old = (await caches.keys()).filter((name) => name.startsWith("regionscope-"));
  await Promise.all(old.filter((name) => name !== KEPT).map((name) => caches.delete(name)));
  await self.clients.claim();
};

const answer = async (request) => {
  try {
    return await fetch(request);
  } catch {
    const wanted = request.mode === "navigate" ? "./" : request;
    // What is not kept is asked for once more: a request can fail for less than a lost network.
    return (await caches.match(wanted, { ignoreSearch: true })) ?? fetch(request.url);
  }
};

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(forget()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const isOurs = new URL(request.url).origin === self.location.origin;
  if (request.method === "GET" && isOurs) {
    event.respondWith(answer(request));
  }
});
