//! Answering queries, from the read model alone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::sharing::device_id;
use super::tree::{self, Place, Tree};
use super::{QueryError, Replica};
use crate::document::{DocumentId, DocumentKind};
use crate::identity::Did;
use crate::membership::{Identities, Payload, Role};
use crate::model::{
    Answer, Device, Identity, List, Member, Page, PendingList, Query, Status, Task, TaskId,
};
use crate::store::{DocumentRow, StoreError, parsed, statements};

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
                let filter = Filter {
                    status: *status,
                    deleted: *deleted,
                };
                let documents = self.documents(conn, list.as_ref())?;
                let page = page(conn, &documents, filter, *limit, cursor.as_deref())?;
                Ok(Answer::Tasks(page))
            }
            Query::Task { list, task } => tree::one(conn, &self.document(conn, list)?, task)?
                .map(Answer::Task)
                .ok_or_else(|| not_found("task", &task.to_string())),
            Query::FindTask { text, list } => {
                let (list, task) = find_task(conn, text, list.as_ref())?;
                tree::one(conn, &self.document(conn, &list)?, &task)?
                    .map(Answer::Task)
                    .ok_or_else(|| not_found("task", text))
            }
            Query::Members { list } => {
                let document = self.document(conn, list)?;
                Ok(Answer::Members(self.members(conn, &document.id)?.into()))
            }
            Query::FindMember { list, text } => {
                let document = self.document(conn, list)?;
                let members = self.members(conn, &document.id)?;
                Ok(Answer::Member(find_member(members, text)?))
            }
            Query::Invites { list } => {
                let document = self.document(conn, list)?;
                let invites = self.invites(conn, &document.id, now)?;
                Ok(Answer::Invites(invites.into()))
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
        let profile = identities.profile(&self.did());
        let agent = profile.and_then(crate::model::AgentProfile::of);
        Ok(Identity {
            did: self.did(),
            name: name_of(profile.map(|p| p.name.as_str()), &self.did()),
            device: device_id(&self.keys().device.public()),
            holds_identity: self.keys().identity.is_some(),
            color: profile.and_then(|p| p.color.clone()),
            is_agent: agent.is_some(),
            agent_platform: agent.as_ref().and_then(|agent| agent.platform.clone()),
            connected_by: agent.and_then(|agent| agent.connected_by),
            relay: self.relay_url()?,
        })
    }

    fn list(&self, conn: &Connection, list: &DocumentId) -> Result<List, QueryError> {
        let mut found = named(conn, &self.did())?
            .into_iter()
            .find(|named| named.list.id == *list)
            .ok_or_else(|| not_found("list", &list.to_string()))?;
        found.count(conn)?;
        Ok(found.list)
    }

    /// The lists that tasks are asked of: one, or all that are in use.
    fn documents(
        &self,
        conn: &Connection,
        list: Option<&DocumentId>,
    ) -> Result<Vec<DocumentRow>, QueryError> {
        if let Some(list) = list {
            return Ok(vec![self.document(conn, list)?]);
        }
        let mut documents = Vec::new();
        for named in named(conn, &self.did())? {
            if named.is_live() {
                documents.extend(DocumentRow::find(conn, &named.list.id)?);
            }
        }
        Ok(documents)
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

pub(super) fn time(ms: Option<i64>) -> Option<Timestamp> {
    ms.and_then(|ms| Timestamp::from_millisecond(ms).ok())
}

/// A list by its name, its tasks not counted yet.
#[derive(Clone)]
struct Named {
    row: i64,
    list: List,
}

impl Named {
    /// Whether it is neither put away nor lost.
    fn is_live(&self) -> bool {
        self.list.deleted_at.is_none() && self.list.role.is_some()
    }

    fn count(&mut self, conn: &Connection) -> Result<(), StoreError> {
        (self.list.total, self.list.open) = conn
            .prepare_cached(
                "SELECT count(*), count(*) FILTER (WHERE status <> 'done')
                 FROM item INDEXED BY item_order WHERE doc = ?1 AND deleted_at IS NULL",
            )?
            .query_row(params![self.row], |row| {
                let count = |index| row.get::<_, i64>(index).map(i64::unsigned_abs);
                Ok((count(0)?, count(1)?))
            })?;
        Ok(())
    }
}

/// Every list by title.
fn named(conn: &Connection, me: &Did) -> Result<Vec<Named>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT document.doc, list.title, list.created_at, list.deleted_at, mine.role,
             (SELECT count(*) FROM document_identity AS who
                 WHERE who.doc = list.doc AND who.role IS NOT NULL), list.doc
         FROM list JOIN document ON document.id = list.doc
         LEFT JOIN document_identity AS mine ON mine.doc = list.doc AND mine.did = ?1
         ORDER BY list.title COLLATE NOCASE, document.doc",
    )?;
    let rows = statement.query_map(params![me.key().as_ref()], |row| {
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
            },
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn lists(conn: &Connection, me: &Did, all: bool) -> Result<Vec<List>, StoreError> {
    let mut found = named(conn, me)?;
    found.retain(|named| all || named.is_live());
    for named in &mut found {
        named.count(conn)?;
    }
    Ok(found.into_iter().map(|named| named.list).collect())
}

fn role(number: i64) -> Option<Role> {
    [Role::Viewer, Role::Editor, Role::Owner]
        .into_iter()
        .find(|role| *role as i64 == number)
}

fn find_list(conn: &Connection, me: &Did, text: &str) -> Result<List, QueryError> {
    let text = text.trim();
    let all = named(conn, me)?;
    let counted = |named: &Named| {
        let mut found = named.clone();
        found.count(conn)?;
        Ok(found.list)
    };
    if let Ok(id) = text.parse::<DocumentId>()
        && let Some(found) = all.iter().find(|named| named.list.id == id)
    {
        return counted(found);
    }
    let folded = text.to_lowercase();
    let live = |named: &&Named| named.is_live();
    let exact = |named: &&Named| named.list.title.to_lowercase() == folded;
    let begins = |named: &&Named| {
        let list = &named.list;
        list.title.to_lowercase().starts_with(&folded) || list.id.to_string().starts_with(text)
    };
    for candidates in [
        all.iter().filter(live).filter(exact).collect::<Vec<_>>(),
        all.iter().filter(exact).collect(),
        all.iter().filter(live).filter(begins).collect(),
    ] {
        match candidates.as_slice() {
            [] => {}
            [only] => return counted(only),
            several => {
                return Err(QueryError::Ambiguous {
                    what: "list",
                    text: text.to_owned(),
                    candidates: several
                        .iter()
                        .take(CANDIDATES_MAX)
                        .map(|named| format!("{} ({})", named.list.title, named.list.id))
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

/// Which tasks are asked for.
#[derive(Clone, Copy)]
struct Filter {
    status: Option<Status>,
    deleted: bool,
}

impl Filter {
    fn lets_in(self, place: &Place) -> bool {
        place.trashed == self.deleted && self.status.is_none_or(|status| place.status == status)
    }
}

/// A page of tasks. The cursor is where the next one begins.
fn page(
    conn: &Connection,
    documents: &[DocumentRow],
    filter: Filter,
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
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let start = match cursor.map(str::parse::<TaskId>) {
        None => None,
        Some(Ok(start)) => Some(start),
        Some(Err(_)) => {
            return Err(QueryError::Invalid {
                field: "cursor",
                reason: "is none that an earlier page ended with".to_owned(),
            });
        }
    };
    if let Some(page) = page_from(conn, documents, filter, limit, start)? {
        return Ok(page);
    }
    // The task where the page begins may have moved or gone: then begin anew.
    Ok(page_from(conn, documents, filter, limit, None)?.unwrap_or_default())
}

/// The page that begins at `start`; `None` if that is not among the tasks. Only what is on the
/// page is read whole.
fn page_from(
    conn: &Connection,
    documents: &[DocumentRow],
    filter: Filter,
    limit: usize,
    start: Option<TaskId>,
) -> Result<Option<Page<Task>>, StoreError> {
    let mut begun = start.is_none();
    let mut page = Page::default();
    for document in documents {
        let places = tree::places(conn, document)?;
        let mut wanted: Vec<Place> = Vec::new();
        for place in places.into_iter().filter(|place| filter.lets_in(place)) {
            begun |= start == Some(place.task);
            if !begun {
                continue;
            }
            if page.items.len() + wanted.len() == limit {
                page.next_cursor = Some(place.task.to_string());
                break;
            }
            wanted.push(place);
        }
        page.items.extend(tree::read(conn, document, &wanted)?);
        if page.next_cursor.is_some() {
            break;
        }
    }
    Ok(begun.then_some(page))
}
