//! Documents: their ids, their signed history, and the checks that every change passes.

mod ids;

pub use ids::{
    ActorId, ActorNonce, ChangeHash, DocumentId, DocumentIdError, DocumentKind, DocumentNonce,
    UnknownKind,
};
