// The bytes of docs/PROTOCOL.md, written from the page alone on other people's libraries:
// CBOR by cborg, Ed25519 by noble, COSE by Auth0, changes by Automerge.

import { createHmac, createPublicKey } from "node:crypto";
import { Sign1 } from "@auth0/cose";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 as hash } from "@noble/hashes/sha2.js";
import bs58 from "bs58";
import * as cborg from "cborg";

export const hex = (bytes) => Buffer.from(bytes).toString("hex");
export const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"));
export const utf8 = (text) => new TextEncoder().encode(text);
export const concat = (...parts) => new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))));
export const same = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0;
export const sha256 = (...parts) => hash(concat(...parts));
export const hmac = (key, ...parts) => new Uint8Array(createHmac("sha256", key).update(concat(...parts)).digest());

/** A fault with the code that section 13 gives it. */
export class Fault extends Error {
    constructor(code, about = "") {
        super(about ? `${code}: ${about}` : code);
        this.code = code;
    }
}

// Section 1: CBOR, domains.

export const encode = (value) => cborg.encode(value);

/** Definite lengths, shortest integers, no key twice, nothing behind it. */
export function decode(bytes) {
    try {
        return cborg.decode(bytes, { useMaps: true, strict: true, allowIndefinite: false, rejectDuplicateMapKeys: true });
    } catch (error) {
        throw new Fault("malformed", error.message);
    }
}

export const publicKey = (seed) => ed25519.getPublicKey(seed);
export const signRaw = (seed, message) => ed25519.sign(message, seed);
export const tagged = (domain, ...message) => concat(utf8(domain), [0], ...message);
export const sign = (seed, domain, ...message) => signRaw(seed, tagged(domain, ...message));

/** Strict, as RFC 8032 has it: no keys of small order, no signatures that are not canonical. */
export function verifyRaw(key, message, signature) {
    try {
        return ed25519.verify(signature, message, key, { zip215: false });
    } catch {
        return false;
    }
}
export const verify = (key, signature, domain, ...message) => verifyRaw(key, tagged(domain, ...message), signature);

// Sections 2 and 3: names.

export const did = (key) => `did:key:z${bs58.encode(concat([0xed, 0x01], key))}`;

export function keyOf(name) {
    const bytes = bs58.decode(name.slice("did:key:z".length));
    const key = bytes.slice(2);
    if (did(key) !== name) throw new Error(`${name} names no Ed25519 key`);
    return key;
}

export function base58check(bytes) {
    return bs58.encode(concat(bytes, sha256(sha256(bytes)).slice(0, 4)));
}
export function unbase58check(text) {
    const all = bs58.decode(text);
    const bytes = all.slice(0, -4);
    if (!same(sha256(sha256(bytes)).slice(0, 4), all.slice(-4))) throw new Error("the checksum does not fit");
    return bytes;
}

export const documentId = (owner, nonce) => sha256(utf8("poo/document/v1"), owner, nonce).slice(0, 16);
export const actorId = (device, document, nonce) => sha256(utf8("poo/actor/v1"), device, document, nonce).slice(0, 16);
export const birthActor = (kind) => sha256(utf8("poo/birth/v1"), utf8(kind), [0, 1]).slice(0, 16);

/** The birth change of a kind, for Automerge's own encoder. */
export function birthChange(kind, maps) {
    const put = (key, value, more = {}) => ({ action: "set", obj: "_root", key, value, pred: [], ...more });
    const make = (key) => ({ action: "makeMap", obj: "_root", key, pred: [] });
    return {
        actor: hex(birthActor(kind)),
        seq: 1,
        startOp: 1,
        time: 0,
        message: null,
        deps: [],
        ops: [put("kind", kind), put("v", 1, { datatype: "int" }), ...maps.map(make)],
    };
}

export const MAPS = {
    list: ["comments", "items", "meta", "tags"],
    space: ["folders", "lists", "meta", "settings", "templates"],
};

// Section 4: the frame of a change.

export function changeHash(chunk) {
    const [magic, type] = [chunk.subarray(0, 4), chunk[8]];
    if (!same(magic, unhex("856f4a83"))) throw new Fault("magic");
    if (type === 2) throw new Fault("deflated");
    if (type !== 1) throw new Fault("chunk_type");
    let [length, shift, at] = [0, 0, 9];
    for (;;) {
        if (at >= chunk.length) throw new Fault("header");
        length += (chunk[at] & 0x7f) * 2 ** shift;
        shift += 7;
        if (chunk[at++] < 0x80) break;
    }
    if (length > chunk.length - at) throw new Fault("truncated");
    if (length < chunk.length - at) throw new Fault("trailing");
    const found = sha256(chunk.subarray(8));
    if (!same(found.slice(0, 4), chunk.subarray(4, 8))) throw new Fault("checksum");
    return found;
}

// Section 5: tips.

/** The actor of a tip: what follows from device, document and nonce, or what a relay names. */
const tipActor = (document, [device, nonce, , , , , named]) => named ?? actorId(device, document, nonce);
const tipMessage = (document, tip) => {
    const [, nonce, seq, change, witnessed] = tip;
    const fields = [document, tipActor(document, tip), nonce, seq, change];
    return encode(witnessed ? [...fields, witnessed] : fields);
};
export function signTip(seed, document, nonce, seq, change, witnessed = null, named = undefined) {
    const fields = [publicKey(seed), nonce, seq, change, witnessed];
    const signature = sign(seed, "poo/tip/v1", tipMessage(document, [...fields, null, named]));
    return named ? [...fields, signature, named] : [...fields, signature];
}
export const tipSigned = (document, tip) => tagged("poo/tip/v1", tipMessage(document, tip));
export function checkTip(document, tip) {
    const [device, nonce, seq, change, witnessed, , named] = tip;
    if (named && (!witnessed || named.length < 16 || named.length > 32 || nonce.slice(8).some((byte) => byte !== 0))) {
        throw new Fault("forged-author");
    }
    if (seq === 0 || !verifyRaw(device, tipSigned(document, tip), tip[5])) throw new Fault("forged-author");
    return { actor: hex(tipActor(document, tip)), device: hex(device), seq, hash: hex(change) };
}

// Section 6: statements.

export const KINDS = ["genesis", "device", "profile", "grant", "redeem", "witness", "revoke"];

export function signStatement(seed, kind, fields) {
    const payload = encode([KINDS.indexOf(kind), new Map(Object.entries(fields).map(([key, value]) => [Number(key), value]))]);
    const signer = publicKey(seed);
    return encode([payload, signer, sign(seed, "poo/statement/v1", signer, payload)]);
}

const REVOCATION = KINDS.indexOf("revoke");
const isText = (text, min, max) =>
    typeof text === "string" && [...text].length >= min && [...text].length <= max && !/\p{Cc}/u.test(text);

/** Reads and verifies a statement, with the signatures inside it. */
export function readStatement(wire) {
    const bad = (about) => new Fault("bad-statement", about);
    const [payload, signer, signature] = decode(wire);
    const [number, body] = decode(payload);
    const kind = KINDS[number];
    if (!kind) throw bad("a newer kind");
    if (payload.length > (number === REVOCATION ? 1 << 20 : 4096)) throw bad("too large");
    if (!verify(signer, signature, "poo/statement/v1", signer, payload)) throw bad("its signature");
    const get = (key) => body.get(key);
    const scope = {
        genesis: () => ["document", get(6) ?? documentId(get(0), get(1))],
        device: () => ["identity", get(0)],
        profile: () => ["identity", get(0)],
        witness: () => (body.has(0) ? ["document", get(0)] : ["identity", get(2)]),
        revoke: () => [["document", "identity"][get(0)[0]], get(0)[1]],
    }[kind] ?? (() => ["document", get(0)]);
    if (kind === "device") {
        if (!isText(get(2), 0, 100)) throw bad("a name");
        if (!verify(get(1), get(5), "poo/device/v1", get(0))) throw bad("no consent");
    }
    if (kind === "profile") {
        if (!isText(get(2), 1, 100)) throw bad("a name");
        if (body.has(3) && !isText(get(3), 1, 32)) throw bad("a colour");
        if (body.has(5) && !isText(get(5), 1, 100)) throw bad("a platform");
    }
    if (kind === "redeem" && !verify(get(3), get(4), "poo/redeem/v1", get(0), get(1), get(2))) throw bad("no proof");
    if (kind === "revoke" && (get(1).length < 1 || get(1).length > 64)) throw bad("targets");
    const [about, id] = scope();
    const digest = sha256(tagged("poo/statement/v1", signer, payload));
    return { kind, body, signer, payload, digest, wire, about, id };
}

/** The statements that belong to a document. */
export function relevant(document, statements) {
    const own = statements.filter((it) => it.about === "document" && same(it.id, document));
    const named = new Set();
    for (const { kind, body, signer } of own) {
        named.add(hex(signer));
        const dids = { genesis: [0, 4], redeem: [2], witness: [1, 2] }[kind] ?? [];
        for (const key of dids) if (body.has(key)) named.add(hex(body.get(key)));
        if (kind === "grant") {
            const [to, who] = body.get(1);
            named.add(hex(to === 0 ? who : who.get(3)));
        }
    }
    const signers = new Set(own.map((it) => hex(it.signer)));
    for (const it of statements) {
        if (it.kind === "device" && signers.has(hex(it.body.get(1)))) named.add(hex(it.body.get(0)));
    }
    return [...own, ...statements.filter((it) => it.about === "identity" && named.has(hex(it.id)))];
}

export function fingerprint(statements) {
    const digests = statements.map((it) => it.digest).sort(Buffer.compare);
    return sha256(tagged("poo/statements/v1"), ...digests);
}

/** Section 11: the digest of a document. `ends` are `[actor, seq, hash]`. */
export function documentDigest(statements, ends) {
    const seq = (number) => {
        const bytes = Buffer.alloc(8);
        bytes.writeBigUInt64BE(BigInt(number));
        return bytes;
    };
    const sorted = [...ends].sort((a, b) => Buffer.compare(a[0], b[0]));
    const parts = sorted.flatMap(([actor, at, change]) => [actor, seq(at), change]);
    return sha256(utf8("poo/digest/v1"), fingerprint(statements), ...parts).slice(0, 16);
}

// Section 9: sealed frames.

export const TO_RELAY = 0;
export const TO_CLIENT = 1;

export const sessionName = (session) => sha256(session.clientNonce, session.relayNonce).slice(0, 16);

export const externalData = ({ client, relay, clientNonce, relayNonce }, direction, counter) =>
    encode(["poo/session/v1", client, did(relay), clientNonce, relayNonce, direction, counter]);

export const protectedHeader = (key) => encode(new Map([[1, -8], [4, key]]));

export const sigStructure = (header, external, payload) => encode(["Signature1", header, external, payload]);

export function seal(session, seed, direction, counter, body) {
    const header = protectedHeader(publicKey(seed));
    const payload = encode([session.relay, sessionName(session), counter, body]);
    const signed = sigStructure(header, externalData(session, direction, counter), payload);
    // Tag 18, in one byte.
    return concat([0xd2], encode([header, new Map(), payload, signRaw(seed, signed)]));
}

export const isSealed = (frame) => frame[0] === 0xd2;

/** Reads a sealed frame without believing it. */
export function peek(frame) {
    const parts = isSealed(frame) ? decode(frame.subarray(1)) : null;
    if (!Array.isArray(parts) || parts.length !== 4) throw new Fault("malformed");
    const [header, unprotected, payload, signature] = parts;
    const fields = decode(header);
    if (!(unprotected instanceof Map) || unprotected.size > 0) throw new Fault("malformed", "an unprotected header");
    if (fields.get(1) !== -8 || fields.has(2)) throw new Fault("malformed", "another algorithm");
    const key = fields.get(4);
    if (key?.length !== 32) throw new Fault("malformed", "a key id");
    const [relay, name, counter, body] = decode(payload);
    return { key, relay, name, counter, body, payload, header, signature };
}

/** Checks a sealed frame in the order of the page and gives its body. COSE checks the signature. */
export async function open(session, signer, direction, counter, frame) {
    const found = peek(frame);
    const message = control(found.body);
    if (!same(found.key, signer)) throw new Fault("wrong-key");
    if (!same(found.relay, session.relay)) throw new Fault("wrong-relay");
    if (!same(found.name, sessionName(session))) throw new Fault("wrong-session");
    if (found.counter < counter) throw new Fault("replayed");
    if (found.counter > counter) throw new Fault("out-of-place");
    const external = externalData(session, direction, counter);
    const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(signer).toString("base64url") };
    const key = createPublicKey({ key: jwk, format: "jwk" });
    try {
        await Sign1.decode(frame).verify(key, { externalAAD: external });
    } catch {
        throw new Fault("bad-signature");
    }
    // OpenSSL is not asked to be strict.
    if (!verifyRaw(signer, sigStructure(found.header, external, found.payload), found.signature)) {
        throw new Fault("bad-signature");
    }
    return message;
}

// Section 10: messages.

const bytes = (length) => (value) => value instanceof Uint8Array && (length === undefined || value.length === length);
const text = (value) => typeof value === "string";
const bool = (value) => typeof value === "boolean";
const integer = (value) => Number.isInteger(value) || typeof value === "bigint";
const uint = (value) => integer(value) && value >= 0;
const list = (of) => (value) => Array.isArray(value) && value.every(of);
const optional = (of) => (value) => value === undefined || value === null || of(value);
const tuple = (...of) => (value) => Array.isArray(value) && of.every((check, index) => check(value[index]));
const map = (of) => (value) => value instanceof Map && Object.entries(of).every(([key, check]) => check(value.get(Number(key))));

const tip = tuple(bytes(32), bytes(16), uint, bytes(32), optional(bytes(32)), bytes(64));
const end = tuple(bytes(16), uint, bytes(32));
const b16 = bytes(16);
const b32 = bytes(32);

const DATA = [
    ["challenge", uint, b32, b32],
    ["changes", map({ 0: b16, 1: bool, 2: list(bytes()), 3: list(tip), 4: list(bytes()) })],
    ["ephemeral", map({ 0: b16, 1: b32, 2: b16, 3: uint, 4: bytes(), 5: bytes(64) })],
    ["chunk", map({ 0: b16, 1: uint, 2: bool, 3: bytes() })],
    ["blob-chunk", map({ 0: b32, 1: uint, 2: bytes() })],
];
const CONTROL = [
    ["join", b32, list(bytes()), b32],
    ["peer", integer, bool, optional(bool)],
    ["have", map({ 0: b16, 1: list(end), 2: list(bytes()), 3: bool })],
    ["nack", b16, text, text, list(b32), b32],
    ["catalog-since", b16, uint],
    ["catalog", b16, uint, bool, list(tuple(b16, bytes()))],
    ["redeem", b16, b32, bytes(64)],
    ["box-put", b16, bytes()],
    ["box-get", b16],
    ["box-content", b16, optional(bytes())],
    ["admit", b32],
    ["admitted", bool],
    ["bye", text, text],
    ["blob-have", b16, b32, uint],
    ["blob-want", b16, b32, uint],
    ["blob-nack", b16, b32, text, text],
];

function message(kinds, value) {
    if (!Array.isArray(value) || value.length !== 2 || !Array.isArray(value[1])) throw new Fault("malformed");
    const [number, fields] = value;
    const [kind, ...checks] = kinds[number] ?? [];
    if (!kind || !tuple(...checks)(fields)) throw new Fault("malformed", `fields of ${kind ?? number}`);
    return { kind, fields };
}
export const control = (value) => message(CONTROL, value);
export const data = (frame) => message(DATA, decode(frame));

const number = (kinds, kind) => kinds.findIndex(([name]) => name === kind);
const numbered = (fields) => new Map(fields.map((value, index) => [index, value]));
/** The body of a control message, to be sealed. */
export const say = (kind, ...fields) => [number(CONTROL, kind), fields];
/** The frame of a data message with a map. */
export const bring = (kind, ...fields) => encode([number(DATA, kind), [numbered(fields)]]);
export const have = (...fields) => say("have", numbered(fields));

/** What an ephemeral's signature is over. */
export const ephemeralSigned = (body) => tagged("poo/ephemeral/v1", encode([0, 1, 2, 3, 4].map((key) => body.get(key))));
export function checkEphemeral(body) {
    if (!verifyRaw(body.get(1), ephemeralSigned(body), body.get(5))) throw new Fault("bad-ephemeral");
}
