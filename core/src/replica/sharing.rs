//! Commands on who may do what: invites, revocations, devices.

use std::collections::{BTreeMap, BTreeSet};

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use super::execute::MANAGE;
use super::write::{Opened, Run, require_live, say_of_identity};
use super::{CommandError, Env, Keyring, Link, Replica};
use crate::document::{ActorId, DocumentId};
use crate::identity::{Keypair, PublicKey};
use crate::membership::{
    Device, Grant, GrantNonce, Grantee, Identities, Invite, Payload, REVOKE_KEEP_MAX,
    REVOKE_MARKS_MAX, Revoke, Role, Scope, Statement, StatementDigest,
};
use crate::model::Outcome;
use crate::store::{ActorRow, Actors, DocumentRow, StoreError, statements};

/// How long an invite is good unless told, in seconds: a week.
const INVITE_DEFAULT_S: u32 = 7 * 24 * 3600;
/// The longest that an invite can be good, in seconds: a year.
const INVITE_MAX_S: u32 = 366 * 24 * 3600;
/// How long a device link is good: long enough to walk to the other device.
const DEVICE_LINK_TTL: SignedDuration = SignedDuration::from_mins(15);

/// What certifies a device.
pub(super) fn certificate(
    keys: &Keyring,
    device: &Keypair,
    name: &str,
    now: Timestamp,
) -> Result<Device, CommandError> {
    Ok(Device {
        identity: keys.did,
        device: device.public(),
        name: name.to_owned(),
        can_link: true,
        issued_at_ms: now.as_millisecond(),
        consent: Device::consent(device, &keys.did),
    })
}

/// Where the two devices of a link meet on the relay.
#[must_use]
pub fn link_box(secret: &[u8; 32]) -> [u8; 16] {
    meeting_point(b"poo/link/v1", secret)
}

/// Where the new device waits for its certificate.
#[must_use]
pub fn link_reply_box(secret: &[u8; 32]) -> [u8; 16] {
    meeting_point(b"poo/link-reply/v1", secret)
}

fn meeting_point(tag: &[u8], secret: &[u8; 32]) -> [u8; 16] {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(tag)
        .chain_update(secret)
        .finalize()
        .into();
    crate::bytes::prefix(&digest)
}

/// Proves that a message was made by who holds the link.
pub(crate) fn link_mac(secret: &[u8; 32], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length.
    match Hmac::<Sha256>::new_from_slice(secret) {
        Ok(mut mac) => {
            mac.update(message);
            mac.finalize().into_bytes().into()
        }
        Err(_) => [0; 32],
    }
}

impl Replica {
    pub(super) fn share(
        &mut self,
        list: &DocumentId,
        role: Role,
        expires_in_s: Option<u32>,
        run: &mut Run,
    ) -> Result<Outcome, CommandError> {
        let seconds = expires_in_s.unwrap_or(INVITE_DEFAULT_S);
        if seconds == 0 || seconds > INVITE_MAX_S {
            return Err(CommandError::invalid(
                "expiresInS",
                "must be from 1 second to 366 days",
            ));
        }
        let relay = self.relay_did()?.ok_or(CommandError::NoRelay)?;
        let relay_url = self.relay_url()?.ok_or(CommandError::NoRelay)?;
        let expires_at = run
            .now
            .checked_add(SignedDuration::from_secs(i64::from(seconds)))
            .map_err(|_| CommandError::invalid("expiresInS", "lies beyond the calendar"))?;
        let secret: [u8; 32] = run.random();
        let grant = Grant {
            document: *list,
            to: Grantee::Invite(Invite {
                key: Keypair::from_seed(&secret).public(),
                expires_at_ms: expires_at.as_millisecond(),
                single_use: true,
                relay,
            }),
            role,
            nonce: GrantNonce::from_bytes(run.random()),
            issued_at_ms: run.now_ms(),
        };
        let keys = &self.keys;
        let digest = self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            opened.require(keys, MANAGE)?;
            let statement = Statement::sign(Payload::Grant(grant), keys.signer())?;
            opened.state(conn, &statement)?;
            Ok::<_, CommandError>(statement.digest())
        })?;
        let link = Link::Invite {
            relay_url,
            relay,
            document: *list,
            grant: digest,
            secret,
        };
        Ok(Outcome::Invite {
            list: *list,
            link: link.to_string(),
            expires_at,
        })
    }

    pub(super) fn revoke_device(
        &mut self,
        device: &str,
        run: &Run,
    ) -> Result<Outcome, CommandError> {
        let keys = &self.keys;
        self.store.write(|conn| {
            let known = statements::of_identity(conn, &keys.did)?;
            let (key, certificates) = find_device(&known, device)?;
            let identities = Identities::evaluate(&known);
            if !identities.is_live(&keys.did, &key) {
                return Ok(Outcome::Done { changed: false });
            }
            require_live(&identities, keys)?;
            let mut all_marks = Vec::new();
            let mut signed: Vec<StatementDigest> = known
                .iter()
                .filter(|s| s.signer() == key)
                .map(Statement::digest)
                .collect();
            for document in DocumentRow::all(conn)? {
                let actors = Actors::load(conn, document.row)?;
                all_marks.extend(marks(&actors, |actor| {
                    actor.device == Some(key) && actor.witnessed.is_none()
                }));
                let authority = statements::authority(conn, &document.id)?;
                let here = authority
                    .statements()
                    .values()
                    .filter(|s| s.signer() == key && matches!(s.scope(), Scope::Document(_)))
                    .map(Statement::digest);
                let ineffective = authority.ineffective();
                signed.extend(here.filter(|digest| !ineffective.contains_key(digest)));
            }
            let revoke = Revoke {
                scope: Scope::Identity(keys.did),
                targets: certificates,
                marks: fitting(all_marks.into_iter()),
                keep: keeping(signed.into_iter(), |_| true),
                issued_at_ms: run.now_ms(),
            };
            say_of_identity(conn, keys, Payload::Revoke(revoke))?;
            Ok(Outcome::Done { changed: true })
        })
    }

    pub(super) fn link_device(&mut self, run: &mut Run) -> Result<Outcome, CommandError> {
        let relay = self.relay_did()?.ok_or(CommandError::NoRelay)?;
        let relay_url = self.relay_url()?.ok_or(CommandError::NoRelay)?;
        let secret: [u8; 32] = run.random();
        let expires_at = run
            .now
            .checked_add(DEVICE_LINK_TTL)
            .map_err(|_| CommandError::invalid("now", "lies beyond the calendar"))?;
        self.store.write(|conn| {
            conn.execute(
                "DELETE FROM pending_link WHERE expires_at < ?1",
                params![run.now_ms()],
            )
            .map_err(StoreError::from)?;
            conn.execute(
                "INSERT INTO pending_link (id, secret, expires_at) VALUES (?1, ?2, ?3)",
                params![link_box(&secret), secret, expires_at.as_millisecond()],
            )
            .map_err(StoreError::from)?;
            Ok::<_, CommandError>(())
        })?;
        let link = Link::Device {
            relay_url,
            relay,
            did: self.keys.did,
            secret,
        };
        Ok(Outcome::DeviceLink {
            link: link.to_string(),
            expires_at,
        })
    }

    /// Certifies the device that answered a link, with what it left at the meeting point. `None`
    /// if the answer does not hold, or nobody waits for it any longer.
    ///
    /// # Errors
    /// [`CommandError`] if the device's name is not acceptable or the database fails.
    pub fn certify(
        &mut self,
        id: &[u8; 16],
        content: &[u8],
        env: &Env<'_>,
    ) -> Result<Option<Certified>, CommandError> {
        use subtle::ConstantTimeEq as _;
        let Ok(request) = minicbor::decode::<LinkRequest>(content) else {
            return Ok(None);
        };
        let keys = &self.keys;
        let now_ms = env.now.as_millisecond();
        self.store.write(|conn| {
            let secret: Option<[u8; 32]> = conn
                .prepare_cached(
                    "SELECT secret FROM pending_link WHERE id = ?1 AND expires_at > ?2",
                )?
                .query_row(params![id, now_ms], |row| row.get(0))
                .optional()?;
            let Some(secret) = secret else {
                return Ok(None);
            };
            if !bool::from(request.expected_mac(&secret).ct_eq(&request.mac)) {
                return Ok(None);
            }
            let certificate = Device {
                identity: keys.did,
                device: request.device,
                name: super::write::line("name", &request.name, crate::membership::NAME_CHARS_MAX)?,
                can_link: true,
                issued_at_ms: now_ms,
                consent: request.consent,
            };
            say_of_identity(conn, keys, Payload::Device(certificate))?;
            conn.execute("DELETE FROM pending_link WHERE id = ?1", params![id])?;
            let known = statements::of_identity(conn, &keys.did)?;
            let known: Vec<minicbor::bytes::ByteVec> =
                known.iter().map(|s| s.to_wire().into()).collect();
            let reply = minicbor::to_vec(&known).unwrap_or_default();
            Ok(Some(Certified {
                name: request.name,
                reply_box: link_reply_box(&secret),
                reply,
            }))
        })
    }

    /// What a new device leaves at the meeting point of the link that it was given.
    #[must_use]
    pub fn link_request(&self, secret: &[u8; 32], name: &str) -> Vec<u8> {
        let device = &self.keys.device;
        let mut request = LinkRequest {
            device: device.public(),
            name: name.to_owned(),
            consent: Device::consent(device, &self.keys.did),
            mac: [0; 32],
        };
        request.mac = request.expected_mac(secret);
        minicbor::to_vec(&request).unwrap_or_default()
    }

    /// Takes in the answer of the device that certified this one. False if it does not hold.
    ///
    /// # Errors
    /// [`CommandError`] if the database fails.
    pub fn accept_certificate(&mut self, reply: &[u8]) -> Result<bool, CommandError> {
        let Ok(known) = minicbor::decode::<Vec<minicbor::bytes::ByteVec>>(reply) else {
            return Ok(false);
        };
        let statements: Result<Vec<Statement>, _> = known
            .iter()
            .map(|bytes| Statement::from_wire(bytes))
            .collect();
        let Ok(known) = statements else {
            return Ok(false);
        };
        let keys = &self.keys;
        let identities = Identities::evaluate(&known);
        if !identities.is_live(&keys.did, &keys.device.public()) {
            return Ok(false);
        }
        self.store.write(|conn| {
            for statement in &known {
                statements::put(conn, statement)?;
            }
            Ok(true)
        })
    }
}

/// A device was certified.
#[derive(Debug)]
pub struct Certified {
    /// What it calls itself.
    pub name: String,
    /// Where it waits for the answer.
    pub reply_box: [u8; 16],
    /// The answer: the statements that make it a device of the identity.
    pub reply: Vec<u8>,
}

/// What a new device says to the one that gave it the link.
#[derive(minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
struct LinkRequest {
    #[n(0)]
    device: PublicKey,
    #[n(1)]
    name: String,
    #[n(2)]
    consent: crate::identity::Signature,
    /// By the link's secret over the fields before it.
    #[cbor(n(3), with = "minicbor::bytes")]
    mac: [u8; 32],
}

impl LinkRequest {
    fn expected_mac(&self, secret: &[u8; 32]) -> [u8; 32] {
        let mut message = self.device.as_bytes().to_vec();
        message.extend_from_slice(self.consent.as_ref());
        message.extend_from_slice(self.name.as_bytes());
        link_mac(secret, &message)
    }
}

/// For each actor concerned, how much of it is here.
pub(super) fn marks(
    actors: &Actors,
    concerned: impl Fn(&ActorRow) -> bool,
) -> BTreeMap<ActorId, u64> {
    let theirs = actors
        .iter()
        .filter(|actor| actor.seq > 0 && concerned(actor))
        .map(|actor| (actor.id, actor.seq));
    fitting(theirs)
}

/// As many marks as a revocation holds. Whoever made themselves more histories than that, to be
/// beyond removing, keeps the longest ones.
pub(super) fn fitting(marks: impl Iterator<Item = (ActorId, u64)>) -> BTreeMap<ActorId, u64> {
    let mut marks: Vec<(ActorId, u64)> = marks.collect();
    marks.sort_by_key(|(actor, seq)| (core::cmp::Reverse(*seq), *actor));
    marks.truncate(REVOKE_MARKS_MAX);
    marks.into_iter().collect()
}

/// As many statements as a revocation can keep: of those that have an effect.
pub(super) fn keeping(
    signed: impl Iterator<Item = StatementDigest>,
    has_effect: impl Fn(&StatementDigest) -> bool,
) -> BTreeSet<StatementDigest> {
    signed.filter(has_effect).take(REVOKE_KEEP_MAX).collect()
}

/// The device that an id or the beginning of one names, with its certificates.
fn find_device(
    known: &[Statement],
    text: &str,
) -> Result<(PublicKey, BTreeSet<StatementDigest>), CommandError> {
    let mut found: BTreeMap<PublicKey, BTreeSet<StatementDigest>> = BTreeMap::new();
    for statement in known {
        if let Payload::Device(device) = statement.payload()
            && (device_id(&device.device).starts_with(text) || device.name == text)
        {
            found
                .entry(device.device)
                .or_default()
                .insert(statement.digest());
        }
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(CommandError::invalid(
            "device",
            "several devices fit: use the id that `device ls` shows",
        )),
        _ => Err(CommandError::NotFound("device")),
    }
}

/// A device's id: the beginning of its key, long enough to tell one person's devices apart.
pub(crate) fn device_id(key: &PublicKey) -> String {
    key.to_hex().chars().take(12).collect()
}

/// The identity's certificates, for the start of a session.
pub(crate) fn own_chain(
    conn: &Connection,
    keys: &Keyring,
) -> Result<Option<Vec<Statement>>, StoreError> {
    let known = statements::of_identity(conn, &keys.did)?;
    Ok(Identities::evaluate(&known).chain(&keys.did, &keys.device.public()))
}

#[cfg(all(test, feature = "net"))]
mod tests {
    //! What two devices leave for one another is what docs/vectors.json says.

    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;
    use serde_json::Value;

    use super::*;
    use crate::bytes::unhex;
    use crate::identity::Did;

    #[test]
    fn devices_meet_as_the_protocol_says() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../../docs/vectors.json")).unwrap();
        let bytes = |field: &str| unhex(vectors["meetings"][field].as_str().unwrap()).unwrap();
        let secret: [u8; 32] = bytes("secret").try_into().unwrap();
        assert_eq!(link_box(&secret).to_vec(), bytes("requestPoint"));
        assert_eq!(link_reply_box(&secret).to_vec(), bytes("replyPoint"));

        let identity = Keypair::from_seed(&[3; 32]);
        let did = Did::from_key(identity.public());
        let mut new = Replica::in_memory(Keyring {
            did,
            device: Keypair::from_seed(&[4; 32]),
            identity: None,
            witnesses: false,
        })
        .unwrap();
        let name = vectors["meetings"]["name"].as_str().unwrap();
        assert_eq!(new.link_request(&secret, name), bytes("request"));

        let mut known = Replica::in_memory(Keyring {
            did,
            device: identity.clone(),
            identity: Some(identity),
            witnesses: false,
        })
        .unwrap();
        let point = link_box(&secret);
        known
            .conn()
            .execute(
                "INSERT INTO pending_link (id, secret, expires_at) VALUES (?1, ?2, ?3)",
                params![point, secret, i64::MAX],
            )
            .unwrap();
        let env = Env {
            now: Timestamp::from_millisecond(1_795_424_400_000).unwrap(),
            rng: &mut ChaCha20Rng::seed_from_u64(0),
        };
        let certified = known.certify(&point, &bytes("request"), &env);
        let certified = certified.unwrap().unwrap();
        assert_eq!(certified.reply, bytes("reply"));
        assert_eq!(certified.reply_box.to_vec(), bytes("replyPoint"));
        assert!(new.accept_certificate(&certified.reply).unwrap());
    }
}
