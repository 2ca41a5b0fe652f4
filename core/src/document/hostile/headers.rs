//! Hostile frames and headers of changes: each is built whole, with the right checksum, and refused
//! by name.

use super::corpus;
use super::forge::{Forge, open, seal, uleb};
use super::refusal::{
    ACTION, INSERT, KEY_TEXT, PRED_COUNT, VALUE_META, element_op, refusal, refused, too_large,
};
use crate::document::limits::{
    ACTORS_MAX, CHANGE_BYTES_MAX, CHANGE_DEPS_MAX, CHANGE_NOTE_BYTES_MAX, COUNTER_MAX, SEQ_MAX,
    TIME_SECONDS_MAX,
};
use crate::document::{
    ChangeError, ColumnFault, EncodedChange, FrameError, ReadFault, Unsupported,
};

#[test]
fn the_forge_makes_sound_changes_unless_told_otherwise() {
    EncodedChange::audit(&Forge::put().seal()).unwrap();
    EncodedChange::audit(&element_op().seal()).unwrap();
    for raw in corpus::changes() {
        assert_eq!(seal(1, open(&raw)), raw);
    }
}

// The frame.

#[test]
fn a_checksum_that_does_not_fit_is_refused() {
    let mut bytes = Forge::put().seal();
    bytes[5] ^= 1;
    assert!(automerge::Change::from_bytes(bytes.clone()).is_ok());
    assert_eq!(refusal(&bytes), FrameError::Checksum.into());
}

#[test]
fn bytes_that_are_no_chunk_are_refused() {
    assert_eq!(refusal(&[]), FrameError::Magic.into());
    assert_eq!(refusal(b"\x85\x6f\x4a\x82rest"), FrameError::Magic.into());
    let whole = Forge::put().seal();
    for len in 0..whole.len() {
        let error = refusal(&whole[..len]);
        assert!(matches!(error, ChangeError::Frame(_)), "{error:?}");
    }
}

#[test]
fn bytes_behind_the_chunk_are_refused() {
    let mut bytes = Forge::put().seal();
    bytes.push(0);
    assert_eq!(refusal(&bytes), FrameError::Trailing { extra: 1 }.into());
}

#[test]
fn two_chunks_in_a_row_are_refused() {
    let one = Forge::put().seal();
    let extra = one.len();
    assert_eq!(
        refusal(&[one.clone(), one].concat()),
        FrameError::Trailing { extra }.into()
    );
}

#[test]
fn a_length_in_more_bytes_than_it_needs_is_refused() {
    let mut bytes = Forge::put().seal();
    bytes[9] |= 0x80;
    bytes.insert(10, 0);
    assert_eq!(
        refusal(&bytes),
        FrameError::Header(ReadFault::Overlong).into()
    );
}

#[test]
fn a_length_beyond_memory_is_refused() {
    let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 1];
    uleb(&mut bytes, u64::MAX);
    assert_eq!(
        refusal(&bytes),
        FrameError::Truncated { missing: u64::MAX }.into()
    );
}

#[test]
fn a_change_above_the_size_limit_is_refused() {
    let bytes = vec![0; CHANGE_BYTES_MAX + 1];
    assert!(matches!(
        refusal(&bytes),
        ChangeError::Frame(FrameError::TooLarge { .. })
    ));
}

#[test]
fn a_deflated_change_is_refused_before_it_is_inflated() {
    let mut doc = corpus::document();
    let deflated = doc
        .get_changes(&[])
        .iter_mut()
        .map(|change| change.bytes().into_owned())
        .find(|bytes| bytes[8] == 2)
        .unwrap();
    assert_eq!(refusal(&deflated), ChangeError::Deflated);
    assert!(ChangeError::Deflated.is_unsupported());
}

#[test]
fn documents_and_bundles_are_no_changes() {
    for found in [0, 3, 4, 255] {
        let error = refusal(&seal(found, &Forge::put().data()));
        assert_eq!(error, FrameError::Type { found, wanted: 1 }.into());
    }
}

// The header.

#[test]
fn a_poisoned_counter_is_refused() {
    let mut forge = Forge::put();
    forge.start_op = 4_294_967_290;
    assert!(automerge::Change::from_bytes(forge.seal()).is_ok());
    assert!(matches!(
        refused(&forge),
        ChangeError::Range {
            field: "first counter",
            found: 4_294_967_290
        }
    ));
    forge.start_op = COUNTER_MAX;
    EncodedChange::audit(&forge.seal()).unwrap();
    let two = forge
        .column(KEY_TEXT, &[2, 1, b'k'])
        .column(INSERT, &[2])
        .column(ACTION, &[2, 1])
        .column(VALUE_META, &[2, 0])
        .column(PRED_COUNT, &[2, 0]);
    assert!(matches!(
        refused(&two),
        ChangeError::Range {
            field: "last counter",
            ..
        }
    ));
    let mut zero = Forge::put();
    zero.start_op = 0;
    assert!(matches!(
        refused(&zero),
        ChangeError::Range { found: 0, .. }
    ));
}

#[test]
fn a_sequence_number_that_automerge_would_cut_off_is_refused() {
    let mut forge = Forge::put();
    for seq in [0, SEQ_MAX + 1, 1 << 32, u64::MAX] {
        forge.seq = seq;
        assert!(matches!(
            refused(&forge),
            ChangeError::Range {
                field: "sequence number",
                ..
            }
        ));
    }
    forge.seq = SEQ_MAX;
    EncodedChange::audit(&forge.seal()).unwrap();
}

#[test]
fn a_time_at_the_end_of_64_bits_is_refused() {
    let mut forge = Forge::put();
    for time in [i64::MIN, i64::MAX, TIME_SECONDS_MAX + 1] {
        forge.time = time;
        assert!(matches!(
            refused(&forge),
            ChangeError::Range { field: "time", .. }
        ));
    }
    forge.time = -TIME_SECONDS_MAX;
    EncodedChange::audit(&forge.seal()).unwrap();
}

#[test]
fn dependencies_are_counted_before_they_are_read_and_come_in_order() {
    let mut forge = Forge::put();
    let mut data = Vec::new();
    uleb(&mut data, u64::MAX);
    assert_eq!(too_large(&refusal(&seal(1, &data))), "dependencies");
    forge.deps = (0..=CHANGE_DEPS_MAX as u32)
        .map(|n| {
            let mut dep = [0; 32];
            dep[..4].copy_from_slice(&n.to_be_bytes());
            dep
        })
        .collect();
    assert_eq!(too_large(&refused(&forge)), "dependencies");
    forge.deps.pop();
    EncodedChange::audit(&forge.seal()).unwrap();
    forge.deps = vec![[2; 32], [1; 32]];
    assert_eq!(refused(&forge), ChangeError::DepsOrder);
    forge.deps = vec![[2; 32], [2; 32]];
    assert_eq!(refused(&forge), ChangeError::DepsOrder);
}

#[test]
fn an_actor_has_sixteen_bytes_or_some_more() {
    let mut forge = Forge::put();
    for len in [0_usize, 15, 33, 64] {
        forge.actor = vec![1; len];
        let error = refused(&forge);
        assert_eq!(error, ChangeError::ActorLength { found: len as u64 });
        assert!(error.is_unsupported());
    }
}

#[test]
fn a_note_is_short_and_utf8() {
    let mut forge = Forge::put();
    forge.message = vec![b'm'; CHANGE_NOTE_BYTES_MAX];
    EncodedChange::audit(&forge.seal()).unwrap();
    forge.message.push(b'm');
    assert_eq!(too_large(&refused(&forge)), "bytes of the message");
    forge.message = vec![0xc0, 0x80];
    assert_eq!(refused(&forge), ChangeError::NoteUtf8);
}

#[test]
fn other_actors_are_counted_sorted_and_used() {
    let mut forge = Forge::put();
    forge.others = vec![vec![2; 16]];
    assert_eq!(refused(&forge), ChangeError::ActorUnused);
    forge.others = vec![vec![3; 16], vec![2; 16]];
    assert_eq!(refused(&forge), ChangeError::ActorsOrder);
    forge.others = vec![vec![2; 16], vec![2; 16]];
    assert_eq!(refused(&forge), ChangeError::ActorsOrder);
    forge.others = vec![vec![1; 16]];
    assert_eq!(refused(&forge), ChangeError::ActorsOrder);
    forge.others = vec![vec![2; 3]];
    assert_eq!(refused(&forge), ChangeError::ActorLength { found: 3 });
    forge.others = vec![vec![2; 16]; ACTORS_MAX + 1];
    assert_eq!(too_large(&refused(&forge)), "other actors");
}

#[test]
fn numbers_in_more_bytes_than_they_need_are_refused() {
    // The sequence number, one byte behind no dependencies and the actor.
    let mut data = Forge::put().data();
    data[18] |= 0x80;
    data.insert(19, 0);
    assert_eq!(
        refusal(&seal(1, &data)),
        ChangeError::Field {
            field: "sequence number",
            fault: ReadFault::Overlong
        }
    );
    // The length of a run.
    let forge = Forge::put().column(ACTION, &[0xff, 0x7f, 1]);
    assert_eq!(
        refused(&forge),
        ChangeError::Column {
            column: "actions",
            fault: ColumnFault::Read(ReadFault::Overlong)
        }
    );
}

#[test]
fn an_author_footer_is_refused() {
    let mut forge = Forge::put();
    forge.extra = vec![1, 2, b'm', b'e'];
    let footed = automerge::Change::from_bytes(forge.seal()).unwrap();
    assert!(footed.author().is_some());
    let error = refused(&forge);
    assert_eq!(error, Unsupported::ExtraBytes(4).into());
    assert!(error.is_unsupported());
}
