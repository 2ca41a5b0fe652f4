// Derives everything in docs/vectors.json anew from its inputs, and compares.
//     node check.mjs docs/vectors.json

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as A from "@automerge/automerge";
import { entropyToMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { Judge } from "./judge.mjs";
import { follow, isBetween, readDue, readReminder, readRule } from "./values.mjs";
import {
    Fault, MAPS, TO_CLIENT, TO_RELAY, actorId, base58check, birthActor, birthChange, changeHash, checkEphemeral,
    checkTip, control, data, decode, did, documentDigest, documentId, encode, ephemeralSigned, externalData,
    fingerprint, hex, hmac, isSealed, open, peek, publicKey, readStatement, relevant, same, say, seal, sessionName,
    sha256, sigStructure, sign, signTip, tagged, tipSigned, unbase58check, unhex, utf8, verify, verifyRaw,
} from "./wire.mjs";

const vectors = JSON.parse(readFileSync(process.argv[2], "utf8"));
let checked = 0;
const saidKinds = new Set();
/** What an ephemeral says is of a kind that is known, up to this one. */
function checkSaid(bytes, last) {
    const [kind, [said]] = decode(bytes);
    equal(encode(decode(bytes)), bytes, "what is said is canonical");
    assert.ok(kind <= last, `kind ${kind}`);
    saidKinds.add(kind);
    if (kind === 0) assert.ok(said.get(0) <= 2, "a state");
    if (kind === 1) decode(said);
    if (kind === 2) {
        equal([...said.keys()].sort(), [0, 1, 2], "author, client and data");
        equal(said.get(0).length, 32, "an author is a DID");
        equal(said.get(1).length, 8, "a client's name is 8 bytes");
        checkSaid(said.get(2), 1);
    }
}
/** Two values are the same: bytes by their digits. */
function equal(found, expected, about) {
    const plain = (value) => (value instanceof Uint8Array ? hex(value) : value);
    assert.deepEqual(plain(found), plain(expected), about);
    checked += 1;
}

const seeds = new Map(vectors.keys.map(({ publicKey, seed }) => [publicKey, unhex(seed)]));
const seedOf = (key) => seeds.get(hex(key)) ?? assert.fail(`no seed for ${hex(key)}`);
const named = (name) => unhex(vectors.keys.find((key) => key.name === name).publicKey);

/** A document as Automerge reads it, in JSON: texts as strings, times as milliseconds. */
function plain(value) {
    if (value instanceof Date) return value.getTime();
    if (A.isImmutableString(value)) return value.toString();
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

const sections = {
    keys(all) {
        for (const key of all) {
            equal(publicKey(unhex(key.seed)), key.publicKey, key.name);
            equal(did(unhex(key.publicKey)), key.did);
            if (key.phrase) equal(entropyToMnemonic(unhex(key.seed), wordlist), key.phrase);
        }
    },

    documents(all) {
        for (const it of all) {
            const id = documentId(unhex(it.owner), unhex(it.nonce));
            equal(id, it.id);
            equal(base58check(id), it.text);
            equal(unbase58check(it.text), id);
        }
    },

    actors(all) {
        for (const it of all) equal(actorId(unhex(it.device), unhex(it.document), unhex(it.nonce)), it.id);
    },

    births(all) {
        for (const it of all) {
            equal(birthActor(it.kind), it.actor);
            assert.deepEqual(it.maps, MAPS[it.kind]);
            const bytes = A.encodeChange(birthChange(it.kind, MAPS[it.kind]));
            equal(bytes, it.bytes);
            equal(changeHash(bytes), it.hash);
        }
    },

    changes(all) {
        for (const { bytes, ...expected } of all) {
            equal(changeHash(unhex(bytes)), expected.hash);
            const { actor, seq, startOp, deps, hash } = A.decodeChange(unhex(bytes));
            equal({ actor, seq, startOp, deps, hash }, expected);
        }
    },

    tips(all) {
        for (const it of all) {
            const document = unhex(it.document);
            const tip = decode(unhex(it.bytes));
            const [device, nonce, seq, hash, witnessed, , actor] = tip;
            equal(tipSigned(document, tip), it.signedBytes, it.name);
            equal(encode(signTip(seedOf(device), document, nonce, seq, hash, witnessed, actor)), it.bytes, it.name);
            equal(checkTip(document, tip).actor, it.actor);
            equal(tip[5], it.signature);
        }
    },

    statements(all) {
        for (const it of all) {
            const found = readStatement(unhex(it.wire));
            equal(found.payload, it.payload, it.name);
            equal(encode(decode(found.payload)), it.payload, `${it.name}: the payload is canonical`);
            equal(found.signer, it.signer);
            equal(found.digest, it.digest);
            const signed = tagged("poo/statement/v1", found.signer, found.payload);
            equal(signed, it.signedBytes);
            equal(encode([found.payload, found.signer, sign(seedOf(found.signer), "poo/statement/v1", found.signer, found.payload)]), it.wire);
            if (it.inner) {
                assert.ok(verifyRaw(unhex(it.inner.by), unhex(it.inner.signedBytes), unhex(it.inner.signature)));
                const get = (key) => found.body.get(key);
                const message = { device: () => [get(0)], redeem: () => [get(0), get(1), get(2)] }[found.kind]();
                equal(tagged(`poo/${found.kind}/v1`, ...message), it.inner.signedBytes);
                equal(sign(seedOf(unhex(it.inner.by)), `poo/${found.kind}/v1`, ...message), it.inner.signature);
            }
        }
    },

    tickets(all) {
        for (const it of all) {
            const [payload, device, signature] = decode(unbase58check(it.text));
            equal(payload, it.payload, it.name);
            equal(device, it.device);
            equal(encode(decode(payload)), it.payload, `${it.name}: the payload is canonical`);
            equal(tagged("poo/ticket/v1", payload), it.signedBytes);
            equal(sign(seedOf(device), "poo/ticket/v1", payload), signature);
            equal(base58check(encode([payload, device, signature])), it.text);
            equal(sha256(tagged("poo/ticket/v1", device, payload)), it.digest);
        }
        const revoked = vectors.statements.find(({ name }) => name === "revoke of a ticket");
        const [target] = readStatement(unhex(revoked.wire)).body.get(1);
        equal(target, all[0].digest, "a revocation names the ticket");
    },

    digests(it) {
        const statements = vectors.statements.map(({ wire }) => readStatement(unhex(wire)));
        const own = relevant(unhex(it.document), statements);
        equal(own.map(({ digest }) => hex(digest)).sort(), it.statements);
        equal(fingerprint(own), it.fingerprint);
        const ends = it.ends.map(({ actor, seq, hash }) => [unhex(actor), seq, unhex(hash)]);
        equal(documentDigest(own, ends), it.digest);
    },

    links(all) {
        for (const it of all) {
            const [, address, path, body] = /^(http.*)\/(join|link|setup)#(.*)$/.exec(it.text);
            equal(unbase58check(body), it.body, it.name);
            equal(encode(decode(unhex(it.body))), it.body);
            equal(`${address}/${path}#${base58check(unhex(it.body))}`, it.text);
            equal(path, { invite: "join", device: "link", setup: "setup" }[it.name]);
        }
    },

    meetings(it) {
        const [secret, device] = [unhex(it.secret), unhex(it.device)];
        equal(sha256(utf8("poo/link/v1"), secret).slice(0, 16), it.requestPoint);
        equal(sha256(utf8("poo/link-reply/v1"), secret).slice(0, 16), it.replyPoint);
        const consent = sign(seedOf(device), "poo/device/v1", unhex(it.identity));
        const mac = hmac(secret, device, consent, utf8(it.name));
        equal(encode(new Map([[0, device], [1, it.name], [2, consent], [3, mac]])), it.request);
        const [certificate] = decode(unhex(it.reply)).map(readStatement);
        equal(certificate.kind, "device");
        equal(certificate.body.get(1), device);
        equal(certificate.signer, it.identity);
    },

    contents(all) {
        for (const it of all) {
            const document = unhex(it.document);
            const statements = it.statements.map((wire) => readStatement(unhex(wire)));
            const own = relevant(document, statements);
            equal(own.length, statements.length, "all of them belong to the document");
            const tips = it.tips.map((tip) => checkTip(document, decode(unhex(tip))));
            const birth = A.encodeChange(birthChange(it.kind, MAPS[it.kind]));
            const known = new Map([[hex(changeHash(birth)), MAPS[it.kind].length + 2]]);
            let last = null;
            for (const bytes of it.changes.map(unhex)) {
                const change = A.decodeChange(bytes);
                const before = Math.max(...change.deps.map((dep) => known.get(dep) ?? assert.fail("an unknown dependency")));
                equal(change.startOp, before + 1);
                assert.ok(last === null || change.deps.includes(last.hash), "it names the change before it");
                equal(hex(changeHash(bytes)), change.hash);
                known.set(change.hash, before + change.ops.length);
                last = change;
            }
            assert.ok(tips.some((tip) => tip.hash === last.hash && tip.actor === last.actor && tip.seq === last.seq));
            const [read] = A.applyChanges(A.init(), [birth, ...it.changes.map(unhex)]);
            equal(plain(read), it.reads, it.kind);
        }
    },

    values(it) {
        for (const { text, kept } of it.due) equal(readDue(text)?.text ?? null, kept, text);
        for (const { text, kept } of it.reminders) equal(readReminder(text), kept, text);
        for (const { text, kept } of it.rules) equal(readRule(text), kept, text);
        for (const { series, closed, now, first, next, closes } of it.series) {
            equal(follow(series, closed, now), { first, next, closes }, series);
        }
        for (const { low, high, key } of it.order) assert.ok(isBetween(low, key, high), key);
    },

    async exchanges(it) {
        const opening = { joins: [], sealed: [it.join], data: [it.join, it.base] };
        for (const [group, before] of Object.entries(opening)) {
            for (const { name, frames, answer } of it[group]) {
                const judge = new Judge(it);
                let found;
                for (const frame of [...before, ...frames]) found = await judge.hear(unhex(frame));
                equal(found, answer, `${group}: ${name}`);
            }
        }
    },

    async greetings(it) {
        const pinned = unhex(it.relay);
        const session = { client: unhex(it.clientDevice), relay: pinned, clientNonce: unhex(it.clientNonce), relayNonce: unhex(it.relayNonce) };
        const joined = control(peek(unhex(it.join)).body);
        equal(seal(session, seedOf(session.client), TO_RELAY, 0, say("join", ...joined.fields)), it.join);
        const judged = async (judge) => {
            try {
                await judge();
                return null;
            } catch (fault) {
                return fault.code ?? assert.fail(fault);
            }
        };
        for (const { name, frame, code } of it.challenges) {
            const found = await judged(() => {
                const { kind, fields } = data(unhex(frame));
                if (kind !== "challenge") throw new Fault("malformed");
                if (fields[0] !== 1) throw new Fault("version");
                if (!same(fields[1], pinned)) throw new Fault("wrong-relay");
            });
            equal(found, code, name);
        }
        for (const { name, frame, code } of it.peers) {
            const found = await judged(async () => {
                const { kind, fields } = await open(session, pinned, TO_CLIENT, 0, unhex(frame));
                if (kind === "bye") throw new Fault(fields[0]);
                if (kind !== "peer") throw new Fault("unexpected");
            });
            equal(found, code, name);
        }
    },

    async example(it) {
        await new Replay().session(it);
    },

    async sessions(all) {
        const relay = new Replay();
        for (const session of all) await relay.session(session);
    },
};

/** Follows sessions frame by frame, and keeps what the relay has. */
class Replay {
    statements = new Map();
    ends = new Map();
    brought = new Map();
    /** Changes without a tip that the relay has still to refuse. */
    unsigned = new Set();

    async session(it) {
        const relay = named("relay");
        const session = { client: unhex(it.clientDevice), relay, clientNonce: unhex(it.clientNonce), relayNonce: unhex(it.relayNonce) };
        equal(sessionName(session), it.session);
        const counters = [0, 0];
        let identity;
        for (const frame of it.frames) {
            const bytes = unhex(frame.frame);
            const direction = frame.direction === "toRelay" ? TO_RELAY : TO_CLIENT;
            equal(isSealed(bytes), frame.counter !== undefined);
            if (!isSealed(bytes)) {
                if (it.frames.at(-1).kind === "bye" && hex(bytes) === "00") continue;
                const { kind, fields } = data(bytes);
                equal(kind, frame.kind);
                equal(encode(decode(bytes)), bytes, "the message is canonical");
                this.data(kind, fields, direction, frame);
                continue;
            }
            const counter = counters[direction]++;
            equal(counter, frame.counter);
            const signer = direction === TO_RELAY ? session.client : relay;
            const { kind, fields } = await open(session, signer, direction, counter, bytes);
            equal(kind, frame.kind);
            const { header, payload, body } = peek(bytes);
            const external = externalData(session, direction, counter);
            equal(payload, frame.payload);
            equal(external, frame.externalData);
            equal(sigStructure(header, external, payload), frame.signedBytes);
            equal(seal(session, seedOf(signer), direction, counter, body), bytes, "sealed again it is the same");
            if (kind === "join") {
                identity = fields[0];
                for (const wire of fields[1]) this.keep(readStatement(wire));
            }
            this.control(kind, fields, direction, { it, identity });
        }
        equal(this.unsigned.size, 0);
    }

    keep(statement) {
        this.statements.set(hex(statement.digest), statement);
    }

    data(kind, [body], direction, frame) {
        if (kind === "challenge") return;
        if (kind === "ephemeral") {
            checkEphemeral(body);
            equal(ephemeralSigned(body), frame.signedBytes);
            checkSaid(body.get(4), 2);
        }
        if (kind !== "changes") return;
        const document = body.get(0);
        const statements = body.get(2).map(readStatement);
        const chain = new Map(body.get(4).map((bytes) => [hex(changeHash(bytes)), A.decodeChange(bytes)]));
        const tips = body.get(3).map((tip) => checkTip(document, tip));
        for (const { actor, seq, hash } of chain.values()) {
            if (!tips.some((tip) => tip.actor === actor && tip.seq >= seq)) this.unsigned.add(hash);
        }
        if (direction === TO_CLIENT) return statements.forEach((it) => this.keep(it));
        this.brought.set(hex(document), { statements, tips });
    }

    /** What the relay acknowledges it has. */
    acknowledged(document) {
        const { statements, tips } = this.brought.get(document) ?? { statements: [], tips: [] };
        this.brought.delete(document);
        for (const it of statements) this.keep(it);
        const ends = this.ends.get(document) ?? new Map();
        for (const { actor, seq, hash } of tips) ends.set(actor, [unhex(actor), seq, unhex(hash)]);
        this.ends.set(document, ends);
        return { own: relevant(unhex(document), [...this.statements.values()]), ends: [...ends.values()] };
    }

    control(kind, fields, direction, { it, identity }) {
        if (kind === "admit") {
            equal(fields[0], hmac(unhex(it.secret), unhex(it.session), identity));
        }
        if (kind === "redeem") {
            const [document, grant, proof] = fields;
            assert.ok(verify(publicKey(unhex(it.secret)), proof, "poo/redeem/v1", document, grant, identity));
            checked += 1;
        }
        if (kind === "nack") {
            this.brought.delete(hex(fields[0]));
            for (const hash of fields[3]) this.unsigned.delete(hex(hash));
        }
        if (kind === "have" && direction === TO_CLIENT && fields[0].get(2).length > 0) {
            const [have] = fields;
            const { own, ends } = this.acknowledged(hex(have.get(0)));
            const shorts = own.map(({ digest }) => hex(digest).slice(0, 32)).sort();
            equal(have.get(2).map(hex), shorts, "the relay names its statements");
            equal(have.get(1).map(encode).map(hex).sort(), ends.map(encode).map(hex).sort(), "and its tips");
        }
        if (kind === "catalog") {
            for (const [document, digest] of fields[3]) {
                const { own, ends } = this.acknowledged(hex(document));
                equal(documentDigest(own, ends), digest, "the digest follows from what the relay has");
            }
        }
    }
}

for (const name of Object.keys(vectors)) {
    if (name === "about") continue;
    const before = checked;
    const section = sections[name] ?? assert.fail(`this checker knows no section ${name}`);
    await section.call(sections, vectors[name]);
    console.log(`${name}: ${checked - before} right`);
}
equal([...saidKinds].sort(), [0, 1, 2], "every kind of what is said is there");
