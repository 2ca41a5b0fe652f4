//! Documents: their ids, their signed history, and the checks that every change passes.

mod actor;
mod audit;
mod audit_ops;
mod birth;
mod change;
mod change_error;
mod chunk;
mod chunk_error;
mod chunk_history;
mod chunk_ops;
mod chunk_sections;
mod columns;
mod deflated;
mod frame;
#[cfg(test)]
mod hostile;
mod ids;
mod layout;
mod leb;
pub mod limits;
mod op;
mod rows;
mod tip;

pub use actor::ActorId;
pub use birth::BIRTH_VERSION;
pub use change::{Change, EncodedChange};
pub use change_error::{ChangeError, OpFault, Unsupported};
pub use chunk::{ChunkLimits, DocumentChunk};
pub use chunk_error::{ChunkError, EntryFault};
pub use columns::ColumnFault;
pub use frame::FrameError;
pub use ids::{
    ActorNonce, ChangeHash, DocumentId, DocumentIdError, DocumentKind, DocumentNonce, UnknownKind,
};
pub use layout::LayoutFault;
pub use leb::ReadFault;
pub(crate) use leb::{Reader, put_uleb};
pub use op::{Action, Key, ObjectId, Op, OpId, Scalar};
pub(crate) use tip::{Mark, Signer};
pub use tip::{TIP_INTERVAL, Tip, TipError, UnverifiedTip};
