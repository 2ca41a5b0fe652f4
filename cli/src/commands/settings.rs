//! `poo settings`: one's preferences, on all of one's devices.

use clap::Args;
use poo_core::model::{Answer, Command, Query};
use poo_core::replica::{QueryError, Replica};

use super::add::DEFAULT_LIST;
use crate::app::App;
use crate::find::{self, answer};
use crate::moment::Moment;
use crate::problem::Problem;
use crate::screen::Look;
use crate::understand::DAY_FIRST;

/// Which setting.
#[derive(Debug, Args)]
pub(crate) struct SettingsArgs {
    /// Which: `defaultList` is where `poo add` puts tasks, `dayFirst` reads 1/2 as the first of
    /// February
    name: Option<String>,
    /// Its new value
    value: Option<String>,
    /// Take it off
    #[arg(long, requires = "name", conflicts_with = "value")]
    unset: bool,
}

/// Runs `poo settings`.
pub(crate) fn settings(app: &mut App, args: SettingsArgs) -> Result<(), Problem> {
    match (args.name, args.value) {
        (Some(name), None) if args.unset => set(app, name, None),
        (Some(name), Some(value)) => set(app, name, Some(value)),
        (name, _) => get(app, name.as_deref()),
    }
}

fn get(app: &App, name: Option<&str>) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let all = answer!(
        home.replica,
        app.moment,
        Query::Settings,
        Settings,
        "settings"
    )?;
    if let Some(name) = name {
        let value = all.get(name).ok_or_else(|| QueryError::NotFound {
            what: "setting",
            text: name.to_owned(),
        })?;
        let answer = serde_json::json!({ "name": name, "value": value });
        return app.print(&answer, |screen| {
            screen.line(&shown(&home.replica, &app.moment, name, value));
        });
    }
    app.print(&all, |screen| {
        if all.is_empty() {
            screen.line("Nothing is set. Say where tasks go with: poo settings defaultList LIST");
        }
        let rows: Vec<_> = all
            .iter()
            .map(|(name, value)| {
                let value = shown(&home.replica, &app.moment, name, value);
                vec![(Look::Dim, name.clone()), (Look::Plain, value)]
            })
            .collect();
        screen.table(&rows);
    })
}

/// People read the list's title, not the id that is kept so that it can be renamed.
fn shown(replica: &Replica, moment: &Moment, name: &str, value: &str) -> String {
    if name == DEFAULT_LIST
        && let Ok(list) = find::list(replica, moment, value)
    {
        return list.title;
    }
    value.to_owned()
}

fn set(app: &mut App, name: String, value: Option<String>) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let value = match (name.as_str(), value) {
        (DEFAULT_LIST, Some(text)) => {
            let list = find::list(&home.replica, &app.moment, &text)?;
            Some(list.id.to_string())
        }
        (DAY_FIRST, Some(text)) => Some(yes_or_no(&text)?.to_owned()),
        (_, value) => value,
    };
    let said = match &value {
        Some(value) => {
            let value = shown(&home.replica, &app.moment, &name, value);
            format!("{name} is {value} now")
        }
        None => format!("{name} is not set any more"),
    };
    let command = Command::SetSetting { name, value };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    app.print(&outcome, |screen| {
        screen.line(&said);
    })
}

fn yes_or_no(text: &str) -> Result<&'static str, Problem> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "on" => Ok("true"),
        "false" | "no" | "off" => Ok("false"),
        _ => Err(Problem::Usage(format!(
            "`{text}` is neither yes nor no: use one of them"
        ))),
    }
}
