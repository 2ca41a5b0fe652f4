//! Words that are to stay as they are: behind a backslash, or in quotes.
//!
//! The backslash or the quotes leave the title where they kept something from being understood,
//! and stay where they did not: `\#home` becomes `#home`, and a quoted book title keeps its quotes.

use super::QuickAddContext;
use super::calendar::Calendar;
use super::dates::date_phrase;
use super::marks::mark;
use super::repeats::repeat_phrase;
use super::times::time_phrase;
use super::words::{State, Words};

/// Signs that a backslash is taken away from, whether or not a name follows them.
const SIGNS: [char; 4] = ['#', '@', '/', '!'];

/// How many words a pair of quotes holds at most. Most that are never closed are inches.
const QUOTED_WORDS_MAX: usize = 40;

/// Marks the words that are to be left alone.
pub(super) fn keep_literals(words: &mut Words<'_>, calendar: &Calendar, context: &QuickAddContext) {
    words.lenient = true;
    let mut index = 0;
    while index < words.len() {
        let kept = escaped(words, index, calendar, context)
            .or_else(|| quoted(words, index, calendar, context));
        index = kept.unwrap_or(index).max(index.saturating_add(1));
    }
    words.lenient = false;
}

/// The first word behind what could be understood from here on.
fn understood(
    words: &Words<'_>,
    index: usize,
    calendar: &Calendar,
    context: &QuickAddContext,
) -> Option<usize> {
    mark(words, index, context)
        .map(|(next, _)| next)
        .or_else(|| repeat_phrase(words, index, calendar).map(|repeat| repeat.next))
        .or_else(|| date_phrase(words, index, calendar).map(|day| day.next))
        .or_else(|| time_phrase(words, index).map(|clock| clock.next))
}

/// A word with a backslash in front: what would be understood from it on is literal.
fn escaped(
    words: &mut Words<'_>,
    index: usize,
    calendar: &Calendar,
    context: &QuickAddContext,
) -> Option<usize> {
    let word = words.list().get(index)?;
    let (start, end) = (word.start, word.end);
    let behind = words.source().get(start..end)?.strip_prefix('\\')?;
    let inner = start.saturating_add(1);
    words.reread(index, inner, end);
    let found = understood(words, index, calendar, context);
    let keeps = found.is_some() || behind.starts_with(SIGNS);
    if !keeps {
        words.reread(index, start, end);
        words.set(index, index.saturating_add(1), State::Literal);
        return None;
    }
    let next = found.unwrap_or(index.saturating_add(1));
    words.set(index, next, State::Literal);
    Some(next)
}

fn closing(open: char) -> Option<char> {
    match open {
        '"' => Some('"'),
        '\u{201c}' => Some('\u{201d}'),
        '\u{201e}' => Some('\u{201c}'),
        '\u{ab}' => Some('\u{bb}'),
        _ => None,
    }
}

/// Words in quotes: all of them are literal.
fn quoted(
    words: &mut Words<'_>,
    index: usize,
    calendar: &Calendar,
    context: &QuickAddContext,
) -> Option<usize> {
    let open = words.written(index).chars().next()?;
    let close = closing(open)?;
    let limit = index.saturating_add(QUOTED_WORDS_MAX).min(words.len());
    let last = (index..limit).find(|at| {
        let text = words.written(*at);
        let text = match *at == index {
            true => text.strip_prefix(open).unwrap_or_default(),
            false => text,
        };
        text.strip_suffix(close)
            .is_some_and(|inner| !inner.is_empty() || *at > index)
    })?;
    let places: Vec<(usize, usize, usize)> = (index..=last)
        .filter_map(|at| words.list().get(at).map(|word| (at, word.start, word.end)))
        .collect();
    let trail = words.trail(last).to_owned();
    for (at, start, end) in &places {
        let start = match *at == index {
            true => start.saturating_add(open.len_utf8()),
            false => *start,
        };
        let end = match *at == last {
            true => end.saturating_sub(close.len_utf8().saturating_add(trail.len())),
            false => *end,
        };
        words.reread(*at, start, end);
    }
    let next = last.saturating_add(1);
    let found = (index..next).any(|at| understood(words, at, calendar, context).is_some());
    if !found {
        for (at, start, end) in places {
            words.reread(at, start, end);
        }
    }
    words.set(index, next, State::Literal);
    if found && let Some(word) = words.word_mut(last) {
        word.after = trail;
    }
    Some(next)
}
