//! Ways in which this engine can be wrong on purpose, so that the simulation can show that it would
//! notice. Without the feature `mutants` there is none, and every question for one is `false` before
//! the program runs.

/// A way to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "mutants"),
    allow(dead_code, unreachable_pub, reason = "named, and never chosen")
)]
pub enum Mutant {
    /// Everybody who signs may write.
    AnybodyWrites,
    /// Everybody who asks may read.
    AnybodyReads,
    /// Nobody heeds a revocation that somebody else made.
    NothingIsRevoked,
    /// A ticket that was taken back lets in whoever has it.
    TicketsStay,
    /// A signature is not looked at.
    AnySignature,
    /// A change may count from where it likes.
    AnyCounter,
    /// A change need not follow what it builds on.
    AnyOrder,
    /// What a relay said of a device's history stays, whatever the device signed.
    WitnessStays,
    /// What the other side refused is offered again.
    RefusedSpins,
    /// Nobody gives way to the relay's history.
    NobodyGivesWay,
    /// What had to give way is not made again.
    NothingIsMadeAgain,
    /// Places of changes that fell are used again.
    PlacesAreReused,
    /// A client counts itself in sync although something did not come.
    LossIsOverlooked,
    /// What waits is kept when nothing more comes.
    WaitingIsKept,
    /// Of everything that changed the read model forgets the first.
    ReadModelForgets,
    /// A change that is taken in makes the engine panic in the middle of that.
    PanicsMidway,
}

#[cfg(feature = "mutants")]
impl Mutant {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::AnybodyWrites,
        Self::AnybodyReads,
        Self::NothingIsRevoked,
        Self::TicketsStay,
        Self::AnySignature,
        Self::AnyCounter,
        Self::AnyOrder,
        Self::WitnessStays,
        Self::RefusedSpins,
        Self::NobodyGivesWay,
        Self::NothingIsMadeAgain,
        Self::PlacesAreReused,
        Self::LossIsOverlooked,
        Self::WaitingIsKept,
        Self::ReadModelForgets,
        Self::PanicsMidway,
    ];
}

#[cfg(feature = "mutants")]
thread_local! {
    static CHOSEN: core::cell::Cell<Option<Mutant>> = const { core::cell::Cell::new(None) };
}

/// Has the engine be wrong on this thread from now on, or right.
#[cfg(feature = "mutants")]
pub fn choose(mutant: Option<Mutant>) {
    CHOSEN.set(mutant);
}

/// Whether the engine is to be wrong in this way.
#[cfg(feature = "mutants")]
pub(crate) fn is(mutant: Mutant) -> bool {
    CHOSEN.get() == Some(mutant)
}

/// It never is.
#[cfg(not(feature = "mutants"))]
pub(crate) const fn is(_: Mutant) -> bool {
    false
}
