//! What a relay says without proof.

use super::common::{Bench, list, person, relay, sync, task, titles};
use crate::document::ChangeHash;
use crate::sync::Event;
use crate::sync::exchange::make_have;
use crate::sync::wire::Control;

#[test]
fn a_relay_that_claims_another_history_and_shows_none_takes_nothing_from_a_client() {
    let bench = &mut Bench::new(33);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let plans = list(sam, bench, "Plans");
    task(sam, bench, plans, "Acknowledged", None);
    let mut wire = sync(sam, relay, bench);
    task(sam, bench, plans, "Fresh", None);
    // The client asks again for every claim; the relay answers honestly in between.
    for _ in 0..2 {
        let mut have = make_have(relay.conn(), &plans, false).unwrap();
        for tip in &mut have.tips {
            tip.hash = ChangeHash::from_bytes([7; 32]);
        }
        wire.relay.send(Control::Have(have)).unwrap();
        wire.run(sam, relay, bench);
    }
    assert_eq!(titles(sam, plans), ["Fresh", "Acknowledged"]);
    assert!(
        !wire
            .events
            .iter()
            .any(|event| matches!(event, Event::Reauthored { .. }))
    );
    sync(sam, relay, bench);
    assert_eq!(titles(relay, plans), ["Fresh", "Acknowledged"]);
}
