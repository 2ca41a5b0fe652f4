//! Why a statement is without effect.

use super::StatementDigest;

/// A statement without effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ineffective {
    /// The statement.
    pub statement: StatementDigest,
    /// Why.
    pub reason: IneffectiveReason,
}

/// Why a statement is without effect. Later statements can change that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum IneffectiveReason {
    /// The document's genesis is not known.
    #[error("the document's genesis is not known yet: fetch it")]
    NoGenesis,
    /// Another genesis of the owner counts.
    #[error("the owner signed another genesis of this document, and that one counts")]
    Superseded,
    /// The signer never had the right to say this.
    #[error("its signer had no right to say this")]
    NoRight,
    /// The signer had the right and lost it, and the revocation did not keep this statement.
    #[error("its signer was revoked, and this was not kept: somebody with the right can repeat it")]
    SignerFell,
    /// The redeem names no invite that an owner made.
    #[error("it redeems an invite that no owner made")]
    UnknownInvite,
    /// The redeem holds for another key than the invite's.
    #[error("it was redeemed with another key than the invite's")]
    WrongInvite,
    /// Another relay than the invite names signed the redeem.
    #[error("another relay than the invite names signed it")]
    WrongRelay,
    /// The invite was redeemed too late.
    #[error("the invite had expired: ask for a new one")]
    Expired,
    /// The revocation names nothing that can be revoked here.
    #[error("it revokes nothing that is known here: a ticket, perhaps")]
    NoTarget,
    /// The revocation names the genesis of somebody else, or passes the document on to nobody.
    #[error("a genesis owner falls only by passing the document on to another owner")]
    GenesisOwner,
    /// The revocation is aimed at an owner senior to its author.
    #[error("an owner cannot revoke an owner of a higher rank: ask one of that rank")]
    Outranked,
}
