// A small client, written from docs/PROTOCOL.md alone, against a real relay.
//     node client.mjs COMMAND STATE RELAY_URL RELAY_DID [ARGUMENT]
// What it keeps between two runs stands in the file STATE. It prints one line of JSON.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import * as A from "@automerge/automerge";
import { Session, meeting, readLink } from "./session.mjs";
import {
    Fault, MAPS, TO_CLIENT, TO_RELAY, actorId, base58check, birthChange, bring, changeHash, checkTip, decode, did,
    documentDigest, documentId, encode, hex, keyOf, publicKey, readStatement, relevant, same, say, seal, sign,
    signStatement, signTip, unhex,
} from "./wire.mjs";

const [command, path, url, relayDid, argument] = process.argv.slice(2);
const relay = keyOf(relayDid);

/** An id of a task: a UUIDv7. */
function uuid7() {
    const bytes = Buffer.concat([Buffer.alloc(6), randomBytes(10)]);
    bytes.writeUIntBE(Date.now(), 0, 6);
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** A string as a scalar: Automerge's own strings are texts. */
const scalar = (value) => new A.ImmutableString(value);

/** Who this is: an identity, and a device that its key certified. */
function newPerson(name) {
    const [identity, device] = [randomBytes(32), randomBytes(32)];
    const [owner, key] = [publicKey(identity), publicKey(device)];
    const consent = sign(device, "poo/device/v1", owner);
    const certificate = signStatement(identity, "device", { 0: owner, 1: key, 2: "script", 3: true, 4: Date.now(), 5: consent });
    const profile = signStatement(identity, "profile", { 0: owner, 1: 1, 2: name, 4: false });
    return { identity, device, certificates: [certificate], profile };
}
const asJoined = (who) => ({ ...who, identity: publicKey(who.identity) });

/** One document: its statements, and its changes with the tips that vouch for them. */
class List {
    constructor(document, nonce = randomBytes(16)) {
        Object.assign(this, { document, nonce, statements: new Map(), ends: new Map(), changes: [] });
    }

    open(device) {
        const actor = hex(actorId(publicKey(device), this.document, this.nonce));
        const birth = A.encodeChange(birthChange("list", MAPS.list));
        [this.content] = A.applyChanges(A.init({ actor }), [birth, ...this.changes]);
        return this;
    }

    keep(statements) {
        for (const wire of statements) this.statements.set(hex(readStatement(wire).digest), wire);
    }

    own() {
        return relevant(this.document, [...this.statements.values()].map(readStatement));
    }

    /** Takes in what the relay brought: every change has to be vouched for. */
    take({ statements, tips, changes }) {
        this.keep(statements);
        const known = tips.map((tip) => checkTip(this.document, tip));
        for (const bytes of changes) {
            const { actor, seq } = A.decodeChange(bytes);
            assert.ok(known.some((tip) => tip.actor === actor && tip.seq >= seq), "a tip covers the change");
            this.changes.push(bytes);
        }
        for (const { actor, seq, hash } of known) {
            if (seq >= (this.ends.get(actor)?.[1] ?? 0)) this.ends.set(actor, [unhex(actor), seq, unhex(hash)]);
        }
        [this.content] = A.applyChanges(this.content, changes);
    }

    /** Writes one change and signs it: gives the change and its tip. */
    write(device, fill) {
        this.content = A.change(this.content, { time: Math.floor(Date.now() / 1000) }, fill);
        const bytes = A.getLastLocalChange(this.content);
        const { actor, seq } = A.decodeChange(bytes);
        const hash = changeHash(bytes);
        this.changes.push(bytes);
        this.ends.set(actor, [unhex(actor), seq, hash]);
        return { bytes, tip: signTip(device, this.document, this.nonce, seq, hash) };
    }

    /** Whether the relay has just what is here. */
    isAcknowledged(have) {
        const shorts = this.own().map(({ digest }) => hex(digest.slice(0, 16)));
        assert.deepEqual(have.get(2).map(hex).sort(), shorts.sort());
        assert.deepEqual(have.get(1).map(encode).map(hex).sort(), [...this.ends.values()].map(encode).map(hex).sort());
    }

    digest = () => documentDigest(this.own(), [...this.ends.values()]);
}

const grant = (who, document, to, role) =>
    signStatement(who.identity, "grant", { 0: document, 1: to, 2: role, 3: randomBytes(16), 4: Date.now() });

function item(title, more = {}) {
    return { title: scalar(title), order: scalar("80"), createdAt: new Date(), notes: "", ...more };
}

/** Makes a list with one task, gives it to the relay and a role in it to somebody, and gets it back. */
async function write() {
    const who = newPerson("Script");
    const nonce = randomBytes(16);
    const owner = publicKey(who.identity);
    const list = new List(documentId(owner, nonce)).open(who.device);
    const genesis = signStatement(who.identity, "genesis", { 0: owner, 1: nonce, 2: "list", 3: 1, 4: relay, 5: Date.now() });
    list.keep([genesis, ...who.certificates, who.profile, grant(who, list.document, [0, keyOf(argument)], 1)]);
    const task = uuid7();
    const written = [
        list.write(who.device, (doc) => Object.assign(doc.meta, { title: scalar("Written by hand"), createdAt: new Date() })),
        list.write(who.device, (doc) => {
            doc.items[task] = item("Read the protocol", { priority: scalar("high"), due: scalar("2026-11-30"), notes: "every *section*" });
        }),
    ];

    let session = await Session.join(url, relayDid, asJoined(who));
    assert.equal(session.admitted, true);
    assert.equal((await session.catalog()).size, 0);
    const before = await session.ask(list.document);
    assert.equal(before.have.get(1).length, 0, "the relay has nothing of it");
    const changes = written.map(({ bytes }) => bytes);
    // A tip vouches for all before it: one is enough.
    session.raw(bring("changes", list.document, false, [...list.statements.values()], [written[1].tip], changes));
    list.isAcknowledged((await session.answer(list.document)).have);
    session.close();

    session = await Session.join(url, relayDid, asJoined(who));
    const digest = (await session.catalog()).get(hex(list.document));
    assert.deepEqual(hex(digest), hex(list.digest()), "the catalog names it with the digest of what was sent");
    const again = new List(list.document).open(who.device);
    again.take(await session.ask(list.document));
    again.isAcknowledged((await session.ask(list.document, [...again.ends.values()], again.own().map((it) => it.digest.slice(0, 16)))).have);
    assert.deepEqual(again.changes.map(hex).sort(), list.changes.map(hex).sort());
    assert.equal(A.toJS(again.content).items[task].title.toString(), "Read the protocol");
    session.close();
    const saved = { identity: hex(who.identity), device: hex(who.device), certificates: who.certificates.map(hex), document: hex(list.document), nonce: hex(list.nonce), task };
    writeFileSync(path, JSON.stringify(saved));
    return { list: base58check(list.document), task, did: did(owner) };
}

function saved() {
    const state = JSON.parse(readFileSync(path, "utf8"));
    const who = { identity: unhex(state.identity), device: unhex(state.device), certificates: state.certificates.map(unhex) };
    return { ...state, who, document: unhex(state.document), nonce: unhex(state.nonce) };
}

/** Fetches the list again, answers to what came, and makes a link for somebody else. */
async function read() {
    const { who, document, nonce, task } = saved();
    const list = new List(document, nonce).open(who.device);
    const session = await Session.join(url, relayDid, asJoined(who));
    list.take(await session.ask(document));
    // What was here before goes by its own actor again: the same device goes on with its history.
    const found = A.toJS(list.content);
    const said = Object.values(found.comments).map(({ body }) => body.toString());
    const { tip, bytes } = list.write(who.device, (doc) => {
        doc.items[task].priority = scalar("low");
        A.updateText(doc, ["items", task, "notes"], "every section, twice");
    });
    const secret = randomBytes(32);
    const invite = new Map([[0, publicKey(secret)], [1, Date.now() + 3_600_000], [2, true], [3, relay]]);
    const statement = grant(who, document, [1, invite], 0);
    list.keep([statement]);
    session.raw(bring("changes", document, false, [statement], [tip], [bytes]));
    list.isAcknowledged((await session.answer(document)).have);
    session.close();
    const link = encode(new Map([[0, relay], [1, document], [2, readStatement(statement).digest], [3, secret]]));
    return {
        status: found.items[task].status?.toString(),
        said,
        link: `${url.replace(/^ws/, "http")}/join#${base58check(link)}`,
    };
}

/** Joins a list by somebody's link, and writes into it. */
async function redeem() {
    const link = readLink(argument);
    assert.deepEqual([link.kind, link.url, hex(link.relay)], ["join", url, hex(relay)]);
    const { who } = saved();
    const session = await Session.join(url, relayDid, asJoined(who));
    const proof = sign(link.secret, "poo/redeem/v1", link.document, link.grant, publicKey(who.identity));
    session.say("redeem", link.document, link.grant, proof);
    const list = new List(link.document).open(who.device);
    list.take(await session.answer(link.document));
    const titles = Object.values(A.toJS(list.content).items).map(({ title }) => title.toString());
    const { tip, bytes } = list.write(who.device, (doc) => {
        doc.items[uuid7()] = item("Bring the book");
    });
    session.raw(bring("changes", link.document, false, [], [tip], [bytes]));
    list.isAcknowledged((await session.answer(link.document)).have);
    session.close();
    return { titles };
}

/** Becomes a device of somebody by their device link, and reads one of their lists. */
async function device() {
    const link = readLink(argument);
    const seed = randomBytes(32);
    const key = publicKey(seed);
    const consent = sign(seed, "poo/device/v1", link.identity);
    const { request, reply, mac } = meeting(link.secret, key, consent, "script");
    let session = await Session.join(url, relayDid, { identity: key, device: seed, certificates: [] });
    session.say("box-get", reply);
    session.say("box-put", request, encode(new Map([[0, key], [1, "script"], [2, consent], [3, mac]])));
    let content = null;
    while (!content) content = (await session.until("box-content")).fields[1];
    session.close();
    const about = decode(content).map((wire) => ({ wire, ...readStatement(wire) }));
    const certificate = about.find(({ kind, body }) => kind === "device" && same(body.get(1), key));
    const signer = about.find(({ kind, body }) => kind === "device" && same(body.get(1), certificate.signer));
    // Either the identity's own key certified this device, or a device that it certified.
    const chain = same(certificate.signer, link.identity) ? [certificate] : [signer, certificate];
    assert.ok(same(chain[0].signer, link.identity) && chain.every(({ body }) => same(body.get(0), link.identity)));
    session = await Session.join(url, relayDid, { identity: link.identity, device: seed, certificates: chain.map(({ wire }) => wire) });
    const documents = await session.catalog();
    session.close();
    return { documents: [...documents.keys()].map((id) => base58check(unhex(id))).sort() };
}

/** Gets everything wrong that docs/vectors.json knows, and more; every time the relay names the code. */
async function refuse() {
    const { keys, statements, exchanges, documents } = JSON.parse(readFileSync(argument, "utf8"));
    const seed = (name) => unhex(keys.find((key) => key.name === name).seed);
    const certificate = unhex(statements.find(({ name }) => name === "device").wire);
    const sam = { identity: publicKey(seed("samIdentity")), device: seed("samDevice"), certificates: [certificate] };
    const document = unhex(documents[0].id);
    const answer = async (send) => {
        const session = await Session.join(url, relayDid, sam);
        try {
            await send(session);
            // A new session says nothing of what is here, so the relay may bring that first.
            let message = await session.next();
            if (message.kind === "changes") message = await session.until("have");
            const { kind, fields } = message;
            session.close();
            return kind === "nack" ? { says: kind, code: fields[1], hashes: fields[3].map(hex) } : { says: kind };
        } catch (fault) {
            if (!(fault instanceof Fault)) throw fault;
            return { says: fault.code === "closed" ? `closed ${session.ended}` : "bye", code: fault.code };
        }
    };
    let checked = 0;
    const expect = async (name, expected, send) => {
        const found = await answer(send);
        if (found.says === "have") expected = { says: "have" };
        assert.deepEqual(found, expected, name);
        checked += 1;
    };
    await expect("the base", { says: "have" }, (session) => session.raw(unhex(exchanges.base)));
    // What is taken comes last: it stays.
    const cases = [...exchanges.data].sort((a, b) => (a.answer.says === "have") - (b.answer.says === "have"));
    for (const { name, frames, answer } of cases) {
        await expect(name, answer, (session) => frames.forEach((frame) => session.raw(unhex(frame))));
    }
    const body = say("box-get", document);
    const sealed = (change = {}, counter = 1, direction = TO_RELAY, key = sam.device) => (session) =>
        session.raw(seal({ ...session.binding, ...change }, key, direction, counter, body));
    const bye = (code) => ({ says: "bye", code });
    await expect("in its place", { says: "box-content" }, sealed());
    await expect("counter 0 again", bye("replayed"), sealed({}, 0));
    await expect("counter 2", bye("out-of-place"), sealed({}, 2));
    await expect("signed for the other direction", bye("bad-signature"), sealed({}, 1, TO_CLIENT));
    await expect("for another client", bye("bad-signature"), sealed({ client: document }));
    await expect("for another relay", bye("wrong-relay"), sealed({ relay: sam.identity }));
    await expect("of another session", bye("wrong-session"), sealed({ clientNonce: randomBytes(32) }));
    await expect("by another key", bye("wrong-key"), sealed({}, 1, TO_RELAY, seed("annDevice")));
    await expect("a text frame", { says: "closed 1003", code: "closed" }, (session) => session.socket.send("text"));
    return { checked };
}

const commands = { write, read, redeem, device, refuse };
console.log(JSON.stringify(await commands[command]()));
process.exit(0);
