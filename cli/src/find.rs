//! From what a person typed to what the engine knows it by.

use std::collections::BTreeMap;

use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::model::{Answer, Identity, List, Member, Page, Query, Task};
use poo_core::replica::{QueryError, Replica};

use crate::moment::Moment;
use crate::problem::Problem;

/// What people call themselves, and nobody else.
pub(crate) const ME: &str = "me";
/// The most candidates that an ambiguous name lists.
const CANDIDATES_MAX: usize = 5;

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

/// The member that a name, the beginning of one, or a DID names; `me` is the person themselves.
pub(crate) fn member(
    replica: &Replica,
    moment: &Moment,
    list: DocumentId,
    text: &str,
) -> Result<Member, Problem> {
    let text = text.trim();
    let text = text.strip_prefix('@').unwrap_or(text).to_owned();
    if text.eq_ignore_ascii_case(ME) {
        let members = members(replica, moment, list)?.items;
        if let Some(me) = members.into_iter().find(|member| member.me) {
            return Ok(me);
        }
    }
    answer!(
        replica,
        moment,
        Query::FindMember { list, text },
        Member,
        "member"
    )
}

/// The member of any list that a person means by a name, the beginning of one, or a DID.
pub(crate) fn member_anywhere(
    replica: &Replica,
    moment: &Moment,
    text: &str,
) -> Result<Did, Problem> {
    let mut all: BTreeMap<Did, Member> = BTreeMap::new();
    for list in lists(replica, moment, false)? {
        let found = members(replica, moment, list.id)?.items.into_iter();
        all.extend(found.map(|member| (member.did, member)));
    }
    let text = text.trim();
    let text = text.strip_prefix('@').unwrap_or(text);
    let all = all.into_values().collect();
    named("member", all, text, |member: &Member| {
        (member.did.to_string(), member.name.clone())
    })
    .map(|member| member.did)
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

/// Every list, those out of use too where `all` says so.
pub(crate) fn lists(replica: &Replica, moment: &Moment, all: bool) -> Result<Vec<List>, Problem> {
    let lists = answer!(replica, moment, Query::Lists { all }, Lists, "lists")?;
    Ok(lists.items)
}

/// Of things with a name and an id, the one that a text names: by its id or the end of it, by its
/// name, or by the beginning of that.
pub(crate) fn named<T>(
    what: &'static str,
    all: Vec<T>,
    text: &str,
    names: impl Fn(&T) -> (String, String),
) -> Result<T, Problem> {
    let typed = text.trim();
    let folded = typed.to_lowercase();
    let by_id = |id: &str, name: &str| id == typed || name == folded;
    let by_short_id = |id: &str, _: &str| typed.len() >= 6 && id.ends_with(&folded);
    let by_beginning = |_: &str, name: &str| !folded.is_empty() && name.starts_with(&folded);
    for step in 0..3 {
        let of = |it: &T| {
            let (id, name) = names(it);
            let name = name.to_lowercase();
            match step {
                0 => by_id(&id, &name),
                1 => by_short_id(&id, &name),
                _ => by_beginning(&id, &name),
            }
        };
        let candidates: Vec<usize> = (0..all.len())
            .filter(|at| all.get(*at).is_some_and(of))
            .collect();
        match candidates.as_slice() {
            [] => {}
            [only] => {
                let found = all.into_iter().nth(*only);
                return found.ok_or(Problem::Unexpected(what));
            }
            several => {
                let candidates = several.iter().take(CANDIDATES_MAX).filter_map(|at| {
                    let (id, name) = names(all.get(*at)?);
                    Some(format!("{name} ({id})"))
                });
                return Err(Problem::Query(QueryError::Ambiguous {
                    what,
                    text: typed.to_owned(),
                    candidates: candidates.collect(),
                }));
            }
        }
    }
    Err(Problem::Query(QueryError::NotFound {
        what,
        text: typed.to_owned(),
    }))
}

/// A tag as it is stored: people also write it with `#`.
pub(crate) fn tag(text: &str) -> String {
    let text = text.trim();
    text.strip_prefix('#').unwrap_or(text).to_owned()
}
