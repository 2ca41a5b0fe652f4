//! Document chunks, sound and with hostile frames, headers and columns: each of those is built
//! whole, with the right checksum, and refused by name.

use std::io::Write as _;

use automerge::AutoCommit;

use super::corpus;
use super::forge::{Forge, open, seal, sleb, uleb};
use super::parts::{Parts, audit, refusal, too_large};
use crate::document::limits::{ACTORS_MAX, DOCUMENT_BYTES_MAX, DOCUMENT_CHANGES_MAX};
use crate::document::{
    ChangeError, ChangeHash, ChunkError, ChunkLimits, ColumnFault, DocumentChunk, EncodedChange,
    FrameError, LayoutFault, ReadFault,
};

fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

// Sound documents.

#[test]
fn a_document_comes_apart_into_the_changes_that_automerge_finds_in_it() {
    let mut document = corpus::document();
    let expected: Vec<_> = corpus::changes();
    for saved in [document.save(), document.save_nocompress()] {
        let changes = audit(&saved).unwrap();
        let mut ours: Vec<_> = changes
            .iter()
            .map(|change| change.bytes().to_vec())
            .collect();
        let mut seen: Vec<ChangeHash> = Vec::new();
        for change in &changes {
            assert!(change.change().deps.iter().all(|dep| seen.contains(dep)));
            assert_eq!(EncodedChange::audit(change.bytes()).as_ref(), Ok(change));
            seen.push(change.hash());
        }
        let mut expected = expected.clone();
        ours.sort();
        expected.sort();
        assert_eq!(ours, expected);
    }
}

#[test]
fn an_empty_document_has_no_changes() {
    assert_eq!(audit(&AutoCommit::new().save()), Ok(Vec::new()));
    assert_eq!(audit(&DocumentChunk::build([]).unwrap()), Ok(Vec::new()));
}

#[test]
fn what_is_built_comes_apart_again() {
    let changes = corpus::changes();
    // In any order, and twice.
    let given = changes.iter().rev().chain(&changes).map(Vec::as_slice);
    let chunk = DocumentChunk::build(given).unwrap();
    let mut back: Vec<_> = audit(&chunk)
        .unwrap()
        .iter()
        .map(|change| change.bytes().to_vec())
        .collect();
    let mut changes = changes;
    back.sort();
    changes.sort();
    assert_eq!(back, changes);
}

#[test]
fn a_change_that_misses_another_is_not_dropped_silently() {
    let changes = corpus::changes();
    let missing = EncodedChange::audit(&changes[0]).unwrap().hash();
    assert_eq!(
        DocumentChunk::build(changes[1..].iter().map(Vec::as_slice)),
        Err(ChunkError::MissingDependency(missing))
    );
}

#[test]
fn building_from_what_crashes_automerge_is_an_error() {
    let mut forge = Forge::put();
    forge.seq = 7;
    let first = Forge::put().seal();
    forge.deps = vec![*EncodedChange::audit(&first).unwrap().hash().as_bytes()];
    let gap = forge.seal();
    let built = DocumentChunk::build([first.as_slice(), gap.as_slice()]);
    assert!(
        matches!(built, Err(ChunkError::Crashed | ChunkError::Refused(_))),
        "{built:?}"
    );
    assert!(matches!(
        DocumentChunk::build([&b"nonsense"[..]]),
        Err(ChunkError::Refused(_))
    ));
}

#[test]
fn the_forge_makes_sound_documents_unless_told_otherwise() {
    let saved = corpus::document().save_nocompress();
    assert_eq!(Parts::of(&mut corpus::document()).seal(), saved);
    assert_eq!(audit(&Parts::small().seal()).unwrap().len(), 2);
}

// The frame.

#[test]
fn a_document_has_its_checksum_and_nothing_behind_it() {
    let mut bytes = Parts::small().seal();
    bytes[4] ^= 1;
    assert_eq!(refusal(&bytes), FrameError::Checksum.into());
    let one = Parts::small().seal();
    let change = Forge::put().seal();
    for more in [one.clone(), change, vec![0]] {
        let extra = more.len();
        assert_eq!(
            refusal(&[one.clone(), more].concat()),
            FrameError::Trailing { extra }.into()
        );
    }
    assert!(matches!(
        refusal(&vec![0; DOCUMENT_BYTES_MAX + 1]),
        ChunkError::Frame(FrameError::TooLarge { .. })
    ));
    for len in 0..one.len() {
        assert!(matches!(refusal(&one[..len]), ChunkError::Frame(_)));
    }
}

#[test]
fn changes_and_bundles_are_no_documents() {
    for found in [1, 2, 3, 4] {
        assert_eq!(
            refusal(&seal(found, open(&Parts::small().seal()))),
            FrameError::Type { found, wanted: 0 }.into()
        );
    }
}

#[test]
fn bytes_behind_the_sections_are_refused() {
    let mut parts = Parts::small();
    parts.trailing = vec![0];
    assert_eq!(
        refusal(&parts.seal()),
        FrameError::Trailing { extra: 1 }.into()
    );
}

// The header.

#[test]
fn actors_and_heads_are_counted_and_in_order() {
    let mut parts = Parts::small();
    parts.actors = vec![vec![1; 16]; ACTORS_MAX + 1];
    assert_eq!(too_large(refusal(&parts.seal())), "actors");
    parts.actors = vec![vec![1; 16], vec![1; 16]];
    assert_eq!(
        refusal(&parts.seal()),
        ChunkError::Order { field: "actors" }
    );
    // An actor without a change.
    parts.actors = vec![vec![1; 16], vec![2; 16]];
    assert_eq!(
        refusal(&parts.seal()),
        ChunkError::Order { field: "actors" }
    );
    parts.actors = vec![vec![1; 33]];
    assert_eq!(
        refusal(&parts.seal()),
        ChunkError::ActorLength { found: 33 }
    );
    let mut parts = Parts::small();
    parts.heads = vec![parts.heads[0]; 2];
    assert_eq!(refusal(&parts.seal()), ChunkError::Order { field: "heads" });
    let mut data = Vec::new();
    uleb(&mut data, u64::MAX);
    assert_eq!(too_large(refusal(&seal(0, &data))), "actors");
}

#[test]
fn heads_that_the_content_does_not_have_are_refused() {
    let mut parts = Parts::small();
    parts.heads[0][0] ^= 1;
    assert_eq!(refusal(&parts.seal()), ChunkError::Heads);
    let mut parts = Parts::small();
    parts.head_places = vec![0];
    assert_eq!(refusal(&parts.seal()), ChunkError::Heads);
    parts.head_places = vec![u64::MAX];
    assert_eq!(refusal(&parts.seal()), ChunkError::Heads);
    let mut parts = Parts::small();
    parts.heads.clear();
    parts.head_places.clear();
    assert_eq!(refusal(&parts.seal()), ChunkError::Heads);
}

// The columns.

#[test]
fn a_deflate_bomb_is_refused_before_it_grows() {
    let bomb = deflate(&vec![0; DOCUMENT_BYTES_MAX + 1]);
    assert!(bomb.len() < 70_000);
    let parts = Parts::small().op_column(87 | 8, &bomb);
    assert_eq!(too_large(refusal(&parts.seal())), "inflated bytes");
    // Two that are only too large together.
    let half = deflate(&vec![0; DOCUMENT_BYTES_MAX / 2 + 1]);
    let parts = Parts::small()
        .op_column(87 | 8, &half)
        .op_column(21 | 8, &half);
    assert_eq!(too_large(refusal(&parts.seal())), "inflated bytes");
}

#[test]
fn a_damaged_deflated_column_is_refused() {
    for data in [
        vec![0xff; 9],
        [deflate(&[1; 400]), vec![0]].concat(),
        deflate(&[]),
    ] {
        let parts = Parts::small().op_column(87 | 8, &data);
        assert_eq!(refusal(&parts.seal()), ChunkError::Inflate { column: 87 });
    }
}

#[test]
fn unknown_unordered_and_missing_columns_are_refused() {
    let parts = Parts::small().op_column(200 & !8, &[1]);
    assert_eq!(refusal(&parts.seal()), LayoutFault::Unknown(192).into());
    let parts = Parts::small().change_column(98, &[1]);
    assert_eq!(refusal(&parts.seal()), LayoutFault::Unknown(98).into());
    let mut parts = Parts::small();
    parts.ops.swap(0, 1);
    assert!(matches!(
        refusal(&parts.seal()),
        ChunkError::Layout(LayoutFault::Order(_))
    ));
    let parts = Parts::small().change_column(3, &[]);
    assert!(matches!(
        refusal(&parts.seal()),
        ChunkError::Column {
            fault: ColumnFault::TooFewRows,
            ..
        }
    ));
    let parts = Parts::small().op_column(35, &[]);
    assert!(matches!(
        refusal(&parts.seal()),
        ChunkError::Rows(ChangeError::Column { .. })
    ));
    let mut data = open(&Parts::small().seal()).to_vec();
    data.truncate(data.len() - 9);
    assert_eq!(
        refusal(&seal(0, &data)),
        LayoutFault::Read(ReadFault::End).into()
    );
}

#[test]
fn run_length_bombs_are_refused_before_they_grow() {
    let run = |count: i64, value: u8| {
        let mut out = Vec::new();
        sleb(&mut out, count);
        out.push(value);
        out
    };
    for count in [DOCUMENT_CHANGES_MAX as i64 + 1, i64::MAX] {
        let parts = Parts::small().change_column(1, &run(count, 0));
        assert_eq!(too_large(refusal(&parts.seal())), "changes");
        let parts = Parts::small().op_column(66, &run(count, 1));
        assert!(matches!(
            refusal(&parts.seal()),
            ChunkError::Rows(ChangeError::TooLarge {
                what: "operations",
                ..
            })
        ));
        let parts = Parts::small().change_column(53, &[&run(count, 1)[..], b"m"].concat());
        assert!(matches!(
            refusal(&parts.seal()),
            ChunkError::Column {
                fault: ColumnFault::TooManyRows,
                ..
            }
        ));
    }
    let mut many = vec![0x7e, 0];
    uleb(&mut many, u64::MAX);
    let parts = Parts::small().change_column(64, &many);
    assert_eq!(too_large(refusal(&parts.seal())), "dependencies");
    let parts = Parts::small().op_column(128, &many);
    assert!(matches!(
        refusal(&parts.seal()),
        ChunkError::Rows(ChangeError::TooLarge { .. })
    ));
}

#[test]
fn a_long_note_cannot_be_repeated_without_bound() {
    let limits = ChunkLimits {
        log_bytes_max: 100,
        ..ChunkLimits::default()
    };
    let error = DocumentChunk::audit(&Parts::small().seal(), &limits).unwrap_err();
    assert_eq!(too_large(error), "bytes of all changes");
}
