//! Files from people who do not keep to the protocol.

use super::World;
use super::raw::{self, Heard, cbor, message};
use sha2::{Digest as _, Sha256};

const BLOB_HAVE: u32 = 13;
const BLOB_WANT: u32 = 14;
const BLOB_NACK: u32 = 15;
const PART: usize = 256 * 1024;

fn about_file(kind: u32, document: &[u8], hash: &[u8], number: u64) -> Vec<u8> {
    message(kind, |e| {
        e.array(3)?.bytes(document)?.bytes(hash)?.u64(number)?.ok()
    })
}

fn chunk(hash: &[u8], offset: u64, bytes: &[u8]) -> Vec<u8> {
    cbor(|e| {
        e.array(2)?.u32(4)?.array(1)?.map(3)?;
        e.u8(0)?.bytes(hash)?;
        e.u8(1)?.u64(offset)?;
        e.u8(2)?.bytes(bytes)?.ok()
    })
}

fn kinds(heard: &[Heard]) -> Vec<u32> {
    let kind = |heard: &Heard| match heard {
        Heard::Control { kind, .. } if *kind >= BLOB_HAVE => Some(*kind),
        _ => None,
    };
    heard.iter().filter_map(kind).collect()
}

#[test]
fn files_that_are_not_what_they_should_be_are_not_kept() {
    let world = World::new();
    let mut text = b"a ".repeat(PART);
    text.truncate(PART + 10);
    let hash = Sha256::digest(&text);
    let path = world.stage.path().join("long.txt");
    std::fs::write(&path, &text).unwrap();
    let task = world.sam.json(&["task", "list"])["items"][0]["id"].clone();
    world
        .sam
        .ok(&["attach", task.as_str().unwrap(), path.to_str().unwrap()]);
    assert_eq!(world.sam.json(&["sync"])["filesSent"], 1);
    let database = rusqlite::Connection::open(world.relay.database()).unwrap();
    let kept = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        database.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let list = *world.list.as_bytes();

    // A stranger gets the same answer for a file that is there and one that is not.
    for hash in [hash.as_slice(), &[9; 32]] {
        let mut raw = world.join(&world.eve);
        raw.say(&about_file(BLOB_WANT, &list, hash, 0));
        raw.say(&about_file(BLOB_HAVE, &list, hash, 5));
        assert_eq!(kinds(&raw.hear_all()), [BLOB_NACK, BLOB_NACK]);
    }

    // Places that no part begins at.
    for offset in [1, text.len() as u64, u64::MAX] {
        let mut raw = world.join(&world.vic);
        raw.say(&about_file(BLOB_WANT, &list, &hash, offset));
        assert_eq!(raw.ending().as_deref(), Some("unexpected"));
    }

    // The relay loses the file, and is offered it by somebody who sends what they like.
    database
        .execute_batch("DELETE FROM blob; DELETE FROM blob_part")
        .unwrap();
    let large = vec![b'x'; PART + 1];
    for (offset, bytes) in [
        (PART as u64, &text[..PART]),
        (u64::MAX, &text[..PART]),
        (0, &text[..1]),
        (0, &[][..]),
        (0, &large),
    ] {
        let mut raw = world.join(&world.ann);
        raw.say(&about_file(BLOB_HAVE, &list, &hash, text.len() as u64));
        assert_eq!(kinds(&raw.hear_all()), [BLOB_WANT]);
        raw.send(chunk(&hash, offset, bytes));
        assert_eq!(raw.ending().as_deref(), Some("unexpected"), "{offset}");
    }
    let mut raw = world.join(&world.ann);
    raw.say(&about_file(BLOB_HAVE, &list, &hash, 1 << 40));
    raw.say(&about_file(BLOB_HAVE, &list, &hash, 0));
    assert_eq!(kinds(&raw.hear_all()), [BLOB_NACK, BLOB_NACK]);
    assert_eq!(kept("blob_part"), 0);

    // A file that is never finished, another one in its place, and parts that nobody waits for.
    raw.say(&about_file(BLOB_HAVE, &list, &hash, text.len() as u64));
    raw.send(chunk(&hash, 0, &large[..PART]));
    assert_eq!(kept("blob"), 0);
    assert_eq!(kinds(&raw.hear_all()), [BLOB_WANT]);
    raw.send(chunk(&hash, PART as u64, &large[..10]));
    assert_eq!(kinds(&raw.hear_all()), [BLOB_NACK]);
    for _ in 0..40 {
        raw.send(chunk(&hash, 0, &large[..PART]));
    }
    raw.say(&raw::have(&list));
    assert!(!raw.hear_all().is_empty());
    assert_eq!(
        (kept("blob"), kept("partial"), kept("blob_part")),
        (0, 0, 0)
    );
    world.assert_intact();
}
