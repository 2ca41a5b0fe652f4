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
    /// All of them, by name.
    pub const ALL: [(&'static str, Self); 3 + Engine::ALL.len()] = [
        ("device-skips-fsync", Self::DeviceSkipsFsync),
        ("relay-skips-fsync", Self::RelaySkipsFsync),
        ("sends-before-commit", Self::SendsBeforeCommit),
        ("anybody-writes", Self::Engine(Engine::AnybodyWrites)),
        ("anybody-reads", Self::Engine(Engine::AnybodyReads)),
        ("nothing-is-revoked", Self::Engine(Engine::NothingIsRevoked)),
        ("any-signature", Self::Engine(Engine::AnySignature)),
        ("any-counter", Self::Engine(Engine::AnyCounter)),
        ("any-order", Self::Engine(Engine::AnyOrder)),
        ("witness-stays", Self::Engine(Engine::WitnessStays)),
        ("refused-spins", Self::Engine(Engine::RefusedSpins)),
        ("nobody-gives-way", Self::Engine(Engine::NobodyGivesWay)),
        ("nothing-is-made-again", Self::Engine(Engine::NothingIsMadeAgain)),
        ("places-are-reused", Self::Engine(Engine::PlacesAreReused)),
        ("loss-is-overlooked", Self::Engine(Engine::LossIsOverlooked)),
        ("waiting-is-kept", Self::Engine(Engine::WaitingIsKept)),
        ("read-model-forgets", Self::Engine(Engine::ReadModelForgets)),
    ];

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
        mutants::choose(match mutant {
            Some(Mutant::Engine(mutant)) => Some(mutant),
            _ => None,
        });
        Self
    }
}

impl Drop for Wrong {
    fn drop(&mut self) {
        mutants::choose(None);
    }
}
