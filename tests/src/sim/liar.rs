//! Peers that lie: one that is a member and signs what it may not, and one that was never let in.

use automerge::transaction::{CommitOptions, Transactable as _};
use automerge::{ActorId as Actor, AutoCommit, ROOT};
use minicbor::Encoder;
use poo_core::document::{ActorId, ActorNonce, Change, ChangeHash, DocumentId, EncodedChange, Tip};
use poo_core::sync::Held;
use rand_core::Rng as _;

use super::ledger;
use super::world::World;

/// The largest counter that Automerge can hold.
const COUNTER_MAX: u64 = (1 << 31) - 1;

/// A way to lie with a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    /// A change as it should be, by somebody who may not write.
    Plain,
    /// A counter that leaves no room for another.
    Counter,
    /// A counter that is not the next.
    Gap,
    /// A place in a history before which nothing is.
    Seq,
    /// It builds on what nobody has, beside what is there.
    Dep,
    /// The second change before the first, which comes later or never.
    Order,
    /// Two changes for one place.
    Fork,
    /// A signature for another actor's history.
    Other,
    /// The name of another device under one's own signature.
    Name,
}

const LIES: [Lie; 9] = [
    Lie::Plain,
    Lie::Counter,
    Lie::Gap,
    Lie::Seq,
    Lie::Dep,
    Lie::Order,
    Lie::Fork,
    Lie::Other,
    Lie::Name,
];

/// A frame of changes.
pub(super) fn frame(document: &DocumentId, tips: &[Tip], changes: &[&[u8]]) -> Vec<u8> {
    let mut e = Encoder::new(Vec::new());
    e.array(2).unwrap().u32(1).unwrap();
    e.array(1).unwrap().map(5).unwrap();
    e.u8(0).unwrap().bytes(document.as_bytes()).unwrap();
    e.u8(1).unwrap().bool(false).unwrap();
    e.u8(2).unwrap().array(0).unwrap();
    e.u8(3).unwrap().array(tips.len() as u64).unwrap();
    for tip in tips {
        e.writer_mut().extend_from_slice(&tip.to_bytes());
    }
    e.u8(4).unwrap().array(changes.len() as u64).unwrap();
    for change in changes {
        e.bytes(change).unwrap();
    }
    e.into_writer()
}

/// A change to the root of a document, after all that is in `log`.
fn write(log: &[u8], actor: &ActorId, value: u64, after: Option<&EncodedChange>) -> EncodedChange {
    let mut doc = AutoCommit::new();
    doc.load_incremental(log).unwrap();
    if let Some(after) = after {
        doc.load_incremental(after.bytes()).unwrap();
    }
    doc.set_actor(Actor::from(actor.as_bytes().to_vec()));
    let (_, meta) = automerge::ReadDoc::get(&doc, ROOT, "meta")
        .unwrap()
        .unwrap();
    doc.put(&meta, "title", format!("a lie {value}")).unwrap();
    doc.commit_with(CommitOptions::default().with_time(1_790_000_000));
    let change = doc.get_last_local_change().unwrap();
    EncodedChange::audit(change.raw_bytes()).unwrap()
}

fn changed(of: &EncodedChange, change: impl FnOnce(&mut Change)) -> EncodedChange {
    let mut copy = of.change().clone();
    change(&mut copy);
    copy.encode()
}

/// Puts another device's name where one stands in a frame.
fn put_name(frame: &mut [u8], own: &[u8], other: &[u8]) {
    let at = frame.windows(own.len()).position(|bytes| bytes == own);
    frame[at.unwrap()..][..own.len()].copy_from_slice(other);
}

impl World {
    /// Somebody signs what no honest engine would, and says it.
    pub(super) fn lie(&mut self, at: usize) {
        let document = match self.rng.chance(70) {
            true => self.plans,
            false => self.office,
        };
        let lie = *self.rng.pick(&LIES).unwrap();
        self.say_lie(at, document, lie);
    }

    /// When nothing else goes wrong any more, liars say all they can, each lie on a connection of
    /// its own. Nobody keeps what waits for something that never comes.
    pub(super) fn last_lies(&mut self) {
        let strangers = self.config.devices.len();
        let liars: Vec<usize> = (0..self.devices.len())
            .filter(|at| {
                let device = &self.devices[*at];
                device.is_here() && (device.lies || device.person >= strangers)
            })
            .collect();
        for at in liars {
            for lie in LIES {
                self.connect(at);
                self.settle();
                let document = *self.rng.pick(&[self.plans, self.office]).unwrap();
                self.say_lie(at, document, lie);
                self.settle();
                let Some(conn) = self.devices[at].conn else {
                    continue;
                };
                let known = &self.conns[&conn];
                let desk = self.relays[known.relay].desk.as_ref();
                let held = desk.map(|desk| desk.held(known.line)).unwrap_or_default();
                assert_eq!(held, Held::default(), "a relay keeps what was a lie");
                self.close(conn, "has lied");
                self.settle();
            }
        }
    }

    fn say_lie(&mut self, at: usize, document: DocumentId, lie: Lie) {
        let Some(conn) = self.devices[at].conn else {
            return;
        };
        let Some(frames) = self.forged(at, document, lie) else {
            return;
        };
        self.count("lies");
        self.tell(|| format!("{} lies about {document}: {lie:?}", self.devices[at].name));
        if matches!(lie, Lie::Fork) {
            self.devices[at].forks = true;
        }
        if let Some(conn) = self.conns.get_mut(&conn) {
            conn.tampered = true;
        }
        for frame in frames {
            self.send(conn, true, frame);
        }
    }

    /// The frames of a lie.
    pub(super) fn forged(
        &mut self,
        at: usize,
        document: DocumentId,
        lie: Lie,
    ) -> Option<Vec<Vec<u8>>> {
        // Whoever tells the liar of the document: nothing of what it holds is a secret here.
        let log = (self.relays[0].disk)
            .read(|conn| ledger::log_of(conn, &document))
            .concat();
        if log.is_empty() || self.relays[0].desk.is_none() {
            return None;
        }
        let device = self.devices[at].keys.device.clone();
        let mut nonce = [0; 16];
        self.devices[at].machine.rng.fill_bytes(&mut nonce);
        let nonce = ActorNonce::from_bytes(nonce);
        let actor = ActorId::derive(&device.public(), &document, &nonce);
        let value = self.rng.below(1_000_000) as u64;
        let first = write(&log, &actor, value, None);
        let second = write(&log, &actor, value + 1, Some(&first));
        let sign = |change: &EncodedChange, seq: u64| {
            Tip::sign(&device, &document, nonce, seq, change.hash(), None)
        };
        let alone = |change: &EncodedChange| {
            frame(
                &document,
                &[sign(change, change.change().seq)],
                &[change.bytes()],
            )
        };
        Some(match lie {
            Lie::Plain => vec![alone(&first)],
            Lie::Counter => vec![alone(&changed(&first, |change| {
                change.start_op = COUNTER_MAX
            }))],
            Lie::Gap => vec![alone(&changed(&first, |change| change.start_op += 1_000))],
            Lie::Seq => vec![alone(&changed(&first, |change| change.seq = 7))],
            Lie::Dep => vec![alone(&changed(&first, |change| {
                change.deps.push(ChangeHash::from_bytes([7; 32]));
                change.deps.sort();
            }))],
            Lie::Order => {
                let both = [second.bytes(), first.bytes()];
                match self.rng.below(3) {
                    0 => vec![alone(&second)],
                    1 => vec![alone(&second), alone(&first)],
                    _ => vec![frame(&document, &[sign(&second, 2)], &both)],
                }
            }
            Lie::Fork => {
                let other = write(&log, &actor, value + 2, None);
                vec![alone(&first), alone(&other)]
            }
            Lie::Other | Lie::Name => {
                let victim = (self.devices.iter().find(|it| it.person == 0)).unwrap();
                let key = victim.keys.device.public();
                let stolen = ActorId::derive(&key, &document, &nonce);
                let change = write(&log, &stolen, value, None);
                let mut said = alone(&change);
                if lie == Lie::Name {
                    put_name(&mut said, device.public().as_ref(), key.as_ref());
                }
                vec![said]
            }
        })
    }

    /// Somebody who was never let in asks, and says what others said.
    pub(super) fn pry(&mut self, at: usize) {
        match self.rng.below(3) {
            0 => {
                let document = *self.rng.pick(&[self.plans, self.office]).unwrap();
                if let Some(session) = &mut self.devices[at].session
                    && session.is_open()
                {
                    session.attend(&document).unwrap();
                }
                self.tell(|| format!("{} asks for {document}", self.devices[at].name));
                self.flush(at);
            }
            1 => self.lie(at),
            _ => self.tamper(at),
        }
    }
}
