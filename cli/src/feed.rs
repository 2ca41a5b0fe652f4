//! What happened since the last look, from the engine's record of who did what.

use poo_core::document::DocumentId;
use poo_core::model::Activity;
use poo_core::replica::{ActivitySubscription, Replica};

use crate::moment::Moment;
use crate::problem::Problem;

/// Follows what happens.
#[derive(Debug)]
pub(crate) struct Feed {
    subscription: ActivitySubscription,
}

impl Feed {
    /// Begins to follow one list, or all: what happened before is known.
    pub(crate) fn start(replica: &Replica, list: Option<DocumentId>) -> Result<Self, Problem> {
        let subscription = replica.subscribe_activity(list)?;
        Ok(Self { subscription })
    }

    /// What came since the last call, in the order in which it came; each is given once, however
    /// much comes at once.
    pub(crate) fn news(&mut self, replica: &Replica) -> Result<Vec<Activity>, Problem> {
        let mut new = Vec::new();
        loop {
            let more = replica.poll_activity(&mut self.subscription, Moment::now().time())?;
            if more.is_empty() {
                return Ok(new);
            }
            new.extend(more);
        }
    }
}
