//! The messages of a session (websocket subprotocol `poo.sync.v1`), in CBOR.
//!
//! Control messages travel sealed (see `seal`). Data messages carry their authors' own
//! signatures and are the same for every receiver.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::document::{ActorId, ChangeHash, DocumentId, Mark, UnverifiedTip, limits};
use crate::identity::{Did, PublicKey, Signature};
use crate::membership::StatementDigest;
use crate::model::BlobHash;

/// The websocket subprotocol.
pub const SUBPROTOCOL: &str = "poo.sync.v1";
/// The version in the relay's first message.
pub(crate) const VERSION: u32 = 1;

/// What a side of a session contributes to its freshness.
pub(crate) type Nonce = [u8; 32];

/// Messages that carry their authors' signatures, or none.
#[derive(Debug, Clone, Encode, Decode)]
pub(crate) enum Data {
    /// The relay's first word: who it says it is, and its nonce. Nothing in it is believed until
    /// the sealed `Peer` message.
    #[n(0)]
    Challenge {
        /// The protocol version.
        #[n(0)]
        version: u32,
        /// Who the relay says it is.
        #[n(1)]
        relay: Did,
        /// The relay's nonce.
        #[cbor(n(2), with = "minicbor::bytes")]
        nonce: Nonce,
    },
    /// Changes of a document, with what vouches for them.
    #[n(1)]
    Changes(#[n(0)] Changes),
    /// Presence, typing, heartbeats: signed by their author, forwarded, never stored.
    #[n(2)]
    Ephemeral(#[n(0)] Ephemeral),
    /// A part of a document as one compressed chunk.
    #[n(3)]
    Chunk(#[n(0)] Chunk),
    /// A part of a file.
    #[n(4)]
    BlobChunk(#[n(0)] BlobChunk),
}

/// Changes of a document, in causal order.
#[derive(Debug, Clone, Default, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Changes {
    /// The document.
    #[n(0)]
    pub(crate) document: Option<DocumentId>,
    /// Whether more follows that this part waits for.
    #[n(1)]
    pub(crate) more: bool,
    /// Statements, in their wire form.
    #[n(2)]
    pub(crate) statements: Vec<ByteVec>,
    /// Tips that vouch for the changes.
    #[n(3)]
    pub(crate) tips: Vec<UnverifiedTip>,
    /// Plain change chunks.
    #[n(4)]
    pub(crate) changes: Vec<ByteVec>,
}

/// A part of a document chunk (Automerge binary format, chunk type 0). The statements and tips
/// that its changes need came in a `Changes` message before it.
#[derive(Debug, Clone, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Chunk {
    /// The document.
    #[n(0)]
    pub(crate) document: DocumentId,
    /// The place of the part, from 0.
    #[n(1)]
    pub(crate) index: u32,
    /// Whether it is the last one.
    #[n(2)]
    pub(crate) last: bool,
    /// The bytes.
    #[n(3)]
    pub(crate) bytes: ByteVec,
}

/// A part of a file. What vouches for it is the hash of the whole.
#[derive(Debug, Clone, Encode, Decode)]
#[cbor(map)]
pub(crate) struct BlobChunk {
    /// The file.
    #[n(0)]
    pub(crate) hash: BlobHash,
    /// The place of its first byte: a multiple of 256 KiB.
    #[n(1)]
    pub(crate) offset: u64,
    /// The bytes: 256 KiB, or what is left.
    #[n(2)]
    pub(crate) bytes: ByteVec,
}

/// A signed message that is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Ephemeral {
    /// The document that it is about.
    #[n(0)]
    pub document: DocumentId,
    /// The author's device.
    #[n(1)]
    pub device: PublicKey,
    /// Chosen anew, and greater than the one before, whenever the author begins to count from 1.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub session: [u8; 16],
    /// Rises with every message of the session.
    #[n(3)]
    pub count: u64,
    /// The content.
    #[n(4)]
    pub data: ByteVec,
    /// By the device over the fields before it.
    #[n(5)]
    pub signature: Signature,
}

/// The most bytes in an ephemeral message.
pub const EPHEMERAL_BYTES_MAX: usize = 4 * 1024;

/// Messages between the two ends of one session, each sealed by its sender.
#[derive(Debug, Clone, Encode, Decode)]
pub(crate) enum Control {
    /// The client says who it is.
    #[n(0)]
    Join {
        /// Who the device acts for.
        #[n(0)]
        did: Did,
        /// The statements that make the device theirs.
        #[n(1)]
        chain: Vec<ByteVec>,
        /// The client's nonce.
        #[cbor(n(2), with = "minicbor::bytes")]
        nonce: Nonce,
    },
    /// The relay accepts. From here on documents may be named.
    #[n(1)]
    Peer {
        /// The relay's time, in milliseconds since 1970.
        #[n(0)]
        now_ms: i64,
        /// Whether the identity may put new documents here.
        #[n(1)]
        admitted: bool,
        /// Whether the relay keeps files. Before there were any, nothing was said.
        #[n(2)]
        files: Option<bool>,
    },
    /// What one side has of a document: its tips are an exact version of it.
    #[n(2)]
    Have(#[n(0)] Have),
    /// Something was not taken.
    #[n(3)]
    Nack {
        /// Of which document.
        #[n(0)]
        document: DocumentId,
        /// Why: a short name that does not change between versions.
        #[n(1)]
        code: String,
        /// In words.
        #[n(2)]
        message: String,
        /// Which changes; none: the whole document.
        #[n(3)]
        hashes: Vec<ChangeHash>,
        /// The set of statements by which it was judged. The same changes are worth offering
        /// again only when this differs.
        #[cbor(n(4), with = "minicbor::bytes")]
        judged_by: [u8; 32],
    },
    /// Asks which documents changed since a place in the relay's sequence.
    #[n(4)]
    CatalogSince {
        /// The relay's epoch of that place; another one means from the beginning.
        #[cbor(n(0), with = "minicbor::bytes")]
        epoch: [u8; 16],
        /// The place.
        #[n(1)]
        since: u64,
    },
    /// Documents that the identity may read and that changed, each with its digest.
    #[n(5)]
    Catalog {
        /// The relay's epoch.
        #[cbor(n(0), with = "minicbor::bytes")]
        epoch: [u8; 16],
        /// The place up to which this answers.
        #[n(1)]
        upto: u64,
        /// Whether more follows.
        #[n(2)]
        more: bool,
        /// The documents.
        #[n(3)]
        documents: Vec<(DocumentId, ByteVec)>,
        /// The epoch is another one than was asked about, and this goes on from that place.
        #[n(4)]
        continued: Option<bool>,
    },
    /// Uses an invite.
    #[n(6)]
    Redeem {
        /// The document.
        #[n(0)]
        document: DocumentId,
        /// The grant that holds the invite.
        #[n(1)]
        grant: StatementDigest,
        /// Proves that the sender holds the invite.
        #[n(2)]
        proof: Signature,
    },
    /// Leaves something at a meeting point of two devices.
    #[n(7)]
    BoxPut {
        /// The meeting point.
        #[cbor(n(0), with = "minicbor::bytes")]
        id: [u8; 16],
        /// What is left there.
        #[n(1)]
        content: ByteVec,
    },
    /// Asks what lies at a meeting point, now and whenever something is left there.
    #[n(8)]
    BoxGet {
        /// The meeting point.
        #[cbor(n(0), with = "minicbor::bytes")]
        id: [u8; 16],
    },
    /// What lies at a meeting point.
    #[n(9)]
    BoxContent {
        /// The meeting point.
        #[cbor(n(0), with = "minicbor::bytes")]
        id: [u8; 16],
        /// What lies there; nothing, perhaps not yet.
        #[n(1)]
        content: Option<ByteVec>,
    },
    /// Uses the relay's set-up link.
    #[n(10)]
    Admit {
        /// HMAC-SHA-256 by the link's secret over session and DID.
        #[cbor(n(0), with = "minicbor::bytes")]
        proof: [u8; 32],
    },
    /// Whether the identity may put new documents here, after an `Admit`.
    #[n(11)]
    Admitted {
        /// The answer.
        #[n(0)]
        admitted: bool,
    },
    /// The session ends, and why.
    #[n(12)]
    Bye {
        /// A short name that does not change between versions.
        #[n(0)]
        code: String,
        /// In words.
        #[n(1)]
        message: String,
    },
    /// A file is here: an offer by the client, or by the relay an acknowledgement, or the word
    /// before the parts that were asked for.
    #[n(13)]
    BlobHave {
        /// A document that names it.
        #[n(0)]
        document: DocumentId,
        /// The file.
        #[n(1)]
        hash: BlobHash,
        /// Its size in bytes.
        #[n(2)]
        size: u64,
    },
    /// Asks for the parts of a file.
    #[n(14)]
    BlobWant {
        /// A document that names it.
        #[n(0)]
        document: DocumentId,
        /// The file.
        #[n(1)]
        hash: BlobHash,
        /// From which place on.
        #[n(2)]
        offset: u64,
    },
    /// The relay does not take or give a file.
    #[n(15)]
    BlobNack {
        /// The document by which it was named.
        #[n(0)]
        document: DocumentId,
        /// The file.
        #[n(1)]
        hash: BlobHash,
        /// Why: a short name that does not change between versions.
        #[n(2)]
        code: String,
        /// In words.
        #[n(3)]
        message: String,
    },
}

/// The end of an actor's history.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub(crate) struct HaveTip {
    /// The actor.
    #[n(0)]
    pub(crate) actor: ActorId,
    /// How many changes it has.
    #[n(1)]
    pub(crate) seq: u64,
    /// The last of them.
    #[n(2)]
    pub(crate) hash: ChangeHash,
    /// Which relay signs it, and for whom; none where its device does.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub(crate) mark: Option<Mark>,
}

/// What one side has of a document.
#[derive(Debug, Clone, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Have {
    /// The document.
    #[n(0)]
    pub(crate) document: DocumentId,
    /// The end of each actor's history.
    #[n(1)]
    pub(crate) tips: Vec<HaveTip>,
    /// The first 16 bytes of each statement's digest.
    #[n(2)]
    pub(crate) statements: Vec<ByteVec>,
    /// Whether the sender waits for the other side's `Have`.
    #[n(3)]
    pub(crate) reply: bool,
}

/// Reads a data message. Bytes after it are refused.
pub(crate) fn decode_data(bytes: &[u8]) -> Option<Data> {
    decode(bytes)
}

/// Reads one CBOR item that fills `bytes`.
pub(crate) fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Option<T> {
    if bytes.len() > limits::MESSAGE_BYTES_MAX {
        return None;
    }
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder.decode().ok()?;
    (decoder.position() == bytes.len()).then_some(value)
}

/// Writes one CBOR item.
pub(crate) fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    // Writing to memory cannot fail.
    minicbor::to_vec(value).unwrap_or_default()
}
