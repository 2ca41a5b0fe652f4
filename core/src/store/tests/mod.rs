//! The accept rule and the operation index, fed with changes that no honest program makes, and
//! compared with Automerge on those that one does.

mod accept;
mod oracle;

use rusqlite::Connection;

use super::{Acceptor, Actors, DocumentRow, Quarantine, Refusal, Store, give_birth, statements};
use crate::document::{
    Action, ActorId, ActorNonce, BIRTH_VERSION, Change, ChangeHash, DocumentId, DocumentKind,
    DocumentNonce, EncodedChange, Key, ObjectId, Op, OpId, Scalar, Tip,
};
use crate::identity::{Did, Keypair};
use crate::membership::{Genesis, Grant, GrantNonce, Grantee, Payload, Role, Statement};

/// A list in a database in memory, with an owner and an editor who sign with their identity
/// keys, and a stranger.
pub(super) struct Bed {
    store: Store,
    document: DocumentRow,
    actors: Actors,
    waiting: Quarantine,
    pub(super) owner: Keypair,
    pub(super) editor: Keypair,
    pub(super) stranger: Keypair,
}

impl Bed {
    pub(super) fn new() -> Self {
        let [owner, editor, stranger] = [1, 2, 3].map(|seed| Keypair::from_seed(&[seed; 32]));
        let genesis = Genesis {
            owner: Did::from_key(owner.public()),
            nonce: DocumentNonce::Random([7; 16]),
            kind: DocumentKind::List,
            version: BIRTH_VERSION,
            home: None,
            created_at_ms: 0,
            chosen_id: None,
        };
        let id = genesis.document();
        let grant = Grant {
            document: id,
            to: Grantee::Did(Did::from_key(editor.public())),
            role: Role::Editor,
            nonce: GrantNonce::from_bytes([8; 16]),
            issued_at_ms: 0,
        };
        let store = Store::open_in_memory().unwrap();
        for payload in [Payload::Genesis(genesis), Payload::Grant(grant)] {
            let statement = Statement::sign(payload, &owner).unwrap();
            statements::put(store.conn(), &statement).unwrap();
        }
        let mut document = DocumentRow::create(store.conn(), &id, DocumentKind::List).unwrap();
        let mut actors = Actors::default();
        give_birth(store.conn(), &mut document, &mut actors).unwrap();
        Self {
            store,
            document,
            actors,
            waiting: Quarantine::default(),
            owner,
            editor,
            stranger,
        }
    }

    pub(super) fn conn(&self) -> &Connection {
        self.store.conn()
    }

    pub(super) fn id(&self) -> DocumentId {
        self.document.id
    }

    pub(super) fn heads(&self) -> &[ChangeHash] {
        &self.document.heads
    }

    pub(super) fn max_op(&self) -> u64 {
        self.document.max_op
    }

    pub(super) fn actors(&self) -> &Actors {
        &self.actors
    }

    pub(super) fn document(&self) -> &DocumentRow {
        &self.document
    }

    /// The actor under which a key writes here.
    pub(super) fn actor(&self, key: &Keypair) -> ActorId {
        ActorId::derive(&key.public(), &self.document.id, &nonce())
    }

    pub(super) fn tip(&self, key: &Keypair, change: &EncodedChange) -> Tip {
        Tip::sign(
            key,
            &self.document.id,
            nonce(),
            change.change().seq,
            change.hash(),
            None,
        )
    }

    /// The object of a top-level map.
    pub(super) fn map(&self, name: &str) -> ObjectId {
        let birth = DocumentKind::List.birth().unwrap();
        let op = birth
            .change()
            .ops
            .iter()
            .find(|op| op.key == Key::Map(name.to_owned()));
        ObjectId::Made(op.unwrap().id)
    }

    /// A change on top of everything that is here.
    pub(super) fn next(&self, key: &Keypair, ops: impl FnOnce(Maker) -> Vec<Op>) -> Change {
        let actor = self.actor(key);
        let known = self.actors.get(&actor);
        let start_op = self.document.max_op + 1;
        let mut deps = self.document.heads.clone();
        if let Some(hash) = known.and_then(|k| k.hash)
            && !deps.contains(&hash)
        {
            deps.push(hash);
        }
        deps.sort_unstable();
        Change {
            actor,
            seq: known.map_or(0, |k| k.seq) + 1,
            start_op,
            time_s: 0,
            message: None,
            deps,
            ops: ops(Maker { actor, start_op }),
        }
    }

    /// A change that makes an item.
    pub(super) fn item(&self, key: &Keypair, n: u8) -> Change {
        let items = self.map("items");
        self.next(key, |make| {
            let name = format!("01890000-0000-7000-8000-0000000000{n:02x}");
            let item = make.op(0, items, &name, Action::MakeMap);
            let object = ObjectId::Made(item.id);
            vec![
                item,
                make.op(
                    1,
                    object,
                    "title",
                    Action::Put(Scalar::Str(format!("Item {n}"))),
                ),
                make.op(2, object, "notes", Action::MakeText),
            ]
        })
    }

    /// Offers changes and tips; with `complete` nothing may wait.
    pub(super) fn offer(
        &mut self,
        changes: Vec<EncodedChange>,
        tips: Vec<Tip>,
        complete: bool,
    ) -> (usize, Vec<(ChangeHash, Refusal)>) {
        for tip in tips {
            self.waiting.push_tip(tip);
        }
        for change in changes {
            let audited = EncodedChange::audit(change.bytes()).unwrap();
            assert!(self.waiting.push(audited));
        }
        let authority = statements::authority(self.store.conn(), &self.document.id).unwrap();
        let accepted = Acceptor {
            conn: self.store.conn(),
            document: &mut self.document,
            actors: &mut self.actors,
            authority: &authority,
            received: None,
        }
        .run(&mut self.waiting, complete)
        .unwrap();
        super::refresh(
            self.store.conn(),
            &self.document,
            &self.actors,
            &accepted.touched,
        )
        .unwrap();
        (accepted.added, accepted.refused)
    }

    /// Offers one signed change and says what became of it.
    pub(super) fn try_one(&mut self, key: &Keypair, change: Change) -> Result<(), Refusal> {
        let encoded = change.encode();
        let tip = self.tip(key, &encoded);
        let (added, refused) = self.offer(vec![encoded], vec![tip], true);
        match refused.first() {
            None => {
                assert_eq!(added, 1);
                Ok(())
            }
            Some((_, refusal)) => {
                assert_eq!(added, 0);
                Err(*refusal)
            }
        }
    }
}

fn nonce() -> ActorNonce {
    ActorNonce::from_bytes([9; 16])
}

/// Numbers the operations of a change.
#[derive(Clone, Copy)]
pub(super) struct Maker {
    actor: ActorId,
    start_op: u64,
}

impl Maker {
    pub(super) fn id(self, index: u64) -> OpId {
        OpId {
            counter: self.start_op + index,
            actor: self.actor,
        }
    }

    pub(super) fn op(self, index: u64, object: ObjectId, key: &str, action: Action) -> Op {
        Op {
            id: self.id(index),
            object,
            key: Key::Map(key.to_owned()),
            action,
            insert: false,
            pred: Vec::new(),
        }
    }

    pub(super) fn insert(self, index: u64, object: ObjectId, after: Key, text: &str) -> Op {
        Op {
            id: self.id(index),
            object,
            key: after,
            action: Action::Put(Scalar::Str(text.to_owned())),
            insert: true,
            pred: Vec::new(),
        }
    }
}
