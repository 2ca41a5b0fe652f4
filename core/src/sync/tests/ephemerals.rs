//! Signed messages that are not kept: what is old stays unheard.

use super::common::{Bench, Wire, sync, two};
use crate::model::Command;
use crate::replica::Replica;
use crate::sync::{Event, PresenceMessage, PresenceState, Unsigned, Voice};

/// What the client at the end of `wire` hears when its relay forwards a frame.
fn heard(
    wire: &mut Wire,
    client: &mut Replica,
    relay: &mut Replica,
    bench: &mut Bench,
    frame: &[u8],
) -> Vec<Vec<u8>> {
    wire.events.clear();
    wire.relay.forward(frame.to_vec());
    wire.run(client, relay, bench);
    let data = wire.events.drain(..).filter_map(|event| match event {
        Event::Ephemeral { message, .. } => Some(message.data.to_vec()),
        _ => None,
    });
    data.collect()
}

#[test]
fn a_relay_speaks_only_for_those_for_whom_it_may_witness() {
    let bench = &mut Bench::new(43);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let (relay, sam, ann) = (&mut relay, &mut sam, &mut ann);
    let here = PresenceMessage {
        state: PresenceState::Here,
        task: None,
    };
    let mut voice = Voice::begin(relay, &mut bench.env()).unwrap();
    let mut say = |author| {
        let unsigned = Unsigned::presence(plans, author, None, &here);
        voice.say(&unsigned).unwrap()
    };
    let (for_sam, for_ann) = (say(sam.did()), say(ann.did()));
    let mut watching = sync(ann, relay, bench);
    assert!(heard(&mut watching, ann, relay, bench, for_sam.for_signed()).is_empty());
    // Sam lets it; that says nothing of Ann.
    let ticket = Command::CreateTicket {
        list: Some(plans),
        uses: None,
        expires_in_s: None,
    };
    sam.execute(&ticket, &mut bench.env()).unwrap();
    sync(sam, relay, bench);
    let mut watching = sync(ann, relay, bench);
    let (for_sam, for_ann_too) = (say(sam.did()), say(ann.did()));
    assert_eq!(
        heard(&mut watching, ann, relay, bench, for_sam.for_signed()),
        [for_sam.message.data.to_vec()]
    );
    for said in [for_ann, for_ann_too] {
        assert!(heard(&mut watching, ann, relay, bench, said.for_signed()).is_empty());
    }
    // A member who speaks for another one is no relay.
    let mut wire = sync(ann, relay, bench);
    (wire
        .client
        .send_ephemeral(ann, plans, &for_sam.message.data))
    .unwrap();
    let frame = wire.client.poll_transmit(ann).unwrap().unwrap();
    let mut watching = sync(sam, relay, bench);
    assert!(heard(&mut watching, sam, relay, bench, &frame).is_empty());
}

#[test]
fn a_relay_cannot_repeat_what_somebody_said_in_an_earlier_session() {
    let bench = &mut Bench::new(41);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let (relay, sam, ann) = (&mut relay, &mut sam, &mut ann);
    let mut watching = sync(ann, relay, bench);
    let mut said = Vec::new();
    for text in ["one", "two", "three"] {
        let mut wire = sync(sam, relay, bench);
        (wire.client.send_ephemeral(sam, plans, text.as_bytes())).unwrap();
        said.push(wire.client.poll_transmit(sam).unwrap().unwrap());
        // The author's clock is set back: a later session is a later one all the same.
        bench.now_ms -= 3_600_000;
    }
    for (text, frame) in ["one", "two"].iter().zip(&said) {
        let now = heard(&mut watching, ann, relay, bench, frame);
        assert_eq!(now, [text.as_bytes()]);
        let again = heard(&mut watching, ann, relay, bench, frame);
        assert!(again.is_empty());
    }
    assert!(heard(&mut watching, ann, relay, bench, &said[0]).is_empty());
    // Nor in another session of the protocol.
    let mut watching = sync(ann, relay, bench);
    assert!(heard(&mut watching, ann, relay, bench, &said[0]).is_empty());
    let now = heard(&mut watching, ann, relay, bench, &said[2]);
    assert_eq!(now, [b"three"]);
}
