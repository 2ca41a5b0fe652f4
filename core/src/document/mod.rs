//! Documents: their ids, their signed history, and the checks that every change passes.

mod audit;
mod audit_ops;
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
