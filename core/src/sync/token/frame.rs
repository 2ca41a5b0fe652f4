//! Frames of the automerge-repo websocket protocol, version 1: one CBOR map each, keys are texts.

use minicbor::data::Type;
use minicbor::decode::Error as DecodeError;
use minicbor::{Decoder, Encoder};

use crate::document::DocumentId;
use crate::sync::SessionError;

/// The version of the protocol.
pub(in crate::sync) const VERSION: &str = "1";
/// The longest name that a client may give itself or a session, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// What a client says.
#[derive(Debug, PartialEq)]
pub(in crate::sync) enum Incoming {
    Join {
        sender: String,
        versions: Vec<String>,
    },
    /// A sync message of Automerge. A `request` asks to be told if there is nothing.
    Sync {
        document: DocumentId,
        request: bool,
        data: Vec<u8>,
    },
    Ephemeral(Ephemeral),
    /// The client has nothing of a document that it was told of.
    Unavailable,
    Leave,
    /// Of no concern to a relay: gossip about others' heads, and what newer versions say.
    Other,
}

/// A message that is not kept, with who said it first.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sync) struct Ephemeral {
    pub(in crate::sync) sender: String,
    pub(in crate::sync) document: DocumentId,
    pub(in crate::sync) session: String,
    pub(in crate::sync) count: u64,
    pub(in crate::sync) data: Vec<u8>,
}

#[derive(Default)]
struct Fields {
    kind: Option<String>,
    sender: Option<String>,
    document: Option<String>,
    session: Option<String>,
    count: Option<u64>,
    data: Option<Vec<u8>>,
    versions: Vec<String>,
}

fn name(d: &mut Decoder<'_>) -> Result<String, DecodeError> {
    let text = d.str()?;
    if text.len() > NAME_BYTES_MAX {
        return Err(DecodeError::message("a name is too long"));
    }
    Ok(text.to_owned())
}

/// A count: JavaScript writes large ones as doubles.
fn number(d: &mut Decoder<'_>) -> Result<u64, DecodeError> {
    match d.datatype()? {
        Type::F16 | Type::F32 | Type::F64 => {
            let float = d.f64()?;
            if (0.0..=9_007_199_254_740_992.0).contains(&float) && float.fract() == 0.0 {
                Ok(float as u64)
            } else {
                Err(DecodeError::message("a count is a whole number"))
            }
        }
        _ => d.u64(),
    }
}

fn fields(frame: &[u8]) -> Result<Fields, DecodeError> {
    let mut d = Decoder::new(frame);
    let mut fields = Fields::default();
    let mut left = d.map()?;
    loop {
        match &mut left {
            Some(0) => break,
            Some(count) => *count -= 1,
            None if d.datatype()? == Type::Break => {
                d.skip()?;
                break;
            }
            None => {}
        }
        match d.str()? {
            "type" => fields.kind = Some(name(&mut d)?),
            "senderId" => fields.sender = Some(name(&mut d)?),
            "documentId" => fields.document = Some(name(&mut d)?),
            "sessionId" => fields.session = Some(name(&mut d)?),
            "count" => fields.count = Some(number(&mut d)?),
            "data" => fields.data = Some(d.bytes()?.to_vec()),
            "supportedProtocolVersions" => {
                for _ in 0..d.array()?.unwrap_or_default().min(16) {
                    fields.versions.push(name(&mut d)?);
                }
            }
            _ => d.skip()?,
        }
    }
    Ok(fields)
}

/// Reads a frame.
pub(in crate::sync) fn decode(frame: &[u8]) -> Result<Incoming, SessionError> {
    let malformed = || SessionError::Malformed;
    let fields = fields(frame).map_err(|_| malformed())?;
    let document = match &fields.document {
        Some(text) => Some(text.parse().map_err(|_| malformed())?),
        None => None,
    };
    let kind = fields.kind.ok_or_else(malformed)?;
    Ok(match kind.as_str() {
        "join" => Incoming::Join {
            sender: fields
                .sender
                .filter(|s| !s.is_empty())
                .ok_or_else(malformed)?,
            versions: fields.versions,
        },
        "sync" | "request" => Incoming::Sync {
            document: document.ok_or_else(malformed)?,
            request: kind == "request",
            data: fields.data.ok_or_else(malformed)?,
        },
        "ephemeral" => Incoming::Ephemeral(Ephemeral {
            sender: fields.sender.ok_or_else(malformed)?,
            document: document.ok_or_else(malformed)?,
            session: fields.session.ok_or_else(malformed)?,
            count: fields.count.ok_or_else(malformed)?,
            data: fields.data.ok_or_else(malformed)?,
        }),
        "doc-unavailable" => Incoming::Unavailable,
        "leave" => Incoming::Leave,
        _ => Incoming::Other,
    })
}

/// Writes the fields that every message has, and room for `more`.
fn begin(
    more: u64,
    kind: &str,
    sender: &str,
    target: &str,
) -> Result<Encoder<Vec<u8>>, minicbor::encode::Error<core::convert::Infallible>> {
    let mut e = Encoder::new(Vec::new());
    e.map(3 + more)?;
    e.str("type")?.str(kind)?;
    e.str("senderId")?.str(sender)?;
    e.str("targetId")?.str(target)?;
    Ok(e)
}

/// Between whom a message goes.
#[derive(Debug, Clone, Copy)]
pub(in crate::sync) struct Route<'a> {
    pub(in crate::sync) sender: &'a str,
    pub(in crate::sync) target: &'a str,
}

type Encoded = Result<Encoder<Vec<u8>>, minicbor::encode::Error<core::convert::Infallible>>;

/// Writing to memory cannot fail.
fn done(encoded: Encoded) -> Vec<u8> {
    encoded.map(Encoder::into_writer).unwrap_or_default()
}

/// The relay's answer to a join. The storage id lets a client keep what it knows of the relay.
pub(in crate::sync) fn peer(route: Route<'_>) -> Vec<u8> {
    let encode = || -> Encoded {
        let mut e = begin(2, "peer", route.sender, route.target)?;
        e.str("selectedProtocolVersion")?.str(VERSION)?;
        e.str("peerMetadata")?.map(2)?;
        e.str("storageId")?.str(route.sender)?;
        e.str("isEphemeral")?.bool(false)?;
        Ok(e)
    };
    done(encode())
}

pub(in crate::sync) fn sync(route: Route<'_>, document: &DocumentId, data: &[u8]) -> Vec<u8> {
    let encode = || -> Encoded {
        let mut e = begin(2, "sync", route.sender, route.target)?;
        e.str("documentId")?.str(&document.to_string())?;
        e.str("data")?.bytes(data)?;
        Ok(e)
    };
    done(encode())
}

pub(in crate::sync) fn unavailable(route: Route<'_>, document: &DocumentId) -> Vec<u8> {
    let encode = || -> Encoded {
        let mut e = begin(1, "doc-unavailable", route.sender, route.target)?;
        e.str("documentId")?.str(&document.to_string())?;
        Ok(e)
    };
    done(encode())
}

/// An ephemeral message goes on with who said it first.
pub(in crate::sync) fn ephemeral(message: &Ephemeral, target: &str) -> Vec<u8> {
    let encode = || -> Encoded {
        let mut e = begin(4, "ephemeral", &message.sender, target)?;
        e.str("documentId")?.str(&message.document.to_string())?;
        e.str("sessionId")?.str(&message.session)?;
        e.str("count")?.u64(message.count)?;
        e.str("data")?.bytes(&message.data)?;
        Ok(e)
    };
    done(encode())
}

pub(in crate::sync) fn error(route: Route<'_>, message: &str) -> Vec<u8> {
    let encode = || -> Encoded {
        let mut e = begin(1, "error", route.sender, route.target)?;
        e.str("message")?.str(message)?;
        Ok(e)
    };
    done(encode())
}
