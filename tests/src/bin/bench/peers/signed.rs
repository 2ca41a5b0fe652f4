//! The same workloads in our signed sessions. The clients are whole replicas; in what is timed a
//! reader only looks at what came, as the other clients do.

use std::path::Path;
use std::time::{Duration, Instant};

use minicbor::Decoder;
use poo_core::document::DocumentId;
use poo_core::model::{Answer, Command, NewTask, Outcome, Query, TaskFilter, TaskId, TaskPatch};
use poo_core::net::System;
use poo_core::replica::{Keyring, Replica};
use poo_core::store::StoreError;
use poo_core::sync::{Event, SUBPROTOCOL, Session};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use super::pump::Pump;
use super::server::{Kind, Programs, Server};
use super::{Failed, Latency, Reconnect, a_second, all_done, now};

const TIME_MAX: Duration = Duration::from_secs(12);

/// Somebody with a replica in memory, and a connection to the relay.
pub(crate) struct Signed {
    pump: Pump,
    session: Session,
    replica: Replica,
    system: System,
}

/// A replica of a new identity, or another device of one that is there.
fn replica(of: Option<&Replica>) -> Result<Replica, Failed> {
    let mut system = System::new()?;
    let keys = match of.and_then(|of| of.keys().identity.clone()) {
        Some(identity) => Keyring::of(identity, &mut system.env()),
        None => Keyring::generate(&mut system.env()),
    };
    let mut replica = Replica::in_memory(keys)?;
    replica.found("Bench", &mut system.env())?;
    Ok(replica)
}

fn list(replica: &mut Replica, tasks: usize, system: &mut System) -> Result<Written, Failed> {
    let title = "Bench".to_owned();
    let list = match replica.execute(&Command::CreateList { title }, &mut system.env())? {
        Outcome::List { list } => list,
        other => return Err(format!("{other:?}").into()),
    };
    let mut made = Vec::with_capacity(tasks);
    replica.batch(|replica| -> Result<(), StoreError> {
        for index in 0..tasks {
            let task = NewTask {
                title: format!("Item {index} of a long list"),
                ..NewTask::default()
            };
            let command = Command::CreateTask { list, task };
            if let Ok(Outcome::Task { task, .. }) = replica.execute(&command, &mut system.env()) {
                made.push(task);
            }
        }
        Ok(())
    })?;
    Ok(Written {
        list,
        tasks: made,
        count: 0,
    })
}

/// A list that is written to.
struct Written {
    list: DocumentId,
    tasks: Vec<TaskId>,
    count: usize,
}

impl Written {
    /// Changes one field.
    fn change(&mut self, by: &mut Signed) -> Result<(), Failed> {
        let (list, count) = (self.list, self.count);
        let at = count * 37 % self.tasks.len().max(1);
        let task = *self.tasks.get(at).ok_or("no tasks")?;
        self.count += 1;
        let patch = TaskPatch {
            title: Some(format!("Renamed in step {count}")),
            ..TaskPatch::default()
        };
        let command = Command::EditTask { list, task, patch };
        by.replica.execute(&command, &mut by.system.env())?;
        by.session.notify_document(&list);
        Ok(())
    }
}

/// How many changes a frame carries.
fn changes_in(frame: &[u8]) -> usize {
    let count = || -> Result<u64, minicbor::decode::Error> {
        let mut d = Decoder::new(frame);
        d.array()?;
        if d.u32()? != 1 {
            return Ok(0);
        }
        d.array()?;
        let fields = d.map()?.unwrap_or_default();
        for _ in 0..fields {
            if d.u32()? == 4 {
                return Ok(d.array()?.unwrap_or_default());
            }
            d.skip()?;
        }
        Ok(0)
    };
    count().map_or(0, |count| usize::try_from(count).unwrap_or_default())
}

impl Signed {
    /// Connects and syncs.
    async fn connect(url: &str, mut replica: Replica) -> Result<Self, Failed> {
        let mut system = System::new()?;
        let pinned = replica.relay_did()?;
        replica.set_relay(url, pinned)?;
        let mut request = format!("{url}/sync").into_client_request()?;
        let protocol = HeaderValue::from_static(SUBPROTOCOL);
        let headers = request.headers_mut();
        headers.insert("Sec-WebSocket-Protocol", protocol);
        let pump = Pump::connect(request).await?;
        let session = Session::client(&replica, pinned, &mut system.env());
        let mut signed = Self {
            pump,
            session,
            replica,
            system,
        };
        signed.settle().await?;
        Ok(signed)
    }

    fn flush(&mut self) -> Result<(), Failed> {
        while let Some(frame) = self.session.poll_transmit(&self.replica)? {
            self.pump.send(frame)?;
        }
        Ok(())
    }

    fn take_in(&mut self, frames: &[Vec<u8>]) -> Result<bool, Failed> {
        let (session, system) = (&mut self.session, &mut self.system);
        self.replica.batch(|replica| {
            frames
                .iter()
                .try_for_each(|frame| session.handle_frame(replica, frame, &mut system.env()))
        })?;
        let mut acknowledged = false;
        while let Some(event) = self.session.poll_event() {
            acknowledged |= matches!(event, Event::Acknowledged { .. });
        }
        Ok(acknowledged)
    }

    /// Until both sides have the same.
    async fn settle(&mut self) -> Result<(), Failed> {
        loop {
            self.flush()?;
            if self.session.is_in_sync() {
                return Ok(self.session.note_in_sync(&mut self.replica)?);
            }
            let frames = self.pump.some().await?;
            self.take_in(&frames)?;
        }
    }

    /// Until the relay has what was written here.
    async fn acknowledged(&mut self) -> Result<(), Failed> {
        self.flush()?;
        loop {
            let frames = self.pump.some().await?;
            if self.take_in(&frames)? {
                return Ok(());
            }
        }
    }

    async fn arrival(&mut self) -> Result<Vec<u8>, Failed> {
        loop {
            let frame = self.pump.next().await?;
            if changes_in(&frame) > 0 {
                return Ok(frame);
            }
        }
    }

    async fn idle(mut self) {
        while self.pump.next().await.is_ok() {}
    }
}

pub(crate) async fn one_change(
    server: &Server,
    items: usize,
    repeats: usize,
) -> Result<(Latency, Latency), Failed> {
    let mut system = System::new()?;
    let mut owner = replica(None)?;
    let mut written = list(&mut owner, items, &mut system)?;
    let device = replica(Some(&owner))?;
    let mut near = Signed::connect(server.url(), owner).await?;
    let mut far = Signed::connect(server.url(), device).await?;
    let (mut arrived, mut applied) = (Latency::default(), Latency::default());
    let begun = now();
    for _ in 0..repeats {
        written.change(&mut near)?;
        let start = now();
        near.flush()?;
        let frame = far.arrival().await?;
        arrived.push(start.elapsed());
        far.take_in(&[frame])?;
        applied.push(start.elapsed());
        near.acknowledged().await?;
        if begun.elapsed() > TIME_MAX {
            break;
        }
    }
    Ok((arrived, applied))
}

pub(crate) async fn many_changes(
    server: &Server,
    documents: u64,
    changes: usize,
    paced: bool,
) -> Result<f64, Failed> {
    let mut system = System::new()?;
    let mut pairs = Vec::new();
    for _ in 0..documents {
        let mut owner = replica(None)?;
        let mut written = list(&mut owner, 10, &mut system)?;
        let device = replica(Some(&owner))?;
        let mut near = Signed::connect(server.url(), owner).await?;
        let far = Signed::connect(server.url(), device).await?;
        let mut frames = Vec::with_capacity(changes);
        for _ in 0..changes {
            written.change(&mut near)?;
            while let Some(frame) = near.session.poll_transmit(&near.replica)? {
                frames.push(frame);
            }
        }
        pairs.push((near, far, frames));
    }
    let mut reading: JoinSet<Result<(), Failed>> = JoinSet::new();
    let mut sending: JoinSet<Result<(), Failed>> = JoinSet::new();
    let start = now();
    for (mut near, mut far, frames) in pairs {
        reading.spawn(async move {
            let mut left = changes;
            while left > 0 {
                let frame = far.pump.next().await?;
                left = left.saturating_sub(changes_in(&frame));
            }
            Ok(())
        });
        sending.spawn(async move {
            for frame in frames {
                near.pump.send(frame)?;
                if paced {
                    // The answer is the acknowledgement, whatever else it says.
                    near.pump.next().await?;
                }
            }
            near.idle().await;
            Ok(())
        });
    }
    let took = all_done(reading, start).await?;
    sending.abort_all();
    Ok(a_second(documents as usize * changes, took))
}

pub(crate) async fn many_readers(
    server: &Server,
    readers: usize,
    repeats: usize,
) -> Result<Latency, Failed> {
    let mut system = System::new()?;
    let mut owner = replica(None)?;
    let mut written = list(&mut owner, 10, &mut system)?;
    let devices = (0..readers)
        .map(|_| replica(Some(&owner)))
        .collect::<Result<Vec<_>, _>>()?;
    let mut near = Signed::connect(server.url(), owner).await?;
    let (told, mut tell) = mpsc::unbounded_channel::<Instant>();
    let mut tasks: JoinSet<Result<(), Failed>> = JoinSet::new();
    let mut all = Vec::new();
    for device in devices {
        all.push(Signed::connect(server.url(), device).await?);
    }
    // What those who came last brought to all others has arrived by then.
    tokio::time::sleep(Duration::from_secs(1)).await;
    near.settle().await?;
    for mut far in all {
        let told = told.clone();
        tasks.spawn(async move {
            loop {
                far.arrival().await?;
                told.send(now())?;
            }
        });
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    while tell.try_recv().is_ok() {}
    let mut times = Latency::default();
    let begun = now();
    for _ in 0..repeats {
        tokio::time::sleep(Duration::from_millis(20)).await;
        written.change(&mut near)?;
        let start = now();
        near.flush()?;
        let mut last = start;
        for _ in 0..readers {
            last = last.max(tell.recv().await.ok_or("the readers ended")?);
        }
        times.push(last.duration_since(start));
        near.acknowledged().await?;
        if begun.elapsed() > TIME_MAX {
            break;
        }
    }
    tasks.abort_all();
    Ok(times)
}

pub(crate) async fn idle(server: &Server, connections: usize) -> Result<[u64; 2], Failed> {
    let mut people = Vec::new();
    // What they own is on the relay before it is counted.
    for _ in 0..connections {
        let there = Signed::connect(server.url(), replica(None)?).await?;
        people.push(there.replica);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = server.memory()?;
    let mut tasks = JoinSet::new();
    for person in people {
        tasks.spawn(Signed::connect(server.url(), person).await?.idle());
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let during = server.memory()?;
    tasks.shutdown().await;
    Ok([before, during])
}

pub(crate) async fn reconnect(
    server: &mut Server,
    documents: u64,
    changed: usize,
) -> Result<(Reconnect, Reconnect), Failed> {
    let mut system = System::new()?;
    let mut owner = replica(None)?;
    let mut lists = Vec::new();
    for _ in 0..documents {
        lists.push(list(&mut owner, 5, &mut system)?);
    }
    let device = replica(Some(&owner))?;
    let mut keeper = Signed::connect(server.url(), owner).await?.replica;
    let mut other = Signed::connect(server.url(), device).await?.replica;
    keeper = Signed::connect(server.url(), keeper).await?.replica;
    let every = (lists.len() / changed.max(1)).max(1);
    let mut times = Vec::new();
    for round in 0..2 {
        let mut writing = Signed::connect(server.url(), other).await?;
        for written in lists.iter_mut().step_by(every).take(changed) {
            written.change(&mut writing)?;
        }
        writing.settle().await?;
        while writing.session.changes_sent() < changed as u64 {
            writing.acknowledged().await?;
        }
        other = writing.replica;
        tokio::time::sleep(Duration::from_millis(500)).await;
        if round == 1 {
            server.restart()?;
        }
        let start = now();
        let back = Signed::connect(server.url(), keeper).await?;
        times.push(Reconnect {
            time: start.elapsed(),
            sent: back.pump.sent,
            received: back.pump.received,
            memory: server.memory()?,
        });
        keeper = back.replica;
    }
    let mut times = times.into_iter();
    let (Some(first), Some(second)) = (times.next(), times.next()) else {
        return Err("two rounds give two times".into());
    };
    Ok((first, second))
}

/// The relay is killed when so many changes are acknowledged: how many of them are lost.
pub(crate) async fn killed(
    programs: &Programs,
    data: &Path,
    changes: usize,
) -> Result<usize, Failed> {
    let mut server = Server::start(Kind::Signed, programs, data)?;
    let mut system = System::new()?;
    let mut owner = replica(None)?;
    let written = list(&mut owner, 0, &mut system)?;
    let device = replica(Some(&owner))?;
    let mut near = Signed::connect(server.url(), owner).await?;
    for index in 0..changes {
        let task = NewTask {
            title: format!("Task {index}"),
            ..NewTask::default()
        };
        let list = written.list;
        near.replica
            .execute(&Command::CreateTask { list, task }, &mut near.system.env())?;
        near.session.notify_document(&list);
        near.acknowledged().await?;
    }
    server.kill()?;
    drop(near);
    server.start_again()?;
    let far = Signed::connect(server.url(), device).await?;
    let query = Query::Tasks {
        list: Some(written.list),
        filter: TaskFilter::default(),
        limit: Some(10_000),
        cursor: None,
    };
    let now = system.env().now;
    match far.replica.query(&query, now)? {
        Answer::Tasks(page) => Ok(changes.saturating_sub(page.items.len())),
        other => Err(format!("{other:?}").into()),
    }
}
