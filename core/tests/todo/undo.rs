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
