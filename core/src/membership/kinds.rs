//! What a statement can say: one struct per kind, as it stands in the signed payload.
//!
//! Bodies are CBOR maps with integer keys. Keys that this version does not know are skipped;
//! the signed bytes are kept, so that nothing a newer version wrote is lost.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::decode::Error as DecodeError;
use minicbor::{Decode, Encode};

use super::{PayloadProblem, StatementDigest};
use crate::bytes::byte_newtype;
use crate::document::{ActorId, DocumentId, DocumentKind, DocumentNonce};
use crate::identity::{Did, Domain, Keypair, PublicKey, Signature, SignatureError};

/// The longest name of a person, an agent or a device, in characters.
pub const NAME_CHARS_MAX: usize = 100;
/// The longest colour, in characters.
pub const COLOR_CHARS_MAX: usize = 32;
/// How many statements one revocation may name.
pub const REVOKE_TARGETS_MAX: usize = 64;
/// How many actors one revocation may mark: those of a device that writes to as many documents as
/// a person can have, and then some.
pub const REVOKE_MARKS_MAX: usize = 12_288;
/// How many statements one revocation may keep.
pub const REVOKE_KEEP_MAX: usize = 12_288;

byte_newtype!(
    /// What makes two otherwise equal grants different statements.
    GrantNonce, 16
);

/// What somebody may do with a document. Later roles may do all that earlier ones may.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Role {
    /// Reads.
    #[n(0)]
    Viewer,
    /// Reads and writes.
    #[n(1)]
    Editor,
    /// Reads, writes, and decides who else may.
    #[n(2)]
    Owner,
}

/// What a statement is about: one document, or one identity wherever it appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One document.
    Document(DocumentId),
    /// One identity, in every document.
    Identity(Did),
}

/// The beginning of a document. Its id follows from the owner and the nonce, or was chosen by
/// another program; then the home relay may sign for the owner.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Genesis {
    /// Who owns the document from the start.
    #[n(0)]
    pub owner: Did,
    /// What makes two documents of one owner different.
    #[n(1)]
    pub nonce: DocumentNonce,
    /// What the document is for.
    #[n(2)]
    pub kind: DocumentKind,
    /// The version of the kind's shape.
    #[n(3)]
    pub version: u16,
    /// The relay that settles forks, if there is one.
    #[n(4)]
    pub home: Option<Did>,
    /// When, by the owner's clock, in milliseconds since 1970.
    #[n(5)]
    pub created_at_ms: i64,
    /// The document's id, where it does not follow from the owner and the nonce: another
    /// program chose it. Such a document is known by its id and the digest of this statement.
    #[n(6)]
    pub chosen_id: Option<DocumentId>,
}

impl Genesis {
    /// The id of the document that begins here.
    #[must_use]
    pub fn document(&self) -> DocumentId {
        self.chosen_id
            .unwrap_or_else(|| DocumentId::derive(&self.owner, &self.nonce))
    }
}

/// A device belongs to an identity. The identity key says so, or a device that may link others.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Device {
    /// Whose device it is.
    #[n(0)]
    pub identity: Did,
    /// The device's own key.
    #[n(1)]
    pub device: PublicKey,
    /// What its owner calls it.
    #[n(2)]
    pub name: String,
    /// Whether it may certify further devices.
    #[n(3)]
    pub can_link: bool,
    /// When, by the signer's clock, in milliseconds since 1970.
    #[n(4)]
    pub issued_at_ms: i64,
    /// The device's signature over the identity key ([`Device::consent`]): nobody can claim a
    /// device, and with it the work signed there, without the device.
    #[n(5)]
    pub consent: Signature,
}

impl Device {
    /// What a device signs to belong to `identity`.
    #[must_use]
    pub fn consent(device: &Keypair, identity: &Did) -> Signature {
        device.sign(Domain::DEVICE, identity.key().as_ref())
    }
}

/// How an identity shows itself. The highest version counts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Profile {
    /// Whose profile it is.
    #[n(0)]
    pub identity: Did,
    /// Rises with every edit.
    #[n(1)]
    pub version: u64,
    /// The name that others see.
    #[n(2)]
    pub name: String,
    /// The colour of the avatar.
    #[n(3)]
    pub color: Option<String>,
    /// Whether this is a program acting for somebody.
    #[n(4)]
    pub is_agent: bool,
    /// What the agent runs on.
    #[n(5)]
    pub agent_platform: Option<String>,
    /// Who connected the agent.
    #[n(6)]
    pub connected_by: Option<Did>,
}

/// An invite: whoever holds the secret of `key` may redeem it at the relay.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Invite {
    /// The public half of the key that the invite's link carries.
    #[n(0)]
    pub key: PublicKey,
    /// Redeems after this time, in milliseconds since 1970, have no effect.
    #[n(1)]
    pub expires_at_ms: i64,
    /// Whether the relay lets one joiner in only.
    #[n(2)]
    pub single_use: bool,
    /// The relay that redeems it.
    #[n(3)]
    pub relay: Did,
}

/// To whom a role is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grantee {
    /// To somebody known.
    Did(Did),
    /// To whoever redeems an invite.
    Invite(Invite),
}

/// A role in a document, given by one of its owners.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Grant {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// To whom.
    #[n(1)]
    pub to: Grantee,
    /// Which role.
    #[n(2)]
    pub role: Role,
    /// What makes two otherwise equal grants different: a grant that was revoked is given anew
    /// under another nonce.
    #[n(3)]
    pub nonce: GrantNonce,
    /// When, by the signer's clock, in milliseconds since 1970.
    #[n(4)]
    pub issued_at_ms: i64,
}

/// Somebody joined by an invite. Signed by the identity key of the relay that the invite names.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Redeem {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// The grant that holds the invite.
    #[n(1)]
    pub grant: StatementDigest,
    /// Who joined.
    #[n(2)]
    pub joiner: Did,
    /// The invite's key, under which `proof` holds.
    #[n(3)]
    pub invite: PublicKey,
    /// Proves that the joiner held the invite ([`Redeem::proof`]).
    #[n(4)]
    pub proof: Signature,
    /// When, by the relay's clock, in milliseconds since 1970.
    #[n(5)]
    pub redeemed_at_ms: i64,
}

impl Redeem {
    /// What a joiner signs with the invite's key.
    #[must_use]
    pub fn proof(
        invite: &Keypair,
        document: &DocumentId,
        grant: &StatementDigest,
        joiner: &Did,
    ) -> Signature {
        invite.sign(Domain::REDEEM, &Self::message(document, grant, joiner))
    }

    /// Checks a joiner's proof, as a relay does before it signs a `Redeem`.
    ///
    /// # Errors
    /// [`SignatureError`] if the proof was not made with the invite's key for these three.
    pub fn verify_proof(
        invite: &PublicKey,
        document: &DocumentId,
        grant: &StatementDigest,
        joiner: &Did,
        proof: &Signature,
    ) -> Result<(), SignatureError> {
        let message = Self::message(document, grant, joiner);
        invite.verify(Domain::REDEEM, &message, proof)
    }

    fn message(document: &DocumentId, grant: &StatementDigest, joiner: &Did) -> Vec<u8> {
        [
            document.as_ref(),
            grant.as_ref(),
            joiner.key().as_ref() as &[u8],
        ]
        .concat()
    }
}

/// A relay may sign changes of those who cannot sign. Given by an owner of the document; or by an
/// identity for all documents that it owns, those to come included.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Witness {
    /// The document; `None`: every document that `for_` owns.
    #[n(0)]
    pub document: Option<DocumentId>,
    /// The relay.
    #[n(1)]
    pub relay: Did,
    /// For whom; `None`: for every member of the document.
    #[n(2)]
    pub for_: Option<Did>,
    /// When, by the signer's clock, in milliseconds since 1970.
    #[n(3)]
    pub issued_at_ms: i64,
}

/// Takes statements back: grants, redeems and witnesses of a document, or devices of an identity.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Revoke {
    /// Where the targets belong.
    #[n(0)]
    pub scope: Scope,
    /// What is taken back.
    #[n(1)]
    pub targets: BTreeSet<StatementDigest>,
    /// The last seq that stays, per actor; of other actors of those concerned nothing stays.
    #[cbor(n(2), with = "marks")]
    pub marks: BTreeMap<ActorId, u64>,
    /// Statements of those concerned that stay.
    #[n(3)]
    pub keep: BTreeSet<StatementDigest>,
    /// When, by the signer's clock, in milliseconds since 1970.
    #[n(4)]
    pub issued_at_ms: i64,
}

impl Revoke {
    /// The last seq of `actor` that stays.
    #[must_use]
    pub fn mark(&self, actor: &ActorId) -> u64 {
        self.marks.get(actor).copied().unwrap_or(0)
    }
}

/// What a statement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// A document begins.
    Genesis(Genesis),
    /// A device belongs to an identity.
    Device(Device),
    /// How an identity shows itself.
    Profile(Profile),
    /// A role is given.
    Grant(Grant),
    /// An invite was redeemed.
    Redeem(Redeem),
    /// A relay may witness.
    Witness(Witness),
    /// Statements are taken back.
    Revoke(Revoke),
}

/// The numbers of the kinds on the wire.
pub(super) mod kind {
    pub(in crate::membership) const GENESIS: u64 = 0;
    pub(in crate::membership) const DEVICE: u64 = 1;
    pub(in crate::membership) const PROFILE: u64 = 2;
    pub(in crate::membership) const GRANT: u64 = 3;
    pub(in crate::membership) const REDEEM: u64 = 4;
    pub(in crate::membership) const WITNESS: u64 = 5;
    pub(in crate::membership) const REVOKE: u64 = 6;
}

impl Payload {
    /// What the statement is about.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self {
            Self::Genesis(it) => Scope::Document(it.document()),
            Self::Device(it) => Scope::Identity(it.identity),
            Self::Profile(it) => Scope::Identity(it.identity),
            Self::Grant(it) => Scope::Document(it.document),
            Self::Redeem(it) => Scope::Document(it.document),
            Self::Witness(it) => match (it.document, it.for_) {
                (Some(document), _) => Scope::Document(document),
                // One without both is refused by `check`.
                (None, for_) => Scope::Identity(for_.unwrap_or(it.relay)),
            },
            Self::Revoke(it) => it.scope,
        }
    }

    /// Every bound that does not depend on who signs.
    pub(super) fn check(&self) -> Result<(), PayloadProblem> {
        match self {
            Self::Device(it) => check_text(&it.name, 0, NAME_CHARS_MAX, PayloadProblem::Name),
            Self::Profile(it) => {
                check_text(&it.name, 1, NAME_CHARS_MAX, PayloadProblem::Name)?;
                if let Some(color) = &it.color {
                    check_text(color, 1, COLOR_CHARS_MAX, PayloadProblem::Color)?;
                }
                match &it.agent_platform {
                    Some(name) => check_text(name, 1, NAME_CHARS_MAX, PayloadProblem::Platform),
                    None => Ok(()),
                }
            }
            Self::Witness(it) if it.document.is_none() && it.for_.is_none() => {
                Err(PayloadProblem::Witness)
            }
            Self::Revoke(it) if it.targets.is_empty() || it.targets.len() > REVOKE_TARGETS_MAX => {
                Err(PayloadProblem::Targets)
            }
            Self::Revoke(it) if it.marks.len() > REVOKE_MARKS_MAX => Err(PayloadProblem::Marks),
            Self::Revoke(it) if it.keep.len() > REVOKE_KEEP_MAX => Err(PayloadProblem::Keep),
            _ => Ok(()),
        }
    }
}

/// Control characters are refused too: these texts are shown in terminals.
fn check_text(
    text: &str,
    chars_min: usize,
    chars_max: usize,
    problem: PayloadProblem,
) -> Result<(), PayloadProblem> {
    let chars = text.chars().take(chars_max + 1).count();
    if (chars_min..=chars_max).contains(&chars) && !text.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(problem)
    }
}

impl<C> Encode<C> for Payload {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(2)?;
        match self {
            Self::Genesis(it) => e.u64(kind::GENESIS)?.encode_with(it, ctx)?,
            Self::Device(it) => e.u64(kind::DEVICE)?.encode_with(it, ctx)?,
            Self::Profile(it) => e.u64(kind::PROFILE)?.encode_with(it, ctx)?,
            Self::Grant(it) => e.u64(kind::GRANT)?.encode_with(it, ctx)?,
            Self::Redeem(it) => e.u64(kind::REDEEM)?.encode_with(it, ctx)?,
            Self::Witness(it) => e.u64(kind::WITNESS)?.encode_with(it, ctx)?,
            Self::Revoke(it) => e.u64(kind::REVOKE)?.encode_with(it, ctx)?,
        };
        Ok(())
    }
}

impl<C> Encode<C> for Grantee {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(2)?;
        match self {
            Self::Did(did) => e.u8(0)?.encode_with(did, ctx)?.ok(),
            Self::Invite(invite) => e.u8(1)?.encode_with(invite, ctx)?.ok(),
        }
    }
}

impl<'b, C> Decode<'b, C> for Grantee {
    fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, DecodeError> {
        match pair(d)? {
            0 => d.decode_with(ctx).map(Self::Did),
            1 => d.decode_with(ctx).map(Self::Invite),
            other => Err(DecodeError::unknown_variant(i64::from(other))),
        }
    }
}

impl<C> Encode<C> for Scope {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(2)?;
        match self {
            Self::Document(id) => e.u8(0)?.encode_with(id, ctx)?.ok(),
            Self::Identity(did) => e.u8(1)?.encode_with(did, ctx)?.ok(),
        }
    }
}

impl<'b, C> Decode<'b, C> for Scope {
    fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, DecodeError> {
        match pair(d)? {
            0 => d.decode_with(ctx).map(Self::Document),
            1 => d.decode_with(ctx).map(Self::Identity),
            other => Err(DecodeError::unknown_variant(i64::from(other))),
        }
    }
}

/// The number that begins an array of two.
fn pair(d: &mut minicbor::Decoder<'_>) -> Result<u32, DecodeError> {
    match d.array()? {
        Some(2) => d.u32(),
        _ => Err(DecodeError::message("expected an array of two")),
    }
}

/// Marks on the wire: a map from actor to seq. An actor named twice is refused, since readers
/// could differ on which of the two holds.
mod marks {
    use super::{ActorId, BTreeMap, DecodeError};

    pub(super) fn encode<C, W: minicbor::encode::Write>(
        marks: &BTreeMap<ActorId, u64>,
        e: &mut minicbor::Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.encode_with(marks, ctx)?.ok()
    }

    pub(super) fn decode<'b, C>(
        d: &mut minicbor::Decoder<'b>,
        ctx: &mut C,
    ) -> Result<BTreeMap<ActorId, u64>, DecodeError> {
        let mut marks = BTreeMap::new();
        for entry in d.map_iter_with::<C, ActorId, u64>(ctx)? {
            let (actor, seq) = entry?;
            if marks.insert(actor, seq).is_some() {
                return Err(DecodeError::message("an actor is marked twice"));
            }
        }
        Ok(marks)
    }
}
