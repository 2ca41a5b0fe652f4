//! Engines that are wrong on purpose: the simulation has to catch each. Some are wrong at their
//! edges, where they meet disk and network, and that is done here; the others are wrong inside.

use poo_core::mutants::{self, Mutant as Engine};

/// A way to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// A device's disk says that it has what it does not have yet.
    DeviceSkipsFsync,
    /// A relay's disk does.
    RelaySkipsFsync,
    /// A device sends a change before that is committed, and crashes in between.
    SendsBeforeCommit,
    /// Every engine is wrong inside.
    Engine(Engine),
}

impl Mutant {
    /// All of them: a name, what is wrong, and which it is.
    pub const ALL: [(&'static str, &'static str, Self); 3 + Engine::ALL.len()] = [
        (
            "device-skips-fsync",
            "a device's disk says that it has what it does not have yet",
            Self::DeviceSkipsFsync,
        ),
        (
            "relay-skips-fsync",
            "a relay's disk does",
            Self::RelaySkipsFsync,
        ),
        (
            "sends-before-commit",
            "a device sends a change before it is committed, and crashes in between",
            Self::SendsBeforeCommit,
        ),
        (
            "anybody-writes",
            "whoever signs may write",
            Self::Engine(Engine::AnybodyWrites),
        ),
        (
            "anybody-reads",
            "whoever asks may read",
            Self::Engine(Engine::AnybodyReads),
        ),
        (
            "nothing-is-revoked",
            "nobody heeds a revocation that somebody else made",
            Self::Engine(Engine::NothingIsRevoked),
        ),
        (
            "tickets-stay",
            "a ticket that was taken back lets in whoever has it",
            Self::Engine(Engine::TicketsStay),
        ),
        (
            "any-signature",
            "a signature over a history is not looked at",
            Self::Engine(Engine::AnySignature),
        ),
        (
            "any-counter",
            "a change counts from where it likes, and leaves no room for others",
            Self::Engine(Engine::AnyCounter),
        ),
        (
            "any-order",
            "a change is taken before what it builds on",
            Self::Engine(Engine::AnyOrder),
        ),
        (
            "witness-stays",
            "what a relay signed in a device's place stays, whatever the device signed",
            Self::Engine(Engine::WitnessStays),
        ),
        (
            "refused-spins",
            "what the other side refused is offered again and again",
            Self::Engine(Engine::RefusedSpins),
        ),
        (
            "nobody-gives-way",
            "of two histories neither gives way",
            Self::Engine(Engine::NobodyGivesWay),
        ),
        (
            "nothing-is-made-again",
            "what had to give way is not made again",
            Self::Engine(Engine::NothingIsMadeAgain),
        ),
        (
            "places-are-reused",
            "a device uses the places of changes again that fell",
            Self::Engine(Engine::PlacesAreReused),
        ),
        (
            "loss-is-overlooked",
            "a client counts itself in sync although something did not come",
            Self::Engine(Engine::LossIsOverlooked),
        ),
        (
            "waiting-is-kept",
            "what waits for something that never comes is kept",
            Self::Engine(Engine::WaitingIsKept),
        ),
        (
            "read-model-forgets",
            "what is shown misses the first of several things that changed",
            Self::Engine(Engine::ReadModelForgets),
        ),
        (
            "panics-midway",
            "a change that is taken in makes the engine panic in the middle of that",
            Self::Engine(Engine::PanicsMidway),
        ),
    ];

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(known, ..)| *known == name).map(|it| it.2)
    }

    /// Whether it is one of a disk's.
    #[must_use]
    pub fn is_of_disk(self) -> bool {
        matches!(self, Self::DeviceSkipsFsync | Self::RelaySkipsFsync)
    }
}

/// While it lives, the engines on this thread are wrong.
#[derive(Debug)]
pub(super) struct Wrong;

impl Wrong {
    pub(super) fn begin(mutant: Option<Mutant>) -> Self {
        choose(mutant);
        Self
    }
}

fn choose(mutant: Option<Mutant>) {
    mutants::choose(match mutant {
        Some(Mutant::Engine(mutant)) => Some(mutant),
        _ => None,
    });
}

/// Does something with an engine that lets anybody write, in a run of engines that are right or
/// wrong as `mutant` says.
pub(super) fn unchecked<T>(mutant: Option<Mutant>, work: impl FnOnce() -> T) -> T {
    mutants::choose(Some(Engine::AnybodyWrites));
    let done = work();
    choose(mutant);
    done
}

impl Drop for Wrong {
    fn drop(&mut self) {
        mutants::choose(None);
    }
}
