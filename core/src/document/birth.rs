//! The first change of every document of a kind: the same bytes wherever it is made.
//!
//! Two replicas that each made the top-level maps would hide one another's content, so nobody
//! makes them: the maps come from this one change, which is accepted by its hash and signed by
//! nobody.

use sha2::{Digest as _, Sha256};

use super::{
    Action, ActorId, Change, DocumentKind, EncodedChange, Key, ObjectId, Op, OpId, Scalar,
};

/// The version of the shape that documents are born with.
pub const BIRTH_VERSION: u16 = 1;

const BIRTH_TAG: &[u8] = b"poo/birth/v1";
/// How many fields it sets, beside the maps that it makes.
const PUTS: usize = 2;

impl DocumentKind {
    /// The names of the top-level maps.
    #[must_use]
    pub const fn maps(self) -> &'static [&'static str] {
        match self {
            Self::List => &["comments", "items", "meta", "tags"],
            Self::Space => &["folders", "lists", "meta", "settings", "templates"],
            Self::Plain => &[],
        }
    }

    /// How many operations the birth change has: their counters are 1 to this.
    #[must_use]
    pub(crate) const fn birth_ops(self) -> usize {
        match self {
            Self::Plain => 0,
            _ => PUTS + self.maps().len(),
        }
    }

    /// The birth change. A plain document has none: its first writer makes what it needs.
    #[must_use]
    pub fn birth(self) -> Option<EncodedChange> {
        (self != Self::Plain).then(|| self.birth_change())
    }

    fn birth_change(self) -> EncodedChange {
        let digest = Sha256::new()
            .chain_update(BIRTH_TAG)
            .chain_update(self.as_str())
            .chain_update(BIRTH_VERSION.to_be_bytes())
            .finalize();
        let actor = ActorId::try_from(digest.get(..16).unwrap_or_default())
            .unwrap_or(ActorId::from_bytes([0; 16]));
        let puts: [_; PUTS] = [
            ("kind", Action::Put(Scalar::Str(self.as_str().to_owned()))),
            ("v", Action::Put(Scalar::Int(i64::from(BIRTH_VERSION)))),
        ];
        let makes = self.maps().iter().map(|name| (*name, Action::MakeMap));
        let ops = puts
            .into_iter()
            .chain(makes)
            .zip(1..)
            .map(|((key, action), counter)| Op {
                id: OpId { counter, actor },
                object: ObjectId::Root,
                key: Key::Map(key.to_owned()),
                action,
                insert: false,
                pred: Vec::new(),
            })
            .collect();
        Change {
            actor,
            seq: 1,
            start_op: 1,
            time_s: 0,
            message: None,
            deps: Vec::new(),
            ops,
        }
        .encode()
    }
}

#[cfg(test)]
mod tests {
    use automerge::ReadDoc as _;

    use super::*;

    /// These bytes are in every document ever made: they must never change.
    #[test]
    fn the_bytes_never_change() {
        assert_eq!(
            DocumentKind::List.birth().unwrap().hash().to_hex(),
            "f849175cc058b43b5d233f1bacea20aef8e51eb69eae6174b2e6fd6a6bb44102"
        );
        assert_eq!(
            DocumentKind::Space.birth().unwrap().hash().to_hex(),
            "149a115a5a80c8d7d944b2a33dc56fd5e865915ab730d2d998cf3679a7ee5a56"
        );
    }

    #[test]
    fn automerge_reads_it() {
        for kind in DocumentKind::ALL {
            let Some(birth) = kind.birth() else {
                assert_eq!(kind, DocumentKind::Plain);
                continue;
            };
            let mut doc = automerge::Automerge::new();
            let change = automerge::Change::from_bytes(birth.bytes().to_vec()).unwrap();
            doc.apply_changes([change]).unwrap();
            let (value, _) = doc.get(automerge::ROOT, "kind").unwrap().unwrap();
            assert_eq!(value.as_str(), Some(kind.as_str()));
            for name in kind.maps() {
                let (value, _) = doc.get(automerge::ROOT, *name).unwrap().unwrap();
                assert!(value.is_object());
            }
        }
    }
}
