//! Who has access, by whom it was given, and what waits for the relay.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::document::DocumentKind;
use crate::membership::Authority;
use crate::model::{InviteView, PendingList};
use crate::replica::QueryError;
use crate::store::DocumentRow;

pub(super) fn invites(authority: &Authority, now: Timestamp) -> Vec<InviteView> {
    authority
        .invites()
        .iter()
        .filter(|(_, state)| {
            let used = state.invite.single_use && !state.redeemed_by.is_empty();
            !state.revoked && !used && state.invite.expires_at_ms > now.as_millisecond()
        })
        .filter_map(|(digest, state)| {
            Some(InviteView {
                id: digest.to_hex(),
                role: state.role,
                expires_at: Timestamp::from_millisecond(state.invite.expires_at_ms).ok()?,
            })
        })
        .collect()
}

pub(super) fn pending(conn: &Connection) -> Result<Vec<PendingList>, QueryError> {
    let mut pending = Vec::new();
    for document in DocumentRow::all(conn)? {
        if document.kind != DocumentKind::List || document.digest == document.synced {
            continue;
        }
        let changes: i64 = conn
            .prepare_cached("SELECT count(*) FROM outbox WHERE doc = ?1")?
            .query_row(params![document.row], |row| row.get(0))?;
        if changes > 0 || document.refused.is_some() {
            pending.push(PendingList {
                list: document.id,
                changes: changes.unsigned_abs(),
                refused: document.refused,
            });
        }
    }
    Ok(pending)
}
