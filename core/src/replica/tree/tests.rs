//! Whatever the parents are, each item has one place.

use proptest::prelude::*;

use super::*;
use crate::document::{DocumentId, DocumentKind};
use crate::store::{Moved, Store, refresh_lifted};

fn id(n: usize) -> TaskId {
    TaskId::new(n as u64, &[n as u8; 10])
}

/// Those that are not in the trash, as a walk comes to them.
fn walked(conn: &Connection, document: &DocumentRow, from: Option<TaskId>) -> Option<Vec<Place>> {
    let walk = Walk::new(conn, document, from).unwrap()?;
    Some(walk.collect::<Result<_, _>>().unwrap())
}

fn document(conn: &Connection, parents: &[Option<usize>]) -> DocumentRow {
    let document =
        DocumentRow::create(conn, &DocumentId::from_bytes([1; 16]), DocumentKind::List).unwrap();
    for (n, parent) in parents.iter().enumerate() {
        conn.execute(
            "INSERT INTO item (doc, task, obj, author, title, notes, status, priority, done,
                 parent, ord, tags, reminders, blocked_by, attachments, conflicts, short,
                 texts)
             VALUES (?1, ?2, 0, 0, 't', '', 'open', 'none', 0, ?3, ?4, '[]', '[]', '[]', '[]',
                 '[]', '', 0)",
            params![
                document.row,
                id(n).to_string(),
                parent.map(|parent| id(parent).to_string()),
                // Equal keys too: then the ids decide.
                format!("{}", n % 3),
            ],
        )
        .unwrap();
    }
    let all = (0..parents.len()).map(|n| (id(n).to_string(), true));
    refresh_lifted(conn, document.row, &all.collect()).unwrap();
    document
}

proptest! {
    /// Whatever the parents are, missing, in circles, anything: every item has one place,
    /// and asked for alone it has the depth that it has there, and is in the trash if it is
    /// there.
    #[test]
    fn one_task_is_the_tree_s_entry(
        parents in prop::collection::vec(prop::option::of(0_usize..12), 0..10),
        deleted in prop::collection::vec(0_usize..10, 0..3),
    ) {
        let store = Store::open_in_memory().unwrap();
        let document = document(store.conn(), &parents);
        let deleted: Vec<Option<TaskId>> = deleted.into_iter().map(|n| Some(id(n))).collect();
        for task in deleted.iter().flatten() {
            store
                .conn()
                .execute("UPDATE item SET deleted_at = 1 WHERE task = ?1", [task.to_string()])
                .unwrap();
        }
        let tree = Tree::load(store.conn(), &document, &Reader::nobody()).unwrap();
        prop_assert_eq!(tree.tasks.len(), parents.len());
        for task in tree.tasks {
            let alone = one(store.conn(), &document, &task.id, &Reader::nobody()).unwrap();
            prop_assert_eq!(alone.as_ref(), Some(&task));
            prop_assert_eq!(
                is_trashed(store.conn(), document.row, &task.id).unwrap(),
                tree.trashed.contains(&task.id)
            );
        }
        let mut with_others = trashed_with_others(store.conn(), document.row).unwrap();
        with_others.sort_unstable();
        let by_place: Vec<TaskId> = tree
            .trashed
            .iter()
            .filter(|task| !deleted.contains(&Some(**task)))
            .copied()
            .collect();
        prop_assert_eq!(with_others, by_place);
    }
}

#[test]
fn a_circle_hangs_from_its_smallest_and_a_lost_child_stands_at_the_top() {
    let store = Store::open_in_memory().unwrap();
    let conn = store.conn();
    let document = document(
        conn,
        &[None, Some(3), Some(1), Some(2), Some(3), Some(40), Some(0)],
    );
    let depths: BTreeMap<TaskId, u32> = places(conn, &document)
        .unwrap()
        .into_iter()
        .map(|place| (place.task, place.depth))
        .collect();
    let expected = [0, 0, 1, 2, 3, 0, 1];
    for (n, depth) in expected.into_iter().enumerate() {
        assert_eq!(depths[&id(n)], depth, "{n}");
    }
}

proptest! {
    /// A walk comes to what is not in the trash just as it stands in the whole list, from its
    /// beginning and from each task of it, whatever moved before.
    #[test]
    fn a_walk_is_the_end_of_the_list(
        parents in prop::collection::vec(prop::option::of(0_usize..14), 0..12),
        moves in prop::collection::vec((0_usize..12, prop::option::of(0_usize..14)), 0..8),
        gone in prop::option::of(0_usize..12),
        deleted in prop::collection::vec(0_usize..12, 0..3),
    ) {
        let store = Store::open_in_memory().unwrap();
        let conn = store.conn();
        let document = document(conn, &parents);
        for task in &deleted {
            conn.execute("UPDATE item SET deleted_at = 1 WHERE task = ?1", [id(*task).to_string()])
                .unwrap();
        }
        let moved_one = |task: usize, came: bool| {
            let moved = Moved::from([(id(task).to_string(), came)]);
            refresh_lifted(conn, document.row, &moved).unwrap();
        };
        for (task, parent) in moves {
            conn.execute(
                "UPDATE item SET parent = ?2 WHERE task = ?1",
                params![id(task).to_string(), parent.map(|parent| id(parent).to_string())],
            )
            .unwrap();
            moved_one(task, false);
        }
        if let Some(gone) = gone {
            conn.execute("DELETE FROM item WHERE task = ?1", [id(gone).to_string()]).unwrap();
            moved_one(gone, true);
        }
        let mut shown = places(conn, &document).unwrap();
        shown.retain(|place| !place.is_trashed());
        prop_assert_eq!(walked(conn, &document, None), Some(shown.clone()));
        for n in 0..12 {
            let at = shown.iter().position(|place| place.task == id(n));
            let rest = at.map(|at| shown[at..].to_vec());
            prop_assert_eq!(walked(conn, &document, Some(id(n))), rest);
        }
    }
}

#[test]
fn a_walk_reads_on_where_there_are_many_siblings() {
    let store = Store::open_in_memory().unwrap();
    let conn = store.conn();
    // Some below the first, some below one that is missing, the others at the top.
    let parents: Vec<Option<usize>> = (0..250)
        .map(|n| match n % 10 {
            1..4 => Some(0),
            4 => Some(999),
            _ => None,
        })
        .collect();
    let document = document(conn, &parents);
    let shown = places(conn, &document).unwrap();
    assert_eq!(walked(conn, &document, None), Some(shown.clone()));
    for (at, place) in shown.iter().enumerate() {
        let rest = shown[at..].to_vec();
        assert_eq!(walked(conn, &document, Some(place.task)), Some(rest));
    }
}
