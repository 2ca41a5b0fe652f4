//! The ids of items.

use core::fmt;
use core::str::FromStr;

use uuid::Uuid;

/// The id of an item: a UUIDv7 (RFC 9562), so that ids made later sort later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(Uuid);

/// A text is no whole item id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no task id: it looks like 0192f0c1-2d3e-7f00-8a9b-0c1d2e3f4a5b")]
pub struct TaskIdError;

impl TaskId {
    /// Makes an id from the time (milliseconds since 1970) and ten random bytes.
    #[must_use]
    pub fn new(now_ms: u64, random: &[u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(now_ms, random).into_uuid())
    }

    /// The id with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The bytes of the id.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The last six characters: what a person types. The first ones are time and hardly differ.
    #[must_use]
    pub fn short(&self) -> String {
        let text = self.0.simple().to_string();
        text.chars().skip(text.len().saturating_sub(6)).collect()
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for TaskId {
    type Err = TaskIdError;

    fn from_str(text: &str) -> Result<Self, TaskIdError> {
        // One written form only, so that one item cannot stand under two keys.
        match Uuid::try_parse(text) {
            Ok(id) if id.hyphenated().encode_lower(&mut [0; 36]) == text => Ok(Self(id)),
            _ => Err(TaskIdError),
        }
    }
}

impl serde::Serialize for TaskId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for TaskId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_are_short_at_their_end() {
        let early = TaskId::new(1_000, &[0xff; 10]);
        let late = TaskId::new(1_001, &[0; 10]);
        assert!(early < late);
        assert_eq!(early.short(), "ffffff");
        assert_eq!(early.to_string().parse(), Ok(early));
        assert_eq!(
            early.to_string().to_uppercase().parse::<TaskId>(),
            Err(TaskIdError)
        );
        assert_eq!("".parse::<TaskId>(), Err(TaskIdError));
    }
}
