//! Small messages of one batch are taken in together, and nothing is lost or let through by that.

use super::common::{Bench, Wire, list, person, relay, sync, task, titles};
use crate::document::DocumentId;
use crate::replica::Replica;
use crate::store::StoreError;
use crate::sync::wire::{Changes, Control, Data, decode_data, encode};
use crate::sync::{Effect, Event};

/// A client and its relay in sync, and three messages with a task each that are under way.
struct Typing {
    sam: Replica,
    relay: Replica,
    wire: Wire,
    plans: DocumentId,
    frames: Vec<Vec<u8>>,
}

fn typing(bench: &mut Bench) -> Typing {
    let mut relay = relay(bench);
    let mut sam = person(bench, &relay, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let mut wire = sync(&mut sam, &mut relay, bench);
    wire.relay.gather();
    wire.relay.take_effects();
    let mut frames = Vec::new();
    for title in ["One", "Two", "Three"] {
        task(&mut sam, bench, plans, title, None);
        wire.client.notify_document(&plans);
        while let Some(frame) = wire.client.poll_transmit(&sam).unwrap() {
            frames.push(frame);
        }
    }
    Typing {
        sam,
        relay,
        wire,
        plans,
        frames,
    }
}

fn changes(frame: &[u8]) -> Changes {
    match decode_data(frame) {
        Some(Data::Changes(changes)) => changes,
        other => panic!("{other:?}"),
    }
}

/// The same message with a signature that does not hold.
fn forged(frame: &[u8]) -> Vec<u8> {
    let mut changes = changes(frame);
    for tip in &mut changes.tips {
        let mut bytes = minicbor::to_vec(&*tip).unwrap();
        let at = bytes.len() - 2;
        bytes[at] ^= 1;
        *tip = minicbor::decode(&bytes).unwrap();
    }
    encode(&Data::Changes(changes))
}

impl Typing {
    /// Gives the relay's session all frames in one batch; the code of what ended it.
    fn batch(&mut self, bench: &mut Bench) -> Option<String> {
        let (wire, frames) = (&mut self.wire, &self.frames);
        self.relay
            .batch(|relay| {
                for frame in frames {
                    let taken = wire.relay.handle_frame(relay, frame, &mut bench.env());
                    if let Err(error) = taken {
                        return Ok(Some(error.code().to_owned()));
                    }
                }
                let settled = wire.relay.settle(relay, &mut bench.env());
                Ok::<_, StoreError>(settled.err().map(|error| error.code().to_owned()))
            })
            .unwrap()
    }

    fn documents(&mut self) -> Vec<DocumentId> {
        let effects = self.wire.relay.take_effects().into_iter();
        let documents = effects.filter_map(|effect| match effect {
            Effect::Document(document) => Some(document),
            _ => None,
        });
        documents.collect()
    }
}

#[test]
fn messages_of_a_batch_are_one_change_of_the_document_and_one_answer() {
    let bench = &mut Bench::new(61);
    let mut typing = typing(bench);
    assert_eq!(typing.frames.len(), 3);
    assert!(
        typing
            .frames
            .iter()
            .all(|frame| changes(frame).tips.len() == 1)
    );
    assert_eq!(typing.batch(bench), None);
    assert_eq!(titles(&typing.relay, typing.plans), ["Three", "Two", "One"]);
    assert_eq!(typing.documents(), [typing.plans]);
    let Typing {
        sam, relay, wire, ..
    } = &mut typing;
    let answer = wire.relay.poll_transmit(relay).unwrap().unwrap();
    assert!(wire.relay.poll_transmit(relay).unwrap().is_none());
    sam.batch(|sam| wire.client.handle_frame(sam, &answer, &mut bench.env()))
        .unwrap();
    let events: Vec<Event> = core::iter::from_fn(|| wire.client.poll_event()).collect();
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::Acknowledged { .. }))
    );
}

#[test]
fn a_signature_stands_for_those_before_it_and_a_forged_last_one_lets_nothing_in() {
    let bench = &mut Bench::new(62);
    let mut first = typing(bench);
    first.frames[0] = forged(&first.frames[0]);
    first.frames[1] = forged(&first.frames[1]);
    assert_eq!(first.batch(bench), None);
    assert_eq!(titles(&first.relay, first.plans), ["Three", "Two", "One"]);

    let mut second = typing(bench);
    second.frames[2] = forged(&second.frames[2]);
    assert_eq!(second.batch(bench), Some("forged-author".to_owned()));
    assert!(titles(&second.relay, second.plans).is_empty());
}

#[test]
fn what_came_before_a_frame_that_ends_the_session_stays() {
    let bench = &mut Bench::new(63);
    let mut typing = typing(bench);
    let bye = Control::Bye {
        code: "leave".to_owned(),
        message: String::new(),
    };
    typing.frames.push(typing.wire.client.seal(bye));
    assert_eq!(typing.batch(bench), Some("leave".to_owned()));
    assert_eq!(titles(&typing.relay, typing.plans), ["Three", "Two", "One"]);
    assert_eq!(typing.documents(), [typing.plans]);
}
