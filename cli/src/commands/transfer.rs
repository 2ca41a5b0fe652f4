//! `poo import` and `poo export`.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;
use poo_core::model::interchange::{
    INPUT_BYTES_MAX, ImportWarning, LIST_TITLE_CHARS_MAX, import_icalendar, import_json,
    import_markdown, import_todoist_csv, import_todotxt,
};
use poo_core::model::{Answer, Command, ExportFormat, Outcome, Query};

use super::files;
use crate::app::App;
use crate::find::{self, answer};
use crate::home::file_problem;
use crate::moment::Moment;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::screen::{Screen, count};

/// Input beyond it is not read.
const INPUT_LEN_MAX: u64 = INPUT_BYTES_MAX as u64;
/// How much of a text is looked at to tell what it is.
const TOLD_BY_LINES: usize = 50;

/// What to add, and where.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The file; - reads stdin
    file: PathBuf,
    /// The list: its title, the beginning of it, or its id; a new one, titled as the file says,
    /// unless told
    #[arg(long)]
    list: Option<String>,
    /// What the file holds
    #[arg(long, value_enum, default_value_t = ImportFormat::Auto)]
    format: ImportFormat,
    /// The zone of times that name none (.ics, .csv), as in Europe/Berlin; yours unless told
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    zone: Option<TimeZone>,
}

fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| "write it as Europe/Berlin, or UTC".to_owned())
}

/// The forms that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportFormat {
    /// Told by the file's name, else by its content
    Auto,
    /// todo.txt
    #[value(name = "todo.txt")]
    TodoTxt,
    /// A Markdown task list
    Markdown,
    /// JSON
    Json,
    /// The CSV that Todoist exports
    TodoistCsv,
    /// iCalendar (.ics)
    #[value(alias = "ics")]
    Icalendar,
}

/// What to write, and how.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The list: its title, the beginning of it, or its id
    list: String,
    /// The form to write it in
    #[arg(long, value_enum)]
    format: TextFormat,
    /// The file to write; stdout unless told
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The forms that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextFormat {
    /// JSON with every field
    Json,
    /// A Markdown task list
    Markdown,
    /// todo.txt
    #[value(name = "todo.txt")]
    TodoTxt,
    /// iCalendar (.ics)
    #[value(alias = "ics")]
    Icalendar,
}

impl From<TextFormat> for ExportFormat {
    fn from(format: TextFormat) -> Self {
        match format {
            TextFormat::Json => Self::Json,
            TextFormat::Markdown => Self::Markdown,
            TextFormat::TodoTxt => Self::TodoTxt,
            TextFormat::Icalendar => Self::Icalendar,
        }
    }
}

/// A text from the command line, or from stdin where it is `-`.
pub(super) fn text_or_stdin(text: String) -> Result<String, Problem> {
    if text == "-" {
        let path = Path::new("-");
        let bytes = read(path)?;
        return as_text(path, &bytes).map(str::to_owned);
    }
    Ok(text)
}

/// Reads a file, or stdin for `-`.
fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let limit = INPUT_LEN_MAX + 1;
    let outcome = if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    outcome.map_err(|source| file_problem(path, source))?;
    if bytes.len() as u64 > INPUT_LEN_MAX {
        let name = path.display();
        return Err(Problem::Usage(format!(
            "{name} is larger than 16 MiB: split it into parts"
        )));
    }
    Ok(bytes)
}

fn as_text<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str, Problem> {
    std::str::from_utf8(bytes).map_err(|_| {
        let name = path.display();
        Problem::Usage(format!("{name} is no UTF-8 text: convert it first"))
    })
}

/// Runs `poo import`.
pub(crate) fn import(app: &mut App, args: &ImportArgs) -> Result<(), Problem> {
    let bytes = read(&args.file)?;
    let format = match args.format {
        ImportFormat::Auto => told_by(&args.file, &String::from_utf8_lossy(&bytes)),
        format => format,
    };
    let text = match format {
        // What is no UTF-8 in these is for their readers to say, by line.
        ImportFormat::TodoistCsv | ImportFormat::Icalendar => "",
        _ => as_text(&args.file, &bytes)?,
    };
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let given = args.list.as_ref();
    let list = given.map(|given| find::list(&home.replica, &app.moment, given));
    let list = list.transpose()?;
    let (title, outcome, absent, warnings) = {
        let _progress = Progress::start("Importing", app.json);
        let zone = args.zone.clone().unwrap_or_else(Moment::zone);
        let import = match format {
            ImportFormat::Json => import_json(text)?,
            ImportFormat::Markdown => import_markdown(text)?,
            ImportFormat::TodoTxt | ImportFormat::Auto => import_todotxt(text)?,
            ImportFormat::TodoistCsv => import_todoist_csv(&bytes, &zone)?,
            ImportFormat::Icalendar => import_icalendar(&bytes, &zone)?,
        };
        let absent = files::take_in(&mut home.replica, &args.file, &import.tasks)?;
        let (list, title) = match list {
            Some(list) => (list.id, list.title),
            None => {
                let title = import.title.unwrap_or_else(|| title_of(&args.file));
                let title = title.trim().to_owned();
                let command = Command::CreateList {
                    title: title.clone(),
                };
                match home.replica.execute(&command, &mut app.moment.env())? {
                    Outcome::List { list } => (list, title),
                    _ => return Err(Problem::Unexpected("list")),
                }
            }
        };
        let command = Command::ImportTasks {
            list,
            tasks: import.tasks,
            look: import.look,
            zone: zone.iana_name().map(str::to_owned),
        };
        let outcome = home.replica.execute(&command, &mut app.moment.env())?;
        (title, outcome, absent, import.warnings)
    };
    app.print(&outcome, |screen| {
        let made = match &outcome {
            Outcome::Tasks { tasks, .. } => tasks.len() as u64,
            _ => 0,
        };
        let made = count(made, "task");
        screen.line(&format!("Added {made} to {title}"));
    })?;
    for name in absent {
        let folder = files::folder_of(&args.file);
        let folder = folder.display();
        app.warn(
            &serde_json::json!({ "file": name, "folder": folder.to_string() }),
            &format!("{name} is not in {folder}: the notes of its task name it"),
        );
    }
    for warning in &warnings {
        let ImportWarning { line, text, reason } = warning;
        let file = args.file.display();
        app.warn(warning, &format!("{file}:{line}: {reason}: {text}"));
    }
    Ok(())
}

/// What a list is called that comes from a file which does not say.
fn title_of(path: &Path) -> String {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let stem = stem.filter(|stem| *stem != "-" && !stem.trim().is_empty());
    let title = stem.unwrap_or("Imported").chars();
    title.take(LIST_TITLE_CHARS_MAX).collect()
}

/// What a file holds, by its name, else by its first lines. In doubt it is todo.txt, which takes
/// every line as a task.
fn told_by(path: &Path, text: &str) -> ImportFormat {
    let extension = path.extension().map(|e| e.to_ascii_lowercase());
    match extension.as_ref().and_then(|e| e.to_str()) {
        Some("json") => return ImportFormat::Json,
        Some("md" | "markdown") => return ImportFormat::Markdown,
        Some("csv") => return ImportFormat::TodoistCsv,
        Some("ics") => return ImportFormat::Icalendar,
        _ => {}
    }
    let begin = text.trim_start_matches('\u{feff}').trim_start();
    if begin.starts_with("BEGIN:VCALENDAR") {
        return ImportFormat::Icalendar;
    }
    if begin.starts_with("TYPE,CONTENT,") {
        return ImportFormat::TodoistCsv;
    }
    let checkbox = ["[ ]", "[x]", "[X]"].iter().any(|b| begin.starts_with(b));
    if begin.starts_with(['{', '[']) && !checkbox {
        return ImportFormat::Json;
    }
    if text.lines().take(TOLD_BY_LINES).any(is_markdown) {
        return ImportFormat::Markdown;
    }
    ImportFormat::TodoTxt
}

fn is_markdown(line: &str) -> bool {
    let line = line.trim_start();
    let heading = line.trim_start_matches('#');
    (heading.len() < line.len() && heading.starts_with(' '))
        || ["- ", "* ", "+ "].iter().any(|mark| line.starts_with(mark))
}

/// Runs `poo export`.
pub(crate) fn export(app: &App, args: &ExportArgs) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let list = find::list(&home.replica, &app.moment, &args.list)?;
    let query = Query::Export {
        list: list.id,
        format: args.format.into(),
    };
    let text = answer!(home.replica, app.moment, query, Text, "text")?;
    let Some(path) = &args.output else {
        if app.json {
            return app.print_json(&text);
        }
        if std::io::stdout().is_terminal() {
            let mut screen = Screen::default();
            screen.block(&text);
            return app.show(&screen);
        }
        return app.print_raw(&text);
    };
    let mut file = File::create(path).map_err(|source| file_problem(path, source))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|source| file_problem(path, source))?;
    let files = match args.format {
        TextFormat::Json => files::put_beside(&home.replica, &app.moment, list.id, path)?,
        _ => files::Put::default(),
    };
    let written = serde_json::json!({ "file": path, "bytes": text.len(), "files": files.written });
    app.print(&written, |screen| {
        screen.line(&format!("Wrote {} to {}", list.title, path.display()));
        if files.written > 0 {
            let folder = files::folder_of(path);
            let written = count(files.written, "file");
            screen.line(&format!("Wrote {written} to {}", folder.display()));
        }
    })?;
    for name in files.elsewhere {
        app.warn(
            &serde_json::json!({ "file": name }),
            &format!(
                "{name} is not on this device and not in the export: fetch it with `poo attachments get`, then export again"
            ),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_name_then_by_content() {
        for (name, text, format) in [
            ("x.json", "", ImportFormat::Json),
            ("x.MD", "milk", ImportFormat::Markdown),
            ("todo.txt", "(A) Call Ann +home", ImportFormat::TodoTxt),
            (
                "notes.txt",
                "Shopping:\n\n- [ ] Milk",
                ImportFormat::Markdown,
            ),
            ("-", "# Home\nmilk", ImportFormat::Markdown),
            ("-", " {\"tasks\": []}", ImportFormat::Json),
            ("-", "[{\"title\": \"Milk\"}]", ImportFormat::Json),
            ("Work.csv", "", ImportFormat::TodoistCsv),
            ("tasks.ICS", "", ImportFormat::Icalendar),
            (
                "-",
                "\u{feff}TYPE,CONTENT,PRIORITY\n",
                ImportFormat::TodoistCsv,
            ),
            ("-", "BEGIN:VCALENDAR\r\n", ImportFormat::Icalendar),
            ("-", "[ ] Milk", ImportFormat::TodoTxt),
            ("-", "#shop milk", ImportFormat::TodoTxt),
            ("-", "", ImportFormat::TodoTxt),
        ] {
            assert_eq!(told_by(Path::new(name), text), format, "{name} {text}");
        }
    }
}
