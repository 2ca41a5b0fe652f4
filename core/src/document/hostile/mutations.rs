//! Mutations of sound bytes with the checksum sealed again. Property: the audit never panics, and
//! what it lets through is read by Automerge in the same way.

use std::panic::catch_unwind;

use automerge::Automerge;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::corpus;
use super::equivalence::assert_equal;
use super::forge::{Forge, open, seal};
use super::parts::Parts;
use crate::document::{ChunkLimits, DocumentChunk, EncodedChange};

fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    (rng.next_u64() % bound as u64) as usize
}

/// Replaces, flips, removes or inserts one or two bytes.
fn mutate(rng: &mut ChaCha8Rng, bytes: &mut Vec<u8>) {
    for _ in 0..1 + below(rng, 2) {
        let at = below(rng, bytes.len());
        match below(rng, 8) {
            0 => {
                bytes.remove(at);
            }
            1 => bytes.insert(at, rng.next_u32() as u8),
            2 => bytes[at] ^= 1 << below(rng, 8),
            3 => bytes[at] = bytes[at].wrapping_add(1),
            4 => bytes[at] = bytes[at].wrapping_sub(1),
            5 => bytes[at] = [0, 1, 0x7f, 0x7e, 0x80, 0xff][below(rng, 6)],
            _ => bytes[at] = rng.next_u32() as u8,
        }
    }
}

/// A seed for each test, printed so that a failure can be run again.
fn seeded(seed: u64) -> ChaCha8Rng {
    println!("SEED={seed}");
    ChaCha8Rng::seed_from_u64(seed)
}

#[test]
fn mutated_changes_are_refused_or_read_as_automerge_reads_them() {
    let mut rng = seeded(1);
    let mut corpus = corpus::changes();
    corpus.retain(|change| change.len() < 700);
    corpus.push(Forge::put().seal());
    let (mut passed, mut decoded) = (0, 0);
    for _ in 0..30_000 {
        let mut data = open(&corpus[below(&mut rng, corpus.len())]).to_vec();
        mutate(&mut rng, &mut data);
        let bytes = seal(1, &data);
        // Automerge panics on some of them.
        let theirs = catch_unwind(|| automerge::Change::from_bytes(bytes.clone()).ok());
        let theirs = theirs.ok().flatten();
        decoded += usize::from(theirs.is_some());
        let Ok(ours) = EncodedChange::audit(&bytes) else {
            continue;
        };
        passed += 1;
        assert_eq!(ours.bytes(), bytes);
        assert_equal(ours.change(), &theirs.unwrap().decode());
    }
    // The mutations reach past the checks of form, on both sides.
    println!("{decoded} decode in Automerge, {passed} pass the audit");
    assert!(passed > 2_000 && decoded > passed);
}

#[test]
fn mutated_documents_are_refused_or_loaded_as_automerge_loads_them() {
    let mut rng = seeded(2);
    let small = Parts::small().seal();
    let plain = corpus::document().save_nocompress();
    let deflated = corpus::document().save();
    let corpus = [&small, &plain, &deflated];
    let mut passed = 0;
    for _ in 0..20_000 {
        let mut data = open(corpus[below(&mut rng, corpus.len())]).to_vec();
        mutate(&mut rng, &mut data);
        let bytes = seal(0, &data);
        let Ok(ours) = DocumentChunk::audit(&bytes, &ChunkLimits::default()) else {
            continue;
        };
        passed += 1;
        let theirs = Automerge::load(&bytes).unwrap().get_changes(&[]);
        let mut ours: Vec<_> = ours.iter().map(|change| change.hash().0).collect();
        let mut theirs: Vec<_> = theirs.iter().map(|change| change.hash().0).collect();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs);
    }
    println!("{passed} pass the audit");
    assert!(passed > 40);
}

#[test]
fn random_bytes_and_cut_off_chunks_never_panic() {
    let mut rng = seeded(3);
    for len in 0..2_000 {
        let mut data = vec![0; len % 300];
        rng.fill_bytes(&mut data);
        for byte in &mut data {
            *byte = [*byte, *byte & 0x0f, 0x7f, 0][below(&mut rng, 4)];
        }
        let _ = EncodedChange::audit(&seal(1, &data));
        let _ = DocumentChunk::audit(&seal(0, &data), &ChunkLimits::default());
    }
    for change in corpus::changes() {
        let data = open(&change);
        for len in 0..data.len() {
            assert!(EncodedChange::audit(&seal(1, &data[..len])).is_err());
        }
    }
    let document = corpus::document().save();
    let data = open(&document);
    for len in 0..data.len() {
        let cut = seal(0, &data[..len]);
        assert!(DocumentChunk::audit(&cut, &ChunkLimits::default()).is_err());
    }
}
