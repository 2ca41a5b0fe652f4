//! `poo watch`: what happens in a list, and who looks at it, as it happens.

mod changes;

use std::cell::RefCell;
use std::time::Duration;

use clap::Args;
use poo_core::identity::Did;
use poo_core::model::{Answer, List, Query, TaskId};
use poo_core::replica::Replica;
use poo_core::sync::{Doing, Event, PersonHere, PresenceChange, PresenceState};
use serde::Serialize;
use tokio::sync::Notify;

use self::changes::{Happened, Seen, Who, happened};
use crate::app::App;
use crate::find;
use crate::moment::Moment;
use crate::net::{self, News};
use crate::problem::Problem;
use crate::screen::Look;
use crate::told;
use crate::when::Here;

/// How often the database is asked whether somebody wrote.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// What to watch.
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// The list: its title, the beginning of it, or its id
    list: String,
    /// Say that you look at this task: its id, or the last 6 or more characters of it
    #[arg(long, value_name = "ID")]
    task: Option<String>,
}

/// What is told beside what happens in the list itself.
#[derive(Debug, Serialize)]
#[serde(
    tag = "event",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
enum Said<'a> {
    /// From now on this is watched.
    Watching { list: &'a List },
    /// The relay answered.
    Connected { peer: Did },
    /// The relay is away; it is tried again.
    Offline { message: String },
    /// The relay refused something.
    Refused { code: String, message: String },
    /// Somebody came to look at the list.
    PresenceJoined {
        who: Who,
        state: PresenceState,
        /// The task that they write in or look at.
        #[serde(skip_serializing_if = "Option::is_none")]
        task: Option<TaskId>,
        devices: Vec<String>,
    },
    /// They do something else, or on other devices.
    PresenceChanged {
        who: Who,
        state: PresenceState,
        /// The task that they write in or look at.
        #[serde(skip_serializing_if = "Option::is_none")]
        task: Option<TaskId>,
        devices: Vec<String>,
    },
    /// They went.
    PresenceLeft { who: Who },
}

/// Tells what is new.
struct Teller<'a> {
    app: &'a App,
    replica: &'a Replica,
    me: Did,
    seen: Seen,
    /// The output cannot be written, or the database not be read: then it ends.
    failed: Option<Problem>,
}

/// Runs `poo watch`.
pub(crate) fn watch(app: &mut App, args: &WatchArgs) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    // The other connection is taken by the session.
    let aside = app.home.open_to_read()?;
    let list = find::list(&aside.replica, &app.moment, &args.list)?;
    let task = match &args.task {
        Some(text) => Some(find::task(&aside.replica, &app.moment, text, Some(list.id))?.id),
        None => None,
    };
    let (_doing, doing) = tokio::sync::watch::channel(Doing::looking_at(task));
    let app: &App = app;
    if home.replica.relay_url()?.is_none() {
        app.note("No relay is set: only what happens on this device is shown.");
    }
    let teller = RefCell::new(Teller {
        app,
        replica: &aside.replica,
        me: home.replica.did(),
        seen: Seen::look(&aside.replica, &list)?,
        failed: None,
    });
    app.print(&Said::Watching { list: &list }, |screen| {
        screen
            .put(Look::Dim, "Watching ")
            .put(Look::Strong, &list.title);
        screen.put(Look::Dim, ". Ctrl-C ends it.").end();
    })?;
    let over = Notify::new();
    let settle = |told: Result<(), Problem>| {
        if let Err(problem) = told {
            teller.borrow_mut().failed.get_or_insert(problem);
            over.notify_one();
        }
    };
    let stop = async {
        tokio::select! {
            () = net::asked_to_end() => {}
            () = over.notified() => {}
        }
    };
    let look = async {
        let mut version = None;
        loop {
            match aside.replica.data_version() {
                Ok(now) if version == Some(now) => {}
                Ok(now) => {
                    version = Some(now);
                    settle(teller.borrow_mut().look());
                }
                Err(error) => settle(Err(error.into())),
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    };
    let on_news = |news| {
        let told = teller.borrow_mut().news(news);
        settle(told);
    };
    let options = super::sync::options();
    let attended = net::block_on(async {
        tokio::select! {
            ended = net::attend(&mut home.replica, &list.id, &options, doing, on_news, stop) => ended,
            () = look => Ok(()),
        }
    });
    match teller.into_inner().failed {
        Some(problem) => Err(problem),
        None => attended,
    }
}

impl Teller<'_> {
    /// Tells what happened in the list since the last look.
    fn look(&mut self) -> Result<(), Problem> {
        let all = happened(self.replica, &mut self.seen)?;
        all.iter().try_for_each(|it| self.tell(it))
    }

    fn news(&mut self, news: News) -> Result<(), Problem> {
        let said = match news {
            News::Session(Event::Connected { peer, .. }) => Said::Connected { peer },
            // What the session stored is in the database already.
            News::Session(Event::Changed { .. }) => return self.look(),
            News::Session(Event::Refused {
                document,
                code,
                message,
            }) if document == self.seen.list.id => Said::Refused { code, message },
            News::Session(_) => return Ok(()),
            News::Offline(message) => Said::Offline { message },
            News::Presence(change) => match self.presence(change) {
                Some(said) => said,
                None => return Ok(()),
            },
        };
        self.app.print(&said, |screen| match &said {
            Said::Watching { .. } => {}
            Said::Connected { .. } => {
                screen.put(Look::Good, "Connected").end();
            }
            Said::Offline { message } => {
                screen.put(Look::Warm, "Offline: ");
                screen.line(&format!("{message}; it is tried again"));
            }
            Said::Refused { message, .. } => {
                screen.put(Look::Warm, "Refused: ").line(message);
            }
            Said::PresenceJoined {
                who,
                state,
                task,
                devices,
            }
            | Said::PresenceChanged {
                who,
                state,
                task,
                devices,
            } => {
                let title = task.and_then(|task| self.title(task));
                screen.put(Look::Strong, &who.name);
                screen.line(&format!(" {}{}", does(*state, title), on(devices)));
            }
            Said::PresenceLeft { who } => {
                screen.put(Look::Strong, &who.name).line(" left");
            }
        })
    }

    /// Others only: that one looks oneself is no news.
    fn presence(&self, change: PresenceChange) -> Option<Said<'static>> {
        let others = |did: Did| (did != self.me).then(|| self.seen.who(did));
        Some(match change {
            PresenceChange::Joined(PersonHere {
                did,
                state,
                task,
                devices,
            }) => Said::PresenceJoined {
                who: others(did)?,
                state,
                task,
                devices,
            },
            PresenceChange::Changed(PersonHere {
                did,
                state,
                task,
                devices,
            }) => Said::PresenceChanged {
                who: others(did)?,
                state,
                task,
                devices,
            },
            PresenceChange::Left(did) => Said::PresenceLeft { who: others(did)? },
        })
    }

    /// The title of a task that somebody looks at, if it is known here.
    fn title(&self, task: TaskId) -> Option<String> {
        let query = Query::Task {
            list: self.seen.list.id,
            task,
        };
        match self.replica.query(&query, Moment::now().time()) {
            Ok(Answer::Task(task)) => Some(task.title),
            _ => None,
        }
    }

    fn tell(&self, it: &Happened) -> Result<(), Problem> {
        self.app.print(it, |screen| {
            told::row(screen, &it.row, &[], &Here::of(&Moment::now()));
        })
    }
}

fn does(state: PresenceState, title: Option<String>) -> String {
    match (state, title) {
        (PresenceState::Typing, Some(title)) => format!("is typing in {title}"),
        (PresenceState::Typing, None) => "is typing".to_owned(),
        (PresenceState::Here | PresenceState::Left, Some(title)) => {
            format!("is looking at {title}")
        }
        (PresenceState::Here | PresenceState::Left, None) => "is here".to_owned(),
    }
}

fn on(devices: &[String]) -> String {
    match devices.len() {
        0 | 1 => String::new(),
        several => format!(" on {several} devices"),
    }
}
