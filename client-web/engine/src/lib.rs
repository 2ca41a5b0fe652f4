//! The engine in a browser: one replica, driven from a worker.
//!
//! Commands, queries and answers are the JSON of `poo_core::model`, everything else is bytes and
//! numbers. Nothing here knows of sockets, tabs or pages: frames come in by
//! [`Engine::receive`] and go out by [`Engine::transmit`], and the worker around it carries them.
//! An error is thrown as a text of JSON: `Problem`, with a code, a message and, for bad input, the field.

mod company;
mod errands;
mod import;
mod keys;
mod live;
mod problem;
mod storage;
mod wire;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::identity::RecoveryPhrase;
use poo_core::model::interchange::ListLook;
use poo_core::model::{BlobHash, Command, Outcome, Query, getting_started};
use poo_core::replica::{Env, Link, Replica, Subscription};
use poo_core::sync::{Event, Session};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::json;
use wasm_bindgen::prelude::*;

use self::company::Company;
use self::errands::Errand;
use self::live::Live;
use self::problem::Problem;
use self::wire::{News, moment, said};

/// Prepares the browser's own files for databases. Once, before [`Engine::open`] with a file;
/// it fails while another tab has them open.
///
/// # Errors
/// Why the browser gives no files.
#[wasm_bindgen(js_name = prepareStorage)]
pub async fn prepare_storage(folder: String) -> Result<(), JsValue> {
    storage::prepare(&folder).await
}

/// Keys of a new person, from 32 random bytes.
///
/// # Errors
/// If it is another number of bytes.
#[wasm_bindgen(js_name = newKeys)]
pub fn new_keys(entropy: &[u8]) -> Result<Vec<u8>, JsValue> {
    Ok(keys::generate(entropy)?)
}

/// Keys of a new device of the person whose recovery phrase it is.
///
/// # Errors
/// What is wrong with the phrase.
#[wasm_bindgen(js_name = restoreKeys)]
pub fn restore_keys(phrase: &str, entropy: &[u8]) -> Result<Vec<u8>, JsValue> {
    let identity = RecoveryPhrase::restore(phrase)
        .map_err(|error| Problem::invalid("phrase", error.to_string()))?;
    Ok(keys::of(identity, entropy)?)
}

/// Keys of a new device of the person who gave this link.
///
/// # Errors
/// If it is no such link.
#[wasm_bindgen(js_name = deviceKeys)]
pub fn device_keys(link: &str, entropy: &[u8]) -> Result<Vec<u8>, JsValue> {
    let link: Link = link
        .parse()
        .map_err(|error| Problem::invalid("link", format!("{error}")))?;
    match &link {
        Link::Device { did, .. } => Ok(keys::device_of(*did, entropy)?),
        _ => Err(Problem::invalid("link", "this link is not for another device").into()),
    }
}

/// One person's lists in this browser.
#[wasm_bindgen]
pub struct Engine {
    replica: Replica,
    rng: ChaCha20Rng,
    subscription: Subscription,
    session: Option<Session>,
    errand: Option<Errand>,
    company: Company,
    live: Live,
    /// Documents that changed since [`Engine::take_changed`].
    changed: BTreeSet<DocumentId>,
    news: Vec<News>,
}

#[wasm_bindgen]
impl Engine {
    /// Opens the database in `file`, or one that lives as long as this. `entropy` are 32 random
    /// bytes.
    ///
    /// # Errors
    /// Why the database cannot be used.
    pub fn open(keys: &[u8], entropy: &[u8], file: Option<String>) -> Result<Self, JsValue> {
        let keys = keys::read(keys)?;
        let replica = match file {
            Some(file) => Replica::create(Path::new(&file), keys),
            None => Replica::in_memory(keys),
        }
        .map_err(Problem::from)?;
        let subscription = replica.subscribe().map_err(Problem::from)?;
        Ok(Self {
            replica,
            rng: ChaCha20Rng::from_seed(keys::entropy(entropy)?),
            subscription,
            session: None,
            errand: None,
            company: Company::default(),
            live: Live::default(),
            changed: BTreeSet::new(),
            news: Vec::new(),
        })
    }

    /// Makes this device's part of its person. With `welcome` also the list that a new person
    /// finds, whose id is given back.
    ///
    /// # Errors
    /// If the name is not acceptable or the database fails.
    pub fn found(
        &mut self,
        name: &str,
        welcome: bool,
        now_ms: f64,
    ) -> Result<Option<String>, JsValue> {
        let mut env = env(&mut self.rng, now_ms);
        self.replica.found(name, &mut env).map_err(Problem::from)?;
        if !welcome {
            self.settle()?;
            return Ok(None);
        }
        let template = getting_started();
        let made = Command::CreateList {
            title: template.title,
        };
        let made = self
            .replica
            .execute(&made, &mut env)
            .map_err(Problem::from)?;
        let Outcome::List { list } = made else {
            return Ok(None);
        };
        let tasks = Command::ImportTasks {
            list,
            tasks: template.tasks,
            look: ListLook::default(),
            zone: None,
        };
        self.replica
            .execute(&tasks, &mut env)
            .map_err(Problem::from)?;
        self.settle()?;
        Ok(Some(list.to_string()))
    }

    /// Carries out a command. It is on disk when this returns.
    ///
    /// # Errors
    /// Why it was not carried out.
    pub fn execute(&mut self, command: &str, now_ms: f64) -> Result<String, JsValue> {
        let command: Command = said(command)?;
        let mut env = env(&mut self.rng, now_ms);
        let outcome = self
            .replica
            .execute(&command, &mut env)
            .map_err(Problem::from)?;
        self.settle()?;
        Ok(wire::text(&outcome)?)
    }

    /// Answers a query.
    ///
    /// # Errors
    /// Why there is no answer.
    pub fn query(&self, query: &str, now_ms: f64) -> Result<String, JsValue> {
        let query: Query = said(query)?;
        let answer = self
            .replica
            .query(&query, moment(now_ms))
            .map_err(Problem::from)?;
        Ok(wire::text(&answer)?)
    }

    /// Answers a query and follows it: [`Engine::refresh`] says what changed about the answer.
    ///
    /// # Errors
    /// Why there is no answer.
    pub fn follow(&mut self, id: u32, query: &str, now_ms: f64) -> Result<String, JsValue> {
        let query: Query = said(query)?;
        let first = self.live.follow(&self.replica, id, query, moment(now_ms))?;
        Ok(first)
    }

    /// Stops following.
    pub fn unfollow(&mut self, id: u32) {
        self.live.unfollow(id);
    }

    /// What changed about the answers that are followed, by documents as a JSON array of ids;
    /// none means that time went on. `long` asks for those that take long to make, otherwise they
    /// are left out. Gives `[{"id", "patch" or "error"}]`.
    ///
    /// # Errors
    /// If the ids are none.
    pub fn refresh(
        &mut self,
        documents: Option<String>,
        long: bool,
        now_ms: f64,
    ) -> Result<String, JsValue> {
        let documents: Option<BTreeSet<DocumentId>> = documents.as_deref().map(said).transpose()?;
        let told = self
            .live
            .refresh(&self.replica, documents.as_ref(), long, moment(now_ms));
        Ok(told)
    }

    /// The documents that changed since the last call, as a JSON array of ids.
    ///
    /// # Errors
    /// If they cannot be written down.
    #[wasm_bindgen(js_name = takeChanged)]
    pub fn take_changed(&mut self) -> Result<String, JsValue> {
        Ok(wire::text(&core::mem::take(&mut self.changed))?)
    }

    /// The recovery phrase, where this device holds it.
    #[must_use]
    pub fn phrase(&self) -> Option<String> {
        let identity = self.replica.keys().identity.as_ref()?;
        Some(RecoveryPhrase::of(identity).words().to_owned())
    }

    /// Reads a text with tasks: `{"title", "tasks", "warnings"}`, ready for `import_tasks`.
    ///
    /// # Errors
    /// If it cannot be read.
    #[wasm_bindgen(js_name = readImport)]
    pub fn read_import(&self, bytes: &[u8], name: &str, zone: &str) -> Result<String, JsValue> {
        Ok(import::read(bytes, name, zone)?)
    }

    /// Keeps a file for a task to carry, and gives its hash.
    ///
    /// # Errors
    /// If it is too large or the database fails.
    #[wasm_bindgen(js_name = putFile)]
    pub fn put_file(&mut self, bytes: &[u8]) -> Result<String, JsValue> {
        let hash = self.replica.put_blob(bytes).map_err(Problem::from)?;
        Ok(hash.to_string())
    }

    /// A file that a task of a list carries, if it is on this device. Otherwise it is asked for.
    ///
    /// # Errors
    /// If there is no such file or the database fails.
    pub fn file(&mut self, list: &str, hash: &str) -> Result<Option<Vec<u8>>, JsValue> {
        let list: DocumentId = wire::parsed("list", list)?;
        let hash: BlobHash = wire::parsed("file", hash)?;
        let reader = self.replica.open_blob(&list, &hash);
        if let Some(mut reader) = reader.map_err(Problem::from)? {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).map_err(Problem::from)?;
            return Ok(Some(bytes));
        }
        if let Some(session) = &mut self.session
            && session.is_open()
        {
            session
                .fetch_blob(&self.replica, list, hash)
                .map_err(Problem::from)?;
        }
        Ok(None)
    }

    /// The relay's address, where one is set.
    ///
    /// # Errors
    /// If the database fails.
    #[wasm_bindgen(js_name = relayUrl)]
    pub fn relay_url(&self) -> Result<Option<String>, JsValue> {
        Ok(self.replica.relay_url().map_err(Problem::from)?)
    }

    /// Sets the relay where none is.
    ///
    /// # Errors
    /// If the database fails.
    #[wasm_bindgen(js_name = offerRelay)]
    pub fn offer_relay(&mut self, url: &str) -> Result<(), JsValue> {
        if self.replica.relay_url().map_err(Problem::from)?.is_none() {
            self.replica.set_relay(url, None).map_err(Problem::from)?;
        }
        Ok(())
    }

    /// Begins a session with the relay: a connection to it is open.
    ///
    /// # Errors
    /// If the database fails.
    pub fn connect(&mut self, now_ms: f64) -> Result<(), JsValue> {
        let pinned = self.replica.relay_did().map_err(Problem::from)?;
        let mut env = env(&mut self.rng, now_ms);
        self.session = Some(Session::client(&self.replica, pinned, &mut env));
        Ok(())
    }

    /// The connection is gone.
    pub fn disconnect(&mut self) {
        self.session = None;
        let gone = self.company.disconnected();
        self.news.extend(gone);
        if let Some(errand) = &mut self.errand {
            errand.begin_again();
        }
    }

    /// Takes in a frame that came.
    ///
    /// # Errors
    /// Why the session ended: send what [`Engine::transmit`] still gives, then close.
    pub fn receive(&mut self, frame: &[u8], now_ms: f64) -> Result<(), JsValue> {
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        let mut env = env(&mut self.rng, now_ms);
        self.replica
            .batch(|replica| session.handle_frame(replica, frame, &mut env))
            .map_err(Problem::from)?;
        self.drive(now_ms)?;
        Ok(())
    }

    /// The next frame to send; call it until there is none, no faster than the connection takes
    /// them.
    ///
    /// # Errors
    /// If the database fails.
    pub fn transmit(&mut self) -> Result<Option<Vec<u8>>, JsValue> {
        let Some(session) = &mut self.session else {
            return Ok(None);
        };
        Ok(session
            .poll_transmit(&self.replica)
            .map_err(Problem::from)?)
    }

    /// Lets time pass: call it about once a second while connected.
    ///
    /// # Errors
    /// If the database fails.
    pub fn tick(&mut self, now_ms: f64) -> Result<(), JsValue> {
        Ok(self.drive(now_ms)?)
    }

    /// What happened since the last call, as a JSON array.
    ///
    /// # Errors
    /// If it cannot be written down.
    #[wasm_bindgen(js_name = takeNews)]
    pub fn take_news(&mut self) -> Result<String, JsValue> {
        Ok(wire::text(&core::mem::take(&mut self.news))?)
    }

    /// Whether the relay takes part in the session.
    #[must_use]
    #[wasm_bindgen(js_name = isOpen)]
    pub fn is_open(&self) -> bool {
        self.session.as_ref().is_some_and(Session::is_open)
    }

    /// Where the session is: `{"inSync", "pending"}`.
    ///
    /// # Errors
    /// If the database fails.
    pub fn state(&self) -> Result<String, JsValue> {
        let in_sync = self.session.as_ref().is_some_and(Session::is_in_sync);
        let pending = self
            .replica
            .query(&Query::Pending, Timestamp::UNIX_EPOCH)
            .map_err(Problem::from)?;
        Ok(wire::text(
            &json!({ "inSync": in_sync, "pending": pending }),
        )?)
    }

    /// Says which list is looked at, if any, so that its other members know.
    ///
    /// # Errors
    /// If it is no list's id.
    pub fn attend(&mut self, list: Option<String>) -> Result<(), JsValue> {
        let list = list.map(|list| wire::parsed("list", &list)).transpose()?;
        let session = self.session.as_mut();
        let gone = self.company.attend(list, &self.replica, session)?;
        self.news.extend(gone);
        Ok(())
    }

    /// Says what is done in the list that is looked at: which task is open, and whether it is
    /// written in.
    ///
    /// # Errors
    /// If it is no task's id.
    pub fn show(&mut self, task: Option<String>, typing: bool) -> Result<(), JsValue> {
        let task = task.map(|task| wire::parsed("task", &task)).transpose()?;
        self.company.show(task, typing);
        Ok(())
    }

    /// Follows a link: an invite, one to become a device of somebody, one to set up a relay. What
    /// comes of it is in the news.
    ///
    /// # Errors
    /// If it is no such link, or one of another relay.
    #[wasm_bindgen(js_name = followLink)]
    pub fn follow_link(&mut self, link: &str, name: &str, now_ms: f64) -> Result<(), JsValue> {
        let errand = Errand::follow(&mut self.replica, link, name)?;
        self.errand = Some(errand);
        Ok(self.drive(now_ms)?)
    }

    /// Waits for the device that uses a link which was made here.
    ///
    /// # Errors
    /// If it is no such link.
    #[wasm_bindgen(js_name = awaitDevice)]
    pub fn await_device(&mut self, link: &str, now_ms: f64) -> Result<(), JsValue> {
        self.errand = Some(Errand::await_device(link)?);
        Ok(self.drive(now_ms)?)
    }
}

fn env(rng: &mut ChaCha20Rng, now_ms: f64) -> Env<'_> {
    Env {
        now: moment(now_ms),
        rng,
    }
}

impl Engine {
    /// After something was written here: what changed is noted, and the relay is to hear of it.
    fn settle(&mut self) -> Result<(), Problem> {
        for document in self.replica.poll_changes(&mut self.subscription)? {
            if let Some(session) = &mut self.session {
                session.notify_document(&document);
            }
            self.changed.insert(document);
        }
        Ok(())
    }

    /// After the other side said something, or time passed: the errand goes on, and what happened
    /// is noted.
    fn drive(&mut self, now_ms: f64) -> Result<(), Problem> {
        let changed = self.replica.poll_changes(&mut self.subscription)?;
        self.changed.extend(changed);
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        if session.is_in_sync() {
            session.note_in_sync(&mut self.replica)?;
        }
        let mut events: Vec<Event> = Vec::new();
        while let Some(event) = session.poll_event() {
            events.push(event);
        }
        let mut env = env(&mut self.rng, now_ms);
        if let Some(errand) = &mut self.errand {
            let done = errand.go_on(
                &mut self.replica,
                session,
                &events,
                &mut env,
                &mut self.news,
            )?;
            if done {
                self.errand = None;
            }
        }
        self.company
            .go_on(&self.replica, session, &events, env.now, &mut self.news)?;
        self.news.extend(events.into_iter().filter_map(News::of));
        self.settle()
    }
}
