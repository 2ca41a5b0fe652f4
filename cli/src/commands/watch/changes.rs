//! What happened in a list: the difference between two looks at it.
//!
//! [`happened`] is the only place that decides what is told about a list's content. It compares
//! read models; a feed made from the signed changes themselves can take its place.

use std::collections::BTreeMap;

use poo_core::identity::Did;
use poo_core::membership::Role;
use poo_core::model::{Answer, List, Member, Query, Status, Task, TaskFilter, TaskId};
use poo_core::replica::Replica;
use serde::Serialize;

use crate::find::answer;
use crate::moment::Moment;
use crate::problem::Problem;

/// The most tasks in one answer of the engine.
const PAGE: u32 = 10_000;

/// A list at one moment.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) list: List,
    pub(super) members: BTreeMap<Did, Member>,
    tasks: BTreeMap<TaskId, Task>,
    upto: i64,
}

/// Somebody, for programs and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Who {
    pub(super) did: Did,
    pub(super) name: String,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Happened {
    /// What.
    #[serde(flatten)]
    pub(super) what: What,
    /// Who did it; `null` where several wrote at once and it cannot be told apart.
    pub(super) by: Option<Who>,
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
    TaskReopened {
        task: TaskId,
        title: String,
    },
    TaskEdited {
        task: TaskId,
        title: String,
        /// The fields that differ.
        fields: Vec<&'static str>,
    },
    TaskDeleted {
        task: TaskId,
        title: String,
    },
    TaskRestored {
        task: TaskId,
        title: String,
    },
    ListRenamed {
        title: String,
    },
    ListDeleted,
    ListRestored,
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

impl Seen {
    /// Looks at a list.
    pub(super) fn look(replica: &Replica, list: &List) -> Result<Self, Problem> {
        let moment = Moment::now();
        let id = list.id;
        // First how far the log is: what comes while the rest is read is told the next time.
        let upto = replica.written(&id, i64::MAX)?.upto;
        let list = answer!(replica, moment, Query::List { list: id }, List, "list")?;
        let members = crate::find::members(replica, &moment, id)?;
        let mut tasks = BTreeMap::new();
        for deleted in [false, true] {
            let mut cursor = None;
            loop {
                let query = Query::Tasks {
                    list: Some(id),
                    filter: TaskFilter {
                        deleted,
                        ..TaskFilter::default()
                    },
                    limit: Some(PAGE),
                    cursor,
                };
                let page = answer!(replica, moment, query, Tasks, "tasks")?;
                tasks.extend(page.items.into_iter().map(|task| (task.id, task)));
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
        }
        Ok(Self {
            list,
            members: members.items.into_iter().map(|m| (m.did, m)).collect(),
            tasks,
            upto,
        })
    }

    /// Somebody by name.
    pub(super) fn who(&self, did: Did) -> Who {
        let known = self.members.get(&did);
        let name = known.map_or_else(|| did.to_string(), |member| member.name.clone());
        Who { did, name }
    }
}

/// What happened between two looks.
pub(super) fn happened(
    replica: &Replica,
    before: &Seen,
    after: &Seen,
) -> Result<Vec<Happened>, Problem> {
    let list = after.list.id;
    let writers = replica.written(&list, before.upto)?.by;
    let whole = whole(before, after);
    let mut all = Vec::new();
    for what in whole {
        let by = match (&what, writers.as_slice()) {
            (What::MemberJoined { .. } | What::MemberLeft { .. } | What::RoleChanged { .. }, _) => {
                None
            }
            (_, [only]) => Some(*only),
            (_, several) => match task_of(&what) {
                // The last to touch it, if they are among those who wrote now.
                Some(task) => replica
                    .last_writer(&list, &task)?
                    .filter(|did| several.contains(did)),
                None => None,
            },
        };
        all.push(Happened {
            what,
            by: by.map(|did| {
                if after.members.contains_key(&did) {
                    after.who(did)
                } else {
                    before.who(did)
                }
            }),
        });
    }
    Ok(all)
}

fn task_of(what: &What) -> Option<TaskId> {
    match what {
        What::TaskCreated { task, .. }
        | What::TaskCompleted { task, .. }
        | What::TaskReopened { task, .. }
        | What::TaskEdited { task, .. }
        | What::TaskDeleted { task, .. }
        | What::TaskRestored { task, .. } => Some(*task),
        _ => None,
    }
}

fn whole(before: &Seen, after: &Seen) -> Vec<What> {
    let mut all = Vec::new();
    if before.list.title != after.list.title {
        let title = after.list.title.clone();
        all.push(What::ListRenamed { title });
    }
    match (before.list.deleted_at, after.list.deleted_at) {
        (None, Some(_)) => all.push(What::ListDeleted),
        (Some(_), None) => all.push(What::ListRestored),
        _ => {}
    }
    for (did, member) in &after.members {
        let role = member.role;
        let who = || after.who(*did);
        match before.members.get(did) {
            None => all.push(What::MemberJoined {
                member: who(),
                role,
            }),
            Some(known) if known.role != role => {
                all.push(What::RoleChanged {
                    member: who(),
                    role,
                });
            }
            Some(_) => {}
        }
    }
    let gone = before.members.keys();
    for did in gone.filter(|did| !after.members.contains_key(*did)) {
        let member = before.who(*did);
        all.push(What::MemberLeft { member });
    }
    for (id, task) in &after.tasks {
        match before.tasks.get(id) {
            None => all.push(What::TaskCreated {
                task: *id,
                title: task.title.clone(),
            }),
            Some(known) => differences(known, task, &mut all),
        }
    }
    all
}

/// What happened to one task.
fn differences(before: &Task, after: &Task, all: &mut Vec<What>) {
    let (task, title) = (after.id, after.title.clone());
    match (before.deleted_at, after.deleted_at) {
        (None, Some(_)) => {
            all.push(What::TaskDeleted { task, title });
            return;
        }
        (Some(_), None) => all.push(What::TaskRestored {
            task,
            title: title.clone(),
        }),
        _ => {}
    }
    let done = |task: &Task| task.status == Status::Done;
    match (done(before), done(after)) {
        (false, true) => all.push(What::TaskCompleted {
            task,
            title: title.clone(),
        }),
        (true, false) => all.push(What::TaskReopened {
            task,
            title: title.clone(),
        }),
        _ => {}
    }
    let differ = [
        ("title", before.title != after.title),
        ("notes", before.notes != after.notes),
        ("url", before.url != after.url),
        (
            "status",
            before.status != after.status && done(before) == done(after),
        ),
        ("priority", before.priority != after.priority),
        ("due", before.due != after.due),
        ("parent", before.parent != after.parent),
        ("tags", before.tags != after.tags),
    ];
    let fields: Vec<&'static str> = differ
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect();
    if !fields.is_empty() {
        all.push(What::TaskEdited {
            task,
            title,
            fields,
        });
    }
}
