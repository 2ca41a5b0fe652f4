//! What can go wrong, as a message, a code for programs and an exit code.

use std::io::ErrorKind;
use std::path::PathBuf;

use poo_core::identity::{KeyFileError, PhraseError};
use poo_core::model::interchange::ImportError;
use poo_core::replica::{CommandError, LinkError, OpenError, QueryError};
use poo_core::store::StoreError;

use crate::net::NetError;

/// SQLite needs to write beside a database even to read it.
const OWNER: &str = "check who owns it and that it can be written, as the home folder must be";

/// A command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// There is no home yet.
    #[error(
        "there is no identity at {home}: make one with `poo init --name NAME`, or join your other device with `poo device join LINK --name NAME`"
    )]
    NoHome {
        /// Where it was looked for.
        home: PathBuf,
    },
    /// An identity is there already.
    #[error("{home} holds an identity already{}: use another home (--home) for another one", name.as_ref().map(|n| format!(" ({n})")).unwrap_or_default())]
    HomeTaken {
        /// Where.
        home: PathBuf,
        /// Whose it is, where that is known.
        name: Option<String>,
    },
    /// A database without its keys.
    #[error(
        "{home} has a database but no keys: put the `keys` file back beside it, or use an empty home"
    )]
    KeysLost {
        /// Where.
        home: PathBuf,
    },
    /// Keys without their database.
    #[error(
        "the database at {path} is missing or empty: put it back from a backup, or fetch everything again from your relay with `poo doctor --repair --relay URL`"
    )]
    DatabaseLost {
        /// Where it should be.
        path: PathBuf,
    },
    /// No folder to keep the home in.
    #[error(
        "it is not known where your home folder is: say where to keep things with --home or POO_HOME"
    )]
    NowhereHome,
    /// A relay is needed and none is set.
    #[error("no relay is set: set one with `poo relay URL`, then run `poo sync`")]
    NoRelay,
    /// Nothing tells where to fetch everything from.
    #[error("it is not known which relay to fetch from: name it with --relay URL")]
    RelayUnknown,
    /// Nothing tells how others see this person.
    #[error("the damaged database does not tell your name: say it with --name, as others know it")]
    NameUnknown,
    /// Others still use the home.
    #[error(
        "another poo command is using this home: end it (`poo sync --watch` too) and try again"
    )]
    HomeBusy,
    /// What was typed does not make sense.
    #[error("{0}")]
    Usage(String),
    /// A word with a mark in front names nothing that there is.
    #[error("there is no {what} `{name}` here; write \\{mark}{name} if it belongs to the title")]
    UnknownMark {
        /// What was looked for.
        what: &'static str,
        /// Its mark.
        mark: char,
        /// The name behind it.
        name: String,
    },
    /// There is no action to take back, or to make again.
    #[error("there is nothing to {0} on this device: it takes back what was done here only")]
    NothingToTurn(&'static str),
    /// The action that is next cannot be taken back, or made again.
    #[error("{what} cannot be {} any more: {reason}", if *back { "taken back" } else { "made again" })]
    CannotTurn {
        /// What was done, in words.
        what: String,
        /// Whether it was to be taken back.
        back: bool,
        /// Why not.
        reason: Box<CommandError>,
    },
    /// What was asked for has been done, and the answer is bad: the report tells.
    #[error("{0}")]
    Unwell(String),
    /// A file cannot be read or written.
    #[error("cannot access {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(std::io::Error),
    /// The engine answered with something else than what was asked for.
    #[error("the engine gave no {0}: this is a defect of the program, please report it")]
    Unexpected(&'static str),
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// A text cannot be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The recovery phrase is wrong.
    #[error(transparent)]
    Phrase(#[from] PhraseError),
    /// The link is wrong.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The engine does not carry a command out.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The engine has no answer.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The relay refused changes; the report names them.
    #[error(
        "the relay refused changes ({count} in the report); they are kept here: ask the list's owner for access, then run `poo sync` again"
    )]
    RelayRefused {
        /// How many.
        count: usize,
    },
    /// A file is not here and could not be fetched.
    #[error("{name} is not on this device and could not be fetched: {source}")]
    FileElsewhere {
        /// What it is called.
        name: String,
        /// Why.
        source: NetError,
    },
    /// Networking cannot start.
    #[error("cannot start networking: {0}")]
    Runtime(std::io::Error),
    /// The relay's API says no.
    #[error("the relay says: {detail}")]
    Api {
        /// Its code for programs.
        code: String,
        /// Why, in words.
        detail: String,
    },
    /// The relay's API cannot be reached.
    #[error("the relay cannot be reached: {0}")]
    Http(Box<ureq::Error>),
    /// The relay answers something else than an API does.
    #[error(
        "the relay's API answers with something else than JSON: it is older than this program, or another server"
    )]
    NoApi,
    /// The network or the relay failed.
    #[error(transparent)]
    Net(#[from] NetError),
}

/// What kind of failure it is, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Anything without a kind of its own.
    Failed,
    /// Wrong words on the command line, or a value that cannot be.
    Usage,
    /// There is no such thing.
    NotFound,
    /// Somebody's right or rule forbids it.
    Refused,
    /// The relay cannot be reached.
    Offline,
    /// What answers does not prove that it is the relay's address.
    Untrusted,
    /// Several things fit.
    Ambiguous,
    /// What is there stands in the way.
    Conflict,
    /// There is no identity here yet.
    NoIdentity,
    /// No relay is known.
    NoRelay,
    /// What is stored is damaged.
    Damaged,
}

impl Kind {
    /// The stable code in JSON.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::Refused => "refused",
            Self::Offline => "offline",
            Self::Untrusted => "untrusted",
            Self::Ambiguous => "ambiguous",
            Self::Conflict => "conflict",
            Self::NoIdentity => "no_identity",
            Self::NoRelay => "no_relay",
            Self::Damaged => "damaged",
        }
    }

    /// The program's exit code.
    pub(crate) fn exit(self) -> u8 {
        match self {
            Self::Failed | Self::NoIdentity | Self::NoRelay | Self::Damaged => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Refused => 4,
            Self::Offline => 5,
            Self::Ambiguous | Self::Conflict => 6,
            Self::Untrusted => 7,
        }
    }
}

impl Problem {
    /// What kind of failure this is.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::NoHome { .. } => Kind::NoIdentity,
            Self::HomeTaken { .. } | Self::KeysLost { .. } | Self::HomeBusy => Kind::Conflict,
            Self::DatabaseLost { .. } => Kind::Damaged,
            Self::NoRelay | Self::RelayUnknown | Self::Command(CommandError::NoRelay) => {
                Kind::NoRelay
            }
            Self::FileElsewhere { source, .. } if source.is_offline() => Kind::Offline,
            Self::FileElsewhere { source, .. } if source.is_untrusted() => Kind::Untrusted,
            Self::FileElsewhere { source, .. } if source.is_refused() => Kind::Refused,
            Self::NowhereHome
            | Self::NameUnknown
            | Self::Usage(_)
            | Self::Import(_)
            | Self::Phrase(_)
            | Self::Link(_) => Kind::Usage,
            Self::File { source, .. } if source.kind() == ErrorKind::NotFound => Kind::NotFound,
            Self::NothingToTurn(_) | Self::UnknownMark { .. } => Kind::NotFound,
            Self::RelayRefused { .. } | Self::CannotTurn { .. } => Kind::Refused,
            Self::Unwell(_)
            | Self::FileElsewhere { .. }
            | Self::Runtime(_)
            | Self::File { .. }
            | Self::Output(_)
            | Self::Unexpected(_) => Kind::Failed,
            Self::Keys(KeyFileError::Missing { .. }) => Kind::NoIdentity,
            Self::Keys(KeyFileError::Exists { .. }) => Kind::Conflict,
            Self::Keys(KeyFileError::Damaged { .. }) => Kind::Damaged,
            Self::Keys(_) => Kind::Failed,
            Self::Open(OpenError::OtherDevice) => Kind::Conflict,
            Self::Open(OpenError::Store(error))
            | Self::Store(error)
            | Self::Command(CommandError::Store(error))
            | Self::Query(QueryError::Store(error))
            | Self::Net(NetError::Store(error)) => store_kind(error),
            Self::Command(error) | Self::Net(NetError::Command(error)) => command_kind(error),
            Self::Api { code, .. } => match code.as_str() {
                "not_found" => Kind::NotFound,
                "invalid" => Kind::Usage,
                "conflict" => Kind::Conflict,
                _ => Kind::Refused,
            },
            Self::Http(_) => Kind::Offline,
            Self::NoApi => Kind::Failed,
            Self::Net(NetError::NoRelay) => Kind::NoRelay,
            Self::Net(NetError::BadUrl { .. }) => Kind::Usage,
            Self::Query(QueryError::NotFound { .. }) => Kind::NotFound,
            Self::Query(QueryError::Ambiguous { .. }) => Kind::Ambiguous,
            Self::Query(QueryError::Invalid { .. }) => Kind::Usage,
            Self::Net(error) if error.is_offline() => Kind::Offline,
            Self::Net(error) if error.is_untrusted() => Kind::Untrusted,
            Self::Net(error) if error.is_refused() => Kind::Refused,
            Self::Net(_) => Kind::Failed,
        }
    }

    /// What to do next, where the message itself does not say.
    pub(crate) fn next_step(&self) -> Option<&'static str> {
        match self {
            Self::File { source, .. } => match source.kind() {
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Some(OWNER),
                ErrorKind::StorageFull => Some("make room on the disk and try again"),
                _ => None,
            },
            Self::Open(OpenError::Store(error))
            | Self::Store(error)
            | Self::Command(CommandError::Store(error))
            | Self::Query(QueryError::Store(error)) => match error {
                StoreError::Damaged(_) | StoreError::Foreign => Some(
                    "run `poo doctor` to see what is wrong; `poo doctor --repair` fetches everything again from your relay and keeps the old file",
                ),
                StoreError::Denied(_) => Some(OWNER),
                _ => None,
            },
            Self::Query(QueryError::NotFound { what: "list", .. })
            | Self::UnknownMark { what: "list", .. } => {
                Some("`poo list ls --all` shows every list")
            }
            Self::Query(QueryError::NotFound { what: "task", .. }) => {
                Some("`poo task list` shows every task with its id")
            }
            Self::Query(QueryError::NotFound {
                what: "attachment", ..
            }) => Some("`poo attachments ID` shows the files of a task"),
            Self::Query(QueryError::NotFound { what: "member", .. })
            | Self::UnknownMark { what: "member", .. } => {
                Some("`poo members LIST` shows who is in a list")
            }
            Self::Query(QueryError::NotFound { what, .. }) => match *what {
                "folder" => Some("`poo folder ls` shows your folders"),
                "template" => Some("`poo template ls` shows what there is"),
                "comment" => Some("`poo comment ls ID` shows those on a task with their ids"),
                "tag" => Some("`poo tag ls --list LIST` shows the tags of a list"),
                "aisle" => Some("`poo aisle ls --list LIST` shows a list's own aisles"),
                "setting" => Some("`poo settings` shows what is set"),
                _ => None,
            },
            Self::Query(QueryError::Ambiguous { .. }) => Some("use a whole id from these"),
            Self::CannotTurn { back: true, .. } => {
                Some("run `poo undo` again to take back what you did before it")
            }
            Self::CannotTurn { back: false, .. } => {
                Some("run `poo redo` again to make the next one again")
            }
            Self::Command(CommandError::NoRelay) => {
                Some("set one with `poo relay URL`, then run `poo sync` once")
            }
            Self::Command(CommandError::OnlyOwner) => {
                Some("`poo transfer LIST MEMBER` passes it on, `poo list delete LIST` deletes it")
            }
            Self::Command(CommandError::NotFound("invite")) => {
                Some("`poo invites LIST` shows the open ones")
            }
            Self::Command(CommandError::NotFound("device")) => {
                Some("`poo device ls` shows your devices")
            }
            Self::Net(error) | Self::FileElsewhere { source: error, .. } if error.is_offline() => {
                Some("check the network, and that the relay is up, then run the command again")
            }
            _ => None,
        }
    }
}

fn store_kind(error: &StoreError) -> Kind {
    match error {
        StoreError::Damaged(_) | StoreError::Foreign | StoreError::Empty => Kind::Damaged,
        _ => Kind::Failed,
    }
}

fn command_kind(error: &CommandError) -> Kind {
    match error {
        CommandError::NotFound(_) => Kind::NotFound,
        CommandError::Forbidden { .. }
        | CommandError::OnlyOwner
        | CommandError::Outranked
        | CommandError::NoIdentitySecret
        | CommandError::NotWitnessed
        | CommandError::OwnSignature
        | CommandError::CannotTurn { .. }
        | CommandError::Refused(_) => Kind::Refused,
        CommandError::Invalid { .. } => Kind::Usage,
        CommandError::NoRelay => Kind::NoRelay,
        CommandError::Store(error) => store_kind(error),
        _ => Kind::Failed,
    }
}
