//! Why a change does not become a part of a document.

use super::ops::OpError;

/// Why a change is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No signature covers it.
    #[error("no signature covers the change")]
    Unsigned,
    /// Its author may not write here, or not any longer.
    #[error("its author may not write in this document")]
    Forbidden,
    /// It builds on changes that are not here.
    #[error("it builds on changes that are not here")]
    MissingDeps,
    /// It does not follow its author's previous change.
    #[error("it does not follow its author's previous change")]
    BrokenChain,
    /// Its first counter is not one more than the largest that it builds on.
    #[error("its operation counter does not follow from what it builds on")]
    Counter,
    /// An operation does not fit the document.
    #[error("an operation does not fit: {0}")]
    Op(#[from] OpError),
    /// Its author signed two different changes for one place in their history.
    #[error("its author signed two different changes for one place in their history")]
    Fork,
    /// The document has reached its limit.
    #[error("the document has reached its limit of size")]
    DocumentFull,
    /// More was sent than may wait for signatures.
    #[error("too many changes wait for their signatures")]
    QuarantineFull,
}

impl Refusal {
    /// Whether it says something of the change itself: it is not taken even when all comes that
    /// it needs. One that does not follow the history here may follow the one that comes, where a
    /// copy of a device has written, too.
    #[must_use]
    pub(crate) const fn is_verdict(self) -> bool {
        !matches!(
            self,
            Self::Unsigned | Self::MissingDeps | Self::BrokenChain | Self::QuarantineFull
        )
    }

    /// A short name that does not change between versions.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Forbidden => "forbidden",
            Self::MissingDeps => "missing-deps",
            Self::BrokenChain => "broken-chain",
            Self::Counter => "counter",
            Self::Op(_) => "bad-op",
            Self::Fork => "fork",
            Self::DocumentFull => "document-full",
            Self::QuarantineFull => "quarantine-full",
        }
    }
}
