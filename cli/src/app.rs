//! Running one command: reading its arguments, printing its answer or its failure.

use std::ffi::OsString;
use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use clap::{CommandFactory as _, FromArgMatches as _};
use serde::Serialize;

use crate::args::{Cli, Command};
use crate::commands;
use crate::home::Home;
use crate::moment::Moment;
use crate::problem::{Kind, Problem};
use crate::screen::{Look, Screen, clean};

/// What every command has at hand.
pub(crate) struct App {
    /// Whether to print JSON.
    pub(crate) json: bool,
    /// Where things are kept.
    pub(crate) home: Home,
    /// Time and randomness.
    pub(crate) moment: Moment,
    color: ColorChoice,
}

/// Runs the program.
pub(crate) fn run(args: Vec<OsString>) -> ExitCode {
    // Known before the arguments are read, since reading them can fail.
    let given = |flag: &str| args.iter().skip(1).any(|arg| arg == flag);
    let (json, no_color) = (given("--json"), given("--no-color"));
    let color = if no_color {
        ColorChoice::Never
    } else {
        ColorChoice::Auto
    };
    let cli = match parse(&args, no_color) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, json),
    };
    let outcome = Home::locate(cli.global.home).and_then(|home| {
        let mut app = App {
            json: cli.global.json,
            home,
            moment: Moment::now(),
            color,
        };
        dispatch(&mut app, cli.command)
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough.
        Err(Problem::Output(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(problem) => {
            report(&problem, cli.global.json, color);
            ExitCode::from(problem.kind().exit())
        }
    }
}

fn parse(args: &[OsString], no_color: bool) -> Result<Cli, clap::Error> {
    let mut command = Cli::command();
    command = command
        .clone()
        .help_template(crate::help::template(&command));
    if no_color {
        command = command.color(clap::ColorChoice::Never);
    }
    let matches = command.try_get_matches_from_mut(args)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Help and version are answers; the rest is a failure of usage.
fn usage(error: &clap::Error, json: bool) -> ExitCode {
    if json && error.use_stderr() {
        let text = error.render().to_string();
        let message = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
        print_error_json(Kind::Usage, message);
    } else if error.print().is_err() {
        return ExitCode::FAILURE;
    }
    ExitCode::from(if error.use_stderr() {
        Kind::Usage.exit()
    } else {
        0
    })
}

fn dispatch(app: &mut App, command: Command) -> Result<(), Problem> {
    match command {
        Command::Init(args) => commands::identity::init(app, args),
        Command::Whoami(args) => commands::identity::whoami(app, &args),
        Command::List(command) => commands::list::run(app, command),
        Command::Task(command) => commands::task::run(app, command),
        Command::Settings(args) => commands::settings::settings(app, args),
        Command::Add(args) => commands::add::add(app, &args),
        Command::Comment(command) => commands::comment::run(app, command),
        Command::Search(args) => commands::search::search(app, &args),
        Command::Undo => commands::undo::undo(app),
        Command::Redo => commands::undo::redo(app),
        Command::Trash(args) => commands::trash::trash(app, &args),
        Command::Folder(command) => commands::folder::run(app, command),
        Command::Template(command) => commands::template::run(app, command),
        Command::Tag(command) => commands::tag::run(app, command),
        Command::Aisle(command) => commands::aisle::run(app, command),
        Command::Today => commands::agenda::today(app),
        Command::Upcoming(args) => commands::agenda::upcoming(app, &args),
        Command::Focus => commands::agenda::focus(app),
        Command::Reminders(args) => commands::reminders::run(app, &args),
        Command::Calendar(args) => commands::calendar::calendar(app, &args),
        Command::Streak => commands::streak::streak(app),
        Command::Activity(command) => commands::activity::run(app, command),
        Command::Attach(args) => commands::attach::attach(app, &args),
        Command::Attachments(args) => commands::attach::attachments(app, &args),
        Command::Detach(args) => commands::attach::detach(app, &args),
        Command::Sync(args) => commands::sync::sync(app, &args),
        Command::Relay(args) => commands::sync::relay(app, &args),
        Command::Device(command) => commands::device::run(app, command),
        Command::Share(args) => commands::members::share(app, &args),
        Command::Join(args) => commands::members::join(app, &args),
        Command::Members(args) => commands::members::members(app, &args),
        Command::Revoke(args) => commands::members::revoke(app, &args),
        Command::Role(args) => commands::roles::role(app, &args),
        Command::Transfer(args) => commands::roles::transfer(app, &args),
        Command::Leave(args) => commands::roles::leave(app, &args),
        Command::Invites(args) => commands::invites::invites(app, &args),
        Command::Publish(args) => commands::invites::publish(app, &args),
        Command::Ticket(command) => commands::ticket::run(app, command),
        Command::Agent(command) => commands::agent::run(app, command),
        Command::Key(command) => commands::key::run(app, command),
        Command::Watch(args) => commands::watch::watch(app, &args),
        Command::Verify(args) => commands::verify::verify(app, &args),
        Command::Import(args) => commands::transfer::import(app, &args),
        Command::Export(args) => commands::transfer::export(app, &args),
        Command::Doctor(args) => commands::doctor::doctor(app, &args),
        Command::Completions { shell } => completions(app, shell),
    }
}

fn completions(app: &App, shell: clap_complete::Shell) -> Result<(), Problem> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "poo", &mut script);
    let script = String::from_utf8_lossy(&script);
    if app.json {
        return app.print_json(&script);
    }
    app.print_raw(&script)
}

impl App {
    /// Prints an answer: as it is for programs, as `human` says for people.
    pub(crate) fn print<T: Serialize>(
        &self,
        answer: &T,
        human: impl FnOnce(&mut Screen),
    ) -> Result<(), Problem> {
        if self.json {
            return self.print_json(answer);
        }
        let mut screen = Screen::default();
        human(&mut screen);
        self.show(&screen)
    }

    /// Prints for people.
    pub(crate) fn show(&self, screen: &Screen) -> Result<(), Problem> {
        let mut out = AutoStream::new(std::io::stdout(), self.stdout_color()).lock();
        out.write_all(screen.as_str().as_bytes())
            .and_then(|()| out.flush())
            .map_err(Problem::Output)
    }

    /// Prints one JSON value on a line of its own.
    pub(crate) fn print_json<T: Serialize + ?Sized>(&self, answer: &T) -> Result<(), Problem> {
        let mut text = serde_json::to_string(answer)
            .map_err(|error| Problem::Output(std::io::Error::other(error)))?;
        text.push('\n');
        self.print_raw(&text)
    }

    /// Prints bytes for a file or another program.
    pub(crate) fn print_raw(&self, text: &str) -> Result<(), Problem> {
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())
            .and_then(|()| out.flush())
            .map_err(Problem::Output)
    }

    /// Says something beside the answer, to people only.
    pub(crate) fn note(&self, text: &str) {
        if !self.json {
            let mut screen = Screen::default();
            screen.put(Look::Warm, text).end();
            write_stderr(screen.as_str(), self.color);
        }
    }

    /// Says something beside the answer, to people and, as one line of JSON, to programs.
    pub(crate) fn warn<T: Serialize>(&self, warning: &T, text: &str) {
        if self.json {
            let line = serde_json::json!({ "warning": warning });
            write_stderr(&format!("{line}\n"), ColorChoice::Never);
        } else {
            self.note(text);
        }
    }

    fn stdout_color(&self) -> ColorChoice {
        match self.color {
            ColorChoice::Auto => AutoStream::choice(&std::io::stdout()),
            choice => choice,
        }
    }
}

fn report(problem: &Problem, json: bool, color: ColorChoice) {
    let mut message = problem.to_string();
    if json {
        if let Some(next) = problem.next_step() {
            message = format!("{message}; {next}");
        }
        return print_error_json(problem.kind(), &message);
    }
    let mut screen = Screen::default();
    screen.put(Look::Warm, "poo: ");
    screen.line(&clean(&message));
    if let Some(next) = problem.next_step() {
        screen.put(Look::Dim, &format!("     {next}")).end();
    }
    write_stderr(screen.as_str(), color);
}

fn print_error_json(kind: Kind, message: &str) {
    let error = serde_json::json!({ "error": { "code": kind.code(), "message": message } });
    write_stderr(&format!("{error}\n"), ColorChoice::Never);
}

fn write_stderr(text: &str, color: ColorChoice) {
    let choice = match color {
        ColorChoice::Auto => AutoStream::choice(&std::io::stderr()),
        choice => choice,
    };
    let mut out = AutoStream::new(std::io::stderr(), choice).lock();
    // Nobody is left to tell when even that fails.
    let _told = out.write_all(text.as_bytes());
}

/// Asks for something that will be typed.
pub(crate) fn prompt(screen: &Screen) {
    write_stderr(screen.as_str(), ColorChoice::Auto);
}
