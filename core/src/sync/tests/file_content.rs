//! What is in a file: read by ranges, judged by its bytes, fetched by a policy.

use std::io::{Read as _, Seek as _, SeekFrom};

use super::common::{sync, tasks};
use super::files::{Bed, PART, png, refusals};
use crate::model::BlobHash;
use crate::replica::{FetchFiles, SMALL_FILE_BYTES_MAX, SMALL_FILES_ROOM};
use crate::store::blobs;

#[test]
fn a_file_is_read_by_ranges() {
    let mut bed = Bed::new(60);
    let mut photo = png(2 * PART + 77, 3);
    for (at, byte) in photo.iter_mut().enumerate().skip(8) {
        *byte ^= at as u8;
    }
    let hash = bed.attach(&photo);
    let mut file = bed.sam.open_blob(&bed.list, &hash).unwrap().unwrap();
    assert_eq!(file.size(), photo.len() as u64);
    for (from, length) in [
        (0, 8),
        (PART - 3, 6),
        (PART, PART + 1),
        (2 * PART + 70, 7),
        (5, 0),
    ] {
        let mut range = vec![0; length];
        file.seek(SeekFrom::Start(from as u64)).unwrap();
        file.read_exact(&mut range).unwrap();
        assert_eq!(range, photo[from..from + length], "{from}");
    }
    file.seek(SeekFrom::End(-1)).unwrap();
    let mut rest = Vec::new();
    file.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, photo[photo.len() - 1..]);
    assert!(file.seek(SeekFrom::Current(-1_000_000)).is_err());
    file.seek(SeekFrom::Start(u64::MAX)).unwrap();
    assert_eq!(file.read(&mut [0; 4]).unwrap(), 0);
}

/// What a member with a client of their own attaches: no check of ours is in the way.
fn smuggle(bed: &mut Bed, bytes: &[u8], name: &str, mime: &str, size: usize) -> BlobHash {
    let hash = BlobHash::of(bytes);
    let me = bed.sam.did();
    let value = serde_json::json!({ "name": name, "mime": mime, "size": size }).to_string();
    let (list, task) = (bed.list, bed.task);
    bed.sam
        .store()
        .write(|conn| blobs::put(conn, bytes, &me))
        .unwrap();
    let key = format!("attachment/{hash}");
    bed.sam
        .put_by_hand(&list, &task, &key, &value, &mut bed.bench.env());
    hash
}

#[test]
fn what_is_in_a_file_counts_and_not_what_it_is_called() {
    let mut bed = Bed::new(61);
    let program = smuggle(&mut bed, b"\x7fELF\x02\x01\x01", "cat.png", "image/png", 7);
    let page = smuggle(&mut bed, b"<html>", "notes.txt", "text/plain", 6);
    let script = smuggle(&mut bed, b"#!/bin/sh\n", "dog.png", "image/png", 10);
    let short = smuggle(&mut bed, &png(100, 1), "tiny.png", "image/png", 99);
    let wire = bed.sync_sam();
    // The relay takes neither a program nor a page.
    assert_eq!(refusals(&wire), ["wrong-kind", "wrong-kind"]);
    for hash in [program, page] {
        assert_eq!(blobs::size(bed.relay.conn(), &hash).unwrap(), None);
    }
    // Nor would anybody who is given one by a relay that does.
    let (relay, me) = (&mut bed.relay, bed.sam.did());
    relay
        .store()
        .write(|conn| blobs::put(conn, b"\x7fELF\x02\x01\x01", &me))
        .unwrap();
    let mut ann = sync(&mut bed.ann, &mut bed.relay, &mut bed.bench);
    for hash in [program, script, short] {
        ann.client.fetch_blob(&bed.ann, bed.list, hash).unwrap();
    }
    ann.run(&mut bed.ann, &mut bed.relay, &mut bed.bench);
    assert_eq!(refusals(&ann), ["wrong-kind", "wrong-size"]);
    let seen = tasks(&bed.ann, bed.list, false).remove(0).attachments;
    let of = |hash: BlobHash| {
        let hash = hash.to_string();
        let found = seen.iter().find(|file| file.id == hash).unwrap();
        (found.here, found.mime.as_str())
    };
    // A script came, since it is a text; but it is no picture, and not shown as one.
    assert_eq!(of(script), (true, "application/octet-stream"));
    assert_eq!(of(program), (false, "image/png"));
    assert_eq!(of(short), (false, "image/png"));
}

#[test]
fn small_files_come_by_themselves_while_there_is_room() {
    let mut bed = Bed::new(62);
    let small = bed.attach(&png(1_000, 1));
    let large = bed.attach(&png(SMALL_FILE_BYTES_MAX as usize + 1, 2));
    let edge = bed.attach(&png(SMALL_FILE_BYTES_MAX as usize, 3));
    bed.sync_sam();
    sync(&mut bed.ann, &mut bed.relay, &mut bed.bench);
    let ask = |bed: &Bed, which| -> Vec<BlobHash> {
        let all = bed.ann.blobs_to_fetch(which).unwrap();
        all.into_iter().map(|(_, hash)| hash).collect()
    };
    assert_eq!(ask(&bed, FetchFiles::None), []);
    assert_eq!(ask(&bed, FetchFiles::Small), [small, edge]);
    assert_eq!(ask(&bed, FetchFiles::All), [small, edge, large]);
    // What is here takes nearly all of the room.
    let fill = SMALL_FILES_ROOM - 1_000;
    bed.ann
        .conn()
        .execute(
            "INSERT INTO blob (hash, size, brought_by) VALUES (x'00', ?1, x'00')",
            [fill as i64],
        )
        .unwrap();
    assert_eq!(ask(&bed, FetchFiles::Small), [small]);
}
