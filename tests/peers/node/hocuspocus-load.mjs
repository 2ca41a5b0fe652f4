// The workloads that Hocuspocus can do, with its own provider, one process for all clients:
//   node hocuspocus-load.mjs URL WORKLOAD ARGUMENTS...
// Prints one line of JSON when it is done. `idle`, `reconnect` and `killed` print a line, wait for
// one on standard input, and go on.
import { createInterface } from "node:readline";
import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import * as Y from "yjs";
import WebSocket from "ws";

const [url, workload, ...rest] = process.argv.slice(2);
const numbers = rest.map(Number);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (value) => console.log(JSON.stringify(value));
const now = () => performance.now();
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** The server ends a connection that waits for more than 100 documents at once. */
const OPENING_MAX = 100;

let sent = 0;
let received = 0;
class Counted extends WebSocket {
  constructor(...all) {
    super(...all);
    this.on("message", (data) => (received += data.length ?? data.byteLength));
  }
  send(data, ...more) {
    sent += data.length ?? data.byteLength;
    return super.send(data, ...more);
  }
}

const connection = () => new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: Counted });

/** A client with one document, once that is in sync. */
async function open(name, socket = connection(), document = new Y.Doc()) {
  const provider = new HocuspocusProvider({ name, document, websocketProvider: socket });
  provider.attach();
  if (!provider.synced) await new Promise((done) => provider.on("synced", done));
  return { provider, socket, document, items: document.getMap("items") };
}

/** Until the server has everything that a client wrote. */
const settled = (client) =>
  new Promise((done) => {
    const look = () => (client.provider.hasUnsyncedChanges ? setTimeout(look, 1) : done());
    look();
  });

function fill(client, count) {
  client.document.transact(() => {
    for (let index = 0; index < count; index++) {
      const item = new Y.Map();
      item.set("title", `Item ${index} of a long list`);
      item.set("status", "open");
      client.items.set(`item-${String(index).padStart(6, "0")}`, item);
    }
  });
}

const key = (index, count) => `item-${String((index * 37) % count).padStart(6, "0")}`;

/** Done when a client sees the number of a change. */
const arrival = (client, number) =>
  new Promise((done) => {
    const look = () => {
      if (client.document.getMap("last").get("number") !== number) return;
      client.document.off("afterTransaction", look);
      done(now());
    };
    client.document.on("afterTransaction", look);
    look();
  });

function change(client, index, count) {
  client.document.transact(() => {
    client.items.get(key(index, count)).set("status", `done in step ${index}`);
    client.document.getMap("last").set("number", index);
  });
}

const workloads = {
  async one(items, repeats) {
    const writer = await open(`one-${items}`);
    fill(writer, items);
    await settled(writer);
    const reader = await open(`one-${items}`);
    const times = [];
    for (let index = 1; index <= repeats; index++) {
      const start = now();
      const there = arrival(reader, index);
      change(writer, index, items);
      times.push((await there) - start);
    }
    say({ times });
  },
  async many(documents, changes) {
    const pairs = [];
    for (let number = 0; number < documents; number++) {
      const writer = await open(`many-${number}`);
      fill(writer, 10);
      await settled(writer);
      pairs.push({ writer, reader: await open(`many-${number}`) });
    }
    const start = now();
    const all = pairs.map(({ reader }) => arrival(reader, changes));
    for (let index = 1; index <= changes; index++)
      for (const { writer } of pairs) change(writer, index, 10);
    await Promise.all(all);
    say({ perSecond: (documents * changes) / ((now() - start) / 1000) });
  },
  async readers(count, repeats) {
    const writer = await open(`readers-${count}`);
    fill(writer, 10);
    await settled(writer);
    const readers = [];
    for (let number = 0; number < count; number++) readers.push(await open(`readers-${count}`));
    const times = [];
    for (let index = 1; index <= repeats; index++) {
      await sleep(20);
      const start = now();
      const all = readers.map((reader) => arrival(reader, index));
      change(writer, index, 10);
      times.push(Math.max(...(await Promise.all(all))) - start);
    }
    say({ times });
  },
  async idle(count) {
    await open("idle-warm");
    await sleep(1000);
    say({});
    await lines.next();
    for (let number = 0; number < count; number++) await open("idle");
    await sleep(3000);
    say({});
    await lines.next();
  },
  async reconnect(documents, changed) {
    const names = Array.from({ length: documents }, (_, number) => `back-${number}`);
    const kept = new Map();
    let socket = connection();
    for (const name of names) {
      const client = await open(name, socket);
      fill(client, 5);
      await settled(client);
      client.provider.detach();
      kept.set(name, client.document);
    }
    socket.destroy();
    for (let round = 1; round <= 2; round++) {
      const other = connection();
      const some = names.filter((_, index) => index % Math.floor(documents / changed) === 0);
      for (const name of some.slice(0, changed)) {
        const client = await open(name, other);
        change(client, round, 5);
        await settled(client);
      }
      other.destroy();
      await sleep(4000);
      say({});
      await lines.next();
      [sent, received] = [0, 0];
      const start = now();
      socket = connection();
      const left = [...names];
      const next = async () => {
        for (let name = left.pop(); name; name = left.pop()) {
          await open(name, socket, kept.get(name));
        }
      };
      await Promise.all(Array.from({ length: OPENING_MAX }, next));
      say({ time: now() - start, sent, received });
      await lines.next();
      socket.destroy();
    }
  },
  async killed(changes) {
    let client = await open("killed");
    fill(client, 10);
    await settled(client);
    await sleep(15000);
    for (let index = 1; index <= changes; index++) {
      change(client, index, 10);
      await settled(client);
    }
    // The server is ended before this client can bring anything again.
    say({});
    await lines.next();
    client.socket.destroy();
    client = await open("killed");
    say({ there: client.document.getMap("last").get("number") ?? 0 });
  },
  async large(items, changes) {
    const writer = await open("large");
    fill(writer, items);
    for (let index = 1; index <= changes - items; index++) change(writer, index, items);
    await settled(writer);
    writer.socket.destroy();
    await sleep(15000);
    say({});
    await lines.next();
    const start = now();
    await open("large");
    say({ time: now() - start });
    await lines.next();
  },
};

await workloads[workload](...numbers);
process.exit(0);
