//! The engine, run once where there is no operating system: two devices of one person and the
//! relay between them, all in memory.

use core::fmt;

use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::model::{Answer, Command, NewTask, Outcome, Query, TaskFilter};
use poo_core::replica::{Env, Keyring, Replica};
use poo_core::sync::{Admission, Session};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::json;
use wasm_bindgen::prelude::*;

/// More frames than the two sides need; they would otherwise talk for ever.
const FRAMES_MAX: usize = 1_000;

/// Time and randomness, as the page gives them.
struct Moment {
    rng: ChaCha20Rng,
    now_ms: i64,
}

impl Moment {
    fn env(&mut self) -> Env<'_> {
        self.now_ms += 1;
        Env {
            now: Timestamp::from_millisecond(self.now_ms).unwrap_or_default(),
            rng: &mut self.rng,
        }
    }
}

fn failed(error: impl fmt::Display) -> JsError {
    JsError::new(&error.to_string())
}

fn unexpected(answer: impl fmt::Debug) -> JsError {
    JsError::new(&format!("another answer was expected than {answer:?}"))
}

/// Writes a list on one device, syncs it to another through a relay, adds to it there, syncs
/// back, and reports what both show as JSON.
#[wasm_bindgen]
pub fn smoke(seed: &[u8], now_ms: f64) -> Result<String, JsError> {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "JavaScript counts milliseconds in a double"
    )]
    let mut moment = Moment {
        rng: ChaCha20Rng::from_seed(seed.try_into().map_err(failed)?),
        now_ms: now_ms as i64,
    };
    let keys = Keyring::generate(&mut moment.env());
    let mut relay = Replica::in_memory(keys).map_err(failed)?;
    relay.begin_epoch(&mut moment.env()).map_err(failed)?;

    let keys = Keyring::generate(&mut moment.env());
    let identity = keys.identity.clone();
    let identity = identity.ok_or_else(|| JsError::new("a new identity has its secret"))?;
    let mut phone = device(keys, &relay, &mut moment)?;
    let list = match run(
        &mut phone,
        &Command::CreateList {
            title: "Groceries".into(),
        },
        &mut moment,
    )? {
        Outcome::List { list } => list,
        other => return Err(unexpected(other)),
    };
    for title in ["Buy oat milk", "Bake Brötchen 🥖"] {
        add(&mut phone, list, title, &mut moment)?;
    }
    sync(&mut phone, &mut relay, &mut moment)?;

    let keys = Keyring::of(identity, &mut moment.env());
    let mut browser = device(keys, &relay, &mut moment)?;
    sync(&mut browser, &mut relay, &mut moment)?;
    add(&mut browser, list, "Take the bins out", &mut moment)?;
    sync(&mut browser, &mut relay, &mut moment)?;
    sync(&mut phone, &mut relay, &mut moment)?;

    let now = moment.env().now;
    let Answer::Verified(report) = browser
        .query(&Query::Verify { list }, now)
        .map_err(failed)?
    else {
        return Err(JsError::new("verifying gives a report"));
    };
    Ok(json!({
        "phone": titles(&phone, list, now)?,
        "browser": titles(&browser, list, now)?,
        "verified": report,
        "sqlite": rusqlite::version(),
    })
    .to_string())
}

fn device(keys: Keyring, relay: &Replica, moment: &mut Moment) -> Result<Replica, JsError> {
    let mut replica = Replica::in_memory(keys).map_err(failed)?;
    replica.found("Sam", &mut moment.env()).map_err(failed)?;
    replica
        .set_relay("ws://127.0.0.1:1", Some(relay.did()))
        .map_err(failed)?;
    Ok(replica)
}

fn run(replica: &mut Replica, command: &Command, moment: &mut Moment) -> Result<Outcome, JsError> {
    replica.execute(command, &mut moment.env()).map_err(failed)
}

fn add(
    replica: &mut Replica,
    list: DocumentId,
    title: &str,
    moment: &mut Moment,
) -> Result<(), JsError> {
    let task = NewTask {
        title: title.into(),
        notes: Some(format!("Notes of {title}")),
        ..NewTask::default()
    };
    run(replica, &Command::CreateTask { list, task }, moment)?;
    Ok(())
}

fn titles(replica: &Replica, list: DocumentId, now: Timestamp) -> Result<Vec<String>, JsError> {
    let query = Query::Tasks {
        list: Some(list),
        filter: TaskFilter::default(),
        limit: None,
        cursor: None,
    };
    match replica.query(&query, now).map_err(failed)? {
        Answer::Tasks(page) => Ok(page.items.into_iter().map(|task| task.title).collect()),
        other => Err(unexpected(other)),
    }
}

/// One session between a device and the relay, until neither has anything to say.
fn sync(client: &mut Replica, relay: &mut Replica, moment: &mut Moment) -> Result<(), JsError> {
    let pinned = client.relay_did().map_err(failed)?;
    let mut near = Session::client(client, pinned, &mut moment.env());
    let mut far = Session::relay(relay, Admission::Open, &mut moment.env()).map_err(failed)?;
    for _ in 0..FRAMES_MAX {
        if let Some(frame) = far.poll_transmit(relay).map_err(failed)? {
            client
                .batch(|client| near.handle_frame(client, &frame, &mut moment.env()))
                .map_err(failed)?;
        } else if let Some(frame) = near.poll_transmit(client).map_err(failed)? {
            relay
                .batch(|relay| far.handle_frame(relay, &frame, &mut moment.env()))
                .map_err(failed)?;
        } else if near.is_in_sync() {
            return near.note_in_sync(client).map_err(failed);
        } else {
            return Err(JsError::new(
                "the two sides fell silent before they were in sync",
            ));
        }
    }
    Err(JsError::new("the two sides talk for ever"))
}
