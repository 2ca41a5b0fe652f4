//! What happens in a list: what its members' signed changes did, and who its members are.
//!
//! [`happened`] is the only place that decides what is told about a list, and all of it comes from
//! the engine's record of who did what.

use std::collections::BTreeMap;

use jiff::Timestamp;
use poo_core::identity::Did;
use poo_core::membership::Role;
use poo_core::model::{Activity, ActivityAction, Answer, List, Member, Query, TaskId};
use poo_core::replica::Replica;
use serde::Serialize;

use crate::feed::Feed;
use crate::find::answer;
use crate::moment::Moment;
use crate::problem::Problem;

/// A list at one moment.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) list: List,
    members: BTreeMap<Did, Member>,
    feed: Feed,
}

/// Somebody, for programs and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Who {
    pub(super) did: Did,
    pub(super) name: String,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Happened {
    /// What.
    #[serde(flatten)]
    pub(super) what: What,
    /// Who did it; `null` where nobody is known to belong to the key that signed it.
    pub(super) by: Option<Who>,
    /// When, as its author claims.
    #[serde(serialize_with = "milliseconds")]
    pub(super) at: Timestamp,
    /// What it is told from, for people.
    #[serde(skip)]
    pub(super) row: Activity,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "event",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub(super) enum What {
    TaskCreated {
        task: TaskId,
        title: String,
    },
    TaskCompleted {
        task: TaskId,
        title: String,
    },
    TaskSkipped {
        task: TaskId,
        title: String,
    },
    TaskReopened {
        task: TaskId,
        title: String,
    },
    TaskAssigned {
        task: TaskId,
        title: String,
        /// Who it was given to; `null` where it was taken from somebody.
        assignee: Option<String>,
    },
    TaskCommented {
        task: TaskId,
        title: String,
        text: String,
    },
    TaskEdited {
        task: TaskId,
        title: String,
        /// The fields that were set.
        fields: Vec<String>,
    },
    TaskMoved {
        task: TaskId,
        title: String,
    },
    TaskDeleted {
        task: TaskId,
        title: String,
    },
    TaskRestored {
        task: TaskId,
        title: String,
    },
    /// A comment or a note was changed, taken back or brought back.
    CommentChanged {
        comment: String,
        action: ActivityAction,
    },
    ListCreated {
        title: String,
    },
    ListRenamed {
        title: String,
    },
    ListEdited {
        /// The fields that were set.
        fields: Vec<String>,
    },
    ListDeleted,
    ListRestored,
    Note {
        text: String,
    },
    MemberJoined {
        member: Who,
        role: Role,
    },
    /// A member gave up their access.
    MemberLeft {
        member: Who,
    },
    /// A member's access was taken from them.
    MemberRemoved {
        member: Who,
    },
    RoleChanged {
        member: Who,
        role: Role,
    },
}

/// Times as everywhere in the program's JSON.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives it so")]
fn milliseconds<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    format!("{at:.3}").serialize(serializer)
}

impl Seen {
    /// Looks at a list: what happened before is known.
    pub(super) fn look(replica: &Replica, list: &List) -> Result<Self, Problem> {
        Ok(Self {
            list: list.clone(),
            members: members(replica, list)?,
            feed: Feed::start(replica, Some(list.id))?,
        })
    }

    /// Somebody by name.
    pub(super) fn who(&self, did: Did) -> Who {
        let known = self.members.get(&did);
        let name = known.map_or_else(|| did.to_string(), |member| member.name.clone());
        Who { did, name }
    }
}

fn members(replica: &Replica, list: &List) -> Result<BTreeMap<Did, Member>, Problem> {
    let members = crate::find::members(replica, &Moment::now(), list.id)?.items;
    Ok(members.into_iter().map(|m| (m.did, m)).collect())
}

/// What happened since the last look.
pub(super) fn happened(replica: &Replica, seen: &mut Seen) -> Result<Vec<Happened>, Problem> {
    let query = Query::List { list: seen.list.id };
    seen.list = answer!(replica, Moment::now(), query, List, "list")?;
    seen.members = members(replica, &seen.list)?;
    let mut all = Vec::new();
    for row in seen.feed.news(replica)? {
        let Some(what) = of_row(&row) else {
            continue;
        };
        all.push(Happened {
            what,
            by: row.actor.map(|did| Who {
                did,
                name: row.actor_name.clone(),
            }),
            at: row.at,
            row,
        });
    }
    Ok(all)
}

/// What a row of the engine's record says.
fn of_row(row: &Activity) -> Option<What> {
    let detail = &row.detail;
    let title = row.task_title.as_ref().or(detail.title.as_ref());
    let title = title.cloned().unwrap_or_default();
    let text = detail.text.clone().unwrap_or_default();
    let fields = || -> Vec<String> {
        let fields = detail.fields.iter();
        fields.map(|edit| edit.field.clone()).collect()
    };
    Some(match (row.action, row.task, &row.comment) {
        (ActivityAction::Joined, _, _) => What::MemberJoined {
            member: member(row)?,
            role: detail.role?,
        },
        (ActivityAction::Left, _, _) => What::MemberLeft {
            member: member(row)?,
        },
        (ActivityAction::Removed, _, _) => What::MemberRemoved {
            member: member(row)?,
        },
        (ActivityAction::RoleChanged, _, _) => What::RoleChanged {
            member: member(row)?,
            role: detail.role?,
        },
        (ActivityAction::Note, _, _) => What::Note { text },
        (ActivityAction::Commented, Some(task), _) => What::TaskCommented { task, title, text },
        (action, _, Some(comment)) => What::CommentChanged {
            comment: comment.clone(),
            action,
        },
        (ActivityAction::Created, Some(task), None) => What::TaskCreated { task, title },
        (ActivityAction::Completed, Some(task), None) => What::TaskCompleted { task, title },
        (ActivityAction::Skipped, Some(task), None) => What::TaskSkipped { task, title },
        (ActivityAction::Reopened, Some(task), None) => What::TaskReopened { task, title },
        (ActivityAction::Assigned, Some(task), None) => What::TaskAssigned {
            task,
            title,
            assignee: row.member_name.clone(),
        },
        (ActivityAction::Edited, Some(task), None) => What::TaskEdited {
            task,
            title,
            fields: fields(),
        },
        (ActivityAction::Moved, Some(task), None) => What::TaskMoved { task, title },
        (ActivityAction::Deleted, Some(task), None) => What::TaskDeleted { task, title },
        (ActivityAction::Restored, Some(task), None) => What::TaskRestored { task, title },
        (ActivityAction::Created, None, None) => What::ListCreated { title },
        (ActivityAction::Edited, None, None) => match detail.fields.as_slice() {
            [only] if only.field == "title" => What::ListRenamed {
                title: only.new.clone().unwrap_or_default(),
            },
            _ => What::ListEdited { fields: fields() },
        },
        (ActivityAction::Deleted, None, None) => What::ListDeleted,
        (ActivityAction::Restored, None, None) => What::ListRestored,
        // The rest happens to tasks only.
        _ => return None,
    })
}

/// The member that a row is about.
fn member(row: &Activity) -> Option<Who> {
    Some(Who {
        did: row.detail.assignee.as_deref()?.parse().ok()?,
        name: row.member_name.clone()?,
    })
}
