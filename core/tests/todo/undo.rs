//! Taking back and making again.

use super::*;

#[test]
fn undo_gives_back_what_was_unless_somebody_changed_it_since() {
    let bench = &mut Bench::new(8);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let task = create(
        &mut sam,
        bench,
        plans,
        NewTask {
            notes: Some("one two three".into()),
            ..titled("Milk")
        },
    );
    let edit = |patch| Command::EditTask {
        list: plans,
        task,
        patch,
    };
    run(
        &mut sam,
        bench,
        edit(TaskPatch {
            title: Some("Oat milk".into()),
            notes: Some("one 2 three four".into()),
            add_tags: vec!["dairy".into()],
            ..TaskPatch::default()
        }),
    );
    let undone = run(&mut sam, bench, Command::Undo);
    assert_eq!(
        undone,
        Outcome::Undone {
            action: Some("edit_task".into()),
            changed: true
        }
    );
    let back = one(&sam, bench, plans, task);
    assert_eq!(
        (back.title.as_str(), back.notes.as_str()),
        ("Milk", "one two three")
    );
    assert_eq!(back.tags, [""; 0]);
    run(&mut sam, bench, Command::Redo);
    let again = one(&sam, bench, plans, task);
    assert_eq!(
        (again.title.as_str(), again.notes.as_str()),
        ("Oat milk", "one 2 three four")
    );
    assert_eq!(again.tags, ["dairy"]);
    // Ann changes one of the fields: that one stays as she wants it.
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    edit_title(&mut ann, bench, plans, task, "Soy milk");
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    run(&mut sam, bench, Command::Undo);
    let mixed = one(&sam, bench, plans, task);
    assert_eq!(
        (mixed.title.as_str(), mixed.notes.as_str()),
        ("Soy milk", "one two three")
    );
    // What was made goes to the trash, and comes back.
    run(&mut sam, bench, Command::Undo);
    assert_eq!(titles(&sam, plans), [""; 0]);
    run(&mut sam, bench, Command::Redo);
    assert_eq!(titles(&sam, plans), ["Soy milk"]);
    // A list that is not wanted after all.
    for _ in 0..2 {
        run(&mut sam, bench, Command::Undo);
    }
    let Ok(Answer::Lists(page)) = sam.query(&Query::Lists { all: false }, now(bench)) else {
        panic!()
    };
    assert_eq!(page.items.len(), 0);
    let nothing = run(&mut sam, bench, Command::Undo);
    assert_eq!(
        nothing,
        Outcome::Undone {
            action: None,
            changed: false
        }
    );
    // A new action ends what could be made again.
    run(&mut sam, bench, Command::Redo);
    create(&mut sam, bench, plans, titled("Eggs"));
    let Outcome::Undone { action: None, .. } = run(&mut sam, bench, Command::Redo) else {
        panic!()
    };
    assert!(verify(&sam, plans).ok);
}

#[test]
fn what_cannot_be_taken_back_any_more_says_so_once_and_makes_way() {
    let bench = &mut Bench::new(11);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let own = list(&mut ann, bench, "Own");
    let milk = create(&mut ann, bench, own, titled("Milk"));
    let demote = |member: &Replica, role| Command::ChangeRole {
        list: plans,
        member: member.did(),
        role,
    };
    for title in ["Eggs", "Bread"] {
        create(&mut ann, bench, plans, titled(title));
    }
    run(&mut ann, bench, Command::Undo);
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    run(&mut sam, bench, demote(&ann, Role::Viewer));
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    let before = activity(&ann, bench, plans);
    // Neither what could be made again nor what could be taken back is hers to write any longer.
    for (turn, taken_back) in [(Command::Redo, false), (Command::Undo, true)] {
        let refused = ann.execute(&turn, &mut bench.env());
        let Err(CommandError::CannotTurn {
            action,
            back,
            reason,
        }) = refused
        else {
            panic!("{refused:?}")
        };
        assert_eq!((action.as_str(), back), ("create_task", taken_back));
        assert!(matches!(*reason, CommandError::Forbidden { .. }));
    }
    let nothing = run(&mut ann, bench, Command::Redo);
    assert!(matches!(nothing, Outcome::Undone { action: None, .. }));
    // The one before it is in her own list.
    let undone = run(&mut ann, bench, Command::Undo);
    assert!(matches!(undone, Outcome::Undone { changed: true, .. }));
    assert!(one(&ann, bench, own, milk).deleted_at.is_some());
    assert_eq!(activity(&ann, bench, plans), before);
    assert_eq!(titles(&ann, plans), ["Eggs"]);
}
