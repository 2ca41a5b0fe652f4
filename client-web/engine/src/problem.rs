//! What goes wrong, as JavaScript hears of it.

use poo_core::replica::{CommandError, OpenError, QueryError};
use poo_core::store::StoreError;
use poo_core::sync::SessionError;
use serde::Serialize;
use wasm_bindgen::JsValue;

/// An error for whoever asked: a short name that a program can go by, and words for a person.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Problem {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

impl Problem {
    pub(crate) fn new(code: &'static str, message: impl ToString) -> Self {
        Self {
            code,
            message: message.to_string(),
            field: None,
        }
    }

    pub(crate) fn invalid(field: &str, message: impl ToString) -> Self {
        Self {
            field: Some(field.to_owned()),
            ..Self::new("invalid", message)
        }
    }
}

impl From<Problem> for JsValue {
    fn from(problem: Problem) -> Self {
        // Two texts always make JSON.
        Self::from_str(&serde_json::to_string(&problem).unwrap_or_default())
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let code = match &error {
            CommandError::NotFound(_) => "not_found",
            CommandError::Forbidden { .. } => "forbidden",
            CommandError::OnlyOwner => "only_owner",
            CommandError::Outranked => "outranked",
            CommandError::Invalid { field, reason } => return Self::invalid(field, reason),
            CommandError::NoRelay => "no_relay",
            CommandError::NoIdentitySecret => "no_identity_secret",
            CommandError::NotWitnessed => "not_witnessed",
            CommandError::OwnSignature => "own_signature",
            CommandError::Refused(_) => "refused",
            CommandError::CannotTurn { .. } => "cannot_turn",
            CommandError::Statement(_) => "statement",
            CommandError::Store(_) => "storage",
        };
        Self::new(code, error)
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        let code = match &error {
            QueryError::NotFound { .. } => "not_found",
            QueryError::Ambiguous { .. } => "ambiguous",
            QueryError::Invalid { field, reason } => return Self::invalid(field, reason),
            QueryError::Store(_) => "storage",
        };
        Self::new(code, error)
    }
}

impl From<OpenError> for Problem {
    fn from(error: OpenError) -> Self {
        let code = match &error {
            OpenError::OtherDevice => "other_device",
            OpenError::Store(_) => "storage",
        };
        Self::new(code, error)
    }
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        Self::new("session", error)
    }
}

/// A file could not be read from the database.
impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        Self::new("storage", error)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::new("storage", error)
    }
}
