//! What a replica shows: whole, to compare replicas, and field by field, to see who wrote what.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::date;
use poo_core::document::DocumentId;
use poo_core::model::{
    Activity, Answer, CalendarEntry, ExportFormat, List, Query, Sort, Task, TaskFilter, TaskId,
};
use poo_core::replica::Replica;
use serde_json::{Value, json};

use super::super::common::tasks;

/// Fields of things by their names.
pub type Fields = BTreeMap<(String, String), String>;

pub fn ask(replica: &Replica, query: &Query, now: Timestamp) -> Value {
    match replica.query(query, now) {
        Ok(answer) => without_device(serde_json::to_value(answer).unwrap()),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

fn sorted_by(list: DocumentId, deleted: bool, sort: Option<Sort>) -> Query {
    Query::Tasks {
        list: Some(list),
        filter: TaskFilter {
            deleted,
            sort,
            zone: Some("Europe/Berlin".into()),
            ..TaskFilter::default()
        },
        limit: Some(10_000),
        cursor: None,
    }
}

fn calendar(list: Option<DocumentId>) -> Query {
    Query::Calendar {
        list,
        from: date(2026, 9, 1),
        to: date(2026, 11, 30),
        zone: Some("Europe/Berlin".into()),
    }
}

fn search(text: &str, list: Option<DocumentId>) -> Query {
    Query::Search {
        text: text.into(),
        list,
        limit: Some(500),
    }
}

pub fn list(replica: &Replica, list: DocumentId) -> List {
    match replica.query(&Query::List { list }, Timestamp::UNIX_EPOCH) {
        Ok(Answer::List(list)) => list,
        other => panic!("{other:?}"),
    }
}

/// What all members see of a list, under names that say which part differs.
pub fn shared(replica: &Replica, id: DocumentId, now: Timestamp) -> BTreeMap<String, Value> {
    let mut seen = BTreeMap::new();
    let mut see = |name: String, query: Query| {
        seen.insert(name, ask(replica, &query, now));
    };
    for sort in [Sort::Manual, Sort::Due, Sort::Title, Sort::Priority] {
        see(format!("by {sort}"), sorted_by(id, false, Some(sort)));
    }
    see("trash".into(), sorted_by(id, true, None));
    see("tags".into(), Query::Tags { list: id });
    see("aisles".into(), Query::Aisles { list: id });
    see("calendar".into(), calendar(Some(id)));
    see("members".into(), Query::Members { list: id });
    for format in [
        ExportFormat::Json,
        ExportFormat::Markdown,
        ExportFormat::TodoTxt,
    ] {
        see(format!("{format:?}"), Query::Export { list: id, format });
    }
    for task in every_task(replica, id) {
        let of = task.id;
        see(
            format!("comments on {of}"),
            Query::Comments { list: id, task: of },
        );
    }
    for word in ["mil", "Apfel", "éclair", "zoe b", "ö"] {
        let mut found = ask(replica, &search(word, Some(id)), now);
        // How well a text fits depends on how rare the words are in all that somebody has.
        if let Some(items) = found.get_mut("items").and_then(Value::as_array_mut) {
            items.sort_by_key(|item| item["task"]["id"].to_string());
        }
        seen.insert(format!("search {word}"), found);
    }
    seen.insert(
        "activity".into(),
        serde_json::to_value(activity(replica, id, now)).unwrap(),
    );
    // Whose it is differs from person to person: what they may do, and where they keep it.
    let mut shown = serde_json::to_value(list(replica, id)).unwrap();
    for own in ["role", "favorite", "archived", "folder", "sort"] {
        shown.as_object_mut().unwrap().remove(own);
    }
    for members in seen
        .get_mut("members")
        .and_then(|m| m["items"].as_array_mut())
        .unwrap()
    {
        members.as_object_mut().unwrap().remove("me");
    }
    seen.insert("list".into(), shown);
    seen
}

/// What all devices of one person see beside that.
pub fn personal(replica: &Replica, now: Timestamp) -> BTreeMap<String, Value> {
    let zone = || Some("Europe/Berlin".to_owned());
    let mut seen: BTreeMap<String, Value> = [
        // Of a list that access was lost to each device keeps what it had.
        ("lists", Query::Lists { all: false }),
        ("focus", Query::Focus { zone: zone() }),
        ("today", Query::Today { zone: zone() }),
        (
            "upcoming",
            Query::Upcoming {
                days: Some(30),
                zone: zone(),
            },
        ),
        ("calendar", calendar(None)),
        ("search", search("a", None)),
        ("folders", Query::Folders),
        ("templates", Query::Templates),
        ("settings", Query::Settings),
        ("pending", Query::Pending),
    ]
    .into_iter()
    .map(|(name, query)| (name.to_owned(), ask(replica, &query, now)))
    .collect();
    // What was refused stays with the device that wrote it, and so does what is said of that.
    if let Some(pending) = seen
        .get_mut("pending")
        .and_then(|it| it["items"].as_array_mut())
    {
        pending.retain(|list| list["refused"].is_null());
    }
    seen
}

/// All rows of a list's activity, the latest first.
pub fn activity(replica: &Replica, list: DocumentId, now: Timestamp) -> Vec<Activity> {
    let mut rows = Vec::new();
    let mut cursor = None;
    loop {
        let query = Query::Activity {
            list: Some(list),
            task: None,
            kind: None,
            limit: Some(1_000),
            cursor,
        };
        match replica.query(&query, now) {
            Ok(Answer::Activity(page)) => {
                rows.extend(page.items);
                cursor = page.next_cursor;
            }
            other => panic!("{other:?}"),
        }
        if cursor.is_none() {
            return rows;
        }
    }
}

pub fn every_task(replica: &Replica, list: DocumentId) -> Vec<Task> {
    let mut all = tasks(replica, list, false);
    all.extend(tasks(replica, list, true));
    all
}

/// Every field of what is in a list, and of the list.
pub fn fields(replica: &Replica, id: DocumentId, now: Timestamp) -> Fields {
    let mut fields = Fields::new();
    let shown = list(replica, id);
    let mut put = |subject: &str, field: String, value: Option<String>| {
        if let Some(value) = value {
            fields.insert((subject.to_owned(), field), value);
        }
    };
    put("list", "title".into(), Some(shown.title));
    put("list", "icon".into(), shown.icon);
    put("list", "color".into(), shown.color);
    put("list", "view".into(), Some(format!("{:?}", shown.view)));
    put(
        "list",
        "deleted".into(),
        shown.deleted_at.map(|at| at.to_string()),
    );
    for task in every_task(replica, id) {
        let of = task.id.to_string();
        let mut put = |field: &str, value: Option<String>| put(&of, field.to_owned(), value);
        put("title", Some(task.title));
        put("url", task.url);
        put("status", Some(task.status.to_string()));
        put("priority", Some(task.priority.to_string()));
        put("due", task.due.map(|due| due.to_string()));
        put("recurrence", task.recurrence.map(|rule| rule.to_string()));
        put("assignee", task.assignee.map(|who| who.did.to_string()));
        put("aisle", task.aisle);
        put("parent", task.parent.map(|parent| parent.to_string()));
        put("deleted", task.deleted_at.map(|at| at.to_string()));
        for word in task.notes.split_whitespace() {
            put(&format!("notes/{word}"), Some("there".into()));
        }
        for tag in task.tags {
            put(&format!("tag/{tag}"), Some("there".into()));
        }
        for reminder in task.reminders {
            put(&format!("remind/{reminder}"), Some("there".into()));
        }
        for other in task.blocked_by {
            put(&format!("blockedBy/{other}"), Some("there".into()));
        }
        let query = Query::Comments {
            list: id,
            task: task.id,
        };
        let Ok(Answer::Comments(comments)) = replica.query(&query, now) else {
            panic!("no comments");
        };
        for comment in comments.items {
            for word in comment.text.split_whitespace() {
                put(
                    &format!("comment/{}/{word}", comment.id),
                    Some("there".into()),
                );
            }
        }
    }
    fields
}

/// What a list shows of itself and its tasks, as far as undoing brings it back: without what two
/// people set at once, and without things in the trash, where what was made goes.
pub fn visible(replica: &Replica, id: DocumentId, now: Timestamp) -> BTreeMap<String, Value> {
    let mut seen = shared(replica, id, now);
    seen.retain(|name, _| {
        ["list", "by manual", "aisles"].contains(&name.as_str()) || name.starts_with("comments on")
    });
    let trashed: BTreeSet<TaskId> = tasks(replica, id, true).iter().map(|t| t.id).collect();
    seen.retain(|name, _| !trashed.iter().any(|task| name.ends_with(&task.to_string())));
    for task in seen
        .get_mut("by manual")
        .and_then(|t| t["items"].as_array_mut())
        .unwrap()
    {
        let task = task.as_object_mut().unwrap();
        task.remove("conflicts");
    }
    seen
}

/// That the parts of what a replica shows fit one another.
pub fn check_fits(replica: &Replica, id: DocumentId, now: Timestamp) {
    let there = tasks(replica, id, false);
    let trash = tasks(replica, id, true);
    let ids: BTreeSet<TaskId> = there.iter().map(|task| task.id).collect();
    let gone: BTreeSet<TaskId> = trash.iter().map(|task| task.id).collect();
    assert_eq!(ids.len(), there.len(), "a task stands in two places");
    assert_eq!(gone.len(), trash.len(), "a task is in the trash twice");
    assert!(ids.is_disjoint(&gone), "a task is in the trash and not");
    for task in there.iter().chain(&trash) {
        let query = Query::Task {
            list: id,
            task: task.id,
        };
        let Ok(Answer::Task(alone)) = replica.query(&query, Timestamp::UNIX_EPOCH) else {
            panic!("a task that is listed is not found");
        };
        assert_eq!(*task, alone, "a task alone is as in its list");
    }
    let shown = list(replica, id);
    let open = there.iter().filter(|task| !task.done).count();
    let counts = (shown.total as usize, shown.open as usize);
    assert_eq!(counts, (there.len(), open), "a list counts its tasks");
    let Ok(Answer::Tags(tags)) = replica.query(&Query::Tags { list: id }, now) else {
        panic!("no tags");
    };
    for tag in tags.items {
        let on = there.iter().filter(|task| task.tags.contains(&tag.name));
        assert_eq!(
            tag.tasks as usize,
            on.count(),
            "the tag {} counts its tasks",
            tag.name
        );
    }
    for (position, task) in there.iter().enumerate() {
        let above = &there[..position];
        let parent = above.iter().rev().find(|other| other.depth < task.depth);
        assert_eq!(parent.is_none(), task.depth == 0);
        if let Some(parent) = parent {
            assert_eq!(
                task.parent,
                Some(parent.id),
                "a task stands below its parent"
            );
            assert_eq!(task.depth, parent.depth + 1);
        }
    }
    let Ok(Answer::Found(found)) = replica.query(&search("a", Some(id)), now) else {
        panic!("no search");
    };
    assert!(
        found.items.iter().all(|found| ids.contains(&found.task.id)),
        "the trash is found"
    );
    let Ok(Answer::Calendar(entries)) = replica.query(&calendar(Some(id)), now) else {
        panic!("no calendar");
    };
    let planned: BTreeSet<TaskId> = entries
        .items
        .iter()
        .map(|e: &CalendarEntry| e.task.id)
        .collect();
    assert!(planned.is_subset(&ids), "the trash is in the calendar");
    for task in there.iter().filter(|task| task.recurrence.is_none()) {
        let within = task.due.as_ref().is_some_and(|due| {
            let day = due.to_string();
            ("2026-09-02".."2026-11-30").contains(&&day[..10])
        });
        assert!(
            !within || planned.contains(&task.id),
            "{} is not in the calendar",
            task.title
        );
    }
    if shown.role.is_some() && shown.deleted_at.is_none() && !shown.archived {
        check_agenda(replica, id, now, &there);
    }
}

/// Focus and Today, against the list itself.
fn check_agenda(replica: &Replica, id: DocumentId, now: Timestamp, there: &[Task]) {
    let of_list = |query: &Query| -> BTreeSet<TaskId> {
        match replica.query(query, now) {
            Ok(Answer::Tasks(page)) => {
                let own = page.items.into_iter().filter(|task| task.list == id);
                own.map(|task| task.id).collect()
            }
            other => panic!("{other:?}"),
        }
    };
    let urgent = there.iter().filter(|task| {
        task.priority == poo_core::model::Priority::High && !task.done && task.depth == 0
    });
    let urgent: BTreeSet<TaskId> = urgent.map(|task| task.id).collect();
    assert_eq!(
        of_list(&Query::Focus { zone: None }),
        urgent,
        "what is in focus"
    );
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let today = zone.to_datetime(now).date();
    let Ok(Answer::Tasks(read)) = replica.query(&sorted_by(id, false, None), now) else {
        panic!("no tasks");
    };
    let due = read.items.into_iter().filter(|task| {
        let day = task.due.as_ref().map(|due| match due.time() {
            None => due.date(),
            Some(_) => zone.to_datetime(due.deadline(&zone)).date(),
        });
        !task.done && day.is_some_and(|day| day <= today)
    });
    let due: BTreeSet<TaskId> = due.map(|task| task.id).collect();
    let query = Query::Today {
        zone: Some("Europe/Berlin".into()),
    };
    assert_eq!(of_list(&query), due, "what is due today");
}

/// An answer without what is a device's own: which files are on it.
fn without_device(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.remove("here");
            for field in fields.values_mut() {
                *field = without_device(field.take());
            }
        }
        Value::Array(entries) => {
            for entry in entries {
                *entry = without_device(entry.take());
            }
        }
        _ => {}
    }
    value
}
