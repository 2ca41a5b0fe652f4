//! `poo attach`, `poo attachments` and `poo detach`.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use poo_core::model::{
    Attachment, BlobHash, Command, FILE_BYTES_MAX, FileKind, NewFile, Page, Task, file_name_fault,
};
use poo_core::replica::{QueryError, Replica};

use super::sync::{options, require_relay};
use crate::app::App;
use crate::find;
use crate::home::file_problem;
use crate::net;
use crate::problem::Problem;
use crate::progress::Transfer;
use crate::screen::{Look, Screen};

/// What to attach, and to what.
#[derive(Debug, Args)]
pub(crate) struct AttachArgs {
    /// The task: its id, or the last 6 or more characters of it
    #[arg(value_name = "ID")]
    task: String,
    /// Files of up to 10 MiB: .jpg, .png, .gif, .webp, .pdf, .txt or .json
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The list to look in: its title, the beginning of it, or its id
    #[arg(long)]
    list: Option<String>,
}

/// Which task's files, or which file.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub(crate) struct AttachmentsArgs {
    #[command(subcommand)]
    command: Option<AttachmentsCommand>,
    /// The task: its id, or the last 6 or more characters of it
    #[arg(value_name = "ID")]
    task: Option<String>,
    /// The list to look in: its title, the beginning of it, or its id
    #[arg(long)]
    list: Option<String>,
}

/// What to do with a task's files beside showing them.
#[derive(Debug, Subcommand)]
enum AttachmentsCommand {
    /// Write a file of a task to a file here, from the relay if it is not on this device
    Get(GetArgs),
}

/// Which file, and where to.
#[derive(Debug, Args)]
struct GetArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// The file to write, or - for stdout [default: its own name, in this folder]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Which file of which task.
#[derive(Debug, Args)]
pub(crate) struct WhichArgs {
    /// The task: its id, or the last 6 or more characters of it
    #[arg(value_name = "ID")]
    task: String,
    /// The file's name, or the beginning of its id
    name: String,
    /// The list to look in: its title, the beginning of it, or its id
    #[arg(long)]
    list: Option<String>,
}

/// Runs `poo attach`.
pub(crate) fn attach(app: &mut App, args: &AttachArgs) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let list = find::list_if(&home.replica, &app.moment, args.list.as_deref())?;
    let task = find::task(&home.replica, &app.moment, &args.task, list)?;
    // All are read and looked at before the first one is attached.
    let mut ready = Vec::new();
    for path in &args.files {
        let bytes = read(path)?;
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.unwrap_or_default().to_owned();
        let given = path.display();
        if let Some(fault) = file_name_fault(&name) {
            return Err(Problem::Usage(format!("{given}: the name {fault}")));
        }
        let kind = FileKind::of_name(&name).filter(|kind| kind.fits(&bytes));
        let Some(kind) = kind else {
            return Err(Problem::Usage(format!(
                "{given}: what is in it is not what its name says"
            )));
        };
        ready.push((name, kind, bytes));
    }
    for (name, kind, bytes) in ready {
        let file = NewFile {
            hash: home.replica.put_blob(&bytes)?,
            name,
            mime: kind.mime().to_owned(),
            size: bytes.len() as u64,
        };
        let command = Command::Attach {
            list: task.list,
            task: task.id,
            file,
        };
        home.replica.execute(&command, &mut app.moment.env())?;
    }
    let task = find::task(
        &home.replica,
        &app.moment,
        &task.id.to_string(),
        Some(task.list),
    )?;
    print(app, task.attachments)
}

/// Runs `poo attachments`.
pub(crate) fn attachments(app: &mut App, args: &AttachmentsArgs) -> Result<(), Problem> {
    match (&args.command, &args.task) {
        (Some(AttachmentsCommand::Get(args)), _) => get(app, args),
        (None, Some(task)) => {
            let home = app.home.open_to_read()?;
            let list = find::list_if(&home.replica, &app.moment, args.list.as_deref())?;
            let task = find::task(&home.replica, &app.moment, task, list)?;
            print(app, task.attachments)
        }
        (None, None) => Err(Problem::Usage("name a task by its id".to_owned())),
    }
}

/// Runs `poo detach`.
pub(crate) fn detach(app: &mut App, args: &WhichArgs) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let (task, file) = which(app, &home.replica, args)?;
    let command = Command::Detach {
        list: task.list,
        task: task.id,
        attachment: hash(&file)?,
    };
    home.replica.execute(&command, &mut app.moment.env())?;
    app.print(&file, |screen| {
        screen.line(&format!("Taken off {}: {}", task.title, file.name));
    })
}

fn get(app: &mut App, args: &GetArgs) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let (task, mut file) = which(app, &home.replica, &args.which)?;
    let hash = hash(&file)?;
    if !file.here {
        require_relay(&home.replica)?;
        let mut transfer = Transfer::start("Fetching", app.json);
        let hear = |event: &poo_core::sync::Event| transfer.hear(event);
        net::block_on(net::fetch_file(
            &mut home.replica,
            task.list,
            hash,
            &options(),
            hear,
        ))
        .map_err(|problem| match problem {
            Problem::Net(source) => Problem::FileElsewhere {
                name: file.name.clone(),
                source,
            },
            other => other,
        })?;
        file = which(app, &home.replica, &args.which)?.1;
    }
    if FileKind::of_mime(&file.mime).is_none() {
        app.note("What is in this file is not what its name says: do not open it unread.");
    }
    let bytes = home.replica.open_blob(&task.list, &hash)?;
    let mut bytes = bytes.ok_or(Problem::Unexpected("file"))?;
    let to_stdout = args.output.as_deref() == Some(Path::new("-"));
    if to_stdout {
        let mut out = std::io::stdout().lock();
        return std::io::copy(&mut bytes, &mut out)
            .and_then(|_| out.flush())
            .map_err(Problem::Output);
    }
    // A name was checked for folders when it was read from the list.
    let own = PathBuf::from(&file.name);
    let path = args.output.as_ref().unwrap_or(&own);
    let mut how = OpenOptions::new();
    match &args.output {
        Some(_) => how.create(true).truncate(true),
        None => how.create_new(true),
    };
    let written = how
        .write(true)
        .open(path)
        .and_then(|mut target| std::io::copy(&mut bytes, &mut target));
    if let Err(source) = written {
        if source.kind() == std::io::ErrorKind::AlreadyExists {
            return Err(Problem::Usage(format!(
                "{} is there already: say where to write with -o FILE",
                path.display()
            )));
        }
        return Err(file_problem(path, source));
    }
    let path = path.display().to_string();
    let answer = serde_json::json!({ "path": path, "size": file.size, "mime": file.mime });
    app.print(&answer, |screen| {
        screen.line(&format!("Written: {path}  {}", size(file.size)));
    })
}

/// Reads a file, no further than what can be attached.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(|source| file_problem(path, source))?;
    let given = path.display();
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(Problem::Usage(format!(
            "{given} is larger than 10 MiB, which is the most for a file"
        )));
    }
    if bytes.is_empty() {
        return Err(Problem::Usage(format!("{given} is empty")));
    }
    Ok(bytes)
}

fn hash(file: &Attachment) -> Result<BlobHash, Problem> {
    file.id.parse().map_err(|_| Problem::Unexpected("file"))
}

/// The file of a task that a name, or the beginning of an id, names.
fn which(app: &App, replica: &Replica, args: &WhichArgs) -> Result<(Task, Attachment), Problem> {
    let list = find::list_if(replica, &app.moment, args.list.as_deref())?;
    let task = find::task(replica, &app.moment, &args.task, list)?;
    let all = &task.attachments;
    let mut fits: Vec<&Attachment> = all.iter().filter(|file| file.name == args.name).collect();
    if fits.is_empty() && args.name.len() >= 6 {
        fits = all
            .iter()
            .filter(|file| file.id.starts_with(&args.name))
            .collect();
    }
    match fits.as_slice() {
        [file] => {
            let file = (*file).clone();
            Ok((task, file))
        }
        [] => Err(Problem::Query(QueryError::NotFound {
            what: "attachment",
            text: args.name.clone(),
        })),
        several => Err(Problem::Query(QueryError::Ambiguous {
            what: "attachment",
            text: args.name.clone(),
            candidates: several.iter().map(|file| file.id.clone()).collect(),
        })),
    }
}

fn print(app: &App, items: Vec<Attachment>) -> Result<(), Problem> {
    let page = Page {
        items,
        next_cursor: None,
    };
    app.print(&page, |screen| show(screen, &page.items))
}

fn show(screen: &mut Screen, files: &[Attachment]) {
    if files.is_empty() {
        screen.line("No files. Attach one: poo attach ID FILE");
        return;
    }
    let rows: Vec<_> = files
        .iter()
        .map(|file| {
            let place = if file.here { "" } else { "on the relay" };
            vec![
                (Look::Plain, file.name.clone()),
                (Look::Dim, size(file.size)),
                (Look::Dim, place.to_owned()),
            ]
        })
        .collect();
    screen.table(&rows);
}

/// A size as people say it.
fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}
