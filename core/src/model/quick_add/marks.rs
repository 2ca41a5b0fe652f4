//! Words with a sign in front: `#tag`, `@member`, `/list`, `!high`, and `p1` to `p3`.

use super::QuickAddContext;
use super::words::Words;
use crate::model::Priority;
use crate::model::interchange::TAG_CHARS_MAX;

/// What a sign says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    Tag(String),
    Priority(Priority),
    Assignee(String),
    List(String),
}

/// The mark that starts with a word, and the first word behind it.
pub(super) fn mark(
    words: &Words<'_>,
    index: usize,
    context: &QuickAddContext,
) -> Option<(usize, Mark)> {
    let text = words.at(index);
    if let Some(priority) = priority(text) {
        return Some((index.saturating_add(1), Mark::Priority(priority)));
    }
    match text.chars().next()? {
        '#' => tag(words, index, &context.tags).map(|(next, tag)| (next, Mark::Tag(tag))),
        '@' => {
            let (next, name) = known(words, index, &context.members)?;
            Some((next, Mark::Assignee(name)))
        }
        '/' => {
            let (next, name) = known(words, index, &context.lists)?;
            Some((next, Mark::List(name)))
        }
        _ => None,
    }
}

fn priority(text: &str) -> Option<Priority> {
    Some(match text {
        "!high" | "!h" | "!1" | "!!!" | "p1" => Priority::High,
        "!medium" | "!med" | "!m" | "!2" | "!!" | "p2" => Priority::Medium,
        "!low" | "!l" | "!3" | "!" | "p3" => Priority::Low,
        _ => return None,
    })
}

/// A known tag, or any word of letters, digits, `-`, `_` and `/` with a letter in it: `#1` is the
/// number of something.
fn tag(words: &Words<'_>, index: usize, tags: &[String]) -> Option<(usize, String)> {
    if let Some(known) = known(words, index, tags) {
        return Some(known);
    }
    let name = words.written(index).strip_prefix('#')?;
    let fits = name.chars().count() <= TAG_CHARS_MAX
        && name.chars().any(char::is_alphabetic)
        && name.chars().all(is_tag_char);
    fits.then(|| (index.saturating_add(1), name.to_owned()))
}

/// Signs that scripts write above their letters belong to a word as much as letters do.
fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, '-' | '_' | '/')
        || matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{200c}' | '\u{200d}')
}

/// The longest of the names that stands behind a word's sign, and the first word behind it.
fn known(words: &Words<'_>, index: usize, names: &[String]) -> Option<(usize, String)> {
    let longest = |name: &&String| name.chars().count();
    let matches = names.iter().filter_map(|name| {
        let next = name_end(words, index, name)?;
        Some((next, name))
    });
    let (next, name) = matches.max_by_key(|(_, name)| longest(name))?;
    Some((next, name.clone()))
}

/// The first word behind a name, where the words from here on are that name.
fn name_end(words: &Words<'_>, index: usize, name: &str) -> Option<usize> {
    let mut at = index;
    for part in name.split_whitespace() {
        let word = words.at(at);
        let word = if at == index {
            word.strip_prefix(['#', '@', '/'])?
        } else if words.trail(at.saturating_sub(1)).is_empty() {
            word
        } else {
            return None;
        };
        if word.is_empty() || word != part.to_lowercase() {
            return None;
        }
        at = at.saturating_add(1);
    }
    (at > index).then_some(at)
}
