//! Who may do what: signed statements, the authority that follows from them, and what counts.
//!
//! Statements live beside a document: a set that only grows, keyed by [`StatementDigest`].
//! [`Authority::evaluate`] is a pure function of that set, so that every replica that holds the
//! same statements agrees on who may do what, whatever order they came in. A statement whose
//! signer had no right to make it is kept and has no effect.

mod authority;
mod counting;
mod identities;
mod kinds;
mod reason;
mod relevance;
mod statement;
#[cfg(test)]
mod tests;

pub use authority::{Authority, Evidence, GivenRole, InviteState, Member, WriteLimit};
pub use counting::{ChangeNode, counts};
pub use identities::{DeviceChainError, Identities, verify_device_chain};
pub use kinds::{
    COLOR_CHARS_MAX, Device, Genesis, Grant, GrantNonce, Grantee, Invite, NAME_CHARS_MAX, Payload,
    Profile, REVOKE_KEEP_MAX, REVOKE_MARKS_MAX, REVOKE_TARGETS_MAX, Redeem, Revoke, Role, Scope,
    Witness,
};
pub use reason::{Ineffective, IneffectiveReason};
pub(crate) use relevance::mentioned;
pub use relevance::relevant;
pub use statement::{
    PAYLOAD_LEN_MAX, PayloadProblem, REVOKE_PAYLOAD_LEN_MAX, STATEMENT_LEN_MAX, Statement,
    StatementDigest, StatementError, UnverifiedStatement,
};
