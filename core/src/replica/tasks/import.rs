//! Many tasks at once, from another program or a copy of a list.
//!
//! What a list cannot hold as it was meant, a rule that is none, a name that is no member's, goes
//! into the notes: nothing is dropped.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::super::labels::{adopt_look, checked_look};
use super::super::lists::Meta;
use super::super::order::behind;
use super::super::write::{Opened, Run, line, text};
use super::super::{CommandError, Replica};
use super::create::{Fresh, end_key, write_item};
use super::files::check_file;
use super::{REMINDERS_MAX, Tags, check_task, tag_names, zone};
use crate::document::{DocumentId, Scalar};
use crate::identity::Did;
use crate::model::interchange::{
    AISLE_CHARS_MAX, ImportedComment, ListLook, NOTES_CHARS_MAX, TAG_CHARS_MAX, TITLE_CHARS_MAX,
    URL_CHARS_MAX,
};
use crate::model::{
    Due, ImportedTask, NewFile, Outcome, QuickAddContext, Recurrence, Reminder, Series, SeriesId,
    TASK_FILES_MAX, TaskId, quick_add,
};
use crate::store::Draft;

/// An import is written in changes of at most so many tasks,
const TASKS_PER_CHANGE: usize = 1_000;
/// and of about so many characters, so that no change reaches its limit.
const CHARS_PER_CHANGE: usize = 50_000;

/// A task about to be written, with what was said about it.
struct Incoming {
    fresh: Fresh,
    comments: Vec<ImportedComment>,
    /// The keys of tasks that come first.
    waits_for: Vec<String>,
}

/// What it takes to understand an import.
struct Reading<'a> {
    conn: &'a Connection,
    zone: &'a TimeZone,
    /// Members by their names, folded.
    members: BTreeMap<String, Did>,
    /// The ids of tasks by the keys that they have in the import.
    keys: BTreeMap<String, TaskId>,
}

impl Replica {
    /// Imports in as few changes as the limits allow, all in one transaction.
    pub(in crate::replica) fn import_tasks(
        &mut self,
        list: &DocumentId,
        tasks: &[ImportedTask],
        look: &ListLook,
        in_zone: Option<&str>,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let zone = zone(in_zone)?;
        let look = checked_look(look)?;
        let keys = &self.keys;
        let ids = self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let authority = &opened.authority;
            let members = authority.members().keys().filter_map(|did| {
                let profile = authority.profile(did)?;
                Some((profile.name.to_lowercase(), *did))
            });
            let me = authority
                .profile(&keys.did)
                .map(|profile| profile.name.clone());
            let mut reading = Reading {
                conn,
                zone: &zone,
                members: members.collect(),
                keys: BTreeMap::new(),
            };
            let last = end_key(conn, opened.document.row, None, true)?;
            let mut incoming = Vec::new();
            flatten(
                tasks,
                None,
                last.as_deref(),
                run,
                &mut reading,
                &mut incoming,
            )?;
            for task in &mut incoming {
                let found = task
                    .waits_for
                    .iter()
                    .filter_map(|key| reading.keys.get(key));
                task.fresh.blocked_by = found.copied().collect();
            }
            let ids = incoming.iter().map(|task| task.fresh.id).collect();
            // Made again after a fork, a part of them may be there already.
            let mut missing = Vec::with_capacity(incoming.len());
            for task in incoming {
                if check_task(conn, opened.document.row, &task.fresh.id).is_err() {
                    missing.push(task);
                }
            }
            let mut rest = missing.as_slice();
            let mut look = Some(look).filter(|look| !look.is_plain());
            while !rest.is_empty() || look.is_some() {
                let mut chars = 0;
                let count = rest
                    .iter()
                    .take(TASKS_PER_CHANGE)
                    .take_while(|task| {
                        let fits = chars < CHARS_PER_CHANGE;
                        chars += task.fresh.notes.chars().count() + task.fresh.title.len();
                        let said = task.comments.iter();
                        chars += said.map(|comment| comment.text.len()).sum::<usize>();
                        fits
                    })
                    .count();
                let (part, others) = rest.split_at(count.max(1).min(rest.len()));
                let document = opened.document.row;
                let meta = opened.map(conn, "meta")?;
                let items = opened.map(conn, "items")?;
                let comments = opened.map(conn, "comments")?;
                let mut tags = Tags::load(conn, &opened)?;
                // Each part carries the whole command: whichever has to give way, all is made again.
                opened.change(conn, keys, run, json, |draft, run| {
                    let items = draft.stored(items)?;
                    for task in part {
                        write_item(draft, run, items, &mut tags, &task.fresh)?;
                        write_comments(draft, run, comments, task, me.as_ref())?;
                    }
                    // After the tasks: a tag that comes with one is no action of its own.
                    if let Some(look) = look.take() {
                        let map = draft.stored(meta)?;
                        let meta = Meta { document, map };
                        adopt_look(conn, draft, run, meta, &mut tags, &look)?;
                    }
                    Ok(())
                })?;
                rest = others;
            }
            Ok::<_, CommandError>(ids)
        })?;
        Ok(Outcome::Tasks {
            list: *list,
            tasks: ids,
        })
    }
}

fn write_comments(
    draft: &mut Draft<'_>,
    run: &mut Run,
    comments: i64,
    task: &Incoming,
    me: Option<&String>,
) -> Result<(), CommandError> {
    if task.comments.is_empty() {
        return Ok(());
    }
    let comments = draft.stored(comments)?;
    for said in &task.comments {
        let id = run.task_id();
        let comment = draft.make_map(comments, &id.to_string())?;
        draft.put(comment, "task", Scalar::Str(task.fresh.id.to_string()))?;
        let at = said.created.map_or(run.now_ms(), |at| at.as_millisecond());
        draft.put(comment, "createdAt", Scalar::Timestamp(at))?;
        let body = draft.make_text(comment, "body")?;
        // Whoever imports signs it; who else said it stands in front.
        match said.author.as_ref().filter(|author| Some(*author) != me) {
            Some(author) => draft.type_new(body, &format!("{author}: {}", said.text)),
            None => draft.type_new(body, &said.text),
        }
    }
    Ok(())
}

/// Brings a tree of imported tasks into one row, parents first, each with id and key.
fn flatten(
    tasks: &[ImportedTask],
    parent: Option<TaskId>,
    last: Option<&str>,
    run: &mut Run,
    reading: &mut Reading<'_>,
    out: &mut Vec<Incoming>,
) -> Result<(), CommandError> {
    for (task, order) in tasks.iter().zip(behind(last, tasks.len())) {
        let id = run.task_id();
        if let Some(key) = &task.key {
            reading.keys.insert(key.clone(), id);
        }
        let incoming = read(task, id, parent, order, run, reading)?;
        out.push(incoming);
        flatten(&task.children, Some(id), None, run, reading, out)?;
    }
    Ok(())
}

fn read(
    task: &ImportedTask,
    id: TaskId,
    parent: Option<TaskId>,
    order: String,
    run: &mut Run,
    reading: &Reading<'_>,
) -> Result<Incoming, CommandError> {
    // What could not be taken as it was meant, for the notes.
    let mut left: Vec<String> = Vec::new();
    let (due, series) = read_course(task, run, reading, &mut left);
    let mut reminders = Vec::new();
    for given in &task.reminders {
        match given.parse::<Reminder>() {
            Ok(reminder) if reminders.len() < REMINDERS_MAX => reminders.push(reminder),
            _ => left.push(format!("Reminder: {given}")),
        }
    }
    let assignee = task.assignee.as_ref().and_then(|name| {
        let found = reading.members.get(&name.to_lowercase()).copied();
        if found.is_none() {
            left.push(format!("For: {name}"));
        }
        found
    });
    let aisle = task.aisle.as_deref().and_then(|given| {
        let fits = line("aisle", given, AISLE_CHARS_MAX);
        if fits.is_err() {
            left.push(format!("Aisle: {given}"));
        }
        fits.ok()
    });
    let mut attachments: Vec<NewFile> = Vec::new();
    for file in &task.attachments {
        let again = attachments.iter().any(|known| known.hash == file.hash);
        match check_file(reading.conn, file) {
            Ok(()) if !again && attachments.len() < TASK_FILES_MAX => {
                attachments.push(file.clone());
            }
            Err(CommandError::Store(error)) => return Err(error.into()),
            _ => left.push(format!("File: {}", file.name)),
        }
    }
    let notes = task.notes.as_deref().unwrap_or_default();
    let mut notes = text("notes", notes, NOTES_CHARS_MAX)?.to_owned();
    for line in left {
        if notes.chars().count() + line.chars().count() + 2 <= NOTES_CHARS_MAX {
            if !notes.is_empty() {
                notes.push_str("\n\n");
            }
            notes.push_str(&line);
        }
    }
    let tags: Vec<String> = task
        .tags
        .iter()
        .filter(|tag| tag.chars().count() <= TAG_CHARS_MAX)
        .cloned()
        .collect();
    let url = task.url.as_deref();
    Ok(Incoming {
        fresh: Fresh {
            id,
            title: line("title", &task.title, TITLE_CHARS_MAX)?,
            notes,
            url: url.map(|url| line("url", url, URL_CHARS_MAX)).transpose()?,
            status: task.status,
            priority: task.priority,
            due,
            series,
            reminders,
            assignee,
            blocked_by: Vec::new(),
            attachments,
            aisle,
            parent,
            order,
            tags: tag_names(&tags)?,
            created_ms: created_ms(task).unwrap_or(run.now_ms()),
        },
        comments: task.comments.clone(),
        waits_for: task.blocked_by.clone(),
    })
}

/// When an imported task is due and how it recurs. Words are read as a person's who adds a task.
fn read_course(
    task: &ImportedTask,
    run: &mut Run,
    reading: &Reading<'_>,
    left: &mut Vec<String>,
) -> (Option<Due>, Option<Series>) {
    let mut due = task.due.clone();
    let mut rule = task.recurrence.clone();
    if let Some(words) = &task.due_text {
        // With a title of its own: words that are all understood would else be the title.
        let understood = quick_add(
            &format!("x {words}"),
            &QuickAddContext {
                now: run.now,
                zone: reading.zone.clone(),
                day_first: false,
                lists: Vec::new(),
                members: Vec::new(),
                tags: Vec::new(),
            },
        );
        if understood.due.is_none() || understood.title != "x" {
            left.push(format!("Due: {words}"));
        }
        due = due.or(understood.due);
        rule = rule.or(understood.recurrence);
    }
    let Some(rule) = rule else {
        return (due, None);
    };
    let today = || Due::on(reading.zone.to_datetime(run.now).date()).ok();
    let start = due.clone().or_else(today);
    let series = match (rule.parse::<Recurrence>(), start) {
        (Ok(parsed), Some(start)) => Series::new(SeriesId::new(run.random()), start, parsed).ok(),
        _ => None,
    };
    if series.is_none() {
        left.push(format!("Repeats: {rule}"));
    }
    let due = series.as_ref().map(|series| series.start().clone()).or(due);
    (due, series)
}

/// When an imported task says it was made; of a day that is its beginning, in UTC.
fn created_ms(task: &ImportedTask) -> Option<i64> {
    if let Some(at) = task.created_at {
        return Some(at.as_millisecond());
    }
    let midnight = task.created?.to_datetime(jiff::civil::Time::midnight());
    let at = jiff::tz::TimeZone::UTC.to_timestamp(midnight).ok()?;
    Some(at.as_millisecond())
}
