/** The app itself, kept on the device so that it starts without a network. */

import { say } from "./toasts.ts";

export function keepAppHere(): void {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  // After the first paint: it is for the next time.
  addEventListener("load", () => {
    navigator.serviceWorker.register("./sw.js", { scope: "./" }).then(watch, () => {
      // It works all the same, with a network.
    });
  });
}

function watch(registration: ServiceWorkerRegistration): void {
  let wanted = false;
  const offer = (worker: ServiceWorker) => {
    say({
      text: "There is a new version",
      action: {
        label: "Use it",
        run: () => {
          wanted = true;
          worker.postMessage("take over");
        },
      },
    });
  };
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (wanted) location.reload();
  });
  if (registration.waiting && navigator.serviceWorker.controller) offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed" && navigator.serviceWorker.controller) offer(worker);
    });
  });
  setInterval(() => void registration.update().catch(() => {}), 3_600_000);
}
