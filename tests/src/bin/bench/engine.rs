//! Measurements inside this process.

use std::path::Path;
use std::time::Instant;

use automerge::ReadDoc as _;
use automerge::transaction::Transactable as _;
use poo_core::model::{Answer, Command, NewTask, Outcome, Query, TaskFilter, TaskId, TaskPatch};
use poo_core::replica::Replica;
use rusqlite::Connection;

use crate::fixture::{
    ACTORS, Fixture, Moment, Outcomes, Part, carry, new_device, open, session, sync,
};
use crate::table::{Table, Times, bytes};

const REPEATS: usize = 21;
/// Changes that arrive one frame after the other.
const PIPELINED: usize = 1_000;

pub(crate) fn page(fixture: &Fixture, limit: u32) -> Query {
    Query::Tasks {
        list: Some(fixture.list),
        filter: TaskFilter::default(),
        limit: Some(limit),
        cursor: None,
    }
}

fn some_tasks(replica: &Replica, fixture: &Fixture, moment: &Moment) -> Outcomes<Vec<TaskId>> {
    match replica.query(&page(fixture, 5_000), moment.now())? {
        Answer::Tasks(page) => Ok(page.items.into_iter().map(|task| task.id).collect()),
        other => Err(format!("{other:?}").into()),
    }
}

pub(crate) fn reads(table: &mut Table, fixture: &Fixture, scratch: &Path) -> Outcomes<()> {
    let moment = &mut Moment::new(2);
    table.part("Reading, in one process");
    let home = fixture.copy(Part::Owner, scratch)?;
    let replica = open(&home, Part::Owner)?;
    let Answer::Verified(report) =
        replica.query(&Query::Verify { list: fixture.list }, moment.now())?
    else {
        return Err("verifying gives a report".into());
    };
    if !report.ok {
        return Err(format!("the fixture does not verify: {:?}", report.problems).into());
    }
    let held = std::fs::metadata(home.join("poo.db"))?.len();
    table.value(
        "the list",
        format!("{} items", fixture.items),
        format!(
            "{} changes by {ACTORS} actors; database {}",
            report.changes,
            bytes(held)
        ),
    );
    let tasks = some_tasks(&replica, fixture, moment)?;
    let middle = *tasks.get(tasks.len() / 2).ok_or("no tasks")?;
    drop(replica);

    let times = Times::of(REPEATS, |_| open(&home, Part::Owner).map(drop))?;
    table.times("open the replica", &times, "");
    let replica = open(&home, Part::Owner)?;
    let mut ask = |name: &str, query: &Query, count: usize| -> Outcomes<()> {
        let times = Times::of(count, |_| replica.query(query, moment.now()).map(drop))?;
        table.times(name, &times, "");
        Ok(())
    };
    ask(
        "the lists, with counts",
        &Query::Lists { all: false },
        REPEATS,
    )?;
    ask("first page of 50 tasks", &page(fixture, 50), REPEATS)?;
    ask("all tasks", &page(fixture, 10_000), REPEATS)?;
    let list = fixture.list;
    ask("one task", &Query::Task { list, task: middle }, REPEATS)?;
    let text = middle.short();
    let list = Some(fixture.list);
    ask(
        "find a task by its short id",
        &Query::FindTask { text, list },
        REPEATS,
    )?;
    let list = fixture.list;
    ask("verify the whole history", &Query::Verify { list }, 3)
}

pub(crate) fn commands(table: &mut Table, fixture: &Fixture, scratch: &Path) -> Outcomes<()> {
    let moment = &mut Moment::new(3);
    table.part("One command with its commit, in one process");
    let home = fixture.copy(Part::Owner, scratch)?;
    let mut replica = open(&home, Part::Owner)?;
    let tasks = some_tasks(&replica, fixture, moment)?;
    let list = fixture.list;
    let at = |index: usize| {
        tasks
            .get(index * 37 % tasks.len())
            .copied()
            .ok_or("no task")
    };
    let count = 5 * REPEATS;
    let times = Times::of(count, |index| -> Outcomes<()> {
        create(&mut replica, fixture, index, moment)?;
        Ok(())
    })?;
    table.times("create", &times, "");
    let times = Times::of(count, |index| -> Outcomes<()> {
        let task = at(index)?;
        replica.execute(
            &Command::CompleteTask {
                list,
                task,
                zone: None,
            },
            &mut moment.env(),
        )?;
        replica.execute(&Command::ReopenTask { list, task }, &mut moment.env())?;
        Ok(())
    })?;
    table.times("complete and reopen", &times, "two commands");
    let times = Times::of(count, |index| -> Outcomes<()> {
        let task = at(index)?;
        let patch = TaskPatch {
            notes: Some(format!("Rewritten by somebody as number {index}")),
            ..TaskPatch::default()
        };
        replica.execute(&Command::EditTask { list, task, patch }, &mut moment.env())?;
        Ok(())
    })?;
    table.times("edit notes", &times, "");
    let times = Times::of(count, |index| -> Outcomes<()> {
        let task = at(index)?;
        let place = poo_core::model::MovePlace {
            parent: Some(None),
            after: None,
            before: None,
        };
        replica.execute(&Command::MoveTask { list, task, place }, &mut moment.env())?;
        Ok(())
    })?;
    table.times("move to the top", &times, "");
    Ok(())
}

pub(crate) fn create(
    replica: &mut Replica,
    fixture: &Fixture,
    index: usize,
    moment: &mut Moment,
) -> Outcomes<()> {
    let task = NewTask {
        title: format!("One more, number {index}"),
        ..NewTask::default()
    };
    let list = fixture.list;
    match replica.execute(&Command::CreateTask { list, task }, &mut moment.env())? {
        Outcome::Task { .. } => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

pub(crate) fn syncs(table: &mut Table, fixture: &Fixture, scratch: &Path) -> Outcomes<()> {
    let moment = &mut Moment::new(4);
    table.part("Sync between two databases on disk, in one process");
    let mut owner = open(&fixture.copy(Part::Owner, scratch)?, Part::Owner)?;
    let mut relay = open(&fixture.copy(Part::Relay, scratch)?, Part::Relay)?;
    sync(&mut owner, &mut relay, moment)?;
    // The relay packs the list for the first one, and keeps that for the next.
    let mut empty = first_sync(
        table,
        "first sync to an empty peer",
        &owner,
        &mut relay,
        scratch,
        moment,
    )?;
    first_sync(
        table,
        "the same to the next peer",
        &owner,
        &mut relay,
        &scratch.join("next"),
        moment,
    )?;
    let mut last = 0;
    let times = Times::of(REPEATS, |_| -> Outcomes<()> {
        last = sync(&mut empty, &mut relay, moment)?.bytes;
        Ok(())
    })?;
    table.times("sync when nothing changed", &times, bytes(last as u64));
    let mut times = Times::default();
    for round in 0..REPEATS {
        for index in 0..10 {
            create(&mut owner, fixture, 10 * round + index, moment)?;
        }
        sync(&mut owner, &mut relay, moment)?;
        let start = Instant::now();
        last = sync(&mut empty, &mut relay, moment)?.bytes;
        times.push(start.elapsed());
    }
    table.times("sync of 10 changes", &times, bytes(last as u64));
    let mut fresh = crate::fixture::relay(&scratch.join("fresh.db"), moment)?;
    owner.set_relay("ws://127.0.0.1:1", Some(fresh.did()))?;
    let start = Instant::now();
    let carried = sync(&mut owner, &mut fresh, moment)?;
    table.once(
        "first sync to an empty relay",
        start.elapsed(),
        format!(
            "{} in {} frames",
            bytes(carried.bytes as u64),
            carried.frames
        ),
    );
    Ok(())
}

/// A device that has nothing gets everything.
fn first_sync(
    table: &mut Table,
    what: &str,
    owner: &Replica,
    relay: &mut Replica,
    folder: &Path,
    moment: &mut Moment,
) -> Outcomes<Replica> {
    std::fs::create_dir_all(folder)?;
    let mut empty = new_device(owner, &folder.join("empty.db"), moment)?;
    let start = Instant::now();
    let carried = sync(&mut empty, relay, moment)?;
    let note = format!(
        "{} in {} frames",
        bytes(carried.bytes as u64),
        carried.frames
    );
    table.once(what, start.elapsed(), note);
    Ok(empty)
}

pub(crate) fn frames(table: &mut Table, fixture: &Fixture, scratch: &Path) -> Outcomes<()> {
    let moment = &mut Moment::new(5);
    table.part("Taking in changes of others");
    let mut owner = open(&fixture.copy(Part::Owner, scratch)?, Part::Owner)?;
    let mut editor = open(&fixture.copy(Part::Editor, scratch)?, Part::Editor)?;
    let mut relay = open(&fixture.copy(Part::Relay, scratch)?, Part::Relay)?;
    let (mut near, mut far) = session(&editor, &relay, moment)?;
    carry(&mut near, &mut editor, &mut far, &mut relay, moment)?;
    let (mut near2, mut far2) = session(&owner, &relay, moment)?;
    carry(&mut near2, &mut owner, &mut far2, &mut relay, moment)?;
    // Both follow the list from here on.
    near.notify_document(&fixture.list);
    near2.notify_document(&fixture.list);
    carry(&mut near, &mut editor, &mut far, &mut relay, moment)?;
    carry(&mut near2, &mut owner, &mut far2, &mut relay, moment)?;

    let mut at_relay = Times::default();
    let mut at_reader = Times::default();
    let mut said = Times::default();
    for index in 0..5 * REPEATS {
        create(&mut editor, fixture, index, moment)?;
        near.notify_document(&fixture.list);
        let start = Instant::now();
        let frame = near.poll_transmit(&editor)?.ok_or("nothing to say")?;
        said.push(start.elapsed());
        let start = Instant::now();
        relay.batch(|relay| far.handle_frame(relay, &frame, &mut moment.env()))?;
        at_relay.push(start.elapsed());
        far2.notify_document(&fixture.list);
        carry(&mut near, &mut editor, &mut far, &mut relay, moment)?;
        while let Some(frame) = far2.poll_transmit(&relay)? {
            let start = Instant::now();
            owner.batch(|owner| near2.handle_frame(owner, &frame, &mut moment.env()))?;
            at_reader.push(start.elapsed());
        }
        carry(&mut near2, &mut owner, &mut far2, &mut relay, moment)?;
    }
    table.times("make the frame of one change", &said, "");
    table.times(
        "one change at the relay",
        &at_relay,
        "with its commit and derivation",
    );
    table.times(
        "one change at a reader",
        &at_reader,
        "with its commit and derivation",
    );

    let mut frames = Vec::new();
    let start = Instant::now();
    for index in 0..PIPELINED {
        let task = TaskPatch {
            title: Some(format!("Title {index}")),
            ..TaskPatch::default()
        };
        let list = fixture.list;
        let tasks = Command::EditTask {
            list,
            task: first_task(&editor, fixture, moment)?,
            patch: task,
        };
        editor.execute(&tasks, &mut moment.env())?;
        near.notify_document(&fixture.list);
        while let Some(frame) = near.poll_transmit(&editor)? {
            frames.push(frame);
        }
    }
    table.once(
        "writing 1,000 changes, a frame for each",
        start.elapsed(),
        "",
    );
    let start = Instant::now();
    let mut answers = 0;
    // As the relay does it: what has come shares a commit.
    for part in frames.chunks(512) {
        relay.batch(|relay| -> Result<(), poo_core::sync::SessionError> {
            for frame in part {
                far.handle_frame(relay, frame, &mut moment.env())?;
            }
            Ok(())
        })?;
        while far.poll_transmit(&relay)?.is_some() {
            answers += 1;
        }
    }
    table.once(
        "the relay accepts 1,000 pipelined changes",
        start.elapsed(),
        format!("{} frames, {answers} answers", frames.len()),
    );
    Ok(())
}

fn first_task(replica: &Replica, fixture: &Fixture, moment: &Moment) -> Outcomes<TaskId> {
    match replica.query(&page(fixture, 1), moment.now())? {
        Answer::Tasks(page) => Ok(page.items.first().ok_or("no task")?.id),
        other => Err(format!("{other:?}").into()),
    }
}

/// The same document in the automerge crate alone, as a program would use it that keeps it as
/// one file.
pub(crate) fn compare(table: &mut Table, fixture: &Fixture, scratch: &Path) -> Outcomes<()> {
    table.part("The automerge crate alone, for comparison");
    let home = fixture.copy(Part::Owner, scratch)?;
    let log = Connection::open(home.join("poo.db"))?;
    let mut select = log.prepare(
        "SELECT bytes FROM change WHERE doc = (SELECT id FROM document WHERE doc = ?1) ORDER BY id",
    )?;
    let rows = select.query_map([fixture.list.as_ref()], |row| row.get::<_, Vec<u8>>(0))?;
    let changes: Vec<automerge::Change> = rows
        .map(|bytes| Ok(automerge::Change::from_bytes(bytes?)?))
        .collect::<Outcomes<_>>()?;
    let mut document = automerge::AutoCommit::new();
    let start = Instant::now();
    for part in changes.chunks(1_000) {
        document.apply_changes(part.to_vec())?;
    }
    table.once("apply all changes", start.elapsed(), "in batches of 1,000");
    let saved = document.save();
    let mut times = Times::default();
    let mut again = Times::default();
    for _ in 0..5 {
        let start = Instant::now();
        let mut document = automerge::AutoCommit::load(&saved)?;
        times.push(start.elapsed());
        let start = Instant::now();
        let (_, items) = document.get(automerge::ROOT, "items")?.ok_or("no items")?;
        let item = document.keys(&items).next().ok_or("no item")?;
        let (_, item) = document.get(&items, item)?.ok_or("no item")?;
        document.put(&item, "status", "done")?;
        document.commit();
        let saved = document.save();
        again.push(start.elapsed());
        drop(saved);
    }
    table.times("load", &times, bytes(saved.len() as u64));
    table.times(
        "one put, commit and save",
        &again,
        "what a command costs beside the load",
    );
    let moment = &mut Moment::new(10);
    let replica = open(&home, Part::Owner)?;
    let tasks = some_tasks(&replica, fixture, moment)?;
    drop(replica);
    let list = fixture.list;
    let ours = Times::of(REPEATS, |index| -> Outcomes<()> {
        let mut replica = open(&home, Part::Owner)?;
        let patch = TaskPatch {
            title: Some(format!("Renamed as number {index}")),
            ..TaskPatch::default()
        };
        let task = *tasks.get(index * 37 % tasks.len()).ok_or("no task")?;
        replica.execute(&Command::EditTask { list, task, patch }, &mut moment.env())?;
        Ok(())
    })?;
    table.times(
        "this engine: open, one edit, commit",
        &ours,
        format!(
            "automerge: load, one put, commit and save takes {:.0} times as long",
            (times.median() + again.median()).as_secs_f64() / ours.median().as_secs_f64()
        ),
    );
    Ok(())
}
