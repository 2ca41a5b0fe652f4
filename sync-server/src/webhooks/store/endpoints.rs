//! Endpoints: registering, changing, turning secrets.

use jiff::{SignedDuration, Timestamp};
use poo_core::identity::Did;
use poo_core::replica::Env;
use rusqlite::types::Type;
use rusqlite::{OptionalExtension as _, Row, params};

use super::{HooksError, Store};
use crate::api::Sealer;
use crate::webhooks::endpoint::{Endpoint, Wish};
use crate::webhooks::signature::{SECRET_BYTES, Secret};

/// The most endpoints that one identity may register.
pub(crate) const ENDPOINTS_MAX: u64 = 20;

const COLUMNS: &str = "id, owner, url, description, format, lists, events, assignee, enabled,
    disabled_reason, secret, secret_before, rotation_ends, token, created_at, failing_since";

/// What came of registering.
#[derive(Debug)]
pub(crate) enum Registered {
    /// It is there.
    Here(Box<Endpoint>),
    /// There are as many as one may have.
    TooMany,
}

impl Store {
    /// The endpoints of one identity, in the order in which they were registered; or all of them.
    pub(crate) fn endpoints(&self, owner: Option<&Did>) -> Result<Vec<Endpoint>, HooksError> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM endpoint WHERE ?1 IS NULL OR owner = ?1
             ORDER BY created_at, id"
        ))?;
        let rows = statement.query_map(params![owner.map(ToString::to_string)], read)?;
        rows.map(|row| self.open_up(&row?)).collect()
    }

    /// One of the endpoints of an identity.
    pub(crate) fn endpoint(&self, owner: &Did, id: &str) -> Result<Option<Endpoint>, HooksError> {
        let sql = format!("SELECT {COLUMNS} FROM endpoint WHERE owner = ?1 AND id = ?2");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let found = statement
            .query_row(params![owner.to_string(), id], read)
            .optional()?;
        found.map(|sealed| self.open_up(&sealed)).transpose()
    }

    /// Registers an endpoint, with a secret of its own.
    pub(crate) fn register(
        &self,
        owner: &Did,
        wish: Wish,
        token: Option<Secret>,
        env: &mut Env<'_>,
    ) -> Result<Registered, HooksError> {
        let there: i64 = self
            .conn
            .prepare_cached("SELECT count(*) FROM endpoint WHERE owner = ?1")?
            .query_row(params![owner.to_string()], |row| row.get(0))?;
        if there.unsigned_abs() >= ENDPOINTS_MAX {
            return Ok(Registered::TooMany);
        }
        let mut name = [0; 12];
        env.rng.fill_bytes(&mut name);
        let digits: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        let endpoint = Endpoint {
            id: format!("wh_{digits}"),
            owner: *owner,
            wish,
            disabled_reason: None,
            secrets: vec![secret(env)],
            rotation_ends: None,
            token,
            created_at: env.now,
            failing_since: None,
        };
        self.write(&endpoint, env)?;
        Ok(Registered::Here(Box::new(endpoint)))
    }

    /// Writes an endpoint as it is now.
    pub(crate) fn write(&self, endpoint: &Endpoint, env: &mut Env<'_>) -> Result<(), HooksError> {
        let wish = &endpoint.wish;
        let mut seal = |secret: Option<&Secret>, what: Kept| {
            let bound = what.bound(&endpoint.id);
            let sealed = secret.map(|secret| self.sealer.seal_bytes(secret.bytes(), &bound, env));
            sealed.transpose().map_err(|_| HooksError::Cipher)
        };
        let mut secrets = endpoint.secrets.iter();
        let secret = seal(secrets.next(), Kept::Secret)?;
        let secret_before = seal(secrets.next(), Kept::Secret)?;
        let token = seal(endpoint.token.as_ref(), Kept::Token)?;
        self.conn
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO endpoint ({COLUMNS}) VALUES
                     (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
            ))?
            .execute(params![
                endpoint.id,
                endpoint.owner.to_string(),
                wish.url,
                wish.description,
                json(&wish.format),
                json(&wish.lists),
                json(&wish.events),
                wish.assignee.map(|did| did.to_string()),
                wish.enabled,
                endpoint.disabled_reason,
                secret,
                secret_before,
                endpoint.rotation_ends.map(Timestamp::as_millisecond),
                token,
                endpoint.created_at.as_millisecond(),
                endpoint.failing_since.map(Timestamp::as_millisecond),
            ])?;
        Ok(())
    }

    /// Gives an endpoint a new secret. The one before signs beside it for as long as `overlap`.
    pub(crate) fn rotate(
        &self,
        owner: &Did,
        id: &str,
        overlap: SignedDuration,
        env: &mut Env<'_>,
    ) -> Result<Option<Endpoint>, HooksError> {
        let Some(mut endpoint) = self.endpoint(owner, id)? else {
            return Ok(None);
        };
        endpoint.secrets.truncate(1);
        endpoint.secrets.insert(0, secret(env));
        endpoint.rotation_ends = env.now.checked_add(overlap).ok();
        self.write(&endpoint, env)?;
        Ok(Some(endpoint))
    }

    /// Removes an endpoint of an identity, or all of them, with all that waits for them. Gives how
    /// many.
    pub(crate) fn remove(&self, owner: &Did, id: Option<&str>) -> Result<usize, HooksError> {
        let tx = self.conn.unchecked_transaction()?;
        for statement in [
            "DELETE FROM attempt WHERE delivery IN (SELECT n FROM delivery
                 JOIN endpoint ON endpoint.id = delivery.endpoint
                 WHERE endpoint.owner = ?1 AND (?2 IS NULL OR endpoint.id = ?2))",
            "DELETE FROM delivery WHERE endpoint IN (SELECT id FROM endpoint
                 WHERE owner = ?1 AND (?2 IS NULL OR id = ?2))",
        ] {
            tx.prepare_cached(statement)?
                .execute(params![owner.to_string(), id])?;
        }
        let removed = tx
            .prepare_cached("DELETE FROM endpoint WHERE owner = ?1 AND (?2 IS NULL OR id = ?2)")?
            .execute(params![owner.to_string(), id])?;
        tx.commit()?;
        Ok(removed)
    }
}

impl Store {
    /// Opens the secrets of an endpoint as it was read.
    fn open_up(&self, sealed: &Endpoint) -> Result<Endpoint, HooksError> {
        let opened = opened(sealed, |secret, what| {
            open(&self.sealer, &sealed.id, secret, what)
        });
        opened.ok_or(HooksError::Cipher)
    }

    /// Seals anew what `before` sealed, or nothing did: all of it, or none.
    pub(super) fn take_over(
        &self,
        before: Option<&Sealer>,
        unsealed: bool,
        env: &mut Env<'_>,
    ) -> Result<(), HooksError> {
        let sql = format!("SELECT {COLUMNS} FROM endpoint");
        let mut statement = self.conn.prepare(&sql)?;
        let all: Vec<Endpoint> = statement.query_map([], read)?.collect::<Result<_, _>>()?;
        for found in all {
            if self.open_up(&found).is_ok() {
                continue;
            }
            let opened = opened(&found, |secret, what| match (unsealed, before) {
                (true, _) => Some(secret.clone()),
                (false, Some(before)) => open(before, &found.id, secret, what)
                    .or_else(|| open(&self.sealer, &found.id, secret, what)),
                (false, None) => None,
            });
            self.write(&opened.ok_or(HooksError::Sealed)?, env)?;
        }
        Ok(())
    }
}

/// What is kept sealed.
#[derive(Clone, Copy)]
enum Kept {
    Secret,
    Token,
}

impl Kept {
    /// What it is sealed for: it opens in no other place.
    fn bound(self, endpoint: &str) -> Vec<u8> {
        let what = match self {
            Self::Secret => "secret",
            Self::Token => "token",
        };
        format!("poo/webhook/{what}/v1/{endpoint}").into_bytes()
    }
}

/// An endpoint with its secrets opened; `None` if one of them does not open.
fn opened(sealed: &Endpoint, open: impl Fn(&Secret, Kept) -> Option<Secret>) -> Option<Endpoint> {
    let secrets = sealed.secrets.iter();
    let secrets = secrets.map(|secret| open(secret, Kept::Secret));
    Some(Endpoint {
        secrets: secrets.collect::<Option<_>>()?,
        token: match &sealed.token {
            None => None,
            Some(token) => Some(open(token, Kept::Token)?),
        },
        ..sealed.clone()
    })
}

fn open(sealer: &Sealer, endpoint: &str, secret: &Secret, what: Kept) -> Option<Secret> {
    let opened = sealer.unseal_bytes(secret.bytes(), &what.bound(endpoint))?;
    Some(Secret::new(opened.to_vec()))
}

fn secret(env: &mut Env<'_>) -> Secret {
    let mut bytes = vec![0; SECRET_BYTES];
    env.rng.fill_bytes(&mut bytes);
    Secret::new(bytes)
}

/// Names, texts and numbers always serialize.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn time(millisecond: Option<i64>) -> Option<Timestamp> {
    Timestamp::from_millisecond(millisecond?).ok()
}

/// Reads an endpoint, its secrets sealed as they are.
fn read(row: &Row<'_>) -> rusqlite::Result<Endpoint> {
    fn wrong(at: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
        rusqlite::Error::FromSqlConversionFailure(at, Type::Text, Box::new(error))
    }
    let text = |at: usize| row.get::<_, String>(at);
    let did = |at: usize, text: &str| text.parse::<Did>().map_err(|error| wrong(at, error));
    let lists: Vec<String> = serde_json::from_str(&text(5)?).map_err(|error| wrong(5, error))?;
    let events: Vec<String> = serde_json::from_str(&text(6)?).map_err(|error| wrong(6, error))?;
    let assignee: Option<String> = row.get(7)?;
    let secrets: [Option<Vec<u8>>; 2] = [row.get(10)?, row.get(11)?];
    Ok(Endpoint {
        id: text(0)?,
        owner: did(1, &text(1)?)?,
        wish: Wish {
            url: text(2)?,
            description: text(3)?,
            format: serde_json::from_str(&text(4)?).map_err(|error| wrong(4, error))?,
            lists: (lists.iter())
                .map(|list| list.parse().map_err(|error| wrong(5, error)))
                .collect::<Result<_, _>>()?,
            events: (events.iter())
                .map(|event| event.parse().map_err(|error| wrong(6, error)))
                .collect::<Result<_, _>>()?,
            assignee: assignee.map(|text| did(7, &text)).transpose()?,
            enabled: row.get(8)?,
        },
        disabled_reason: row.get(9)?,
        secrets: secrets.into_iter().flatten().map(Secret::new).collect(),
        rotation_ends: time(row.get(12)?),
        token: row.get::<_, Option<Vec<u8>>>(13)?.map(Secret::new),
        created_at: time(row.get(14)?).unwrap_or_default(),
        failing_since: time(row.get(15)?),
    })
}
