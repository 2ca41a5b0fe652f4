//! Presence as programs on automerge-repo say it, in the envelope of its `Presence`: a map with
//! `__presence`, whose `type` is `snapshot`, `update`, `heartbeat` or `goodbye`. Of what they say
//! there `typing` (true or false) and `task` (an id) are understood.

use minicbor::data::Type;
use minicbor::decode::Error as DecodeError;
use minicbor::{Decoder, Encoder};

use super::frame;
use crate::identity::Did;
use crate::model::TaskId;
use crate::sync::presence::{PresenceMessage, PresenceState};
use crate::sync::said::Said;
use crate::sync::wire::Ephemeral;

const MARKER: &str = "__presence";
/// The most fields of a map that are looked at.
const FIELDS_MAX: u64 = 64;

/// What a client does when it says nothing of it.
pub(super) const HERE: PresenceMessage = PresenceMessage {
    state: PresenceState::Here,
    task: None,
};

#[derive(Default)]
struct Fields {
    kind: Option<String>,
    channel: Option<String>,
    /// What `value` says, whichever channel it is about.
    value: State,
    state: State,
}

#[derive(Default, Clone)]
struct State {
    typing: Option<bool>,
    task: Option<Option<TaskId>>,
}

impl State {
    fn apply(self, to: &mut PresenceMessage) {
        match self.typing {
            Some(true) => to.state = PresenceState::Typing,
            Some(false) => to.state = PresenceState::Here,
            None => {}
        }
        if let Some(task) = self.task {
            to.task = task;
        }
    }
}

/// What a client says of its presence, where it said `before`. `None` if it is about something
/// else.
pub(super) fn read(data: &[u8], before: PresenceMessage) -> Option<PresenceMessage> {
    let fields = envelope(data).ok()??;
    let mut now = match before.state {
        PresenceState::Left => HERE,
        PresenceState::Here | PresenceState::Typing => before,
    };
    match fields.kind?.as_str() {
        "goodbye" => {
            now = PresenceMessage {
                state: PresenceState::Left,
                task: None,
            }
        }
        "heartbeat" => {}
        "snapshot" => {
            now = HERE;
            fields.state.apply(&mut now);
        }
        "update" => {
            let mut value = fields.value;
            match fields.channel?.as_str() {
                "typing" => value.task = None,
                "task" => value.typing = None,
                _ => value = State::default(),
            }
            value.apply(&mut now);
        }
        _ => return None,
    }
    Some(now)
}

fn envelope(data: &[u8]) -> Result<Option<Fields>, DecodeError> {
    let mut d = Decoder::new(data);
    let mut found = None;
    map(&mut d, |d, key| {
        match key {
            MARKER if d.datatype()? == Type::Map => {
                let mut fields = Fields::default();
                map(d, |d, key| fields.read(d, key))?;
                found = Some(fields);
            }
            _ => d.skip()?,
        }
        Ok(())
    })?;
    Ok(found)
}

impl Fields {
    fn read(&mut self, d: &mut Decoder<'_>, key: &str) -> Result<(), DecodeError> {
        match (key, d.datatype()?) {
            ("type", Type::String) => self.kind = Some(d.str()?.to_owned()),
            ("channel", Type::String) => self.channel = Some(d.str()?.to_owned()),
            ("value", _) => {
                self.value.typing = typing(&mut d.clone())?;
                self.value.task = task(&mut d.clone())?;
                d.skip()?;
            }
            ("state", Type::Map) => map(d, |d, key| {
                match key {
                    "typing" => self.state.typing = typing(&mut d.clone())?,
                    "task" => self.state.task = task(&mut d.clone())?,
                    _ => {}
                }
                d.skip()
            })?,
            _ => d.skip()?,
        }
        Ok(())
    }
}

fn typing(d: &mut Decoder<'_>) -> Result<Option<bool>, DecodeError> {
    match d.datatype()? {
        Type::Bool => d.bool().map(Some),
        _ => Ok(None),
    }
}

fn task(d: &mut Decoder<'_>) -> Result<Option<Option<TaskId>>, DecodeError> {
    Ok(match d.datatype()? {
        Type::Null | Type::Undefined => Some(None),
        Type::String => d.str()?.parse().ok().map(Some),
        _ => None,
    })
}

/// Reads a map with texts for keys. What `each` does not read it skips.
fn map<'b>(
    d: &mut Decoder<'b>,
    mut each: impl FnMut(&mut Decoder<'b>, &str) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let length = d.map()?;
    let most = length.unwrap_or(FIELDS_MAX);
    if most > FIELDS_MAX {
        return Err(DecodeError::message("too many fields"));
    }
    for _ in 0..most {
        if length.is_none() && d.datatype()? == Type::Break {
            break;
        }
        let key = d.str()?.to_owned();
        each(d, &key)?;
    }
    if length.is_none() {
        d.skip()?;
    }
    Ok(())
}

/// What was said and signed, as stock clients say it: `None` if they would not know it. Each
/// window is a peer to them.
pub(in crate::sync) fn stock_form(from: &Did, message: &Ephemeral) -> Option<Vec<u8>> {
    let (said, window) = Said::unwrapped(&message.data)?;
    let (data, window) = match said {
        Said::Presence(body) => (write(from, &body.message()), window.or(body.window)),
        Said::Other(data) => (data.to_vec(), window),
        Said::Witnessed(_) => return None,
    };
    let window = window.unwrap_or_else(|| crate::bytes::prefix(&message.session));
    let device = crate::replica::device_id(&message.device);
    let said = frame::Ephemeral {
        sender: format!("{from}/{device}/{}", crate::bytes::hex(&window)),
        document: message.document,
        session: crate::bytes::hex(&message.session),
        count: message.count,
        data,
    };
    Some(frame::ephemeral(&said, ""))
}

/// A presence as programs on automerge-repo say it.
pub(super) fn write(from: &Did, message: &PresenceMessage) -> Vec<u8> {
    let mut out = Vec::new();
    let mut e = Encoder::new(&mut out);
    let mut encode = || -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.map(1)?.str(MARKER)?;
        if message.state == PresenceState::Left {
            e.map(1)?.str("type")?.str("goodbye")?;
            return Ok(());
        }
        e.map(2)?.str("type")?.str("snapshot")?.str("state")?;
        e.map(3)?
            .str("did")?
            .str(&from.to_string())?
            .str("typing")?;
        e.bool(message.state == PresenceState::Typing)?;
        e.str("task")?;
        match &message.task {
            Some(task) => e.str(&task.to_string())?,
            None => e.null()?,
        };
        Ok(())
    };
    let written = encode();
    debug_assert!(written.is_ok());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(json: &serde_json::Value) -> Vec<u8> {
        fn put(e: &mut Encoder<&mut Vec<u8>>, value: &serde_json::Value) {
            match value {
                serde_json::Value::Null => e.null().unwrap(),
                serde_json::Value::Bool(it) => e.bool(*it).unwrap(),
                serde_json::Value::Number(it) => e.f64(it.as_f64().unwrap()).unwrap(),
                serde_json::Value::String(it) => e.str(it).unwrap(),
                serde_json::Value::Array(all) => {
                    e.array(all.len() as u64).unwrap();
                    all.iter().for_each(|it| put(e, it));
                    e
                }
                serde_json::Value::Object(all) => {
                    e.map(all.len() as u64).unwrap();
                    for (key, it) in all {
                        e.str(key).unwrap();
                        put(e, it);
                    }
                    e
                }
            };
        }
        let mut out = Vec::new();
        put(&mut Encoder::new(&mut out), json);
        out
    }

    #[test]
    fn what_programs_say_of_their_presence_is_understood() {
        let id = "01890f1e-1111-7000-8000-000000000001";
        let task: TaskId = id.parse().unwrap();
        let state = |state, task| Some(PresenceMessage { state, task });
        let here = |task| state(PresenceState::Here, task);
        let typing = |task| state(PresenceState::Typing, task);
        let mut before = HERE;
        for (message, wanted) in [
            (
                serde_json::json!({"type": "snapshot", "state": {"task": id, "cursor": [1, 2]}}),
                here(Some(task)),
            ),
            (
                serde_json::json!({"type": "update", "channel": "typing", "value": true}),
                typing(Some(task)),
            ),
            (serde_json::json!({"type": "heartbeat"}), typing(Some(task))),
            (
                serde_json::json!({"type": "update", "channel": "cursor", "value": false}),
                typing(Some(task)),
            ),
            (
                serde_json::json!({"type": "update", "channel": "task", "value": null}),
                typing(None),
            ),
            (
                serde_json::json!({"type": "update", "channel": "task", "value": "elsewhere"}),
                typing(None),
            ),
            (
                serde_json::json!({"type": "goodbye"}),
                state(PresenceState::Left, None),
            ),
            (serde_json::json!({"type": "heartbeat"}), here(None)),
            (
                serde_json::json!({"type": "snapshot", "state": "none"}),
                here(None),
            ),
            (serde_json::json!({"type": "unheard of"}), None),
            (serde_json::json!({}), None),
        ] {
            let data = said(&serde_json::json!({ MARKER: message }));
            let read = read(&data, before);
            assert_eq!(read, wanted, "{message}");
            before = read.unwrap_or(before);
        }
    }

    #[test]
    fn what_is_something_else_is_left_alone() {
        for other in [
            serde_json::json!({"cursor": 5}),
            serde_json::json!([1, 2]),
            serde_json::json!("__presence"),
            serde_json::json!({"__presence": "here"}),
            serde_json::json!(null),
        ] {
            assert_eq!(read(&said(&other), HERE), None, "{other}");
        }
        let full =
            said(&serde_json::json!({MARKER: {"type": "snapshot", "state": {"typing": true}}}));
        for end in 0..full.len() {
            assert_eq!(read(&full[..end], HERE), None, "cut at {end}");
        }
    }

    #[test]
    fn what_is_written_is_read_the_same() {
        let did = Did::from_key(crate::identity::Keypair::from_seed(&[7; 32]).public());
        for state in [
            PresenceState::Here,
            PresenceState::Typing,
            PresenceState::Left,
        ] {
            let message = PresenceMessage { state, task: None };
            assert_eq!(read(&write(&did, &message), HERE), Some(message));
        }
    }
}
