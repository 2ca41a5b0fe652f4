//! Documents: their ids, their signed history, and the checks that every change passes.

mod audit;
mod birth;
mod change;
mod ids;
mod op;
mod tip;

pub use audit::ChangeError;
pub use birth::BIRTH_VERSION;
pub use change::{Change, EncodedChange};
pub use ids::{
    ActorId, ActorNonce, ChangeHash, DocumentId, DocumentIdError, DocumentKind, DocumentNonce,
    UnknownKind,
};
pub use op::{Action, Key, ObjectId, Op, OpId, Scalar};
pub use tip::{TIP_INTERVAL, Tip, TipError, UnverifiedTip};
