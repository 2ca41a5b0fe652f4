//! Engines that are wrong on purpose, at their edges, where they meet disk and network: the
//! simulation has to catch each. Nothing of it is in the engine itself.

/// A way to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// A device's disk says that it has what it does not have yet.
    DeviceSkipsFsync,
    /// A relay's disk does.
    RelaySkipsFsync,
    /// A device sends a change before that is committed, and crashes in between.
    SendsBeforeCommit,
}

impl Mutant {
    /// All of them, by name.
    pub const ALL: [(&'static str, Self); 3] = [
        ("device-skips-fsync", Self::DeviceSkipsFsync),
        ("relay-skips-fsync", Self::RelaySkipsFsync),
        ("sends-before-commit", Self::SendsBeforeCommit),
    ];
}
