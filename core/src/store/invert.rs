//! Taking a change back: writing what undoes it, as a change like any other.
//!
//! What a change did to a field is undone if the field is as the change left it: still, or again,
//! after what its author did there later was taken back. Where somebody else wrote since, or at
//! the same time, theirs stays.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::params;

use super::StoreError;
use super::draft::{Draft, Target};
use super::held::{HeldValue, field, overwritten};
use super::ops::{Kind, Object, find_object, text_runs};
use super::text::{ElementId, TextRuns};
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
    let mut emptied = None;
    // Fields in the order in which the change named them: what it moved comes before what made
    // room for that.
    for op in &change.ops {
        let Some(object) = outside(draft, op, &made)? else {
            continue;
        };
        if let (Key::Map(key), Kind::Map) = (&op.key, object.kind)
            && seen.insert((object.row, key))
        {
            let name = top(object.row);
            let parts = (key.as_str(), name);
            undo_field(draft, change, op, &object, parts, &tombstone, &mut emptied)?;
        }
    }
    // From the last to the first: characters go back in the order that they need.
    let mut texts = Texts::default();
    for op in change.ops.iter().rev() {
        let Some(object) = outside(draft, op, &made)? else {
            continue;
        };
        if object.kind == Kind::Text {
            undo_text(draft, change, op, &object, &mut texts)?;
        }
    }
    Ok(())
}

/// What an operation works on, if that is there and not new: what is inside of something new goes
/// with it.
fn outside(
    draft: &Draft<'_>,
    op: &Op,
    made: &BTreeSet<OpId>,
) -> Result<Option<Object>, StoreError> {
    match op.object {
        ObjectId::Made(id) if !made.contains(&id) => object_of(draft, id),
        _ => Ok(None),
    }
}

fn object_of(draft: &Draft<'_>, id: OpId) -> Result<Option<Object>, StoreError> {
    let Some(actor) = draft.actors.get(&id.actor) else {
        return Ok(None);
    };
    find_object(draft.conn, draft.document.row, id.counter, actor.row)
}

/// Fields by their objects.
type Emptied = BTreeSet<(ObjectId, String)>;

/// The fields that others emptied after a change or at the same time. That leaves no trace among
/// the values, but in the log: there, what a change did not know of stands behind it.
fn emptied_by_others(draft: &Draft<'_>, change: &Change) -> Result<Emptied, StoreError> {
    let mut found = Emptied::new();
    let Some(author) = draft.actors.get(&change.actor) else {
        return Ok(found);
    };
    let mut statement = draft.conn.prepare_cached(
        "SELECT bytes, actor FROM change WHERE doc = ?1 AND id >
             (SELECT id FROM change WHERE actor = ?2 AND seq = ?3)",
    )?;
    let mut rows = statement.query(params![draft.document.row, author.row, change.seq as i64])?;
    while let Some(row) = rows.next()? {
        let actor = draft.actors.by_row(row.get(1)?);
        if actor.is_some_and(|actor| actor.is_same_writer(author)) {
            continue;
        }
        let bytes = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
        let other = Change::decode_stored(bytes)
            .map_err(|e| StoreError::Damaged(format!("a stored change cannot be read: {e}")))?;
        for op in other.ops {
            if let (Action::Delete, Key::Map(key)) = (op.action, op.key) {
                found.insert((op.object, key));
            }
        }
    }
    Ok(found)
}

/// Whether a field is as `last` left it: nobody else has written there since, nor at the same
/// time, and what its author wrote since was taken back.
fn is_as_left(draft: &Draft<'_>, object: i64, key: &str, last: &Op) -> Result<bool, StoreError> {
    let Some(author) = draft.actors.get(&last.id.actor) else {
        return Ok(false);
    };
    let own = |actor: i64| {
        let actor = draft.actors.by_row(actor);
        actor.is_some_and(|actor| actor.is_same_writer(author))
    };
    let held = field(draft.conn, object, key, draft.actors)?;
    match &last.action {
        Action::Delete if !held.is_empty() => Ok(false),
        Action::Delete => {
            let mut statement = draft
                .conn
                .prepare_cached("SELECT actor FROM op WHERE obj = ?1 AND key = ?2 AND ctr > ?3")?;
            let later = statement
                .query_map(params![object, key, last.id.counter as i64], |row| {
                    row.get(0)
                })?
                .collect::<Result<Vec<i64>, _>>()?;
            Ok(later.into_iter().all(own))
        }
        Action::Put(value) => Ok(matches!(held.as_slice(), [only]
            if own(only.actor) && only.value == HeldValue::Scalar(value.clone()))),
        _ => Ok(matches!(held.as_slice(), [only]
            if only.counter == last.id.counter && only.actor == author.row)),
    }
}

fn undo_field(
    draft: &mut Draft<'_>,
    change: &Change,
    first: &Op,
    object: &Object,
    (key, top): (&str, Option<String>),
    tombstone: &Scalar,
    emptied: &mut Option<Emptied>,
) -> Result<(), StoreError> {
    let same = |op: &&Op| op.object == first.object && op.key == first.key;
    let last = change.ops.iter().rfind(same).unwrap_or(first);
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
    let emptied = match emptied {
        Some(emptied) => emptied,
        none => none.insert(emptied_by_others(draft, change)?),
    };
    if emptied.contains(&(first.object, key.to_owned())) {
        return Ok(());
    }
    match overwritten(draft.conn, draft.actors, object.row, key, &first.pred)? {
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

/// Characters that were put back where others had stood: by the remains that they stand behind.
type Revived = BTreeMap<OpId, Vec<(OpId, String)>>;

/// What is read once to take back what a change did to texts.
#[derive(Default)]
struct Texts {
    runs: BTreeMap<i64, TextRuns>,
    revived: Option<Revived>,
}

/// What the author of a change typed since, each character behind which one.
fn typed_since(draft: &Draft<'_>, change: &Change) -> Result<Revived, StoreError> {
    let mut found = Revived::new();
    let Some(actor) = draft.actors.get(&change.actor) else {
        return Ok(found);
    };
    let mut statement = draft
        .conn
        .prepare_cached("SELECT bytes FROM change WHERE actor = ?1 AND seq > ?2 ORDER BY seq")?;
    let mut rows = statement.query(params![actor.row, change.seq as i64])?;
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
        let later = Change::decode_stored(bytes)
            .map_err(|e| StoreError::Damaged(format!("a stored change cannot be read: {e}")))?;
        for op in later.ops {
            if let (Action::Put(Scalar::Str(text)), Key::Element(behind), true) =
                (op.action, op.key, op.insert)
            {
                found.entry(behind).or_default().push((op.id, text));
            }
        }
    }
    Ok(found)
}

/// Where a character is now: it, or what was put back in its place.
fn visible_now(draft: &Draft<'_>, runs: &TextRuns, revived: &Revived, id: OpId) -> Option<OpId> {
    let element = |id: &OpId| {
        let actor = draft.actors.get(&id.actor)?;
        runs.element(ElementId {
            counter: id.counter,
            actor: actor.row,
        })
    };
    let (characters, _) = element(&id)?;
    let mut waiting = vec![id];
    while let Some(id) = waiting.pop() {
        if let Some((_, true)) = element(&id) {
            return Some(id);
        }
        // The latest is looked at first.
        let behind = revived.get(&id).into_iter().flatten();
        waiting.extend(
            behind
                .filter(|(_, text)| *text == characters)
                .map(|(id, _)| *id),
        );
    }
    None
}

/// Characters that were typed go, and characters that were deleted come back where they stood.
fn undo_text(
    draft: &mut Draft<'_>,
    change: &Change,
    op: &Op,
    object: &Object,
    texts: &mut Texts,
) -> Result<(), StoreError> {
    let text = draft.stored(object.row)?.id;
    let id = match (&op.action, &op.key, op.insert) {
        (Action::Put(_), _, true) => op.id,
        (Action::Delete, Key::Element(id), false) => *id,
        _ => return Ok(()),
    };
    let revived = match &mut texts.revived {
        Some(revived) => revived,
        none => none.insert(typed_since(draft, change)?),
    };
    let runs = match texts.runs.entry(object.row) {
        Entry::Occupied(read) => read.into_mut(),
        Entry::Vacant(new) => new.insert(text_runs(draft.conn, object.row)?),
    };
    let now = visible_now(draft, runs, revived, id);
    match (op.insert, now) {
        (true, Some(now)) => {
            let element = Key::Element(now);
            draft.push(text, element, Action::Delete, false, vec![now]);
        }
        (false, None) => {
            let actor = draft.actors.get(&id.actor).map(|actor| actor.row);
            let gone = actor.and_then(|actor| {
                runs.element(ElementId {
                    counter: id.counter,
                    actor,
                })
            });
            if let Some((characters, _)) = gone {
                // Behind its own remains: that is where it stood.
                let value = Action::Put(Scalar::Str(characters));
                draft.push(text, Key::Element(id), value, true, Vec::new());
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
