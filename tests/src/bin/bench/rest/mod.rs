//! The REST API of a relay with the lists of many people: what it answers while many ask at once,
//! and how soon what was written reaches who listens.

mod arrival;
mod client;
mod fixture;
mod load;

use std::path::Path;

use self::client::{Tenant, sign_in};
use self::fixture::Tenants;
use crate::fixture::Outcomes;
use crate::processes::Relay;
use crate::table::{Table, bytes};

/// How much there is, and how it is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// People with lists of their own.
    tenants: usize,
    /// Lists of each.
    lists: usize,
    /// Tasks in each.
    tasks: usize,
    /// Who calls at a time.
    clients: usize,
    /// How long they do, in seconds, and how long before anything counts.
    seconds: u64,
    warming: u64,
    /// How many writes are timed until they arrive.
    writes: usize,
}

impl Shape {
    /// What is measured.
    pub(crate) const WHOLE: Self = Self {
        tenants: 50,
        lists: 10,
        tasks: 200,
        clients: 64,
        seconds: 30,
        warming: 3,
        writes: 200,
    };
    /// Enough to see that it runs.
    pub(crate) const SMALL: Self = Self {
        tenants: 4,
        lists: 3,
        tasks: 20,
        clients: 8,
        seconds: 2,
        warming: 1,
        writes: 20,
    };
}

/// Measures it and gives the table.
pub(crate) fn measure(shape: Shape, folder: &Path, scratch: &Path) -> Outcomes<Table> {
    let tenants = Tenants::get(folder, shape)?;
    let data = tenants.relay(scratch)?;
    let mut owner = tenants.owner(scratch)?;
    let database = std::fs::metadata(data.join("relay.db"))?.len();
    let relay = Relay::start(&data, &["--api-requests", "1000000"])?;
    let mut table = Table::default();
    table.part("A relay with the lists of many");
    table.value(
        "what it holds",
        format!("{} tasks", shape.tenants * shape.lists * shape.tasks),
        format!(
            "in {} lists of {} people; database {}",
            shape.tenants * shape.lists,
            shape.tenants,
            bytes(database)
        ),
    );
    table.value("its memory, just started", bytes(relay.memory()?), "");
    let keys = tenants.keys()?;
    let all = keys.iter().map(|keys| sign_in(&relay, keys));
    let all: Vec<Tenant> = all.collect::<Outcomes<_>>()?;
    let first = all.first().ok_or("nobody")?;
    arrival::measure(&mut table, shape, &relay, first, &mut owner)?;
    load::measure(&mut table, shape, &relay, &all)?;
    Ok(table)
}
