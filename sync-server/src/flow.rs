//! How much may be under way from sockets to the engine: who sends more has to wait, and is read
//! no further meanwhile.

use std::sync::Arc;

use poo_core::document::limits::MESSAGE_BYTES_MAX;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// What is counted: whole KiB, so that every frame costs something.
const UNIT_BYTES: usize = 1024;
/// Of one connection: two of the largest frames.
const CONNECTION_UNITS: usize = 2 * MESSAGE_BYTES_MAX / UNIT_BYTES;
/// Frames of one connection, however small.
const CONNECTION_FRAMES: usize = 64;
/// Of all connections together: 256 MiB.
const RELAY_UNITS: usize = 64 * MESSAGE_BYTES_MAX / UNIT_BYTES;

/// What all connections share.
#[derive(Clone)]
pub(crate) struct Flow {
    all: Arc<Semaphore>,
}

/// What one connection may have under way.
pub(crate) struct ConnectionFlow {
    all: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    frames: Arc<Semaphore>,
}

/// The room that a frame takes until the engine has taken it in.
pub(crate) struct Passage {
    since: Instant,
    _permits: [OwnedSemaphorePermit; 3],
}

impl Passage {
    fn new(permits: [OwnedSemaphorePermit; 3]) -> Self {
        Self {
            since: Instant::now(),
            _permits: permits,
        }
    }

    /// Since when the frame is under way.
    pub(crate) fn since(&self) -> Instant {
        self.since
    }
}

impl Flow {
    pub(crate) fn new() -> Self {
        Self {
            all: Arc::new(Semaphore::new(RELAY_UNITS)),
        }
    }

    pub(crate) fn connection(&self) -> ConnectionFlow {
        ConnectionFlow {
            all: Arc::clone(&self.all),
            bytes: Arc::new(Semaphore::new(CONNECTION_UNITS)),
            frames: Arc::new(Semaphore::new(CONNECTION_FRAMES)),
        }
    }
}

impl ConnectionFlow {
    /// Waits for room for a frame. `None` when the relay ends.
    pub(crate) async fn passage(&self, bytes: usize) -> Option<Passage> {
        // A message larger than all that a connection may have under way goes alone.
        let units = (bytes / UNIT_BYTES + 1).min(CONNECTION_UNITS);
        let units = u32::try_from(units).ok()?;
        // What is one's own first, so that nobody waits for themselves with others' room.
        let frame = Arc::clone(&self.frames).acquire_owned().await.ok()?;
        let own = Arc::clone(&self.bytes)
            .acquire_many_owned(units)
            .await
            .ok()?;
        let all = Arc::clone(&self.all).acquire_many_owned(units).await.ok()?;
        Some(Passage::new([frame, own, all]))
    }

    /// Room for a frame, if there is any now.
    pub(crate) fn try_passage(&self, bytes: usize) -> Option<Passage> {
        let units = u32::try_from(bytes / UNIT_BYTES + 1).ok()?;
        let frame = Arc::clone(&self.frames).try_acquire_owned().ok()?;
        let own = (Arc::clone(&self.bytes).try_acquire_many_owned(units)).ok()?;
        let all = (Arc::clone(&self.all).try_acquire_many_owned(units)).ok()?;
        Some(Passage::new([frame, own, all]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use poo_core::document::limits::STOCK_MESSAGE_BYTES_MAX;

    #[test]
    fn a_connection_has_only_so_much_under_way_and_leaves_room_for_others() {
        let flow = Flow::new();
        let greedy = flow.connection();
        let mut held = Vec::new();
        while let Some(passage) = greedy
            .passage(MESSAGE_BYTES_MAX - UNIT_BYTES)
            .now_or_never()
        {
            held.push(passage.unwrap());
            assert!(held.len() <= 2);
        }
        assert_eq!(held.len(), 2);
        assert!(
            flow.connection()
                .passage(MESSAGE_BYTES_MAX)
                .now_or_never()
                .is_some()
        );
        // The engine took one in.
        held.pop();
        assert!(greedy.passage(100).now_or_never().is_some());
        // The largest message of a stock client goes alone.
        let stock = flow.connection();
        let large = stock.passage(STOCK_MESSAGE_BYTES_MAX).now_or_never();
        assert!(large.is_some() && stock.passage(0).now_or_never().is_none());
        // Small frames are bounded by their number.
        let busy = flow.connection();
        let mut held = Vec::new();
        while let Some(passage) = busy.passage(0).now_or_never() {
            held.push(passage);
            assert!(held.len() <= CONNECTION_FRAMES);
        }
        assert_eq!(held.len(), CONNECTION_FRAMES);
    }
}
