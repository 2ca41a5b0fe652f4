//! What is kept of tasks in the trash: who changed one without knowing that it is there, or later.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::slice;

use rusqlite::{Connection, params};

use super::feed::Names;
use crate::model::{ActivityAction, Person, Task, TaskId};
use crate::replica::tree::{self, Reader};
use crate::store::{Clock, DocumentRow, StoreError, parsed};

/// Something that was done with a task, by its place in its author's history.
struct Deed {
    action: ActivityAction,
    actor: i64,
    seq: u64,
}

impl Deed {
    fn is_known_to(&self, clock: &Clock) -> bool {
        clock.seq(self.actor) >= self.seq
    }

    /// What whoever did this knew.
    fn clock(&self, conn: &Connection) -> Result<Clock, StoreError> {
        Clock::load(conn, self.actor, self.seq)
    }
}

/// One task; `None` if it is not in the document.
pub(super) fn one(
    conn: &Connection,
    document: &DocumentRow,
    task: &TaskId,
    reader: &Reader,
) -> Result<Option<Task>, StoreError> {
    let mut found = tree::one(conn, document, task, reader)?;
    if let Some(found) = &mut found {
        note_changes(conn, document, slice::from_mut(found))?;
    }
    Ok(found)
}

/// Says of those tasks of a document that are in the trash who else changed them although they are there. What
/// knew of what decides, not what clocks said.
pub(super) fn note_changes(
    conn: &Connection,
    document: &DocumentRow,
    tasks: &mut [Task],
) -> Result<(), StoreError> {
    let mut trashed = Vec::new();
    for task in tasks {
        if let Some(deleted) = tree::trashed_with(conn, document.row, &task.id)? {
            trashed.push((task, deleted));
        }
    }
    if trashed.is_empty() {
        return Ok(());
    }
    let names = Names::load(conn, document)?;
    // Many tasks may be there with one parent.
    let mut known: BTreeMap<TaskId, Vec<Deed>> = BTreeMap::new();
    for (task, deleted) in trashed {
        for id in [task.id, deleted] {
            if let Entry::Vacant(place) = known.entry(id) {
                place.insert(deeds(conn, document.row, &id)?);
            }
        }
        let (Some(own), Some(deletions)) = (known.get(&task.id), known.get(&deleted)) else {
            continue;
        };
        task.changed_since = changed_since(conn, &names, own, deletions)?;
    }
    Ok(())
}

/// Whoever did something with a task that no deletion in force knew of, the latest first. Who
/// deleted it does not count.
fn changed_since(
    conn: &Connection,
    names: &Names,
    own: &[Deed],
    deletions: &[Deed],
) -> Result<Vec<Person>, StoreError> {
    let with = |action| deletions.iter().filter(move |deed| deed.action == action);
    let restored = with(ActivityAction::Restored)
        .map(|deed| deed.clock(conn))
        .collect::<Result<Vec<_>, _>>()?;
    let in_force = with(ActivityAction::Deleted)
        .filter(|deed| !restored.iter().any(|clock| deed.is_known_to(clock)));
    let mut deleters = BTreeSet::new();
    let mut clocks = Vec::new();
    for deed in in_force {
        deleters.extend(names.did(deed.actor));
        clocks.push(deed.clock(conn)?);
    }
    let mut people: Vec<Person> = Vec::new();
    if clocks.is_empty() {
        return Ok(people);
    }
    for deed in own {
        let changes = !matches!(
            deed.action,
            ActivityAction::Deleted | ActivityAction::Restored
        );
        let Some(did) = names.did(deed.actor).filter(|_| changes) else {
            continue;
        };
        let is_known = clocks.iter().any(|clock| deed.is_known_to(clock));
        if !is_known && !deleters.contains(&did) && people.iter().all(|person| person.did != did) {
            let name = names.name(&did);
            people.push(Person { did, name });
        }
    }
    Ok(people)
}

/// What was done with a task that bears on this, the latest first. Where a task stands among
/// others is nothing that its writer would miss.
fn deeds(conn: &Connection, doc: i64, task: &TaskId) -> Result<Vec<Deed>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT activity.action, activity.actor, change.seq
         FROM activity INDEXED BY activity_task
         CROSS JOIN change ON change.doc = activity.doc AND change.hash = activity.hash
         WHERE activity.doc = ?1 AND activity.task = ?2 AND activity.action IN
             ('deleted', 'restored', 'edited', 'commented', 'completed', 'reopened', 'skipped',
              'assigned')
         ORDER BY activity.pos DESC, activity.hash DESC, activity.n DESC",
    )?;
    let rows = statement.query_map(params![doc, task.to_string()], |row| {
        Ok(Deed {
            action: parsed(row, 0)?,
            actor: row.get(1)?,
            seq: row.get::<_, i64>(2)?.unsigned_abs(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
