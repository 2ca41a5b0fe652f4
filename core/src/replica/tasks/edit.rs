//! Changing the fields of a task: the fewest operations that say what was changed.

use super::super::write::{Opened, Run, line, text};
use super::super::{CommandError, Replica};
use super::course::{close_parts, complete, done_key, local_day, reopen};
use super::{
    Stored, Tags, at_most, check_assignee, check_blocked_by, reminders, series, stored, tag_names,
};
use crate::document::{DocumentId, Scalar};
use crate::model::interchange::{AISLE_CHARS_MAX, NOTES_CHARS_MAX, TITLE_CHARS_MAX, URL_CHARS_MAX};
use crate::model::{Due, Outcome, Series, Status, TaskId, TaskPatch};
use crate::store::{Draft, Target};

/// What an edit does to when a task is due.
enum Course {
    /// Due once.
    Once(Option<Due>),
    /// From now on by this series.
    Recurs(Series),
}

impl Replica {
    pub(in crate::replica) fn edit_task(
        &mut self,
        list: &DocumentId,
        task: &TaskId,
        patch: &TaskPatch,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let title = patch.title.as_deref();
        let title = title
            .map(|t| line("title", t, TITLE_CHARS_MAX))
            .transpose()?;
        let notes = patch.notes.as_deref();
        let notes = notes
            .map(|n| text("notes", n, NOTES_CHARS_MAX))
            .transpose()?;
        let url = line_or_none("url", patch.url.as_ref(), URL_CHARS_MAX)?;
        let aisle = line_or_none("aisle", patch.aisle.as_ref(), AISLE_CHARS_MAX)?;
        let add = tag_names(&patch.add_tags)?;
        let remove = tag_names(&patch.remove_tags)?;
        let remind = reminders(&patch.add_reminders)?;
        at_most("blockedBy", patch.remove_blocked_by.len(), 1_000)?;
        let keys = &self.keys;
        let changed = self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let doc = opened.document.row;
            let item = stored(conn, doc, task)?;
            check_assignee(&opened, patch.assignee.as_ref().and_then(Option::as_ref))?;
            check_blocked_by(conn, doc, Some(task), &patch.add_blocked_by)?;
            let mut tags = Tags::load(conn, &opened)?;
            let ((), changed) = opened.change(conn, keys, run, json, |draft, run| {
                let target = draft.stored(item.object)?;
                if let Some(title) = title {
                    draft.put(target, "title", Scalar::Str(title))?;
                }
                if let Some(notes) = notes {
                    draft.edit_text(target, "notes", notes)?;
                }
                if let Some(priority) = patch.priority {
                    draft.put_or_default(target, "priority", priority.as_str(), "none")?;
                }
                put_or_delete(draft, target, "url", url)?;
                put_or_delete(draft, target, "aisle", aisle)?;
                if let Some(course) = course(patch, &item, run)? {
                    let first = draft_course(draft, target, &item, &course)?;
                    if let (Course::Recurs(series), Some(first)) = (&course, first) {
                        let day = local_day(run, &jiff::tz::TimeZone::UTC);
                        let key = done_key(&series.id(), &first);
                        close_parts(conn, draft, doc, task, &key, &day)?;
                    }
                }
                match patch.status {
                    // Of a task that recurs only this time is done, unless it ends with it.
                    Some(Status::Done) if patch.recurrence.is_none() => {
                        complete(draft, run, target, &item, &jiff::tz::TimeZone::UTC)?;
                    }
                    Some(status) => {
                        // It is done for this time only: that is taken back first.
                        if item.done
                            && item.status != Status::Done
                            && patch.recurrence.is_none()
                            && patch.due.is_none()
                        {
                            reopen(draft, target, &item)?;
                        }
                        draft.put_or_default(target, "status", status.as_str(), "open")?;
                    }
                    None => {}
                }
                for name in &add {
                    let id = tags.id(draft, run, name)?;
                    draft.put(target, &format!("tag/{id}"), Scalar::Bool(true))?;
                }
                for name in &remove {
                    for id in tags.find(name) {
                        draft.delete(target, &format!("tag/{id}"))?;
                    }
                }
                for reminder in remind {
                    draft.put(target, &format!("remind/{reminder}"), Scalar::Bool(true))?;
                }
                for reminder in &patch.remove_reminders {
                    draft.delete(target, &format!("remind/{reminder}"))?;
                }
                for other in &patch.add_blocked_by {
                    draft.put(target, &format!("blockedBy/{other}"), Scalar::Bool(true))?;
                }
                for other in &patch.remove_blocked_by {
                    draft.delete(target, &format!("blockedBy/{other}"))?;
                }
                assign(draft, run, target, patch)
            })?;
            Ok::<_, CommandError>(changed)
        })?;
        Ok(Outcome::Done { changed })
    }
}

fn line_or_none(
    field: &'static str,
    value: Option<&Option<String>>,
    chars_max: usize,
) -> Result<Option<Option<String>>, CommandError> {
    Ok(match value {
        Some(Some(value)) => Some(Some(line(field, value, chars_max)?)),
        Some(None) => Some(None),
        None => None,
    })
}

fn put_or_delete(
    draft: &mut Draft<'_>,
    target: Target,
    key: &str,
    value: Option<Option<String>>,
) -> Result<(), CommandError> {
    match value {
        Some(Some(value)) => draft.put(target, key, Scalar::Str(value))?,
        Some(None) => draft.delete(target, key)?,
        None => {}
    }
    Ok(())
}

/// What becomes of due date and recurrence, if either changes.
fn course(patch: &TaskPatch, item: &Stored, run: &mut Run) -> Result<Option<Course>, CommandError> {
    let due = match &patch.due {
        Some(due) => due.clone(),
        // What is due next stays due.
        None => item.next.clone().or(item.due.clone()),
    };
    let rule = match (&patch.recurrence, &item.series) {
        (Some(rule), _) => rule.clone(),
        // Another date starts the series anew from there; none ends it.
        (None, Some(series)) if patch.due.is_some() => due.is_some().then(|| series.rule().clone()),
        (None, _) if patch.due.is_some() => None,
        (None, _) => return Ok(None),
    };
    // The same again starts nothing.
    if let (Some(rule), Some(series)) = (&rule, &item.series)
        && rule == series.rule()
        && due == item.next
    {
        return Ok(None);
    }
    Ok(Some(match rule {
        Some(rule) => Course::Recurs(series(run, due, rule)?),
        None => Course::Once(due),
    }))
}

/// Writes when the task is due, and gives its first time where it recurs.
fn draft_course(
    draft: &mut Draft<'_>,
    target: Target,
    item: &Stored,
    course: &Course,
) -> Result<Option<Due>, CommandError> {
    match course {
        Course::Once(due) => {
            put_or_delete(draft, target, "due", Some(due.as_ref().map(Due::to_string)))?;
            draft.delete(target, "series")?;
            Ok(None)
        }
        Course::Recurs(series) => {
            let first = series.first_after(None);
            draft.put(target, "due", Scalar::Str(series.start().to_string()))?;
            draft.put(target, "series", Scalar::Str(series.to_string()))?;
            if item.status == Status::Done {
                draft.delete(target, "status")?;
            }
            Ok(first)
        }
    }
}

fn assign(
    draft: &mut Draft<'_>,
    run: &Run,
    target: Target,
    patch: &TaskPatch,
) -> Result<(), CommandError> {
    match &patch.assignee {
        None => Ok(()),
        Some(Some(did)) => {
            let value = Scalar::Str(did.to_string());
            if draft.holds(target, "assigneeDid", &value)? {
                return Ok(());
            }
            draft.put(target, "assigneeDid", value)?;
            Ok(draft.put(target, "assignedAt", Scalar::Timestamp(run.now_ms()))?)
        }
        Some(None) => {
            draft.delete(target, "assigneeDid")?;
            Ok(draft.delete(target, "assignedAt")?)
        }
    }
}
