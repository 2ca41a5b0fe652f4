//! Keys, sessions and the agents behind them, as they rest in the database.

use std::collections::BTreeSet;

use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::identity::{Did, Keypair, PublicKey};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::token::{Fresh, Token};
use super::{Caller, Scope};
use crate::api::problem::Problem;
use crate::api::sealing::Sealer;

/// How long a session lasts, in milliseconds: an hour.
pub(crate) const SESSION_MS: i64 = 3_600_000;
/// The most sessions of one person; the oldest go.
const SESSIONS_MAX: i64 = 32;
/// How old the note of a key's last use may be before it is made anew, in milliseconds.
const USE_NOTED_MS: i64 = 60_000;

/// A key as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct KeyRow {
    pub(crate) id: String,
    digest: Vec<u8>,
    pub(crate) owner: Did,
    pub(crate) subject: Did,
    pub(crate) name: String,
    pub(crate) scopes: BTreeSet<Scope>,
    pub(crate) lists: Option<BTreeSet<DocumentId>>,
    pub(crate) created_at: i64,
    pub(crate) expires_at: Option<i64>,
    pub(crate) last_used_at: Option<i64>,
    pub(crate) revoked_at: Option<i64>,
}

const COLUMNS: &str = "id, digest, owner, subject, name, scopes, lists, created_at, expires_at, \
    last_used_at, revoked_at";

impl KeyRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let scopes: String = row.get(5)?;
        let lists: Option<String> = row.get(6)?;
        Ok(Self {
            id: row.get(0)?,
            digest: row.get(1)?,
            owner: did(row, 2)?,
            subject: did(row, 3)?,
            name: row.get(4)?,
            scopes: json(5, &scopes)?,
            lists: lists.map(|lists| json(6, &lists)).transpose()?,
            created_at: row.get(7)?,
            expires_at: row.get(8)?,
            last_used_at: row.get(9)?,
            revoked_at: row.get(10)?,
        })
    }

    pub(crate) fn find(conn: &Connection, id: &str) -> rusqlite::Result<Option<Self>> {
        conn.prepare_cached(&format!("SELECT {COLUMNS} FROM host_key WHERE id = ?1"))?
            .query_row(params![id], Self::read)
            .optional()
    }

    /// The keys that somebody made, the oldest first.
    pub(crate) fn of(conn: &Connection, owner: &Did) -> rusqlite::Result<Vec<Self>> {
        conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM host_key WHERE owner = ?1 ORDER BY created_at, id"
        ))?
        .query_map(params![owner.key().as_ref()], Self::read)?
        .collect()
    }

    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        let now = now.as_millisecond();
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| at > now)
    }
}

/// A key that is to be made.
pub(crate) struct NewKey<'a> {
    pub(crate) owner: Did,
    pub(crate) subject: Did,
    pub(crate) name: &'a str,
    pub(crate) scopes: &'a BTreeSet<Scope>,
    pub(crate) lists: Option<&'a BTreeSet<DocumentId>>,
    pub(crate) expires_at: Option<i64>,
}

/// Keeps a key's digest.
pub(crate) fn insert(
    conn: &Connection,
    new: &NewKey<'_>,
    fresh: &Fresh,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let text = |value: &serde_json::Value| value.to_string();
    conn.execute(
        "INSERT INTO host_key (id, digest, owner, subject, name, scopes, lists, created_at,
             expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            fresh.id,
            fresh.digest,
            new.owner.key().as_ref(),
            new.subject.key().as_ref(),
            new.name,
            text(&serde_json::json!(new.scopes)),
            new.lists.map(|lists| text(&serde_json::json!(lists))),
            now.as_millisecond(),
            new.expires_at,
        ],
    )?;
    Ok(())
}

/// Ends a key.
pub(crate) fn revoke(conn: &Connection, id: &str, now: Timestamp) -> rusqlite::Result<()> {
    conn.execute(
        "UPDATE host_key SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
        params![id, now.as_millisecond()],
    )?;
    Ok(())
}

/// The key that this relay keeps for an agent.
pub(crate) enum Hosted {
    /// It keeps none, or the agent is disconnected.
    Nobody,
    /// It cannot be opened.
    Sealed,
    /// This one.
    Key(Box<Keypair>),
}

impl Hosted {
    /// The key, if there is one and it can be opened.
    pub(crate) fn key(self) -> Option<Keypair> {
        match self {
            Self::Key(key) => Some(*key),
            Self::Nobody | Self::Sealed => None,
        }
    }
}

/// Looks for the key of an agent.
pub(crate) fn hosted(conn: &Connection, sealer: &Sealer, agent: &Did) -> rusqlite::Result<Hosted> {
    let found = conn
        .prepare_cached(
            "SELECT signer, sealed FROM host_agent
             WHERE did = ?1 AND disconnected_at IS NULL",
        )?
        .query_row(params![agent.key().as_ref()], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?))
        })
        .optional()?;
    let Some((signer, sealed)) = found else {
        return Ok(Hosted::Nobody);
    };
    let bound = [agent.key().as_ref(), &signer].concat();
    Ok(match sealer.unseal(&sealed, &bound) {
        Some(key) => Hosted::Key(Box::new(key)),
        None => {
            tracing::error!(%agent, "the agent's key cannot be opened");
            Hosted::Sealed
        }
    })
}

/// Whose key it is, if it holds; and whether its use is worth noting.
pub(crate) fn bearer(
    conn: &Connection,
    token: &Token,
    sealer: &Sealer,
    now: Timestamp,
) -> Result<Option<(Caller, bool)>, Problem> {
    let row = KeyRow::find(conn, &token.id)?;
    // Compared either way, so that nobody learns by the clock which ids there are.
    let matches = token.matches(row.as_ref().map_or(&[0; 32][..], |row| &row.digest));
    let Some(row) = row.filter(|row| matches && row.is_live(now)) else {
        return Ok(None);
    };
    let hosted = match row.subject == row.owner {
        true => None,
        false => match hosted(conn, sealer, &row.subject)? {
            Hosted::Nobody => return Ok(None),
            kept => kept.key(),
        },
    };
    let noted = row.last_used_at.unwrap_or_default();
    let worth_noting = now.as_millisecond() - noted >= USE_NOTED_MS;
    let who = (row.subject, row.owner);
    let caller = Caller::bearer(who, row.id, row.scopes, row.lists, hosted);
    Ok(Some((caller, worth_noting)))
}

/// Notes that a key was used.
pub(crate) fn note_use(conn: &Connection, caller: &Caller, now: Timestamp) -> rusqlite::Result<()> {
    let now = now.as_millisecond();
    conn.execute(
        "UPDATE host_key SET last_used_at = ?2 WHERE id = ?1",
        params![caller.key, now],
    )?;
    conn.execute(
        "UPDATE host_agent SET last_active_at = ?2 WHERE did = ?1",
        params![caller.did.key().as_ref(), now],
    )?;
    Ok(())
}

/// Begins a session.
pub(crate) fn begin_session(
    conn: &Connection,
    who: &Did,
    device: &PublicKey,
    fresh: &Fresh,
    now: Timestamp,
) -> rusqlite::Result<i64> {
    let now = now.as_millisecond();
    let expires_at = now + SESSION_MS;
    conn.execute("DELETE FROM host_session WHERE expires_at <= ?1", [now])?;
    conn.execute(
        "INSERT INTO host_session (id, digest, did, device, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            fresh.id,
            fresh.digest,
            who.key().as_ref(),
            device.as_ref(),
            expires_at
        ],
    )?;
    conn.execute(
        "DELETE FROM host_session WHERE did = ?1 AND id NOT IN (
             SELECT id FROM host_session WHERE did = ?1 ORDER BY expires_at DESC LIMIT ?2)",
        params![who.key().as_ref(), SESSIONS_MAX],
    )?;
    Ok(expires_at)
}

/// Who began a session and with which device, if it holds.
pub(crate) fn session(
    conn: &Connection,
    token: &Token,
    now: Timestamp,
) -> rusqlite::Result<Option<(Did, PublicKey)>> {
    let found = conn
        .prepare_cached(
            "SELECT digest, did, device FROM host_session WHERE id = ?1 AND expires_at > ?2",
        )?
        .query_row(params![token.id, now.as_millisecond()], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, did(row, 1)?, key(row, 2)?))
        })
        .optional()?;
    let matches = token.matches(found.as_ref().map_or(&[0; 32][..], |(digest, ..)| digest));
    Ok(found
        .filter(|_| matches)
        .map(|(_, did, device)| (did, device)))
}

/// Whether a key holds that was shown before: it was not revoked, has not expired, and the agent
/// that it is for is still connected.
pub(crate) fn key_holds(conn: &Connection, id: &str, now: Timestamp) -> Result<bool, Problem> {
    let Some(row) = KeyRow::find(conn, id)?.filter(|row| row.is_live(now)) else {
        return Ok(false);
    };
    if row.subject == row.owner {
        return Ok(true);
    }
    let connected = conn
        .prepare_cached("SELECT 1 FROM host_agent WHERE did = ?1 AND disconnected_at IS NULL")?
        .exists(params![row.subject.key().as_ref()])?;
    Ok(connected)
}

/// Who began a session that was shown before and with which device, if it holds.
pub(crate) fn session_of(
    conn: &Connection,
    id: &str,
    now: Timestamp,
) -> Result<Option<(Did, PublicKey)>, Problem> {
    let found = conn
        .prepare_cached("SELECT did, device FROM host_session WHERE id = ?1 AND expires_at > ?2")?
        .query_row(params![id, now.as_millisecond()], |row| {
            Ok((did(row, 0)?, key(row, 1)?))
        })
        .optional()?;
    Ok(found)
}

/// Ends a session.
pub(crate) fn end_session(conn: &Connection, id: &str) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM host_session WHERE id = ?1", [id])?;
    Ok(())
}

/// Notes that something counts no second time. False if it was noted before.
pub(crate) fn spend(
    conn: &Connection,
    what: &[u8; 32],
    expires_at: i64,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    conn.prepare_cached("DELETE FROM host_spent WHERE expires_at <= ?1")?
        .execute([now.as_millisecond()])?;
    let added = conn
        .prepare_cached("INSERT OR IGNORE INTO host_spent (what, expires_at) VALUES (?1, ?2)")?
        .execute(params![what, expires_at])?;
    Ok(added > 0)
}

/// Notes what was done with keys and agents.
pub(crate) fn audit(
    conn: &Connection,
    caller: &Caller,
    action: &str,
    target: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    conn.execute(
        "INSERT INTO host_audit (at, owner, actor, action, target) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            now.as_millisecond(),
            caller.owner.key().as_ref(),
            caller.did.key().as_ref(),
            action,
            target
        ],
    )?;
    Ok(())
}

fn json<T: serde::de::DeserializeOwned>(index: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(index, kind, Box::new(error))
    })
}

pub(crate) fn did(row: &Row<'_>, index: usize) -> rusqlite::Result<Did> {
    Ok(Did::from_key(key(row, index)?))
}

pub(crate) fn key(row: &Row<'_>, index: usize) -> rusqlite::Result<PublicKey> {
    let bytes: Vec<u8> = row.get(index)?;
    PublicKey::try_from(&bytes[..]).map_err(|error| {
        let kind = rusqlite::types::Type::Blob;
        rusqlite::Error::FromSqlConversionFailure(index, kind, Box::new(error))
    })
}
