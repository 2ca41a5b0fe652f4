//! What devices do all the time: write, read, lose their connection and come back.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use poo_core::model::{Command, NewTask, Outcome, TaskId, TaskPatch};
use poo_core::replica::Keyring;
use poo_core::sync::Event;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use tokio::sync::watch;

use super::device::{Device, Ended};
use super::shared::{Person, Shared};
use crate::harness::{PATIENCE, now};

/// Every so manyth device loses its connection in a storm.
pub(super) const STORM_SHARE: u64 = 3;
/// A slow reader looks at what came, and then not for up to so long.
const SLOW_PAUSE: Duration = Duration::from_secs(10);
/// The longest pause before another try to connect.
const RETRY_MAX: Duration = Duration::from_secs(4);
const RETRY_FIRST: Duration = Duration::from_millis(250);
/// So many tasks of its own does a device go on changing.
const TASKS_KEPT: usize = 50;

/// A device, and what it has to do.
pub(super) struct Seat {
    pub(super) device: Device,
    pub(super) number: u64,
    pub(super) person: usize,
    pub(super) slow: bool,
    /// It looks how soon there is what another device of its person made.
    pub(super) watches: bool,
    /// It writes about twice in so long.
    pub(super) pause: Duration,
    pub(super) url: String,
    pub(super) shared: Arc<Shared>,
    pub(super) made: Vec<TaskId>,
    /// What the relay has not acknowledged yet, and since when.
    pub(super) pending: Vec<(Option<TaskId>, Instant)>,
    pub(super) chance: Chance,
}

/// Draws.
pub(super) struct Chance(ChaCha20Rng);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u64() % bound.max(1) as u64) as usize
    }

    /// Some part of it.
    pub(super) fn of(&mut self, time: Duration) -> Duration {
        time.mul_f64(self.below(1_000) as f64 / 1_000.0)
    }
}

impl Seat {
    fn person(&self) -> &Person {
        &self.shared.people[self.person]
    }

    /// Until the relay ends.
    pub(super) async fn live(mut self, mut storms: watch::Receiver<u64>) -> Self {
        let mut write_at = now() + self.chance.of(self.pause);
        loop {
            let went = tokio::select! {
                message = self.device.next() => match self.device.take_in(message).await {
                    Ok(events) => {
                        self.note(&events);
                        if self.slow {
                            let pause = SLOW_PAUSE.min(2 * self.pause);
                            tokio::time::sleep(self.chance.of(pause)).await;
                        }
                        Ok(())
                    }
                    Err(ended) => Err(ended),
                },
                () = tokio::time::sleep_until(write_at.into()) => {
                    write_at = now() + self.chance.of(self.pause);
                    self.write().await
                }
                _ = storms.changed() => {
                    if *storms.borrow_and_update() % STORM_SHARE != self.number % STORM_SHARE {
                        continue;
                    }
                    self.device.drop_line();
                    self.come_back().await
                }
            };
            let went = match went {
                Err(Ended::Lost(_)) if self.slow && !self.shared.is_ending() => {
                    Shared::count(&self.shared.cut_off);
                    self.come_back().await
                }
                went => went,
            };
            match went {
                Ok(()) => {}
                Err(Ended::Lost(_)) if self.shared.is_ending() => return self,
                Err(Ended::Lost(why)) => {
                    self.shared.fault(format!("a connection ended: {why}"));
                    return self;
                }
                Err(Ended::Fault(why)) => {
                    let (number, list) = (self.number, self.person().list);
                    let what = format!("device {number}, whose list is {list}: {why}");
                    self.shared.fault(what);
                    return self;
                }
            }
        }
    }

    /// Connects again, and tries for as long as nothing takes unless it hangs.
    pub(super) async fn come_back(&mut self) -> Result<(), Ended> {
        let begun = now();
        let mut pause = RETRY_FIRST;
        if self.watches {
            // How long this took is not how long a change takes.
            self.person().fresh().clear();
        }
        loop {
            match self.device.connect(&self.url, self.slow).await {
                Ok(events) => {
                    self.note(&events);
                    self.shared.measured().back.push(begun.elapsed());
                    return Ok(());
                }
                Err(Ended::Lost(_)) if begun.elapsed() < PATIENCE && !self.shared.is_ending() => {
                    Shared::count(&self.shared.retries);
                    tokio::time::sleep(pause / 2 + self.chance.of(pause / 2)).await;
                    pause = (pause * 2).min(RETRY_MAX);
                }
                Err(ended) => return Err(ended),
            }
        }
    }

    async fn write(&mut self) -> Result<(), Ended> {
        let list = self.person().list;
        let word = self.chance.below(1_000_000);
        let known = self.made.len().saturating_sub(TASKS_KEPT);
        let known = known + self.chance.below(self.made.len() - known);
        let made = match self.made.get(known) {
            Some(task) if self.chance.below(2) == 0 => {
                let patch = TaskPatch {
                    title: Some(format!("Changed to {word}")),
                    ..TaskPatch::default()
                };
                let task = *task;
                self.device
                    .execute(&Command::EditTask { list, task, patch });
                None
            }
            _ => {
                let task = NewTask {
                    title: format!("Number {word}"),
                    ..NewTask::default()
                };
                match self.device.execute(&Command::CreateTask { list, task }) {
                    Outcome::Task { task, .. } => Some(task),
                    other => panic!("{other:?}"),
                }
            }
        };
        let since = now();
        self.pending.push((made, since));
        if let Some(task) = made {
            self.made.push(task);
            if !self.watches {
                self.person().fresh().push((task, since));
            }
        }
        self.device.tell(&list).await
    }

    fn note(&mut self, events: &[Event]) {
        let list = self.person().list;
        for event in events {
            match event {
                Event::Acknowledged { document } if *document == list => {
                    let mut times = Vec::new();
                    for (task, since) in self.pending.drain(..) {
                        times.push(since.elapsed());
                        if let Some(task) = task {
                            self.shared.people[self.person].acknowledged().insert(task);
                        }
                    }
                    let mut measured = self.shared.measured();
                    for time in times {
                        measured.committed.push(time);
                    }
                }
                Event::Changed { document, .. } if *document == list && self.watches => {
                    let person = &self.shared.people[self.person];
                    let device = &mut self.device;
                    let mut times = Vec::new();
                    person.fresh().retain(|(task, since)| {
                        let is_here = device.has(list, *task);
                        if is_here {
                            times.push(since.elapsed());
                        }
                        !is_here
                    });
                    let mut measured = self.shared.measured();
                    for time in times {
                        measured.seen.push(time);
                    }
                }
                Event::Reauthored { commands, lost, .. } => {
                    let what = format!("{commands} made again, {lost:?} lost");
                    self.shared.fault(what);
                }
                _ => {}
            }
        }
    }
}

/// A device of a person that was set up once and connects again and again with nothing: what was
/// acknowledged before is there each time.
pub(super) struct Guest {
    pub(super) template: PathBuf,
    pub(super) keys: Keyring,
    pub(super) person: usize,
    pub(super) url: String,
    pub(super) shared: Arc<Shared>,
}

impl Guest {
    pub(super) async fn live(self, pause: Duration, mut chance: Chance) -> Self {
        while !self.shared.is_ending() {
            match self.read().await {
                Ok(()) => {}
                Err(Ended::Lost(_)) if self.shared.is_ending() => {}
                Err(ended) => self.shared.fault(format!("a first sync: {ended:?}")),
            }
            tokio::time::sleep(chance.of(2 * pause)).await;
        }
        self
    }

    pub(super) async fn read(&self) -> Result<(), Ended> {
        let person = &self.shared.people[self.person];
        let known = person.acknowledged().clone();
        let copy = self.template.with_extension("copy");
        std::fs::copy(&self.template, &copy).map_err(|error| Ended::Fault(error.to_string()))?;
        let mut device = Device::open(&copy, self.keys.clone());
        let begun = now();
        device.connect(&self.url, false).await?;
        self.shared.measured().first.push(begun.elapsed());
        let there = device.tasks(person.list);
        let lost = known.iter().filter(|task| !there.contains(task)).count();
        match lost {
            0 => Ok(()),
            _ => Err(Ended::Fault(format!(
                "{lost} of {} acknowledged tasks are not there",
                known.len()
            ))),
        }
    }
}
