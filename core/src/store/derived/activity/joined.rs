//! Who joined: no change says so, but a statement.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use crate::identity::Did;
use crate::membership::{Grant, Grantee, Payload, StatementDigest};
use crate::model::{ActivityAction as Action, ActivityDetail as Detail};
use crate::store::documents::DocumentRow;
use crate::store::{StoreError, statements};

/// Whether somebody joined after a time: their place in the order has to be found again then.
pub(super) fn knows_joined_after(conn: &Connection, doc: i64, at: i64) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT 1 FROM activity INDEXED BY activity_joined
             WHERE doc = ?1 AND action = 'joined' AND at >= ?2",
        )?
        .exists(params![doc, at])?)
}

/// Makes the rows of who joined anew from the statements. Those have no place in the causal order
/// of changes: each stands behind what was done, as far as authors claim, until then.
pub(crate) fn refresh_joined(conn: &Connection, document: &DocumentRow) -> Result<(), StoreError> {
    conn.prepare_cached(
        "DELETE FROM activity INDEXED BY activity_joined WHERE doc = ?1 AND action = 'joined'",
    )?
    .execute(params![document.row])?;
    let mut joined: BTreeMap<Did, (i64, StatementDigest)> = BTreeMap::new();
    for statement in statements::of_document(conn, &document.id)? {
        let (did, at) = match statement.payload() {
            Payload::Redeem(redeem) => (redeem.joiner, redeem.redeemed_at_ms),
            Payload::Grant(Grant {
                to: Grantee::Did(did),
                issued_at_ms,
                ..
            }) => (*did, *issued_at_ms),
            _ => continue,
        };
        let found = (at, statement.digest());
        let first = joined.entry(did).or_insert(found);
        *first = (*first).min(found);
    }
    for (did, (at, digest)) in joined {
        let pos: Option<i64> = conn
            .prepare_cached("SELECT max(pos) FROM activity WHERE doc = ?1 AND at <= ?2")?
            .query_row(params![document.row, at], |row| row.get(0))?;
        let detail = Detail {
            assignee: Some(did.to_string()),
            ..Detail::default()
        };
        conn.prepare_cached(
            "INSERT OR REPLACE INTO activity (doc, pos, hash, n, actor, at, placed, action, detail)
             VALUES (?1, ?2, ?3, 0, 0, ?4,
                 min(?4, (SELECT coalesce(received, ?4) FROM statement WHERE digest = ?3)), ?5, ?6)",
        )?
        .execute(params![
            document.row,
            pos.unwrap_or_default(),
            digest.as_ref(),
            at,
            Action::Joined.as_str(),
            serde_json::to_string(&detail).unwrap_or_default(),
        ])?;
    }
    Ok(())
}
