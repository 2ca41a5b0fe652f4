//! `poo import` and `poo export`.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use poo_core::model::{Answer, ExportFormat, Query};

use crate::app::App;
use crate::find::{self, answer};
use crate::home::file_problem;
use crate::problem::Problem;
use crate::screen::Screen;

/// More than any note or list may hold: input beyond it is not read.
const INPUT_LEN_MAX: u64 = 64 * 1024 * 1024;

/// What to add, and where.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The file; - reads stdin
    file: PathBuf,
    /// The list: its title, the beginning of it, or its id
    #[arg(long)]
    list: String,
    /// What the file holds
    #[arg(long, value_enum, default_value_t = ImportFormat::Auto)]
    format: ImportFormat,
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
}

impl From<TextFormat> for ExportFormat {
    fn from(format: TextFormat) -> Self {
        match format {
            TextFormat::Json => Self::Json,
            TextFormat::Markdown => Self::Markdown,
            TextFormat::TodoTxt => Self::TodoTxt,
        }
    }
}

/// A text from the command line, or from stdin where it is `-`.
pub(super) fn text_or_stdin(text: String) -> Result<String, Problem> {
    if text == "-" {
        return read(Path::new("-"));
    }
    Ok(text)
}

/// Reads a file, or stdin for `-`, as text.
fn read(path: &Path) -> Result<String, Problem> {
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
            "{name} is larger than 64 MiB: split it into parts"
        )));
    }
    String::from_utf8(bytes).map_err(|_| {
        let name = path.display();
        Problem::Usage(format!("{name} is no UTF-8 text: convert it first"))
    })
}

/// Runs `poo import`.
pub(crate) fn import(_app: &mut App, args: &ImportArgs) -> Result<(), Problem> {
    let _text = read(&args.file)?;
    Err(Problem::Unexpected("importer"))
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
    let written = serde_json::json!({ "file": path, "bytes": text.len() });
    app.print(&written, |screen| {
        screen.line(&format!("Wrote {} to {}", list.title, path.display()));
    })
}
