//! Two replicas and a relay in one process, without sockets and files: how the engine is built
//! into another program. Run it: `cargo run -p poo-examples --bin embed`.

use std::error::Error;

use poo_core::membership::Role;
use poo_core::model::{Answer, Command, NewTask, Outcome, Query, TaskFilter};
use poo_core::replica::{Keyring, Link, Replica};
use poo_core::sync::{Admission, Session};
use poo_examples::Machine;

type Result<T> = core::result::Result<T, Box<dyn Error>>;

/// One end of a session, with the replica behind it.
type End<'a> = (&'a mut Session, &'a mut Replica);

/// Carries what one end has to say to the other. False if it had nothing to say.
fn pass(from: &mut End<'_>, to: &mut End<'_>) -> Result<bool> {
    let mut machine = Machine::default();
    let mut spoke = false;
    while let Some(frame) = from.0.poll_transmit(from.1)? {
        spoke = true;
        // All that a frame changes is on disk, or nothing is, before anything is said.
        to.1.batch(|replica| to.0.handle_frame(replica, &frame, &mut machine.env()))?;
    }
    Ok(spoke)
}

/// Carries frames both ways until neither end has anything to say.
fn carry(mut here: End<'_>, mut there: End<'_>) -> Result<()> {
    while pass(&mut there, &mut here)? | pass(&mut here, &mut there)? {}
    Ok(())
}

/// One sync; with an invite it joins a list too.
fn sync(client: &mut Replica, relay: &mut Replica, invite: Option<&Link>) -> Result<()> {
    let mut machine = Machine::default();
    let mut here = Session::client(client, client.relay_did()?, &mut machine.env());
    let mut there = Session::relay(relay, Admission::Open, &mut machine.env())?;
    carry((&mut here, client), (&mut there, relay))?;
    if let Some(Link::Invite {
        document,
        grant,
        secret,
        ..
    }) = invite
    {
        here.redeem(*document, *grant, secret)?;
        carry((&mut here, client), (&mut there, relay))?;
    }
    if !here.is_in_sync() {
        return Err("the relay did not answer everything".into());
    }
    Ok(here.note_in_sync(client)?)
}

#[allow(clippy::print_stdout, reason = "what the example shows")]
fn main() -> Result<()> {
    let mut machine = Machine::default();
    let mut relay = Replica::in_memory(Keyring::generate(&mut machine.env()))?;
    relay.begin_epoch(&mut machine.env())?;
    let mut person = |name: &str| -> Result<Replica> {
        let mut replica = Replica::in_memory(Keyring::generate(&mut machine.env()))?;
        replica.set_relay("ws://127.0.0.1:8787", Some(relay.did()))?;
        replica.found(name, &mut machine.env())?;
        Ok(replica)
    };
    let (mut sam, mut ann) = (person("Sam")?, person("Ann")?);
    let mut tell = |replica: &mut Replica, command| replica.execute(&command, &mut machine.env());

    let title = "Groceries".to_owned();
    let Outcome::List { list } = tell(&mut sam, Command::CreateList { title })? else {
        return Err("no list was made".into());
    };
    let role = Role::Editor;
    let expires_in_s = None;
    let share = Command::Share {
        list,
        role,
        expires_in_s,
    };
    let Outcome::Invite { link, .. } = tell(&mut sam, share)? else {
        return Err("no invite was made".into());
    };
    sync(&mut sam, &mut relay, None)?;
    sync(&mut ann, &mut relay, Some(&link.parse()?))?;

    // Both write without the other, and without the relay.
    for (replica, title) in [(&mut sam, "Milk"), (&mut ann, "Bread")] {
        let title = title.to_owned();
        let task = NewTask {
            title,
            ..NewTask::default()
        };
        tell(replica, Command::CreateTask { list, task })?;
    }
    sync(&mut ann, &mut relay, None)?;
    sync(&mut sam, &mut relay, None)?;
    sync(&mut ann, &mut relay, None)?;

    for (name, replica) in [("Sam", &sam), ("Ann", &ann)] {
        let query = Query::Tasks {
            list: Some(list),
            filter: TaskFilter::default(),
            limit: None,
            cursor: None,
        };
        if let Answer::Tasks(page) = replica.query(&query, Machine::default().now())? {
            let mut titles: Vec<_> = page.items.iter().map(|t| t.title.as_str()).collect();
            titles.sort_unstable();
            println!("{name} has {}", titles.join(" and "));
        }
    }
    Ok(())
}
