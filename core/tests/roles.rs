//! Leaving, passing on, other roles, and links that end: what each means for everybody else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Bench, Wire, invite, join, list, person, relay, sync, task, titles, verify};
use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::membership::Role;
use poo_core::model::{Answer, Command, InviteView, Member, Outcome, Query};
use poo_core::replica::{CommandError, Link, Replica};
use poo_core::sync::{Admission, Effect, Event, Session};

fn members(replica: &Replica, list: DocumentId) -> Vec<Member> {
    match replica
        .query(&Query::Members { list }, Timestamp::UNIX_EPOCH)
        .unwrap()
    {
        Answer::Members(page) => page.items,
        other => panic!("{other:?}"),
    }
}

fn role(replica: &Replica, list: DocumentId, did: Did) -> Option<Role> {
    let all = members(replica, list);
    all.iter().find(|m| m.did == did).map(|m| m.role)
}

fn invites(replica: &Replica, list: DocumentId) -> Vec<InviteView> {
    match replica
        .query(&Query::Invites { list }, Timestamp::UNIX_EPOCH)
        .unwrap()
    {
        Answer::Invites(page) => page.items,
        other => panic!("{other:?}"),
    }
}

fn lists(replica: &Replica, all: bool) -> usize {
    match replica
        .query(&Query::Lists { all }, Timestamp::UNIX_EPOCH)
        .unwrap()
    {
        Answer::Lists(page) => page.items.len(),
        other => panic!("{other:?}"),
    }
}

fn link(outcome: Outcome) -> Link {
    match outcome {
        Outcome::Invite { link, .. } => link.parse().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn refusals(wire: &Wire) -> Vec<&str> {
    wire.events
        .iter()
        .filter_map(|event| match event {
            Event::Refused { code, .. } => Some(code.as_str()),
            _ => None,
        })
        .collect()
}

/// Sam owns a list, Ann edits it and Vic reads it.
struct Three {
    bench: Bench,
    relay: Replica,
    sam: Replica,
    ann: Replica,
    vic: Replica,
    list: DocumentId,
}

fn three(seed: u64) -> Three {
    let mut bench = Bench::new(seed);
    let mut relay = relay(&mut bench);
    let mut sam = person(&mut bench, &relay, "Sam");
    let mut ann = person(&mut bench, &relay, "Ann");
    let mut vic = person(&mut bench, &relay, "Vic");
    let list = list(&mut sam, &mut bench, "Plans");
    let to_ann = invite(&mut sam, &mut bench, list, Role::Editor);
    let to_vic = invite(&mut sam, &mut bench, list, Role::Viewer);
    sync(&mut sam, &mut relay, &mut bench);
    join(&mut ann, &mut relay, &mut bench, &to_ann);
    join(&mut vic, &mut relay, &mut bench, &to_vic);
    let mut three = Three {
        bench,
        relay,
        sam,
        ann,
        vic,
        list,
    };
    three.sync_all();
    three
}

impl Three {
    fn sync_all(&mut self) {
        for _ in 0..2 {
            for replica in [&mut self.sam, &mut self.ann, &mut self.vic] {
                sync(replica, &mut self.relay, &mut self.bench);
            }
        }
    }
}

#[test]
fn who_leaves_loses_the_list_and_leaves_what_they_wrote() {
    let t = &mut three(1);
    task(&mut t.ann, &mut t.bench, t.list, "By Ann", None);
    sync(&mut t.ann, &mut t.relay, &mut t.bench);
    let leave = Command::LeaveList { list: t.list };
    t.ann.execute(&leave, &mut t.bench.env()).unwrap();
    assert_eq!((lists(&t.ann, false), lists(&t.ann, true)), (0, 1));
    let wire = sync(&mut t.ann, &mut t.relay, &mut t.bench);
    assert_eq!(refusals(&wire), Vec::<&str>::new(), "leaving is no refusal");
    t.sync_all();
    assert_eq!(role(&t.sam, t.list, t.ann.did()), None);
    assert_eq!(titles(&t.sam, t.list), ["By Ann"]);
    assert_eq!(titles(&t.ann, t.list), ["By Ann"], "the copy is kept");
    assert!(verify(&t.sam, t.list).ok);
    assert_eq!(
        t.ann.execute(&leave, &mut t.bench.env()).unwrap(),
        Outcome::Done { changed: false }
    );
    // A viewer leaves just so; the only owner does not.
    t.vic.execute(&leave, &mut t.bench.env()).unwrap();
    assert!(matches!(
        t.sam.execute(&leave, &mut t.bench.env()),
        Err(CommandError::OnlyOwner)
    ));
    let again = invite(&mut t.sam, &mut t.bench, t.list, Role::Viewer);
    sync(&mut t.sam, &mut t.relay, &mut t.bench);
    join(&mut t.ann, &mut t.relay, &mut t.bench, &again);
    assert_eq!(role(&t.ann, t.list, t.ann.did()), Some(Role::Viewer));
}

#[test]
fn a_list_is_passed_on_and_the_new_owner_is_in_charge() {
    let t = &mut three(2);
    let (sam, ann) = (t.sam.did(), t.ann.did());
    task(&mut t.sam, &mut t.bench, t.list, "Before", None);
    let transfer = Command::TransferOwnership {
        list: t.list,
        to: ann,
    };
    t.sam.execute(&transfer, &mut t.bench.env()).unwrap();
    task(&mut t.sam, &mut t.bench, t.list, "After", None);
    t.sync_all();
    for replica in [&t.sam, &t.ann, &t.vic, &t.relay] {
        assert_eq!(role(replica, t.list, ann), Some(Role::Owner));
        assert_eq!(role(replica, t.list, sam), Some(Role::Editor));
        assert_eq!(titles(replica, t.list), ["After", "Before"]);
        assert!(verify(replica, t.list).ok);
    }
    // Sam decides nothing any longer, and Ann decides about Sam.
    let share = Command::Share {
        list: t.list,
        role: Role::Viewer,
        expires_in_s: None,
    };
    assert!(matches!(
        t.sam.execute(&share, &mut t.bench.env()),
        Err(CommandError::Forbidden { .. })
    ));
    let demote = Command::ChangeRole {
        list: t.list,
        member: sam,
        role: Role::Viewer,
    };
    t.ann.execute(&demote, &mut t.bench.env()).unwrap();
    t.sync_all();
    assert_eq!(role(&t.sam, t.list, sam), Some(Role::Viewer));
    assert_eq!(titles(&t.sam, t.list), ["After", "Before"]);
    let remove = Command::RevokeMember {
        list: t.list,
        member: sam,
    };
    t.ann.execute(&remove, &mut t.bench.env()).unwrap();
    sync(&mut t.ann, &mut t.relay, &mut t.bench);
    let wire = sync(&mut t.sam, &mut t.relay, &mut t.bench);
    assert!(
        refusals(&wire).contains(&"removed"),
        "who stepped down once has not left: they are told that they were removed"
    );
    t.sync_all();
    assert_eq!(role(&t.vic, t.list, sam), None);
    assert_eq!(titles(&t.vic, t.list), ["After", "Before"]);
    assert!(verify(&t.vic, t.list).ok);
}

#[test]
fn passing_on_to_two_at_once_makes_both_owners_everywhere() {
    let t = &mut three(3);
    let (ann, vic) = (t.ann.did(), t.vic.did());
    let mut phone = Replica::in_memory(poo_core::replica::Keyring::of(
        t.sam.keys().identity.clone().unwrap(),
        &mut t.bench.env(),
    ))
    .unwrap();
    phone.found("Sam", &mut t.bench.env()).unwrap();
    phone
        .set_relay("ws://127.0.0.1:1", Some(t.relay.did()))
        .unwrap();
    sync(&mut phone, &mut t.relay, &mut t.bench);
    let to = |to| Command::TransferOwnership { list: t.list, to };
    t.sam.execute(&to(ann), &mut t.bench.env()).unwrap();
    phone.execute(&to(vic), &mut t.bench.env()).unwrap();
    sync(&mut phone, &mut t.relay, &mut t.bench);
    t.sync_all();
    for replica in [&t.sam, &t.ann, &t.vic, &t.relay] {
        assert_eq!(role(replica, t.list, ann), Some(Role::Owner));
        assert_eq!(role(replica, t.list, vic), Some(Role::Owner));
        assert_eq!(role(replica, t.list, t.sam.did()), Some(Role::Editor));
    }
}

#[test]
fn owners_who_leave_at_once_do_not_leave_the_list_without_one() {
    let t = &mut three(4);
    let (sam, ann, vic) = (t.sam.did(), t.ann.did(), t.vic.did());
    let transfer = Command::TransferOwnership {
        list: t.list,
        to: ann,
    };
    t.sam.execute(&transfer, &mut t.bench.env()).unwrap();
    t.sync_all();
    let promote = Command::ChangeRole {
        list: t.list,
        member: vic,
        role: Role::Owner,
    };
    t.ann.execute(&promote, &mut t.bench.env()).unwrap();
    t.sync_all();
    let leave = Command::LeaveList { list: t.list };
    t.ann.execute(&leave, &mut t.bench.env()).unwrap();
    t.vic.execute(&leave, &mut t.bench.env()).unwrap();
    t.sync_all();
    assert_eq!(role(&t.relay, t.list, sam), Some(Role::Owner));
    assert_eq!(role(&t.sam, t.list, sam), Some(Role::Owner));
    assert_eq!(members(&t.sam, t.list).len(), 1);
}

#[test]
fn another_role_takes_effect_for_what_comes_after() {
    let t = &mut three(5);
    let (sam, ann, vic) = (t.sam.did(), t.ann.did(), t.vic.did());
    let list = t.list;
    let change = |member, role| Command::ChangeRole { list, member, role };
    task(&mut t.ann, &mut t.bench, t.list, "Early", None);
    t.sync_all();
    t.sam
        .execute(&change(ann, Role::Viewer), &mut t.bench.env())
        .unwrap();
    t.sam
        .execute(&change(vic, Role::Editor), &mut t.bench.env())
        .unwrap();
    sync(&mut t.sam, &mut t.relay, &mut t.bench);
    // Ann has not heard of it yet.
    task(&mut t.ann, &mut t.bench, t.list, "Late", None);
    let wire = sync(&mut t.ann, &mut t.relay, &mut t.bench);
    assert!(!refusals(&wire).contains(&"removed"), "she still reads");
    t.sync_all();
    task(&mut t.vic, &mut t.bench, t.list, "By Vic", None);
    t.sync_all();
    for replica in [&t.sam, &t.ann, &t.vic, &t.relay] {
        assert_eq!(titles(replica, t.list), ["By Vic", "Early"]);
        assert_eq!(role(replica, t.list, ann), Some(Role::Viewer));
    }
    let late = poo_core::model::NewTask {
        title: "Later".into(),
        ..Default::default()
    };
    let late = Command::CreateTask {
        list: t.list,
        task: late,
    };
    assert!(matches!(
        t.ann.execute(&late, &mut t.bench.env()),
        Err(CommandError::Forbidden { needed: "editor" })
    ));
    // Up again, and as an owner: the founder is out of reach, and she may step down herself.
    t.sam
        .execute(&change(ann, Role::Owner), &mut t.bench.env())
        .unwrap();
    t.sync_all();
    assert!(matches!(
        t.ann
            .execute(&change(sam, Role::Viewer), &mut t.bench.env()),
        Err(CommandError::Outranked)
    ));
    t.ann
        .execute(&change(ann, Role::Editor), &mut t.bench.env())
        .unwrap();
    t.sync_all();
    assert_eq!(role(&t.sam, t.list, ann), Some(Role::Editor));
    let unchanged = t
        .sam
        .execute(&change(ann, Role::Editor), &mut t.bench.env());
    assert_eq!(unchanged.unwrap(), Outcome::Done { changed: false });
}

#[test]
fn an_owner_who_is_removed_does_not_come_back_by_an_old_link() {
    let t = &mut three(6);
    let ann = t.ann.did();
    let promote = Command::ChangeRole {
        list: t.list,
        member: ann,
        role: Role::Owner,
    };
    t.sam.execute(&promote, &mut t.bench.env()).unwrap();
    t.sync_all();
    let back = invite(&mut t.ann, &mut t.bench, t.list, Role::Editor);
    t.sync_all();
    let remove = Command::RevokeMember {
        list: t.list,
        member: ann,
    };
    t.sam.execute(&remove, &mut t.bench.env()).unwrap();
    sync(&mut t.sam, &mut t.relay, &mut t.bench);
    let wire = join(&mut t.ann, &mut t.relay, &mut t.bench, &back);
    assert!(
        refusals(&wire).contains(&"invite-revoked"),
        "{:?}",
        wire.events
    );
    assert_eq!(role(&t.relay, t.list, ann), None);
}

#[test]
fn invites_are_listed_and_taken_back() {
    let t = &mut three(7);
    let mut eve = person(&mut t.bench, &t.relay, "Eve");
    assert!(
        invites(&t.sam, t.list).is_empty(),
        "used ones are done with"
    );
    let first = invite(&mut t.sam, &mut t.bench, t.list, Role::Editor);
    let pending = invites(&t.sam, t.list);
    assert_eq!(pending.len(), 1);
    assert!(pending[0].single_use && pending[0].link.is_none());
    assert_eq!(pending[0].made_by, Some(t.sam.did()));
    sync(&mut t.sam, &mut t.relay, &mut t.bench);
    let revoke = Command::RevokeInvite {
        list: t.list,
        invite: pending[0].id[..12].to_owned(),
    };
    t.sam.execute(&revoke, &mut t.bench.env()).unwrap();
    assert!(invites(&t.sam, t.list).is_empty());
    sync(&mut t.sam, &mut t.relay, &mut t.bench);
    let wire = join(&mut eve, &mut t.relay, &mut t.bench, &first);
    assert_eq!(refusals(&wire), ["invite-revoked"]);
    // One that ends before it is used, and one that is used.
    let share = Command::Share {
        list: t.list,
        role: Role::Viewer,
        expires_in_s: Some(60),
    };
    let short = link(t.sam.execute(&share, &mut t.bench.env()).unwrap());
    let used = invite(&mut t.sam, &mut t.bench, t.list, Role::Viewer);
    sync(&mut t.sam, &mut t.relay, &mut t.bench);
    t.bench.now_ms += 61_000;
    let wire = join(&mut eve, &mut t.relay, &mut t.bench, &short);
    assert_eq!(refusals(&wire), ["invite-expired"]);
    let mut fay = person(&mut t.bench, &t.relay, "Fay");
    join(&mut fay, &mut t.relay, &mut t.bench, &used);
    let wire = join(&mut eve, &mut t.relay, &mut t.bench, &used);
    assert_eq!(refusals(&wire), ["invite-used"]);
    let nothing = Command::RevokeInvite {
        list: t.list,
        invite: "ffffffffffffffffffff".into(),
    };
    assert!(matches!(
        t.sam.execute(&nothing, &mut t.bench.env()),
        Err(CommandError::NotFound("invite"))
    ));
}

#[test]
fn a_public_link_lets_everybody_read_until_it_ends() {
    let t = &mut three(8);
    let publish = Command::Publish { list: t.list };
    let made = t.sam.execute(&publish, &mut t.bench.env()).unwrap();
    assert_eq!(
        t.sam.execute(&publish, &mut t.bench.env()).unwrap(),
        made,
        "a list has one public link"
    );
    let public = link(made);
    assert_eq!(invites(&t.sam, t.list).len(), 1);
    sync(&mut t.sam, &mut t.relay, &mut t.bench);
    let mut readers = Vec::new();
    for name in ["Eve", "Fay"] {
        let mut reader = person(&mut t.bench, &t.relay, name);
        join(&mut reader, &mut t.relay, &mut t.bench, &public);
        assert_eq!(role(&reader, t.list, reader.did()), Some(Role::Viewer));
        readers.push(reader);
    }
    t.sync_all();
    assert_eq!(invites(&t.sam, t.list)[0].joined, 2);
    assert!(invites(&t.sam, t.list)[0].link.is_some());
    assert!(invites(&t.ann, t.list)[0].link.is_none());
    // Ann was there before; one of the readers is given more.
    let promote = Command::ChangeRole {
        list: t.list,
        member: readers[0].did(),
        role: Role::Editor,
    };
    t.sam.execute(&promote, &mut t.bench.env()).unwrap();
    let stop = Command::Unpublish { list: t.list };
    t.sam.execute(&stop, &mut t.bench.env()).unwrap();
    t.sync_all();
    assert_eq!(role(&t.relay, t.list, readers[0].did()), Some(Role::Editor));
    assert_eq!(role(&t.relay, t.list, readers[1].did()), None);
    assert_eq!(role(&t.relay, t.list, t.ann.did()), Some(Role::Editor));
    let mut gil = person(&mut t.bench, &t.relay, "Gil");
    let wire = join(&mut gil, &mut t.relay, &mut t.bench, &public);
    assert_eq!(refusals(&wire), ["invite-revoked"]);
    assert_eq!(
        t.sam.execute(&stop, &mut t.bench.env()).unwrap(),
        Outcome::Done { changed: false }
    );
}

#[test]
fn members_tell_when_and_by_whom_they_came_and_with_which_devices() {
    let t = &mut three(9);
    let all = members(&t.ann, t.list);
    let (sam, ann) = (&all[0], &all[1]);
    assert_eq!((sam.name.as_str(), ann.name.as_str()), ("Sam", "Ann"));
    assert_eq!(sam.invited_by, None);
    assert_eq!(ann.invited_by, Some(t.sam.did()));
    assert!(sam.joined_at.is_some() && ann.joined_at > sam.joined_at);
    assert_eq!(ann.devices.len(), 1);
    assert!(!ann.devices[0].revoked && ann.devices[0].name == "Ann");
}

#[test]
fn who_came_by_a_public_link_is_a_guest_of_the_relay() {
    let t = &mut three(10);
    let publish = Command::Publish { list: t.list };
    let public = link(t.sam.execute(&publish, &mut t.bench.env()).unwrap());
    sync(&mut t.sam, &mut t.relay, &mut t.bench);
    let mut eve = person(&mut t.bench, &t.relay, "Eve");
    let wire = |eve: &Replica, t: &mut Three| {
        let mut wire = Wire::new(eve, &t.relay, &mut t.bench);
        wire.relay = Session::relay(&t.relay, Admission::Invite, &mut t.bench.env()).unwrap();
        wire
    };
    let mut first = wire(&eve, t);
    first.run(&mut eve, &mut t.relay, &mut t.bench);
    let Link::Invite {
        document,
        grant,
        secret,
        ..
    } = &public
    else {
        panic!()
    };
    // Who is not admitted has said nothing of herself here: nobody hears of a guest without a name.
    let tells = |effects: &[Effect]| {
        let of_list = |effect: &Effect| matches!(effect, Effect::Document(it) if *it == t.list);
        effects.iter().any(of_list)
    };
    first.client.redeem(*document, *grant, secret).unwrap();
    let frame = first.client.poll_transmit(&eve).unwrap().unwrap();
    let mut env = t.bench.env();
    let taken = (t.relay).batch(|relay| first.relay.handle_frame(relay, &frame, &mut env));
    taken.unwrap();
    assert!(!tells(&first.relay.take_effects()));
    first.run(&mut eve, &mut t.relay, &mut t.bench);
    assert!(tells(&first.effects));
    assert_eq!(role(&eve, t.list, eve.did()), Some(Role::Viewer));
    let mut later = wire(&eve, t);
    later.run(&mut eve, &mut t.relay, &mut t.bench);
    assert!(later.client.is_in_sync());
    assert_eq!(refusals(&later), Vec::<&str>::new());
    // Lists of one's own are another matter: one is told that they stay here.
    list(&mut eve, &mut t.bench, "Mine");
    let mut own = wire(&eve, t);
    own.run(&mut eve, &mut t.relay, &mut t.bench);
    assert!(refusals(&own).contains(&"not-admitted"));
}
