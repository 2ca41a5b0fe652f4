//! The examples do what they say.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

use std::process::Command;

use poo_core::membership::Role;
use poo_core::model::{Answer, Command as Do, NewTask, Outcome, Query, Status, TaskFilter};
use poo_core::net::{self, Options};
use poo_core::replica::{Keyring, Replica};
use poo_examples::Machine;
use poo_server::{Server, Settings};

#[test]
fn two_replicas_in_one_process_end_up_with_the_same() {
    let output = Command::new(env!("CARGO_BIN_EXE_embed")).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    assert_eq!(said, "Sam has Bread and Milk\nAnn has Bread and Milk\n");
}

#[tokio::test]
async fn an_agent_joins_by_its_invite_and_does_what_is_meant_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        listen: Some("127.0.0.1:0".to_owned()),
        data: Some(folder.path().join("relay")),
        ..Settings::default()
    };
    let relay = Server::bind(&settings.resolve().unwrap()).await.unwrap();
    let url = relay.url().to_owned();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(relay.run(async move {
        let _dropped = stopped.await;
    }));

    let mut machine = Machine::default();
    let options = Options::default();
    let mut sam = Replica::in_memory(Keyring::generate(&mut machine.env())).unwrap();
    sam.found("Sam", &mut machine.env()).unwrap();
    sam.set_relay(&url, None).unwrap();
    net::sync(&mut sam, &options).await.unwrap();
    let title = "Chores".to_owned();
    let made = sam.execute(&Do::CreateList { title }, &mut machine.env());
    let Ok(Outcome::List { list }) = made else {
        panic!("{made:?}")
    };
    for (title, tags) in [
        ("Read two words", vec!["agent".to_owned()]),
        ("Rest", vec![]),
    ] {
        let task = NewTask {
            title: title.to_owned(),
            tags,
            ..NewTask::default()
        };
        sam.execute(&Do::CreateTask { list, task }, &mut machine.env())
            .unwrap();
    }
    let share = Do::Share {
        list,
        role: Role::Editor,
        expires_in_s: None,
    };
    let made = sam.execute(&share, &mut machine.env());
    let Ok(Outcome::Invite { link, .. }) = made else {
        panic!("{made:?}")
    };
    net::sync(&mut sam, &options).await.unwrap();

    let home = folder.path().join("agent");
    let agent = move || {
        let agent = env!("CARGO_BIN_EXE_agent");
        Command::new(agent)
            .arg(home)
            .args([&link, "--once"])
            .output()
    };
    let output = tokio::task::spawn_blocking(agent).await.unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");

    net::sync(&mut sam, &options).await.unwrap();
    let query = Query::Tasks {
        list: Some(list),
        filter: TaskFilter::default(),
        limit: None,
        cursor: None,
    };
    let Ok(Answer::Tasks(page)) = sam.query(&query, machine.now()) else {
        panic!()
    };
    let found: Vec<_> = page
        .items
        .iter()
        .map(|t| (t.title.as_str(), t.status, t.notes.as_str()))
        .collect();
    let note = "Bot read a title of 3 words.";
    assert!(
        found.contains(&("Read two words", Status::Done, note)),
        "{found:?}"
    );
    assert!(found.contains(&("Rest", Status::Open, "")), "{found:?}");
    drop(stop);
    serving.await.unwrap().unwrap();
}
