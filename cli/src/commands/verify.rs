//! `poo verify`.

use clap::Args;
use poo_core::model::{Answer, Query, VerifyReport, Via};

use crate::app::App;
use crate::find::{self, answer};
use crate::problem::Problem;
use crate::progress::Progress;
use crate::screen::{Look, Screen, count};

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The list: its title, the beginning of it, or its id; another document: its whole id
    list: String,
}

/// Runs `poo verify`.
pub(crate) fn verify(app: &App, args: &VerifyArgs) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let id = args.list.strip_prefix("automerge:").unwrap_or(&args.list);
    let list = match id.parse() {
        // Documents of other programs have no title, and are in no list of lists.
        Ok(id) => id,
        Err(_) => find::list(&home.replica, &app.moment, &args.list)?.id,
    };
    let report = {
        let _progress = Progress::start("Checking", app.json);
        answer!(
            home.replica,
            app.moment,
            Query::Verify { list },
            Verified,
            "report"
        )?
    };
    app.print(&report, |screen| show(screen, &report))?;
    if report.ok {
        return Ok(());
    }
    Err(Problem::Unwell(format!(
        "{} does not hold: run `poo doctor`; if it finds nothing, ask the list's members for their copies",
        report.title
    )))
}

fn show(screen: &mut Screen, report: &VerifyReport) {
    screen.put(Look::Strong, &report.title).plain("  ");
    if report.ok {
        screen.put(Look::Good, "everything holds");
    } else {
        screen.put(Look::Warm, "not everything holds");
    }
    let changes = count(report.changes, "change");
    let statements = count(report.statements, "statement");
    screen
        .put(Look::Dim, &format!("  {changes}, {statements}"))
        .end();
    let rows: Vec<_> = report
        .authors
        .iter()
        .map(|author| {
            let via = match author.via {
                Via::Signed => "signed",
                Via::Witnessed => "witnessed by the relay",
            };
            let may = if author.may_write {
                ""
            } else {
                "may no longer write"
            };
            vec![
                (Look::Plain, author.name.clone()),
                (Look::Plain, count(author.changes, "change")),
                (Look::Dim, via.to_owned()),
                (Look::Dim, may.to_owned()),
            ]
        })
        .collect();
    screen.table(&rows);
    for problem in &report.problems {
        screen.put(Look::Warm, "- ").line(problem);
    }
}
