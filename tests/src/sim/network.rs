//! Connections, and what becomes of frames on their way.

use poo_core::sync::Held;

use super::device::Device;
use super::world::{Happening, World};
use super::{ledger, stock};

/// Who is at the client's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Device(usize),
    Stock(usize),
}

#[derive(Debug, Clone, Copy, Default)]
struct Way {
    /// When the last frame arrives: none overtakes another.
    at: i64,
    /// Nothing arrives before that.
    blocked_until: i64,
}

pub(super) struct Conn {
    pub(super) end: End,
    pub(super) relay: usize,
    pub(super) line: u64,
    up: Way,
    down: Way,
    /// Something between the two ends did what no network does.
    pub(super) tampered: bool,
}

impl Conn {
    pub(super) fn new(end: End, relay: usize, line: u64) -> Self {
        Self {
            end,
            relay,
            line,
            up: Way::default(),
            down: Way::default(),
            tampered: false,
        }
    }
}

/// What a session holds at most for its other side, in runs as small as these.
const HELD_MAX: Held = Held {
    waiting: 1_000,
    bytes: 4 << 20,
    messages: 500,
};

/// How long a device waits more than others that does not count any more, in milliseconds.
const REVOKED_MS: usize = 600_000;

/// However badly things go, nobody fills the memory of another.
pub(super) fn check_bounds(who: &str, held: Held) {
    let fits = held.waiting <= HELD_MAX.waiting
        && held.bytes <= HELD_MAX.bytes
        && held.messages <= HELD_MAX.messages;
    assert!(fits, "{who} holds too much: {held:?}");
}

impl World {
    /// Sends a frame on its way, with what may become of it there.
    pub(super) fn send(&mut self, conn: u64, up: bool, mut frame: Vec<u8>) {
        if !self.conns.contains_key(&conn) {
            return;
        }
        let mut copies = 1;
        let mut late = false;
        if self.rough {
            let weather = self.config.weather;
            let of_thousand = |world: &mut Self, share: usize| world.rng.below(1_000) < share;
            if of_thousand(self, weather.broken) {
                self.count("broken in a frame");
                self.close(conn, "breaks in the middle of a frame");
                return;
            }
            let mut tampered = true;
            if of_thousand(self, weather.lost) {
                self.count("lost");
                copies = 0;
            } else if of_thousand(self, weather.twice) {
                self.count("twice");
                copies = 2;
            } else if of_thousand(self, weather.late) {
                self.count("late");
                late = true;
            } else if !frame.is_empty() && of_thousand(self, weather.damaged) {
                self.count("damaged");
                let at = self.rng.below(frame.len());
                match self.rng.chance(50) {
                    true => frame.truncate(at),
                    false => frame[at] ^= 1 << self.rng.below(8),
                }
            } else {
                tampered = false;
            }
            if tampered {
                self.conns.get_mut(&conn).unwrap().tampered = true;
            }
        }
        for _ in 0..copies {
            let (least, most) = self.config.delay_ms;
            let mut delay = least + self.rng.below(most - least);
            if late {
                delay += most + self.rng.below(4 * most);
            }
            let now = self.now();
            let known = self.conns.get_mut(&conn).unwrap();
            let way = match up {
                true => &mut known.up,
                false => &mut known.down,
            };
            let mut at = (now + delay as i64).max(way.blocked_until);
            if !late {
                at = at.max(way.at);
                way.at = at;
            }
            let frame = frame.clone();
            self.at(
                at,
                match up {
                    true => Happening::Up { conn, frame },
                    false => Happening::Down { conn, frame },
                },
            );
        }
    }

    /// For a while nothing comes through.
    pub(super) fn block(&mut self, conn: u64, up: bool, down: bool, ms: i64) {
        let until = self.now() + ms;
        if let Some(conn) = self.conns.get_mut(&conn) {
            if up {
                conn.up.blocked_until = until;
            }
            if down {
                conn.down.blocked_until = until;
            }
        }
    }

    pub(super) fn arrive_up(&mut self, conn: u64, frame: Vec<u8>) {
        let Some(known) = self.conns.get(&conn) else {
            return;
        };
        let (relay, line) = (known.relay, known.line);
        self.frames += 1;
        self.trace.bytes(&frame);
        self.tell(|| format!("{conn} up {} bytes", frame.len()));
        self.relays[relay].inbox.push((line, frame));
        self.wake(relay);
    }

    pub(super) fn arrive_down(&mut self, conn: u64, frame: Vec<u8>) {
        let Some(known) = self.conns.get(&conn) else {
            return;
        };
        let end = known.end;
        self.frames += 1;
        self.trace.bytes(&frame);
        self.tell(|| format!("{conn} down {} bytes", frame.len()));
        match end {
            End::Device(device) => self.hear(device, conn, &frame),
            End::Stock(stock) => self.hear_stock(stock, conn, &frame),
        }
    }

    /// Whether a relay may say that to who is at the other end. Checked where it leaves.
    pub(super) fn check_said(&mut self, conn: u64, frame: &[u8]) {
        let known = &self.conns[&conn];
        let (end, relay) = (known.end, known.relay);
        let (told, person) = match end {
            End::Device(device) => {
                let Device { person, .. } = self.devices[device];
                (ledger::document_told(frame), person)
            }
            End::Stock(at) => (stock::document_told(frame), self.stocks[at].person),
        };
        let Some(told) = told else {
            return;
        };
        if self.seen.len() < 200 {
            self.seen.push(frame.to_vec());
        }
        match end {
            End::Device(device) => self.check_heard_last(device, relay),
            End::Stock(stock) => self.check_let_in(stock),
        }
        let did = self.people[person].did;
        let role = (self.relays[relay].disk).read(|conn| ledger::role(conn, &told, &did));
        assert!(
            role.is_some() && self.let_in.contains(&(told, did)),
            "{} is told of {told}, which they may not read",
            self.people[person].name
        );
    }

    /// Ends a connection. The device knows at once, the relay later.
    pub(super) fn close(&mut self, conn: u64, why: &str) {
        let Some(known) = self.conns.remove(&conn) else {
            return;
        };
        self.drop_frames(conn);
        self.tell(|| format!("{conn} of {} {why}", self.name(known.end)));
        let run = self.relays[known.relay].run;
        let delay = match self.rough {
            true => self.rng.below(20_000),
            false => 0,
        };
        self.after(
            delay as i64,
            Happening::Gone {
                relay: known.relay,
                line: known.line,
                run,
            },
        );
        let again = match known.end {
            End::Device(device) => {
                self.devices[device].session = None;
                self.devices[device].conn = None;
                Happening::Connect(device)
            }
            End::Stock(stock) => {
                self.stocks[stock].conn = None;
                Happening::ConnectStock(stock)
            }
        };
        if self.rough {
            let mut pause = 500 + self.rng.below(10_000);
            if matches!(known.end, End::Device(at) if self.devices[at].revoked) {
                // It hears the same each time.
                pause += REVOKED_MS;
            }
            self.after(pause as i64, again);
        }
    }
}
