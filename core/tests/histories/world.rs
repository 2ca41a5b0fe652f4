//! Four devices of three people around a relay, and what they do.

use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::membership::Role;
use poo_core::model::{Answer, Command, Outcome, Query};
use poo_core::replica::{CommandError, Keyring, Replica};

use crate::common::{Bench, Wire, invite, join, list, person, relay, sync};
use crate::workload::draw::{Scene, draw};
use crate::workload::random::Random;

/// So far apart are commands at least: then no two edits are shown as one.
const APART_MS: i64 = 11 * 60_000;
const DAY_MS: i64 = 86_400_000;

pub(crate) struct Member {
    pub(crate) replica: Replica,
    /// How wrong the clock of this person is.
    skew_ms: i64,
}

pub(crate) struct World {
    pub(crate) bench: Bench,
    pub(crate) rng: Random,
    pub(crate) relay: Replica,
    /// Sam, Sam's phone, Ann, Vic.
    pub(crate) members: Vec<Member>,
    pub(crate) people: Vec<Did>,
    /// Sam's; Ann edits it, Vic reads it.
    pub(crate) plans: DocumentId,
    /// Sam's and Ann's, and where roles change.
    pub(crate) office: DocumentId,
    /// A device of Sam's that is in nobody's hands.
    pub(crate) tablet: String,
    /// Whether nothing recurs and tags keep their names: then every field is what somebody wrote.
    pub(crate) calm: bool,
    /// What was done, for who has to find out why a test fails.
    pub(crate) log: Vec<String>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut bench = Bench::new(seed);
        let b = &mut bench;
        let mut relay = relay(b);
        let mut sam = person(b, &relay, "Sam");
        let mut ann = person(b, &relay, "Ann");
        let mut vic = person(b, &relay, "Vic");
        let plans = list(&mut sam, b, "Plans");
        let office = list(&mut sam, b, "Office");
        let invites = [
            invite(&mut sam, b, plans, Role::Editor),
            invite(&mut sam, b, plans, Role::Viewer),
            invite(&mut sam, b, office, Role::Owner),
            invite(&mut sam, b, office, Role::Editor),
        ];
        sync(&mut sam, &mut relay, b);
        let phone = another(&sam, &mut relay, b);
        let tablet = another(&sam, &mut relay, b);
        for (at, link) in invites.iter().enumerate() {
            let who = if at % 2 == 0 { &mut ann } else { &mut vic };
            join(who, &mut relay, b, link);
        }
        let people = vec![sam.did(), ann.did(), vic.did()];
        let tablet = match tablet.query(&Query::Whoami, Timestamp::UNIX_EPOCH) {
            Ok(Answer::Identity(me)) => me.device,
            other => panic!("{other:?}"),
        };
        let mut rng = Random::new(seed);
        // One person has one clock, so that what they did keeps its distance.
        let clocks = [0, 3_600_000, -DAY_MS, 300_000];
        let mine = clocks[rng.below(clocks.len())];
        let skews = [mine, mine, clocks[rng.below(clocks.len())], 0];
        let members = [sam, phone, ann, vic].into_iter().zip(skews);
        let mut world = Self {
            members: members
                .map(|(replica, skew_ms)| Member { replica, skew_ms })
                .collect(),
            calm: seed.is_multiple_of(2),
            log: Vec::new(),
            bench,
            rng,
            relay,
            people,
            plans,
            office,
            tablet,
        };
        world.bench.now_ms += DAY_MS;
        world.heal();
        world
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.bench.now_ms).unwrap()
    }

    pub(crate) fn replica(&self, who: usize) -> &Replica {
        &self.members[who].replica
    }

    /// What somebody might do next.
    pub(crate) fn draw(&mut self, who: usize) -> Option<Command> {
        draw(&mut Scene {
            rng: &mut self.rng,
            replica: &mut self.members[who].replica,
            people: &self.people,
            plans: self.plans,
            office: self.office,
            tablet: &self.tablet,
            calm: self.calm,
        })
    }

    /// Does what somebody wants to do. `None`: they may not, or cannot any more.
    pub(crate) fn execute(&mut self, who: usize, command: &Command) -> Option<Outcome> {
        self.bench.now_ms += APART_MS;
        if self.rng.chance(10) {
            self.bench.now_ms += DAY_MS;
        }
        let member = &mut self.members[who];
        self.bench.now_ms += member.skew_ms;
        let outcome = member.replica.execute(command, &mut self.bench.env());
        self.bench.now_ms -= member.skew_ms;
        let outcome = match outcome {
            Ok(outcome) => Some(outcome),
            Err(
                CommandError::Forbidden { .. }
                | CommandError::NotFound(_)
                | CommandError::OnlyOwner
                | CommandError::Outranked
                | CommandError::Invalid { .. },
            ) => None,
            Err(error) => panic!("{command:?}: {error}"),
        };
        let json = serde_json::to_string(command).unwrap();
        let came_to = serde_json::to_string(&outcome).unwrap();
        self.log.push(format!("{who}: {json} -> {came_to}"));
        outcome
    }

    /// Carries everything there is between somebody and the relay.
    pub(crate) fn exchange(&mut self, who: usize) {
        self.log.push(format!("{who}: syncs"));
        let replica = &mut self.members[who].replica;
        Wire::new(replica, &self.relay, &mut self.bench).run(
            replica,
            &mut self.relay,
            &mut self.bench,
        );
    }

    /// Begins to sync, and loses the connection after some frames.
    pub(crate) fn begin_exchange(&mut self, who: usize) {
        let mut left = 1 + self.rng.below(20);
        self.log.push(format!("{who}: syncs for {left} frames"));
        let replica = &mut self.members[who].replica;
        let (relay, bench) = (&mut self.relay, &mut self.bench);
        let mut wire = Wire::new(replica, relay, bench);
        loop {
            let down = wire.relay.poll_transmit(relay).unwrap();
            let up = wire.client.poll_transmit(replica).unwrap();
            if down.is_none() && up.is_none() {
                return;
            }
            if let Some(frame) = down {
                replica
                    .batch(|r| wire.client.handle_frame(r, &frame, &mut bench.env()))
                    .unwrap();
            }
            if let Some(frame) = up {
                relay
                    .batch(|r| wire.relay.handle_frame(r, &frame, &mut bench.env()))
                    .unwrap();
            }
            left -= 1;
            if left == 0 {
                return;
            }
        }
    }

    /// Brings all up to date.
    pub(crate) fn heal(&mut self) {
        for _ in 0..3 {
            for who in 0..self.members.len() {
                self.exchange(who);
            }
        }
    }
}

/// Another device of the same person.
fn another(first: &Replica, relay: &mut Replica, bench: &mut Bench) -> Replica {
    let keys = Keyring::of(first.keys().identity.clone().unwrap(), &mut bench.env());
    let mut device = Replica::in_memory(keys).unwrap();
    device.found("Sam", &mut bench.env()).unwrap();
    device
        .set_relay("ws://127.0.0.1:1", Some(relay.did()))
        .unwrap();
    sync(&mut device, relay, bench);
    device
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for line in &self.log {
                eprintln!("{line}");
            }
        }
    }
}
