//! What happens in a list: what its members' signed changes did, and who its members are.
//!
//! [`happened`] is the only place that decides what is told about a list. What was done comes from
//! the engine's record of it; who may do what follows from statements, so members are compared.

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
    /// Who did it; `null` where that is not told.
    pub(super) by: Option<Who>,
    /// When, as its author claims; `null` where that is not told.
    #[serde(serialize_with = "milliseconds")]
    pub(super) at: Option<Timestamp>,
    /// What it is told from, for people.
    #[serde(skip)]
    pub(super) row: Option<Activity>,
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
    MemberLeft {
        member: Who,
    },
    RoleChanged {
        member: Who,
        role: Role,
    },
}

/// Times as everywhere in the program's JSON.
#[allow(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde gives it so"
)]
fn milliseconds<S: serde::Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    at.map(|at| format!("{at:.3}")).serialize(serializer)
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
    let before = std::mem::replace(&mut seen.members, members(replica, &seen.list)?);
    let mut all: Vec<Happened> = of_members(&before, &seen.members)
        .into_iter()
        .map(|what| Happened {
            what,
            by: None,
            at: None,
            row: None,
        })
        .collect();
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
            at: Some(row.at),
            row: Some(row),
        });
    }
    Ok(all)
}

/// Who came, who went, and who may do something else now.
fn of_members(before: &BTreeMap<Did, Member>, after: &BTreeMap<Did, Member>) -> Vec<What> {
    let who = |member: &Member| Who {
        did: member.did,
        name: member.name.clone(),
    };
    let mut all = Vec::new();
    for (did, now) in after {
        let (member, role) = (who(now), now.role);
        match before.get(did) {
            None => all.push(What::MemberJoined { member, role }),
            Some(known) if known.role != role => all.push(What::RoleChanged { member, role }),
            Some(_) => {}
        }
    }
    for (did, gone) in before {
        if !after.contains_key(did) {
            all.push(What::MemberLeft { member: who(gone) });
        }
    }
    all
}

/// What a row of the engine's record says. That somebody joined is told with their role.
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
        (ActivityAction::Joined, _, _) => return None,
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
