//! Acting for somebody who cannot sign: what they see is theirs alone, and what they write counts
//! where an owner lets the relay sign for them, and nowhere else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Bench, list, person, relay, sync, task, titles, verify};
use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::identity::{Did, Keypair};
use poo_core::membership::Role;
use poo_core::model::{Answer, Command, NewTask, Outcome, Query, TaskFilter, Via};
use poo_core::replica::{CommandError, QueryError, Replica};

/// Sam's list, in which an agent works through the relay, which keeps a key for it.
struct Scene {
    bench: Bench,
    relay: Replica,
    sam: Replica,
    list: DocumentId,
    agent: Did,
    hosted: Keypair,
}

fn scene(seed: u64, role: Role) -> Scene {
    let mut bench = Bench::new(seed);
    let mut relay = relay(&mut bench);
    let mut sam = person(&mut bench, &relay, "Sam");
    let list = list(&mut sam, &mut bench, "Work");
    let (agent, profile) = agent(&mut sam, &mut bench);
    let taken = relay.take_introduction(&profile).unwrap();
    assert_eq!(taken, (agent, sam.did()));
    let hosted = Keypair::generate(&mut bench.rng);
    let add = Command::AddMember {
        list,
        member: agent,
        role,
        witness: Some(Did::from_key(hosted.public())),
    };
    let done = sam.execute(&add, &mut bench.env()).unwrap();
    assert_eq!(done, Outcome::Done { changed: true });
    let again = sam.execute(&add, &mut bench.env()).unwrap();
    assert_eq!(again, Outcome::Done { changed: false });
    sync(&mut sam, &mut relay, &mut bench);
    Scene {
        bench,
        relay,
        sam,
        list,
        agent,
        hosted,
    }
}

fn agent(sam: &mut Replica, bench: &mut Bench) -> (Did, String) {
    let create = Command::CreateAgent {
        name: "Krusty".into(),
        platform: Some("openclaw".into()),
        color: None,
    };
    match sam.execute(&create, &mut bench.env()).unwrap() {
        Outcome::Agent { agent, profile } => (agent, profile),
        other => panic!("{other:?}"),
    }
}

impl Scene {
    fn write(&mut self, title: &str) -> Result<Outcome, CommandError> {
        let (did, hosted) = (self.agent, self.hosted.clone());
        self.write_as(did, Some(&hosted), title)
    }

    fn write_as(
        &mut self,
        did: Did,
        hosted: Option<&Keypair>,
        title: &str,
    ) -> Result<Outcome, CommandError> {
        let task = NewTask {
            title: title.into(),
            ..NewTask::default()
        };
        let list = self.list;
        let create = Command::CreateTask { list, task };
        let mut behalf = self.relay.on_behalf_of(did, hosted);
        behalf.execute(&create, &mut self.bench.env())
    }

    fn ask(&mut self, did: Did, query: &Query) -> Result<Answer, QueryError> {
        self.relay
            .on_behalf_of(did, None)
            .query(query, Timestamp::UNIX_EPOCH)
    }
}

fn lists(answer: Result<Answer, QueryError>) -> Vec<String> {
    match answer.unwrap() {
        Answer::Lists(page) => page.items.into_iter().map(|list| list.title).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_an_agent_writes_is_witnessed_and_everybody_takes_it() {
    let mut s = scene(1, Role::Editor);
    let relay_did = s.relay.did();
    for title in ["One", "Two"] {
        assert!(matches!(s.write(title), Ok(Outcome::Task { .. })));
    }
    assert_eq!(s.relay.did(), relay_did, "it acts for itself again");
    sync(&mut s.sam, &mut s.relay, &mut s.bench);
    assert_eq!(titles(&s.sam, s.list), ["Two", "One"]);
    let report = verify(&s.sam, s.list);
    assert!(report.ok, "{report:?}");
    let author = report.authors.iter().find(|it| it.did == s.agent).unwrap();
    assert_eq!((author.via, author.changes), (Via::Witnessed, 2));
    assert_eq!(author.name, "Krusty");
    // One history for one who is acted for, whatever others do meanwhile.
    task(&mut s.sam, &mut s.bench, s.list, "Three", None);
    sync(&mut s.sam, &mut s.relay, &mut s.bench);
    s.write("Four").unwrap();
    sync(&mut s.sam, &mut s.relay, &mut s.bench);
    assert_eq!(titles(&s.sam, s.list).len(), 4);
    assert!(verify(&s.sam, s.list).ok);
    let query = Query::Activity {
        list: Some(s.list),
        task: None,
        kind: None,
        limit: None,
        cursor: None,
    };
    let Answer::Activity(rows) = s.sam.query(&query, Timestamp::UNIX_EPOCH).unwrap() else {
        panic!()
    };
    let by_agent = rows.items.iter().filter(|row| row.actor == Some(s.agent));
    // It joined, and made three tasks.
    assert!(by_agent.count() >= 3, "{rows:?}");
}

#[test]
fn nobody_signs_for_somebody_where_no_owner_lets_them() {
    let mut s = scene(2, Role::Editor);
    let (agent, sam) = (s.agent, s.sam.did());
    let other = Keypair::generate(&mut s.bench.rng);
    let not_witnessed = |outcome| matches!(outcome, Err(CommandError::NotWitnessed));
    // Another key, the relay's own, or the agent's key for another person.
    assert!(not_witnessed(s.write_as(agent, Some(&other), "A")));
    assert!(not_witnessed(s.write_as(agent, None, "B")));
    let hosted = s.hosted.clone();
    assert!(not_witnessed(s.write_as(sam, Some(&hosted), "C")));
    assert!(not_witnessed(s.write_as(sam, None, "D")));
    // Who may only read may not be made to write.
    let mut v = scene(3, Role::Viewer);
    assert!(matches!(v.write("E"), Err(CommandError::Forbidden { .. })));
    assert_eq!(titles(&s.relay, s.list), Vec::<String>::new());
    // A person lets the relay sign for themselves with a ticket.
    let ticket = Command::CreateTicket {
        list: None,
        uses: None,
        expires_in_s: None,
    };
    s.sam.execute(&ticket, &mut s.bench.env()).unwrap();
    sync(&mut s.sam, &mut s.relay, &mut s.bench);
    s.write_as(sam, None, "F").unwrap();
    // Then it may begin lists for them, which come to their devices.
    let create = Command::CreateList {
        title: "New".into(),
    };
    let mut behalf = s.relay.on_behalf_of(sam, None);
    let made = behalf.execute(&create, &mut s.bench.env()).unwrap();
    drop(behalf);
    let Outcome::List { list } = made else {
        panic!("{made:?}")
    };
    sync(&mut s.sam, &mut s.relay, &mut s.bench);
    assert_eq!(titles(&s.sam, s.list), ["F"]);
    task(&mut s.sam, &mut s.bench, list, "By hand", None);
    sync(&mut s.sam, &mut s.relay, &mut s.bench);
    assert_eq!(titles(&s.relay, list), ["By hand"]);
    for list in [list, s.list] {
        let report = verify(&s.sam, list);
        assert!(report.ok, "{report:?}");
    }
}

#[test]
fn what_is_not_theirs_is_not_there() {
    let mut s = scene(4, Role::Editor);
    let mut eve = person(&mut s.bench, &s.relay, "Eve");
    let secret = list(&mut eve, &mut s.bench, "Secret");
    let hidden = task(&mut eve, &mut s.bench, secret, "Hidden", None);
    sync(&mut eve, &mut s.relay, &mut s.bench);
    s.write("Seen").unwrap();
    let agent = s.agent;
    let all = Query::Lists { all: true };
    assert_eq!(lists(s.ask(agent, &all)), ["Work"]);
    let eve_did = eve.did();
    assert_eq!(lists(s.ask(eve_did, &all)), ["Secret"]);
    let nobody = Did::from_key(Keypair::generate(&mut s.bench.rng).public());
    assert_eq!(lists(s.ask(nobody, &all)), Vec::<String>::new());
    let everywhere = Query::Tasks {
        list: None,
        filter: TaskFilter::default(),
        limit: None,
        cursor: None,
    };
    let Answer::Tasks(page) = s.ask(agent, &everywhere).unwrap() else {
        panic!()
    };
    assert_eq!(page.items.len(), 1);
    let list = secret;
    let short = hidden.to_string();
    let text = short[short.len() - 6..].to_owned();
    for query in [
        Query::List { list },
        Query::Task { list, task: hidden },
        Query::FindTask {
            text: text.clone(),
            list: None,
        },
        Query::FindTask {
            text,
            list: Some(list),
        },
        Query::FindList {
            text: "Secret".into(),
        },
        Query::Members { list },
        Query::Invites { list },
        Query::Comments { list, task: hidden },
        Query::Tags { list },
        Query::Aisles { list },
        Query::Verify { list },
        Query::Export {
            list,
            format: poo_core::model::ExportFormat::Json,
        },
        Query::Activity {
            list: Some(list),
            task: None,
            kind: None,
            limit: None,
            cursor: None,
        },
        Query::Tasks {
            list: Some(list),
            filter: TaskFilter::default(),
            limit: None,
            cursor: None,
        },
    ] {
        let answer = s.ask(agent, &query);
        assert!(
            matches!(answer, Err(QueryError::NotFound { .. })),
            "{query:?}: {answer:?}"
        );
        assert!(s.ask(eve_did, &query).is_ok(), "{query:?}");
    }
    assert_eq!(
        s.ask(agent, &Query::Pending).unwrap(),
        Answer::Pending(Vec::new().into())
    );
    let everywhere = Query::Search {
        text: "hidden".into(),
        list: None,
        limit: None,
    };
    let Answer::Found(page) = s.ask(agent, &everywhere).unwrap() else {
        panic!()
    };
    assert_eq!(page.items, []);
    for command in [
        Command::DeleteTask { list, task: hidden },
        Command::DuplicateList { list, title: None },
        Command::LogNote {
            list,
            text: "x".into(),
        },
    ] {
        let hosted = s.hosted.clone();
        let mut behalf = s.relay.on_behalf_of(agent, Some(&hosted));
        let done = behalf.execute(&command, &mut s.bench.env());
        assert!(
            matches!(done, Err(CommandError::NotFound("list"))),
            "{done:?}"
        );
    }
}

#[test]
fn what_takes_a_signature_of_ones_own_is_not_done_for_anybody() {
    let mut s = scene(5, Role::Editor);
    let (list, agent) = (s.list, s.agent);
    for command in [
        Command::Undo,
        Command::LinkDevice,
        Command::LeaveList { list },
        Command::Share {
            list,
            role: Role::Editor,
            expires_in_s: None,
        },
        Command::SetProfile {
            name: "Other".into(),
            color: None,
        },
        Command::ChangeRole {
            list,
            member: agent,
            role: Role::Owner,
        },
    ] {
        let hosted = s.hosted.clone();
        let mut behalf = s.relay.on_behalf_of(agent, Some(&hosted));
        let done = behalf.execute(&command, &mut s.bench.env());
        assert!(matches!(done, Err(CommandError::OwnSignature)), "{done:?}");
    }
}

#[test]
fn an_agent_that_was_let_go_writes_no_more_and_what_it_wrote_stays() {
    let mut s = scene(6, Role::Editor);
    s.write("Before").unwrap();
    sync(&mut s.sam, &mut s.relay, &mut s.bench);
    let revoke = Command::RevokeMember {
        list: s.list,
        member: s.agent,
    };
    s.sam.execute(&revoke, &mut s.bench.env()).unwrap();
    sync(&mut s.sam, &mut s.relay, &mut s.bench);
    assert!(matches!(
        s.write("After"),
        Err(CommandError::NotFound("list"))
    ));
    assert_eq!(titles(&s.sam, s.list), ["Before"]);
    assert!(verify(&s.sam, s.list).ok);
}

#[test]
fn only_an_agents_own_word_introduces_it() {
    let mut s = scene(7, Role::Editor);
    let (_, good) = agent(&mut s.sam, &mut s.bench);
    assert!(s.relay.take_introduction(&good).is_ok());
    let mut changed = good.clone().into_bytes();
    let last = changed.len() / 2;
    changed[last] = if changed[last] == b'2' { b'3' } else { b'2' };
    let changed = String::from_utf8(changed).unwrap();
    for text in ["", "x", &changed, &good[1..], &"1".repeat(10_000)] {
        let taken = s.relay.take_introduction(text);
        assert!(
            matches!(taken, Err(CommandError::Invalid { .. })),
            "{taken:?}"
        );
    }
}

#[test]
fn who_is_confined_to_some_lists_finds_no_others() {
    let mut s = scene(8, Role::Editor);
    let (sam, inside) = (s.sam.did(), s.list);
    let outside = list(&mut s.sam, &mut s.bench, "Apart");
    let mut hidden = Vec::new();
    for number in 0..5 {
        task(
            &mut s.sam,
            &mut s.bench,
            inside,
            &format!("In {number}"),
            None,
        );
        hidden.push(task(&mut s.sam, &mut s.bench, outside, "Out", None));
    }
    let ticket = Command::CreateTicket {
        list: None,
        uses: None,
        expires_in_s: None,
    };
    s.sam.execute(&ticket, &mut s.bench.env()).unwrap();
    sync(&mut s.sam, &mut s.relay, &mut s.bench);
    let only = std::collections::BTreeSet::from([inside]);
    let now = Timestamp::UNIX_EPOCH;
    let mut behalf = s.relay.on_behalf_of(sam, None).within(Some(&only));
    assert_eq!(
        lists(behalf.query(&Query::Lists { all: true }, now)),
        ["Work"]
    );
    // The pages are as full as if there were nothing else.
    let mut query = Query::Tasks {
        list: None,
        filter: TaskFilter::default(),
        limit: Some(2),
        cursor: None,
    };
    let mut sizes = Vec::new();
    loop {
        let Answer::Tasks(page) = behalf.query(&query, now).unwrap() else {
            panic!()
        };
        assert!(page.items.iter().all(|task| task.list == inside));
        sizes.push(page.items.len());
        let Query::Tasks { cursor, .. } = &mut query else {
            panic!()
        };
        *cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [2, 2, 1]);
    let activity = Query::Activity {
        list: None,
        task: None,
        kind: None,
        limit: Some(3),
        cursor: None,
    };
    let Answer::Activity(page) = behalf.query(&activity, now).unwrap() else {
        panic!()
    };
    assert_eq!(page.items.len(), 3);
    assert!(page.items.iter().all(|row| row.list == inside));
    let (list, task) = (outside, hidden[0]);
    for query in [
        Query::List { list },
        Query::Task { list, task },
        Query::FindTask {
            text: task.to_string(),
            list: None,
        },
        Query::FindList {
            text: "Apart".into(),
        },
        Query::Members { list },
        Query::Verify { list },
    ] {
        let answer = behalf.query(&query, now);
        assert!(
            matches!(answer, Err(QueryError::NotFound { .. })),
            "{query:?}: {answer:?}"
        );
    }
    let delete = |list, task| Command::DeleteTask { list, task };
    let done = behalf.execute(&delete(list, task), &mut s.bench.env());
    assert!(matches!(done, Err(CommandError::NotFound("list"))));
    drop(behalf);
    // The next one who is acted for sees all that is theirs.
    let mut behalf = s.relay.on_behalf_of(sam, None);
    let done = behalf.execute(&delete(list, task), &mut s.bench.env());
    assert_eq!(done.unwrap(), Outcome::Done { changed: true });
}
