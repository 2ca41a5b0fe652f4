//! Which events somebody wants, of those that they may see.

use std::collections::BTreeSet;

use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::model::{ActivityAction, Event, EventFilter};

/// What an event must be to be wanted. An empty part asks for nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Of one of these lists.
    pub(crate) lists: Option<BTreeSet<DocumentId>>,
    /// Of one of these kinds.
    pub(crate) kinds: Vec<EventFilter>,
    /// Where a task is given to somebody: to this one.
    pub(crate) assignee: Option<Did>,
}

impl Filter {
    /// Whether an event is wanted.
    pub(crate) fn admits(&self, event: &Event) -> bool {
        let in_lists = match &self.lists {
            Some(lists) => lists.contains(&event.activity.list),
            None => true,
        };
        let of_kind =
            self.kinds.is_empty() || self.kinds.iter().any(|kind| kind.admits(event.kind));
        let to_them = match &self.assignee {
            Some(did) if event.activity.action == ActivityAction::Assigned => {
                event.activity.detail.assignee.as_deref() == Some(&*did.to_string())
            }
            Some(_) => false,
            None => true,
        };
        in_lists && of_kind && to_them
    }
}
