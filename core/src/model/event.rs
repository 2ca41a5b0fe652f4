//! What came to a replica, as a stream: one event for each row of the record of who did what, in
//! the order in which they came there.

use core::fmt;
use core::str::FromStr;

use serde::{Serialize, Serializer};

use super::{Activity, ActivityAction};

/// Names an event of one replica, and its place in that replica's stream. No id is given twice:
/// the place is never used again, and the mark tells whether it is still the same history, which
/// it is not where a database was put back from a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventId {
    /// The place in the log.
    pub(crate) place: u64,
    /// The row at that place; `None`: behind all of them.
    pub(crate) row: Option<u32>,
    /// From what stands at that place; 0 where nothing does.
    pub(crate) mark: u32,
}

impl EventId {
    /// Before all events.
    pub const START: Self = Self {
        place: 0,
        row: None,
        mark: 0,
    };

    /// What is compared to tell which of two events of one replica is the later one.
    #[must_use]
    pub fn order(&self) -> (u64, u64) {
        (self.place, self.row.map_or(u64::MAX, u64::from))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:08x}", self.place, self.mark)?;
        match self.row {
            Some(row) => write!(f, "-{row}"),
            None => Ok(()),
        }
    }
}

/// A text that is no id of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id of an event is wanted, as the stream gave it")]
pub struct EventIdError;

impl FromStr for EventId {
    type Err = EventIdError;

    fn from_str(text: &str) -> Result<Self, EventIdError> {
        let number = |text: &str| -> Result<u64, EventIdError> {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let parsed = text.parse().ok().filter(|_| plain);
            // SQLite's own numbers end there.
            parsed
                .filter(|number| *number < i64::MAX.unsigned_abs())
                .ok_or(EventIdError)
        };
        let mut parts = text.splitn(3, '-');
        let place = number(parts.next().unwrap_or_default())?;
        let mark = parts.next().unwrap_or_default();
        if mark.len() != 8 {
            return Err(EventIdError);
        }
        let mark = u32::from_str_radix(mark, 16).map_err(|_| EventIdError)?;
        let row = parts.next().map(number).transpose()?;
        let row = row.map(u32::try_from).transpose();
        Ok(Self {
            place,
            row: row.map_err(|_| EventIdError)?,
            mark,
        })
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventSubject {
    /// A task.
    Task,
    /// A comment.
    Comment,
    /// A list.
    List,
    /// Somebody in a list.
    Member,
    /// An entry that somebody wrote into the activity of a list.
    Note,
}

impl EventSubject {
    const ALL: [Self; 5] = [
        Self::Task,
        Self::Comment,
        Self::List,
        Self::Member,
        Self::Note,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Comment => "comment",
            Self::List => "list",
            Self::Member => "member",
            Self::Note => "note",
        }
    }
}

/// What kind of event it is: `task.completed`, `member.joined`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventType {
    /// What it is about.
    pub subject: EventSubject,
    /// What was done.
    pub action: ActivityAction,
}

impl EventType {
    /// Of a row of the record of who did what.
    #[must_use]
    pub fn of(activity: &Activity) -> Self {
        use ActivityAction as Action;
        let action = activity.action;
        let (subject, action) = match action {
            Action::Joined | Action::Left | Action::Removed | Action::RoleChanged => {
                (EventSubject::Member, action)
            }
            Action::Note => (EventSubject::Note, Action::Created),
            Action::Commented => (EventSubject::Comment, Action::Created),
            _ if activity.comment.is_some() => (EventSubject::Comment, action),
            _ if activity.task.is_some() => (EventSubject::Task, action),
            _ => (EventSubject::List, action),
        };
        Self { subject, action }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.subject.as_str(), self.action.as_str())
    }
}

impl Serialize for EventType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Which kinds of events are wanted: `task.completed`, or all about one subject: `task.*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventFilter {
    subject: EventSubject,
    /// `None`: whatever was done.
    action: Option<ActivityAction>,
}

impl EventFilter {
    /// Whether events of a kind are wanted.
    #[must_use]
    pub fn admits(&self, kind: EventType) -> bool {
        self.subject == kind.subject && self.action.is_none_or(|action| action == kind.action)
    }
}

impl fmt::Display for EventFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.action.map_or("*", ActivityAction::as_str);
        write!(f, "{}.{action}", self.subject.as_str())
    }
}

impl Serialize for EventFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text that names no kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a kind of event is wanted, such as task.completed, or task.* for all about tasks")]
pub struct EventFilterError;

impl FromStr for EventFilter {
    type Err = EventFilterError;

    fn from_str(text: &str) -> Result<Self, EventFilterError> {
        let (subject, action) = text.split_once('.').ok_or(EventFilterError)?;
        let named = |one: &EventSubject| one.as_str() == subject;
        let subject = EventSubject::ALL.into_iter().find(named);
        let action = match action {
            "*" => None,
            action => Some(action.parse().map_err(|_| EventFilterError)?),
        };
        Ok(Self {
            subject: subject.ok_or(EventFilterError)?,
            action,
        })
    }
}

/// Something that came to a replica.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its name and place in this replica's stream.
    pub id: EventId,
    /// What kind it is.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// What the list is called now.
    pub list_title: String,
    /// Its place in the order of its list, the same on every replica: a cursor of the list's
    /// activity.
    pub position: String,
    /// What was done.
    pub activity: Activity,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_nothing_else_does() {
        let row = EventId {
            place: 12,
            row: Some(3),
            mark: 0xab,
        };
        let end = EventId { row: None, ..row };
        for (id, text) in [(row, "12-000000ab-3"), (end, "12-000000ab")] {
            assert_eq!(id.to_string(), text);
            assert_eq!(text.parse(), Ok(id));
        }
        assert!(row.order() < end.order());
        for text in [
            "",
            "12",
            "12-ab",
            "-000000ab",
            "+1-000000ab",
            "12-000000ab-",
            "12-000000ab-x",
            "12-000000ab-4294967296",
            "9223372036854775808-000000ab",
            "12-0000zzzz-1",
        ] {
            assert_eq!(text.parse::<EventId>(), Err(EventIdError), "{text}");
        }
    }

    #[test]
    fn a_filter_names_what_there_is() {
        let completed = EventType {
            subject: EventSubject::Task,
            action: ActivityAction::Completed,
        };
        for (text, admits) in [
            ("task.completed", true),
            ("task.*", true),
            ("task.created", false),
            ("list.*", false),
        ] {
            let filter: EventFilter = text.parse().unwrap();
            assert_eq!(filter.admits(completed), admits, "{text}");
            assert_eq!(filter.to_string(), text);
        }
        for text in ["", "task", "task.", "*.*", "cake.*", "task.eaten"] {
            assert_eq!(text.parse::<EventFilter>(), Err(EventFilterError), "{text}");
        }
    }
}
