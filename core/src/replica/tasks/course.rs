//! Completing, skipping and reopening.

use jiff::tz::TimeZone;

use super::super::write::Run;
use super::super::{CommandError, Replica};
use super::{Stored, closes, stored, zone};
use crate::document::{DocumentId, Scalar};
use crate::model::{Due, Outcome, Status, TaskId};
use crate::store::{Draft, Target};

/// What stands where a time was left out instead of done.
const SKIP: &str = "skip";

/// The key that closes one time of a series.
pub(super) fn done_key(series: &impl core::fmt::Display, occurrence: &Due) -> String {
    format!("done/{series}/{occurrence}")
}

/// The day on which something is done, where the person is.
pub(super) fn local_day(run: &Run, zone: &TimeZone) -> String {
    zone.to_datetime(run.now).date().to_string()
}

/// Writes that a task is done.
pub(super) fn complete(
    draft: &mut Draft<'_>,
    run: &Run,
    target: Target,
    item: &Stored,
    zone: &TimeZone,
) -> Result<(), CommandError> {
    if item.status == Status::Done {
        return Ok(());
    }
    let day = Scalar::Str(local_day(run, zone));
    if let Some(series) = &item.series {
        if let Some(occurrence) = closes(item, series, run, zone) {
            draft.put(target, &done_key(&series.id(), &occurrence), day)?;
        }
        return Ok(());
    }
    if let Some(context) = &item.context {
        let key = format!("done/{context}");
        if !draft.is_set(target, &key)? {
            draft.put(target, &key, day)?;
        }
        return Ok(());
    }
    Ok(draft.put_or_default(target, "status", Status::Done.as_str(), "open")?)
}

/// Writes that a task is to be done.
pub(super) fn reopen(
    draft: &mut Draft<'_>,
    target: Target,
    item: &Stored,
) -> Result<(), CommandError> {
    if item.status == Status::Done {
        return Ok(draft.put(target, "status", Scalar::Str(Status::Open.to_string()))?);
    }
    match (&item.series, &item.last, &item.context) {
        (Some(series), Some(last), _) => Ok(draft.delete(target, &done_key(&series.id(), last))?),
        (None, _, Some(context)) => Ok(draft.delete(target, &format!("done/{context}"))?),
        _ => Ok(()),
    }
}

impl Replica {
    pub(in crate::replica) fn complete_task(
        &mut self,
        list: &DocumentId,
        task: &TaskId,
        in_zone: Option<&str>,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let zone = zone(in_zone)?;
        self.change_task(list, task, run, json, |_, draft, run, target, item| {
            complete(draft, run, target, item, &zone)
        })
    }

    pub(in crate::replica) fn skip_task(
        &mut self,
        list: &DocumentId,
        task: &TaskId,
        in_zone: Option<&str>,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let zone = zone(in_zone)?;
        self.change_task(list, task, run, json, |_, draft, run, target, item| {
            let Some(series) = &item.series else {
                return Err(CommandError::invalid(
                    "task",
                    "does not recur, so there is no time to skip: complete or delete it",
                ));
            };
            if let Some(occurrence) = closes(item, series, run, &zone) {
                let key = done_key(&series.id(), &occurrence);
                draft.put(target, &key, Scalar::Str(SKIP.to_owned()))?;
            }
            Ok(())
        })
    }

    pub(in crate::replica) fn reopen_task(
        &mut self,
        list: &DocumentId,
        task: &TaskId,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        self.change_task(list, task, run, json, |_, draft, _, target, item| {
            reopen(draft, target, item)
        })
    }
}

/// Parts of a task that are done when it begins to recur are done for its first time only.
pub(super) fn close_parts(
    conn: &rusqlite::Connection,
    draft: &mut Draft<'_>,
    doc: i64,
    task: &TaskId,
    key: &str,
    day: &str,
) -> Result<(), CommandError> {
    for part in super::descendants(conn, doc, task)? {
        let item = stored(conn, doc, &part)?;
        if item.series.is_none() && item.status == Status::Done {
            let target = draft.stored(item.object)?;
            draft.delete(target, "status")?;
            draft.put(target, key, Scalar::Str(day.to_owned()))?;
        }
    }
    Ok(())
}
