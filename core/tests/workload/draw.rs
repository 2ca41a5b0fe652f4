//! What somebody might do next: any command, mostly one that makes sense where they are.

use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::membership::Role;
use poo_core::model::interchange::{ListLook, TagColor};
use poo_core::model::{
    Aisle, Answer, Command, ImportedTask, ListPatch, ListPlace, ListView, MovePlace, NewFile,
    NewTask, Outcome, Priority, Query, Sort, Status, Task, TaskId, TaskPatch,
};
use poo_core::replica::Replica;

use super::super::common::tasks;
use super::random::Random;

/// A command's place in [`COMMANDS`]. A new one has to be named here, and then drawn below.
pub fn number(command: &Command) -> usize {
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
        Command::RevokeTicket { .. } => 47,
        Command::CreateAgent { .. } => 48,
        Command::AddMember { .. } => 49,
    }
}

const WORDS: [&str; 8] = [
    "milk", "Bread", "Äpfel", "café", "red", "éclair", "Zoë", "buy",
];
const TAGS: [&str; 4] = ["shop", "home", "work", "Über"];
pub const RULES: [&str; 4] = [
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
pub const SORTS: [Sort; 7] = [
    Sort::Manual,
    Sort::Newest,
    Sort::Oldest,
    Sort::Title,
    Sort::TitleReversed,
    Sort::Due,
    Sort::Priority,
];
pub const STATUSES: [Status; 4] = [
    Status::Open,
    Status::InProgress,
    Status::Blocked,
    Status::Done,
];
pub const PRIORITIES: [Priority; 4] = [
    Priority::High,
    Priority::Medium,
    Priority::Low,
    Priority::None,
];

/// Where somebody is who is about to do something.
pub struct Scene<'a> {
    pub rng: &'a mut Random,
    /// Their device.
    pub replica: &'a mut Replica,
    /// The first of them made all lists, the last comes and goes.
    pub people: &'a [Did],
    /// The list that all share.
    pub plans: DocumentId,
    /// A list in which roles change.
    pub office: DocumentId,
    /// A device of the first person that is in nobody's hands.
    pub tablet: &'a str,
    /// Whether nothing recurs and tags keep their names: then every field is what somebody wrote.
    pub calm: bool,
}

/// A word that nobody said before.
fn unique(scene: &mut Scene<'_>) -> String {
    let word = *scene.rng.pick(&WORDS).unwrap();
    let letters: String = (0..6)
        .map(|_| char::from(b'a' + u8::try_from(scene.rng.below(26)).unwrap()))
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

fn ask<T>(scene: &Scene<'_>, query: &Query, take: impl FnOnce(Answer) -> Option<T>) -> Option<T> {
    let answer = scene.replica.query(query, Timestamp::UNIX_EPOCH);
    answer.ok().and_then(take)
}

/// A list that somebody may mean: mostly the one that all share.
fn a_list(scene: &mut Scene<'_>) -> DocumentId {
    if scene.rng.chance(75) {
        return scene.plans;
    }
    let all = ask(scene, &Query::Lists { all: true }, |answer| match answer {
        Answer::Lists(page) => Some(page.items),
        _ => None,
    });
    let all = all.unwrap_or_default();
    scene.rng.pick(&all).map_or(scene.plans, |list| list.id)
}

fn all_tasks(scene: &Scene<'_>, list: DocumentId) -> Vec<Task> {
    let mut all = tasks(scene.replica, list, false);
    all.extend(tasks(scene.replica, list, true));
    all
}

fn a_task(scene: &mut Scene<'_>, list: DocumentId) -> Option<TaskId> {
    let all = if scene.rng.chance(90) {
        tasks(scene.replica, list, false)
    } else {
        all_tasks(scene, list)
    };
    scene.rng.pick(&all).map(|task| task.id)
}

fn a_comment(scene: &mut Scene<'_>, list: DocumentId) -> Option<TaskId> {
    let mut found = Vec::new();
    for task in all_tasks(scene, list) {
        let query = Query::Comments {
            list,
            task: task.id,
        };
        found.extend(ask(scene, &query, |answer| match answer {
            Answer::Comments(page) => Some(page.items.into_iter().map(|c| c.id)),
            _ => None,
        })?);
    }
    scene.rng.pick(&found).copied()
}

fn new_task(scene: &mut Scene<'_>, list: DocumentId) -> NewTask {
    let recurs = !scene.calm && scene.rng.chance(25);
    let due = recurs || scene.rng.chance(40);
    NewTask {
        title: unique(scene),
        notes: scene.rng.chance(30).then(|| unique(scene)),
        url: scene.rng.chance(10).then(|| "https://example.org/".into()),
        status: scene.rng.chance(20).then(|| STATUSES[scene.rng.below(3)]),
        priority: scene.rng.pick(&PRIORITIES).copied(),
        due: due.then(|| DUES[scene.rng.below(5)].parse().unwrap()),
        recurrence: recurs.then(|| RULES[scene.rng.below(4)].parse().unwrap()),
        parent: if scene.rng.chance(35) {
            a_task(scene, list)
        } else {
            None
        },
        tags: if scene.rng.chance(30) {
            vec![a_tag(scene)]
        } else {
            Vec::new()
        },
        reminders: if scene.rng.chance(15) {
            vec!["10m".parse().unwrap()]
        } else {
            Vec::new()
        },
        assignee: if scene.rng.chance(25) {
            Some(scene.people[scene.rng.below(scene.people.len())])
        } else {
            None
        },
        blocked_by: if scene.rng.chance(10) {
            a_task(scene, list).into_iter().collect()
        } else {
            Vec::new()
        },
        aisle: scene.rng.chance(10).then(|| "Dairy".into()),
    }
}

fn a_tag(scene: &mut Scene<'_>) -> String {
    (*scene.rng.pick(&TAGS).unwrap()).to_owned()
}

fn patch(scene: &mut Scene<'_>, list: DocumentId, task: TaskId) -> TaskPatch {
    let mut patch = TaskPatch::default();
    for _ in 0..=scene.rng.below(2) {
        let calm = scene.calm;
        match scene.rng.below(13) {
            0 | 1 => patch.title = Some(unique(scene)),
            2 | 3 => {
                let found = all_tasks(scene, list);
                let old = found.into_iter().find(|found| found.id == task);
                let old = old.map(|task| task.notes).unwrap_or_default();
                let word = unique(scene);
                patch.notes = Some(match scene.rng.below(4) {
                    0 => String::new(),
                    1 => format!("{word} {old}"),
                    _ => format!("{old} {word}"),
                });
            }
            4 => patch.url = some(scene.rng, "https://example.com/x".into()),
            5 => patch.status = scene.rng.pick(&STATUSES).copied(),
            6 => patch.priority = scene.rng.pick(&PRIORITIES).copied(),
            7 => patch.due = some(scene.rng, DUES[0].parse().unwrap()),
            8 if !calm => {
                patch.due = Some(Some(DUES[scene.rng.below(5)].parse().unwrap()));
                patch.recurrence = some(scene.rng, RULES[0].parse().unwrap());
            }
            9 => patch.add_tags = vec![a_tag(scene)],
            10 => patch.remove_tags = vec![a_tag(scene)],
            11 => patch.assignee = some(scene.rng, scene.people[0]),
            _ => match scene.rng.below(5) {
                0 => patch.add_reminders = vec!["1h".parse().unwrap()],
                1 => patch.remove_reminders = vec!["10m".parse().unwrap()],
                2 => patch.add_blocked_by = a_task(scene, list).into_iter().collect(),
                3 => patch.remove_blocked_by = a_task(scene, list).into_iter().collect(),
                _ => patch.aisle = some(scene.rng, "Bakery".into()),
            },
        }
    }
    patch
}

fn place(scene: &mut Scene<'_>, list: DocumentId) -> MovePlace {
    let mut place = MovePlace::default();
    match scene.rng.below(6) {
        0 => place.parent = Some(None),
        1 | 2 => place.parent = Some(a_task(scene, list)),
        3 => place.after = a_task(scene, list),
        4 => place.before = a_task(scene, list),
        _ => {}
    }
    place
}

fn made(scene: &mut Scene<'_>, what: &Query) -> Option<String> {
    let ids = ask(scene, what, |answer| match answer {
        Answer::Folders(page) => Some(page.items.into_iter().map(|f| f.id).collect::<Vec<_>>()),
        Answer::Templates(page) => Some(page.items.into_iter().map(|t| t.id).collect()),
        Answer::Invites(page) => Some(page.items.into_iter().map(|i| i.id).collect()),
        Answer::Tickets(page) => Some(page.items.into_iter().map(|t| t.id).collect()),
        _ => None,
    })?;
    scene.rng.pick(&ids).cloned()
}

/// Draws a command of a member. `None` where what it takes is not there.
pub fn draw(scene: &mut Scene<'_>) -> Option<Command> {
    let list = a_list(scene);
    let office = scene.office;
    let zone = Some("Europe/Berlin".to_owned());
    Some(match scene.rng.below(120) {
        0 => Command::CreateList {
            title: unique(scene),
        },
        1 | 2 => Command::RenameList {
            list,
            title: unique(scene),
        },
        3 | 4 => {
            let icon = some(scene.rng, "🥕".into());
            let color = scene.rng.chance(50).then(|| Some(unique(scene)));
            let view = scene.rng.chance(30).then_some(ListView::Aisles);
            Command::EditList {
                list,
                patch: ListPatch { icon, color, view },
            }
        }
        5..=7 => {
            let folder = match made(scene, &Query::Folders) {
                Some(folder) => some(scene.rng, folder),
                None => None,
            };
            let favorite = scene.rng.chance(50).then(|| scene.rng.chance(50));
            let archived = scene.rng.chance(20).then(|| scene.rng.chance(50));
            let sort = scene.rng.pick(&SORTS).copied();
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
            let template = made(scene, &Query::Templates)?;
            Command::CreateFromTemplate {
                template,
                title: None,
            }
        }
        10 | 11 => Command::SaveTemplate {
            list,
            title: Some(unique(scene)),
        },
        12 => Command::DeleteTemplate {
            template: made(scene, &Query::Templates)?,
        },
        13 => Command::CreateFolder {
            name: unique(scene),
        },
        14 => Command::RenameFolder {
            folder: made(scene, &Query::Folders)?,
            name: unique(scene),
        },
        15 => Command::DeleteFolder {
            folder: made(scene, &Query::Folders)?,
        },
        16 => Command::SetSetting {
            name: "theme".into(),
            value: scene.rng.chance(70).then(|| unique(scene)),
        },
        17 => Command::DeleteList { list },
        18 => Command::RestoreList { list },
        19..=33 => Command::CreateTask {
            list,
            task: new_task(scene, list),
        },
        34..=55 => {
            let task = a_task(scene, list)?;
            Command::EditTask {
                list,
                task,
                patch: patch(scene, list, task),
            }
        }
        56..=62 => Command::CompleteTask {
            list,
            task: a_task(scene, list)?,
            zone,
        },
        63 | 64 => Command::SkipTask {
            list,
            task: a_task(scene, list)?,
            zone,
        },
        65..=67 => Command::ReopenTask {
            list,
            task: a_task(scene, list)?,
        },
        68..=77 => Command::MoveTask {
            list,
            task: a_task(scene, list)?,
            place: place(scene, list),
        },
        78..=81 => Command::DeleteTask {
            list,
            task: a_task(scene, list)?,
        },
        82 | 83 => {
            let trash = tasks(scene.replica, list, true);
            Command::RestoreTask {
                list,
                task: scene.rng.pick(&trash)?.id,
            }
        }
        84 | 85 => Command::ImportTasks {
            list,
            tasks: imported(scene),
            look: look(scene),
            zone: None,
        },
        86 | 87 if !scene.calm => Command::EditTag {
            list,
            tag: a_tag(scene),
            name: scene.rng.chance(50).then(|| a_tag(scene)),
            color: some(scene.rng, "red".into()),
        },
        88 if !scene.calm => Command::DeleteTag {
            list,
            tag: a_tag(scene),
        },
        89 | 90 => Command::SetAisle {
            list,
            name: "Bakery".into(),
            keywords: vec![unique(scene)],
        },
        91 => Command::RemoveAisle {
            list,
            name: "bakery".into(),
        },
        92..=95 => Command::AddComment {
            list,
            task: a_task(scene, list)?,
            text: unique(scene),
        },
        96 => Command::EditComment {
            list,
            comment: a_comment(scene, list)?,
            text: unique(scene),
        },
        97 => Command::DeleteComment {
            list,
            comment: a_comment(scene, list)?,
        },
        98 => Command::LogNote {
            list,
            text: unique(scene),
        },
        99 | 100 => return file(scene, list),
        101..=106 => Command::Undo,
        107..=109 => Command::Redo,
        110 => Command::SetProfile {
            name: unique(scene),
            color: None,
        },
        111 => Command::Share {
            list: office,
            role: Role::Viewer,
            expires_in_s: None,
        },
        112 => match scene.rng.below(5) {
            0 => Command::LeaveList { list: office },
            1 => Command::RevokeMember {
                list: office,
                member: scene.people[scene.people.len() - 1],
            },
            2 => Command::TransferOwnership {
                list: office,
                to: scene.people[1],
            },
            _ => Command::RevokeDevice {
                device: scene.tablet.to_owned(),
            },
        },
        113 => match scene.rng.below(3) {
            0 => Command::LinkDevice,
            1 => Command::CreateAgent {
                name: unique(scene),
                platform: Some("openclaw".into()),
                color: None,
            },
            _ => Command::AddMember {
                list: office,
                member: scene.people[scene.rng.below(scene.people.len())],
                role: Role::Viewer,
                witness: Some(scene.people[0]),
            },
        },
        114 | 115 => Command::ChangeRole {
            list: office,
            member: scene.people[1 + scene.rng.below(scene.people.len() - 1)],
            role: [Role::Viewer, Role::Editor, Role::Owner][scene.rng.below(3)],
        },
        116 => Command::RevokeInvite {
            list: office,
            invite: made(scene, &Query::Invites { list: office })?,
        },
        117 => Command::Publish { list: office },
        118 => Command::Unpublish { list: office },
        119 => match scene.rng.below(4) {
            0 => Command::RevokeTicket {
                ticket: made(scene, &Query::Tickets)?,
            },
            which => Command::CreateTicket {
                list: (which == 1).then_some(office),
                uses: None,
                expires_in_s: None,
            },
        },
        _ => return None,
    })
}

fn imported(scene: &mut Scene<'_>) -> Vec<ImportedTask> {
    let one = |scene: &mut Scene<'_>| ImportedTask {
        title: unique(scene),
        ..ImportedTask::default()
    };
    let children = vec![one(scene)];
    vec![
        one(scene),
        ImportedTask {
            children,
            ..one(scene)
        },
    ]
}

/// How the list that an import comes from looks, if it says.
fn look(scene: &mut Scene<'_>) -> ListLook {
    if scene.calm || scene.rng.chance(50) {
        return ListLook::default();
    }
    ListLook {
        icon: some(scene.rng, "\u{1f34e}".into()).flatten(),
        color: some(scene.rng, "green".into()).flatten(),
        view: ListView::Aisles,
        tags: vec![TagColor {
            name: a_tag(scene),
            color: "blue".into(),
        }],
        aisles: vec![Aisle {
            name: "Cheese".into(),
            keywords: vec!["brie".into()],
        }],
    }
}

/// The list that a command is about, if it is about what is in one.
pub fn list_of(command: &Command) -> Option<DocumentId> {
    let json = serde_json::to_value(command).unwrap();
    json.get("list")?.as_str()?.parse().ok()
}

/// Whether a command did anything.
pub fn did_something(outcome: Option<&Outcome>) -> bool {
    !matches!(
        outcome,
        None | Some(Outcome::Done { changed: false } | Outcome::Undone { changed: false, .. })
    )
}

/// A file that comes or goes.
fn file(scene: &mut Scene<'_>, list: DocumentId) -> Option<Command> {
    let carried: Vec<_> = tasks(scene.replica, list, false)
        .into_iter()
        .filter_map(|task| Some((task.id, task.attachments.first()?.id.parse().ok()?)))
        .collect();
    if let (Some((task, attachment)), true) = (scene.rng.pick(&carried), scene.rng.chance(50)) {
        return Some(Command::Detach {
            list,
            task: *task,
            attachment: *attachment,
        });
    }
    let task = a_task(scene, list)?;
    let text = unique(scene);
    let hash = scene.replica.put_blob(text.as_bytes()).ok()?;
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
