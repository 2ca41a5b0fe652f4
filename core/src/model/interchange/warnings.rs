//! Collects warnings, in bounded number.

use super::limits::{EXCERPT_CHARS_MAX, WARNINGS_MAX};
use super::lines::visible;
use super::task::ImportWarning;

/// The warnings so far.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    list: Vec<ImportWarning>,
    unlisted: usize,
}

impl Warnings {
    /// Notes something about a line.
    pub(super) fn add(&mut self, line: usize, text: &str, reason: impl Into<String>) {
        if self.list.len() >= WARNINGS_MAX {
            self.unlisted = self.unlisted.saturating_add(1);
            return;
        }
        let excerpt: String = text.chars().take(EXCERPT_CHARS_MAX).collect();
        self.list.push(ImportWarning {
            line,
            text: visible(&excerpt).into_owned(),
            reason: reason.into(),
        });
    }

    /// Takes over what another collected.
    pub(super) fn append(&mut self, other: Self) {
        for warning in other.list {
            self.add(warning.line, &warning.text, warning.reason);
        }
        self.unlisted = self.unlisted.saturating_add(other.unlisted);
    }

    /// All of them, by line.
    pub(super) fn finish(mut self) -> Vec<ImportWarning> {
        self.list.sort_by_key(|warning| warning.line);
        if self.unlisted > 0 {
            self.list.push(ImportWarning {
                line: self.list.last().map_or(0, |warning| warning.line),
                text: String::new(),
                reason: format!("there are {} more warnings like these", self.unlisted),
            });
        }
        self.list
    }
}
