/**
 * What stands before a relay on many machines: a proxy, here as small as one can be, that serves it
 * below a path. It can also serve another build of the app than the one that is in the relay.
 */

import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { extname, join, normalize } from "node:path";

const PAGES = ["/", "/join", "/link", "/setup", "/index.html"];
const KINDS: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};
/** The relay's own policy: a relay without an app has pages with another one. */
function policy(): string {
  const source = readFileSync(new URL("../../sync-server/src/web.rs", import.meta.url), "utf8");
  const text = /const POLICY: &str = "([^"]+)"/.exec(source)?.[1];
  if (!text) throw new Error("the relay's policy cannot be read");
  return text.replace(/\\\n\s*/g, "");
}

export class Front {
  readonly #target: URL;
  readonly #under: string;
  readonly #folder: string | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #policy = policy();
  /** Changes what is served, by its path in the app. */
  alter: (path: string, text: string) => string = (_, text) => text;

  /** `under` begins and ends with a slash; `folder` holds another build. */
  constructor(target: string, under = "/", folder?: string) {
    this.#target = new URL(target);
    this.#under = under;
    this.#folder = folder;
    this.#server = createServer((asked, answer) => this.#answer(asked, answer));
    this.#server.on("upgrade", (asked, socket: Socket) => this.#upgrade(asked, socket));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.#under}`;
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.#server.close(done));
    for (const socket of this.#sockets) socket.destroy();
    await ended;
  }

  /** The path as the relay has it. */
  #path(asked: IncomingMessage): string | null {
    const url = asked.url ?? "/";
    return url.startsWith(this.#under) ? url.slice(this.#under.length - 1) : null;
  }

  #answer(asked: IncomingMessage, answer: ServerResponse): void {
    const path = this.#path(asked);
    if (path === null) {
      answer.writeHead(404).end();
      return;
    }
    const file = normalize(PAGES.includes(path) ? "/index.html" : path.replace(/\?.*/, ""));
    const own = this.#folder && join(this.#folder, file);
    if (own && extname(file) && existsSync(own)) {
      const small = /\bbr\b/.test(String(asked.headers["accept-encoding"])) && existsSync(`${own}.br`);
      if (small) answer.setHeader("content-encoding", "br");
      this.#send(answer, file, readFileSync(small ? `${own}.br` : own), small);
      return;
    }
    const { "accept-encoding": _, ...headers } = asked.headers;
    const forward = request(
      { host: this.#target.hostname, port: this.#target.port, method: asked.method, path, headers },
      (said) => {
        if (said.statusCode !== 200 || !/javascript|html/.test(said.headers["content-type"] ?? "")) {
          answer.writeHead(said.statusCode ?? 502, said.headers);
          said.pipe(answer);
          return;
        }
        const parts: Buffer[] = [];
        said.on("data", (part) => parts.push(part));
        said.on("end", () => this.#send(answer, file, Buffer.concat(parts)));
      },
    );
    // As if nobody listened.
    forward.on("error", () => answer.destroy());
    asked.pipe(forward);
  }

  #send(answer: ServerResponse, file: string, body: Buffer, compressed = false): void {
    const kind = KINDS[extname(file)] ?? "application/octet-stream";
    const text = !compressed && /text/.test(kind) ? this.alter(file, body.toString()) : body;
    const headers = { "content-type": kind, "cache-control": "no-cache" };
    answer.writeHead(200, { ...headers, "content-security-policy": this.#policy }).end(text);
  }

  #upgrade(asked: IncomingMessage, socket: Socket): void {
    const path = this.#path(asked);
    const relay = connect(Number(this.#target.port), this.#target.hostname, () => {
      const head = [`GET ${path} HTTP/1.1`];
      for (let at = 0; at < asked.rawHeaders.length; at += 2) {
        head.push(`${asked.rawHeaders[at]}: ${asked.rawHeaders[at + 1]}`);
      }
      relay.write(`${head.join("\r\n")}\r\n\r\n`);
      relay.pipe(socket).pipe(relay);
    });
    const end = () => {
      relay.destroy();
      socket.destroy();
    };
    for (const side of [relay, socket]) side.on("error", end).on("close", end);
  }
}
