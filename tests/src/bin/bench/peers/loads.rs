//! The workloads, over the automerge-repo protocol: the same client against every server.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use automerge::ChangeHash;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::client::{Client, Writer, level};
use super::server::{Kind, Programs, Server};
use super::{Failed, Latency, Reconnect, a_second, all_done, now};

/// No more of one measurement than this.
const TIME_MAX: Duration = Duration::from_secs(12);

/// How long one change takes until another client has it, one after the other.
pub(crate) async fn one_change(
    server: &Server,
    (items, changes): (usize, usize),
    repeats: usize,
) -> Result<Latency, Failed> {
    let mut writer = Writer::new((items + changes) as u64, items, changes)?;
    let mut near = Client::connect(server.url(), "writer").await?;
    near.upload(&mut writer).await?;
    let mut far = Client::connect(server.url(), "reader").await?;
    far.open(&writer.id).await?;
    let id = writer.id.clone();
    let mut times = Latency::default();
    let begun = now();
    for _ in 0..repeats {
        let (hash, message) = writer.change()?;
        let start = now();
        near.send("sync", &id, message).await?;
        far.until(&id, hash).await?;
        times.push(start.elapsed());
        if begun.elapsed() > TIME_MAX {
            break;
        }
        // What the server answers to the writer has to be read by somebody.
        near.until(&id, hash).await?;
    }
    Ok(times)
}

/// Ten documents, each written by one client and read by another: changes in a second, until
/// the readers have all. `paced`: each writer waits until its last message is acknowledged.
pub(crate) async fn many_changes(
    server: &Server,
    documents: u64,
    changes: usize,
    paced: bool,
) -> Result<f64, Failed> {
    let mut writers = Vec::new();
    let mut readers = Vec::new();
    for number in 0..documents {
        let base = if paced { 20_000 } else { 10_000 };
        let mut writer = Writer::new(base + number, 10, 1)?;
        let mut near = Client::connect(server.url(), &format!("writer-{base}-{number}")).await?;
        near.upload(&mut writer).await?;
        let mut far = Client::connect(server.url(), &format!("reader-{base}-{number}")).await?;
        far.open(&writer.id).await?;
        let id = writer.id.clone();
        let mut frames = Vec::with_capacity(changes);
        let mut last = None;
        for _ in 0..changes {
            let (hash, message) = writer.change()?;
            frames.push((hash, near.frame("sync", &id, &message.encode())?));
            last = Some(hash);
        }
        writers.push((near, frames));
        readers.push((far, id, last.ok_or("no changes")?));
    }
    let mut tasks: JoinSet<Result<(), Failed>> = JoinSet::new();
    let start = now();
    for (mut far, id, last) in readers {
        tasks.spawn(async move { far.until(&id, last).await });
    }
    let mut sending: JoinSet<Result<(), Failed>> = JoinSet::new();
    for (mut near, frames) in writers {
        sending.spawn(async move {
            for (hash, frame) in frames {
                near.pump.send(frame)?;
                if paced {
                    acknowledged(&mut near, hash).await?;
                }
            }
            // It has said what it has; whoever stops reading would hold the server up.
            near.idle().await;
            Ok(())
        });
    }
    let took = all_done(tasks, start).await?;
    sending.abort_all();
    Ok(a_second(documents as usize * changes, took))
}

/// Waits until the server says that it has a change.
async fn acknowledged(client: &mut Client, hash: ChangeHash) -> Result<(), Failed> {
    loop {
        let (_, message) = client.next().await?;
        if message.heads.contains(&hash) {
            return Ok(());
        }
    }
}

/// One writer and many readers of one document: until the last of them has a change.
pub(crate) async fn many_readers(
    server: &Server,
    readers: usize,
    repeats: usize,
) -> Result<Latency, Failed> {
    let mut writer = Writer::new(30_000 + readers as u64, 10, 1)?;
    let id = writer.id.clone();
    let mut near = Client::connect(server.url(), &format!("writer-{readers}")).await?;
    near.upload(&mut writer).await?;
    let (told, mut tell) = mpsc::unbounded_channel::<(ChangeHash, Instant)>();
    let mut tasks: JoinSet<Result<(), Failed>> = JoinSet::new();
    for number in 0..readers {
        let mut far = Client::connect(server.url(), &format!("reader-{readers}-{number}")).await?;
        far.open(&id).await?;
        let (told, id) = (told.clone(), id.clone());
        tasks.spawn(async move {
            loop {
                let (_, message) = far.next().await?;
                let at = now();
                for head in &message.heads {
                    told.send((*head, at))?;
                }
                far.send("sync", &id, level(message.heads)).await?;
            }
        });
    }
    let mut times = Latency::default();
    let begun = now();
    for _ in 0..repeats {
        // Everybody has answered by then.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let (hash, message) = writer.change()?;
        let start = now();
        near.send("sync", &id, message).await?;
        let mut left = readers;
        let mut last = start;
        while left > 0 {
            let (head, at) = tell.recv().await.ok_or("the readers ended")?;
            if head == hash {
                left -= 1;
                last = last.max(at);
            }
        }
        times.push(last.duration_since(start));
        near.until(&id, hash).await?;
        if begun.elapsed() > TIME_MAX {
            break;
        }
    }
    tasks.abort_all();
    Ok(times)
}

/// The server's memory before idle connections come, and while they are there.
pub(crate) async fn idle(server: &Server, connections: usize) -> Result<[u64; 2], Failed> {
    // Whatever is made once is there before it is counted.
    let warm = Client::connect(server.url(), "warm").await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = server.memory()?;
    let mut tasks = JoinSet::new();
    for number in 0..connections {
        let client = Client::connect(server.url(), &format!("idle-{number}")).await?;
        tasks.spawn(client.idle());
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let during = server.memory()?;
    tasks.shutdown().await;
    drop(warm);
    Ok([before, during])
}

/// For how long a server may say nothing: as long as it likes while something has not come.
fn quiet(open: &BTreeMap<&str, ChangeHash>) -> Duration {
    match open.is_empty() {
        true => Duration::from_millis(500),
        false => TIME_MAX,
    }
}

/// Many documents in sync, a few of them changed by somebody else: what coming back costs, and
/// once more after the server was started again.
pub(crate) async fn reconnect(
    server: &mut Server,
    documents: u64,
    changed: usize,
) -> Result<(Reconnect, Reconnect), Failed> {
    let mut near = Client::connect(server.url(), "keeper").await?;
    let mut writers = Vec::new();
    for number in 0..documents {
        writers.push(Writer::new(40_000 + number, 5, 1)?);
    }
    near.upload_all(&mut writers).await?;
    drop(near);
    let mut times = Vec::new();
    for round in 0..2 {
        let known: Vec<(String, ChangeHash)> = writers
            .iter_mut()
            .map(|writer| Ok((writer.id.clone(), writer.head()?)))
            .collect::<Result<_, Failed>>()?;
        let mut other = Client::connect(server.url(), &format!("other-{round}")).await?;
        let every = (writers.len() / changed.max(1)).max(1);
        for writer in writers.iter_mut().step_by(every).take(changed) {
            let id = writer.id.clone();
            let (hash, message) = writer.change()?;
            // The server has to know the document on this connection first.
            other.open(&id).await?;
            other.send("sync", &id, message).await?;
            acknowledged(&mut other, hash).await?;
        }
        drop(other);
        // What is saved a moment later is saved by then.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        if round == 1 {
            server.restart()?;
        }
        let start = now();
        let mut near = Client::connect(server.url(), "keeper").await?;
        // Of what did not change a server that remembers need not say anything.
        let mut open: BTreeMap<&str, ChangeHash> = BTreeMap::new();
        let mut said: BTreeMap<&str, Vec<ChangeHash>> = BTreeMap::new();
        for ((id, head), writer) in known.iter().zip(&mut writers) {
            near.send("sync", id, level(vec![*head])).await?;
            said.insert(id, vec![*head]);
            let end = writer.head()?;
            if end != *head {
                open.insert(id, end);
            }
        }
        let mut time = start.elapsed();
        // What else it says to that counts as bytes.
        while let Ok(next) = tokio::time::timeout(quiet(&open), near.next()).await {
            let (id, message) = next?;
            let end = open.get(&*id).copied();
            if end.is_some_and(|end| message.heads.contains(&end)) {
                open.remove(&*id);
                time = start.elapsed();
            }
            // As Automerge does, nothing is said to what was said already.
            if let Some(last) = said.get_mut(&*id)
                && *last != message.heads
            {
                last.clone_from(&message.heads);
                near.send("sync", &id, level(message.heads)).await?;
            }
        }
        if !open.is_empty() {
            return Err(format!("{} documents did not come", open.len()).into());
        }
        times.push(Reconnect {
            time,
            sent: near.pump.sent,
            received: near.pump.received,
            memory: server.memory()?,
        });
    }
    let mut times = times.into_iter();
    let (Some(first), Some(second)) = (times.next(), times.next()) else {
        return Err("two rounds give two times".into());
    };
    Ok((first, second))
}

/// A large document after the server was started again: until a client has it.
pub(crate) async fn large(
    server: &mut Server,
    items: usize,
    changes: usize,
) -> Result<(Duration, u64), Failed> {
    let mut writer = Writer::new(60_000, items, changes)?;
    let mut near = Client::connect(server.url(), "writer").await?;
    near.upload(&mut writer).await?;
    let head = writer.head()?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    drop(near);
    server.restart()?;
    let mut far = Client::connect(server.url(), "reader").await?;
    let start = now();
    far.fetch(&writer.id, Some(head)).await?;
    Ok((start.elapsed(), server.memory()?))
}

/// The server is killed when so many changes are acknowledged: how many of them are lost.
pub(crate) async fn killed(
    kind: Kind,
    programs: &Programs,
    data: &Path,
    changes: usize,
) -> Result<usize, Failed> {
    let mut server = Server::start(kind, programs, data)?;
    let mut writer = Writer::new(70_000, 10, 1)?;
    let id = writer.id.clone();
    let mut near = Client::connect(server.url(), "writer").await?;
    near.upload(&mut writer).await?;
    // The document itself is safe before it is written to.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = writer.document.get_changes(&[]).len();
    for _ in 0..changes {
        let (hash, message) = writer.change()?;
        near.send("sync", &id, message).await?;
        acknowledged(&mut near, hash).await?;
    }
    server.kill()?;
    drop(near);
    server.start_again()?;
    let mut far = Client::connect(server.url(), "reader").await?;
    let fetched = tokio::time::timeout(Duration::from_secs(20), far.fetch(&id, None)).await;
    let there = match fetched {
        Ok(Ok(mut copy)) => copy.get_changes(&[]).len(),
        // It has not even the document.
        Ok(Err(_)) | Err(_) => before,
    };
    Ok((before + changes).saturating_sub(there))
}
