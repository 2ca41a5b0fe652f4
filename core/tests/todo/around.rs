//! What stands around tasks: agendas, lists, templates, tags.

use super::*;

#[test]
fn the_agenda_is_that_of_the_reader_s_zone() {
    let bench = &mut Bench::new(11);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let dated = |title: &str, due: &str, high: bool| NewTask {
        due: (!due.is_empty()).then(|| due.parse().unwrap()),
        priority: high.then_some(poo_core::model::Priority::High),
        ..titled(title)
    };
    for task in [
        dated("Overdue", "2026-09-20", false),
        dated("Today", TODAY, true),
        dated(
            "Tonight in Auckland",
            "2026-09-22T01:00[Pacific/Auckland]",
            false,
        ),
        dated("Tomorrow", "2026-09-22", false),
        dated("Some day", "", true),
        dated("In a month", "2026-10-21", false),
    ] {
        create(&mut sam, bench, plans, task);
    }
    let ask = |query: Query| match sam.query(&query, now(bench)).unwrap() {
        Answer::Tasks(page) => {
            let titles = page.items.into_iter().map(|task| task.title);
            titles.collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let zone = |name: &str| Some(name.to_owned());
    // It is 13:53 in London, and 02:13 on the next day in Auckland.
    assert_eq!(
        ask(Query::Today {
            zone: zone("Europe/London")
        }),
        ["Overdue", "Today", "Tonight in Auckland"]
    );
    assert_eq!(
        ask(Query::Today {
            zone: zone("Pacific/Auckland")
        }),
        ["Overdue", "Today", "Tomorrow", "Tonight in Auckland"]
    );
    let week = ask(Query::Upcoming {
        days: None,
        zone: zone("Europe/London"),
    });
    assert_eq!(week, ["Tomorrow"]);
    assert_eq!(ask(Query::Focus { zone: None }), ["Today", "Some day"]);
    let bad = Query::Today {
        zone: zone("Mars/Olympus"),
    };
    assert!(sam.query(&bad, now(bench)).is_err());
}

#[test]
fn reminders_come_when_their_reader_expects_them() {
    let bench = &mut Bench::new(12);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let timed = |title: &str, due: &str, reminders: &[&str]| NewTask {
        due: Some(due.parse().unwrap()),
        reminders: reminders.iter().map(|it| it.parse().unwrap()).collect(),
        ..titled(title)
    };
    let tasks = [
        // A day begins at nine where the reader is.
        timed("Fair", "2026-10-25", &["2h", "3w"]),
        // The clock goes back in the night before: a day earlier is the same time of day.
        timed("Call", "2026-10-25T18:00[Europe/Berlin]", &["1d", "1h"]),
        timed("Nothing", "2026-10-25", &[]),
        timed("Done", "2026-10-25", &["1h"]),
        timed("Too far", "2027-10-25", &["4w"]),
    ];
    let ids: Vec<_> = tasks
        .into_iter()
        .map(|task| create(&mut sam, bench, plans, task))
        .collect();
    complete(&mut sam, bench, plans, ids[3]);
    let ask = |from: &str, to: &str, zone: &str| {
        let query = Query::Reminders {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            zone: Some(zone.to_owned()),
        };
        match sam.query(&query, now(bench)) {
            Ok(Answer::Reminders(page)) => Ok(page
                .items
                .into_iter()
                .map(|it| format!("{} {}", it.at, it.task.title))
                .collect::<Vec<_>>()),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    };
    let all = ask(
        "2026-09-21T00:00:00Z",
        "2026-12-01T00:00:00Z",
        "Europe/Berlin",
    );
    assert_eq!(
        all.unwrap(),
        [
            "2026-10-04T07:00:00Z Fair",
            "2026-10-24T16:00:00Z Call",
            "2026-10-25T06:00:00Z Fair",
            "2026-10-25T16:00:00Z Call",
        ]
    );
    // Elsewhere a day begins at another moment, a time of day with a zone does not; the end of a
    // range is not in it.
    let some = ask("2026-10-24T16:00:00Z", "2026-10-25T16:00:00Z", "Asia/Tokyo");
    assert_eq!(
        some.unwrap(),
        ["2026-10-24T16:00:00Z Call", "2026-10-24T22:00:00Z Fair"]
    );
    for (from, to) in [
        ("2026-10-25T00:00:00Z", "2026-10-24T00:00:00Z"),
        ("2026-10-25T00:00:00Z", "2028-10-24T00:00:00Z"),
    ] {
        let error = ask(from, to, "UTC").unwrap_err();
        assert!(error.contains("366 days"), "{error}");
    }
}

#[test]
fn lists_stand_where_their_person_puts_them_on_every_device() {
    let bench = &mut Bench::new(13);
    let mut relay = relay(bench);
    let mut sam = person(bench, &relay, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let Outcome::Made { id } = run(
        &mut sam,
        bench,
        Command::CreateFolder {
            name: "Home".into(),
        },
    ) else {
        panic!()
    };
    let place = ListPlace {
        favorite: Some(true),
        archived: None,
        folder: Some(Some(id.clone())),
        sort: Some(Sort::Due),
    };
    run(&mut sam, bench, Command::PlaceList { list: plans, place });
    run(
        &mut sam,
        bench,
        Command::SetSetting {
            name: "zone".into(),
            value: Some("Europe/Berlin".into()),
        },
    );
    sync(&mut sam, &mut relay, bench);
    let identity = sam.keys().identity.clone().unwrap();
    let keys = poo_core::replica::Keyring::of(identity, &mut bench.env());
    let mut phone = Replica::in_memory(keys).unwrap();
    phone.found("Sam", &mut bench.env()).unwrap();
    phone
        .set_relay("ws://127.0.0.1:1", Some(relay.did()))
        .unwrap();
    sync(&mut phone, &mut relay, bench);
    sync(&mut phone, &mut relay, bench);
    let found = |replica: &Replica| match replica.query(&Query::List { list: plans }, now(bench)) {
        Ok(Answer::List(list)) => list,
        other => panic!("{other:?}"),
    };
    let there = found(&phone);
    assert!(there.favorite);
    assert_eq!((there.folder.as_ref(), there.sort), (Some(&id), Sort::Due));
    assert_eq!(there, found(&sam));
    run(&mut sam, bench, Command::DeleteFolder { folder: id });
    let there = match sam.query(&Query::List { list: plans }, now(bench)) {
        Ok(Answer::List(list)) => list,
        other => panic!("{other:?}"),
    };
    assert_eq!(there.folder, None);
}

#[test]
fn a_copy_of_a_list_and_a_template_begin_anew() {
    let bench = &mut Bench::new(14);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Packing");
    let bag = create(&mut sam, bench, plans, titled("Bag"));
    create(
        &mut sam,
        bench,
        plans,
        NewTask {
            parent: Some(bag),
            due: Some(TODAY.parse().unwrap()),
            tags: vec!["clothes".into()],
            ..titled("Socks")
        },
    );
    complete(&mut sam, bench, plans, bag);
    let copy = Command::DuplicateList {
        list: plans,
        title: Some("Packing again".into()),
    };
    let Outcome::List { list: copy } = run(&mut sam, bench, copy) else {
        panic!()
    };
    let copied = tasks(&sam, copy, false);
    assert_eq!(titles(&sam, copy), ["Bag", "Socks"]);
    assert!(copied.iter().all(|task| !task.done));
    assert_eq!(
        (copied[1].depth, copied[1].tags.clone()),
        (1, vec!["clothes".to_owned()])
    );
    let save = Command::SaveTemplate {
        list: plans,
        title: None,
    };
    let Outcome::Made { id } = run(&mut sam, bench, save) else {
        panic!()
    };
    let make = Command::CreateFromTemplate {
        template: id.clone(),
        title: Some("Paris".into()),
    };
    let Outcome::List { list: paris } = run(&mut sam, bench, make) else {
        panic!()
    };
    assert_eq!(titles(&sam, paris), ["Bag", "Socks"]);
    assert!(tasks(&sam, paris, false)[1].due.is_none());
    run(&mut sam, bench, Command::DeleteTemplate { template: id });
    // One action made the whole copy: one takes it back.
    run(&mut sam, bench, Command::Undo);
    let Ok(Answer::Templates(page)) = sam.query(&Query::Templates, now(bench)) else {
        panic!()
    };
    assert_eq!(page.items.iter().filter(|t| !t.built_in).count(), 1);
}

#[test]
fn tags_have_a_colour_and_one_name() {
    let bench = &mut Bench::new(15);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let task = create(
        &mut sam,
        bench,
        plans,
        NewTask {
            tags: vec!["home".into()],
            ..titled("Dust")
        },
    );
    let edit = |tag: &str, name: Option<&str>, color: Option<Option<&str>>| Command::EditTag {
        list: plans,
        tag: tag.into(),
        name: name.map(str::to_owned),
        color: color.map(|color| color.map(str::to_owned)),
    };
    run(
        &mut sam,
        bench,
        edit("home", Some("house"), Some(Some("teal"))),
    );
    run(&mut sam, bench, edit("work", None, Some(Some("red"))));
    let tags = |sam: &Replica, bench: &Bench| match sam
        .query(&Query::Tags { list: plans }, now(bench))
        .unwrap()
    {
        Answer::Tags(page) => page
            .items
            .into_iter()
            .map(|tag| (tag.name, tag.color.unwrap_or_default(), tag.tasks))
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        tags(&sam, bench),
        [
            ("house".into(), "teal".into(), 1),
            ("work".into(), "red".into(), 0)
        ]
    );
    assert_eq!(one(&sam, bench, plans, task).tags, ["house"]);
    let taken = sam.execute(&edit("work", Some("house"), None), &mut bench.env());
    assert!(matches!(
        taken,
        Err(CommandError::Invalid { field: "name", .. })
    ));
    run(
        &mut sam,
        bench,
        Command::DeleteTag {
            list: plans,
            tag: "house".into(),
        },
    );
    assert_eq!(tags(&sam, bench), [("work".into(), "red".into(), 0)]);
    assert_eq!(one(&sam, bench, plans, task).tags, [""; 0]);
    assert!(matches!(
        sam.execute(
            &Command::DeleteTag {
                list: plans,
                tag: "house".into()
            },
            &mut bench.env()
        ),
        Err(CommandError::NotFound("tag"))
    ));
}
