//! What one person may use of a relay.

use super::common::{Bench, list, person, relay, sync, titles};
use crate::sync::Event;

#[test]
fn nobody_puts_more_than_their_share_of_lists_on_a_relay() {
    let bench = &mut Bench::new(51);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    sync(sam, relay, bench);
    assert_eq!(relay.documents_brought(&sam.did()).unwrap(), 1);
    let brought = format!("brought/{}", sam.did().key().to_hex());
    relay.set_meta_text(&brought, Some("9999")).unwrap();
    let last = list(sam, bench, "The last one");
    sync(sam, relay, bench);
    assert!(titles(relay, last).is_empty());
    let more = list(sam, bench, "One more");
    let wire = sync(sam, relay, bench);
    let refused: Vec<_> = wire
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Refused { document, code, .. } => Some((*document, code.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(refused, [(more, "too-many-documents")]);
    assert!(titles(sam, more).is_empty());
    // Everybody has a share of their own.
    list(ann, bench, "Hers");
    let wire = sync(ann, relay, bench);
    assert!(
        !wire
            .events
            .iter()
            .any(|event| matches!(event, Event::Refused { .. }))
    );
}
