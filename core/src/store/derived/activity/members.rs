//! Who came, who went, and who got another role: no change says so, but statements do.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};

use crate::identity::Did;
use crate::membership::{Authority, Payload, Role, Statement, StatementDigest};
use crate::model::{ActivityAction as Action, ActivityDetail as Detail};
use crate::store::StoreError;
use crate::store::documents::DocumentRow;

/// Moves what the record says of members behind something that was done before, as far as its
/// author claims, and came later: what [`refresh_members`] would find, without reading the record.
pub(super) fn move_members_behind(
    conn: &Connection,
    doc: i64,
    at: i64,
    pos: i64,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "UPDATE activity INDEXED BY activity_members SET pos = ?3
         WHERE doc = ?1 AND who IS NOT NULL AND at >= ?2 AND pos < ?3",
    )?
    .execute(params![doc, at, pos])?;
    Ok(())
}

/// Makes the rows about members anew from the statements. Those have no place in the causal order
/// of changes: each stands behind what was done, as far as authors claim, until then.
pub(crate) fn refresh_members(
    conn: &Connection,
    document: &DocumentRow,
    authority: &Authority,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "DELETE FROM activity INDEXED BY activity_members WHERE doc = ?1 AND who IS NOT NULL",
    )?
    .execute(params![document.row])?;
    let mut turns = turns(authority);
    turns.sort_by_key(|turn| (turn.at, turn.member));
    for (turn, pos) in turns.iter().zip(positions(conn, document.row, &turns)?) {
        let detail = Detail {
            assignee: Some(turn.member.to_string()),
            role: turn.role,
            ..Detail::default()
        };
        conn.prepare_cached(
            "INSERT OR REPLACE INTO activity
                 (doc, pos, hash, n, actor, who, at, placed, action, detail)
             VALUES (?1, ?2, ?3, 0, 0, ?4, ?5,
                 min(?5, coalesce((SELECT received FROM statement WHERE digest = ?6), ?5)), ?7, ?8)",
        )?
        .execute(params![
            document.row,
            pos,
            turn.place(),
            turn.by.to_string(),
            turn.at,
            turn.cause.as_ref(),
            turn.action.as_str(),
            serde_json::to_string(&detail).unwrap_or_default(),
        ])?;
        conn.prepare_cached(
            "INSERT OR IGNORE INTO turn_place (place, doc, hash)
             VALUES ((SELECT id FROM next_change), ?1, ?2)",
        )?
        .execute(params![document.row, turn.place()])?;
    }
    Ok(())
}

/// A turn in what somebody may do in a list.
struct Turn {
    at: i64,
    member: Did,
    action: Action,
    /// What they may do since.
    role: Option<Role>,
    /// Who did it.
    by: Did,
    /// The statement that says so.
    cause: StatementDigest,
    /// Whether it is one for the less.
    ends: bool,
}

impl Turn {
    /// In place of a change's hash. Behind the changes that have the same place, whose hashes
    /// begin otherwise as good as always, and among turns in the order of time; at one time, what
    /// ends comes behind what begins.
    fn place(&self) -> [u8; 32] {
        let mut place = [0xff; 32];
        let time = (self.at.clamp(0, (1 << 48) - 1) << 1) | i64::from(self.ends);
        let digest = Sha256::new()
            .chain_update(self.cause.as_bytes())
            .chain_update(self.member.key().as_ref())
            .finalize();
        let time = time.to_be_bytes();
        let rest = time.iter().skip(1).chain(&digest);
        for (byte, value) in place.iter_mut().skip(2).zip(rest) {
            *byte = *value;
        }
        place
    }
}

/// A title begins or ends.
struct Step {
    at: i64,
    ends: bool,
    title: StatementDigest,
    role: Role,
    /// The statement by which it does.
    cause: StatementDigest,
}

/// Every turn in the role of everybody, from the titles that had or have effect. A role is the
/// highest of somebody's titles; what begins and ends at one moment is one turn.
fn turns(authority: &Authority) -> Vec<Turn> {
    let time = |digest: &StatementDigest| {
        let statement = authority.statements().get(digest)?;
        said_at(statement.payload())
    };
    let mut steps: BTreeMap<Did, Vec<Step>> = BTreeMap::new();
    for given in authority.given_roles() {
        let of_holder = steps.entry(given.holder).or_default();
        let Some(begins) = time(&given.statement) else {
            continue;
        };
        let step = |at, ends, cause| Step {
            at,
            ends,
            title: given.statement,
            role: given.role,
            cause,
        };
        of_holder.push(step(begins, false, given.statement));
        let ended = given.felled_by.iter();
        if let Some((at, cause)) = ended.filter_map(|by| Some((time(by)?, *by))).min() {
            // By a clock that is behind, a title would end before it begins.
            of_holder.push(step(at.max(begins), true, cause));
        }
    }
    let mut turns = Vec::new();
    for (member, mut steps) in steps {
        // What begins comes before what ends: whoever gets one role for another has one all along.
        steps.sort_by_key(|step| (step.at, step.ends, step.cause));
        let mut titles: BTreeMap<StatementDigest, Role> = BTreeMap::new();
        for together in steps.chunk_by(|a, b| (a.at, a.ends) == (b.at, b.ends)) {
            let before = titles.values().max().copied();
            for step in together {
                if step.ends {
                    titles.remove(&step.title);
                } else {
                    titles.insert(step.title, step.role);
                }
            }
            let role = titles.values().max().copied();
            if before != role {
                turns.extend(turn(authority, member, before, role, together));
            }
        }
    }
    turns
}

fn turn(
    authority: &Authority,
    member: Did,
    before: Option<Role>,
    role: Option<Role>,
    steps: &[Step],
) -> Option<Turn> {
    let by = |step: &Step| said_by(authority, authority.statements().get(&step.cause)?);
    let own = |step: &&Step| by(step) == Some(member);
    let cause = match role {
        // They went by themselves, even if somebody removed them at the same time.
        None => steps.iter().find(own).or(steps.first())?,
        Some(_) => steps
            .iter()
            .find(|step| step.ends || Some(step.role) == role)?,
    };
    let by = by(cause)?;
    let action = match (before, role) {
        // Who made a list is there from its beginning.
        (None, _) if authority.genesis_digest() == Some(cause.title) => return None,
        (None, _) => Action::Joined,
        (_, Some(_)) => Action::RoleChanged,
        (_, None) if by == member => Action::Left,
        (_, None) => Action::Removed,
    };
    Some(Turn {
        at: cause.at,
        member,
        action,
        role,
        by: if action == Action::Joined { member } else { by },
        cause: cause.cause,
        ends: cause.ends,
    })
}

/// When something was said about a title, as whoever said it claims.
fn said_at(payload: &Payload) -> Option<i64> {
    Some(match payload {
        Payload::Genesis(it) => it.created_at_ms,
        Payload::Grant(it) => it.issued_at_ms,
        Payload::Redeem(it) => it.redeemed_at_ms,
        Payload::Revoke(it) => it.issued_at_ms,
        Payload::Device(_) | Payload::Profile(_) | Payload::Witness(_) => return None,
    })
}

/// Who did what a statement says. That an invite was used the relay signs, but the joiner did it.
fn said_by(authority: &Authority, statement: &Statement) -> Option<Did> {
    match statement.payload() {
        Payload::Redeem(it) => Some(it.joiner),
        _ => authority.identity_of(&statement.signer()),
    }
}

/// Where each of some turns, in the order of time, stands: behind the last change that claims its
/// time or an earlier one.
fn positions(conn: &Connection, doc: i64, turns: &[Turn]) -> Result<Vec<i64>, StoreError> {
    let mut last = vec![0; turns.len()];
    if turns.is_empty() {
        return Ok(last);
    }
    let mut statement =
        conn.prepare_cached("SELECT at, pos FROM activity WHERE doc = ?1 AND who IS NULL")?;
    let mut rows = statement.query(params![doc])?;
    while let Some(row) = rows.next()? {
        let (at, pos): (i64, i64) = (row.get(0)?, row.get(1)?);
        let first = turns.partition_point(|turn| turn.at < at);
        if let Some(known) = last.get_mut(first) {
            *known = pos.max(*known);
        }
    }
    let mut highest = 0;
    for pos in &mut last {
        highest = highest.max(*pos);
        *pos = highest;
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{BIRTH_VERSION, DocumentKind, DocumentNonce};
    use crate::identity::Keypair;
    use crate::membership::{Genesis, Grant, GrantNonce, Grantee, Revoke, Scope};
    use crate::store::{Actors, Store, give_birth, statements};

    /// What is said without the right to say it is in no record, and by a clock that is behind
    /// nobody goes before they came.
    #[test]
    fn only_what_has_effect_is_told_and_in_its_order() {
        let key = |seed: u8| Keypair::from_seed(&[seed; 32]);
        let did = |seed: u8| Did::from_key(key(seed).public());
        let genesis = Genesis {
            owner: did(1),
            nonce: DocumentNonce::Space,
            kind: DocumentKind::List,
            version: BIRTH_VERSION,
            home: None,
            created_at_ms: 10,
            chosen_id: None,
        };
        let document = genesis.document();
        let grant = |by: u8, to: u8, at: i64| {
            let grant = Grant {
                document,
                to: Grantee::Did(did(to)),
                role: Role::Editor,
                nonce: GrantNonce::from_bytes([to; 16]),
                issued_at_ms: at,
            };
            Statement::sign(Payload::Grant(grant), &key(by)).unwrap()
        };
        let (ann, stranger) = (grant(1, 2, 30), grant(8, 9, 5));
        let revoke = |by: u8, target: &Statement, at| {
            let revoke = Revoke {
                scope: Scope::Document(document),
                targets: [target.digest()].into(),
                marks: BTreeMap::new(),
                keep: std::collections::BTreeSet::new(),
                issued_at_ms: at,
            };
            Statement::sign(Payload::Revoke(revoke), &key(by)).unwrap()
        };
        let store = Store::open_in_memory().unwrap();
        let conn = store.conn();
        let mut row = DocumentRow::create(conn, &document, DocumentKind::List).unwrap();
        give_birth(conn, &mut row, &mut Actors::default()).unwrap();
        let told = |statement: &Statement| -> Vec<String> {
            statements::put(conn, statement).unwrap();
            let authority = statements::authority(conn, &document).unwrap();
            refresh_members(conn, &row, &authority).unwrap();
            let mut rows = conn
                .prepare("SELECT action || ' ' || at FROM activity ORDER BY pos, hash, n")
                .unwrap();
            let rows = rows.query_map([], |row| row.get(0)).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        let nothing: [&str; 0] = [];
        let first = Statement::sign(Payload::Genesis(genesis), &key(1)).unwrap();
        assert_eq!(told(&first), nothing);
        assert_eq!(told(&stranger), nothing);
        assert_eq!(told(&ann), ["joined 30"]);
        assert_eq!(told(&revoke(8, &ann, 40)), ["joined 30"]);
        assert_eq!(told(&revoke(1, &ann, 20)), ["joined 30", "removed 30"]);
        assert_eq!(told(&revoke(2, &ann, 15)), ["joined 30", "left 30"]);
    }
}
