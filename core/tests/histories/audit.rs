//! Who wrote what, knowing what: kept beside the replicas, field by field.

use std::collections::{BTreeMap, BTreeSet};

use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::model::{Activity, ActivityAction as Action, Command, Outcome, TaskId};

use crate::workload::draw::{did_something, list_of};
use crate::workload::view::{Fields, activity, every_task, fields};
use crate::world::World;

/// What is in a field that holds nothing.
const NOTHING: &str = "";

/// What one command wrote.
struct Write {
    /// The rows of activity that its author had seen.
    known: BTreeSet<String>,
    /// Its own rows.
    rows: BTreeSet<String>,
    /// Nothing was there before.
    first: bool,
    fields: Fields,
}

pub(crate) struct Audit {
    list: DocumentId,
    writes: Vec<Write>,
    /// Every task that was made.
    made: BTreeSet<TaskId>,
    who: BTreeMap<String, Did>,
}

/// How a list was before a command.
pub(crate) struct Before {
    rows: BTreeSet<String>,
    fields: Fields,
}

fn ids(rows: &[Activity]) -> BTreeSet<String> {
    rows.iter().map(|row| row.id.clone()).collect()
}

impl Audit {
    pub(crate) fn new(world: &World) -> Self {
        let list = world.plans;
        let fields = fields(world.replica(0), list, world.now());
        let first = Write {
            known: BTreeSet::new(),
            rows: BTreeSet::new(),
            first: true,
            fields,
        };
        Self {
            list,
            writes: vec![first],
            made: BTreeSet::new(),
            who: BTreeMap::new(),
        }
    }

    pub(crate) fn before(&self, world: &World, who: usize) -> Before {
        Before {
            rows: ids(&activity(world.replica(who), self.list, world.now())),
            fields: fields(world.replica(who), self.list, world.now()),
        }
    }

    /// Notes what a command wrote, and looks at the rows that tell of it.
    pub(crate) fn after(
        &mut self,
        world: &World,
        who: usize,
        before: Before,
        command: &Command,
        outcome: Option<&Outcome>,
    ) {
        let replica = world.replica(who);
        let rows = activity(replica, self.list, world.now());
        let rows: Vec<Activity> = rows
            .into_iter()
            .filter(|row| !before.rows.contains(&row.id) && row.action != Action::Joined)
            .collect();
        let now = fields(replica, self.list, world.now());
        for row in &rows {
            assert_eq!(
                row.actor,
                Some(replica.did()),
                "{command:?} is somebody's else"
            );
            self.who.insert(row.id.clone(), replica.did());
        }
        if outcome.is_some() && list_of(command) == Some(self.list) {
            check_holds(command, &now);
        }
        check_rows(self.list, command, outcome, &before.fields, &now, &rows);
        self.made
            .extend(every_task(replica, self.list).iter().map(|task| task.id));
        let mut changed = Fields::new();
        for key in now.keys().chain(before.fields.keys()) {
            let value = now.get(key);
            if value != before.fields.get(key) {
                let value = value.map_or(NOTHING, String::as_str);
                changed.insert(key.clone(), value.to_owned());
            }
        }
        if !changed.is_empty() {
            self.writes.push(Write {
                known: before.rows,
                rows: ids(&rows),
                first: false,
                fields: changed,
            });
        }
    }

    /// After all have everything: each field holds what somebody wrote who did not know of a
    /// later value, every task is there, and no row stands before one that its author had seen.
    pub(crate) fn check(&self, world: &World) {
        let replica = world.replica(0);
        let held = fields(replica, self.list, world.now());
        let mut by_field: BTreeMap<&(String, String), Vec<&Write>> = BTreeMap::new();
        for write in &self.writes {
            for field in write.fields.keys() {
                by_field.entry(field).or_default().push(write);
            }
        }
        for field in held.keys() {
            assert!(
                by_field.contains_key(field) || !tracked(world, field),
                "nobody wrote {field:?}"
            );
        }
        for (field, writes) in by_field {
            if !tracked(world, field) {
                continue;
            }
            let overwritten = |write: &Write| {
                writes.iter().any(|later| {
                    !core::ptr::eq(*later, write)
                        && (write.first || !write.rows.is_disjoint(&later.known))
                })
            };
            let last = writes.iter().filter(|write| !overwritten(write));
            let last: BTreeSet<&str> = last.map(|write| write.fields[field].as_str()).collect();
            let value = held.get(field).map_or(NOTHING, String::as_str);
            assert!(
                last.contains(value),
                "{field:?} holds {value:?}, and last written were {last:?}"
            );
        }
        let there: BTreeSet<TaskId> = every_task(replica, self.list)
            .iter()
            .map(|t| t.id)
            .collect();
        assert_eq!(there, self.made, "tasks that were made");
        self.check_order(world);
    }

    fn check_order(&self, world: &World) {
        let rows = activity(world.replica(0), self.list, world.now());
        let place: BTreeMap<&str, usize> = rows
            .iter()
            .enumerate()
            .map(|(at, row)| (row.id.as_str(), at))
            .collect();
        for (id, did) in &self.who {
            let at = place.get(id.as_str());
            let row = &rows[*at.unwrap_or_else(|| panic!("the row {id} is gone"))];
            assert_eq!(row.actor, Some(*did));
        }
        for write in &self.writes {
            for row in &write.rows {
                for known in &write.known {
                    // The latest stands first. Who joined has no place among changes.
                    let joined = rows[place[known.as_str()]].action == Action::Joined;
                    let in_order = place[row.as_str()] < place[known.as_str()];
                    assert!(
                        joined || in_order,
                        "{row} stands before what its author had seen"
                    );
                }
            }
        }
    }
}

/// Whether a field holds just what was written there, in this history.
fn tracked(world: &World, (_, field): &(String, String)) -> bool {
    // What recurs is due and done by what was completed; a renamed tag is renamed everywhere.
    world.calm
        || !(["status", "due", "recurrence"].contains(&field.as_str()) || field.starts_with("tag/"))
}

/// What was acknowledged is there.
fn check_holds(command: &Command, after: &Fields) {
    let Command::EditTask { task, patch, .. } = command else {
        return;
    };
    let id = task.to_string();
    let held = |field: &str| after.get(&(id.clone(), field.to_owned())).cloned();
    let check = |field: &str, value: Option<String>| {
        assert_eq!(held(field), value, "{field} after {command:?}");
    };
    if let Some(title) = &patch.title {
        check("title", Some(title.clone()));
    }
    if let Some(url) = &patch.url {
        check("url", url.clone());
    }
    if let Some(aisle) = &patch.aisle {
        check("aisle", aisle.clone());
    }
    if let Some(priority) = patch.priority {
        check("priority", Some(priority.to_string()));
    }
    if let Some(assignee) = patch.assignee {
        check("assignee", assignee.map(|did| did.to_string()));
    }
    if let Some(status) = patch.status
        && patch.recurrence.is_none()
        && held("recurrence").is_none()
    {
        check("status", Some(status.to_string()));
    }
    for word in patch
        .notes
        .iter()
        .flat_map(|notes| notes.split_whitespace())
    {
        check(&format!("notes/{word}"), Some("there".into()));
    }
    for tag in &patch.remove_tags {
        check(&format!("tag/{tag}"), None);
    }
    for tag in patch
        .add_tags
        .iter()
        .filter(|tag| !patch.remove_tags.contains(tag))
    {
        check(&format!("tag/{tag}"), Some("there".into()));
    }
    for reminder in &patch.add_reminders {
        check(&format!("remind/{reminder}"), Some("there".into()));
    }
}

/// One action of a person's is one row for each thing that it did to something.
fn check_rows(
    list: DocumentId,
    command: &Command,
    outcome: Option<&Outcome>,
    before: &Fields,
    after: &Fields,
    rows: &[Activity],
) {
    let mut found: Vec<(Action, Option<TaskId>)> =
        rows.iter().map(|row| (row.action, row.task)).collect();
    found.sort_unstable();
    if list_of(command).is_some_and(|of| of != list) {
        assert_eq!(found, [], "{command:?} is about another list");
        return;
    }
    if matches!(command, Command::Undo | Command::Redo) {
        let mut seen = BTreeSet::new();
        let once = |row: &Activity| seen.insert((row.action, row.task, row.comment.clone()));
        assert!(rows.iter().all(once), "{command:?}: {found:?}");
        return;
    }
    if !did_something(outcome) {
        assert_eq!(found, [], "{command:?} did nothing");
        return;
    }
    let one = |action, task: &TaskId| vec![(action, Some(*task))];
    let expected = match command {
        Command::CreateTask { .. } | Command::ImportTasks { .. } => {
            let made = match outcome {
                Some(Outcome::Task { task, .. }) => vec![*task],
                Some(Outcome::Tasks { tasks, .. }) => tasks.clone(),
                other => panic!("{other:?}"),
            };
            // What it gave to the list itself is told once, and what to the tags that it had.
            let look = match command {
                Command::ImportTasks { look, .. } if !look.is_plain() => 1 + look.tags.len(),
                _ => 0,
            };
            let told = found.iter().filter(|row| **row == (Action::Edited, None));
            assert!(told.clone().count() <= look, "{found:?}");
            let made = made.into_iter().map(|task| (Action::Created, Some(task)));
            let mut rows: Vec<_> = told.copied().chain(made).collect();
            rows.sort_unstable();
            rows
        }
        Command::CompleteTask { task, .. } => one(Action::Completed, task),
        Command::SkipTask { task, .. } => one(Action::Skipped, task),
        Command::ReopenTask { task, .. } => one(Action::Reopened, task),
        Command::MoveTask { task, .. } => one(Action::Moved, task),
        Command::DeleteTask { task, .. } => one(Action::Deleted, task),
        Command::RestoreTask { task, .. } => one(Action::Restored, task),
        Command::AddComment { task, .. } => one(Action::Commented, task),
        Command::EditComment { .. } => vec![(Action::Edited, rows.first().and_then(|r| r.task))],
        Command::DeleteComment { .. } => vec![(Action::Deleted, rows.first().and_then(|r| r.task))],
        Command::LogNote { .. } => vec![(Action::Note, None)],
        Command::DeleteList { .. } => vec![(Action::Deleted, None)],
        Command::RestoreList { .. } => vec![(Action::Restored, None)],
        Command::EditTag { .. } | Command::DeleteTag { .. } => vec![(Action::Edited, None)],
        Command::RenameList { .. }
        | Command::EditList { .. }
        | Command::SetAisle { .. }
        | Command::RemoveAisle { .. } => vec![(Action::Edited, None)],
        Command::Attach { task, .. } | Command::Detach { task, .. } => one(Action::Edited, task),
        Command::EditTask { task, .. } => {
            assert!(
                rows.iter().all(|row| row.task == Some(*task)),
                "{command:?}: {found:?}"
            );
            let mut once = found.clone();
            once.dedup();
            assert_eq!(once, found, "{command:?}");
            let has = |action| found.contains(&(action, Some(*task)));
            let id = task.to_string();
            let differs = |names: &[&str]| {
                let of = |key: &&(String, String)| {
                    key.0 == id && names.iter().any(|name| key.1.starts_with(name))
                };
                let mut keys = before.keys().chain(after.keys()).filter(of);
                keys.any(|key| before.get(key) != after.get(key))
            };
            if differs(&["assignee"]) {
                assert!(has(Action::Assigned), "{command:?}: {found:?}");
            }
            if differs(&[
                "title",
                "url",
                "priority",
                "aisle",
                "notes",
                "tag",
                "remind",
                "blockedBy",
            ]) {
                assert!(has(Action::Edited), "{command:?}: {found:?}");
            }
            assert!(!found.is_empty(), "{command:?} left no row");
            return;
        }
        _ => Vec::new(),
    };
    let mut expected: Vec<(Action, Option<TaskId>)> = expected;
    expected.sort_unstable();
    assert_eq!(found, expected, "{command:?}");
}
