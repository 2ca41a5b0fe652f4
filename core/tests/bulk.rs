//! A document as one compressed chunk: fewer bytes, the same list, the same checks.

mod common;

use common::{Bench, invite, join, list, person, relay, sync, task, titles, verify};
use poo_core::membership::Role;

#[test]
fn who_lacks_most_of_a_document_gets_it_as_one_chunk() {
    let bench = &mut Bench::new(6);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let plans = list(sam, bench, "Plans");
    let link = invite(sam, bench, plans, Role::Editor);
    sync(sam, relay, bench);
    join(ann, relay, bench, &link);
    for n in 0..1_100 {
        task(sam, bench, plans, &format!("Sam's task number {n}"), None);
        task(ann, bench, plans, &format!("Ann's task number {n}"), None);
    }
    sync(sam, relay, bench);
    // Half of it is here: plain changes are the shorter way.
    let plain = sync(ann, relay, bench);
    // A new device of Ann's that has nothing, as after a lost database.
    let bob = &mut person(bench, relay, "Bob");
    sync(sam, relay, bench);
    let for_bob = invite(sam, bench, plans, Role::Viewer);
    sync(sam, relay, bench);
    let bulk = join(bob, relay, bench, &for_bob);
    assert_eq!(titles(bob, plans), titles(sam, plans));
    assert_eq!(titles(bob, plans).len(), 2_200);
    assert!(
        bulk.bytes < plain.bytes,
        "twice the changes in {} bytes, and half of them in {}",
        bulk.bytes,
        plain.bytes
    );
    let report = verify(bob, plans);
    assert!(report.ok, "{report:?}");
    assert_eq!(report.changes, 2_201);
    // The chunk is kept and serves the next one too; what was written since comes behind it.
    task(sam, bench, plans, "One more", None);
    let again = &mut person(bench, relay, "Cid");
    let for_cid = invite(sam, bench, plans, Role::Viewer);
    sync(sam, relay, bench);
    join(again, relay, bench, &for_cid);
    assert_eq!(titles(again, plans), titles(sam, plans));
}
