//! A client of the protocol that shares no code with the engine's sessions: it says whatever a
//! test wants it to say, and checks everything that the relay says.

use std::net::TcpStream;
use std::time::Duration;

use coset::{CoseSign1, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable as _, iana};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use minicbor::{Decoder, Encoder};
use sha2::{Digest as _, Sha256};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

/// A relay that says nothing for so long hangs.
const PATIENCE: Duration = Duration::from_secs(30);
pub(crate) const MESSAGE_BYTES_MAX: usize = 4 << 20;

/// Kinds of control messages.
pub(crate) const JOIN: u32 = 0;
pub(crate) const PEER: u32 = 1;
pub(crate) const HAVE: u32 = 2;
pub(crate) const NACK: u32 = 3;
pub(crate) const REDEEM: u32 = 6;
pub(crate) const BOX_GET: u32 = 8;
pub(crate) const BOX_CONTENT: u32 = 9;
pub(crate) const BYE: u32 = 12;
/// Kinds of data messages.
pub(crate) const CHANGES: u32 = 1;
pub(crate) const EPHEMERAL: u32 = 2;

/// Something that the relay said, or that it closed the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    Control { kind: u32, fields: Vec<u8> },
    Data { kind: u32, fields: Vec<u8> },
    Closed,
}

impl Heard {
    /// The code of a refusal of a document.
    pub(crate) fn nack(&self) -> Option<String> {
        let Self::Control { kind: NACK, fields } = self else {
            return None;
        };
        let mut d = Decoder::new(fields);
        d.array().unwrap();
        d.bytes().unwrap();
        Some(d.str().unwrap().to_owned())
    }

    /// The code of a goodbye.
    pub(crate) fn bye(&self) -> Option<String> {
        let Self::Control { kind: BYE, fields } = self else {
            return None;
        };
        let mut d = Decoder::new(fields);
        d.array().unwrap();
        Some(d.str().unwrap().to_owned())
    }
}

/// What signatures of a session are bound to.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub(crate) client: [u8; 32],
    pub(crate) relay: [u8; 32],
    pub(crate) client_nonce: [u8; 32],
    pub(crate) relay_nonce: [u8; 32],
}

impl Binding {
    fn session(&self) -> [u8; 16] {
        let digest = Sha256::new()
            .chain_update(self.client_nonce)
            .chain_update(self.relay_nonce)
            .finalize();
        digest[..16].try_into().unwrap()
    }

    fn external(&self, to_client: bool, counter: u64) -> Vec<u8> {
        let did = poo_core::identity::Did::from_key(poo_core::identity::PublicKey::from_bytes(
            self.relay,
        ));
        cbor(|e| {
            e.array(7)?
                .str("poo/session/v1")?
                .bytes(&self.client)?
                .str(&did.to_string())?
                .bytes(&self.client_nonce)?
                .bytes(&self.relay_nonce)?
                .u8(u8::from(to_client))?
                .u64(counter)?
                .ok()
        })
    }

    /// A sealed message, `body` being its kind and its fields as CBOR.
    pub(crate) fn seal(
        &self,
        key: &SigningKey,
        to_client: bool,
        counter: u64,
        body: &[u8],
    ) -> Vec<u8> {
        let mut payload = cbor(|e| {
            e.array(4)?
                .bytes(&self.relay)?
                .bytes(&self.session())?
                .u64(counter)?
                .ok()
        });
        payload.extend_from_slice(body);
        let header = HeaderBuilder::new()
            .algorithm(iana::Algorithm::EdDSA)
            .key_id(key.verifying_key().to_bytes().to_vec())
            .build();
        CoseSign1Builder::new()
            .protected(header)
            .payload(payload)
            .create_signature(&self.external(to_client, counter), |message| {
                key.sign(message).to_bytes().to_vec()
            })
            .build()
            .to_tagged_vec()
            .unwrap()
    }

    /// Opens what the relay sealed. Nothing about it may be wrong.
    fn open(&self, frame: &[u8], counter: u64) -> Heard {
        let message = CoseSign1::from_tagged_slice(frame).unwrap();
        assert_eq!(message.protected.header.key_id, self.relay);
        let key = VerifyingKey::from_bytes(&self.relay).unwrap();
        message
            .verify_signature(&self.external(true, counter), |signature, data| {
                let signature = ed25519_dalek::Signature::from_slice(signature)?;
                key.verify_strict(data, &signature)
            })
            .expect("the relay's signature holds for its place");
        let payload = message.payload.unwrap();
        let mut d = Decoder::new(&payload);
        assert_eq!(d.array().unwrap(), Some(4));
        assert_eq!(d.bytes().unwrap(), self.relay);
        assert_eq!(d.bytes().unwrap(), self.session());
        assert_eq!(d.u64().unwrap(), counter);
        let (kind, fields) = message_parts(&payload[d.position()..]);
        Heard::Control { kind, fields }
    }
}

fn message_parts(bytes: &[u8]) -> (u32, Vec<u8>) {
    let mut d = Decoder::new(bytes);
    assert_eq!(d.array().unwrap(), Some(2));
    let kind = d.u32().unwrap();
    (kind, bytes[d.position()..].to_vec())
}

type Written = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

/// Writes CBOR.
pub(crate) fn cbor(write: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> Written) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut Encoder::new(&mut out)).unwrap();
    out
}

/// A message: its kind, and its fields as one array.
pub(crate) fn message(
    kind: u32,
    write: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> Written,
) -> Vec<u8> {
    cbor(|e| {
        e.array(2)?.u32(kind)?;
        write(e)
    })
}

/// Asks what somebody has of a document, having nothing.
pub(crate) fn have(document: &[u8]) -> Vec<u8> {
    message(HAVE, |e| {
        e.array(1)?
            .map(4)?
            .u8(0)?
            .bytes(document)?
            .u8(1)?
            .array(0)?
            .u8(2)?
            .array(0)?
            .u8(3)?
            .bool(true)?
            .ok()
    })
}

/// Statements, tips (as CBOR) and changes of a document.
pub(crate) fn changes(
    document: &[u8],
    statements: &[Vec<u8>],
    tips: &[Vec<u8>],
    changes: &[Vec<u8>],
) -> Vec<u8> {
    message(CHANGES, |e| {
        e.array(1)?.map(5)?;
        e.u8(0)?.bytes(document)?;
        e.u8(1)?.bool(false)?;
        e.u8(2)?.array(statements.len() as u64)?;
        for statement in statements {
            e.bytes(statement)?;
        }
        e.u8(3)?.array(tips.len() as u64)?;
        for tip in tips {
            e.writer_mut().extend_from_slice(tip);
        }
        e.u8(4)?.array(changes.len() as u64)?;
        for change in changes {
            e.bytes(change)?;
        }
        Ok(())
    })
}

/// A tip, whatever it claims.
pub(crate) fn tip(device: &[u8], nonce: &[u8], seq: u64, hash: &[u8], signature: &[u8]) -> Vec<u8> {
    cbor(|e| {
        e.array(6)?
            .bytes(device)?
            .bytes(nonce)?
            .u64(seq)?
            .bytes(hash)?
            .null()?
            .bytes(signature)?
            .ok()
    })
}

/// One connection.
pub(crate) struct Raw {
    socket: WebSocket<TcpStream>,
    pub(crate) key: SigningKey,
    pub(crate) binding: Binding,
    /// How many sealed messages went each way.
    pub(crate) sent: u64,
    received: u64,
}

impl Raw {
    /// Connects and hears the challenge; nothing is said yet.
    pub(crate) fn connect(address: &str, key: SigningKey) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut request = format!("ws://{address}/sync")
            .into_client_request()
            .unwrap();
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", "poo.sync.v1".parse().unwrap());
        let (mut socket, _) = client(request, stream).unwrap();
        let challenge = loop {
            match socket.read().unwrap() {
                Message::Binary(frame) => break frame,
                Message::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        };
        let (kind, fields) = message_parts(&challenge);
        assert_eq!(kind, 0);
        let mut d = Decoder::new(&fields);
        assert_eq!(d.array().unwrap(), Some(3));
        assert_eq!(d.u32().unwrap(), 1);
        let relay = d.bytes().unwrap().try_into().unwrap();
        let relay_nonce = d.bytes().unwrap().try_into().unwrap();
        let mut client_nonce = [0; 32];
        for (at, byte) in client_nonce.iter_mut().enumerate() {
            // Not random, but fresh: the relay's nonce is.
            *byte = challenge[challenge.len() - 1 - at] ^ 0x5a;
        }
        let binding = Binding {
            client: key.verifying_key().to_bytes(),
            relay,
            client_nonce,
            relay_nonce,
        };
        Self {
            socket,
            key,
            binding,
            sent: 0,
            received: 0,
        }
    }

    /// The message by which an identity joins with its own key: no device, no certificates.
    pub(crate) fn join_body(&self) -> Vec<u8> {
        message(JOIN, |e| {
            e.array(3)?
                .bytes(&self.binding.client)?
                .array(0)?
                .bytes(&self.binding.client_nonce)?
                .ok()
        })
    }

    /// Connects and joins as an identity.
    pub(crate) fn join(address: &str, key: SigningKey) -> Self {
        let mut raw = Self::connect(address, key);
        let body = raw.join_body();
        raw.say(&body);
        match raw.hear() {
            Heard::Control { kind: PEER, .. } => raw,
            other => panic!("{other:?}"),
        }
    }

    /// Sends bytes as they are. A relay that has closed already may not take them.
    pub(crate) fn send(&mut self, frame: Vec<u8>) {
        let _sent = self.socket.send(Message::binary(frame));
    }

    /// Sends a text frame.
    pub(crate) fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).unwrap();
    }

    /// Seals a message for its place in the session.
    pub(crate) fn seal(&mut self, body: &[u8]) -> Vec<u8> {
        let frame = self.binding.seal(&self.key, false, self.sent, body);
        self.sent += 1;
        frame
    }

    /// Seals a message and sends it.
    pub(crate) fn say(&mut self, body: &[u8]) {
        let frame = self.seal(body);
        self.send(frame);
    }

    /// The next thing that the relay says.
    pub(crate) fn hear(&mut self) -> Heard {
        loop {
            match self.socket.read() {
                Ok(Message::Binary(frame)) if frame.first() == Some(&0xd2) => {
                    let heard = self.binding.open(&frame, self.received);
                    self.received += 1;
                    return heard;
                }
                Ok(Message::Binary(frame)) => {
                    let (kind, fields) = message_parts(&frame);
                    return Heard::Data { kind, fields };
                }
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(Message::Close(_)) => return Heard::Closed,
                Ok(other) => panic!("{other:?}"),
                Err(error) => {
                    let text = error.to_string();
                    assert!(!text.contains("temporarily unavailable"), "silence");
                    return Heard::Closed;
                }
            }
        }
    }

    /// All that the relay says until it has answered everything that was said so far. Short
    /// answers overtake long ones, so it is asked twice.
    pub(crate) fn hear_all(&mut self) -> Vec<Heard> {
        let mut all = Vec::new();
        for _ in 0..2 {
            self.say(&message(BOX_GET, |e| e.array(1)?.bytes(&[7; 16])?.ok()));
            loop {
                match self.hear() {
                    Heard::Control {
                        kind: BOX_CONTENT, ..
                    } => break,
                    Heard::Closed => panic!("the session ended after {all:?}"),
                    heard => all.push(heard),
                }
            }
        }
        all
    }

    /// The codes of the refusals among all that the relay says.
    pub(crate) fn nacks(&mut self) -> Vec<String> {
        self.hear_all().iter().filter_map(Heard::nack).collect()
    }

    /// The session must end now. Gives the code of the goodbye, where there is one.
    pub(crate) fn ending(&mut self) -> Option<String> {
        let mut code = None;
        loop {
            match self.hear() {
                Heard::Closed => return code,
                heard => code = code.or(heard.bye()),
            }
        }
    }
}
