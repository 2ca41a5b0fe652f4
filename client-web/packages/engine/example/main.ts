/** An application that is none of ours, on the engine: one list, without any framework. */

import { Engine } from "@poo/engine";
import EngineWorker from "@poo/engine/worker?worker";

const engine = new Engine(new EngineWorker());
const form = document.querySelector("form") as HTMLFormElement;
const rows = document.querySelector("ol") as HTMLOListElement;
const says = document.querySelector("output") as HTMLOutputElement;

const say = () => {
  const { phase, connection, inSync, pending } = engine.status();
  says.value = phase === "ready" && inSync ? "in sync" : `${phase}, ${connection}, ${pending} waiting`;
};
engine.onStatus(say);
say();

const relay = new URL(".", location.href).href.replace(/^http/, "ws").replace(/\/$/, "");
await engine.start({ relay, name: "Someone", welcome: false });
const kept = (await engine.query({ type: "lists" })).items[0]?.id;
const list = kept ?? (await engine.execute({ type: "create_list", title: "Their list" })).list;

const tasks = engine.live({ type: "tasks", list });
tasks.subscribe(() => {
  const { data, error } = tasks.current();
  rows.replaceChildren(
    ...(data?.items ?? []).map((task) =>
      Object.assign(document.createElement("li"), { textContent: task.title }),
    ),
  );
  if (error) says.value = error.message;
});
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const title = String(new FormData(form).get("what") ?? "");
  form.reset();
  try {
    await engine.execute({ type: "create_task", list, title });
  } catch (error) {
    says.value = error instanceof Error ? error.message : String(error);
  }
});
