//! Who looks at a list now: a table fed with signed messages that are not kept.
//!
//! Nothing here is stored, and no author's clock is believed: what counts is when a message was
//! heard. Whoever falls silent is gone after [`PRESENCE_TTL`]; whoever says goodbye is gone at
//! once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use minicbor::{Decode, Encode};

use super::said::Said;
use super::wire::Ephemeral;
use crate::document::DocumentId;
use crate::identity::{Did, PublicKey};
use crate::model::TaskId;

/// How long somebody counts as here after they were last heard.
pub const PRESENCE_TTL: SignedDuration = SignedDuration::from_secs(90);
/// How often whoever looks at a list says so.
pub const PRESENCE_INTERVAL: core::time::Duration = core::time::Duration::from_secs(30);
/// The most windows that are remembered of one list. Beyond it newcomers are not shown.
pub const PRESENCE_MAX: usize = 256;
/// The most lists.
const LISTS_MAX: usize = 1024;

/// What somebody does in a list.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// They look at it.
    #[n(0)]
    Here,
    /// They write.
    #[n(1)]
    Typing,
    /// They went.
    #[n(2)]
    Left,
}

/// What somebody says about their presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PresenceMessage {
    /// What they do.
    pub state: PresenceState,
    /// The task that they look at.
    pub task: Option<TaskId>,
}

impl PresenceMessage {
    /// The data to send by [`Session::send_ephemeral`](super::Session::send_ephemeral), of a device
    /// that looks at the list once: see [`Session::send_presence`](super::Session::send_presence).
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.encode_in(None)
    }

    pub(super) fn encode_in(&self, window: Option<[u8; 8]>) -> Vec<u8> {
        Said::presence(self, window).encode()
    }

    /// Reads the data of a message; `None` if it is about something else.
    #[must_use]
    pub fn decode(data: &[u8]) -> Option<Self> {
        Self::decode_in(data).map(|(message, _)| message)
    }

    fn decode_in(data: &[u8]) -> Option<(Self, Option<[u8; 8]>)> {
        let (Said::Presence(body), window) = Said::unwrapped(data)? else {
            return None;
        };
        Some((body.message(), window.or(body.window)))
    }
}

/// What a window is called.
pub(super) fn window_of(random: &[u8; 16]) -> [u8; 8] {
    crate::bytes::prefix(random)
}

/// One window: a program on a device that looks at a list. Of a device that does not name its
/// windows each session of signed messages is one.
type Window = (PublicKey, Result<[u8; 8], [u8; 16]>);

#[derive(Debug, Clone)]
struct Entry {
    did: Did,
    /// The session of signed messages and the count in it at which it was last heard.
    said_at: ([u8; 16], u64),
    message: PresenceMessage,
    heard: Timestamp,
}

impl Entry {
    /// Somebody who went is remembered while there is room, so that nothing they said before,
    /// come late or repeated by somebody else, brings them back.
    fn is_here(&self) -> bool {
        self.message.state != PresenceState::Left
    }
}

/// Somebody who looks at a list, with as many devices as they do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PersonHere {
    /// Who.
    pub did: Did,
    /// What they do; writing on one device counts.
    pub state: PresenceState,
    /// The task that they write in, or else look at on the device that was heard last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// On which devices, by their ids.
    pub devices: Vec<String>,
}

/// What changed about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PresenceChange {
    /// They came.
    Joined(PersonHere),
    /// They do something else, look at another task, or use other devices.
    Changed(PersonHere),
    /// They went, or fell silent.
    Left(Did),
}

/// Who looks at which list.
#[derive(Debug, Clone, Default)]
pub struct Presence {
    lists: BTreeMap<DocumentId, BTreeMap<Window, Entry>>,
}

impl Presence {
    /// Takes in a message that a session verified, heard `now`. Gives what changed.
    pub fn hear(&mut self, message: &Ephemeral, from: Did, now: Timestamp) -> Vec<PresenceChange> {
        let Some((said, window)) = PresenceMessage::decode_in(&message.data) else {
            return Vec::new();
        };
        let list = message.document;
        if self.lists.len() >= LISTS_MAX && !self.lists.contains_key(&list) {
            (self.lists).retain(|_, windows| windows.values().any(Entry::is_here));
            if self.lists.len() >= LISTS_MAX {
                return Vec::new();
            }
        }
        let before = self.who(&list);
        let windows = self.lists.entry(list).or_default();
        forget(windows, now);
        let window = (message.device, window.ok_or(message.session));
        let said_at = (message.session, message.count);
        match windows.get(&window) {
            Some(known) if known.said_at >= said_at => {
                return changes(&before, &self.who(&list));
            }
            Some(_) => {}
            None if windows.len() < PRESENCE_MAX => {}
            None => {
                // Whoever went gives way to whoever comes.
                let gone = windows.iter().filter(|(_, entry)| !entry.is_here());
                let gone = gone.min_by_key(|(_, entry)| entry.heard);
                let Some(gone) = gone.map(|(window, _)| *window) else {
                    return changes(&before, &self.who(&list));
                };
                windows.remove(&gone);
            }
        }
        let entry = Entry {
            did: from,
            said_at,
            message: said,
            heard: now,
        };
        windows.insert(window, entry);
        changes(&before, &self.who(&list))
    }

    /// Lets go of those who were silent for too long. Gives what changed in a list.
    pub fn expire(&mut self, list: &DocumentId, now: Timestamp) -> Vec<PresenceChange> {
        let before = self.who(list);
        let Some(windows) = self.lists.get_mut(list) else {
            return Vec::new();
        };
        forget(windows, now);
        changes(&before, &self.who(list))
    }

    /// Lets go of everybody in a list: the connection by which they were heard is gone.
    pub fn clear(&mut self, list: &DocumentId) -> Vec<PresenceChange> {
        let before = self.who(list);
        for entry in self.lists.get_mut(list).into_iter().flatten() {
            entry.1.message.state = PresenceState::Left;
        }
        changes(&before, &[])
    }

    /// Lets go of whoever may not read a list any longer.
    pub fn keep_only(&mut self, list: &DocumentId, members: &BTreeSet<Did>) -> Vec<PresenceChange> {
        let before = self.who(list);
        if let Some(windows) = self.lists.get_mut(list) {
            windows.retain(|_, entry| members.contains(&entry.did));
        }
        changes(&before, &self.who(list))
    }

    /// Who looks at a list, by DID.
    #[must_use]
    pub fn who(&self, list: &DocumentId) -> Vec<PersonHere> {
        let mut people: BTreeMap<Did, ((PresenceState, Timestamp), PersonHere)> = BTreeMap::new();
        let windows = self.lists.get(list).into_iter().flatten();
        for ((device, _), entry) in windows.filter(|(_, entry)| entry.is_here()) {
            let device = crate::replica::device_id(device);
            let said = entry.message;
            let rank = (said.state, entry.heard);
            let (best, person) = people.entry(entry.did).or_insert_with(|| {
                let person = PersonHere {
                    did: entry.did,
                    state: said.state,
                    task: said.task,
                    devices: Vec::new(),
                };
                (rank, person)
            });
            if rank > *best {
                *best = rank;
                (person.state, person.task) = (said.state, said.task);
            }
            // Windows come sorted by device.
            if person.devices.last() != Some(&device) {
                person.devices.push(device);
            }
        }
        people.into_values().map(|(_, person)| person).collect()
    }
}

/// Whoever was silent for too long went without a word.
fn forget(windows: &mut BTreeMap<Window, Entry>, now: Timestamp) {
    for entry in windows.values_mut() {
        if now.duration_since(entry.heard) >= PRESENCE_TTL {
            entry.message.state = PresenceState::Left;
        }
    }
}

fn changes(before: &[PersonHere], after: &[PersonHere]) -> Vec<PresenceChange> {
    let by_did = |people: &[PersonHere]| -> BTreeMap<Did, PersonHere> {
        people.iter().map(|p| (p.did, p.clone())).collect()
    };
    let (before, after) = (by_did(before), by_did(after));
    let left = before.keys().filter(|did| !after.contains_key(*did));
    let mut all: Vec<PresenceChange> = left.map(|did| PresenceChange::Left(*did)).collect();
    for (did, person) in after {
        match before.get(&did) {
            None => all.push(PresenceChange::Joined(person)),
            Some(known) if *known != person => all.push(PresenceChange::Changed(person)),
            Some(_) => {}
        }
    }
    all
}
