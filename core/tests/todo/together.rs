//! What several people do with the same tasks, and what is told of it.

use super::*;

#[test]
fn a_tag_that_two_made_at_once_counts_a_task_once() {
    let bench = &mut Bench::new(17);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let task = create(&mut sam, bench, plans, titled("Dust"));
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    for replica in [&mut sam, &mut ann] {
        let patch = TaskPatch {
            add_tags: vec!["home".into()],
            ..TaskPatch::default()
        };
        let list = plans;
        run(replica, bench, Command::EditTask { list, task, patch });
    }
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    let query = Query::Tags { list: plans };
    for replica in [&sam, &ann] {
        assert_eq!(one(replica, bench, plans, task).tags, ["home"]);
        let Ok(Answer::Tags(tags)) = replica.query(&query, now(bench)) else {
            panic!("no tags");
        };
        let counts: Vec<_> = tags.items.iter().map(|tag| tag.tasks).collect();
        assert_eq!(counts, [1]);
    }
}

#[test]
fn only_members_are_given_tasks_and_who_leaves_is_shown() {
    let bench = &mut Bench::new(5);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let stranger = found(bench, "Stranger");
    let task = create(&mut sam, bench, plans, titled("Call the bank"));
    let assign = |did| Command::EditTask {
        list: plans,
        task,
        patch: TaskPatch {
            assignee: Some(Some(did)),
            ..TaskPatch::default()
        },
    };
    let refused = sam.execute(&assign(stranger.did()), &mut bench.env());
    assert!(matches!(
        refused,
        Err(CommandError::Invalid {
            field: "assignee",
            ..
        })
    ));
    run(&mut sam, bench, assign(ann.did()));
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    let assignee = one(&ann, bench, plans, task).assignee.unwrap();
    assert_eq!((assignee.name.as_str(), assignee.left), ("Ann", false));
    let row = activity(&ann, bench, plans).swap_remove(0);
    assert_eq!(
        (row.action, row.member_name.as_deref()),
        (Did::Assigned, Some("Ann"))
    );
    assert_eq!(row.actor_name, "Sam");
    let mine = Query::Tasks {
        list: None,
        filter: TaskFilter {
            assignee: Some(ann.did()),
            ..TaskFilter::default()
        },
        limit: None,
        cursor: None,
    };
    let Ok(Answer::Tasks(page)) = ann.query(&mine, now(bench)) else {
        panic!()
    };
    assert_eq!(page.items.len(), 1);
    run(
        &mut sam,
        bench,
        Command::RevokeMember {
            list: plans,
            member: ann.did(),
        },
    );
    assert!(one(&sam, bench, plans, task).assignee.unwrap().left);
}

#[test]
fn nothing_waits_for_itself() {
    let bench = &mut Bench::new(6);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let [paint, sand, buy] =
        ["Paint", "Sand", "Buy"].map(|title| create(&mut sam, bench, plans, titled(title)));
    let wait = |task, other| Command::EditTask {
        list: plans,
        task,
        patch: TaskPatch {
            add_blocked_by: vec![other],
            ..TaskPatch::default()
        },
    };
    run(&mut sam, bench, wait(paint, sand));
    run(&mut sam, bench, wait(sand, buy));
    for (task, other) in [(buy, paint), (buy, buy), (sand, paint)] {
        let refused = sam.execute(&wait(task, other), &mut bench.env());
        assert!(matches!(
            refused,
            Err(CommandError::Invalid {
                field: "blockedBy",
                ..
            })
        ));
    }
    assert_eq!(one(&sam, bench, plans, paint).blocked_by, [sand]);
}

#[test]
fn comments_are_said_changed_and_taken_back_by_their_author() {
    let bench = &mut Bench::new(7);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let task = create(&mut sam, bench, plans, titled("Cake"));
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    let say = Command::AddComment {
        list: plans,
        task,
        text: "With chérries".into(),
    };
    let Outcome::Comment { comment, .. } = run(&mut ann, bench, say) else {
        panic!()
    };
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    let edit = Command::EditComment {
        list: plans,
        comment,
        text: "With plums".into(),
    };
    assert!(matches!(
        sam.execute(&edit, &mut bench.env()),
        Err(CommandError::Forbidden { needed: "author" })
    ));
    let found = |replica: &Replica, text: &str| {
        let query = Query::Search {
            text: text.into(),
            list: None,
            limit: None,
        };
        match replica.query(&query, Timestamp::UNIX_EPOCH).unwrap() {
            Answer::Found(page) => page.items.len(),
            other => panic!("{other:?}"),
        }
    };
    // Without accents, and by the beginning of the word.
    assert_eq!(found(&sam, "cherr"), 1);
    run(&mut ann, bench, edit);
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    assert_eq!((found(&sam, "cherr"), found(&sam, "PLUM")), (0, 1));
    let comments = match sam.query(&Query::Comments { list: plans, task }, now(bench)) {
        Ok(Answer::Comments(page)) => page.items,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (comments[0].text.as_str(), comments[0].author_name.as_str()),
        ("With plums", "Ann")
    );
    assert!(comments[0].edited_at.is_some());
    // An owner of the list takes back anything.
    run(
        &mut sam,
        bench,
        Command::DeleteComment {
            list: plans,
            comment,
        },
    );
    assert_eq!(found(&sam, "plum"), 0);
    assert_eq!(
        deeds(&sam, bench, plans)[..3],
        [Did::Deleted, Did::Edited, Did::Commented]
    );
}

#[test]
fn activity_is_the_same_everywhere_also_for_who_comes_late() {
    let bench = &mut Bench::new(9);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let task = create(&mut sam, bench, plans, titled("Milk"));
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    // Both at once, on the same thing.
    complete(&mut sam, bench, plans, task);
    edit_title(&mut ann, bench, plans, task, "Oat milk");
    run(&mut ann, bench, Command::DeleteTask { list: plans, task });
    run(
        &mut ann,
        bench,
        Command::LogNote {
            list: plans,
            text: "Bought at the market".into(),
        },
    );
    for _ in 0..2 {
        sync(&mut ann, &mut relay, bench);
        sync(&mut sam, &mut relay, bench);
    }
    let link = invite(&mut sam, bench, plans, Role::Viewer);
    sync(&mut sam, &mut relay, bench);
    let mut vic = person(bench, &relay, "Vic");
    join(&mut vic, &mut relay, bench, &link);
    for replica in [&mut vic, &mut sam, &mut ann] {
        sync(replica, &mut relay, bench);
    }
    let rows = activity(&sam, bench, plans);
    for replica in [&ann, &vic] {
        assert_eq!(activity(replica, bench, plans), rows);
    }
    sam.rebuild().unwrap();
    assert_eq!(activity(&sam, bench, plans), rows);
    let mut actions: Vec<Did> = rows.iter().map(|row| row.action).collect();
    actions.sort();
    assert_eq!(
        actions,
        [
            Did::Created,
            Did::Created,
            Did::Completed,
            Did::Edited,
            Did::Deleted,
            Did::Joined,
            Did::Joined,
            Did::Note
        ]
    );
    // Page by page it is the same.
    let mut paged = Vec::new();
    let mut cursor = None;
    loop {
        let query = Query::Activity {
            list: Some(plans),
            task: None,
            kind: None,
            limit: Some(3),
            cursor,
        };
        let Ok(Answer::Activity(page)) = sam.query(&query, now(bench)) else {
            panic!()
        };
        paged.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, rows);
    // Over all lists it holds the same.
    let query = Query::Activity {
        list: None,
        task: None,
        kind: None,
        limit: None,
        cursor: None,
    };
    let Ok(Answer::Activity(page)) = sam.query(&query, now(bench)) else {
        panic!()
    };
    assert_eq!(page.items.len(), rows.len());
}

#[test]
fn edits_of_one_field_in_a_row_are_shown_as_one() {
    let bench = &mut Bench::new(10);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let task = create(&mut sam, bench, plans, titled("M"));
    for title in ["Mi", "Mil", "Milk"] {
        edit_title(&mut sam, bench, plans, task, title);
    }
    bench.now_ms += 11 * 60 * 1_000;
    edit_title(&mut sam, bench, plans, task, "Oat milk");
    let rows = activity(&sam, bench, plans);
    let edits: Vec<_> = rows
        .iter()
        .filter(|row| row.action == Did::Edited)
        .map(|row| {
            let edit = &row.detail.fields[0];
            (edit.old.as_deref().unwrap(), edit.new.as_deref().unwrap())
        })
        .collect();
    assert_eq!(edits, [("Milk", "Oat milk"), ("M", "Milk")]);
}
