//! Answering queries, from the read model alone.

mod agenda;
#[cfg(test)]
mod cost;
mod events;
mod feed;
mod find;
mod follow;
mod kept;
mod labels;
mod lists;
mod page;
mod pending;
mod placed;
mod reminders;
mod search;
mod streak;
mod work;

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Connection;

pub use self::events::{EventPage, EventsError};
use self::find::{find_list, find_member, find_task};
pub use self::follow::ActivitySubscription;
pub(super) use self::labels::look;
use self::lists::named;
use self::pending::pending;
pub use self::work::Wanted;
use super::sharing::device_id;
use super::tree::{Reader, Tree};
use super::{QueryError, Replica};
use crate::document::{DocumentId, DocumentKind};
use crate::identity::Did;
use crate::membership::{Identities, Payload};
use crate::model::{Answer, Device, Identity, List, Page, Query, QuickAddContext, quick_add};
use crate::store::{DocumentRow, StoreError, statements};

impl Replica {
    /// Answers a query. Nothing is written, no document is loaded, no network is used.
    ///
    /// # Errors
    /// [`QueryError`] if there is no such thing, several fit, or the database fails.
    pub fn query(&self, query: &Query, now: Timestamp) -> Result<Answer, QueryError> {
        self.store().read(|conn| self.answer(conn, query, now))
    }

    fn answer(
        &self,
        conn: &Connection,
        query: &Query,
        now: Timestamp,
    ) -> Result<Answer, QueryError> {
        let reader = |zone: &Option<String>| reader(now, zone.as_deref());
        match query {
            Query::Whoami => Ok(Answer::Identity(self.whoami(conn)?)),
            Query::Lists { all } => Ok(Answer::Lists(self.lists(conn, *all)?.into())),
            Query::List { list } => Ok(Answer::List(self.list(conn, list)?)),
            Query::FindList { text } => Ok(Answer::List(find_list(conn, self.named(conn)?, text)?)),
            Query::Tasks {
                list,
                filter,
                limit,
                cursor,
            } => {
                let documents = self.documents(conn, list.as_ref())?;
                let reader = reader(&filter.zone)?;
                let page =
                    page::page(conn, &documents, filter, &reader, *limit, cursor.as_deref())?;
                Ok(Answer::Tasks(page))
            }
            Query::Focus { zone } => {
                let page = agenda::focus(conn, &self.in_use(conn)?, &reader(zone)?)?;
                Ok(Answer::Tasks(page))
            }
            Query::Today { zone } => {
                let page = agenda::today(conn, &self.in_use(conn)?, &reader(zone)?)?;
                Ok(Answer::Tasks(page))
            }
            Query::Upcoming { days, zone } => {
                let page = agenda::upcoming(conn, &self.in_use(conn)?, &reader(zone)?, *days)?;
                Ok(Answer::Tasks(page))
            }
            Query::Reminders { from, to, zone } => {
                let documents = self.in_use(conn)?;
                let page = reminders::due(conn, &documents, &reader(zone)?, *from, *to)?;
                Ok(Answer::Reminders(page))
            }
            Query::Calendar {
                list,
                from,
                to,
                zone,
            } => {
                let documents = match list {
                    Some(list) => vec![self.document(conn, list)?],
                    None => self.in_use(conn)?,
                };
                let page = agenda::calendar(conn, &documents, &reader(zone)?, *from, *to)?;
                Ok(Answer::Calendar(page))
            }
            Query::Search { text, list, limit } => {
                let documents = self.documents(conn, list.as_ref())?;
                let page = search::search(conn, &documents, &reader(&None)?, text, *limit)?;
                Ok(Answer::Found(page))
            }
            Query::Comments { list, task } => {
                let document = self.document(conn, list)?;
                Ok(Answer::Comments(
                    feed::comments(conn, &document, task)?.into(),
                ))
            }
            Query::Tags { list } => {
                let document = self.document(conn, list)?;
                Ok(Answer::Tags(labels::tags(conn, &document)?.into()))
            }
            Query::Aisles { list } => {
                let document = self.document(conn, list)?;
                Ok(Answer::Aisles(labels::own_aisles(conn, &document)?.into()))
            }
            Query::Stands { list } => {
                let document = self.document(conn, list)?;
                Ok(Answer::Stands(labels::stands(conn, &document)?.into()))
            }
            Query::Activity {
                list,
                task,
                kind,
                limit,
                cursor,
            } => {
                let asked = feed::Asked::new(*kind, *limit, cursor.as_deref(), now)?;
                let page = match list {
                    Some(list) => {
                        let document = self.document(conn, list)?;
                        feed::of_list(conn, &document, task.as_ref(), &asked)?
                    }
                    None => feed::of_all(conn, &self.documents(conn, None)?, &asked)?,
                };
                Ok(Answer::Activity(page))
            }
            Query::Folders => Ok(Answer::Folders(
                labels::folders(conn, &self.space_id())?.into(),
            )),
            Query::Templates => Ok(Answer::Templates(
                labels::templates(conn, &self.space_id())?.into(),
            )),
            Query::Settings => Ok(Answer::Settings(labels::settings(conn, &self.space_id())?)),
            Query::Streak { zone } => Ok(Answer::Streak(streak::streak(
                conn,
                &self.did(),
                &reader(zone)?,
            )?)),
            Query::QuickAdd {
                text,
                list,
                day_first,
                zone,
            } => {
                let context = self.quick_add_context(conn, list.as_ref())?;
                let reader = reader(zone)?;
                Ok(Answer::QuickAdd(quick_add(
                    text,
                    &QuickAddContext {
                        now: reader.now,
                        zone: reader.zone,
                        day_first: *day_first,
                        ..context
                    },
                )))
            }
            Query::Task { list, task } => {
                kept::one(conn, &self.document(conn, list)?, task, &reader(&None)?)?
                    .map(Answer::Task)
                    .ok_or_else(|| not_found("task", &task.to_string()))
            }
            Query::FindTask { text, list } => {
                let (list, task) = find_task(conn, &self.viewer(), text, list.as_ref())?;
                kept::one(conn, &self.document(conn, &list)?, &task, &reader(&None)?)?
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
            Query::Tickets => Ok(Answer::Tickets(self.tickets(conn, now)?.into())),
            Query::Invites { list } => {
                let document = self.document(conn, list)?;
                let invites = self.invites(conn, &document.id, now)?;
                Ok(Answer::Invites(invites.into()))
            }
            Query::Devices => Ok(Answer::Devices(self.devices(conn)?.into())),
            Query::Verify { list } if self.sees(conn, list)? => {
                Ok(Answer::Verified(self.verify(conn, list)?))
            }
            Query::Verify { list } => Err(not_found("list", &list.to_string())),
            Query::Export { list, format } => {
                let list = self.list(conn, list)?;
                let document = self.document(conn, &list.id)?;
                // The same for everybody, whenever they export it.
                let tree = Tree::load(conn, &document, &Reader::nobody())?;
                let comments = feed::all_comments(conn, &document)?;
                let completed = feed::completed_days(conn, &document)?;
                let look = look(conn, &document)?;
                let text = super::export::export(
                    &list,
                    look,
                    tree.tasks,
                    &tree.trashed,
                    comments,
                    &completed,
                    *format,
                );
                Ok(Answer::Text(text))
            }
            // What waits for a relay is nobody's business at the relay.
            Query::Pending if self.keys().witnesses => Ok(Answer::Pending(Page::default())),
            Query::Pending => Ok(Answer::Pending(pending(conn)?.into())),
        }
    }

    /// Every list, in use or not.
    fn named(&self, conn: &Connection) -> Result<Vec<lists::Named>, StoreError> {
        named(conn, self.viewer(), &self.space_id(), None)
    }

    /// Who looks, and whether at everything that is here.
    fn viewer(&self) -> lists::Viewer<'_> {
        lists::Viewer {
            did: self.did(),
            sees_all: !self.keys().witnesses,
            within: self.within.as_ref(),
        }
    }

    fn lists(&self, conn: &Connection, all: bool) -> Result<Vec<List>, StoreError> {
        let mut found = self.named(conn)?;
        found.retain(|named| all || named.is_live());
        for named in &mut found {
            named.count(conn)?;
        }
        Ok(found.into_iter().map(|named| named.list).collect())
    }

    /// The lists that a person looks after: those that are in use and not out of the way.
    fn in_use(&self, conn: &Connection) -> Result<Vec<DocumentRow>, QueryError> {
        Ok(self.documents_where(conn, |named| named.is_live() && !named.list.archived)?)
    }

    /// The documents of some lists, in the order of their titles.
    fn documents_where(
        &self,
        conn: &Connection,
        fits: impl Fn(&lists::Named) -> bool,
    ) -> Result<Vec<DocumentRow>, StoreError> {
        let fitting = self.named(conn)?.into_iter().filter(fits);
        let found = fitting.map(|named| DocumentRow::find(conn, &named.list.id));
        found.filter_map(Result::transpose).collect()
    }

    fn document(&self, conn: &Connection, list: &DocumentId) -> Result<DocumentRow, QueryError> {
        let found = DocumentRow::find(conn, list)?;
        match found.filter(|document| document.kind == DocumentKind::List) {
            Some(document) if self.sees(conn, list)? => Ok(document),
            _ => Err(not_found("list", &list.to_string())),
        }
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
        let mut found = named(conn, self.viewer(), &self.space_id(), Some(list))?
            .pop()
            .ok_or_else(|| not_found("list", &list.to_string()))?;
        found.count(conn)?;
        Ok(found.list)
    }

    /// The names that a person can mean when they add a task.
    fn quick_add_context(
        &self,
        conn: &Connection,
        list: Option<&DocumentId>,
    ) -> Result<QuickAddContext, QueryError> {
        let titles = self.named(conn)?.into_iter();
        let mut context = QuickAddContext {
            now: Timestamp::UNIX_EPOCH,
            zone: jiff::tz::TimeZone::UTC,
            day_first: false,
            lists: titles
                .filter(lists::Named::is_live)
                .map(|named| named.list.title)
                .collect(),
            members: Vec::new(),
            tags: Vec::new(),
        };
        if let Some(list) = list {
            let document = self.document(conn, list)?;
            let members = self.members(conn, list)?.into_iter();
            context.members = members.map(|member| member.name).collect();
            context.tags = labels::tag_names(conn, &document)?;
        }
        Ok(context)
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
        Ok(self.documents_where(conn, lists::Named::is_live)?)
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

/// Who reads, by the name of the zone that they are in.
fn reader(now: Timestamp, zone: Option<&str>) -> Result<Reader, QueryError> {
    let zone = match zone {
        None => jiff::tz::TimeZone::UTC,
        Some(name) => crate::model::zone(name).map_err(|error| QueryError::Invalid {
            field: "zone",
            reason: error.to_string(),
        })?,
    };
    Ok(Reader::new(now, zone))
}

/// How many entries a page has.
fn checked_limit(limit: Option<u32>, default: u32, max: u32) -> Result<usize, QueryError> {
    let limit = limit.unwrap_or(default);
    if limit == 0 || limit > max {
        return Err(QueryError::Invalid {
            field: "limit",
            reason: format!("must be from 1 to {max}"),
        });
    }
    Ok(usize::try_from(limit).unwrap_or(usize::MAX))
}

fn bad_cursor() -> QueryError {
    QueryError::Invalid {
        field: "cursor",
        reason: "is none that an earlier page ended with".to_owned(),
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
