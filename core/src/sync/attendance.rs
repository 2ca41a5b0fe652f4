//! What this side says of its own presence, and when that is due.
//!
//! The other half of [`Presence`](super::Presence): who looks at a list tells an [`Attendance`]
//! what they do, and sends what it gives.

use jiff::{SignedDuration, Timestamp};

use super::presence::{PRESENCE_INTERVAL, PresenceMessage, PresenceState};
use crate::model::TaskId;

/// How long somebody counts as writing after the last key they pressed.
pub const TYPING_TTL: SignedDuration = SignedDuration::from_secs(10);
/// Something is said no more often than this, however quickly things change.
const PAUSE_MIN: SignedDuration = SignedDuration::from_secs(1);

/// What somebody does in a list that they look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doing {
    /// The task that they look at, or write in.
    pub task: Option<TaskId>,
    /// When they last pressed a key, if they write.
    pub typed_at: Option<Timestamp>,
}

impl Doing {
    /// Looks at a task, or at the list as a whole.
    #[must_use]
    pub const fn looking_at(task: Option<TaskId>) -> Self {
        Self {
            task,
            typed_at: None,
        }
    }

    /// Writes in a task, or in what is new in the list. Say so again with each key that is
    /// pressed: it holds for [`TYPING_TTL`].
    #[must_use]
    pub const fn typing_in(task: Option<TaskId>, now: Timestamp) -> Self {
        Self {
            task,
            typed_at: Some(now),
        }
    }

    fn message(&self, now: Timestamp) -> PresenceMessage {
        let since = self.typed_at.map(|at| now.duration_since(at));
        // A clock that was put back keeps nobody writing.
        let types = since.is_some_and(|since| !since.is_negative() && since < TYPING_TTL);
        PresenceMessage {
            state: if types {
                PresenceState::Typing
            } else {
                PresenceState::Here
            },
            task: self.task,
        }
    }
}

/// One window on a list: what it has said of itself. Make a new one for each session.
#[derive(Debug, Clone, Default)]
pub struct Attendance {
    doing: Doing,
    said: Option<(PresenceMessage, Timestamp)>,
    greet: bool,
}

impl Attendance {
    /// Notes what the person does.
    pub fn set(&mut self, doing: Doing) {
        self.doing = doing;
    }

    /// Somebody came: they are to see who is here.
    pub fn greet(&mut self) {
        self.greet = true;
    }

    /// What is to be said now, if anything is: at once when it is something else than before or
    /// somebody came, though not more often than once a second, and again every
    /// [`PRESENCE_INTERVAL`].
    pub fn poll(&mut self, now: Timestamp) -> Option<PresenceMessage> {
        let message = self.doing.message(now);
        if let Some((said, at)) = self.said {
            let since = now.duration_since(at);
            let interval = SignedDuration::try_from(PRESENCE_INTERVAL).unwrap_or(PAUSE_MIN);
            let is_news = self.greet || said != message;
            // A clock that was put back must not silence anybody.
            let is_due =
                since >= interval || since.is_negative() || (is_news && since >= PAUSE_MIN);
            if !is_due {
                return None;
            }
        }
        self.greet = false;
        self.said = Some((message, now));
        Some(message)
    }

    /// The goodbye, if anything was said: others need not wait until this one has been silent for
    /// long enough.
    pub fn leave(&mut self) -> Option<PresenceMessage> {
        self.said.take().map(|_| PresenceMessage {
            state: PresenceState::Left,
            task: None,
        })
    }
}
