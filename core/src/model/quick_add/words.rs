//! A line as words, and which of them somebody has understood.

use super::SpanKind;
use super::numbers::{month, weekday};

/// How much of a text is looked at, in characters. A title has at most 500; what is longer was
/// pasted, and its end stays as it is.
const READ_CHARS_MAX: usize = 2_000;

/// What became of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nobody has claimed it: it belongs to the title.
    Open,
    /// It belongs to the title, whatever it could mean.
    Literal,
    /// It was understood.
    Taken(SpanKind),
}

/// What stands between white space. All places are bytes of the text.
#[derive(Debug)]
pub(super) struct Word {
    /// Where it starts.
    pub(super) start: usize,
    /// Where it ends, without the punctuation after it.
    pub(super) core_end: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// Lower case, without the punctuation after it.
    text: String,
    /// What became of it.
    pub(super) state: State,
    /// What the title shows behind it, where quotes were taken away before it.
    pub(super) after: String,
}

/// The words of a text, in order.
#[derive(Debug)]
pub(super) struct Words<'a> {
    source: &'a str,
    list: Vec<Word>,
    /// Where the part that is not looked at begins.
    tail: usize,
    /// Ambiguous words count wherever they stand. For asking what could be understood.
    pub(super) lenient: bool,
}

fn is_mark(c: char) -> bool {
    matches!(c, ',' | '.' | ';' | ':' | '!' | '?')
}

/// A day and a month with their full stops, as in `24.12.`: the last one is part of the date.
fn is_dotted(text: &str) -> bool {
    let mut parts = text.split('.');
    let short = |part: Option<&str>| {
        part.is_some_and(|p| (1..=2).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
    };
    short(parts.next()) && short(parts.next()) && parts.next() == Some("") && parts.next().is_none()
}

/// `a.m.` and `p.m.`, perhaps right behind their number.
fn is_half(text: &str) -> bool {
    let half = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ':' | '.'));
    half.eq_ignore_ascii_case("a.m.") || half.eq_ignore_ascii_case("p.m.")
}

impl Word {
    fn new(source: &str, start: usize, end: usize) -> Self {
        let whole = source.get(start..end).unwrap_or_default();
        let (text, core_end) = core(whole);
        Self {
            start,
            core_end: start.saturating_add(core_end),
            end,
            text: text.to_lowercase(),
            state: State::Open,
            after: String::new(),
        }
    }
}

/// A word without the punctuation after it, and that length in bytes. Nothing but punctuation
/// stays whole.
fn core(whole: &str) -> (&str, usize) {
    let mut text = whole.trim_end_matches(is_mark);
    if text.is_empty() {
        text = whole;
    } else if let Some(dotted) = whole.get(..text.len().saturating_add(1))
        && (is_dotted(dotted) || is_half(dotted))
    {
        text = dotted;
    }
    (text, text.len())
}

impl<'a> Words<'a> {
    pub(super) fn split(source: &'a str) -> Self {
        let read = source
            .char_indices()
            .nth(READ_CHARS_MAX)
            .map_or(source.len(), |(at, _)| at);
        let mut list = Vec::new();
        let mut at = 0_usize;
        loop {
            let rest = source.get(at..).unwrap_or_default();
            let word = rest.trim_start();
            let start = at.saturating_add(rest.len().saturating_sub(word.len()));
            let length = word.find(char::is_whitespace).unwrap_or(word.len());
            let end = start.saturating_add(length);
            if length == 0 || end > read {
                return Self {
                    source,
                    list,
                    tail: start,
                    lenient: false,
                };
            }
            list.push(Word::new(source, start, end));
            at = end;
        }
    }

    pub(super) fn source(&self) -> &'a str {
        self.source
    }

    /// The part that is not looked at.
    pub(super) fn tail(&self) -> &'a str {
        self.source.get(self.tail..).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn list(&self) -> &[Word] {
        &self.list
    }

    pub(super) fn word_mut(&mut self, index: usize) -> Option<&mut Word> {
        self.list.get_mut(index)
    }

    /// An open word in lower case, without the punctuation after it; empty where there is none.
    pub(super) fn at(&self, index: usize) -> &str {
        match self.list.get(index) {
            Some(word) if word.state == State::Open => &word.text,
            _ => "",
        }
    }

    /// Any word in lower case, understood or not; empty where there is none.
    pub(super) fn any(&self, index: usize) -> &str {
        self.list.get(index).map_or("", |word| &word.text)
    }

    /// The word before, where nothing parts it from this one; empty where there is none.
    pub(super) fn before(&self, index: usize) -> &str {
        match index.checked_sub(1) {
            Some(before) if self.trail(before).is_empty() => self.any(before),
            _ => "",
        }
    }

    /// A word as it is written, without the punctuation after it.
    pub(super) fn written(&self, index: usize) -> &'a str {
        let word = self.list.get(index);
        let text = word.and_then(|word| self.source.get(word.start..word.core_end));
        text.unwrap_or_default()
    }

    /// The punctuation after a word.
    pub(super) fn trail(&self, index: usize) -> &'a str {
        let word = self.list.get(index);
        let text = word.and_then(|word| self.source.get(word.core_end..word.end));
        text.unwrap_or_default()
    }

    pub(super) fn is_taken(&self, index: usize) -> bool {
        let word = self.list.get(index);
        word.is_some_and(|word| matches!(word.state, State::Taken(_)))
    }

    /// Whether a word is part of a date, a time or a recurrence.
    pub(super) fn is_when(&self, index: usize) -> bool {
        self.list.get(index).is_some_and(|word| {
            matches!(
                word.state,
                State::Taken(SpanKind::Due | SpanKind::Time | SpanKind::Recurrence)
            )
        })
    }

    /// Whether the title has no word from here on.
    pub(super) fn is_end(&self, index: usize) -> bool {
        let rest = self.list.get(index..).unwrap_or_default();
        let taken = |word: &Word| matches!(word.state, State::Taken(_));
        self.tail().is_empty() && rest.iter().all(taken)
    }

    /// Whether words belong together as far as punctuation tells: a sentence that ends between
    /// them parts them.
    pub(super) fn are_joined(&self, from: usize, to: usize) -> bool {
        (from..to.saturating_sub(1)).all(|index| match self.trail(index) {
            "" | "," | ":" => true,
            "." => {
                let text = self.any(index);
                let number = text.bytes().all(|byte| byte.is_ascii_digit());
                number || month(text).is_some() || weekday(text).is_some()
            }
            _ => false,
        })
    }

    pub(super) fn take(&mut self, from: usize, to: usize, kind: SpanKind) {
        self.set(from, to, State::Taken(kind));
    }

    pub(super) fn set(&mut self, from: usize, to: usize, state: State) {
        for word in self.list.get_mut(from..to).unwrap_or_default() {
            word.state = state;
        }
    }

    /// Reads a word again from within its quotes or after its backslash.
    pub(super) fn reread(&mut self, index: usize, start: usize, end: usize) {
        if let Some(word) = self.list.get_mut(index) {
            *word = Word::new(self.source, start, end);
        }
    }
}
