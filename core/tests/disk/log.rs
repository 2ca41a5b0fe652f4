//! The log that SQLite writes ahead, cut and spoilt at every frame.

use super::*;

const LOG_HEADER: usize = 32;
const FRAME: usize = 24 + 4096;

/// How long the log was after a commit, and what was there then.
struct Commit {
    frames: usize,
    titles: Vec<String>,
}

/// A run that nobody closed: a database, its log, and what was there after each commit.
struct Recorded {
    bed: Bed,
    log: Vec<u8>,
    commits: Vec<Commit>,
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn record(bench: &mut Bench) -> Recorded {
    let bed = Bed::new(bench);
    let path = bed.copy("recorded");
    let mut sam = bed.open(&path).unwrap();
    let log = || std::fs::read(beside(&path, "-wal")).unwrap_or_default();
    let frames = |log: &[u8]| log.len().saturating_sub(LOG_HEADER) / FRAME;
    let mut commits = vec![Commit {
        frames: 0,
        titles: titles(&sam, bed.plans),
    }];
    for at in 0..6 {
        task(&mut sam, bench, bed.plans, &format!("Task {at}"), None);
        commits.push(Commit {
            frames: frames(&log()),
            titles: titles(&sam, bed.plans),
        });
    }
    // A commit of its own for all that a page of tasks takes, longer than the others.
    sam.batch(|sam| {
        for at in 0..20 {
            task(sam, bench, bed.plans, &format!("Of many {at}"), None);
        }
        Ok::<_, StoreError>(())
    })
    .unwrap();
    commits.push(Commit {
        frames: frames(&log()),
        titles: titles(&sam, bed.plans),
    });
    // As a process leaves it that is killed.
    let log = log();
    std::mem::forget(sam);
    assert!(commits.windows(2).all(|two| two[0].frames < two[1].frames));
    Recorded { bed, log, commits }
}

impl Recorded {
    /// Opens the recorded database with another log: what the last whole commit in the first
    /// `frames` frames left is there, no more and no less.
    fn check(&self, name: &str, log: &[u8], frames: usize) {
        let path = self.bed.copy(name);
        std::fs::write(beside(&path, "-wal"), log).unwrap();
        let last = self.commits.iter().rev().find(|c| c.frames <= frames);
        let sam = self.bed.open(&path).unwrap();
        assert_eq!(titles(&sam, self.bed.plans), last.unwrap().titles, "{name}");
        drop(sam);
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }
}

#[test]
fn a_log_that_is_cut_anywhere_leaves_whole_commits() {
    let bench = &mut Bench::new(4);
    let recorded = record(bench);
    let all = recorded.commits.last().unwrap().frames;
    for frame in 0..=all {
        let end = LOG_HEADER + frame * FRAME;
        recorded.check(&format!("{frame}"), &recorded.log[..end], frame);
        if frame < all {
            // In the head of the next one, in its page, and before its last byte.
            let more = [1, 24, 24 + 2_000, FRAME - 1][frame % 4];
            let log = &recorded.log[..end + more];
            recorded.check(&format!("{frame} and {more}"), log, frame);
        }
    }
    recorded.check("no header", &recorded.log[..LOG_HEADER - 1], 0);
    recorded.check("nothing", &[], 0);
}

#[test]
fn a_log_that_is_spoilt_anywhere_leaves_the_commits_before_that() {
    let bench = &mut Bench::new(5);
    let recorded = record(bench);
    let all = recorded.commits.last().unwrap().frames;
    for frame in 0..all {
        let begin = LOG_HEADER + frame * FRAME;
        // The page's number, the sign of a commit, the salt, the checksum, and the page.
        let at = [3, 7, 9, 20, 24 + 99, FRAME - 1][frame % 6];
        let mut log = recorded.log.clone();
        log[begin + at] ^= 0x40;
        recorded.check(&format!("{frame} at {at}"), &log, frame);
    }
    let mut log = recorded.log.clone();
    log[9] ^= 1;
    recorded.check("header", &log, 0);
    let mut log = recorded.log.clone();
    log[..LOG_HEADER].fill(0);
    recorded.check("no header", &log, 0);
}

#[test]
fn what_is_spoilt_in_the_database_is_named_with_the_way_out() {
    let bench = &mut Bench::new(6);
    let bed = Bed::new(bench);
    let good = std::fs::read(bed.dir.path().join("poo.db")).unwrap();
    for (at, page) in good.chunks(4096).enumerate() {
        let path = bed.copy(&format!("{at}"));
        let mut bytes = good.clone();
        let (begin, end) = (at * 4096, at * 4096 + page.len());
        for (place, byte) in bytes[begin..end].iter_mut().enumerate() {
            *byte = byte.wrapping_mul(31).wrapping_add(place as u8) ^ 0xa5;
        }
        std::fs::write(&path, &bytes).unwrap();
        // It is refused, or a check finds it, or the page held nothing that anybody reads. What
        // is there all the same is what was written.
        let told = match bed.open(&path) {
            Err(OpenError::Store(StoreError::Damaged(_) | StoreError::Foreign)) => true,
            Err(other) => panic!("page {at}: {other:?}"),
            Ok(sam) => match sam.health() {
                Err(StoreError::Damaged(_) | StoreError::Foreign) => true,
                Err(other) => panic!("page {at}: {other:?}"),
                Ok(health) => !health.ok,
            },
        };
        if !told {
            let sam = bed.open(&path).unwrap();
            assert_eq!(titles(&sam, bed.plans), ["Before"], "page {at}");
        }
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }
}
