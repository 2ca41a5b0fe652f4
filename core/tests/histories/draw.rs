//! What somebody might do next: any command, mostly one that makes sense where they are.

use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::membership::Role;
use poo_core::model::{
    Answer, Command, ImportedTask, ListPatch, ListPlace, ListView, MovePlace, NewFile, NewTask,
    Outcome, Priority, Query, Sort, Status, Task, TaskId, TaskPatch,
};

use crate::common::tasks;
use crate::random::Random;
use crate::world::World;

/// Every command by its name.
pub(crate) const COMMANDS: [&str; 47] = [
    "CreateList",
    "RenameList",
    "EditList",
    "PlaceList",
    "DuplicateList",
    "CreateFromTemplate",
    "SaveTemplate",
    "DeleteTemplate",
    "CreateFolder",
    "RenameFolder",
    "DeleteFolder",
    "SetSetting",
    "DeleteList",
    "RestoreList",
    "CreateTask",
    "EditTask",
    "CompleteTask",
    "SkipTask",
    "ReopenTask",
    "MoveTask",
    "DeleteTask",
    "RestoreTask",
    "ImportTasks",
    "EditTag",
    "DeleteTag",
    "SetAisle",
    "RemoveAisle",
    "AddComment",
    "EditComment",
    "DeleteComment",
    "LogNote",
    "Undo",
    "Redo",
    "SetProfile",
    "Share",
    "RevokeMember",
    "RevokeDevice",
    "LinkDevice",
    "LeaveList",
    "TransferOwnership",
    "ChangeRole",
    "RevokeInvite",
    "Publish",
    "Unpublish",
    "Attach",
    "Detach",
    "CreateTicket",
];

/// A command's place in [`COMMANDS`]. A new one has to be named here, and then drawn below.
pub(crate) fn number(command: &Command) -> usize {
    match command {
        Command::CreateList { .. } => 0,
        Command::RenameList { .. } => 1,
        Command::EditList { .. } => 2,
        Command::PlaceList { .. } => 3,
        Command::DuplicateList { .. } => 4,
        Command::CreateFromTemplate { .. } => 5,
        Command::SaveTemplate { .. } => 6,
        Command::DeleteTemplate { .. } => 7,
        Command::CreateFolder { .. } => 8,
        Command::RenameFolder { .. } => 9,
        Command::DeleteFolder { .. } => 10,
        Command::SetSetting { .. } => 11,
        Command::DeleteList { .. } => 12,
        Command::RestoreList { .. } => 13,
        Command::CreateTask { .. } => 14,
        Command::EditTask { .. } => 15,
        Command::CompleteTask { .. } => 16,
        Command::SkipTask { .. } => 17,
        Command::ReopenTask { .. } => 18,
        Command::MoveTask { .. } => 19,
        Command::DeleteTask { .. } => 20,
        Command::RestoreTask { .. } => 21,
        Command::ImportTasks { .. } => 22,
        Command::EditTag { .. } => 23,
        Command::DeleteTag { .. } => 24,
        Command::SetAisle { .. } => 25,
        Command::RemoveAisle { .. } => 26,
        Command::AddComment { .. } => 27,
        Command::EditComment { .. } => 28,
        Command::DeleteComment { .. } => 29,
        Command::LogNote { .. } => 30,
        Command::Undo => 31,
        Command::Redo => 32,
        Command::SetProfile { .. } => 33,
        Command::Share { .. } => 34,
        Command::RevokeMember { .. } => 35,
        Command::RevokeDevice { .. } => 36,
        Command::LinkDevice => 37,
        Command::LeaveList { .. } => 38,
        Command::TransferOwnership { .. } => 39,
        Command::ChangeRole { .. } => 40,
        Command::RevokeInvite { .. } => 41,
        Command::Publish { .. } => 42,
        Command::Unpublish { .. } => 43,
        Command::Attach { .. } => 44,
        Command::Detach { .. } => 45,
        Command::CreateTicket { .. } => 46,
    }
}

const WORDS: [&str; 8] = [
    "milk", "Bread", "Äpfel", "café", "red", "éclair", "Zoë", "buy",
];
const TAGS: [&str; 4] = ["shop", "home", "work", "Über"];
const RULES: [&str; 4] = [
    "FREQ=DAILY",
    "FREQ=WEEKLY;BYDAY=MO,TH",
    "FREQ=DAILY;COUNT=3",
    "FREQ=MONTHLY",
];
const DUES: [&str; 5] = [
    "2026-09-20",
    "2026-09-22",
    "2026-09-25",
    "2026-09-23T09:00[Europe/Berlin]",
    "2026-10-01T23:30[America/New_York]",
];
const SORTS: [Sort; 7] = [
    Sort::Manual,
    Sort::Newest,
    Sort::Oldest,
    Sort::Title,
    Sort::TitleReversed,
    Sort::Due,
    Sort::Priority,
];
const STATUSES: [Status; 4] = [
    Status::Open,
    Status::InProgress,
    Status::Blocked,
    Status::Done,
];
const PRIORITIES: [Priority; 4] = [
    Priority::High,
    Priority::Medium,
    Priority::Low,
    Priority::None,
];

/// A word that nobody said before.
fn unique(world: &mut World) -> String {
    let word = *world.rng.pick(&WORDS).unwrap();
    let letters: String = (0..6)
        .map(|_| char::from(b'a' + u8::try_from(world.rng.below(26)).unwrap()))
        .collect();
    format!("{word}-{letters}")
}

fn some<T>(rng: &mut Random, value: T) -> Option<Option<T>> {
    if rng.chance(25) {
        Some(None)
    } else {
        Some(Some(value))
    }
}

fn ask<T>(
    world: &World,
    who: usize,
    query: &Query,
    take: impl FnOnce(Answer) -> Option<T>,
) -> Option<T> {
    let answer = world.replica(who).query(query, Timestamp::UNIX_EPOCH);
    answer.ok().and_then(take)
}

/// A list that somebody may mean: mostly the one that all share.
fn a_list(world: &mut World, who: usize) -> DocumentId {
    if world.rng.chance(75) {
        return world.plans;
    }
    let all = ask(
        world,
        who,
        &Query::Lists { all: true },
        |answer| match answer {
            Answer::Lists(page) => Some(page.items),
            _ => None,
        },
    );
    let all = all.unwrap_or_default();
    world.rng.pick(&all).map_or(world.plans, |list| list.id)
}

fn all_tasks(world: &World, who: usize, list: DocumentId) -> Vec<Task> {
    let mut all = tasks(world.replica(who), list, false);
    all.extend(tasks(world.replica(who), list, true));
    all
}

fn a_task(world: &mut World, who: usize, list: DocumentId) -> Option<TaskId> {
    let all = if world.rng.chance(90) {
        tasks(world.replica(who), list, false)
    } else {
        all_tasks(world, who, list)
    };
    world.rng.pick(&all).map(|task| task.id)
}

fn a_comment(world: &mut World, who: usize, list: DocumentId) -> Option<TaskId> {
    let mut found = Vec::new();
    for task in all_tasks(world, who, list) {
        let query = Query::Comments {
            list,
            task: task.id,
        };
        found.extend(ask(world, who, &query, |answer| match answer {
            Answer::Comments(page) => Some(page.items.into_iter().map(|c| c.id)),
            _ => None,
        })?);
    }
    world.rng.pick(&found).copied()
}

fn new_task(world: &mut World, who: usize, list: DocumentId) -> NewTask {
    let recurs = !world.calm && world.rng.chance(25);
    let due = recurs || world.rng.chance(40);
    NewTask {
        title: unique(world),
        notes: world.rng.chance(30).then(|| unique(world)),
        url: world.rng.chance(10).then(|| "https://example.org/".into()),
        status: world.rng.chance(20).then(|| STATUSES[world.rng.below(3)]),
        priority: world.rng.pick(&PRIORITIES).copied(),
        due: due.then(|| DUES[world.rng.below(5)].parse().unwrap()),
        recurrence: recurs.then(|| RULES[world.rng.below(4)].parse().unwrap()),
        parent: if world.rng.chance(35) {
            a_task(world, who, list)
        } else {
            None
        },
        tags: if world.rng.chance(30) {
            vec![a_tag(world)]
        } else {
            Vec::new()
        },
        reminders: if world.rng.chance(15) {
            vec!["10m".parse().unwrap()]
        } else {
            Vec::new()
        },
        assignee: if world.rng.chance(25) {
            Some(world.people[world.rng.below(3)])
        } else {
            None
        },
        blocked_by: if world.rng.chance(10) {
            a_task(world, who, list).into_iter().collect()
        } else {
            Vec::new()
        },
        aisle: world.rng.chance(10).then(|| "Dairy".into()),
    }
}

fn a_tag(world: &mut World) -> String {
    (*world.rng.pick(&TAGS).unwrap()).to_owned()
}

fn patch(world: &mut World, who: usize, list: DocumentId, task: TaskId) -> TaskPatch {
    let mut patch = TaskPatch::default();
    for _ in 0..=world.rng.below(2) {
        let calm = world.calm;
        match world.rng.below(13) {
            0 | 1 => patch.title = Some(unique(world)),
            2 | 3 => {
                let found = all_tasks(world, who, list);
                let old = found.into_iter().find(|found| found.id == task);
                let old = old.map(|task| task.notes).unwrap_or_default();
                let word = unique(world);
                patch.notes = Some(match world.rng.below(4) {
                    0 => String::new(),
                    1 => format!("{word} {old}"),
                    _ => format!("{old} {word}"),
                });
            }
            4 => patch.url = some(&mut world.rng, "https://example.com/x".into()),
            5 => patch.status = world.rng.pick(&STATUSES).copied(),
            6 => patch.priority = world.rng.pick(&PRIORITIES).copied(),
            7 => patch.due = some(&mut world.rng, DUES[0].parse().unwrap()),
            8 if !calm => {
                patch.due = Some(Some(DUES[world.rng.below(5)].parse().unwrap()));
                patch.recurrence = some(&mut world.rng, RULES[0].parse().unwrap());
            }
            9 => patch.add_tags = vec![a_tag(world)],
            10 => patch.remove_tags = vec![a_tag(world)],
            11 => patch.assignee = some(&mut world.rng, world.people[0]),
            _ => match world.rng.below(5) {
                0 => patch.add_reminders = vec!["1h".parse().unwrap()],
                1 => patch.remove_reminders = vec!["10m".parse().unwrap()],
                2 => patch.add_blocked_by = a_task(world, who, list).into_iter().collect(),
                3 => patch.remove_blocked_by = a_task(world, who, list).into_iter().collect(),
                _ => patch.aisle = some(&mut world.rng, "Bakery".into()),
            },
        }
    }
    patch
}

fn place(world: &mut World, who: usize, list: DocumentId) -> MovePlace {
    let mut place = MovePlace::default();
    match world.rng.below(6) {
        0 => place.parent = Some(None),
        1 | 2 => place.parent = Some(a_task(world, who, list)),
        3 => place.after = a_task(world, who, list),
        4 => place.before = a_task(world, who, list),
        _ => {}
    }
    place
}

fn made(world: &mut World, who: usize, what: &Query) -> Option<String> {
    let ids = ask(world, who, what, |answer| match answer {
        Answer::Folders(page) => Some(page.items.into_iter().map(|f| f.id).collect::<Vec<_>>()),
        Answer::Templates(page) => Some(page.items.into_iter().map(|t| t.id).collect()),
        Answer::Invites(page) => Some(page.items.into_iter().map(|i| i.id).collect()),
        _ => None,
    })?;
    world.rng.pick(&ids).cloned()
}

/// Draws a command of a member. `None` where what it takes is not there.
pub(crate) fn draw(world: &mut World, who: usize) -> Option<Command> {
    let list = a_list(world, who);
    let office = world.office;
    let zone = Some("Europe/Berlin".to_owned());
    Some(match world.rng.below(120) {
        0 => Command::CreateList {
            title: unique(world),
        },
        1 | 2 => Command::RenameList {
            list,
            title: unique(world),
        },
        3 | 4 => {
            let icon = some(&mut world.rng, "🥕".into());
            let color = world.rng.chance(50).then(|| Some(unique(world)));
            let view = world.rng.chance(30).then_some(ListView::Aisles);
            Command::EditList {
                list,
                patch: ListPatch { icon, color, view },
            }
        }
        5..=7 => {
            let folder = match made(world, who, &Query::Folders) {
                Some(folder) => some(&mut world.rng, folder),
                None => None,
            };
            let favorite = world.rng.chance(50).then(|| world.rng.chance(50));
            let archived = world.rng.chance(20).then(|| world.rng.chance(50));
            let sort = world.rng.pick(&SORTS).copied();
            Command::PlaceList {
                list,
                place: ListPlace {
                    favorite,
                    archived,
                    folder,
                    sort,
                },
            }
        }
        8 => Command::DuplicateList { list, title: None },
        9 => {
            let template = made(world, who, &Query::Templates)?;
            Command::CreateFromTemplate {
                template,
                title: None,
            }
        }
        10 | 11 => Command::SaveTemplate {
            list,
            title: Some(unique(world)),
        },
        12 => Command::DeleteTemplate {
            template: made(world, who, &Query::Templates)?,
        },
        13 => Command::CreateFolder {
            name: unique(world),
        },
        14 => Command::RenameFolder {
            folder: made(world, who, &Query::Folders)?,
            name: unique(world),
        },
        15 => Command::DeleteFolder {
            folder: made(world, who, &Query::Folders)?,
        },
        16 => Command::SetSetting {
            name: "theme".into(),
            value: world.rng.chance(70).then(|| unique(world)),
        },
        17 => Command::DeleteList { list },
        18 => Command::RestoreList { list },
        19..=33 => Command::CreateTask {
            list,
            task: new_task(world, who, list),
        },
        34..=55 => {
            let task = a_task(world, who, list)?;
            Command::EditTask {
                list,
                task,
                patch: patch(world, who, list, task),
            }
        }
        56..=62 => Command::CompleteTask {
            list,
            task: a_task(world, who, list)?,
            zone,
        },
        63 | 64 => Command::SkipTask {
            list,
            task: a_task(world, who, list)?,
            zone,
        },
        65..=67 => Command::ReopenTask {
            list,
            task: a_task(world, who, list)?,
        },
        68..=77 => Command::MoveTask {
            list,
            task: a_task(world, who, list)?,
            place: place(world, who, list),
        },
        78..=81 => Command::DeleteTask {
            list,
            task: a_task(world, who, list)?,
        },
        82 | 83 => {
            let trash = tasks(world.replica(who), list, true);
            Command::RestoreTask {
                list,
                task: world.rng.pick(&trash)?.id,
            }
        }
        84 | 85 => Command::ImportTasks {
            list,
            tasks: imported(world),
            zone: None,
        },
        86 | 87 if !world.calm => Command::EditTag {
            list,
            tag: a_tag(world),
            name: world.rng.chance(50).then(|| a_tag(world)),
            color: some(&mut world.rng, "red".into()),
        },
        88 if !world.calm => Command::DeleteTag {
            list,
            tag: a_tag(world),
        },
        89 | 90 => Command::SetAisle {
            list,
            name: "Bakery".into(),
            keywords: vec![unique(world)],
        },
        91 => Command::RemoveAisle {
            list,
            name: "bakery".into(),
        },
        92..=95 => Command::AddComment {
            list,
            task: a_task(world, who, list)?,
            text: unique(world),
        },
        96 => Command::EditComment {
            list,
            comment: a_comment(world, who, list)?,
            text: unique(world),
        },
        97 => Command::DeleteComment {
            list,
            comment: a_comment(world, who, list)?,
        },
        98 => Command::LogNote {
            list,
            text: unique(world),
        },
        99 | 100 => return file(world, who, list),
        101..=106 => Command::Undo,
        107..=109 => Command::Redo,
        110 => Command::SetProfile {
            name: unique(world),
            color: None,
        },
        111 => Command::Share {
            list: office,
            role: Role::Viewer,
            expires_in_s: None,
        },
        112 => match world.rng.below(5) {
            0 => Command::LeaveList { list: office },
            1 => Command::RevokeMember {
                list: office,
                member: world.people[2],
            },
            2 => Command::TransferOwnership {
                list: office,
                to: world.people[1],
            },
            _ => Command::RevokeDevice {
                device: world.tablet.clone(),
            },
        },
        113 => Command::LinkDevice,
        114 | 115 => Command::ChangeRole {
            list: office,
            member: world.people[1 + world.rng.below(2)],
            role: [Role::Viewer, Role::Editor, Role::Owner][world.rng.below(3)],
        },
        116 => Command::RevokeInvite {
            list: office,
            invite: made(world, who, &Query::Invites { list: office })?,
        },
        117 => Command::Publish { list: office },
        118 => Command::Unpublish { list: office },
        119 => Command::CreateTicket {
            list: (world.rng.below(2) == 0).then_some(office),
            uses: None,
            expires_in_s: None,
        },
        _ => return None,
    })
}

fn imported(world: &mut World) -> Vec<ImportedTask> {
    let one = |world: &mut World| ImportedTask {
        title: unique(world),
        ..ImportedTask::default()
    };
    let children = vec![one(world)];
    vec![
        one(world),
        ImportedTask {
            children,
            ..one(world)
        },
    ]
}

/// The list that a command is about, if it is about what is in one.
pub(crate) fn list_of(command: &Command) -> Option<DocumentId> {
    let json = serde_json::to_value(command).unwrap();
    json.get("list")?.as_str()?.parse().ok()
}

/// Whether a command did anything.
pub(crate) fn did_something(outcome: Option<&Outcome>) -> bool {
    !matches!(
        outcome,
        None | Some(Outcome::Done { changed: false } | Outcome::Undone { changed: false, .. })
    )
}

/// A file that comes or goes.
fn file(world: &mut World, who: usize, list: DocumentId) -> Option<Command> {
    let carried: Vec<_> = tasks(world.replica(who), list, false)
        .into_iter()
        .filter_map(|task| Some((task.id, task.attachments.first()?.id.parse().ok()?)))
        .collect();
    if let (Some((task, attachment)), true) = (world.rng.pick(&carried), world.rng.chance(50)) {
        return Some(Command::Detach {
            list,
            task: *task,
            attachment: *attachment,
        });
    }
    let task = a_task(world, who, list)?;
    let text = unique(world);
    let hash = world.replica_mut(who).put_blob(text.as_bytes()).ok()?;
    Some(Command::Attach {
        list,
        task,
        file: NewFile {
            hash,
            name: "notes.txt".into(),
            mime: "text/plain".into(),
            size: text.len() as u64,
        },
    })
}
