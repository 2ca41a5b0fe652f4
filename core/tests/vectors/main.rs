//! `docs/vectors.json` says byte for byte what this engine writes: whoever writes another client
//! checks theirs against it. Everything there is made here again, from fixed seeds, and the parts
//! that docs/PROTOCOL.md spells out are put together a second time by hand.
//!
//! After a change of the format that is meant:
//! `cargo test -p poo-core --test vectors -- --ignored`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

mod bench;
mod brought;
mod contents;
mod exchanges;
mod greetings;
mod parts;
mod session;
mod values;

use std::path::PathBuf;

use poo_core::identity::{Did, Keypair, RecoveryPhrase};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The time in every vector: 2026-11-23T09:00:00Z.
pub(crate) const NOW_MS: i64 = 1_795_424_400_000;

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    Sha256::digest(parts.concat()).into()
}

/// A key pair whose secret is 32 times the same byte.
pub(crate) fn key(byte: u8) -> Keypair {
    Keypair::from_seed(&[byte; 32])
}

pub(crate) fn did(byte: u8) -> Did {
    Did::from_key(key(byte).public())
}

/// CBOR in diagnostic notation (RFC 8949, section 8).
pub(crate) fn diagnostic(bytes: &[u8]) -> String {
    let mut inside = false;
    let shown = minicbor::display(bytes).to_string();
    let compact = |c: &char| {
        inside ^= *c == '\'';
        !inside || *c != ' '
    };
    shown.chars().filter(compact).collect()
}

pub(crate) const SAM: u8 = 1;
pub(crate) const SAM_DEVICE: u8 = 2;
pub(crate) const ANN: u8 = 3;
pub(crate) const ANN_DEVICE: u8 = 4;
pub(crate) const RELAY: u8 = 5;
pub(crate) const INVITE: u8 = 6;
pub(crate) const VIC: u8 = 7;
pub(crate) const VIC_DEVICE: u8 = 8;

fn keys() -> Value {
    let named = [
        ("samIdentity", SAM),
        ("samDevice", SAM_DEVICE),
        ("annIdentity", ANN),
        ("annDevice", ANN_DEVICE),
        ("relay", RELAY),
        ("invite", INVITE),
        ("vicIdentity", VIC),
        ("vicDevice", VIC_DEVICE),
    ];
    named
        .into_iter()
        .map(|(name, byte)| {
            let phrase = RecoveryPhrase::of(&key(byte));
            json!({
                "name": name,
                "seed": hex([byte; 32]),
                "publicKey": hex(key(byte).public()),
                "did": did(byte).to_string(),
                "phrase": name.ends_with("Identity").then(|| phrase.words()),
            })
        })
        .collect()
}

fn vectors() -> Value {
    json!({
        "about": "Test vectors of docs/PROTOCOL.md. Bytes are hexadecimal; `diagnostic` is CBOR \
                  diagnostic notation. Keys are Ed25519 and follow from their seeds, so that \
                  every signature can be made again.",
        "keys": keys(),
        "documents": parts::documents(),
        "actors": parts::actors(),
        "births": parts::births(),
        "changes": parts::changes(),
        "tips": parts::tips(),
        "statements": parts::statements(),
        "tickets": parts::tickets(),
        "digests": parts::digests(),
        "links": parts::links(),
        "meetings": parts::meetings(),
        "contents": contents::contents(),
        "values": values::values(),
        "exchanges": exchanges::exchanges(),
        "example": exchanges::example(),
        "greetings": greetings::greetings(),
        "sessions": session::sessions(),
    })
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/vectors.json")
}

fn text(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap();
    text.push('\n');
    text
}

#[test]
fn the_vectors_are_what_the_engine_writes() {
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(path()).unwrap()).unwrap();
    let made = vectors();
    for (section, value) in made.as_object().unwrap() {
        assert_eq!(
            kept.get(section),
            Some(value),
            "the section `{section}` of docs/vectors.json: other clients count on these bytes; \
             if the difference is meant, say so in docs/PROTOCOL.md and write the file anew \
             (this file's head says how)"
        );
    }
    assert_eq!(
        kept.as_object().unwrap().len(),
        made.as_object().unwrap().len()
    );
}

/// docs/EXAMPLE.md shows the frames of the example, a line for each.
#[test]
fn the_page_shows_the_example() {
    let page = std::fs::read_to_string(path().with_file_name("EXAMPLE.md")).unwrap();
    let example = exchanges::example();
    let join = example["frames"][1]["signedBytes"].as_str().unwrap();
    let frames = example["frames"].as_array().unwrap().iter();
    let frames = frames.map(|frame| frame["frame"].as_str().unwrap());
    for line in frames.chain([join]) {
        assert!(page.contains(line), "docs/EXAMPLE.md does not show {line}");
    }
}

#[test]
#[ignore = "writes docs/vectors.json"]
fn write_the_vectors() {
    std::fs::write(path(), text(&vectors())).unwrap();
}
