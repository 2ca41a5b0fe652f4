//! A relay's database with the lists of many people, made by the engine itself.

use std::path::{Path, PathBuf};

use poo_core::document::DocumentId;
use poo_core::identity::{KeyFile, Keys};
use poo_core::model::{Command, NewTask, Outcome, Priority};
use poo_core::replica::{Keyring, Replica};

use super::Shape;
use crate::fixture::{
    self, Failure, Moment, NOWHERE, Outcomes, Part, copy, create, made_once, open, sync,
};

/// Raise it when the lists are made in another way.
const VERSION: u32 = 1;

/// Where the finished fixture is.
pub(super) struct Tenants {
    folder: PathBuf,
    count: usize,
}

impl Tenants {
    /// The fixture, made where it is not there yet.
    pub(super) fn get(target: &Path, shape: Shape) -> Outcomes<Self> {
        let Shape {
            tenants,
            lists,
            tasks,
            ..
        } = shape;
        let name = format!(
            "tenants-{VERSION}-{tenants}-{lists}-{tasks}-{:016x}",
            fixture::version()
        );
        let folder = target.join(name);
        made_once(&folder, || {
            eprintln!("making {tenants} tenants in {}", folder.display());
            make(&folder, shape)
        })?;
        Ok(Self {
            folder,
            count: tenants,
        })
    }

    /// A copy of the relay's data.
    pub(super) fn relay(&self, scratch: &Path) -> Outcomes<PathBuf> {
        copy(&self.folder, Part::Relay, scratch)
    }

    /// The replica of the first of them.
    pub(super) fn owner(&self, scratch: &Path) -> Outcomes<Replica> {
        open(&copy(&self.folder, Part::Owner, scratch)?, Part::Owner)
    }

    /// The keys of all of them.
    pub(super) fn keys(&self) -> Outcomes<Vec<Keys>> {
        let all = (0..self.count).map(|tenant| Ok(key_file(&self.folder, tenant).load()?));
        all.collect()
    }
}

fn key_file(folder: &Path, tenant: usize) -> KeyFile {
    KeyFile::at(folder.join(format!("tenant-{tenant}")))
}

fn make(folder: &Path, shape: Shape) -> Outcomes<DocumentId> {
    let moment = &mut Moment::new(20);
    let mut relay = create(folder, Part::Relay, Keyring::generate(&mut moment.env()))?;
    relay.begin_epoch(&mut moment.env())?;
    let mut first = None;
    for tenant in 0..shape.tenants {
        let keys = Keyring::generate(&mut moment.env());
        key_file(folder, tenant).create(&Keys {
            did: keys.did,
            device: keys.device.clone(),
            identity: keys.identity.clone(),
        })?;
        let mut owner = match tenant {
            0 => create(folder, Part::Owner, keys)?,
            _ => Replica::in_memory(keys)?,
        };
        owner.found(&format!("Tenant {tenant}"), &mut moment.env())?;
        owner.set_relay(NOWHERE, Some(relay.did()))?;
        for number in 0..shape.lists {
            let title = format!("List {number} of {tenant}");
            let made = owner.execute(&Command::CreateList { title }, &mut moment.env())?;
            let Outcome::List { list } = made else {
                return Err(format!("{made:?}").into());
            };
            first.get_or_insert(list);
            owner.batch(|owner| fill(owner, list, shape.tasks, moment))?;
        }
        // It lets the relay sign for them.
        let ticket = Command::CreateTicket {
            list: None,
            uses: None,
            expires_in_s: None,
        };
        owner.execute(&ticket, &mut moment.env())?;
        sync(&mut owner, &mut relay, moment)?;
        if (tenant + 1).is_multiple_of(10) {
            eprintln!("  {} of {}", tenant + 1, shape.tenants);
        }
    }
    first.ok_or_else(|| "no list".into())
}

fn fill(
    owner: &mut Replica,
    list: DocumentId,
    tasks: usize,
    moment: &mut Moment,
) -> Result<(), Failure> {
    let me = owner.did();
    for index in 0..tasks {
        let task = NewTask {
            title: format!("Task {index} of somebody's list"),
            notes: Some(format!("Bring whatever number {index} needs")),
            priority: (moment.below(10) == 0).then_some(Priority::High),
            assignee: (moment.below(2) == 0).then_some(me),
            tags: match moment.below(4) {
                0 => vec![format!("tag{}", moment.below(10))],
                _ => Vec::new(),
            },
            ..NewTask::default()
        };
        owner.execute(&Command::CreateTask { list, task }, &mut moment.env())?;
    }
    Ok(())
}
