//! `poo task move`.

use clap::{ArgGroup, Args};
use poo_core::model::{Command, MovePlace};

use super::{TaskArg, find_which, in_list, said, taken_or_given};
use crate::app::App;
use crate::problem::Problem;

/// Where to move a task.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("place").required(true).multiple(true))]
pub(crate) struct MoveArgs {
    #[command(flatten)]
    which: TaskArg,
    /// Below this task
    #[arg(long, value_name = "ID", group = "place")]
    parent: Option<String>,
    /// Out of its parent, to the top level
    #[arg(long, group = "place", conflicts_with = "parent")]
    top: bool,
    /// Right after this one of its siblings
    #[arg(long, value_name = "ID", group = "place", conflicts_with = "before")]
    after: Option<String>,
    /// Right before this one of its siblings
    #[arg(long, value_name = "ID", group = "place")]
    before: Option<String>,
}

/// Runs `poo task move`.
pub(super) fn move_task(app: &mut App, args: &MoveArgs) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let task = find_which(app, &home, &args.which)?;
    let parent = in_list(app, &home, task.list, &args.parent)?.pop();
    let place = MovePlace {
        parent: taken_or_given(args.top, parent),
        after: in_list(app, &home, task.list, &args.after)?.pop(),
        before: in_list(app, &home, task.list, &args.before)?.pop(),
    };
    let command = Command::MoveTask {
        list: task.list,
        task: task.id,
        place,
    };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    app.print(&outcome, |screen| said(screen, "Moved", &task))
}
