//! Many who ask at once, four times out of five to read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use super::Shape;
use super::client::Tenant;
use crate::fixture::Outcomes;
use crate::processes::Relay;
use crate::table::{Table, Times, bytes};

const WARMING: u8 = 0;
const COUNTING: u8 = 1;
const OVER: u8 = 2;

/// A request.
struct Request {
    /// What the table calls it.
    name: &'static str,
    method: &'static str,
    path: String,
    body: Option<Value>,
}

/// Somebody who calls.
struct Caller<'a> {
    tenant: &'a Tenant,
    rng: ChaCha20Rng,
    count: usize,
}

impl Caller<'_> {
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.rng.next_u64() % (limit.max(1) as u64)).unwrap_or_default()
    }

    /// What they ask next.
    fn next(&mut self) -> Outcomes<Request> {
        self.count += 1;
        let (kind, list, task) = (self.below(100), self.below(1_000), self.below(1_000));
        let lists = &self.tenant.lists;
        let (list, tasks) = lists.get(list % lists.len().max(1)).ok_or("no list")?;
        let task = tasks.get(task % tasks.len().max(1)).ok_or("no task")?;
        let count = self.count;
        let read = |name, path| (name, "GET", path, None);
        let (name, method, path, body) = match kind {
            0..30 => read("GET /tasks?list=", format!("tasks?list={list}&limit=50")),
            30..50 => read("GET /tasks/{task}", format!("tasks/{task}")),
            50..60 => read("GET /lists", "lists".to_owned()),
            60..65 => read(
                "GET /tasks?assignee=none&status=open",
                "tasks?assignee=none&status=open&limit=50".to_owned(),
            ),
            65..70 => read(
                "GET /activity?list=",
                format!("activity?list={list}&limit=50"),
            ),
            70..75 => read("GET /activity", "activity?limit=50".to_owned()),
            75..80 => read("GET /tasks/next", "tasks/next?unassigned=true".to_owned()),
            80..86 => (
                "POST /tasks",
                "POST",
                "tasks".to_owned(),
                Some(json!({"list": list, "title": format!("New {count}"), "priority": "low"})),
            ),
            86..92 => (
                "PATCH /tasks/{task}",
                "PATCH",
                format!("tasks/{task}?list={list}"),
                Some(json!({"title": format!("Renamed {count}")})),
            ),
            92..96 => {
                let what = match count % 2 {
                    0 => "complete",
                    _ => "reopen",
                };
                let name = "POST /tasks/{task}/complete, /reopen";
                (
                    name,
                    "POST",
                    format!("tasks/{task}/{what}"),
                    Some(json!({})),
                )
            }
            _ => (
                "POST /tasks/{task}/comments",
                "POST",
                format!("tasks/{task}/comments"),
                Some(json!({"text": format!("Said as number {count}")})),
            ),
        };
        Ok(Request {
            name,
            method,
            path,
            body,
        })
    }
}

type Taken = BTreeMap<&'static str, Vec<Duration>>;

/// Asks until it is over, and gives how long what was counted took.
fn ask(tenant: &Tenant, seed: u64, phase: &AtomicU8) -> Result<Taken, String> {
    let client = tenant.client();
    let mut caller = Caller {
        tenant,
        rng: ChaCha20Rng::seed_from_u64(seed),
        count: 0,
    };
    let mut taken = Taken::new();
    loop {
        let request = caller.next().map_err(|error| error.to_string())?;
        let before = phase.load(Ordering::Relaxed);
        let begun = Instant::now();
        client
            .ask(request.method, &request.path, request.body.as_ref())
            .map_err(|error| error.to_string())?;
        let took = begun.elapsed();
        match (before, phase.load(Ordering::Relaxed)) {
            (_, OVER) => return Ok(taken),
            (COUNTING, COUNTING) => taken.entry(request.name).or_default().push(took),
            _ => {}
        }
    }
}

pub(super) fn measure(
    table: &mut Table,
    shape: Shape,
    relay: &Relay,
    tenants: &[Tenant],
) -> Outcomes<()> {
    table.part(&format!(
        "{} clients at once, 80 % reads and 20 % writes",
        shape.clients
    ));
    let phase = AtomicU8::new(WARMING);
    let (taken, cpu, memory) = thread::scope(|scope| -> Outcomes<_> {
        let asking: Vec<_> = (0..shape.clients)
            .zip(tenants.iter().cycle())
            .map(|(number, tenant)| {
                let phase = &phase;
                scope.spawn(move || ask(tenant, number as u64, phase))
            })
            .collect();
        thread::sleep(Duration::from_secs(shape.warming));
        let before = relay.cpu();
        phase.store(COUNTING, Ordering::Relaxed);
        thread::sleep(Duration::from_secs(shape.seconds));
        let (after, memory) = (relay.cpu(), relay.memory());
        // Before anything can fail: those who ask end by this.
        phase.store(OVER, Ordering::Relaxed);
        let cpu = after?.saturating_sub(before?);
        let mut taken = Taken::new();
        for asked in asking {
            let asked = asked.join().map_err(|_| "a client panicked")??;
            for (name, times) in asked {
                taken.entry(name).or_default().extend(times);
            }
        }
        Ok((taken, cpu, memory?))
    })?;
    let count: usize = taken.values().map(Vec::len).sum();
    let seconds = shape.seconds.max(1);
    table.value(
        "requests",
        format!("{} /s", count as u64 / seconds),
        format!("{count} in {seconds} s; clients and relay share the cores"),
    );
    let whole = taken.values().flatten().copied().collect();
    table.tail("all of them", &Times::from_all(whole));
    for (name, times) in taken {
        table.tail(name, &Times::from_all(times));
    }
    table.value(
        "the relay's CPU",
        format!("{:.2} cores", cpu.as_secs_f64() / seconds as f64),
        format!(
            "{:.0} µs for a request",
            cpu.as_secs_f64() * 1e6 / count.max(1) as f64
        ),
    );
    table.value("the relay's memory", bytes(memory), "");
    Ok(())
}
