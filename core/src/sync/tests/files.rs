//! Files between clients and a relay: sent, gone on with, fetched, refused.

use std::io::Read as _;

use super::common::{Bench, Wire, invite, join, list, person, relay, sync, task, tasks, verify};
use crate::document::DocumentId;
use crate::membership::Role;
use crate::model::{BlobHash, Command, FILE_BYTES_MAX, NewFile, TASK_FILES_MAX, TaskId};
use crate::replica::{CommandError, FetchFiles, Replica};
use crate::store::blobs;
use crate::sync::wire::{BlobChunk, Control, Data, encode};
use crate::sync::{Event, SessionError};

pub(super) const PART: usize = 256 * 1024;

/// A picture of so many bytes, unlike any of another seed.
pub(super) fn png(bytes: usize, seed: u8) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    out.extend((out.len()..bytes).map(|at| (at / PART) as u8 ^ seed));
    out
}

fn new_file(hash: BlobHash, name: &str, mime: &str, size: usize) -> NewFile {
    NewFile {
        hash,
        name: name.into(),
        mime: mime.into(),
        size: size as u64,
    }
}

fn attach(
    replica: &mut Replica,
    bench: &mut Bench,
    list: DocumentId,
    task: TaskId,
    bytes: &[u8],
) -> BlobHash {
    let hash = replica.put_blob(bytes).unwrap();
    let file = new_file(hash, "photo.png", "image/png", bytes.len());
    let command = Command::Attach { list, task, file };
    replica.execute(&command, &mut bench.env()).unwrap();
    hash
}

pub(super) fn content(replica: &Replica, list: &DocumentId, hash: &BlobHash) -> Option<Vec<u8>> {
    let mut file = replica.open_blob(list, hash).unwrap()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, file.size());
    Some(bytes)
}

pub(super) fn refusals(wire: &Wire) -> Vec<&str> {
    wire.events
        .iter()
        .filter_map(|event| match event {
            Event::BlobRefused { code, .. } => Some(code.as_str()),
            _ => None,
        })
        .collect()
}

fn stored(wire: &Wire) -> usize {
    let is_stored = |event: &&Event| matches!(event, Event::BlobStored { .. });
    wire.events.iter().filter(is_stored).count()
}

/// Sam's list with one task, shared with Ann.
pub(super) struct Bed {
    pub(super) bench: Bench,
    pub(super) relay: Replica,
    pub(super) sam: Replica,
    pub(super) ann: Replica,
    pub(super) list: DocumentId,
    pub(super) task: TaskId,
}

impl Bed {
    pub(super) fn new(seed: u64) -> Self {
        let mut bench = Bench::new(seed);
        let mut relay = relay(&mut bench);
        let mut sam = person(&mut bench, &relay, "Sam");
        let mut ann = person(&mut bench, &relay, "Ann");
        let list = list(&mut sam, &mut bench, "Trip");
        let task = task(&mut sam, &mut bench, list, "Passports", None);
        let link = invite(&mut sam, &mut bench, list, Role::Viewer);
        sync(&mut sam, &mut relay, &mut bench);
        join(&mut ann, &mut relay, &mut bench, &link);
        Self {
            bench,
            relay,
            sam,
            ann,
            list,
            task,
        }
    }

    pub(super) fn attach(&mut self, bytes: &[u8]) -> BlobHash {
        attach(&mut self.sam, &mut self.bench, self.list, self.task, bytes)
    }

    pub(super) fn sync_sam(&mut self) -> Wire {
        sync(&mut self.sam, &mut self.relay, &mut self.bench)
    }

    fn fetch(&mut self, hash: BlobHash) -> Wire {
        let mut wire = Wire::new(&self.ann, &self.relay, &mut self.bench);
        wire.run(&mut self.ann, &mut self.relay, &mut self.bench);
        wire.client.fetch_blob(&self.ann, self.list, hash).unwrap();
        wire.run(&mut self.ann, &mut self.relay, &mut self.bench);
        assert!(wire.client.files_are_settled());
        wire
    }

    /// What the relay makes of a frame of Sam's session.
    fn take(&mut self, wire: &mut Wire, frame: &[u8]) -> Result<(), SessionError> {
        self.relay
            .batch(|relay| wire.relay.handle_frame(relay, frame, &mut self.bench.env()))
    }

    /// A session of Sam's that offers a file by hand. The relay waits for its parts.
    fn offer(&mut self, hash: BlobHash, size: usize) -> Wire {
        let mut wire = self.sync_sam();
        let offer = wire.client.seal(Control::BlobHave {
            document: self.list,
            hash,
            size: size as u64,
        });
        self.take(&mut wire, &offer).unwrap();
        wire
    }
}

fn chunk(hash: BlobHash, offset: usize, bytes: &[u8]) -> Vec<u8> {
    encode(&Data::BlobChunk(BlobChunk {
        hash,
        offset: offset as u64,
        bytes: bytes.to_vec().into(),
    }))
}

#[test]
fn a_file_reaches_the_relay_once_and_comes_to_who_asks_for_it() {
    let mut bed = Bed::new(61);
    let photo = png(3 * PART + 17, 1);
    let hash = bed.attach(&photo);
    let wire = bed.sync_sam();
    assert_eq!((stored(&wire), refusals(&wire).len()), (1, 0));
    let progress: Vec<u64> = (wire.events.iter())
        .filter_map(|event| match event {
            Event::BlobProgress { sent, size, .. } => {
                assert_eq!(*size, photo.len() as u64);
                Some(*sent)
            }
            _ => None,
        })
        .collect();
    let part = PART as u64;
    assert_eq!(progress, [part, 2 * part, 3 * part, 3 * part + 17]);
    let again = bed.sync_sam();
    assert!(again.bytes < 2_000, "{} bytes", again.bytes);

    sync(&mut bed.ann, &mut bed.relay, &mut bed.bench);
    assert_eq!(
        bed.ann.blobs_to_fetch(FetchFiles::All).unwrap(),
        [(bed.list, hash)]
    );
    assert_eq!(content(&bed.ann, &bed.list, &hash), None);
    let wire = bed.fetch(hash);
    assert!(refusals(&wire).is_empty());
    assert_eq!(content(&bed.ann, &bed.list, &hash), Some(photo));
    assert!(bed.ann.blobs_to_fetch(FetchFiles::All).unwrap().is_empty());
    // Only by a list that names it.
    let space = bed.ann.space_id();
    assert_eq!(content(&bed.ann, &space, &hash), None);
    assert!(verify(&bed.sam, bed.list).ok && verify(&bed.ann, bed.list).ok);
    // A relay that begins anew may have lost it, and is asked again.
    bed.relay.begin_epoch(&mut bed.bench.env()).unwrap();
    assert_eq!(stored(&bed.sync_sam()), 1);
}

#[test]
fn an_upload_and_a_download_go_on_where_they_were_cut() {
    let mut bed = Bed::new(62);
    let photo = png(5 * PART, 2);
    let hash = bed.attach(&photo);
    let mut wire = Wire::new(&bed.sam, &bed.relay, &mut bed.bench);
    // Frames go until two parts of the file are there.
    'cut: loop {
        while let Some(frame) = wire.relay.poll_transmit(&bed.relay).unwrap() {
            bed.sam
                .batch(|sam| wire.client.handle_frame(sam, &frame, &mut bed.bench.env()))
                .unwrap();
        }
        while let Some(frame) = wire.client.poll_transmit(&bed.sam).unwrap() {
            bed.take(&mut wire, &frame).unwrap();
            let by = bed.sam.did();
            if blobs::received(bed.relay.conn(), &hash, &by).unwrap() == 2 * PART as u64 {
                break 'cut;
            }
        }
    }
    let wire = bed.sync_sam();
    assert_eq!(stored(&wire), 1);
    assert!(wire.bytes < 4 * PART, "{} bytes", wire.bytes);

    let mut wire = Wire::new(&bed.ann, &bed.relay, &mut bed.bench);
    wire.run(&mut bed.ann, &mut bed.relay, &mut bed.bench);
    wire.client.fetch_blob(&bed.ann, bed.list, hash).unwrap();
    let wish = wire.client.poll_transmit(&bed.ann).unwrap().unwrap();
    bed.take(&mut wire, &wish).unwrap();
    for _ in 0..4 {
        let frame = wire.relay.poll_transmit(&bed.relay).unwrap().unwrap();
        bed.ann
            .batch(|ann| wire.client.handle_frame(ann, &frame, &mut bed.bench.env()))
            .unwrap();
    }
    let wire = bed.fetch(hash);
    assert!(wire.bytes < 3 * PART, "{} bytes", wire.bytes);
    assert_eq!(content(&bed.ann, &bed.list, &hash), Some(photo));
}

#[test]
fn only_what_fits_is_attached() {
    let mut bed = Bed::new(63);
    for bad in [
        &b""[..],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x7fELF\0",
        &png(FILE_BYTES_MAX as usize + 1, 0),
    ] {
        let error = bed.sam.put_blob(bad).unwrap_err();
        assert!(matches!(error, CommandError::Invalid { field: "file", .. }));
    }
    let photo = png(100, 3);
    let hash = bed.sam.put_blob(&photo).unwrap();
    let (list, task) = (bed.list, bed.task);
    for (file, field) in [
        (new_file(hash, "a/b.png", "image/png", 100), "name"),
        (new_file(hash, "a.svg", "image/svg+xml", 100), "name"),
        (new_file(hash, "a.png", "text/html", 100), "mime"),
        (new_file(hash, "a.png", "image/gif", 100), "mime"),
        (new_file(hash, "a.gif", "image/gif", 100), "mime"),
        (new_file(hash, "a.png", "image/png", 99), "size"),
        (new_file(hash, "a.png", "image/png", 1 << 30), "size"),
    ] {
        let command = Command::Attach { list, task, file };
        let error = bed.sam.execute(&command, &mut bed.bench.env()).unwrap_err();
        assert!(
            matches!(error, CommandError::Invalid { field: found, .. } if found == field),
            "{error}"
        );
    }
    let file = new_file(BlobHash::of(b"elsewhere"), "a.png", "image/png", 100);
    let command = Command::Attach { list, task, file };
    let error = bed.sam.execute(&command, &mut bed.bench.env()).unwrap_err();
    assert!(matches!(error, CommandError::NotFound("file")));

    for n in 0..TASK_FILES_MAX {
        let text = bed.sam.put_blob(format!("{n}").as_bytes()).unwrap();
        let size = n.to_string().len();
        let file = new_file(text, "n.txt", "text/plain", size);
        let command = Command::Attach { list, task, file };
        bed.sam.execute(&command, &mut bed.bench.env()).unwrap();
    }
    let file = new_file(hash, "a.png", "image/png", 100);
    let command = Command::Attach { list, task, file };
    let error = bed.sam.execute(&command, &mut bed.bench.env()).unwrap_err();
    assert!(matches!(
        error,
        CommandError::Invalid {
            field: "attachments",
            ..
        }
    ));
    let attachment = BlobHash::of(b"7");
    let detach = Command::Detach {
        list,
        task,
        attachment,
    };
    bed.sam.execute(&detach, &mut bed.bench.env()).unwrap();
    bed.sam.execute(&command, &mut bed.bench.env()).unwrap();
}

#[test]
fn a_hash_is_no_permission() {
    let mut bed = Bed::new(64);
    let hash = bed.attach(&png(1_000, 4));
    bed.sync_sam();
    let mut eve = person(&mut bed.bench, &bed.relay, "Eve");
    let hers = list(&mut eve, &mut bed.bench, "Hers");
    let missing = BlobHash::of(b"nothing");
    let mut told = Vec::new();
    for (document, hash) in [
        (bed.list, hash),
        (bed.list, missing),
        (hers, hash),
        (hers, missing),
        (DocumentId::from_bytes([7; 16]), hash),
    ] {
        let mut wire = Wire::new(&eve, &bed.relay, &mut bed.bench);
        wire.run(&mut eve, &mut bed.relay, &mut bed.bench);
        wire.client.fetch_blob(&eve, document, hash).unwrap();
        wire.run(&mut eve, &mut bed.relay, &mut bed.bench);
        assert!(wire.client.files_are_settled());
        assert_eq!(refusals(&wire), ["unavailable"]);
        let found = wire.events.iter().find_map(|event| match event {
            Event::BlobRefused { message, .. } => Some(message.clone()),
            _ => None,
        });
        told.push(found.unwrap());
        // Nor may she put one there.
        let offer = wire.client.seal(Control::BlobHave {
            document,
            hash,
            size: 5,
        });
        bed.take(&mut wire, &offer).unwrap();
        let frame = wire.relay.poll_transmit(&bed.relay).unwrap();
        assert!(frame.is_some() && blobs::size(bed.relay.conn(), &missing).unwrap().is_none());
        assert_eq!(
            blobs::received(bed.relay.conn(), &hash, &eve.did()).unwrap(),
            0
        );
    }
    told.dedup();
    assert_eq!(told.len(), 1);
}

#[test]
fn nobody_fills_a_relay_with_files() {
    let mut bed = Bed::new(65);
    bed.attach(&png(PART, 5));
    bed.attach(&png(PART, 6));
    let kept = bed.attach(&png(PART - 1, 7));
    let mut wire = Wire::new(&bed.sam, &bed.relay, &mut bed.bench);
    wire.relay = wire.relay.with_file_quota(2 * PART as u64 + 100);
    wire.run(&mut bed.sam, &mut bed.relay, &mut bed.bench);
    assert_eq!(stored(&wire), 2);
    assert_eq!(refusals(&wire), ["file-quota"]);
    assert!(wire.client.files_are_settled());
    assert!(content(&bed.sam, &bed.list, &kept).is_some());
    // With more room it goes.
    assert_eq!(stored(&bed.sync_sam()), 1);
}

#[test]
fn what_is_not_the_file_is_not_kept() {
    let mut bed = Bed::new(66);
    let photo = png(PART + 9, 8);
    let hash = bed.attach(&photo);
    bed.sync_sam();
    // The relay lost it, and somebody brings something else.
    bed.relay
        .conn()
        .execute_batch("DELETE FROM blob; DELETE FROM blob_part")
        .unwrap();
    let mut wire = bed.offer(hash, photo.len());
    bed.take(&mut wire, &chunk(hash, 0, &photo[..PART]))
        .unwrap();
    bed.take(&mut wire, &chunk(hash, PART, b"otherwise"))
        .unwrap();
    assert_eq!(blobs::size(bed.relay.conn(), &hash).unwrap(), None);
    let count = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        bed.relay
            .conn()
            .query_row(&sql, [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!((count("partial"), count("blob_part")), (0, 0));
    // What comes of it then is skipped.
    bed.take(&mut wire, &chunk(hash, 0, &photo[..PART]))
        .unwrap();
}

#[test]
fn parts_that_do_not_fit_end_the_session() {
    let photo = png(2 * PART + 5, 9);
    let big = vec![0; PART + 1];
    for (offset, bytes) in [
        (PART, &photo[..PART]),
        (0, &photo[..1]),
        (0, &photo[..0]),
        (0, &big[..]),
        (3 * PART, &photo[..PART]),
        (usize::MAX, &photo[..PART]),
    ] {
        let mut bed = Bed::new(67);
        let hash = bed.attach(&photo);
        bed.sync_sam();
        bed.relay
            .conn()
            .execute_batch("DELETE FROM blob; DELETE FROM blob_part")
            .unwrap();
        let mut wire = bed.offer(hash, photo.len());
        let error = bed
            .take(&mut wire, &chunk(hash, offset, bytes))
            .unwrap_err();
        assert_eq!(error.code(), "unexpected", "{offset}");
    }
    // Past the end that was announced.
    let mut bed = Bed::new(67);
    let hash = bed.attach(&photo);
    bed.sync_sam();
    bed.relay
        .conn()
        .execute_batch("DELETE FROM blob; DELETE FROM blob_part")
        .unwrap();
    let mut wire = bed.offer(hash, PART + 5);
    bed.take(&mut wire, &chunk(hash, 0, &photo[..PART]))
        .unwrap();
    let error = bed
        .take(&mut wire, &chunk(hash, PART, &photo[PART..2 * PART]))
        .unwrap_err();
    assert_eq!(error.code(), "unexpected");
}

#[test]
fn uploads_that_are_never_finished_give_way() {
    let mut bed = Bed::new(68);
    let hashes: Vec<_> = (10..22)
        .map(|seed| bed.attach(&png(2 * PART, seed)))
        .collect();
    let mut wire = bed.sync_sam();
    bed.relay
        .conn()
        .execute_batch("DELETE FROM blob; DELETE FROM blob_part")
        .unwrap();
    for (hash, seed) in hashes.iter().zip(10..) {
        let offer = wire.client.seal(Control::BlobHave {
            document: bed.list,
            hash: *hash,
            size: 2 * PART as u64,
        });
        bed.take(&mut wire, &offer).unwrap();
        let part = png(2 * PART, seed);
        bed.take(&mut wire, &chunk(*hash, 0, &part[..PART]))
            .unwrap();
    }
    let count = |bed: &Bed, table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        bed.relay
            .conn()
            .query_row(&sql, [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!((count(&bed, "partial"), count(&bed, "blob_part")), (8, 8));
    // A day later the next one that begins puts them all out.
    bed.bench.now_ms += 25 * 60 * 60 * 1000;
    let offer = wire.client.seal(Control::BlobHave {
        document: bed.list,
        hash: hashes[0],
        size: 2 * PART as u64,
    });
    bed.take(&mut wire, &offer).unwrap();
    assert_eq!((count(&bed, "partial"), count(&bed, "blob_part")), (1, 0));
}

#[test]
fn files_that_nobody_names_are_dropped_after_thirty_days() {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let mut bed = Bed::new(69);
    let (stays, goes) = (bed.attach(&png(50, 30)), bed.attach(&png(60, 31)));
    bed.sync_sam();
    let detach = Command::Detach {
        list: bed.list,
        task: bed.task,
        attachment: goes,
    };
    bed.sam.execute(&detach, &mut bed.bench.env()).unwrap();
    bed.sync_sam();
    let mut freed = Vec::new();
    for days in [0, 29, 2, 100] {
        bed.bench.now_ms += days * DAY_MS;
        let now = bed.bench.env().now;
        freed.push(bed.relay.drop_unnamed_blobs(now).unwrap());
    }
    assert_eq!(freed, [0, 0, 60, 0]);
    assert!(content(&bed.relay, &bed.list, &stays).is_some());
    assert_eq!(blobs::size(bed.relay.conn(), &goes).unwrap(), None);
    // Undoing the detachment brings it back, as long as a device has it.
    bed.sam
        .execute(&Command::Undo, &mut bed.bench.env())
        .unwrap();
    bed.relay.begin_epoch(&mut bed.bench.env()).unwrap();
    bed.sync_sam();
    assert!(content(&bed.relay, &bed.list, &goes).is_some());
}

#[test]
fn a_task_says_which_of_its_files_are_here() {
    let mut bed = Bed::new(70);
    let hash = bed.attach(&png(40, 40));
    bed.sync_sam();
    sync(&mut bed.ann, &mut bed.relay, &mut bed.bench);
    for (replica, here) in [(&bed.sam, true), (&bed.ann, false)] {
        let files = &tasks(replica, bed.list, false)[0].attachments;
        let [file] = files.as_slice() else {
            panic!("{files:?}");
        };
        assert_eq!((file.id.clone(), file.here), (hash.to_string(), here));
        assert_eq!((file.name.as_str(), file.size), ("photo.png", 40));
    }
}
