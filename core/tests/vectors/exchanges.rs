//! What a client may get wrong, frame by frame, and what the relay answers.

use coset::{HeaderBuilder, iana};
use serde_json::{Value, json};

use crate::bench::{
    Bench, CLIENT_NONCE, Seal, box_get, case, flipped, join_body, statement, with_order,
};
use crate::brought::{base, data, unsigned};
use crate::parts::{self, cbor};
use crate::session::Notes;
use crate::{ANN, RELAY, SAM, SAM_DEVICE, VIC, VIC_DEVICE, hex, key};

/// First frames that are no join.
fn joins() -> Vec<Value> {
    let device = key(SAM_DEVICE);
    let chain = [statement("device")];
    let right = || join_body(SAM, &chain);
    let frame = |change: &dyn Fn(&Bench, &mut Seal<'_>)| {
        let bench = Bench::new();
        let mut seal = bench.seal(&device, 0, right());
        change(&bench, &mut seal);
        bench.frame(seal)
    };
    let whole = frame(&|_, _| ());
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("right", "control", whole.clone()),
        (
            "a data message",
            "closed malformed",
            cbor(|e| {
                e.array(2)?.u8(1)?.array(1)?.map(1)?;
                e.u8(0)?.bytes(parts::document().as_ref())?.ok()
            }),
        ),
        (
            "another message than join",
            "closed unexpected",
            frame(&|_, seal| seal.body = box_get()),
        ),
        (
            "meant for another relay",
            "bye wrong-relay",
            frame(&|_, seal| seal.relay = VIC),
        ),
        (
            "of another session",
            "bye wrong-session",
            frame(&|_, seal| seal.session = [9; 16]),
        ),
        (
            "counted from 1",
            "bye out-of-place",
            frame(&|_, seal| {
                seal.counter = 1;
                seal.signed_counter = 1;
            }),
        ),
        (
            "with a broken signature",
            "bye bad-signature",
            flipped(&whole, whole.len() - 1),
        ),
        (
            "without a certificate for the device",
            "bye bad-device",
            frame(&|_, seal| seal.body = join_body(SAM, &[])),
        ),
        (
            "with somebody else's certificate",
            "bye bad-device",
            frame(&|_, seal| seal.body = join_body(ANN, &[statement("device of Ann")])),
        ),
        (
            "with a certificate of which the signature is broken",
            "bye bad-statement",
            frame(&|_, seal| {
                let device = statement("device");
                let broken = flipped(&device, device.len() - 1);
                seal.body = join_body(SAM, &[broken]);
            }),
        ),
        (
            "a device as its own identity",
            "control",
            frame(&|_, seal| seal.body = join_body(SAM_DEVICE, &[])),
        ),
    ];
    cases
        .into_iter()
        .map(|(name, expected, frame)| case(&mut Bench::new(), name, expected, vec![frame]))
        .collect()
}

/// Sealed frames behind a join, of which the relay expects counter 1.
fn sealed() -> Vec<Value> {
    let device = key(SAM_DEVICE);
    let other = key(VIC_DEVICE);
    let frame = |change: &dyn Fn(&mut Seal<'_>)| {
        let bench = Bench::new();
        let mut seal = bench.seal(&device, 1, box_get());
        change(&mut seal);
        bench.frame(seal)
    };
    let right = frame(&|_| ());
    let signature_at = right.len() - 64;
    let untagged = right[1..].to_vec();
    let order = [&right[..signature_at], &with_order(&right[signature_at..])].concat();
    let body = |kind: u8, fill: &[u8]| {
        let mut body = cbor(|e| e.array(2)?.u8(kind)?.ok());
        body.extend_from_slice(fill);
        frame(&|seal| seal.body.clone_from(&body))
    };
    let unprotected = HeaderBuilder::new().key_id(vec![1]).build();
    let by_other = {
        let bench = Bench::new();
        bench.frame(bench.seal(&other, 1, box_get()))
    };
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("right", "control", right.clone()),
        (
            "counter 0 again",
            "bye replayed",
            frame(&|seal| {
                seal.counter = 0;
                seal.signed_counter = 0;
            }),
        ),
        (
            "counter 2",
            "bye out-of-place",
            frame(&|seal| {
                seal.counter = 2;
                seal.signed_counter = 2;
            }),
        ),
        (
            "signed for another counter",
            "bye bad-signature",
            frame(&|seal| seal.signed_counter = 2),
        ),
        (
            "signed for the other direction",
            "bye bad-signature",
            frame(&|seal| seal.direction = 1),
        ),
        (
            "meant for another relay",
            "bye wrong-relay",
            frame(&|seal| seal.relay = VIC),
        ),
        (
            "of another session",
            "bye wrong-session",
            frame(&|seal| seal.session = [9; 16]),
        ),
        ("by another key", "bye wrong-key", by_other),
        (
            "by another key that names the right one",
            "bye bad-signature",
            {
                let bench = Bench::new();
                let mut seal = bench.seal(&other, 1, box_get());
                seal.named_key = device.public().as_ref().to_vec();
                bench.frame(seal)
            },
        ),
        (
            "with a broken signature",
            "bye bad-signature",
            flipped(&right, signature_at),
        ),
        (
            "with a signature that is not canonical",
            "bye bad-signature",
            order,
        ),
        (
            "with another algorithm",
            "bye malformed",
            frame(&|seal| seal.algorithm = iana::Algorithm::ES256),
        ),
        (
            "with an unprotected header",
            "bye malformed",
            frame(&|seal| seal.unprotected = unprotected.clone()),
        ),
        (
            "with a key id of 31 bytes",
            "bye malformed",
            frame(&|seal| {
                seal.named_key.pop();
            }),
        ),
        ("without its tag", "bye malformed", untagged),
        (
            "cut off",
            "bye malformed",
            right[..right.len() - 1].to_vec(),
        ),
        (
            "with a byte behind it",
            "bye malformed",
            [&right[..], &[0]].concat(),
        ),
        (
            "of an unknown kind",
            "bye malformed",
            body(99, &cbor(|e| e.array(0)?.ok())),
        ),
        (
            "with an id of 15 bytes",
            "bye malformed",
            body(8, &cbor(|e| e.array(1)?.bytes(&[0x66; 15])?.ok())),
        ),
        (
            "with a field too few",
            "bye malformed",
            body(8, &cbor(|e| e.array(0)?.ok())),
        ),
        (
            "what only a relay says",
            "bye unexpected",
            body(11, &cbor(|e| e.array(1)?.bool(true)?.ok())),
        ),
        (
            "a goodbye",
            "closed left",
            body(12, &cbor(|e| e.array(2)?.str("left")?.str("Bye.")?.ok())),
        ),
    ];
    cases
        .into_iter()
        .map(|(name, expected, frame)| {
            let mut bench = Bench::new();
            bench.hear(&bench.join());
            case(&mut bench, name, expected, vec![frame])
        })
        .collect()
}

pub(crate) fn exchanges() -> Value {
    let bench = Bench::new();
    json!({
        "says": "A relay greets a client with `challenge`. In `joins` each case is the first \
                 frame of a client. In `sealed` and `data` the client has sent `join`, and in \
                 `data` then `base`, which the relay takes. `answer` is the first that the relay \
                 says to the last frame of a case: a `bye`, a `nack`, a `have` (its map in CBOR), \
                 another control message by its number, or `closed` where the relay ends the \
                 session without a word; the code is then only for its log.",
        "clientDevice": hex(key(SAM_DEVICE).public()),
        "clientNonce": hex(CLIENT_NONCE),
        "relay": hex(key(RELAY).public()),
        "relayNonce": hex(bench.nonce),
        "challenge": hex(&bench.challenge),
        "join": hex(bench.join()),
        "base": hex(base()),
        "joins": joins(),
        "sealed": sealed(),
        "data": data(),
    })
}

/// The session that docs/EXAMPLE.md shows: each message of it at its shortest.
pub(crate) fn example() -> Value {
    let device = key(SAM_DEVICE);
    let mut bench = Bench::new();
    let mut notes = Notes::new(device.public());
    notes.note(&bench.challenge.clone(), true);
    let join = bench.join();
    bench.exchange(&mut notes, &join);
    let catalog = cbor(|e| e.array(2)?.u8(4)?.array(2)?.bytes(&[0; 16])?.u8(0)?.ok());
    let have = cbor(|e| {
        e.array(2)?.u8(2)?.array(1)?.map(4)?;
        e.u8(0)?.bytes(parts::document().as_ref())?;
        e.u8(1)?.array(0)?.u8(2)?.array(0)?.u8(3)?.bool(true)?.ok()
    });
    for (counter, body) in [(1, catalog), (2, have)] {
        let frame = bench.frame(bench.seal(&device, counter, body));
        bench.exchange(&mut notes, &frame);
    }
    bench.exchange(&mut notes, &base());
    bench.exchange(&mut notes, &unsigned());
    let bye = cbor(|e| e.array(2)?.u8(12)?.array(2)?.str("done")?.str("")?.ok());
    let frame = bench.frame(bench.seal(&device, 3, bye));
    bench.exchange(&mut notes, &frame);
    notes.done(
        "By hand",
        "Sam brings a list; a change without a tip is refused; he leaves",
        None,
    )
}
