// Hocuspocus with SQLite as its documentation sets it up: node hocuspocus-server.mjs FOLDER PORT
import { join } from "node:path";
import { SQLite } from "@hocuspocus/extension-sqlite";
import { Server } from "@hocuspocus/server";

const [folder, port] = process.argv.slice(2);
const host = "127.0.0.1";
const server = new Server({
  address: host,
  port: Number(port),
  quiet: true,
  extensions: [new SQLite({ database: join(folder, "documents.sqlite") })],
});
await server.listen();
console.log(`listening on ws://${host}:${port}`);
process.on("SIGTERM", async () => {
  await server.destroy();
  process.exit(0);
});
