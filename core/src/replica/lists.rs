//! Commands on whole lists.

use rusqlite::Connection;

use super::tree::Tree;
use super::write::{Opened, Run, create_document, line};
use super::{CommandError, Replica};
use crate::document::{BIRTH_VERSION, DocumentId, DocumentKind, DocumentNonce, Scalar};
use crate::identity::Did;
use crate::membership::{COLOR_CHARS_MAX, Genesis};
use crate::model::interchange::{ICON_CHARS_MAX, LIST_TITLE_CHARS_MAX, ListLook};
use crate::model::{ImportedTask, ListPatch, Outcome, Status, Task, built_in_templates};
use crate::store::{DocumentRow, Draft, Target};

/// What a list says of itself: the row of its document, and the map.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meta {
    pub(super) document: i64,
    pub(super) map: Target,
}

impl Replica {
    pub(super) fn create_list(
        &mut self,
        title: &str,
        run: &mut Run,
        json: &str,
    ) -> Result<DocumentId, CommandError> {
        let title = line("title", title, LIST_TITLE_CHARS_MAX)?;
        let keys = &self.keys;
        let (home, chosen_id) = match keys.witnesses {
            // A relay may begin documents for somebody, as their home, under ids that it chooses.
            true => (
                Some(Did::from_key(keys.device.public())),
                Some(DocumentId::from_bytes(run.random())),
            ),
            false => (self.relay_did()?, None),
        };
        let list = self.store.write(|conn| {
            let genesis = Genesis {
                owner: keys.did,
                nonce: DocumentNonce::Random(run.random()),
                kind: DocumentKind::List,
                version: BIRTH_VERSION,
                home,
                created_at_ms: run.now_ms(),
                chosen_id,
            };
            let id = genesis.document();
            // Made again after a fork, the list is there already.
            let mut opened = match DocumentRow::find(conn, &id)? {
                Some(_) => Opened::find(conn, &id, "list")?,
                None => create_document(conn, keys, genesis)?,
            };
            if keys.witnesses && !opened.authority.can_write(&keys.did) {
                // The beginning that the relay signed is nobody's, for nobody lets it.
                return Err(CommandError::NotWitnessed);
            }
            let meta = opened.map(conn, "meta")?;
            opened.change(conn, keys, run, json, |draft, run| {
                let meta = draft.stored(meta)?;
                draft.put(meta, "title", Scalar::Str(title))?;
                Ok(draft.put(meta, "createdAt", Scalar::Timestamp(run.now_ms()))?)
            })?;
            Ok::<_, CommandError>(id)
        })?;
        self.note_in_space(&list, run)?;
        Ok(list)
    }

    /// Notes a list in the person's space, if the space is here.
    pub(super) fn note_in_space(
        &mut self,
        list: &DocumentId,
        run: &mut Run,
    ) -> Result<(), CommandError> {
        let space = self.space_id();
        let keys = &self.keys;
        // It follows from having the list, and is no action of the person's.
        let action = run.action.take();
        let json = run.noting(list).to_json();
        self.store.write(|conn| {
            if DocumentRow::find(conn, &space)?.is_none() {
                return Ok(());
            }
            let mut opened = Opened::find(conn, &space, "space")?;
            let lists = opened.map(conn, "lists")?;
            let key = list.to_string();
            opened.change(conn, keys, run, &json, |draft, run| {
                let lists = draft.stored(lists)?;
                if draft.is_set(lists, &key)? {
                    return Ok(());
                }
                Ok(draft.put(lists, &key, Scalar::Timestamp(run.now_ms()))?)
            })?;
            Ok::<_, CommandError>(())
        })?;
        run.action = action;
        Ok(())
    }

    /// Runs `fill` on what a list says of itself, in one change.
    pub(super) fn change_meta(
        &mut self,
        list: &DocumentId,
        run: &mut Run,
        json: &str,
        fill: impl FnOnce(&Connection, &mut Draft<'_>, &mut Run, Meta) -> Result<(), CommandError>,
    ) -> Result<Outcome, CommandError> {
        let keys = &self.keys;
        let changed = self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let document = opened.document.row;
            let meta = opened.map(conn, "meta")?;
            let ((), changed) = opened.change(conn, keys, run, json, |draft, run| {
                let map = draft.stored(meta)?;
                fill(conn, draft, run, Meta { document, map })
            })?;
            Ok::<_, CommandError>(changed)
        })?;
        Ok(Outcome::Done { changed })
    }

    pub(super) fn set_meta_field(
        &mut self,
        list: &DocumentId,
        field: &str,
        value: Option<Scalar>,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        self.change_meta(list, run, json, |_, draft, _, meta| match value {
            // Deleting a list that is deleted changes nothing, not even the time.
            Some(Scalar::Timestamp(_)) if draft.is_set(meta.map, field)? => Ok(()),
            Some(value) => Ok(draft.put(meta.map, field, value)?),
            None => Ok(draft.delete(meta.map, field)?),
        })
    }

    pub(super) fn edit_list(
        &mut self,
        list: &DocumentId,
        patch: &ListPatch,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let mut fields = Vec::new();
        for (key, value, max) in [
            ("icon", &patch.icon, ICON_CHARS_MAX),
            ("color", &patch.color, COLOR_CHARS_MAX),
        ] {
            match value {
                Some(Some(value)) => fields.push((key, Some(line(key, value, max)?))),
                Some(None) => fields.push((key, None)),
                None => {}
            }
        }
        self.change_meta(list, run, json, |_, draft, _, meta| {
            for (key, value) in fields {
                match value {
                    Some(value) => draft.put(meta.map, key, Scalar::Str(value))?,
                    None => draft.delete(meta.map, key)?,
                }
            }
            if let Some(view) = patch.view {
                draft.put_or_default(meta.map, "view", view.as_str(), "list")?;
            }
            Ok(())
        })
    }

    pub(super) fn duplicate_list(
        &mut self,
        list: &DocumentId,
        title: Option<&str>,
        run: &mut Run,
    ) -> Result<Outcome, CommandError> {
        let (found, look, tasks) = self.copy_tasks(list)?;
        let title = title.unwrap_or(&found).to_owned();
        self.list_with(&title, &tasks, &look, run)
    }

    pub(super) fn save_list_as_template(
        &mut self,
        list: &DocumentId,
        title: Option<&str>,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let (found, _, mut tasks) = self.copy_tasks(list)?;
        forget_dates(&mut tasks);
        self.save_template(title.unwrap_or(&found), &tasks, run, json)
    }

    pub(super) fn create_from_template(
        &mut self,
        template: &str,
        title: Option<&str>,
        run: &mut Run,
    ) -> Result<Outcome, CommandError> {
        let (found, tasks) = self.template(template)?;
        self.list_with(title.unwrap_or(&found), &tasks, &ListLook::default(), run)
    }

    fn list_with(
        &mut self,
        title: &str,
        tasks: &[ImportedTask],
        look: &ListLook,
        run: &mut Run,
    ) -> Result<Outcome, CommandError> {
        self.whole(|replica| {
            // Nobody else wrote into the list before the two changes: they never have to give way.
            let list = replica.create_list(title, run, "")?;
            replica.import_tasks(&list, tasks, look, None, run, "")?;
            Ok(Outcome::List { list })
        })
    }

    /// A list's title and look, and its tasks as new ones.
    fn copy_tasks(
        &self,
        list: &DocumentId,
    ) -> Result<(String, ListLook, Vec<ImportedTask>), CommandError> {
        self.store.read(|conn| {
            let document = DocumentRow::find(conn, list)?.ok_or(CommandError::NotFound("list"))?;
            let title: String = conn
                .prepare_cached("SELECT title FROM list WHERE doc = ?1")?
                .query_row([document.row], |row| row.get(0))?;
            let tree = Tree::load(conn, &document, &super::tree::Reader::nobody())?;
            let live = tree
                .tasks
                .into_iter()
                .filter(|task| !tree.trashed.contains(&task.id));
            Ok((
                title,
                super::query::look(conn, &document)?,
                super::export::nest_with(live, fresh, |task| &mut task.children),
            ))
        })
    }

    fn template(&self, id: &str) -> Result<(String, Vec<ImportedTask>), CommandError> {
        if let Some(found) = built_in_templates().into_iter().find(|t| t.id == id) {
            return Ok((found.title, found.tasks));
        }
        let space = self.space_id();
        self.store.read(|conn| {
            let row = DocumentRow::find(conn, &space)?.ok_or(CommandError::NotFound("template"))?;
            let found: Option<(String, String)> = rusqlite::OptionalExtension::optional(
                conn.prepare_cached(
                    "SELECT title, body FROM template WHERE doc = ?1 AND template = ?2",
                )?
                .query_row(rusqlite::params![row.row, id], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                }),
            )?;
            let (title, body) = found.ok_or(CommandError::NotFound("template"))?;
            let tasks = serde_json::from_str(&body)
                .map_err(|_| CommandError::invalid("template", "cannot be read: save it again"))?;
            Ok((title, tasks))
        })
    }
}

/// A task as one that nobody has done yet.
fn fresh(task: Task) -> ImportedTask {
    ImportedTask {
        title: task.title,
        notes: Some(task.notes).filter(|notes| !notes.is_empty()),
        url: task.url,
        status: Status::Open,
        priority: task.priority,
        due: task.due,
        tags: task.tags,
        aisle: task.aisle,
        recurrence: task.recurrence.map(|rule| rule.to_string()),
        reminders: task.reminders.iter().map(ToString::to_string).collect(),
        assignee: None,
        key: Some(task.id.to_string()),
        blocked_by: task.blocked_by.iter().map(ToString::to_string).collect(),
        ..ImportedTask::default()
    }
}

fn forget_dates(tasks: &mut [ImportedTask]) {
    for task in tasks {
        task.due = None;
        task.recurrence = None;
        task.reminders.clear();
        forget_dates(&mut task.children);
    }
}
