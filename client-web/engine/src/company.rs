//! Who else looks at the list that is open here, and that this person does.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::model::{Answer, Query, TaskId};
use poo_core::replica::Replica;
use poo_core::sync::{
    Event, PRESENCE_INTERVAL, Presence, PresenceChange, PresenceMessage, PresenceState, Session,
};

use crate::problem::Problem;
use crate::wire::News;

/// Whoever comes is greeted, so that they see who is here; but not more often than this.
const GREETING_PAUSE: SignedDuration = SignedDuration::from_secs(1);

#[derive(Debug, Default)]
pub(crate) struct Company {
    presence: Presence,
    /// The list that is looked at.
    list: Option<DocumentId>,
    /// Whether this session follows it already.
    follows: bool,
    message: Option<PresenceMessage>,
    /// When this person was last said to be here, and how.
    said: Option<(Timestamp, PresenceMessage)>,
    greet: bool,
}

impl Company {
    /// Another list is looked at, or none.
    pub(crate) fn attend(
        &mut self,
        list: Option<DocumentId>,
        replica: &Replica,
        session: Option<&mut Session>,
    ) -> Result<Vec<News>, Problem> {
        if self.list == list {
            return Ok(Vec::new());
        }
        let mut gone = Vec::new();
        if let Some(left) = self.list.take() {
            if self.said.is_some()
                && let Some(session) = session
                && session.is_open()
            {
                let goodbye = PresenceMessage {
                    state: PresenceState::Left,
                    task: None,
                };
                session.send_presence(replica, left, &goodbye)?;
            }
            self.presence.clear(&left);
            gone.push(News::Here {
                list: left,
                people: Vec::new(),
            });
        }
        self.list = list;
        self.message = None;
        self.forget();
        Ok(gone)
    }

    /// What this person does there.
    pub(crate) fn show(&mut self, task: Option<TaskId>, typing: bool) {
        let state = if typing {
            PresenceState::Typing
        } else {
            PresenceState::Here
        };
        self.message = Some(PresenceMessage { state, task });
    }

    /// Who is here is not known without a connection.
    pub(crate) fn disconnected(&mut self) -> Option<News> {
        self.forget();
        let list = self.list?;
        let gone = self.presence.clear(&list);
        (!gone.is_empty()).then_some(News::Here {
            list,
            people: Vec::new(),
        })
    }

    fn forget(&mut self) {
        self.follows = false;
        self.said = None;
        self.greet = true;
    }

    /// Hears what came, and says what is due.
    pub(crate) fn go_on(
        &mut self,
        replica: &Replica,
        session: &mut Session,
        events: &[Event],
        now: Timestamp,
        news: &mut Vec<News>,
    ) -> Result<(), Problem> {
        let Some(list) = self.list else {
            return Ok(());
        };
        if !session.is_open() {
            return Ok(());
        }
        if !self.follows {
            self.follows = true;
            session.attend(&list)?;
        }
        let mut changes = Vec::new();
        for event in events {
            match event {
                Event::Ephemeral { message, from } if message.document == list => {
                    changes.extend(self.presence.hear(message, *from, now));
                }
                Event::Changed { document, .. } if *document == list => {
                    changes.extend(self.presence.keep_only(&list, &members(replica, list, now)));
                }
                _ => {}
            }
        }
        changes.extend(self.presence.expire(&list, now));
        self.greet |= changes
            .iter()
            .any(|change| matches!(change, PresenceChange::Joined(_)));
        if !changes.is_empty() {
            news.push(News::Here {
                list,
                people: self.presence.who(&list),
            });
        }
        // Nothing is said before the relay knows that this one follows the list.
        if session.is_in_sync() {
            self.say(replica, list, session, now)?;
        }
        Ok(())
    }

    fn say(
        &mut self,
        replica: &Replica,
        list: DocumentId,
        session: &mut Session,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let message = self.message.unwrap_or(PresenceMessage {
            state: PresenceState::Here,
            task: None,
        });
        let due = match &self.said {
            None => true,
            Some((at, before)) => {
                let since = now.duration_since(*at);
                since.unsigned_abs() >= PRESENCE_INTERVAL
                    || (since >= GREETING_PAUSE && (self.greet || *before != message))
            }
        };
        if due {
            self.greet = false;
            self.said = Some((now, message));
            session.send_presence(replica, list, &message)?;
        }
        Ok(())
    }
}

fn members(replica: &Replica, list: DocumentId, now: Timestamp) -> BTreeSet<Did> {
    match replica.query(&Query::Members { list }, now) {
        Ok(Answer::Members(page)) => page.items.into_iter().map(|member| member.did).collect(),
        _ => BTreeSet::new(),
    }
}
