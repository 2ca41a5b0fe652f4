//! The title from what is left, and the places of what was understood.

use std::collections::BTreeSet;

use super::words::{State, Words};
use super::{Span, SpanKind};

fn is_dash(text: &str) -> bool {
    matches!(text, "-" | "\u{2013}" | "\u{2014}")
}

fn is_mark(c: char) -> bool {
    matches!(c, ',' | '.' | ';' | ':' | '!' | '?')
}

/// What is left of a text, word by word.
#[derive(Debug, Default)]
struct Title {
    text: String,
    /// What stood right behind something that was understood; it needs a word before it.
    punctuation: String,
    /// A dash beside something that was understood; it needs words on both sides.
    dash: String,
}

impl Title {
    fn push(&mut self, piece: &str) {
        if piece.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            if !self.text.ends_with(is_mark) {
                self.text.push_str(&self.punctuation);
            }
            for part in [self.dash.as_str(), piece] {
                if !part.is_empty() {
                    self.text.push(' ');
                    self.text.push_str(part);
                }
            }
        } else {
            self.text.push_str(piece);
        }
        self.punctuation.clear();
        self.dash.clear();
    }

    fn finish(mut self) -> String {
        let end = self.punctuation.trim_start_matches([',', ';', ':']);
        if !self.text.is_empty() && !self.text.ends_with(is_mark) {
            self.text.push_str(end);
        }
        self.text
    }
}

/// Words that were taken together, from the first to the one behind the last, and what they say.
pub(super) type Taken = (usize, usize, SpanKind);

/// The title: the words that nobody took, with single spaces between them.
pub(super) fn title(words: &Words<'_>, taken: &[Taken]) -> String {
    let mut title = Title::default();
    // Only what is behind the last word of a date is not part of it.
    let ends: BTreeSet<usize> = taken.iter().map(|(_, to, _)| *to).collect();
    for (index, word) in words.list().iter().enumerate() {
        if matches!(word.state, State::Taken(_)) {
            let trail = words.trail(index);
            if !trail.is_empty() && ends.contains(&index.saturating_add(1)) {
                title.punctuation = trail.to_owned();
            }
            continue;
        }
        let text = words.source().get(word.start..word.end).unwrap_or_default();
        let beside = words.is_taken(index.saturating_add(1))
            || index
                .checked_sub(1)
                .is_some_and(|index| words.is_taken(index));
        if is_dash(text) && beside {
            text.clone_into(&mut title.dash);
            continue;
        }
        title.push(text);
        title.text.push_str(&word.after);
    }
    for piece in words.tail().split_whitespace() {
        title.push(piece);
    }
    title.finish()
}

/// The places of what was understood, from ranges of words.
pub(super) fn spans(words: &Words<'_>, mut taken: Vec<Taken>) -> Vec<Span> {
    taken.sort_by_key(|(from, _, _)| *from);
    // Every character is counted once, however many places there are.
    let mut counted = (0_usize, 0_usize);
    let mut units = |byte: usize| {
        let between = words.source().get(counted.0..byte).unwrap_or_default();
        counted = (
            byte,
            counted.1.saturating_add(between.encode_utf16().count()),
        );
        counted.1
    };
    taken
        .into_iter()
        .filter_map(|(from, to, kind)| {
            let start = words.list().get(from)?.start;
            let end = words.list().get(to.checked_sub(1)?)?.core_end;
            Some(Span {
                start: units(start),
                end: units(end),
                kind,
            })
        })
        .collect()
}
