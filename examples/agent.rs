//! An agent that does tasks: those tagged `agent` in every list that it is a member of.
//!
//! It has an identity of its own, joins by an invite link like anybody else, and works offline
//! like anybody else: what it writes is signed by it and goes out when the relay is there.
//!
//! `cargo run -p poo-examples --bin agent -- FOLDER [LINK] [--once]`

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use poo_core::identity::{KeyFile, KeyFileError, Keys};
use poo_core::model::{Answer, Command, Query, Status, Task, TaskFilter, TaskPatch};
use poo_core::net::{self, Options};
use poo_core::replica::{Keyring, Link, Replica};
use poo_core::sync::Event;
use poo_examples::Machine;

type Result<T> = core::result::Result<T, Box<dyn Error>>;

/// Opens the agent's keys and database in `folder`, or makes them.
fn open(folder: &Path, machine: &mut Machine) -> Result<Replica> {
    std::fs::create_dir_all(folder)?;
    let file = KeyFile::at(folder.join("keys"));
    let keys = match file.load() {
        Ok(keys) => Keyring::from(keys),
        Err(KeyFileError::Missing { .. }) => {
            let keys = Keyring::generate(&mut machine.env());
            file.create(&Keys {
                did: keys.did,
                device: keys.device.clone(),
                identity: keys.identity.clone(),
            })?;
            keys
        }
        Err(error) => return Err(error.into()),
    };
    let mut replica = Replica::open(&folder.join("agent.db"), keys)?;
    replica.found("Bot", &mut machine.env())?;
    Ok(replica)
}

/// The tasks that wait for this agent.
fn waiting(replica: &Replica, machine: &Machine) -> Result<Vec<Task>> {
    let query = Query::Tasks {
        list: None,
        filter: TaskFilter {
            status: Some(Status::Open),
            ..TaskFilter::default()
        },
        limit: None,
        cursor: None,
    };
    let Answer::Tasks(page) = replica.query(&query, machine.now())? else {
        return Err("no tasks in the answer".into());
    };
    let tagged = |task: &Task| task.tags.iter().any(|tag| tag == "agent");
    Ok(page.items.into_iter().filter(tagged).collect())
}

/// Does what waits: says that it began, leaves a note, completes.
fn work(replica: &mut Replica, machine: &mut Machine) -> Result<()> {
    for Task {
        list,
        id: task,
        title,
        notes,
        ..
    } in waiting(replica, machine)?
    {
        let mut edit = |patch| {
            let command = Command::EditTask { list, task, patch };
            replica.execute(&command, &mut machine.env())
        };
        edit(TaskPatch {
            status: Some(Status::InProgress),
            ..TaskPatch::default()
        })?;
        // The work itself stands here.
        let words = title.split_whitespace().count();
        let note = format!("{notes}\n\nBot read a title of {words} words.");
        edit(TaskPatch {
            notes: Some(note.trim_start().to_owned()),
            ..TaskPatch::default()
        })?;
        replica.execute(
            &Command::CompleteTask {
                list,
                task,
                zone: None,
            },
            &mut machine.env(),
        )?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let once = args.iter().any(|arg| arg == "--once");
    args.retain(|arg| arg != "--once");
    let folder = args.first().ok_or("usage: agent FOLDER [LINK] [--once]")?;
    let folder = Path::new(folder);
    let options = Options::default();
    let mut machine = Machine::default();
    let mut replica = open(folder, &mut machine)?;
    if let Some(link) = args.get(1) {
        let link: Link = link.parse()?;
        net::redeem(&mut replica, &link, &options).await?;
    }
    net::sync(&mut replica, &options).await?;
    work(&mut replica, &mut machine)?;
    net::sync(&mut replica, &options).await?;
    if once {
        return Ok(());
    }
    // One connection to the database watches the relay, the other one works. What the worker
    // writes the watcher sends.
    let mut worker = open(folder, &mut machine)?;
    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    let on_event = move |event| {
        if matches!(event, Event::Changed { .. }) && tell.try_send(()).is_err() {
            // The worker has been told already and has not looked yet.
        }
    };
    let working = async {
        while told.recv().await.is_some() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            work(&mut worker, &mut machine)?;
        }
        Ok::<_, Box<dyn Error>>(())
    };
    let watching = net::watch(&mut replica, &options, on_event, tokio::signal::ctrl_c());
    tokio::select! {
        ended = watching => Ok(ended?),
        failed = working => failed,
    }
}
