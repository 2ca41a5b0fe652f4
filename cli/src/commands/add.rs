//! `poo add`: a task in one line, as people say it.

use clap::Args;
use poo_core::model::{
    Answer, Command, List, NewTask, Outcome, Query, QuickAdd, Recurrence, TaskId,
};
use poo_core::replica::{QueryError, Replica};
use serde::Serialize;

use crate::app::App;
use crate::find::{self, answer};
use crate::moment::Moment;
use crate::problem::Problem;
use crate::screen::{Look, Screen};
use crate::understand;
use crate::when::Here;

/// The setting that names the list where tasks go.
pub(super) const DEFAULT_LIST: &str = "defaultList";

/// What to add.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// What is to be done, such as "Pay rent every month on the 1st 9am #home !high @ann /Home"; a
    /// backslash before a word leaves it as it is
    #[arg(required = true)]
    text: Vec<String>,
    /// The list, where the text names none
    #[arg(long)]
    list: Option<String>,
    /// Read 1/2 as the first of February
    #[arg(long)]
    day_first: bool,
    /// Only say what would be added
    #[arg(long)]
    dry_run: bool,
}

/// What was added, for programs.
#[derive(Debug, Serialize)]
struct Added<'a> {
    list: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<TaskId>,
    understood: &'a QuickAdd,
}

/// Runs `poo add`.
pub(crate) fn add(app: &mut App, args: &AddArgs) -> Result<(), Problem> {
    let text = args.text.join(" ");
    let mut home = if args.dry_run {
        app.home.open_to_read()?
    } else {
        app.home.open_to_write(&mut app.moment)?
    };
    let (replica, moment) = (&home.replica, &app.moment);
    let day_first = args.day_first || understand::day_first(replica, moment)?;
    let first = understand::line(replica, moment, &text, None, day_first)?;
    let list = which_list(replica, moment, &text, first.list.as_deref(), args)?;
    let me = find::me(replica, moment)?.name;
    let text = with_name(&text, &me);
    let said = understand::line(replica, moment, &text, Some(list.id), day_first)?;
    if let (None, Some(name)) = (&said.assignee, marked(&text, '@')) {
        return Err(Problem::UnknownMark {
            what: "member",
            mark: '@',
            name: name.to_owned(),
        });
    }
    let assignee = said.assignee.as_deref();
    let assignee = assignee.map(|name| find::member(replica, moment, list.id, name));
    let recurrence = said.recurrence.as_deref().map(str::parse::<Recurrence>);
    let recurrence = recurrence
        .transpose()
        .map_err(|error| Problem::Usage(error.to_string()))?;
    let task = NewTask {
        title: said.title.clone(),
        due: said.due.clone(),
        priority: said.priority,
        tags: said.tags.clone(),
        recurrence: recurrence.clone(),
        assignee: assignee.transpose()?.map(|member| member.did),
        ..NewTask::default()
    };
    let made = if args.dry_run {
        None
    } else {
        let list = list.id;
        let command = Command::CreateTask { list, task };
        match home.replica.execute(&command, &mut app.moment.env())? {
            Outcome::Task { task, .. } => Some(task),
            _ => return Err(Problem::Unexpected("task")),
        }
    };
    let added = Added {
        list: list.id.to_string(),
        task: made,
        understood: &said,
    };
    let here = Here::of(&app.moment);
    app.print(&added, |screen| {
        match made {
            Some(task) => screen.put(Look::Dim, &task.short()),
            None => screen.put(Look::Dim, "would add"),
        };
        screen.plain("  ").put(Look::Strong, &said.title);
        screen.put(Look::Dim, &format!("  in {}", list.title)).end();
        understood(screen, &said, recurrence.as_ref(), &here);
    })
}

/// What was read out of the text, beside the title.
fn understood(screen: &mut Screen, said: &QuickAdd, rule: Option<&Recurrence>, here: &Here) {
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String| {
        rows.push(vec![(Look::Dim, format!("  {name}")), (Look::Plain, value)]);
    };
    if let Some(due) = &said.due {
        let (words, date) = (here.due(due), here.place(due).0.to_string());
        row(
            "due",
            match words.contains(&date) {
                true => words,
                false => format!("{words} ({date})"),
            },
        );
    }
    if let Some(rule) = rule {
        row("repeats", rule.describe());
    }
    if !said.tags.is_empty() {
        let tags: Vec<String> = said.tags.iter().map(|tag| format!("#{tag}")).collect();
        row("tags", tags.join(" "));
    }
    if let Some(priority) = said.priority {
        row("priority", priority.to_string());
    }
    if let Some(name) = &said.assignee {
        row("for", name.clone());
    }
    screen.table(&rows);
}

/// The list that is meant: named in the text, by `--list`, by the setting, or the only one.
fn which_list(
    replica: &Replica,
    moment: &Moment,
    text: &str,
    in_text: Option<&str>,
    args: &AddArgs,
) -> Result<List, Problem> {
    if let Some(title) = in_text {
        return find::list(replica, moment, title);
    }
    if let Some(title) = &args.list {
        return find::list(replica, moment, title);
    }
    if let Some(name) = marked(text, '/') {
        return Err(Problem::UnknownMark {
            what: "list",
            mark: '/',
            name: name.to_owned(),
        });
    }
    let settings = answer!(replica, moment, Query::Settings, Settings, "settings")?;
    if let Some(name) = settings.get(DEFAULT_LIST) {
        return find::list(replica, moment, name).map_err(|problem| match problem {
            Problem::Query(QueryError::NotFound { .. }) => Problem::Usage(
                "the list that tasks go to by your settings is not here any more: set another one with `poo settings defaultList LIST`".to_owned(),
            ),
            other => other,
        });
    }
    let mut lists = find::lists(replica, moment, false)?;
    lists.retain(|list| !list.archived);
    match (lists.len(), lists.pop()) {
        (_, None) => Err(Problem::Usage(
            "there is no list yet: make one with `poo list create \"Groceries\"`".to_owned(),
        )),
        (1, Some(only)) => Ok(only),
        (_, Some(last)) => Err(Problem::Usage(format!(
            "say to which list: put /{} into the text, use --list, or set one for good with `poo settings defaultList LIST`",
            last.title
        ))),
    }
}

/// The first word behind a mark that was typed on purpose: not a path, not one with a backslash.
fn marked(text: &str, mark: char) -> Option<&str> {
    let mut words = text.split_whitespace();
    words.find_map(|word| {
        let name = word.strip_prefix(mark)?;
        let plain = name.starts_with(char::is_alphabetic) && !name.contains(mark);
        plain.then_some(name)
    })
}

/// The text with the person's own name where it says `@me`.
fn with_name(text: &str, name: &str) -> String {
    let words = text.split(' ').map(|word| match word {
        _ if word
            .strip_prefix('@')
            .is_some_and(|who| who.eq_ignore_ascii_case(find::ME)) =>
        {
            format!("@{name}")
        }
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_told_from_paths_and_from_what_is_left_alone() {
        assert_eq!(marked("Milk /Nope now", '/'), Some("Nope"));
        assert_eq!(marked("Call @bob", '@'), Some("bob"));
        for text in [
            "Read /etc/hosts",
            "and/or",
            "Milk \\/Nope",
            "1 / 2",
            "/",
            "a@b.example",
        ] {
            assert_eq!(marked(text, '/'), None, "{text}");
            assert_eq!(marked(text, '@'), None, "{text}");
        }
        assert_eq!(
            with_name("Call  @Me soon", "Sam Lee"),
            "Call  @Sam Lee soon"
        );
    }
}
