//! The bounds on everything that arrives from elsewhere. A bound is checked before memory is
//! taken for what it bounds.

/// The largest message between two peers.
pub const MESSAGE_BYTES_MAX: usize = 4 << 20;

/// The largest message of a client that cannot sign. Automerge's own sync puts all changes that
/// the other side lacks into one message, however many they are.
pub const STOCK_MESSAGE_BYTES_MAX: usize = 32 << 20;

/// The largest change chunk, header included.
pub const CHANGE_BYTES_MAX: usize = 1 << 20;

/// The largest document chunk, both as it arrives and with its columns inflated.
pub const DOCUMENT_BYTES_MAX: usize = 64 << 20;

/// The most operations in a document, deletions included.
pub const DOCUMENT_OPS_MAX: usize = 1_000_000;

/// The most changes in a document.
pub const DOCUMENT_CHANGES_MAX: usize = 1_000_000;

/// The most dependencies that the changes of a document may have together.
pub const DOCUMENT_DEPS_MAX: usize = 2_000_000;

/// The most bytes that the map keys of a document may take when each operation has its own.
pub const DOCUMENT_KEY_BYTES_MAX: usize = 64 << 20;

/// The most bytes that the changes of a document may have when each is encoded on its own.
pub const DOCUMENT_LOG_BYTES_MAX: usize = 256 << 20;

/// The stack that Automerge needs for any document within its limits, with room to spare. It
/// recurses over the graph of changes, one level for every 32 of them: 320,000 changes made for it
/// overflow 2 MiB, which ends the process, and 1,000,000 fit into 8 MiB.
pub const AUTOMERGE_STACK_BYTES: usize = 16 << 20;

/// The most actors in a document, and the most that one change may name beside its own.
pub const ACTORS_MAX: usize = 4_096;

/// The largest Lamport counter. Automerge keeps counters in 32 bits: a change near that end would
/// make every later write overflow, for ever.
pub const COUNTER_MAX: u64 = (1 << 31) - 1;

/// The largest sequence number of an actor's change (Automerge keeps it in 32 bits as well).
pub const SEQ_MAX: u64 = (1 << 31) - 1;

/// The time furthest from 1970 that a change may claim, in seconds: what a double holds exactly.
/// Automerge stores differences of times, which overflow at the ends of 64 bits.
pub const TIME_SECONDS_MAX: i64 = (1 << 53) - 1;

/// The most dependencies of a change: the heads of a document that many wrote concurrently.
pub const CHANGE_DEPS_MAX: usize = 1_024;

/// The most operations in a change.
pub const CHANGE_OPS_MAX: usize = 250_000;

/// The most predecessors named by the operations of a change, all together.
pub const CHANGE_PREDS_MAX: usize = 250_000;

/// The longest note that a change may carry about itself.
pub const CHANGE_NOTE_BYTES_MAX: usize = 1 << 10;

/// The longest key of a map.
pub const MAP_KEY_BYTES_MAX: usize = 256;

/// The most bytes that the map keys of a change may take when each operation has its own. On the
/// wire a repeated key costs nothing, so this is what stops a small change from growing large.
pub const CHANGE_KEY_BYTES_MAX: usize = 8 << 20;

/// The longest scalar text or byte string. What is longer belongs into a Text or an attachment.
pub const VALUE_BYTES_MAX: usize = 256 << 10;
