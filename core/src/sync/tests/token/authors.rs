//! Whose a history is, where a stock client brings to a relay what others signed.

use automerge::transaction::Transactable as _;
use automerge::{ActorId as StockActor, ROOT, ReadDoc as _};

use super::super::common::{
    Bench, Wire, invite, join, list, person, relay, sync, task, titles, verify,
};
use super::client::{Client, heads, talk, ticket};
use crate::document::{ActorId, ActorNonce, ChangeHash, DocumentId, Tip};
use crate::identity::{Did, Keypair};
use crate::membership::Role;
use crate::model::{Command, Via};
use crate::replica::{Incoming, Replica, Ticket, ingest};
use crate::store::{Actors, DocumentRow, Quarantine};

/// Who wrote, and how that is proven, by what is here; everything else holds.
fn authors(replica: &Replica, list: DocumentId) -> Vec<(Did, Via, u64)> {
    let report = verify(replica, list);
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    let mut authors: Vec<_> = (report.authors.iter())
        .map(|author| (author.did, author.via, author.changes))
        .collect();
    authors.sort_by_key(|(did, via, _)| (*did, format!("{via:?}")));
    authors
}

fn digest(replica: &Replica, list: DocumentId) -> Vec<u8> {
    let row = DocumentRow::find(replica.conn(), &list).unwrap();
    row.unwrap().digest
}

fn own_actor(replica: &Replica, list: DocumentId) -> ActorId {
    let row = DocumentRow::find(replica.conn(), &list).unwrap().unwrap();
    let actors = Actors::load(replica.conn(), row.row).unwrap();
    actors.iter().find(|actor| actor.mine).unwrap().id
}

/// Sam's list, in which Ann writes too; a stock client of Sam's that has all of it; and the relay
/// as it was before Ann wrote anything.
struct Scene {
    bench: Bench,
    sam: Replica,
    ann: Replica,
    plans: DocumentId,
    ticket: Ticket,
    client: Client,
    relay: Replica,
    restored: Replica,
}

fn scene(seed: u64) -> Scene {
    let mut bench = Bench::new(seed);
    let mut relay = relay(&mut bench);
    let mut sam = person(&mut bench, &relay, "Sam");
    let mut ann = person(&mut bench, &relay, "Ann");
    let plans = list(&mut sam, &mut bench, "Plans");
    let link = invite(&mut sam, &mut bench, plans, Role::Editor);
    sync(&mut sam, &mut relay, &mut bench);
    join(&mut ann, &mut relay, &mut bench, &link);
    let ticket = ticket(&mut sam, &mut relay, &mut bench, Some(plans), 9);
    sync(&mut sam, &mut relay, &mut bench);
    let mut restored = Replica::in_memory(relay.keys().clone()).unwrap();
    restored.begin_epoch(&mut bench.env()).unwrap();
    sync(&mut sam, &mut restored, &mut bench);
    task(&mut ann, &mut bench, plans, "One", None);
    task(&mut ann, &mut bench, plans, "Two", None);
    sync(&mut ann, &mut relay, &mut bench);
    let mut client = Client::connect("stock", &ticket, &mut relay, &mut bench);
    talk(&mut [&mut client], &mut relay, &mut bench, &plans);
    client.doc.set_actor(StockActor::random());
    Scene {
        bench,
        sam,
        ann,
        plans,
        ticket,
        client,
        relay,
        restored,
    }
}

/// A client that gives the list another title, under an actor that it chose.
fn retitle_as(client: &mut Client, actor: &ActorId, title: &str) -> ChangeHash {
    client.doc.set_actor(StockActor::from(actor.as_bytes()));
    let (_, meta) = client.doc.get(ROOT, "meta").unwrap().unwrap();
    client.doc.put(&meta, "title", title).unwrap();
    ChangeHash::from_bytes(client.doc.commit().unwrap().0)
}

#[test]
fn an_author_that_comes_back_is_the_author_wherever_a_relay_signed() {
    let Scene {
        mut bench,
        mut sam,
        mut ann,
        plans,
        ticket,
        mut client,
        mut restored,
        ..
    } = scene(51);
    let bench = &mut bench;
    client.reconnect(&ticket, &mut restored, bench, false);
    talk(&mut [&mut client], &mut restored, bench, &plans);
    // The relay knows no better, and neither does who hears it from there.
    assert_eq!(titles(&restored, plans), ["Two", "One"]);
    sync(&mut sam, &mut restored, bench);
    for replica in [&restored, &sam] {
        assert!(authors(replica, plans).iter().all(|it| it.0 == sam.did()));
    }
    // Somebody follows the list while the author comes back.
    let mut follower = Wire::new(&sam, &restored, bench);
    follower.run(&mut sam, &mut restored, bench);
    follower.client.attend(&plans).unwrap();
    follower.run(&mut sam, &mut restored, bench);
    sync(&mut ann, &mut restored, bench);
    let signed = (ann.did(), Via::Signed, 2);
    assert!(authors(&restored, plans).contains(&signed));
    follower.relay.notify_document(&plans);
    follower.run(&mut sam, &mut restored, bench);
    for replica in [&restored, &sam, &ann] {
        assert!(authors(replica, plans).contains(&signed));
        assert_eq!(digest(replica, plans), digest(&ann, plans));
    }
    // She goes on under the same actor.
    let before = own_actor(&ann, plans);
    task(&mut ann, bench, plans, "Three", None);
    assert_eq!(own_actor(&ann, plans), before);
    sync(&mut ann, &mut restored, bench);
    sync(&mut sam, &mut restored, bench);
    assert_eq!(titles(&sam, plans), ["Three", "Two", "One"]);
    assert!(authors(&sam, plans).contains(&(ann.did(), Via::Signed, 3)));
    assert_eq!(digest(&sam, plans), digest(&ann, plans));
    // All is said: nobody sends anything again.
    assert_eq!(
        sync(&mut sam, &mut restored, bench).client.changes_sent(),
        0
    );
    assert_eq!(
        sync(&mut ann, &mut restored, bench).client.changes_sent(),
        0
    );
}

#[test]
fn what_a_replica_took_from_a_relay_that_knew_no_better_is_put_right_when_it_connects_again() {
    let Scene {
        mut bench,
        mut sam,
        mut ann,
        plans,
        ticket,
        mut client,
        mut restored,
        ..
    } = scene(52);
    let bench = &mut bench;
    client.reconnect(&ticket, &mut restored, bench, false);
    talk(&mut [&mut client], &mut restored, bench, &plans);
    sync(&mut sam, &mut restored, bench);
    task(&mut ann, bench, plans, "Three", None);
    sync(&mut ann, &mut restored, bench);
    sync(&mut sam, &mut restored, bench);
    for replica in [&restored, &sam] {
        assert!(authors(replica, plans).contains(&(ann.did(), Via::Signed, 3)));
        assert_eq!(digest(replica, plans), digest(&ann, plans));
    }
}

#[test]
fn what_a_stock_client_adds_to_a_devices_history_gives_way_to_the_device() {
    let Scene {
        mut bench,
        mut sam,
        mut ann,
        plans,
        ticket,
        mut client,
        mut restored,
        mut relay,
    } = scene(53);
    let bench = &mut bench;
    // A client that lies: it goes on under Ann's actor, and Sam's program builds on that.
    let actor = own_actor(&ann, plans);
    retitle_as(&mut client, &actor, "Mine");
    client.reconnect(&ticket, &mut restored, bench, false);
    talk(&mut [&mut client], &mut restored, bench, &plans);
    sync(&mut sam, &mut restored, bench);
    task(&mut sam, bench, plans, "On top", None);
    // The relay that knows Ann takes none of it.
    client.reconnect(&ticket, &mut relay, bench, false);
    talk(&mut [&mut client], &mut relay, bench, &plans);
    assert!(authors(&relay, plans).contains(&(ann.did(), Via::Signed, 2)));

    task(&mut ann, bench, plans, "Three", None);
    sync(&mut ann, &mut restored, bench);
    assert_eq!(titles(&restored, plans), ["Three", "Two", "One"]);
    for _ in 0..2 {
        sync(&mut sam, &mut restored, bench);
        sync(&mut ann, &mut restored, bench);
    }
    for replica in [&restored, &sam, &ann] {
        assert_eq!(
            titles(replica, plans).len(),
            4,
            "what Sam did is made again"
        );
        assert_eq!(heads(replica, &plans), heads(&ann, &plans));
        assert_eq!(digest(replica, plans), digest(&ann, plans));
        assert!(authors(replica, plans).contains(&(ann.did(), Via::Signed, 3)));
        assert!(authors(replica, plans).iter().all(|it| it.1 == Via::Signed));
    }
    let forks: i64 = (restored.conn())
        .query_row("SELECT count(*) FROM fork", [], |row| row.get(0))
        .unwrap();
    assert_eq!(forks, 0, "Ann signed one history");
}

#[test]
fn where_nothing_of_an_author_counts_any_more_a_relay_may_sign_for_somebody_else() {
    let Scene {
        mut bench,
        mut sam,
        ann,
        plans,
        ticket,
        mut client,
        mut restored,
        mut relay,
    } = scene(59);
    let bench = &mut bench;
    let sam_did = sam.did();
    let mut vic = person(bench, &relay, "Vic");
    let link = invite(&mut sam, bench, plans, Role::Editor);
    // Sam never heard of what Ann wrote, and shuts her out.
    sync(&mut sam, &mut restored, bench);
    join(&mut vic, &mut restored, bench, &link);
    sync(&mut vic, &mut relay, bench);
    assert_eq!(titles(&vic, plans), ["Two", "One"]);
    let out = Command::RevokeMember {
        list: plans,
        member: ann.did(),
    };
    sam.execute(&out, &mut bench.env()).unwrap();
    sync(&mut sam, &mut restored, bench);
    sync(&mut vic, &mut restored, bench);
    assert!(titles(&vic, plans).is_empty());
    // What she wrote comes back by a stock client of Sam's, and is his word now.
    client.reconnect(&ticket, &mut restored, bench, false);
    talk(&mut [&mut client], &mut restored, bench, &plans);
    assert_eq!(titles(&restored, plans), ["Two", "One"]);
    for replica in [&mut vic, &mut sam] {
        sync(replica, &mut restored, bench);
        assert_eq!(titles(replica, plans), ["Two", "One"]);
        assert_eq!(digest(replica, plans), digest(&restored, plans));
        assert!(authors(replica, plans).iter().all(|it| it.0 == sam_did));
    }
}

#[test]
fn what_missed_something_when_it_came_is_taken_once_that_is_here() {
    let Scene {
        mut bench,
        mut ann,
        plans,
        ticket,
        mut client,
        mut relay,
        mut restored,
        ..
    } = scene(57);
    let bench = &mut bench;
    sync(&mut ann, &mut restored, bench);
    let actor = ActorId::from_bytes([9; 16]);
    retitle_as(&mut client, &actor, "Ours");
    task(&mut ann, bench, plans, "Three", None);
    sync(&mut ann, &mut relay, bench);
    talk(&mut [&mut client], &mut relay, bench, &plans);
    let last = retitle_as(&mut client, &actor, "Yours");
    // The other relay knows Ann, and takes nothing of hers from a client: of what was built on it
    // only the signature stays.
    client.reconnect(&ticket, &mut restored, bench, false);
    talk(&mut [&mut client], &mut restored, bench, &plans);
    assert!(!heads(&restored, &plans).contains(last.as_bytes()));
    authors(&restored, plans);
    // The client never comes back, but Ann does.
    sync(&mut ann, &mut restored, bench);
    authors(&restored, plans);
    assert_eq!(heads(&restored, &plans), [*last.as_bytes()]);
    sync(&mut ann, &mut restored, bench);
    authors(&ann, plans);
    assert_eq!(digest(&ann, plans), digest(&restored, plans));
}

#[test]
fn what_comes_before_a_refused_change_is_signed() {
    let Scene {
        mut bench,
        mut sam,
        plans,
        mut client,
        mut relay,
        ..
    } = scene(58);
    let bench = &mut bench;
    let actor = ActorId::from_bytes([9; 16]);
    let good = retitle_as(&mut client, &actor, "Ours");
    client.doc.put(ROOT, "elsewhere", 1).unwrap();
    client.doc.commit().unwrap();
    talk(&mut [&mut client], &mut relay, bench, &plans);
    for _ in 0..2 {
        assert_eq!(heads(&relay, &plans), [*good.as_bytes()]);
        authors(&relay, plans);
        sync(&mut sam, &mut relay, bench);
        authors(&sam, plans);
        assert_eq!(digest(&sam, plans), digest(&relay, plans));
    }
}

#[test]
fn what_others_built_on_falls_for_nobodys_signature() {
    let Scene {
        mut bench,
        mut sam,
        mut ann,
        plans,
        ticket,
        mut client,
        mut restored,
        ..
    } = scene(56);
    let bench = &mut bench;
    let actor = own_actor(&ann, plans);
    retitle_as(&mut client, &actor, "Mine");
    client.reconnect(&ticket, &mut restored, bench, false);
    talk(&mut [&mut client], &mut restored, bench, &plans);
    sync(&mut sam, &mut restored, bench);
    task(&mut sam, bench, plans, "On top", None);
    sync(&mut sam, &mut restored, bench);
    // Ann wrote at the same place. What Sam has acknowledged stays, and hers is made again.
    task(&mut ann, bench, plans, "Three", None);
    for _ in 0..3 {
        sync(&mut ann, &mut restored, bench);
        sync(&mut sam, &mut restored, bench);
    }
    for replica in [&restored, &sam, &ann] {
        let mut there = titles(replica, plans);
        there.sort();
        assert_eq!(there, ["On top", "One", "Three", "Two"]);
        assert_eq!(digest(replica, plans), digest(&ann, plans));
    }
    assert_ne!(own_actor(&ann, plans), actor);
    assert_eq!(
        sync(&mut ann, &mut restored, bench).client.changes_sent(),
        0
    );
}

#[test]
fn a_key_that_is_nobodys_takes_no_history_from_whom_a_relay_signed_for() {
    let Scene {
        mut bench,
        sam,
        plans,
        ticket,
        mut client,
        mut restored,
        ..
    } = scene(54);
    let bench = &mut bench;
    // Whoever wants to be nobody in the end chooses the actor of a key that they never showed.
    let key = Keypair::from_seed(&[77; 32]);
    let nonce = ActorNonce::from_bytes([5; 16]);
    let actor = ActorId::derive(&key.public(), &plans, &nonce);
    let hash = retitle_as(&mut client, &actor, "Unsaid");
    client.reconnect(&ticket, &mut restored, bench, false);
    talk(&mut [&mut client], &mut restored, bench, &plans);
    let before = authors(&restored, plans);
    let tip = Tip::sign(&key, &plans, nonce, 1, hash, None);
    let incoming = Incoming {
        tips: vec![tip.as_unverified().clone()],
        complete: true,
        yields: true,
        ..Incoming::default()
    };
    let waiting = &mut Quarantine::default();
    let taken = ingest(
        restored.conn(),
        &plans,
        &sam.did(),
        incoming,
        waiting,
        false,
    );
    assert!(taken.unwrap().touched.is_empty());
    assert_eq!(authors(&restored, plans), before);
}

#[test]
fn of_two_relays_that_sign_for_one_history_the_first_is_believed_everywhere() {
    let mut bench = Bench::new(55);
    let bench = &mut bench;
    let mut first = relay(bench);
    let mut second = relay(bench);
    let mut sam = person(bench, &first, "Sam");
    let mut ann = person(bench, &second, "Ann");
    let plans = list(&mut sam, bench, "Plans");
    task(&mut sam, bench, plans, "Milk", None);
    let at_first = ticket(&mut sam, &mut first, bench, Some(plans), 9);
    let link = invite(&mut sam, bench, plans, Role::Editor);
    sam.set_relay("ws://127.0.0.1:2", Some(second.did()))
        .unwrap();
    let at_second = ticket(&mut sam, &mut second, bench, Some(plans), 9);
    sam.set_relay("ws://127.0.0.1:1", Some(first.did()))
        .unwrap();
    sync(&mut sam, &mut first, bench);
    join_at(&mut ann, &mut first, bench, &link);
    let mut client = Client::connect("stock", &at_first, &mut first, bench);
    talk(&mut [&mut client], &mut first, bench, &plans);
    client.doc.set_actor(StockActor::random());
    let (_, meta) = client.doc.get(ROOT, "meta").unwrap().unwrap();
    client.doc.put(&meta, "title", "Mine").unwrap();
    client.doc.commit();
    talk(&mut [&mut client], &mut first, bench, &plans);
    // The same client goes to the other relay, which has not heard of it.
    client.reconnect(&at_second, &mut second, bench, false);
    talk(&mut [&mut client], &mut second, bench, &plans);
    assert_ne!(digest(&first, plans), digest(&second, plans));
    for _ in 0..2 {
        for relay in [&mut first, &mut second] {
            sam.set_relay("ws://127.0.0.1:1", Some(relay.did()))
                .unwrap();
            sync(&mut sam, relay, bench);
        }
    }
    assert_eq!(digest(&first, plans), digest(&second, plans));
    assert_eq!(digest(&first, plans), digest(&sam, plans));
    for replica in [&first, &second, &sam] {
        let via = authors(replica, plans)
            .iter()
            .map(|it| it.1)
            .collect::<Vec<_>>();
        assert!(via.contains(&Via::Witnessed));
        let row = DocumentRow::find(replica.conn(), &plans).unwrap().unwrap();
        let actors = Actors::load(replica.conn(), row.row).unwrap();
        let witness = actors.iter().find(|actor| actor.witnessed.is_some());
        assert_eq!(witness.unwrap().device, Some(first.did().key()));
    }
}

fn join_at(who: &mut Replica, relay: &mut Replica, bench: &mut Bench, link: &crate::replica::Link) {
    who.set_relay("ws://127.0.0.1:1", Some(relay.did()))
        .unwrap();
    join(who, relay, bench, link);
}
