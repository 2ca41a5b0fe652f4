//! The beginning: people, their devices and lists, while nothing goes wrong yet.

use poo_core::membership::Role;
use poo_core::model::{AgentProfile, Answer, Command, NewTask, Outcome, Query};
use poo_core::replica::{Introduction, Keyring, Link, Replica};

use super::device::Device;
use super::disk::Disk;
use super::ledger;
use super::machine::Machine;
use super::relay::Relay;
use super::world::{Happening, Person, World};

const NAMES: [&str; 4] = ["Sam", "Ann", "Vic", "Bot"];
/// Who was never let in.
const STRANGER: &str = "Eve";

impl Device {
    pub(super) fn new(
        name: String,
        person: usize,
        keys: Keyring,
        machine: Machine,
        disk: Disk,
    ) -> Self {
        Self {
            name,
            person,
            keys,
            machine,
            disk,
            marks: None,
            replica: None,
            session: None,
            conn: None,
            ending: false,
            relay: 0,
            trip: None,
            backups: Vec::new(),
            lost: false,
            revoked: false,
            forks: false,
            lies: false,
            refused: Default::default(),
            due: None,
        }
    }
}

impl World {
    fn name_of(&self, person: usize) -> String {
        match person < self.config.devices.len() {
            true => NAMES[person].to_owned(),
            false => STRANGER.to_owned(),
        }
    }

    fn machine(&mut self) -> Machine {
        let seed = self.rng.below(usize::MAX) as u64;
        Machine::new(&self.time, seed)
    }

    pub(super) fn set_up(&mut self) {
        for at in 0..self.config.relays {
            let keys = Keyring::generate(&mut self.machine().env());
            let disk = Disk::new(self.folder.path(), &format!("relay-{at}"));
            self.relays.push(Relay::new(keys, disk));
            self.start_relay(at);
        }
        for (person, count) in self.config.devices.clone().into_iter().enumerate() {
            self.set_up_person(person, count);
        }
        self.make_lists();
        self.settle();
        for number in 0..self.config.stocks {
            self.set_up_stock(number);
        }
        if self.config.liars {
            let person = self.people.len();
            self.set_up_person(person, 1);
            let last = (self.devices.iter_mut()).find(|device| device.person + 1 == person);
            last.unwrap().lies = true;
        }
        let mut tablet = self.new_device(0, "Sam-tablet".into());
        let Ok(Answer::Identity(me)) =
            (tablet.replica.as_ref().unwrap()).query(&Query::Whoami, tablet.machine.now())
        else {
            panic!("a device does not know itself");
        };
        self.tablet = me.device;
        // It says once that it is there, and is never seen again, or just goes on.
        tablet.relay = 0;
        self.devices.push(tablet);
        let at = self.devices.len() - 1;
        self.point(at, 0);
        self.connect(at);
        self.settle();
        if !self.config.stolen {
            if let Some(conn) = self.devices[at].conn {
                self.close(conn, "is done");
            }
            self.devices[at].replica = None;
            self.devices[at].lost = true;
        }
        for device in 0..self.devices.len() {
            self.after(0, Happening::Connect(device));
        }
        self.settle();
        self.trace.begin("all is set up".to_owned());
    }

    fn new_device(&mut self, person: usize, name: String) -> Device {
        let mut machine = self.machine();
        let keys = match self.people.get(person) {
            Some(_) => {
                let first = self.devices.iter().find(|device| device.person == person);
                let identity = first.unwrap().keys.identity.clone().unwrap();
                Keyring::of(identity, &mut machine.env())
            }
            None => Keyring::generate(&mut machine.env()),
        };
        let disk = Disk::new(self.folder.path(), &name);
        let mut replica = Replica::open(&disk.path(), keys.clone()).unwrap();
        let is_agent = self.config.agent && person + 1 == self.config.devices.len();
        let who = Introduction {
            name: self.name_of(person),
            agent: is_agent.then(|| AgentProfile {
                platform: Some("simulation".into()),
                connected_by: self.people.first().map(|sam| sam.did),
            }),
        };
        replica.found_as(&who, &mut machine.env()).unwrap();
        let mut device = Device::new(name, person, keys, machine, disk);
        let marks = replica.check_instance(None, &mut device.machine.env());
        device.marks = Some(marks.unwrap());
        device.replica = Some(replica);
        device
    }

    fn set_up_person(&mut self, person: usize, count: usize) {
        for number in 0..count {
            let name = format!("{}-{number}", self.name_of(person));
            let device = self.new_device(person, name);
            if self.people.len() == person {
                let space = device.replica.as_ref().unwrap().space_id();
                self.people.push(Person {
                    name: self.name_of(person),
                    did: device.keys.did,
                });
                self.let_in.insert((space, device.keys.did));
            }
            self.devices.push(device);
            let at = self.devices.len() - 1;
            // All meet at the first relay; who has another one goes there later.
            self.point(at, 0);
            self.connect(at);
            self.settle();
        }
    }

    fn make_lists(&mut self) {
        let made = ["Plans", "Office"].map(|title| {
            let title = title.to_owned();
            match self.execute(0, &Command::CreateList { title }) {
                Some(Outcome::List { list }) => list,
                other => panic!("{other:?}"),
            }
        });
        [self.plans, self.office] = made;
        for list in made {
            let task = NewTask {
                title: "The first of all".into(),
                ..NewTask::default()
            };
            self.execute(0, &Command::CreateTask { list, task });
        }
        let last = self.people.len() - 1;
        for person in 1..=last {
            let plans = match person == last && last > 1 {
                true => Role::Viewer,
                false => Role::Editor,
            };
            let office = match person == 1 {
                true => Role::Owner,
                false => Role::Editor,
            };
            for (list, role) in [(self.plans, plans), (self.office, office)] {
                let share = Command::Share {
                    list,
                    role,
                    expires_in_s: None,
                };
                let Some(Outcome::Invite { link, .. }) = self.execute(0, &share) else {
                    panic!("no invite");
                };
                self.settle();
                let link: Link = link.parse().unwrap();
                if role == Role::Viewer {
                    self.readers.insert((list, self.people[person].did));
                }
                let device = self.devices.iter().position(|it| it.person == person);
                assert!(self.redeem(device.unwrap(), &link), "nobody is connected");
                self.settle();
            }
        }
    }

    /// Notes what a command came to.
    pub(super) fn note_outcome(&mut self, at: usize, command: &Command, outcome: &Outcome) {
        let did = self.devices[at].keys.did;
        let mut made = |document, id| self.ledger.note_made(at, document, id);
        match outcome {
            Outcome::Task { list, task } => made(*list, task.to_string()),
            Outcome::Tasks { list, tasks } => {
                for task in tasks {
                    made(*list, task.to_string());
                }
            }
            Outcome::Comment { list, comment } => made(*list, comment.to_string()),
            Outcome::List { list } => {
                self.let_in.insert((*list, did));
            }
            Outcome::Invite { link, .. } => {
                let expiring = matches!(command, Command::Share { .. } | Command::Publish { .. });
                assert!(expiring);
                self.links.push(link.parse().unwrap());
            }
            Outcome::Done { changed: true } if matches!(command, Command::RevokeDevice { .. }) => {
                self.note_revoked();
            }
            _ => {}
        }
        let device = &mut self.devices[at];
        for (id, _) in device.disk.read(ledger::documents) {
            let role = device.disk.read(|conn| ledger::role(conn, &id, &did));
            // Its owner is let in by having begun it.
            if role == Some(2) && !self.let_in.iter().any(|(known, _)| *known == id) {
                self.let_in.insert((id, did));
            }
        }
    }
}
