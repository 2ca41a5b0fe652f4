//! Documents: their ids, their signed history, and the checks that every change passes.

mod audit;
mod audit_ops;
mod birth;
mod change;
mod change_error;
mod columns;
mod frame;
#[cfg(test)]
mod hostile;
mod ids;
mod leb;
pub mod limits;
mod op;
mod tip;

pub use birth::BIRTH_VERSION;
pub use change::{Change, EncodedChange};
pub use change_error::{ChangeError, OpFault, Unsupported};
pub use columns::{ColumnFault, LayoutFault};
pub use frame::FrameError;
pub use ids::{
    ActorId, ActorNonce, ChangeHash, DocumentId, DocumentIdError, DocumentKind, DocumentNonce,
    UnknownKind,
};
pub use leb::ReadFault;
pub use op::{Action, Key, ObjectId, Op, OpId, Scalar};
pub use tip::{TIP_INTERVAL, Tip, TipError, UnverifiedTip};
