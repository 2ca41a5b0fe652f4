// A sync server as automerge-repo's own example builds it: node automerge-repo-server.mjs FOLDER PORT
import { Repo } from "@automerge/automerge-repo";
import { WebSocketServerAdapter } from "@automerge/automerge-repo-network-websocket";
import { NodeFSStorageAdapter } from "@automerge/automerge-repo-storage-nodefs";
import { WebSocketServer } from "ws";

const [folder, port] = process.argv.slice(2);
const host = "127.0.0.1";
const sockets = new WebSocketServer({ host, port: Number(port) });
const repo = new Repo({
  network: [new WebSocketServerAdapter(sockets)],
  storage: new NodeFSStorageAdapter(folder),
  peerId: "server",
  // Documents are given to whoever asks for them, and offered to nobody.
  sharePolicy: async () => false,
});
// The adapter listens some time after the socket does, and misses who came before.
const ready = () => {
  if (sockets.listenerCount("connection") === 0) return setTimeout(ready, 5);
  console.log(`listening on ws://${host}:${port}`);
};
sockets.on("listening", ready);
process.on("SIGTERM", async () => {
  await repo.flush();
  process.exit(0);
});
