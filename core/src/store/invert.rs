//! Taking a change back: writing what undoes it, as a change like any other.
//!
//! What a change did to a field is undone if the field still is as the change left it. Where
//! somebody else wrote since, or at the same time, theirs stays.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension as _, params};

use super::StoreError;
use super::draft::{Draft, Target};
use super::ops::{Kind, Object, field, find_object, text_runs};
use super::text::ElementId;
use super::value;
use crate::document::{Action, Change, Key, ObjectId, Op, OpId, Scalar};

/// Writes into `draft` what undoes `change`. `tombstone` is the time at which things that the
/// change made are put away: they are not taken out of the history.
pub(crate) fn invert(
    draft: &mut Draft<'_>,
    change: &Change,
    top: &dyn Fn(i64) -> Option<String>,
    tombstone: Scalar,
) -> Result<(), StoreError> {
    let made: BTreeSet<OpId> = change
        .ops
        .iter()
        .filter(|op| matches!(op.action, Action::MakeMap | Action::MakeText))
        .map(|op| op.id)
        .collect();
    let mut seen: BTreeSet<(i64, &str)> = BTreeSet::new();
    // From the last to the first: characters go back in the order that they need.
    for op in change.ops.iter().rev() {
        let ObjectId::Made(id) = op.object else {
            continue;
        };
        // What is inside of something new goes with it.
        if made.contains(&id) {
            continue;
        }
        let Some(object) = object_of(draft, id)? else {
            continue;
        };
        match (&op.key, object.kind) {
            (Key::Map(key), Kind::Map) if seen.insert((object.row, key)) => {
                let name = top(object.row);
                undo_field(draft, change, op, &object, key, name, &tombstone)?;
            }
            (Key::Head | Key::Element(_), Kind::Text) => undo_text(draft, op, &object)?,
            _ => {}
        }
    }
    Ok(())
}

fn object_of(draft: &Draft<'_>, id: OpId) -> Result<Option<Object>, StoreError> {
    let Some(actor) = draft.actors.get(&id.actor) else {
        return Ok(None);
    };
    find_object(draft.conn, draft.document.row, id.counter, actor.row)
}

/// Whether nobody has written to a field since `last`, nor at the same time.
fn is_as_left(draft: &Draft<'_>, object: i64, key: &str, last: &Op) -> Result<bool, StoreError> {
    let Some(actor) = draft.actors.get(&last.id.actor).map(|actor| actor.row) else {
        return Ok(false);
    };
    let held = field(draft.conn, object, key, draft.actors)?;
    if last.action != Action::Delete {
        return Ok(
            matches!(held.as_slice(), [only] if only.counter == last.id.counter && only.actor == actor),
        );
    }
    let later: Option<i64> = draft
        .conn
        .prepare_cached("SELECT 1 FROM op WHERE obj = ?1 AND key = ?2 AND ctr > ?3 LIMIT 1")?
        .query_row(params![object, key, last.id.counter as i64], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(held.is_empty() && later.is_none())
}

fn undo_field(
    draft: &mut Draft<'_>,
    change: &Change,
    last: &Op,
    object: &Object,
    key: &str,
    top: Option<String>,
    tombstone: &Scalar,
) -> Result<(), StoreError> {
    if !is_as_left(draft, object.row, key, last)? {
        return Ok(());
    }
    let target = draft.stored(object.row)?;
    if last.action == Action::MakeMap {
        // A tag stays: others may have it by now.
        if top.as_deref().is_some_and(|name| name != "tags")
            && let Some(entry) = draft.entry(target, key)?
        {
            draft.put(entry, "deletedAt", tombstone.clone())?;
        }
        return Ok(());
    }
    if top.as_deref() == Some("meta") && creates_list(change) {
        // A list that is not wanted after all is put away; it keeps its name.
        if key == "createdAt" {
            draft.put(target, "deletedAt", tombstone.clone())?;
        }
        return Ok(());
    }
    // The first operation of the change on the field knows what stood there before.
    let first = change
        .ops
        .iter()
        .find(|op| op.object == last.object && matches!(&op.key, Key::Map(other) if other == key));
    match before(draft, object.row, key, first)? {
        Some(scalar) => draft.put(target, key, scalar),
        None => draft.delete(target, key),
    }
}

/// Whether a change is the one that says when its list was made.
fn creates_list(change: &Change) -> bool {
    change.ops.iter().any(|op| {
        matches!(&op.key, Key::Map(key) if key == "createdAt")
            && matches!(op.action, Action::Put(_))
            && op.pred.is_empty()
    })
}

/// What a field held before: the value that had won among those that were overwritten.
fn before(
    draft: &Draft<'_>,
    object: i64,
    key: &str,
    first: Option<&Op>,
) -> Result<Option<Scalar>, StoreError> {
    let Some(winner) = first.and_then(|op| op.pred.iter().max()) else {
        return Ok(None);
    };
    let Some(actor) = draft.actors.get(&winner.actor) else {
        return Ok(None);
    };
    let bytes: Option<Option<Vec<u8>>> = draft
        .conn
        .prepare_cached(
            "SELECT value FROM op WHERE obj = ?1 AND key = ?2 AND ctr = ?3 AND actor = ?4",
        )?
        .query_row(
            params![object, key, winner.counter as i64, actor.row],
            |row| row.get(0),
        )
        .optional()?;
    bytes
        .flatten()
        .map(|bytes| value::decode(&bytes))
        .transpose()
}

/// Characters that were typed go, and characters that were deleted come back where they stood.
fn undo_text(draft: &mut Draft<'_>, op: &Op, object: &Object) -> Result<(), StoreError> {
    let runs = text_runs(draft.conn, object.row)?;
    let text = draft.stored(object.row)?;
    let element = |id: &OpId| {
        let actor = draft.actors.get(&id.actor)?;
        Some(ElementId {
            counter: id.counter,
            actor: actor.row,
        })
    };
    match (&op.action, &op.key, op.insert) {
        (Action::Put(_), _, true) => {
            let visible = element(&op.id).and_then(|id| runs.element(id));
            if visible.is_some_and(|(_, visible)| visible) {
                draft.push(
                    text.id,
                    Key::Element(op.id),
                    Action::Delete,
                    false,
                    vec![op.id],
                );
            }
        }
        (Action::Delete, Key::Element(id), false) => {
            let gone = element(id).and_then(|id| runs.element(id));
            if let Some((characters, false)) = gone {
                // Behind its own remains: that is where it stood.
                let value = Action::Put(Scalar::Str(characters));
                draft.push(text.id, Key::Element(*id), value, true, Vec::new());
            }
        }
        _ => {}
    }
    Ok(())
}

impl Draft<'_> {
    /// The stored map in a field.
    fn entry(&self, target: Target, key: &str) -> Result<Option<Target>, StoreError> {
        let Some(row) = target.row else {
            return Ok(None);
        };
        let held = field(self.conn, row, key, self.actors)?;
        let Some(held) = held.first() else {
            return Ok(None);
        };
        match find_object(self.conn, self.document.row, held.counter, held.actor)? {
            Some(object) => Ok(Some(self.stored(object.row)?)),
            None => Ok(None),
        }
    }
}
