//! `poo task complete`, `skip`, `reopen`, `delete` and `restore`: of one task, or of many.

use poo_core::model::{Command, Outcome, Task};
use serde::Serialize;

use super::{TasksArg, said};
use crate::app::App;
use crate::find;
use crate::home::Opened;
use crate::moment;
use crate::problem::Problem;
use crate::when::Here;

/// What happens to tasks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// They are done.
    Complete,
    /// One time is left out.
    Skip,
    /// They are open again.
    Reopen,
    /// They go into the trash.
    Delete,
    /// They come out of it.
    Restore,
}

/// What became of one of several tasks, for programs.
#[derive(Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Done {
    Well {
        id: String,
        short_id: String,
        changed: bool,
    },
    Badly {
        id: String,
        error: Failure,
    },
}

#[derive(Debug, Serialize)]
struct Failure {
    code: &'static str,
    message: String,
}

impl Step {
    fn command(self, task: &Task) -> Command {
        let (list, task) = (task.list, task.id);
        let zone = moment::zone();
        match self {
            Self::Complete => Command::CompleteTask { list, task, zone },
            Self::Skip => Command::SkipTask { list, task, zone },
            Self::Reopen => Command::ReopenTask { list, task },
            Self::Delete => Command::DeleteTask { list, task },
            Self::Restore => Command::RestoreTask { list, task },
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Complete => "Done",
            Self::Skip => "Skipped once",
            Self::Reopen => "Open again",
            Self::Delete => "In the trash",
            Self::Restore => "Back",
        }
    }
}

/// Runs it on every task that is named, each for itself. It goes on after one that fails, and
/// ends with the first failure.
pub(super) fn run(app: &mut App, which: &TasksArg, step: Step) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let list = find::list_if(&home.replica, &app.moment, which.list.as_deref())?;
    if let [only] = which.tasks.as_slice() {
        let task = find::task(&home.replica, &app.moment, only, list)?;
        let outcome = carry_out(app, &mut home, &task, step)?;
        return tell(app, &home, &task, &outcome, step);
    }
    let mut first = None;
    let mut all = Vec::new();
    for text in &which.tasks {
        let found = find::task(&home.replica, &app.moment, text, list);
        let done = found.and_then(|task| {
            let outcome = carry_out(app, &mut home, &task, step)?;
            Ok((task, outcome))
        });
        match done {
            Ok((task, outcome)) if app.json => all.push(Done::Well {
                id: task.id.to_string(),
                short_id: task.short_id,
                changed: outcome != Outcome::Done { changed: false },
            }),
            Ok((task, outcome)) => tell(app, &home, &task, &outcome, step)?,
            Err(problem) => {
                all.push(Done::Badly {
                    id: text.clone(),
                    error: Failure {
                        code: problem.kind().code(),
                        message: problem.to_string(),
                    },
                });
                // The first is told at the end, with what to do next.
                if first.is_some() {
                    app.note(&problem.to_string());
                }
                first.get_or_insert(problem);
            }
        }
    }
    if app.json {
        app.print_json(&serde_json::json!({ "items": all }))?;
    }
    first.map_or(Ok(()), Err)
}

fn carry_out(
    app: &mut App,
    home: &mut Opened,
    task: &Task,
    step: Step,
) -> Result<Outcome, Problem> {
    let command = step.command(task);
    Ok(home.replica.execute(&command, &mut app.moment.env())?)
}

fn tell(
    app: &App,
    home: &Opened,
    task: &Task,
    outcome: &Outcome,
    step: Step,
) -> Result<(), Problem> {
    // Of a task that recurs there is a next time.
    let next = match step {
        Step::Complete | Step::Skip if task.recurrence.is_some() => {
            let id = task.id.to_string();
            let now = find::task(&home.replica, &app.moment, &id, Some(task.list))?;
            now.due.filter(|_| !now.done)
        }
        _ => None,
    };
    app.print(outcome, |screen| {
        if *outcome == (Outcome::Done { changed: false }) {
            return said(screen, "As it was", task);
        }
        said(screen, step.word(), task);
        if let Some(due) = &next {
            let due = Here::of(&app.moment).due(due);
            screen.line(&format!("        The next time is {due}"));
        }
    })
}
