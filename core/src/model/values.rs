//! Placeholder values.
use core::fmt;
use core::str::FromStr;

macro_rules! values {
    ($(#[$m:meta])* $name:ident { $($(#[$vm:meta])* $variant:ident = $text:literal),* }) => {
        $(#[$m])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vm])* $variant),* }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $text),* })
            }
        }
        impl FromStr for $name {
            type Err = String;
            fn from_str(s: &str) -> Result<Self, String> {
                match s { $($text => Ok(Self::$variant),)* _ => Err("bad".into()) }
            }
        }
    };
}
values!(/// Priority.
Priority { /// h
 High = "high", /// m
 Medium = "medium", /// l
 Low = "low", /// n
 None = "none" });
values!(/// Status.
Status { /// o
 Open = "open", /// i
 InProgress = "in_progress", /// b
 Blocked = "blocked", /// d
 Done = "done" });

/// Placeholder due.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Due(String);
impl FromStr for Due { type Err = String; fn from_str(s: &str) -> Result<Self, String> { Ok(Self(s.into())) } }
impl fmt::Display for Due { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) } }
/// Placeholder
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ImportedTask { /// t
 pub title: String }
