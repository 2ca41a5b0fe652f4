//! Answering queries, from the read model alone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::sharing::device_id;
use super::{QueryError, Replica};
use crate::document::{DocumentId, DocumentKind};
use crate::identity::Did;
use crate::membership::{Authority, Identities, Payload, Role};
use crate::model::{
    Answer, Conflict, Device, Identity, InviteView, List, Member, Page, PendingList, Query, Status,
    Task, TaskId,
};
use crate::store::{Actors, DocumentRow, StoreError, StoredConflict, parsed, statements};

/// Tasks on a page unless told.
const PAGE_DEFAULT: u32 = 1_000;
/// Tasks on a page at most.
const PAGE_MAX: u32 = 10_000;
/// The fewest characters of a task's id that name it.
const SHORT_ID_CHARS_MIN: usize = 6;
/// The most candidates that an ambiguous name lists.
const CANDIDATES_MAX: usize = 5;

impl Replica {
    /// Answers a query. Nothing is written, no document is loaded, no network is used.
    ///
    /// # Errors
    /// [`QueryError`] if there is no such thing, several fit, or the database fails.
    pub fn query(&self, query: &Query, now: Timestamp) -> Result<Answer, QueryError> {
        self.store().read(|conn| match query {
            Query::Whoami => Ok(Answer::Identity(self.whoami(conn)?)),
            Query::Lists { all } => Ok(Answer::Lists(lists(conn, &self.did(), *all)?.into())),
            Query::List { list } => Ok(Answer::List(self.list(conn, list)?)),
            Query::FindList { text } => Ok(Answer::List(find_list(conn, &self.did(), text)?)),
            Query::Tasks {
                list,
                status,
                deleted,
                limit,
                cursor,
            } => {
                let all = self.tasks(conn, list.as_ref(), *status, *deleted)?;
                Ok(Answer::Tasks(page(all, *limit, cursor.as_deref())?))
            }
            Query::Task { list, task } => {
                let tasks = Tree::load(conn, &self.document(conn, list)?)?.tasks;
                tasks
                    .into_iter()
                    .find(|t| t.id == *task)
                    .map(Answer::Task)
                    .ok_or_else(|| not_found("task", &task.to_string()))
            }
            Query::FindTask { text, list } => {
                let (list, task) = find_task(conn, text, list.as_ref())?;
                let tasks = Tree::load(conn, &self.document(conn, &list)?)?.tasks;
                tasks
                    .into_iter()
                    .find(|t| t.id == task)
                    .map(Answer::Task)
                    .ok_or_else(|| not_found("task", text))
            }
            Query::Members { list } => Ok(Answer::Members(self.members(conn, list)?.into())),
            Query::FindMember { list, text } => Ok(Answer::Member(find_member(
                self.members(conn, list)?,
                text,
            )?)),
            Query::Invites { list } => {
                let document = self.document(conn, list)?;
                let authority = statements::authority(conn, &document.id)?;
                Ok(Answer::Invites(invites(&authority, now).into()))
            }
            Query::Devices => Ok(Answer::Devices(self.devices(conn)?.into())),
            Query::Verify { list } => Ok(Answer::Verified(self.verify(conn, list)?)),
            Query::Export { list, format } => {
                let list = self.list(conn, list)?;
                let tree = Tree::load(conn, &self.document(conn, &list.id)?)?;
                let text = super::export::export(&list, tree.tasks, &tree.trashed, *format);
                Ok(Answer::Text(text))
            }
            Query::Pending => Ok(Answer::Pending(pending(conn)?.into())),
        })
    }

    fn document(&self, conn: &Connection, list: &DocumentId) -> Result<DocumentRow, QueryError> {
        DocumentRow::find(conn, list)?
            .filter(|document| document.kind == DocumentKind::List)
            .ok_or_else(|| not_found("list", &list.to_string()))
    }

    fn whoami(&self, conn: &Connection) -> Result<Identity, QueryError> {
        let known = statements::of_identity(conn, &self.did())?;
        let identities = Identities::evaluate(&known);
        Ok(Identity {
            did: self.did(),
            name: name_of(
                identities.profile(&self.did()).map(|p| p.name.as_str()),
                &self.did(),
            ),
            device: device_id(&self.keys().device.public()),
            holds_identity: self.keys().identity.is_some(),
            relay: self.relay_url()?,
        })
    }

    fn list(&self, conn: &Connection, list: &DocumentId) -> Result<List, QueryError> {
        lists(conn, &self.did(), true)?
            .into_iter()
            .find(|l| l.id == *list)
            .ok_or_else(|| not_found("list", &list.to_string()))
    }

    fn tasks(
        &self,
        conn: &Connection,
        list: Option<&DocumentId>,
        status: Option<Status>,
        deleted: bool,
    ) -> Result<Vec<Task>, QueryError> {
        let documents = match list {
            Some(list) => vec![self.document(conn, list)?],
            None => {
                let mut documents = Vec::new();
                for list in lists(conn, &self.did(), false)? {
                    documents.extend(DocumentRow::find(conn, &list.id)?);
                }
                documents
            }
        };
        let mut tasks = Vec::new();
        for document in documents {
            let tree = Tree::load(conn, &document)?;
            let wanted = tree.tasks.into_iter().filter(|task| {
                tree.trashed.contains(&task.id) == deleted
                    && status.is_none_or(|status| task.status == status)
            });
            tasks.extend(wanted);
        }
        Ok(tasks)
    }

    fn members(&self, conn: &Connection, list: &DocumentId) -> Result<Vec<Member>, QueryError> {
        let document = self.document(conn, list)?;
        let authority = statements::authority(conn, &document.id)?;
        let mut members: Vec<Member> = authority
            .members()
            .iter()
            .map(|(did, member)| {
                let profile = authority.profile(did);
                Member {
                    did: *did,
                    name: name_of(profile.map(|p| p.name.as_str()), did),
                    role: member.role,
                    me: *did == self.did(),
                    is_agent: profile.is_some_and(|p| p.is_agent),
                }
            })
            .collect();
        members.sort_by(|a, b| (b.role, &a.name, a.did).cmp(&(a.role, &b.name, b.did)));
        Ok(members)
    }

    fn devices(&self, conn: &Connection) -> Result<Vec<Device>, QueryError> {
        let known = statements::of_identity(conn, &self.did())?;
        let identities = Identities::evaluate(&known);
        let mut devices = BTreeMap::new();
        for statement in &known {
            if let Payload::Device(device) = statement.payload() {
                devices.insert(device.device, device);
            }
        }
        let mut devices: Vec<Device> = devices
            .into_values()
            .map(|device| Device {
                id: device_id(&device.device),
                name: device.name.clone(),
                this: device.device == self.keys().device.public(),
                revoked: !identities.is_live(&self.did(), &device.device),
                linked_at: Timestamp::from_millisecond(device.issued_at_ms).ok(),
            })
            .collect();
        devices.sort_by(|a, b| (a.linked_at, &a.id).cmp(&(b.linked_at, &b.id)));
        Ok(devices)
    }
}

fn not_found(what: &'static str, text: &str) -> QueryError {
    QueryError::NotFound {
        what,
        text: text.chars().take(100).collect(),
    }
}

/// A name to show: the profile's, or the end of the DID.
pub(super) fn name_of(profile: Option<&str>, did: &Did) -> String {
    profile.map_or_else(
        || {
            let text = did.to_string();
            let tail: String = text
                .chars()
                .skip(text.chars().count().saturating_sub(8))
                .collect();
            format!("…{tail}")
        },
        str::to_owned,
    )
}

fn time(ms: Option<i64>) -> Option<Timestamp> {
    ms.and_then(|ms| Timestamp::from_millisecond(ms).ok())
}

fn lists(conn: &Connection, me: &Did, all: bool) -> Result<Vec<List>, QueryError> {
    let mut statement = conn.prepare_cached(
        "SELECT document.doc, list.title, list.created_at, list.deleted_at, mine.role,
             (SELECT count(*) FROM item WHERE item.doc = list.doc AND item.deleted_at IS NULL
                 AND item.status <> 'done'),
             (SELECT count(*) FROM item WHERE item.doc = list.doc AND item.deleted_at IS NULL),
             (SELECT count(*) FROM document_identity AS who
                 WHERE who.doc = list.doc AND who.role IS NOT NULL)
         FROM list JOIN document ON document.id = list.doc
         LEFT JOIN document_identity AS mine ON mine.doc = list.doc AND mine.did = ?1
         ORDER BY list.title COLLATE NOCASE, document.doc",
    )?;
    let rows = statement.query_map(params![me.key().as_ref()], |row| {
        Ok(List {
            id: crate::store::blob(row, 0)?,
            title: row.get(1)?,
            role: row.get::<_, Option<i64>>(4)?.and_then(role),
            open: row.get::<_, i64>(5)?.unsigned_abs(),
            total: row.get::<_, i64>(6)?.unsigned_abs(),
            members: row.get::<_, i64>(7)?.unsigned_abs(),
            created_at: time(row.get(2)?),
            deleted_at: time(row.get(3)?),
        })
    })?;
    let mut lists: Vec<List> = rows.collect::<Result<_, _>>().map_err(StoreError::from)?;
    if !all {
        lists.retain(|list| list.deleted_at.is_none() && list.role.is_some());
    }
    Ok(lists)
}

fn role(number: i64) -> Option<Role> {
    [Role::Viewer, Role::Editor, Role::Owner]
        .into_iter()
        .find(|role| *role as i64 == number)
}

fn find_list(conn: &Connection, me: &Did, text: &str) -> Result<List, QueryError> {
    let text = text.trim();
    let mut all = lists(conn, me, true)?;
    if let Ok(id) = text.parse::<DocumentId>()
        && let Some(at) = all.iter().position(|list| list.id == id)
    {
        return Ok(all.swap_remove(at));
    }
    let folded = text.to_lowercase();
    let live = |list: &&List| list.deleted_at.is_none() && list.role.is_some();
    let exact = |list: &&List| list.title.to_lowercase() == folded;
    let begins = |list: &&List| {
        list.title.to_lowercase().starts_with(&folded) || list.id.to_string().starts_with(text)
    };
    for candidates in [
        all.iter().filter(live).filter(exact).collect::<Vec<_>>(),
        all.iter().filter(exact).collect(),
        all.iter().filter(live).filter(begins).collect(),
    ] {
        match candidates.as_slice() {
            [] => {}
            [only] => return Ok((*only).clone()),
            several => {
                return Err(QueryError::Ambiguous {
                    what: "list",
                    text: text.to_owned(),
                    candidates: several
                        .iter()
                        .take(CANDIDATES_MAX)
                        .map(|list| format!("{} ({})", list.title, list.id))
                        .collect(),
                });
            }
        }
    }
    Err(not_found("list", text))
}

/// Finds a task by its id or by the end of one.
fn find_task(
    conn: &Connection,
    text: &str,
    list: Option<&DocumentId>,
) -> Result<(DocumentId, TaskId), QueryError> {
    let digits: String = text
        .trim()
        .to_lowercase()
        .chars()
        .filter(|c| *c != '-')
        .collect();
    if digits.len() < SHORT_ID_CHARS_MIN || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(QueryError::Invalid {
            field: "task",
            reason: format!(
                "`{}` is no task id: give it whole, or its last {SHORT_ID_CHARS_MIN} or more characters",
                text.chars().take(50).collect::<String>()
            ),
        });
    }
    let backwards: String = digits.chars().rev().collect();
    let mut statement = conn.prepare_cached(
        "SELECT document.doc, item.task, item.title FROM item
         JOIN document ON document.id = item.doc
         WHERE item.short >= ?1 AND item.short < ?1 || 'g' AND (?2 IS NULL OR document.doc = ?2)
         ORDER BY item.doc, item.task LIMIT 6",
    )?;
    let rows = statement.query_map(
        params![backwards, list.map(AsRef::as_ref)],
        |row: &Row<'_>| {
            Ok((
                crate::store::blob(row, 0)?,
                parsed(row, 1)?,
                row.get::<_, String>(2)?,
            ))
        },
    )?;
    let found: Vec<(DocumentId, TaskId, String)> =
        rows.collect::<Result<_, _>>().map_err(StoreError::from)?;
    match found.as_slice() {
        [] => Err(not_found("task", text)),
        [(list, task, _)] => Ok((*list, *task)),
        several => {
            let one_task = several
                .iter()
                .all(|(_, task, _)| Some(task) == several.first().map(|f| &f.1));
            Err(QueryError::Ambiguous {
                what: if one_task { "list" } else { "task" },
                text: text.to_owned(),
                candidates: several
                    .iter()
                    .take(CANDIDATES_MAX)
                    .map(|(list, task, title)| format!("{title} ({task} in {list})"))
                    .collect(),
            })
        }
    }
}

fn find_member(members: Vec<Member>, text: &str) -> Result<Member, QueryError> {
    let text = text.trim();
    let folded = text.to_lowercase();
    let did = text.parse::<Did>().ok();
    let exact = |m: &&Member| Some(m.did) == did || m.name.to_lowercase() == folded;
    let begins = |m: &&Member| m.name.to_lowercase().starts_with(&folded);
    for candidates in [
        members.iter().filter(exact).collect::<Vec<_>>(),
        members.iter().filter(begins).collect(),
    ] {
        match candidates.as_slice() {
            [] => {}
            [only] => return Ok((*only).clone()),
            several => {
                return Err(QueryError::Ambiguous {
                    what: "member",
                    text: text.to_owned(),
                    candidates: several
                        .iter()
                        .take(CANDIDATES_MAX)
                        .map(|m| format!("{} ({})", m.name, m.did))
                        .collect(),
                });
            }
        }
    }
    Err(not_found("member", text))
}

fn invites(authority: &Authority, now: Timestamp) -> Vec<InviteView> {
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

fn pending(conn: &Connection) -> Result<Vec<PendingList>, QueryError> {
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

/// A page of tasks. The cursor is where the next one begins.
fn page(
    all: Vec<Task>,
    limit: Option<u32>,
    cursor: Option<&str>,
) -> Result<Page<Task>, QueryError> {
    let limit = limit.unwrap_or(PAGE_DEFAULT);
    if limit == 0 || limit > PAGE_MAX {
        return Err(QueryError::Invalid {
            field: "limit",
            reason: format!("must be from 1 to {PAGE_MAX}"),
        });
    }
    let start = match cursor {
        None => 0,
        Some(cursor) => match cursor.parse::<TaskId>() {
            // The task where the page begins may have moved or gone: then begin anew.
            Ok(id) => all
                .iter()
                .position(|task| task.id == id)
                .unwrap_or_default(),
            Err(_) => {
                return Err(QueryError::Invalid {
                    field: "cursor",
                    reason: "is none that an earlier page ended with".to_owned(),
                });
            }
        },
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next_cursor = all
        .get(start.saturating_add(limit))
        .map(|task| task.id.to_string());
    let items = all.into_iter().skip(start).take(limit).collect();
    Ok(Page { items, next_cursor })
}

/// The items of a list in the order in which they stand.
pub(super) struct Tree {
    /// Parents before their children, siblings by their keys.
    pub(super) tasks: Vec<Task>,
    /// Those in the trash, by themselves or with a parent.
    pub(super) trashed: BTreeSet<TaskId>,
}

impl Tree {
    pub(super) fn load(conn: &Connection, document: &DocumentRow) -> Result<Self, StoreError> {
        let actors = Actors::load(conn, document.row)?;
        let authority = statements::authority(conn, &document.id)?;
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        let mut statement = conn.prepare_cached("SELECT tag, name FROM tag WHERE doc = ?1")?;
        let rows =
            statement.query_map(params![document.row], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for row in rows {
            let (tag, name) = row?;
            names.insert(tag, name);
        }
        let did_of = |actor: i64| {
            let device = actors.by_row(actor)?.device?;
            authority.identity_of(&device)
        };
        let mut by_parent: BTreeMap<Option<TaskId>, Vec<(String, Task)>> = BTreeMap::new();
        let mut statement = conn.prepare_cached(
            "SELECT task, title, notes, url, status, priority, due, parent, ord, tags, created_at,
                 deleted_at, conflicts, author FROM item WHERE doc = ?1",
        )?;
        let mut rows = statement.query(params![document.row])?;
        let mut parents = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let task = read_task(row, document, &names, &did_of)?;
            parents.insert(task.id, task.parent);
            by_parent
                .entry(task.parent)
                .or_default()
                .push((row.get(8)?, task));
        }
        let roots = roots(&parents);
        // A parent that is not there, or a circle, lets its children stand at the top.
        let mut top = by_parent.remove(&None).unwrap_or_default();
        for children in by_parent.values_mut() {
            let mut kept = Vec::with_capacity(children.len());
            for (key, task) in children.drain(..) {
                if roots.contains(&task.id) {
                    top.push((key, task));
                } else {
                    kept.push((key, task));
                }
            }
            *children = kept;
        }
        let mut tree = Self {
            tasks: Vec::with_capacity(parents.len()),
            trashed: BTreeSet::new(),
        };
        sort(&mut top);
        // From the last to the first, so that the first is taken from the stack first.
        let mut stack: Vec<(Task, u32, bool)> = top
            .into_iter()
            .rev()
            .map(|(_, task)| (task, 0, false))
            .collect();
        while let Some((mut task, depth, trashed)) = stack.pop() {
            task.depth = depth;
            let trashed = trashed || task.deleted_at.is_some();
            if trashed {
                tree.trashed.insert(task.id);
            }
            if let Some(mut children) = by_parent.remove(&Some(task.id)) {
                sort(&mut children);
                stack.extend(
                    children
                        .into_iter()
                        .rev()
                        .map(|(_, t)| (t, depth + 1, trashed)),
                );
            }
            tree.tasks.push(task);
        }
        Ok(tree)
    }
}

fn sort(siblings: &mut [(String, Task)]) {
    siblings.sort_by(|a, b| (&a.0, a.1.id).cmp(&(&b.0, b.1.id)));
}

/// The tasks that stand at the top although they name a parent: it is missing, or they close a
/// circle. Of a circle the task with the smallest id is lifted out, on every replica the same.
fn roots(parents: &BTreeMap<TaskId, Option<TaskId>>) -> BTreeSet<TaskId> {
    let mut roots = BTreeSet::new();
    let mut safe: BTreeSet<TaskId> = BTreeSet::new();
    for start in parents.keys() {
        let mut path = Vec::new();
        let mut at = *start;
        loop {
            if safe.contains(&at) {
                break;
            }
            if let Some(from) = path.iter().position(|id| *id == at) {
                roots.extend(path.get(from..).unwrap_or_default().iter().min().copied());
                break;
            }
            path.push(at);
            match parents.get(&at) {
                Some(Some(parent)) if parents.contains_key(parent) => at = *parent,
                Some(Some(_)) => {
                    roots.insert(at);
                    break;
                }
                _ => break,
            }
        }
        safe.extend(path);
    }
    roots
}

fn read_task(
    row: &Row<'_>,
    document: &DocumentRow,
    names: &BTreeMap<String, String>,
    did_of: &impl Fn(i64) -> Option<Did>,
) -> Result<Task, StoreError> {
    let damaged = |_| StoreError::Damaged("an item cannot be read".into());
    let id: TaskId = parsed(row, 0)?;
    let tags: String = row.get(9)?;
    let tags: Vec<String> = serde_json::from_str(&tags).map_err(damaged)?;
    let mut tags: Vec<String> = tags
        .iter()
        .filter_map(|tag| names.get(tag).cloned())
        .collect();
    tags.sort_unstable();
    tags.dedup();
    let conflicts: String = row.get(12)?;
    let conflicts: Vec<StoredConflict> = serde_json::from_str(&conflicts).map_err(damaged)?;
    let text = |index: usize| -> Result<Option<String>, StoreError> { Ok(row.get(index)?) };
    Ok(Task {
        id,
        short_id: id.short(),
        list: document.id,
        title: row.get(1)?,
        notes: row.get(2)?,
        url: row.get(3)?,
        status: parsed(row, 4)?,
        priority: parsed(row, 5)?,
        due: text(6)?.and_then(|due| due.parse().ok()),
        parent: text(7)?.and_then(|parent| parent.parse().ok()),
        depth: 0,
        tags,
        created_at: time(row.get(10)?),
        created_by: did_of(row.get(13)?),
        deleted_at: time(row.get(11)?),
        conflicts: conflicts
            .into_iter()
            .map(|c| Conflict {
                field: c.field,
                value: c.value,
                by: did_of(c.actor),
            })
            .collect(),
    })
}
