//! What the record says of members: who came, who went, and who got another role.

use super::*;

/// Who did what with whom, the earliest first.
fn turns(replica: &Replica, bench: &Bench, list: DocumentId) -> Vec<String> {
    let mut rows = activity(replica, bench, list);
    rows.reverse();
    let mut said = Vec::new();
    for row in rows {
        let member = row.member_name.unwrap_or_default();
        let role = row.detail.role.map(|role| format!(" {role:?}"));
        said.push(match row.action {
            Did::Created => format!("{} made {}", row.actor_name, row.detail.title.unwrap()),
            other => format!(
                "{} {other} {member}{}",
                row.actor_name,
                role.unwrap_or_default()
            ),
        });
    }
    said
}

fn sync_all(replicas: &mut [&mut Replica], relay: &mut Replica, bench: &mut Bench) {
    for _ in 0..2 {
        for replica in &mut *replicas {
            sync(replica, relay, bench);
        }
    }
}

#[test]
fn who_comes_and_goes_is_in_the_record_of_everybody() {
    let bench = &mut Bench::new(91);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let link = invite(&mut sam, bench, plans, Role::Viewer);
    sync(&mut sam, &mut relay, bench);
    let mut vic = person(bench, &relay, "Vic");
    join(&mut vic, &mut relay, bench, &link);
    sync_all(&mut [&mut sam, &mut ann, &mut vic], &mut relay, bench);
    let change = |member: &Replica, role| Command::ChangeRole {
        list: plans,
        member: member.did(),
        role,
    };
    create(&mut sam, bench, plans, titled("One"));
    run(&mut sam, bench, change(&ann, Role::Viewer));
    run(&mut sam, bench, change(&ann, Role::Editor));
    create(&mut sam, bench, plans, titled("Two"));
    sync_all(&mut [&mut sam, &mut ann, &mut vic], &mut relay, bench);
    run(&mut ann, bench, Command::LeaveList { list: plans });
    sync(&mut ann, &mut relay, bench);
    sync_all(&mut [&mut sam, &mut vic], &mut relay, bench);
    create(&mut sam, bench, plans, titled("Three"));
    let again = invite(&mut sam, bench, plans, Role::Editor);
    sync(&mut sam, &mut relay, bench);
    join(&mut ann, &mut relay, bench, &again);
    sync_all(&mut [&mut ann, &mut sam, &mut vic], &mut relay, bench);
    let to = ann.did();
    run(
        &mut sam,
        bench,
        Command::TransferOwnership { list: plans, to },
    );
    sync_all(&mut [&mut sam, &mut ann, &mut vic], &mut relay, bench);
    let member = sam.did();
    run(
        &mut ann,
        bench,
        Command::RevokeMember {
            list: plans,
            member,
        },
    );
    create(&mut ann, bench, plans, titled("Four"));
    sync_all(&mut [&mut ann, &mut vic], &mut relay, bench);

    let said = turns(&ann, bench, plans);
    let transfer: Vec<&String> = said
        .iter()
        .filter(|said| said.contains("role_changed") && said.starts_with("Sam"))
        .skip(2)
        .collect();
    assert_eq!(transfer.len(), 2, "{said:?}");
    assert!(transfer.contains(&&"Sam role_changed Ann Owner".to_owned()));
    assert!(transfer.contains(&&"Sam role_changed Sam Editor".to_owned()));
    let others: Vec<&String> = said.iter().filter(|it| !transfer.contains(it)).collect();
    assert_eq!(
        others,
        [
            "Sam made Plans",
            "Ann joined Ann Editor",
            "Vic joined Vic Viewer",
            "Sam made One",
            "Sam role_changed Ann Viewer",
            "Sam role_changed Ann Editor",
            "Sam made Two",
            "Ann left Ann",
            "Sam made Three",
            "Ann joined Ann Editor",
            "Ann removed Sam",
            "Ann made Four",
        ]
    );
    // The same for all who have the list, whatever came first and whenever it is derived.
    let rows = activity(&ann, bench, plans);
    assert_eq!(activity(&vic, bench, plans), rows);
    vic.rebuild().unwrap();
    assert_eq!(activity(&vic, bench, plans), rows);
    let mut late = person(bench, &relay, "Zoe");
    let link = invite(&mut ann, bench, plans, Role::Viewer);
    sync(&mut ann, &mut relay, bench);
    join(&mut late, &mut relay, bench, &link);
    sync_all(&mut [&mut ann, &mut late], &mut relay, bench);
    let rows = activity(&ann, bench, plans);
    assert_eq!(activity(&late, bench, plans), rows);
    assert_eq!(rows[0].action, Did::Joined);
}

#[test]
fn a_public_link_that_ends_removes_who_came_by_it() {
    let bench = &mut Bench::new(92);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let Outcome::Invite { link, .. } = run(&mut sam, bench, Command::Publish { list: plans })
    else {
        panic!()
    };
    sync(&mut sam, &mut relay, bench);
    let mut guests = ["Gil", "Gus"].map(|name| person(bench, &relay, name));
    for guest in &mut guests {
        join(guest, &mut relay, bench, &link.parse().unwrap());
    }
    sync_all(&mut [&mut sam, &mut ann], &mut relay, bench);
    run(&mut sam, bench, Command::Unpublish { list: plans });
    sync_all(&mut [&mut sam, &mut ann], &mut relay, bench);
    let said = turns(&ann, bench, plans);
    let mut removed = said[said.len() - 2..].to_vec();
    removed.sort();
    assert_eq!(removed, ["Sam removed Gil", "Sam removed Gus"]);
    assert_eq!(turns(&sam, bench, plans), said);
}

#[test]
fn who_is_made_a_member_by_a_clock_that_is_ahead_does_not_stay_on_top() {
    const YEAR_MS: i64 = 365 * 24 * 3_600_000;
    let bench = &mut Bench::new(93);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    bench.now_ms += YEAR_MS;
    let demote = Command::ChangeRole {
        list: plans,
        member: ann.did(),
        role: Role::Viewer,
    };
    run(&mut sam, bench, demote);
    bench.now_ms -= YEAR_MS;
    sync_all(&mut [&mut sam, &mut ann], &mut relay, bench);
    let own = list(&mut ann, bench, "Own");
    let milk = create(&mut ann, bench, own, titled("Milk"));
    let query = Query::Activity {
        list: None,
        task: None,
        kind: None,
        limit: None,
        cursor: None,
    };
    let Ok(Answer::Activity(page)) = ann.query(&query, now(bench)) else {
        panic!()
    };
    assert_eq!(page.items[0].task, Some(milk));
    let demoted = page.items.iter().find(|row| row.action == Did::RoleChanged);
    assert!(demoted.unwrap().ahead);
}
