//! What the read model says of a document, in short: two that were made in different ways must say
//! the same.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};

use crate::store::StoreError;

/// The tables with what of them follows from the log, one text for each row. Numbers of rows do
/// not: an object is named by the operation that made it.
const CONTENTS: [(&str, &str); 15] = [
    (
        "op",
        "SELECT json_array(object.ctr, object.actor, op.key, op.ctr, op.actor, op.over, op.kind,
                    hex(op.value)) AS said
         FROM object JOIN op ON op.obj = object.id WHERE object.doc = ?1",
    ),
    (
        "object",
        "SELECT json_array(object.ctr, object.actor, above.ctr, above.actor, object.key,
                    object.kind) AS said
         FROM object LEFT JOIN object AS above ON above.id = object.parent
         WHERE object.doc = ?1",
    ),
    (
        "text",
        "SELECT json_array(object.ctr, object.actor, text.value) AS said
         FROM object JOIN text ON text.obj = object.id WHERE object.doc = ?1",
    ),
    (
        "list",
        "SELECT json_array(title, created_at, deleted_at, icon, color, view) AS said
         FROM list WHERE doc = ?1",
    ),
    (
        "item",
        "SELECT json_array(task, object.ctr, object.actor, author, title, notes, url, status,
                    priority, due, series, next, day, context, done, last, item.parent, ord,
                    assignee, assigned_at, aisle, tags, reminders, blocked_by, attachments,
                    created_at, deleted_at, conflicts, short) AS said
         FROM item JOIN object ON object.id = item.obj WHERE item.doc = ?1",
    ),
    (
        "search",
        "SELECT json_array(item.task, search.title, search.notes, search.comments) AS said
         FROM item JOIN search ON search.rowid = item.texts WHERE item.doc = ?1",
    ),
    ("lifted", "SELECT task AS said FROM lifted WHERE doc = ?1"),
    (
        "attached",
        "SELECT json_array(hex(hash), task, trashed, size) AS said FROM attached WHERE doc = ?1",
    ),
    (
        "comment",
        "SELECT json_array(comment, author, task, body, created_at, edited_at, deleted_at) AS said
         FROM comment WHERE doc = ?1",
    ),
    (
        "tag",
        "SELECT json_array(tag, name, color) AS said FROM tag WHERE doc = ?1",
    ),
    (
        "aisle",
        "SELECT json_array(aisle, name, keywords) AS said FROM aisle WHERE doc = ?1",
    ),
    (
        "activity",
        "SELECT json_array(pos, hex(hash), n, actor, who, at, placed, action, task, comment, day,
                    detail) AS said
         FROM activity WHERE doc = ?1",
    ),
    (
        "space_list",
        "SELECT json_array(list, folder, favorite, archived, sort) AS said
         FROM space_list WHERE doc = ?1",
    ),
    (
        "folder, template",
        "SELECT json_array(folder, name) AS said FROM folder WHERE doc = ?1
         UNION ALL SELECT json_array(template, title, body) FROM template WHERE doc = ?1",
    ),
    (
        "setting",
        "SELECT json_array(name, value) AS said FROM setting WHERE doc = ?1",
    ),
];

/// A digest of each table's part about a document.
pub(crate) fn digests(
    conn: &Connection,
    doc: i64,
) -> Result<BTreeMap<&'static str, [u8; 32]>, StoreError> {
    let mut digests = BTreeMap::new();
    for (table, contents) in CONTENTS {
        let mut hasher = Sha256::new();
        let mut statement = conn.prepare(&format!("{contents} ORDER BY said"))?;
        let mut rows = statement.query(params![doc])?;
        while let Some(row) = rows.next()? {
            let said = row.get_ref(0)?.as_bytes().map_err(rusqlite::Error::from)?;
            hasher.update((said.len() as u64).to_be_bytes());
            hasher.update(said);
        }
        digests.insert(table, hasher.finalize().into());
    }
    Ok(digests)
}
