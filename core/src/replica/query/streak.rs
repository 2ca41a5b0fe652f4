//! Days in a row.

use std::collections::BTreeSet;

use jiff::civil::Date;
use rusqlite::{Connection, params};

use crate::derive::streaks;
use crate::identity::Did;
use crate::membership::Payload;
use crate::model::{Milestone, Streak};
use crate::replica::QueryError;
use crate::replica::tree::Reader;
use crate::store::statements;

/// The streak of one person, over all lists and in whatever way a task was completed.
pub(super) fn streak(conn: &Connection, did: &Did, reader: &Reader) -> Result<Streak, QueryError> {
    let mut keys = BTreeSet::from([did.key().as_ref().to_vec()]);
    for statement in statements::of_identity(conn, did)? {
        if let Payload::Device(device) = statement.payload() {
            keys.insert(device.device.as_ref().to_vec());
        }
    }
    let mut days: BTreeSet<Date> = BTreeSet::new();
    for key in keys {
        // Actors are few: their own completions are looked up, not everybody's.
        let mut statement = conn.prepare_cached(
            "SELECT DISTINCT activity.day, iif(activity.day IS NULL, activity.at, 0)
             FROM actor CROSS JOIN activity INDEXED BY activity_actor
                 ON activity.actor = actor.id
             WHERE coalesce(actor.witnessed, actor.device) = ?1 AND activity.action = 'completed'",
        )?;
        let mut rows = statement.query(params![key])?;
        while let Some(row) = rows.next()? {
            let day: Option<String> = row.get(0)?;
            let day = match day {
                Some(day) => day.parse().ok(),
                None => jiff::Timestamp::from_millisecond(row.get(1)?)
                    .ok()
                    .map(|at| reader.zone.to_datetime(at).date()),
            };
            days.extend(day);
        }
    }
    let found = streaks(&days, reader.today());
    Ok(Streak {
        current: found.current,
        longest: found.longest,
        days: found.total_days,
        milestones: found
            .milestones
            .into_iter()
            .map(|mark| Milestone {
                days: mark.days,
                reached: mark.first,
            })
            .collect(),
    })
}
