//! The whole app: many lists in one replica, the large one among them, and what people do there.

use std::path::Path;
use std::time::Instant;

use poo_core::document::DocumentId;
use poo_core::model::{
    Answer, Command, NewTask, Outcome, Priority, Query, QuickAdd, TaskFilter, TaskId, TaskPatch,
};
use poo_core::replica::Replica;
use rusqlite::Connection;

use crate::engine::{create, page};
use crate::fixture::{Failure, Fixture, Moment, Outcomes, Part, carry, edit, open, session, sync};
use crate::table::{Table, Times, bytes};

/// Raise it when the lists are made in another way.
pub(crate) const VERSION: u32 = 2;
const REPEATS: usize = 101;
/// Lists beside the large one.
const LISTS: usize = 99;
const ITEMS: usize = 100;
/// Changes to each of them beside those that make its items. One in five changes nothing; there
/// are 100,000 in all then.
const EDITS: usize = 510;
/// Comments, each on another task.
const COMMENTS: usize = 10;
/// Tasks of the large list that are due some day around now.
const DUE: usize = 400;
/// Found in few places.
const RARE: &str = "quicksilver";

pub(crate) fn make(folder: &Path, large: DocumentId) -> Outcomes<()> {
    let moment = &mut Moment::new(6);
    let mut owner = open(&folder.join("owner"), Part::Owner)?;
    for number in 0..LISTS {
        let title = format!("List {number}");
        let list = match owner.execute(&Command::CreateList { title }, &mut moment.env())? {
            Outcome::List { list } => list,
            other => return Err(format!("{other:?}").into()),
        };
        owner.batch(|owner| fill(owner, list, number, moment))?;
    }
    let tasks = tasks(&owner, large, 10_000, moment)?;
    owner.batch(|owner| -> Result<(), Failure> {
        for _ in 0..DUE {
            let Some(task) = tasks.get(moment.below(tasks.len())) else {
                break;
            };
            let patch = TaskPatch {
                due: Some(Some(due(moment)?)),
                ..TaskPatch::default()
            };
            let (list, task) = (large, *task);
            owner.execute(&Command::EditTask { list, task, patch }, &mut moment.env())?;
        }
        Ok(())
    })?;
    let mut relay = open(&folder.join("relay"), Part::Relay)?;
    sync(&mut owner, &mut relay, moment)?;
    Ok(())
}

/// A day in the month around now.
fn due(moment: &mut Moment) -> Result<poo_core::model::Due, Failure> {
    let days = moment.below(31);
    let day = 86_400_000 * (i64::try_from(days).unwrap_or_default() - 15);
    let at = jiff::Timestamp::from_millisecond(moment.now().as_millisecond() + day);
    let date = at.map(|at| jiff::tz::TimeZone::UTC.to_datetime(at).date());
    date.ok()
        .and_then(|date| date.to_string().parse().ok())
        .ok_or_else(|| Failure("no such day".to_owned()))
}

fn fill(
    owner: &mut Replica,
    list: DocumentId,
    number: usize,
    moment: &mut Moment,
) -> Result<(), Failure> {
    let mut own: Vec<TaskId> = Vec::new();
    for index in 0..ITEMS {
        let parent = (moment.below(5) == 0)
            .then(|| own.get(moment.below(own.len())).copied())
            .flatten();
        let rare = if number % 20 == 3 && index == 50 {
            RARE
        } else {
            "milk"
        };
        let task = NewTask {
            title: format!("Task {index} of list {number}"),
            notes: Some(format!(
                "Bring {rare} and whatever else number {index} needs"
            )),
            priority: (moment.below(10) == 0).then_some(Priority::High),
            due: match moment.below(5) {
                0 => Some(due(moment)?),
                _ => None,
            },
            parent,
            ..NewTask::default()
        };
        let command = Command::CreateTask { list, task };
        if let Outcome::Task { task, .. } = owner.execute(&command, &mut moment.env())? {
            own.push(task);
        }
    }
    for index in 0..EDITS {
        let Some(task) = own.get(moment.below(own.len())).copied() else {
            continue;
        };
        let command = edit(list, task, number, index, moment);
        owner.execute(&command, &mut moment.env())?;
    }
    for (index, task) in own.iter().take(COMMENTS).enumerate() {
        let command = Command::AddComment {
            list,
            task: *task,
            text: format!("Said about it as number {index}"),
        };
        owner.execute(&command, &mut moment.env())?;
    }
    Ok(())
}

fn tasks(
    replica: &Replica,
    list: DocumentId,
    limit: u32,
    moment: &Moment,
) -> Outcomes<Vec<TaskId>> {
    let query = Query::Tasks {
        list: Some(list),
        filter: TaskFilter::default(),
        limit: Some(limit),
        cursor: None,
    };
    match replica.query(&query, moment.now())? {
        Answer::Tasks(page) => Ok(page.items.into_iter().map(|task| task.id).collect()),
        other => Err(format!("{other:?}").into()),
    }
}

/// How many things an answer holds.
fn length(answer: &Answer) -> String {
    let count = match answer {
        Answer::Tasks(page) => page.items.len(),
        Answer::Lists(page) => page.items.len(),
        Answer::Activity(page) => page.items.len(),
        Answer::Found(page) => page.items.len(),
        _ => return String::new(),
    };
    format!("{count} entries")
}

pub(crate) fn app(table: &mut Table, fixture: &Fixture, scratch: &Path) -> Outcomes<()> {
    let fixture = &fixture.among_many()?;
    table.part("The whole app, in one process");
    let home = fixture.copy(Part::Owner, scratch)?;
    let log = Connection::open(home.join("poo.db"))?;
    let count = |what: &str| -> Outcomes<i64> {
        let sql = format!("SELECT count(*) FROM {what}");
        Ok(log.query_row(&sql, [], |row| row.get(0))?)
    };
    table.value(
        "the replica",
        format!("{} lists", count("list")?),
        format!(
            "{} items, one list of {}; {} changes; database {}",
            count("item")?,
            fixture.items,
            count("change")?,
            bytes(std::fs::metadata(home.join("poo.db"))?.len())
        ),
    );
    drop(log);
    let mut replica = open(&home, Part::Owner)?;
    reads(table, &replica, fixture)?;
    writes(table, &mut replica, fixture)?;
    drop(replica);
    incoming(table, fixture, &scratch.join("incoming"))
}

fn reads(table: &mut Table, replica: &Replica, fixture: &Fixture) -> Outcomes<()> {
    let moment = Moment::new(7);
    let list = Some(fixture.list);
    let activity = |list| Query::Activity {
        list,
        task: None,
        kind: None,
        limit: Some(100),
        cursor: None,
    };
    let search = |text: &str, list| Query::Search {
        text: text.to_owned(),
        list,
        limit: Some(50),
    };
    for (name, query) in [
        ("the lists, with counts", Query::Lists { all: false }),
        ("open the large list: first page of 100", page(fixture, 100)),
        ("activity of one list, last 100", activity(list)),
        ("activity of all lists, last 100", activity(None)),
        ("search a prefix that is everywhere", search("re", None)),
        ("the same in the large list", search("re", list)),
        ("search a rare word", search(RARE, None)),
        ("Today", Query::Today { zone: None }),
        ("Focus", Query::Focus { zone: None }),
        (
            "Upcoming, 7 days",
            Query::Upcoming {
                days: None,
                zone: None,
            },
        ),
    ] {
        let mut note = String::new();
        let times = Times::of(REPEATS, |_| -> Outcomes<()> {
            note = length(&replica.query(&query, moment.now())?);
            Ok(())
        })?;
        table.times(name, &times, note);
    }
    Ok(())
}

fn writes(table: &mut Table, replica: &mut Replica, fixture: &Fixture) -> Outcomes<()> {
    let moment = &mut Moment::new(8);
    let list = fixture.list;
    let mut undo = Times::default();
    let times = Times::of(REPEATS, |index| -> Outcomes<()> {
        let text = format!("Call number {index} tomorrow 9am p1 #tag{}", index % 30);
        let query = Query::QuickAdd {
            text,
            list: Some(list),
            day_first: false,
            zone: Some("Europe/Berlin".to_owned()),
        };
        let Answer::QuickAdd(found) = replica.query(&query, moment.now())? else {
            return Err("quick add gives what it read".into());
        };
        let task = new_task(found);
        replica.execute(&Command::CreateTask { list, task }, &mut moment.env())?;
        Ok(())
    })?;
    table.times("quick add: read the text, create, commit", &times, "");
    for _ in 0..REPEATS {
        let start = Instant::now();
        replica.execute(&Command::Undo, &mut moment.env())?;
        undo.push(start.elapsed());
    }
    table.times("undo, with its commit", &undo, "of those");
    Ok(())
}

fn new_task(found: QuickAdd) -> NewTask {
    NewTask {
        title: found.title,
        due: found.due,
        tags: found.tags,
        priority: found.priority,
        ..NewTask::default()
    }
}

/// Changes of somebody else, each in a frame of its own.
fn incoming(table: &mut Table, fixture: &Fixture, scratch: &Path) -> Outcomes<()> {
    let moment = &mut Moment::new(9);
    let mut owner = open(&fixture.copy(Part::Owner, scratch)?, Part::Owner)?;
    let mut editor = open(&fixture.copy(Part::Editor, scratch)?, Part::Editor)?;
    let mut relay = open(&fixture.copy(Part::Relay, scratch)?, Part::Relay)?;
    let (mut near, mut far) = session(&editor, &relay, moment)?;
    carry(&mut near, &mut editor, &mut far, &mut relay, moment)?;
    let (mut near2, mut far2) = session(&owner, &relay, moment)?;
    carry(&mut near2, &mut owner, &mut far2, &mut relay, moment)?;
    near.notify_document(&fixture.list);
    near2.notify_document(&fixture.list);
    carry(&mut near, &mut editor, &mut far, &mut relay, moment)?;
    carry(&mut near2, &mut owner, &mut far2, &mut relay, moment)?;
    let mut at_relay = Times::default();
    let mut at_reader = Times::default();
    for index in 0..REPEATS {
        create(&mut editor, fixture, index, moment)?;
        near.notify_document(&fixture.list);
        let frame = near.poll_transmit(&editor)?.ok_or("nothing to say")?;
        let start = Instant::now();
        relay.batch(|relay| far.handle_frame(relay, &frame, &mut moment.env()))?;
        at_relay.push(start.elapsed());
        carry(&mut near, &mut editor, &mut far, &mut relay, moment)?;
        far2.notify_document(&fixture.list);
        while let Some(frame) = far2.poll_transmit(&relay)? {
            let start = Instant::now();
            owner.batch(|owner| near2.handle_frame(owner, &frame, &mut moment.env()))?;
            at_reader.push(start.elapsed());
        }
        carry(&mut near2, &mut owner, &mut far2, &mut relay, moment)?;
    }
    table.times(
        "one change of another at a reader",
        &at_reader,
        "derived and committed",
    );
    table.times("the same at the relay", &at_relay, "committed");
    Ok(())
}
