//! From what a person typed to what the engine knows it by.

use poo_core::document::DocumentId;
use poo_core::model::{Answer, Identity, List, Member, Page, Query, Task};
use poo_core::replica::Replica;

use crate::moment::Moment;
use crate::problem::Problem;

/// The engine's answer, taken apart. Each query has one kind of answer.
macro_rules! answer {
    ($replica:expr, $moment:expr, $query:expr, $kind:ident, $what:literal) => {
        match $replica.query(&$query, $moment.time())? {
            Answer::$kind(found) => Ok(found),
            _ => Err(Problem::Unexpected($what)),
        }
    };
}
pub(crate) use answer;

/// The list that a title, the beginning of one, or an id names.
pub(crate) fn list(replica: &Replica, moment: &Moment, text: &str) -> Result<List, Problem> {
    let text = text.to_owned();
    answer!(replica, moment, Query::FindList { text }, List, "list")
}

/// The same, where a list is named at all.
pub(crate) fn list_if(
    replica: &Replica,
    moment: &Moment,
    text: Option<&str>,
) -> Result<Option<DocumentId>, Problem> {
    let found = text.map(|text| list(replica, moment, text)).transpose()?;
    Ok(found.map(|list| list.id))
}

/// The task that an id or the end of one names.
pub(crate) fn task(
    replica: &Replica,
    moment: &Moment,
    text: &str,
    list: Option<DocumentId>,
) -> Result<Task, Problem> {
    let text = text.to_owned();
    answer!(
        replica,
        moment,
        Query::FindTask { text, list },
        Task,
        "task"
    )
}

/// The member that a name, the beginning of one, or a DID names.
pub(crate) fn member(
    replica: &Replica,
    moment: &Moment,
    list: DocumentId,
    text: &str,
) -> Result<Member, Problem> {
    let text = text.to_owned();
    answer!(
        replica,
        moment,
        Query::FindMember { list, text },
        Member,
        "member"
    )
}

/// Everybody in a list.
pub(crate) fn members(
    replica: &Replica,
    moment: &Moment,
    list: DocumentId,
) -> Result<Page<Member>, Problem> {
    answer!(replica, moment, Query::Members { list }, Members, "members")
}

/// Who this home acts for.
pub(crate) fn me(replica: &Replica, moment: &Moment) -> Result<Identity, Problem> {
    answer!(replica, moment, Query::Whoami, Identity, "identity")
}
