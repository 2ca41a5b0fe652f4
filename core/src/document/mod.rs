//! Documents: their ids, their signed history, and the checks that every change passes.

mod audit;
mod change;
mod ids;
mod op;

pub use audit::ChangeError;
pub use change::{Change, EncodedChange};
pub use ids::{
    ActorId, ActorNonce, ChangeHash, DocumentId, DocumentIdError, DocumentKind, DocumentNonce,
    UnknownKind,
};
pub use op::{Action, Key, ObjectId, Op, OpId, Scalar};
