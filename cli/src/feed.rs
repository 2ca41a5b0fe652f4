//! What happened since the last look, from the engine's record of who did what.

use std::collections::BTreeSet;

use poo_core::document::DocumentId;
use poo_core::model::{Activity, Answer, Query};
use poo_core::replica::Replica;

use crate::find::answer;
use crate::moment::Moment;
use crate::problem::Problem;

/// So far back what happened can still come in: the most that the engine gives at once. What was
/// done offline longer ago than that stands in the list all the same, and in its whole history.
const LOOKED_AT: u32 = 1_000;

/// Follows what happens.
#[derive(Debug)]
pub(crate) struct Feed {
    list: Option<DocumentId>,
    seen: BTreeSet<String>,
}

impl Feed {
    /// Begins to follow one list, or all: what happened before is known.
    pub(crate) fn start(replica: &Replica, list: Option<DocumentId>) -> Result<Self, Problem> {
        let mut feed = Self {
            list,
            seen: BTreeSet::new(),
        };
        feed.news(replica)?;
        Ok(feed)
    }

    /// What came since the last call, the earliest first. It comes in any order of time, since
    /// others may have done it offline; each is given once.
    pub(crate) fn news(&mut self, replica: &Replica) -> Result<Vec<Activity>, Problem> {
        let moment = Moment::now();
        let query = Query::Activity {
            list: self.list,
            task: None,
            limit: Some(LOOKED_AT),
            cursor: None,
        };
        let page = answer!(replica, moment, query, Activity, "activity")?;
        let mut new: Vec<Activity> = page
            .items
            .into_iter()
            .filter(|row| self.seen.insert(row.id.clone()))
            .collect();
        new.reverse();
        Ok(new)
    }
}
