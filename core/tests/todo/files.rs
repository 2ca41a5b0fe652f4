//! Lists that go out as text and come in again are the same lists.

use super::*;
use poo_core::model::interchange::{
    ListLook, TagColor, import_icalendar, import_json, import_todoist_csv,
};
use poo_core::model::{Aisle, ExportFormat, ImportedTask, ListView};

fn export(replica: &Replica, bench: &Bench, list: DocumentId, format: ExportFormat) -> String {
    match replica.query(&Query::Export { list, format }, now(bench)) {
        Ok(Answer::Text(text)) => text,
        other => panic!("{other:?}"),
    }
}

fn import(
    replica: &mut Replica,
    bench: &mut Bench,
    list: DocumentId,
    tasks: Vec<ImportedTask>,
) -> Vec<Task> {
    let import = Command::ImportTasks {
        list,
        tasks,
        look: ListLook::default(),
        zone: Some("Europe/Berlin".into()),
    };
    run(replica, bench, import);
    tasks_of(replica, list)
}

fn tasks_of(replica: &Replica, list: DocumentId) -> Vec<Task> {
    tasks(replica, list, false)
}

/// What a list says, without what is its own: ids, and when it was written.
fn content(replica: &Replica, bench: &Bench, list: DocumentId) -> Vec<String> {
    let all = tasks_of(replica, list);
    let title = |id: &TaskId| {
        let found = all.iter().find(|task| task.id == *id);
        found.map(|task| task.title.clone()).unwrap_or_default()
    };
    all.iter()
        .map(|task| {
            let said = Query::Comments {
                list,
                task: task.id,
            };
            let said = match replica.query(&said, now(bench)) {
                Ok(Answer::Comments(page)) => page.items,
                other => panic!("{other:?}"),
            };
            let said: Vec<_> = said.into_iter().map(|comment| comment.text).collect();
            let waits: Vec<_> = task.blocked_by.iter().map(&title).collect();
            format!(
                "{} {} {:?} {:?} {:?} {:?} {:?} {:?} {said:?} {waits:?} {:?} {:?} {:?} {:?}",
                task.depth,
                task.title,
                task.notes,
                task.status,
                task.due,
                task.recurrence,
                task.reminders,
                task.tags,
                task.assignee.as_ref().map(|assignee| &assignee.name),
                task.url,
                task.priority,
                task.aisle,
            )
        })
        .collect()
}

#[test]
fn out_and_in_again_is_the_same_list() {
    let bench = &mut Bench::new(21);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let me = sam.did();
    let sand = create(&mut sam, bench, plans, titled("Sand the door"));
    let paint = create(
        &mut sam,
        bench,
        plans,
        NewTask {
            notes: Some("Two coats.\n\n- thin\n- thick".into()),
            due: Some("2026-09-30T09:00[Europe/Berlin]".parse().unwrap()),
            recurrence: Some("FREQ=YEARLY".parse().unwrap()),
            reminders: vec!["1d".parse().unwrap(), "15m".parse().unwrap()],
            tags: vec!["door".into(), "weekend".into()],
            assignee: Some(me),
            blocked_by: vec![sand],
            url: Some("https://example.com/paint?a=1,2".into()),
            priority: Some(poo_core::model::Priority::High),
            aisle: Some("Paint; brushes".into()),
            ..titled("Paint the door")
        },
    );
    let part = NewTask {
        parent: Some(paint),
        ..titled("Buy paint")
    };
    let part = create(&mut sam, bench, plans, part);
    complete(&mut sam, bench, plans, part);
    for text in ["Blue?", "Yes, **blue**"] {
        let say = Command::AddComment {
            list: plans,
            task: paint,
            text: text.into(),
        };
        run(&mut sam, bench, say);
    }
    let before = content(&sam, bench, plans);
    for format in [ExportFormat::Json, ExportFormat::Icalendar] {
        let text = export(&sam, bench, plans, format);
        let read = match format {
            ExportFormat::Json => import_json(&text),
            _ => import_icalendar(text.as_bytes(), &jiff::tz::TimeZone::UTC),
        };
        let read = read.unwrap();
        assert_eq!(read.warnings, [], "{format:?}");
        let copy = list(&mut sam, bench, "Copy");
        import(&mut sam, bench, copy, read.tasks);
        assert_eq!(content(&sam, bench, copy), before, "{format:?}");
        let made = |list| -> Vec<_> {
            let all = tasks_of(&sam, list).into_iter();
            all.map(|task| task.created_at).collect()
        };
        if format == ExportFormat::Json {
            assert_eq!(made(copy), made(plans));
        }
        // The day on which something was done is told to other programs.
        let day = match format {
            ExportFormat::Json => "\"completed\": \"2026-09-21\"",
            _ => "COMPLETED;X-POO-DAY=20260921:",
        };
        assert!(text.contains(day), "{text}");
    }
}

#[test]
fn what_todoist_says_in_words_is_understood() {
    let bench = &mut Bench::new(22);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let csv = "TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE\n\
               task,Water the plants @home,,1,1,Sam (1),,every day,en,Europe/Berlin\n\
               note,Not the cactus,,,,Ann (2),,,,\n\
               task,Call the bank,,4,1,Sam (1),,tomorrow at 9am,en,Europe/Berlin\n\
               task,Meditate,,4,1,Sam (1),Zed,when the moon is full,en,Europe/Berlin\n";
    let zone = jiff::tz::TimeZone::UTC;
    let read = import_todoist_csv(csv.as_bytes(), &zone).unwrap();
    let made = import(&mut sam, bench, plans, read.tasks);
    let said: Vec<_> = made
        .iter()
        .map(|task| {
            let rule = task.recurrence.as_ref().map(ToString::to_string);
            (task.title.as_str(), due(task), rule.unwrap_or_default())
        })
        .collect();
    assert_eq!(said[0].0, "Water the plants");
    assert_eq!(said[0].2, "FREQ=DAILY");
    assert_eq!(
        said[1],
        (
            "Call the bank",
            "2026-09-22T09:00[Europe/Berlin]".to_owned(),
            String::new()
        )
    );
    // What nobody understands is kept for who reads it.
    assert_eq!(said[2], ("Meditate", String::new(), String::new()));
    assert!(
        made[2].notes.contains("when the moon is full"),
        "{}",
        made[2].notes
    );
    assert!(made[2].notes.contains("For: Zed"), "{}", made[2].notes);
    let before = content(&sam, bench, plans);
    assert!(before[0].contains("Not the cactus"), "{before:?}");
}

#[test]
fn a_copy_looks_like_its_list_and_an_import_overwrites_no_look() {
    let bench = &mut Bench::new(24);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let look = ListLook {
        icon: Some("\u{1f34e}".into()),
        color: Some("green".into()),
        view: ListView::Aisles,
        tags: vec![TagColor {
            name: "market".into(),
            color: "blue".into(),
        }],
        aisles: vec![Aisle {
            name: "Cheese".into(),
            keywords: vec!["brie".into()],
        }],
    };
    let give = |list, look: &ListLook| Command::ImportTasks {
        list,
        tasks: Vec::new(),
        look: look.clone(),
        zone: None,
    };
    run(&mut sam, bench, give(plans, &look));
    let copy = Command::DuplicateList {
        list: plans,
        title: None,
    };
    let Outcome::List { list: copy } = run(&mut sam, bench, copy) else {
        panic!()
    };
    let look_of = |sam: &Replica, bench: &Bench, list| {
        let text = export(sam, bench, list, ExportFormat::Json);
        import_json(&text).unwrap().look
    };
    assert_eq!(look_of(&sam, bench, plans), look);
    assert_eq!(look_of(&sam, bench, copy), look);
    let other = ListLook {
        color: Some("red".into()),
        tags: vec![TagColor {
            name: "market".into(),
            color: "red".into(),
        }],
        aisles: vec![Aisle {
            name: "CHEESE".into(),
            keywords: Vec::new(),
        }],
        ..ListLook::default()
    };
    sam.execute(&give(copy, &other), &mut bench.env()).unwrap();
    assert_eq!(look_of(&sam, bench, copy), look);
    // One that no list can have is refused whole.
    let long = ListLook {
        icon: Some("x".repeat(21)),
        ..ListLook::default()
    };
    let refused = sam.execute(&give(copy, &long), &mut bench.env());
    assert!(matches!(
        refused,
        Err(CommandError::Invalid { field: "icon", .. })
    ));
}
