//! The lists that this replica holds, as their person sees them.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use crate::document::DocumentId;
use crate::identity::Did;
use crate::membership::Role;
use crate::model::{List, ListView, Sort};
use crate::replica::query::time;
use crate::replica::tree;
use crate::store::{StoreError, parsed};

/// Who looks at lists.
#[derive(Debug, Clone, Copy)]
pub(super) struct Viewer<'a> {
    pub(super) did: Did,
    /// Whether they see what they have no role in: what a device holds, its person may see, also
    /// after they lost access to it.
    pub(super) sees_all: bool,
    /// The only lists that they look at; none: all.
    pub(super) within: Option<&'a BTreeSet<DocumentId>>,
}

impl Viewer<'_> {
    /// Whether a list is one of those that they look at.
    pub(super) fn looks_at(&self, list: &DocumentId) -> bool {
        self.within.is_none_or(|lists| lists.contains(list))
    }

    /// Whose roles decide what is seen, where they do.
    pub(super) fn limited_to(&self) -> Option<[u8; 32]> {
        (!self.sees_all).then(|| *self.did.key().as_bytes())
    }
}

/// A list by its name, its tasks not counted yet.
#[derive(Clone)]
pub(super) struct Named {
    pub(super) row: i64,
    pub(super) list: List,
}

impl Named {
    /// Whether it is neither put away nor lost.
    pub(super) fn is_live(&self) -> bool {
        self.list.deleted_at.is_none() && self.list.role.is_some()
    }

    pub(super) fn count(&mut self, conn: &Connection) -> Result<(), StoreError> {
        let deleted: u64;
        (self.list.total, self.list.open, deleted) = conn
            .prepare_cached(
                "SELECT count(*) FILTER (WHERE deleted_at IS NULL),
                     count(*) FILTER (WHERE deleted_at IS NULL AND done = 0),
                     count(*) FILTER (WHERE deleted_at IS NOT NULL)
                 FROM item INDEXED BY item_order WHERE doc = ?1",
            )?
            .query_row(params![self.row], |row| {
                let count = |index| row.get::<_, i64>(index).map(i64::unsigned_abs);
                Ok((count(0)?, count(1)?, count(2)?))
            })?;
        if deleted == 0 {
            return Ok(());
        }
        for task in tree::trashed_with_others(conn, self.row)? {
            let done: bool = conn
                .prepare_cached("SELECT done FROM item WHERE doc = ?1 AND task = ?2")?
                .query_row(params![self.row, task.to_string()], |row| row.get(0))?;
            self.list.total -= 1;
            self.list.open -= u64::from(!done);
        }
        Ok(())
    }
}

/// Every list by title, or one of them.
pub(super) fn named(
    conn: &Connection,
    viewer: Viewer<'_>,
    space: &DocumentId,
    only: Option<&DocumentId>,
) -> Result<Vec<Named>, StoreError> {
    let join = match viewer.sees_all {
        true => "LEFT JOIN document_identity AS mine ON mine.doc = list.doc AND mine.did = ?1",
        false => {
            "JOIN document_identity AS mine
                 ON mine.doc = list.doc AND mine.did = ?1 AND mine.role IS NOT NULL"
        }
    };
    let which = match only {
        Some(_) => "WHERE document.doc = ?2",
        None => "WHERE ?2 IS NULL ORDER BY list.title COLLATE NOCASE, document.doc",
    };
    let mut statement = conn.prepare_cached(&format!(
        "SELECT document.doc, list.title, list.created_at, list.deleted_at, mine.role,
             (SELECT count(*) FROM document_identity AS who
                 WHERE who.doc = list.doc AND who.role IS NOT NULL), list.doc,
             list.icon, list.color, list.view
         FROM list JOIN document ON document.id = list.doc
         {join} {which}"
    ))?;
    let only = only.map(AsRef::as_ref);
    let rows = statement.query_map(params![viewer.did.key().as_ref(), only], |row| {
        Ok(Named {
            row: row.get(6)?,
            list: List {
                id: crate::store::blob(row, 0)?,
                title: row.get(1)?,
                role: row.get::<_, Option<i64>>(4)?.and_then(role),
                open: 0,
                total: 0,
                members: row.get::<_, i64>(5)?.unsigned_abs(),
                created_at: time(row.get(2)?),
                deleted_at: time(row.get(3)?),
                icon: row.get(7)?,
                color: row.get(8)?,
                view: row.get::<_, String>(9)?.parse().unwrap_or(ListView::List),
                favorite: false,
                archived: false,
                folder: None,
                sort: Sort::Manual,
            },
        })
    })?;
    let mut lists: Vec<Named> = rows.collect::<Result<_, _>>()?;
    lists.retain(|named| viewer.looks_at(&named.list.id));
    place(conn, space, &mut lists)?;
    Ok(lists)
}

/// Adds where the lists stand for this person.
fn place(conn: &Connection, space: &DocumentId, lists: &mut [Named]) -> Result<(), StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT space_list.list, space_list.favorite, space_list.archived, folder.folder,
             space_list.sort
         FROM document JOIN space_list ON space_list.doc = document.id
         LEFT JOIN folder ON folder.doc = document.id AND folder.folder = space_list.folder
         WHERE document.doc = ?1",
    )?;
    let mut rows = statement.query(params![space.as_ref()])?;
    let mut places: BTreeMap<DocumentId, &mut Named> = lists
        .iter_mut()
        .map(|named| (named.list.id, named))
        .collect();
    while let Some(row) = rows.next()? {
        let id: DocumentId = match parsed(row, 0) {
            Ok(id) => id,
            // Not a list's id: whatever another program keeps there.
            Err(_) => continue,
        };
        let Some(named) = places.get_mut(&id) else {
            continue;
        };
        named.list.favorite = row.get(1)?;
        named.list.archived = row.get(2)?;
        named.list.folder = row.get(3)?;
        let sort: Option<String> = row.get(4)?;
        named.list.sort = sort.and_then(|sort| sort.parse().ok()).unwrap_or_default();
    }
    Ok(())
}

fn role(number: i64) -> Option<Role> {
    [Role::Viewer, Role::Editor, Role::Owner]
        .into_iter()
        .find(|role| *role as i64 == number)
}
