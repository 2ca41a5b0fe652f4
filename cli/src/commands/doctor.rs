//! `poo doctor`.

use clap::Args;
use poo_core::replica::Health;

use crate::app::App;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::screen::{Look, Screen, count};

/// What to do about it.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Make everything that is shown again from the log of changes
    #[arg(long)]
    rebuild: bool,
}

/// Runs `poo doctor`.
pub(crate) fn doctor(app: &mut App, args: &DoctorArgs) -> Result<(), Problem> {
    let _progress = Progress::start("Checking", app.json);
    let home = if args.rebuild {
        let mut home = app.home.open_to_write(&mut app.moment)?;
        home.replica.rebuild()?;
        home
    } else {
        app.home.open_to_read()?
    };
    let health = home.replica.health()?;
    drop(_progress);
    app.print(&health, |screen| show(screen, &health))?;
    if health.ok {
        return Ok(());
    }
    Err(Problem::Unwell("not everything is well".to_owned()))
}

fn show(screen: &mut Screen, health: &Health) {
    if health.ok {
        screen.put(Look::Good, "All is well");
    } else {
        screen.put(Look::Warm, "Not all is well");
    }
    let documents = count(health.documents, "document");
    let changes = count(health.changes, "change");
    screen
        .put(Look::Dim, &format!("  {documents}, {changes}"))
        .end();
    for problem in &health.problems {
        screen.put(Look::Warm, "- ").line(problem);
    }
}
