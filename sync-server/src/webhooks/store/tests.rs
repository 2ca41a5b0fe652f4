//! What becomes of deliveries, attempt by attempt.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use poo_core::identity::{Did, Keypair};
use poo_core::model::EventId;
use poo_core::net::System;

use super::*;
use crate::webhooks::Retries;
use crate::webhooks::endpoint::{Endpoint, Wish};
use crate::webhooks::signature::Secret;

fn sealer(master: u8) -> Arc<Sealer> {
    Arc::new(Sealer::new(&[master; 32]).unwrap())
}

fn open(path: &Path) -> Result<Store, HooksError> {
    Store::open(path, sealer(1), None, &mut System::new().unwrap().env())
}

struct Bench {
    store: Store,
    system: System,
    owner: Did,
    now: Timestamp,
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self {
            store: open(&dir.path().join("webhooks.db")).unwrap(),
            system: System::new().unwrap(),
            owner: Did::from_key(Keypair::from_seed(&[1; 32]).public()),
            now: "2026-11-23T09:00:00Z".parse().unwrap(),
            dir,
        }
    }

    fn register(&mut self) -> String {
        let wish = Wish {
            url: "https://example.org/".to_owned(),
            enabled: true,
            ..Wish::default()
        };
        let env = &mut self.system.env();
        match self.store.register(&self.owner, wish, None, env).unwrap() {
            Registered::Here(endpoint) => endpoint.id,
            Registered::TooMany => panic!(),
        }
    }

    fn queue(&self, endpoint: &str, id: &str) {
        let queued = Queued {
            endpoint: endpoint.to_owned(),
            id: id.to_owned(),
            kind: "task.created".to_owned(),
            list: None,
            body: "{}".to_owned(),
        };
        self.store.enqueue(&[queued], None, self.now).unwrap();
    }

    fn due(&self, endpoint: &str) -> Vec<Delivery> {
        self.store
            .due(endpoint, self.now, 10, &BTreeSet::new())
            .unwrap()
    }

    /// Notes an attempt. True if that switched the endpoint off.
    fn tried(&self, delivery: Delivery, error: Option<&str>) -> bool {
        let attempts = delivery.attempts + 1;
        let again_in = error.and_then(|_| Retries::default().delay(attempts, None, 0));
        let outcome = Outcome {
            delivery,
            at: self.now,
            took: Duration::from_millis(5),
            status: Some(if error.is_some() { 500 } else { 200 }),
            error: error.map(str::to_owned),
            again_in,
            gone: false,
        };
        self.store.record(&outcome).unwrap()
    }

    /// Fails every attempt at a delivery. Gives how many there were, and whether the endpoint is
    /// off then.
    fn fail(&mut self, endpoint: &str) -> (u32, bool) {
        let mut attempts = 0;
        loop {
            let Some(delivery) = self.due(endpoint).pop() else {
                match self.store.next_due(self.now).unwrap() {
                    Some(next) => self.now = next,
                    None => return (attempts, false),
                }
                continue;
            };
            attempts += 1;
            if self.tried(delivery, Some("the answer was 500")) {
                return (attempts, true);
            }
        }
    }
}

#[test]
fn what_fails_for_days_is_given_up_and_switches_its_endpoint_off() {
    let mut bench = Bench::new();
    let endpoint = bench.register();
    bench.queue(&endpoint, "msg_1");
    let begun = bench.now;
    assert_eq!(bench.fail(&endpoint), (10, true));
    assert!(bench.now.duration_since(begun) > SignedDuration::from_hours(72));
    let found = bench.store.endpoint(&bench.owner, &endpoint).unwrap();
    let mut found = found.unwrap();
    assert!(!found.wish.enabled && found.disabled_reason.is_some());
    assert_eq!(found.failing_since, Some(begun));
    let log = bench
        .store
        .log(&endpoint, Some(State::Dead), None, 9)
        .unwrap();
    assert_eq!((log.len(), log[0].attempts.len()), (1, 10));
    let counts = bench.store.waiting().unwrap();
    assert_eq!((counts.waiting, counts.dead, counts.disabled), (0, 1, 1));

    // Asked for again, it is tried from the beginning; one that gets through is enough for it to
    // stay on, whatever else fails.
    found.wish.enabled = true;
    found.disabled_reason = None;
    found.failing_since = None;
    bench.store.write(&found, &mut bench.system.env()).unwrap();
    assert_eq!(
        bench.store.redeliver(&endpoint, None, bench.now).unwrap(),
        1
    );
    let again = bench.due(&endpoint).pop().unwrap();
    assert_eq!((again.id.as_str(), again.attempts), ("msg_1", 0));
    assert!(!bench.tried(again, Some("the answer was 500")));
    bench.queue(&endpoint, "msg_2");
    let fine = bench.due(&endpoint);
    assert!(!bench.tried(fine.into_iter().find(|it| it.id == "msg_2").unwrap(), None));
    assert_eq!(bench.fail(&endpoint), (9, false));
}

#[test]
fn an_event_is_queued_once_and_its_place_moves_with_it() {
    let mut bench = Bench::new();
    let endpoint = bench.register();
    let place: EventId = "7-0badcafe-1".parse().unwrap();
    let queued = Queued {
        endpoint: endpoint.clone(),
        id: "msg_1".to_owned(),
        kind: "task.created".to_owned(),
        list: None,
        body: "{}".to_owned(),
    };
    for _ in 0..2 {
        let queued = [queued.clone()];
        bench
            .store
            .enqueue(&queued, Some(&place), bench.now)
            .unwrap();
    }
    assert_eq!(bench.store.progress().unwrap(), Some(place));
    let due = bench.due(&endpoint);
    assert_eq!(due.len(), 1);
    let under_way = BTreeSet::from([due[0].n]);
    let rest = bench.store.due(&endpoint, bench.now, 10, &under_way);
    assert!(rest.unwrap().is_empty());
    // One that is on keeps its place when another one comes.
    bench.store.begin_at(&EventId::START).unwrap();
    assert_eq!(bench.store.progress().unwrap(), Some(place));

    // What came of it is forgotten after a while, and all of it with its endpoint.
    bench.tried(due.into_iter().next().unwrap(), None);
    bench.store.prune(bench.now).unwrap();
    assert_eq!(bench.store.log(&endpoint, None, None, 9).unwrap().len(), 1);
    bench.now += SignedDuration::from_hours(31 * 24);
    bench.store.prune(bench.now).unwrap();
    assert_eq!(bench.store.log(&endpoint, None, None, 9).unwrap().len(), 0);
    let remove = |who: &Did, id| bench.store.remove(who, id).unwrap();
    assert_eq!(remove(&bench.owner, Some(&endpoint)), 1);
    assert_eq!(remove(&bench.owner, Some(&endpoint)), 0);
}

#[test]
fn secrets_turn_and_others_endpoints_are_not_there() {
    let mut bench = Bench::new();
    let endpoint = bench.register();
    let other = Did::from_key(Keypair::from_seed(&[2; 32]).public());
    assert!(bench.store.endpoint(&other, &endpoint).unwrap().is_none());
    assert_eq!(bench.store.remove(&other, Some(&endpoint)).unwrap(), 0);
    assert_eq!(bench.store.remove(&other, None).unwrap(), 0);
    let before = bench
        .store
        .endpoint(&bench.owner, &endpoint)
        .unwrap()
        .unwrap();
    let hour = SignedDuration::from_hours(1);
    let env = &mut bench.system.env();
    let turned = bench
        .store
        .rotate(&bench.owner, &endpoint, hour, env)
        .unwrap();
    let shown = |endpoint: &crate::webhooks::Endpoint| -> Vec<String> {
        endpoint
            .secrets
            .iter()
            .map(|secret| secret.shown())
            .collect()
    };
    let turned = shown(&turned.unwrap());
    assert_eq!(turned.len(), 2);
    assert_eq!(turned[1], shown(&before)[0]);
    let end = env.now + SignedDuration::from_hours(2);
    bench.store.prune(end).unwrap();
    let after = bench
        .store
        .endpoint(&bench.owner, &endpoint)
        .unwrap()
        .unwrap();
    assert_eq!(shown(&after), [turned[0].clone()]);
    for _ in 1..20 {
        bench.register();
    }
    let wish = Wish::default();
    let env = &mut bench.system.env();
    let refused = bench.store.register(&bench.owner, wish, None, env).unwrap();
    assert!(matches!(refused, Registered::TooMany));
}

#[test]
fn secrets_rest_sealed_and_move_to_another_master_key() {
    let mut bench = Bench::new();
    let path = bench.dir.path().join("webhooks.db");
    let id = bench.register();
    let hour = SignedDuration::from_hours(1);
    let env = &mut bench.system.env();
    let turned = bench.store.rotate(&bench.owner, &id, hour, env).unwrap();
    let mut endpoint = turned.unwrap();
    endpoint.token = Some(Secret::new(b"the token of the other side".to_vec()));
    bench.store.write(&endpoint, env).unwrap();
    let secrets = |endpoint: &Endpoint| -> Vec<Vec<u8>> {
        let all = endpoint.secrets.iter().chain(&endpoint.token);
        all.map(|secret| secret.bytes().to_vec()).collect()
    };
    let wanted = secrets(&endpoint);
    assert_eq!(wanted.len(), 3);
    let lie_open = || {
        let files = std::fs::read_dir(bench.dir.path()).unwrap();
        let files = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
        let all: Vec<Vec<u8>> = files.collect();
        let holds = |secret: &Vec<u8>| {
            let here = |file: &Vec<u8>| file.windows(secret.len()).any(|it| it == secret);
            all.iter().any(here)
        };
        wanted.iter().filter(|secret| holds(secret)).count()
    };
    assert_eq!(lie_open(), 0);

    // The next master key takes them over from the one before, and from no other.
    let reopen = |sealer: &Arc<Sealer>, before: Option<&Sealer>| {
        let mut system = System::new().unwrap();
        Store::open(&path, Arc::clone(sealer), before, &mut system.env())
    };
    let next = sealer(2);
    for before in [None, Some(&*sealer(3))] {
        let refused = reopen(&next, before);
        assert!(matches!(refused, Err(HooksError::Sealed)), "{refused:?}");
    }
    for before in [Some(&*sealer(1)), None] {
        let store = reopen(&next, before).unwrap();
        let found = store.endpoint(&bench.owner, &id).unwrap().unwrap();
        assert_eq!(secrets(&found), wanted);
    }
    assert!(reopen(&sealer(1), None).is_err());
    // A secret that is put where another endpoint's is opens nothing.
    let conn = Connection::open(&path).unwrap();
    let moved = "UPDATE endpoint SET id = 'wh_other'";
    conn.execute(moved, []).unwrap();
    assert!(reopen(&next, None).is_err());
    conn.execute("UPDATE endpoint SET id = ?1", [&id]).unwrap();

    // Those that an earlier version left open are sealed when it is opened.
    conn.execute(
        "UPDATE endpoint SET secret = ?1, secret_before = ?2, token = ?3",
        params![wanted[0], wanted[1], wanted[2]],
    )
    .unwrap();
    conn.pragma_update(None, "user_version", UNSEALED).unwrap();
    drop(conn);
    assert_eq!(lie_open(), 3);
    let store = reopen(&next, None).unwrap();
    let found = store.endpoint(&bench.owner, &id).unwrap().unwrap();
    assert_eq!(secrets(&found), wanted);
    assert_eq!(lie_open(), 0);
}

#[test]
fn another_programs_file_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("webhooks.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("PRAGMA user_version = 9; CREATE TABLE recipes (name TEXT)")
        .unwrap();
    drop(conn);
    assert!(matches!(open(&path), Err(HooksError::Foreign)));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let path = dir.path().join("new.db");
        drop(open(&path).unwrap());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}
