//! Deliveries: what waits, what went out, and what could not.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use poo_core::model::EventId;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{HooksError, Store, set_progress};

/// The most deliveries that wait for one endpoint. What comes beyond is dead at once, and can be
/// asked for again.
const WAITING_MAX: i64 = 10_000;
/// How long what came of a delivery can be looked up.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The most deliveries of one endpoint that can be looked up.
const KEPT_MAX: i64 = 5_000;
/// The most attempts that a log shows of one delivery.
const ATTEMPTS_SHOWN: i64 = 20;

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It waits for its next attempt.
    Waiting,
    /// The endpoint took it.
    Delivered,
    /// It was given up.
    Dead,
}

impl State {
    fn of(number: i64) -> Self {
        match number {
            0 => Self::Waiting,
            1 => Self::Delivered,
            _ => Self::Dead,
        }
    }

    fn number(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Delivered => 1,
            Self::Dead => 2,
        }
    }
}

/// Something for an endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Queued {
    pub(crate) endpoint: String,
    /// The webhook-id.
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) list: Option<String>,
    pub(crate) body: String,
}

/// A delivery whose time has come.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) n: i64,
    pub(crate) id: String,
    pub(crate) endpoint: String,
    pub(crate) list: Option<String>,
    pub(crate) body: String,
    pub(crate) attempts: u32,
}

/// What came of an attempt.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) delivery: Delivery,
    pub(crate) at: Timestamp,
    pub(crate) took: Duration,
    /// Of the answer, where there was one.
    pub(crate) status: Option<u16>,
    /// Why it came to nothing; `None`: it was delivered.
    pub(crate) error: Option<String>,
    /// When it is tried again; `None`: not at all.
    pub(crate) again_in: Option<Duration>,
    /// Whether the endpoint is gone, by its own word.
    pub(crate) gone: bool,
}

/// A delivery as its log shows it.
#[derive(Debug, Clone)]
pub(crate) struct Logged {
    pub(crate) n: i64,
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) state: State,
    pub(crate) attempts: Vec<LoggedAttempt>,
    pub(crate) next_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) error: Option<String>,
}

/// An attempt as the log shows it.
#[derive(Debug, Clone)]
pub(crate) struct LoggedAttempt {
    pub(crate) at: Timestamp,
    pub(crate) duration_ms: u64,
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
}

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) waiting: u64,
    pub(crate) dead: u64,
    /// Endpoints that get nothing since they failed for too long.
    pub(crate) disabled: u64,
}

fn at(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap_or_default()
}

impl Store {
    /// Puts what is to go out into the queue, and moves on in the stream: both or neither.
    pub(crate) fn enqueue(
        &self,
        queued: &[Queued],
        next: Option<&EventId>,
        now: Timestamp,
    ) -> Result<(), HooksError> {
        let tx = self.conn.unchecked_transaction()?;
        for one in queued {
            let waiting: i64 = tx
                .prepare_cached(
                    "SELECT count(*) FROM (SELECT 1 FROM delivery
                         WHERE endpoint = ?1 AND state = 0 LIMIT ?2)",
                )?
                .query_row(params![one.endpoint, WAITING_MAX], |row| row.get(0))?;
            let fits = waiting < WAITING_MAX;
            let state = if fits { State::Waiting } else { State::Dead };
            let now = now.as_millisecond();
            tx.prepare_cached(
                "INSERT OR IGNORE INTO delivery
                     (id, endpoint, kind, list, body, state, next_at, created_at, finished_at, error)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                one.id,
                one.endpoint,
                one.kind,
                one.list,
                one.body,
                state.number(),
                fits.then_some(now),
                now,
                (!fits).then_some(now),
                (!fits).then_some("too many deliveries wait for this endpoint"),
            ])?;
        }
        if let Some(next) = next {
            set_progress(&tx, next)?;
        }
        tx.commit()?;
        Ok(())
    }

    /// The deliveries of an endpoint whose time has come, the earliest first, but for those that
    /// are under way.
    pub(crate) fn due(
        &self,
        endpoint: &str,
        now: Timestamp,
        limit: usize,
        under_way: &BTreeSet<i64>,
    ) -> Result<Vec<Delivery>, HooksError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT n, id, endpoint, list, body, attempts FROM delivery
             WHERE endpoint = ?1 AND state = 0 AND next_at <= ?2 ORDER BY next_at, n LIMIT ?3",
        )?;
        let most = limit.saturating_add(under_way.len());
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![endpoint, now.as_millisecond(), most], |row| {
            Ok(Delivery {
                n: row.get(0)?,
                id: row.get(1)?,
                endpoint: row.get(2)?,
                list: row.get(3)?,
                body: row.get(4)?,
                attempts: u32::try_from(row.get::<_, i64>(5)?).unwrap_or(u32::MAX),
            })
        })?;
        let mut due = Vec::new();
        for delivery in rows {
            let delivery = delivery?;
            if due.len() < limit && !under_way.contains(&delivery.n) {
                due.push(delivery);
            }
        }
        Ok(due)
    }

    /// When the next delivery behind `now` is due.
    pub(crate) fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, HooksError> {
        let next: Option<i64> = self
            .conn
            .prepare_cached(
                "SELECT next_at FROM delivery WHERE state = 0 AND next_at > ?1
                 ORDER BY next_at LIMIT 1",
            )?
            .query_row(params![now.as_millisecond()], |row| row.get(0))
            .optional()?;
        Ok(next.map(at))
    }

    /// Notes what came of an attempt. True if the endpoint gets nothing more from now on: it said
    /// so, or nothing has reached it for as long as this delivery was tried.
    pub(crate) fn record(&self, outcome: &Outcome) -> Result<bool, HooksError> {
        let tx = self.conn.unchecked_transaction()?;
        let delivery = &outcome.delivery;
        let now = outcome.at.as_millisecond();
        let took = i64::try_from(outcome.took.as_millis()).unwrap_or(i64::MAX);
        let (state, next_at) = match (&outcome.error, outcome.again_in) {
            (None, _) => (State::Delivered, None),
            (Some(_), Some(wait)) => {
                let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
                (State::Waiting, Some(now.saturating_add(wait)))
            }
            (Some(_), None) => (State::Dead, None),
        };
        let noted = tx
            .prepare_cached(
                "UPDATE delivery SET state = ?2, attempts = attempts + 1, next_at = ?3,
                     finished_at = ?4, error = ?5
                 WHERE n = ?1",
            )?
            .execute(params![
                delivery.n,
                state.number(),
                next_at,
                (state != State::Waiting).then_some(now),
                outcome.error,
            ])?;
        if noted == 0 {
            // The endpoint was removed meanwhile.
            return Ok(false);
        }
        tx.prepare_cached(
            "INSERT INTO attempt (delivery, at, duration_ms, status, error)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            delivery.n,
            now,
            took,
            outcome.status,
            outcome.error
        ])?;
        let disabled = match outcome.error {
            None => {
                tx.prepare_cached("UPDATE endpoint SET failing_since = NULL WHERE id = ?1")?
                    .execute(params![delivery.endpoint])?;
                false
            }
            Some(_) => note_failure(&tx, outcome, state == State::Dead)?,
        };
        tx.commit()?;
        Ok(disabled)
    }

    /// What became of deliveries, the latest first, from before `before` on.
    pub(crate) fn log(
        &self,
        endpoint: &str,
        state: Option<State>,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Logged>, HooksError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT n, id, kind, state, next_at, created_at, error FROM delivery
             WHERE endpoint = ?1 AND (?2 IS NULL OR state = ?2) AND n < ?3
             ORDER BY n DESC LIMIT ?4",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let state = state.map(State::number);
        let rows = statement.query_map(
            params![endpoint, state, before.unwrap_or(i64::MAX), limit],
            |row| {
                Ok(Logged {
                    n: row.get(0)?,
                    id: row.get(1)?,
                    kind: row.get(2)?,
                    state: State::of(row.get(3)?),
                    attempts: Vec::new(),
                    next_at: row.get::<_, Option<i64>>(4)?.map(at),
                    created_at: at(row.get(5)?),
                    error: row.get(6)?,
                })
            },
        )?;
        let mut all: Vec<Logged> = rows.collect::<Result<_, _>>()?;
        for logged in &mut all {
            logged.attempts = attempts(&self.conn, logged.n)?;
        }
        Ok(all)
    }

    /// Has deliveries tried again, from the beginning of their schedule: one, or all that are
    /// dead. Gives how many.
    pub(crate) fn redeliver(
        &self,
        endpoint: &str,
        id: Option<&str>,
        now: Timestamp,
    ) -> Result<u64, HooksError> {
        let redelivered = self
            .conn
            .prepare_cached(
                "UPDATE delivery SET state = 0, attempts = 0, next_at = ?3, finished_at = NULL
                 WHERE endpoint = ?1 AND (id = ?2 OR (?2 IS NULL AND state = 2))",
            )?
            .execute(params![endpoint, id, now.as_millisecond()])?;
        Ok(redelivered as u64)
    }

    /// Forgets what is too old to be looked up, and secrets that sign no longer.
    pub(crate) fn prune(&self, now: Timestamp) -> Result<(), HooksError> {
        let tx = self.conn.unchecked_transaction()?;
        let before = now.saturating_sub(KEPT).unwrap_or(now).as_millisecond();
        tx.execute(
            "DELETE FROM delivery WHERE finished_at < ?1",
            params![before],
        )?;
        tx.execute(
            "DELETE FROM delivery WHERE finished_at IS NOT NULL AND n <=
                 (SELECT other.n FROM delivery AS other WHERE other.endpoint = delivery.endpoint
                  ORDER BY other.n DESC LIMIT 1 OFFSET ?1)",
            params![KEPT_MAX],
        )?;
        tx.execute(
            "DELETE FROM attempt WHERE delivery NOT IN (SELECT n FROM delivery)",
            [],
        )?;
        tx.execute(
            "UPDATE endpoint SET secret_before = NULL, rotation_ends = NULL
             WHERE rotation_ends < ?1",
            params![now.as_millisecond()],
        )?;
        tx.commit()?;
        Ok(())
    }

    /// How much there is.
    pub(crate) fn waiting(&self) -> Result<Waiting, HooksError> {
        let count = |sql: &str| -> Result<u64, HooksError> {
            let count: i64 = self
                .conn
                .prepare_cached(sql)?
                .query_row([], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        };
        Ok(Waiting {
            waiting: count("SELECT count(*) FROM delivery WHERE state = 0")?,
            dead: count("SELECT count(*) FROM delivery WHERE state = 2")?,
            disabled: count("SELECT count(*) FROM endpoint WHERE disabled_reason IS NOT NULL")?,
        })
    }
}

fn attempts(conn: &Connection, delivery: i64) -> Result<Vec<LoggedAttempt>, HooksError> {
    let mut statement = conn.prepare_cached(
        "SELECT at, duration_ms, status, error FROM attempt WHERE delivery = ?1
         ORDER BY at DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(params![delivery, ATTEMPTS_SHOWN], |row| {
        Ok(LoggedAttempt {
            at: at(row.get(0)?),
            duration_ms: row.get::<_, i64>(1)?.unsigned_abs(),
            status: row.get(2)?,
            error: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn note_failure(conn: &Connection, outcome: &Outcome, dead: bool) -> Result<bool, HooksError> {
    let endpoint = &outcome.delivery.endpoint;
    let since: i64 = conn
        .prepare_cached(
            "UPDATE endpoint SET failing_since = coalesce(failing_since, ?2) WHERE id = ?1
             RETURNING failing_since",
        )?
        .query_row(params![endpoint, outcome.at.as_millisecond()], |row| {
            row.get(0)
        })?;
    // The first attempt of this round; a delivery can have been tried in vain before.
    let first: Option<i64> = conn
        .prepare_cached(
            "SELECT at FROM attempt WHERE delivery = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2",
        )?
        .query_row(
            params![outcome.delivery.n, outcome.delivery.attempts],
            |row| row.get(0),
        )
        .optional()?;
    let in_vain = dead && first.is_some_and(|first| since <= first);
    let reason = match (outcome.gone, in_vain) {
        (true, _) => "the endpoint answered that it is gone (410)",
        (false, true) => "every attempt failed for as long as a delivery is tried",
        (false, false) => return Ok(false),
    };
    conn.prepare_cached("UPDATE endpoint SET enabled = 0, disabled_reason = ?2 WHERE id = ?1")?
        .execute(params![endpoint, reason])?;
    Ok(true)
}
