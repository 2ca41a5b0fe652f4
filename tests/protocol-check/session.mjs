// A client's end of a session over a real websocket: sections 9 to 12 of docs/PROTOCOL.md.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import WebSocket from "ws";
import {
    Fault, TO_CLIENT, TO_RELAY, data, decode, did, have, hex, hmac, isSealed, open, publicKey, same, say, seal, sha256,
    unbase58check, utf8,
} from "./wire.mjs";

/** A relay that says nothing for so long hangs. */
const PATIENCE_MS = 30_000;

export class Session {
    heard = [];
    waiting = null;
    ended = false;
    sent = 0;
    received = 0;

    /** `who` has `identity` (a public key), `device` (a seed) and the `certificates` of the device. */
    static async join(url, relayDid, who) {
        const session = new Session();
        await session.connect(url);
        const { kind, fields } = data(await session.frame());
        assert.equal(kind, "challenge");
        const [version, relay, relayNonce] = fields;
        assert.equal(version, 1);
        assert.equal(did(relay), relayDid, "the relay is the one that is pinned");
        session.seed = who.device;
        session.binding = { client: publicKey(who.device), relay, clientNonce: randomBytes(32), relayNonce };
        session.say("join", who.identity, who.certificates, session.binding.clientNonce);
        const [now, admitted] = (await session.expect("peer")).fields;
        assert.ok(Math.abs(Number(now) - Date.now()) < 60_000, "it tells the time");
        return Object.assign(session, { admitted, identity: who.identity });
    }

    async connect(url) {
        this.socket = new WebSocket(`${url}/sync`, "poo.sync.v1");
        this.socket.on("message", (bytes, isBinary) => {
            assert.ok(isBinary);
            this.heard.push(new Uint8Array(bytes));
            this.waiting?.();
        });
        this.socket.on("close", (code) => {
            this.ended = code;
            this.waiting?.();
        });
        await new Promise((resolve, reject) => this.socket.on("open", resolve).on("error", reject));
    }

    /** The next frame; nothing once the connection is closed. */
    async frame() {
        while (this.heard.length === 0 && !this.ended) {
            await new Promise((resolve, reject) => {
                const timer = setTimeout(() => reject(new Error("the relay says nothing")), PATIENCE_MS);
                this.waiting = () => {
                    clearTimeout(timer);
                    resolve();
                };
            });
        }
        return this.heard.shift();
    }

    /** The next message. A goodbye, or the end, is thrown. */
    async next() {
        const frame = await this.frame();
        if (!frame) throw new Fault("closed", `with websocket code ${this.ended}`);
        if (!isSealed(frame)) return data(frame);
        const { relay } = this.binding;
        const message = await open(this.binding, relay, TO_CLIENT, this.received++, frame);
        if (message.kind === "bye") throw new Fault(message.fields[0], message.fields[1]);
        return message;
    }

    async expect(...kinds) {
        const message = await this.next();
        assert.ok(kinds.includes(message.kind), `${kinds} and not ${message.kind}: ${JSON.stringify(message.fields)}`);
        return message;
    }

    /** The next message of a kind; what may come in between by itself is passed over. */
    async until(...kinds) {
        for (;;) {
            const message = await this.next();
            if (kinds.includes(message.kind)) return message;
            assert.ok(["catalog", "have", "changes", "ephemeral"].includes(message.kind), message.kind);
        }
    }

    say(...message) {
        this.raw(seal(this.binding, this.seed, TO_RELAY, this.sent++, say(...message)));
    }

    raw(frame) {
        this.socket.send(frame);
    }

    /** Which documents there are, each with its digest. */
    async catalog() {
        this.say("catalog-since", new Uint8Array(16), 0);
        const found = new Map();
        for (let more = true; more; ) {
            const { fields } = await this.until("catalog");
            if (fields[1] === 0 && fields[2]) continue;
            more = fields[2];
            for (const [document, digest] of fields[3]) found.set(hex(document), digest);
        }
        return found;
    }

    /** Asks for a document, and gives what the relay brings and then says it has. */
    async ask(document, tips = [], statements = []) {
        this.raw(seal(this.binding, this.seed, TO_RELAY, this.sent++, have(document, tips, statements, true)));
        return this.answer(document);
    }

    async answer(document) {
        const got = { statements: [], tips: [], changes: [] };
        for (;;) {
            const { kind, fields } = await this.next();
            if (kind === "nack") throw new Fault(fields[1], fields[2]);
            const body = fields[0];
            if (kind === "catalog" || !same(body.get(0), document)) continue;
            if (kind === "have") return { ...got, have: body };
            assert.equal(kind, "changes");
            got.statements.push(...body.get(2));
            got.tips.push(...body.get(3));
            got.changes.push(...body.get(4));
        }
    }

    close() {
        this.say("bye", "done", "That was all.");
        this.socket.close();
    }
}

/** What stands in a link. */
export function readLink(text) {
    const [, address, kind, body] = /^http(.*)\/(join|link|setup)#(.*)$/.exec(text);
    const map = decode(unbase58check(body));
    const fields = { join: ["relay", "document", "grant", "secret"], link: ["relay", "identity", "secret"], setup: ["relay", "secret"] };
    return { url: `ws${address}`, kind, ...Object.fromEntries(fields[kind].map((name, key) => [name, map.get(key)])) };
}

/** Where the devices of a link meet, and what the new one leaves there. */
export function meeting(secret, device, consent, name) {
    const point = (tag) => sha256(utf8(tag), secret).slice(0, 16);
    const mac = hmac(secret, device, consent, utf8(name));
    return { request: point("poo/link/v1"), reply: point("poo/link-reply/v1"), mac };
}
