// What a relay makes of a client's frames: sections 7, 8, 9 and 13 of docs/PROTOCOL.md, as far as
// the exchanges of the vectors go.

import * as A from "@automerge/automerge";
import {
    Fault, MAPS, TO_RELAY, birthChange, changeHash, checkEphemeral, checkTip, control, data, encode, hex,
    isSealed, open, peek, readStatement, relevant, same, unhex,
} from "./wire.mjs";

const CLIENT_SAYS = ["join", "have", "nack", "catalog-since", "redeem", "box-put", "box-get", "admit", "bye"];

/** Whether certificates lead from an identity's key to a device's. */
function isDevice(identity, device, statements) {
    const live = new Set([hex(identity)]);
    for (let grown = true; grown; ) {
        grown = false;
        for (const { kind, body, signer } of statements) {
            const certifies = kind === "device" && same(body.get(0), identity) && live.has(hex(signer));
            if (certifies && !live.has(hex(body.get(1)))) {
                live.add(hex(body.get(1)));
                grown = true;
            }
        }
    }
    return live.has(hex(device));
}

/** A change that is one, as far as its bytes tell. */
function audit(bytes) {
    const hash = hex(changeHash(bytes));
    // Behind the frame: how many dependencies there are, in one byte here, and those.
    const at = bytes.findIndex((byte, index) => index > 8 && byte < 0x80) + 1;
    const deps = Array.from({ length: bytes[at] }, (_, index) => hex(bytes.slice(at + 1 + 32 * index, at + 33 + 32 * index)));
    if (deps.some((dep, index) => index > 0 && deps[index - 1] >= dep)) throw new Fault("deps_order");
    const change = A.decodeChange(bytes);
    if (!change.ops.every((op) => ["set", "del", "inc", "makeMap", "makeList", "makeText"].includes(op.action))) throw new Fault("unsupported");
    return { ...change, hash };
}

export class Judge {
    constructor({ relay, relayNonce }) {
        this.relay = unhex(relay);
        this.relayNonce = unhex(relayNonce);
        this.received = 0;
        this.statements = new Map();
        this.documents = new Map();
        this.chunk = null;
    }

    /** What the relay says first to a frame. */
    async hear(frame) {
        try {
            return await (this.session?.joined ? this.take(frame) : this.join(frame));
        } catch (fault) {
            if (!(fault instanceof Fault)) throw fault;
            return { says: this.session && fault.says !== "closed" ? "bye" : "closed", code: fault.code };
        }
    }

    async join(frame) {
        const { key, body } = peek(frame);
        const { kind, fields } = control(body);
        if (kind !== "join") throw new Fault("unexpected");
        const [identity, chain, clientNonce] = fields;
        this.session = { client: key, relay: this.relay, clientNonce, relayNonce: this.relayNonce };
        await open(this.session, key, TO_RELAY, this.received++, frame);
        const certificates = chain.map(readStatement);
        if (!isDevice(identity, key, certificates)) throw new Fault("bad-device");
        this.keep(certificates);
        this.session.joined = identity;
        return { says: "control", kind: 1 };
    }

    keep(statements) {
        for (const it of statements) this.statements.set(hex(it.digest), it);
    }

    async take(frame) {
        if (isSealed(frame)) {
            const { kind, fields } = await open(this.session, this.session.client, TO_RELAY, this.received++, frame);
            if (kind === "bye") throw Object.assign(new Fault(fields[0]), { says: "closed" });
            if (kind === "box-get") return { says: "control", kind: 9 };
            throw new Fault(CLIENT_SAYS.includes(kind) ? "malformed" : "unexpected");
        }
        const { kind, fields } = data(frame);
        const [body] = fields;
        switch (kind) {
            case "changes":
                return this.changes(body.get(0), body.get(2), body.get(3), body.get(4));
            case "chunk":
                return this.part(body.get(0), body.get(1), body.get(2), body.get(3));
            case "ephemeral":
                return checkEphemeral(body);
            default:
                throw new Fault("unexpected");
        }
    }

    part(document, index, last, bytes) {
        if (index === 0) this.chunk = [];
        if (index !== this.chunk?.length) throw new Fault("unexpected");
        this.chunk.push(bytes);
        if (!last) return null;
        const loaded = A.load(new Uint8Array(Buffer.concat(this.chunk)));
        return this.changes(document, [], [], A.getAllChanges(loaded));
    }

    changes(document, statements, tips, changes) {
        const fresh = statements.map(readStatement);
        const known = new Map([...this.statements.values(), ...fresh].map((it) => [hex(it.digest), it]));
        const all = relevant(document, [...known.values()]);
        const genesis = all.find((it) => it.kind === "genesis" && isDevice(it.body.get(0), it.signer, all));
        if (!genesis) return { says: "nack", code: "unavailable", hashes: [] };
        const named = tips.map((tip) => checkTip(document, tip));
        const chunks = changes.map(audit);
        this.keep(fresh);
        const state = this.documents.get(hex(document)) ?? this.born(genesis);
        this.documents.set(hex(document), state);
        const refused = chunks
            .map((change) => [this.judge(state, genesis, all, named, change), change.hash])
            .filter(([code]) => code);
        if (refused.length > 0) {
            const code = refused.map(([code]) => code).find((code) => code !== "missing-deps") ?? "missing-deps";
            return { says: "nack", code, hashes: refused.map(([, hash]) => hash) };
        }
        const ends = [...state.ends].filter(([, end]) => end.signed).sort();
        const shorts = all.map((it) => it.digest).sort(Buffer.compare).map((digest) => digest.slice(0, 16));
        const map = [
            [0, document],
            [1, ends.map(([actor, { seq, hash }]) => [unhex(actor), seq, unhex(hash)])],
            [2, shorts],
            [3, false],
        ];
        return { says: "have", map: hex(encode(new Map(map))) };
    }

    born(genesis) {
        const kind = genesis.body.get(2);
        const bytes = A.encodeChange(birthChange(kind, MAPS[kind]));
        const { hash, actor, ops } = { hash: hex(changeHash(bytes)), ...A.decodeChange(bytes) };
        return { counters: new Map([[hash, ops.length]]), ends: new Map([[actor, { seq: 1, hash }]]) };
    }

    /** The code of a refusal; nothing where the change is taken. */
    judge(state, genesis, statements, tips, change) {
        if (state.counters.has(change.hash)) return null;
        const own = tips.filter((tip) => tip.actor === change.actor);
        const isNamed = own.some((tip) => tip.seq === change.seq && tip.hash === change.hash);
        const end = state.ends.get(change.actor) ?? { seq: 0 };
        if (change.seq <= end.seq) return isNamed ? "fork" : "unsigned";
        if (change.seq > end.seq + 1) return own.length > 0 ? "missing-deps" : "unsigned";
        if (end.seq > 0 && !change.deps.includes(end.hash)) return "broken-chain";
        // Of the chain that comes with it, a later change may be the one that is named.
        if (!own.some((tip) => tip.seq >= change.seq)) return "unsigned";
        const device = unhex(own[0].device);
        if (!isDevice(genesis.body.get(0), device, statements)) return "forbidden";
        if (!change.deps.every((dep) => state.counters.has(dep))) return "missing-deps";
        const before = Math.max(...change.deps.map((dep) => state.counters.get(dep)));
        if (change.startOp !== before + 1) return "counter";
        if (change.ops.some((op) => op.obj === "_root")) return "bad-op";
        state.counters.set(change.hash, before + change.ops.length);
        state.ends.set(change.actor, { seq: change.seq, hash: change.hash, signed: true });
        return null;
    }
}
