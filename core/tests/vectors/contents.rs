//! Two documents with one of everything that this engine writes into them: their changes, and
//! what Automerge reads from those.

use std::collections::BTreeMap;

use automerge::{AutoSerde, Automerge};
use minicbor::Decoder;
use minicbor::bytes::ByteVec;
use poo_core::document::{DocumentId, DocumentKind};
use poo_core::model::{
    BlobHash, Command, ListPatch, ListPlace, ListView, MovePlace, NewFile, NewTask, Outcome,
    Priority, Reminder, Sort, Status, TaskId, TaskPatch,
};
use poo_core::replica::Replica;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Value, json};

use crate::session::{Clock, Talk, keyring, person};
use crate::{RELAY, SAM, SAM_DEVICE, did, hex};

/// Carries out commands.
struct Hand<'a> {
    sam: &'a mut Replica,
    clock: &'a mut Clock,
}

impl Hand<'_> {
    fn run(&mut self, command: &Command) -> Outcome {
        self.sam
            .execute(command, &mut self.clock.env())
            .unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    fn task(&mut self, list: DocumentId, task: NewTask) -> TaskId {
        match self.run(&Command::CreateTask { list, task }) {
            Outcome::Task { task, .. } => task,
            other => panic!("{other:?}"),
        }
    }

    fn made(&mut self, command: &Command) -> String {
        match self.run(command) {
            Outcome::Made { id } => id,
            other => panic!("{other:?}"),
        }
    }

    fn edit(&mut self, list: DocumentId, task: TaskId, patch: TaskPatch) {
        self.run(&Command::EditTask { list, task, patch });
    }
}

fn reminders(texts: &[&str]) -> Vec<Reminder> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn titled(title: &str) -> NewTask {
    NewTask {
        title: title.to_owned(),
        ..NewTask::default()
    }
}

fn fill_list(hand: &mut Hand<'_>) -> DocumentId {
    let title = "Groceries".to_owned();
    let Outcome::List { list } = hand.run(&Command::CreateList { title }) else {
        panic!("no list");
    };
    hand.run(&Command::EditList {
        list,
        patch: ListPatch {
            icon: Some(Some("\u{1f6d2}".to_owned())),
            color: Some(Some("#6b3cff".to_owned())),
            view: Some(ListView::Aisles),
        },
    });
    hand.run(&Command::SetAisle {
        list,
        name: "Tea corner".to_owned(),
        keywords: vec!["mate".to_owned(), "green tea".to_owned()],
    });
    let weekly = hand.task(
        list,
        NewTask {
            notes: Some("The *big* one \u{1f95b}".to_owned()),
            url: Some("https://example.org/milk".to_owned()),
            priority: Some(Priority::High),
            due: Some("2026-11-23T09:00[Europe/Berlin]".parse().unwrap()),
            tags: vec!["home".to_owned()],
            recurrence: Some("FREQ=WEEKLY;BYDAY=MO,TH".parse().unwrap()),
            reminders: reminders(&["1h", "1d"]),
            assignee: Some(did(SAM)),
            aisle: Some("Dairy & Eggs".to_owned()),
            ..titled("Milk")
        },
    );
    let part = hand.task(
        list,
        NewTask {
            parent: Some(weekly),
            ..titled("Take the bottles")
        },
    );
    let zone = || Some("Europe/Berlin".to_owned());
    for task in [part, weekly] {
        let zone = zone();
        hand.run(&Command::CompleteTask { list, task, zone });
    }
    let task = weekly;
    hand.run(&Command::SkipTask {
        list,
        task,
        zone: zone(),
    });
    let bread = hand.task(
        list,
        NewTask {
            status: Some(Status::InProgress),
            due: Some("2026-11-24".parse().unwrap()),
            blocked_by: vec![weekly],
            tags: vec!["home".to_owned(), "bakery".to_owned()],
            notes: Some("rye".to_owned()),
            ..titled("Bread")
        },
    );
    hand.edit(
        list,
        bread,
        TaskPatch {
            title: Some("Rye bread".to_owned()),
            notes: Some("dark rye".to_owned()),
            remove_tags: vec!["home".to_owned()],
            ..TaskPatch::default()
        },
    );
    let text = b"Passport\n";
    let file = NewFile {
        hash: BlobHash::of(text),
        name: "List.txt".to_owned(),
        mime: "text/plain".to_owned(),
        size: text.len() as u64,
    };
    hand.sam.put_blob(text).unwrap();
    let task = bread;
    hand.run(&Command::Attach { list, task, file });
    let place = MovePlace {
        after: Some(weekly),
        ..MovePlace::default()
    };
    hand.run(&Command::MoveTask { list, task, place });
    let done = hand.task(list, titled("Coffee"));
    let zone = None;
    hand.run(&Command::CompleteTask {
        list,
        task: done,
        zone,
    });
    let task = hand.task(list, titled("Nothing"));
    hand.run(&Command::DeleteTask { list, task });
    hand.run(&Command::EditTag {
        list,
        tag: "home".to_owned(),
        name: None,
        color: Some(Some("#ff8800".to_owned())),
    });
    let tag = "bakery".to_owned();
    hand.run(&Command::DeleteTag { list, tag });
    let text = "Two, please".to_owned();
    let comment = Command::AddComment {
        list,
        task: weekly,
        text,
    };
    let Outcome::Comment { comment, .. } = hand.run(&comment) else {
        panic!("no comment");
    };
    let text = "Three, please".to_owned();
    hand.run(&Command::EditComment {
        list,
        comment,
        text,
    });
    let text = "The shop closes at eight".to_owned();
    hand.run(&Command::LogNote { list, text });
    list
}

fn fill_space(hand: &mut Hand<'_>, list: DocumentId) {
    let name = "Home".to_owned();
    let folder = hand.made(&Command::CreateFolder { name });
    hand.run(&Command::PlaceList {
        list,
        place: ListPlace {
            favorite: Some(true),
            archived: Some(true),
            folder: Some(Some(folder)),
            sort: Some(Sort::Due),
        },
    });
    let name = "Work".to_owned();
    let folder = hand.made(&Command::CreateFolder { name });
    hand.run(&Command::DeleteFolder { folder });
    hand.run(&Command::SetSetting {
        name: "defaultList".to_owned(),
        value: Some(list.to_string()),
    });
    let title = Some("Weekly shop".to_owned());
    hand.made(&Command::SaveTemplate { list, title });
}

/// The changes of each document, in the order in which they go out, with what vouches for them.
#[derive(Default)]
struct Gathered {
    changes: Vec<ByteVec>,
    tips: Vec<String>,
    statements: Vec<ByteVec>,
}

fn gather(frames: &[Value]) -> BTreeMap<DocumentId, Gathered> {
    let mut all: BTreeMap<DocumentId, Gathered> = BTreeMap::new();
    for frame in frames.iter().filter(|frame| frame["kind"] == "changes") {
        let text = frame["frame"].as_str().unwrap();
        let bytes: Vec<u8> = (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect();
        let mut d = Decoder::new(&bytes);
        // [1, [{0: document, 1: more, 2: statements, 3: tips, 4: changes}]]
        d.array().unwrap();
        d.u8().unwrap();
        d.array().unwrap();
        d.map().unwrap();
        d.u8().unwrap();
        let document: DocumentId = d.decode().unwrap();
        let gathered = all.entry(document).or_default();
        d.u8().unwrap();
        d.skip().unwrap();
        d.u8().unwrap();
        gathered
            .statements
            .extend(d.decode::<Vec<ByteVec>>().unwrap());
        d.u8().unwrap();
        for _ in 0..d.array().unwrap().unwrap() {
            let from = d.position();
            d.skip().unwrap();
            gathered.tips.push(hex(&bytes[from..d.position()]));
        }
        d.u8().unwrap();
        gathered.changes.extend(d.decode::<Vec<ByteVec>>().unwrap());
    }
    all
}

fn described(kind: DocumentKind, document: &DocumentId, gathered: &Gathered) -> Value {
    let mut read = Automerge::new();
    let birth = kind.birth().unwrap();
    let all = core::iter::once(birth.bytes()).chain(gathered.changes.iter().map(|c| c.as_slice()));
    let changes: Vec<automerge::Change> = all.map(|c| c.try_into().unwrap()).collect();
    read.apply_changes(changes).unwrap();
    let bytes = |all: &[ByteVec]| all.iter().map(|it| hex(it.as_slice())).collect::<Vec<_>>();
    json!({
        "kind": kind.as_str(),
        "document": hex(document),
        "statements": bytes(&gathered.statements),
        "tips": gathered.tips,
        "changes": bytes(&gathered.changes),
        "reads": serde_json::to_value(AutoSerde::from(&read)).unwrap(),
    })
}

pub(crate) fn contents() -> Value {
    let clock = &mut Clock {
        rng: ChaCha20Rng::seed_from_u64(2),
    };
    let relay = &mut Replica::in_memory(keyring(RELAY, RELAY)).unwrap();
    relay.begin_epoch(&mut clock.env()).unwrap();
    let setup = relay.make_setup_secret(&mut clock.env()).unwrap();
    let sam = &mut person(clock, SAM, SAM_DEVICE, "Sam");
    let list = fill_list(&mut Hand { sam, clock });
    fill_space(&mut Hand { sam, clock }, list);
    let mut talk = Talk::new(sam, relay, clock);
    talk.handshake(sam, relay, clock);
    talk.client.admit(&setup).unwrap();
    talk.run(sam, relay, clock);
    assert!(talk.client.is_in_sync());
    gather(&talk.notes.frames)
        .into_iter()
        .map(|(document, gathered)| {
            let kind = if document == list {
                DocumentKind::List
            } else {
                DocumentKind::Space
            };
            described(kind, &document, &gathered)
        })
        .collect()
}
