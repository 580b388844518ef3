// Fetches the page's WebAssembly and starts it. Kept out of index.html, since the Content
// Security Policy allows no inline script.
import init, * as page from "./regionscope.js";

document.getElementById("crash-reload").addEventListener("click", () => location.reload());

try {
  await init({ module_or_path: new URL("regionscope_bg.wasm", import.meta.url) });
  // What the module exports, for the tests.
  window.regionscope = page;
  // Then the page can be loaded without a network. Where a browser keeps nothing, it cannot. To
  // fetch and keep everything is work; the first seconds belong to whoever opens the page.
  setTimeout(() => navigator.serviceWorker?.register("worker.js").catch(() => {}), 2000);
} catch (error) {
  // A panic has already shown its own notice; anything else is told here.
  const notice = document.getElementById("crash");
  if (notice.hidden) {
    document.getElementById("crash-reason").textContent = String(error);
    notice.hidden = false;
  }
}
