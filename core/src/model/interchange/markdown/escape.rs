//! Titles and links as Markdown, so that nothing in them is taken for something else.

use std::fmt::Write as _;

use super::{DAY_SIGNS, KEYS, PRIORITY_SIGNS};

/// The longest number of a character.
const ENTITY_DIGITS_MAX: usize = 7;

/// Characters that cannot stand in a line as they are.
fn breaks(c: char) -> bool {
    c.is_control() || c == '\u{feff}'
}

fn push_entity(out: &mut String, c: char) {
    // Writing to a String cannot fail.
    let _ = write!(out, "&#{};", u32::from(c));
}

/// Writes a title. `in_link` where it stands between brackets.
pub(super) fn escape_title(title: &str, in_link: bool) -> String {
    let (text, escaped) = render(title, in_link, false);
    if escaped && title.contains('`') {
        // In code a backslash would be read as itself: let there be no code.
        return render(title, in_link, true).0;
    }
    text
}

fn render(title: &str, in_link: bool, ticks: bool) -> (String, bool) {
    let mut out = String::with_capacity(title.len());
    let mut escaped = false;
    let inner = title.trim_matches(' ');
    let begin = title
        .len()
        .saturating_sub(title.trim_start_matches(' ').len());
    let end = begin.saturating_add(inner.len());
    // Where the colon of a word stands that looks like a field.
    let mut colon = None;
    let mut before = ' ';
    for (at, c) in title.char_indices() {
        let rest = title.get(at..).unwrap_or_default();
        let mut backslash = false;
        let mut entity = breaks(c) || (c == ' ' && !(begin..end).contains(&at));
        if before == ' ' && c != ' ' {
            let word = rest.split(' ').next().unwrap_or_default();
            backslash = is_special(word);
            entity |= begins_with_sign(word);
            colon = key_of(word).map(|key| at.saturating_add(key.len()));
        }
        backslash |= match c {
            '\\' => true,
            '`' => ticks,
            '[' => in_link || at == 0,
            ']' => in_link,
            '~' => at == 0 && rest.starts_with("~~"),
            '&' => rest.starts_with("&#"),
            ':' => colon == Some(at),
            _ => false,
        };
        escaped |= entity || backslash;
        if entity {
            push_entity(&mut out, c);
        } else {
            if backslash {
                out.push('\\');
            }
            out.push(c);
        }
        before = c;
    }
    (out, escaped)
}

/// The key that a word begins with, if it looks like a field.
fn key_of(word: &str) -> Option<&str> {
    let (key, _) = word.split_once(':')?;
    KEYS.contains(&key).then_some(key)
}

fn is_special(word: &str) -> bool {
    word.starts_with('#') || matches!(word, "!high" | "!medium" | "!low" | "!none")
}

fn begins_with_sign(word: &str) -> bool {
    DAY_SIGNS
        .iter()
        .chain(&PRIORITY_SIGNS)
        .any(|(sign, _)| word.starts_with(sign))
}

/// Writes the target of a link.
pub(super) fn escape_url(url: &str) -> String {
    let is_plain = |c: char| !breaks(c) && !matches!(c, ' ' | '(' | ')' | '<' | '>' | '\\');
    if url.chars().all(is_plain) && !url.contains("&#") {
        return url.to_owned();
    }
    let mut out = String::with_capacity(url.len().saturating_add(2));
    out.push('<');
    for c in url.chars() {
        if breaks(c) {
            push_entity(&mut out, c);
        } else {
            if matches!(c, '<' | '>' | '\\' | '&') {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out.push('>');
    out
}

/// Writes the name of a tag after its `#`.
pub(super) fn escape_tag(name: &str) -> String {
    let only_digits = name.bytes().all(|byte| byte.is_ascii_digit());
    let mut out = String::with_capacity(name.len());
    for (at, c) in name.char_indices() {
        if is_tag_char(c) && !(only_digits && at == 0) {
            out.push(c);
        } else {
            push_entity(&mut out, c);
        }
    }
    out
}

/// Writes the value of a field after its colon.
pub(super) fn escape_value(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if is_tag_char(c) || matches!(c, '=' | ';' | ',' | '.' | ':' | '+' | '@' | '\'') {
            out.push(c);
        } else {
            push_entity(&mut out, c);
        }
    }
    out
}

/// A value with its entities replaced.
pub(super) fn entities(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        let (meant, after) =
            entity(rest).unwrap_or_else(|| (c, rest.get(c.len_utf8()..).unwrap_or_default()));
        out.push(meant);
        rest = after;
    }
    out
}

/// Whether a character can stand in a tag as it is.
pub(super) fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '/')
}

/// A character written by its number, and the text after it.
pub(super) fn entity(text: &str) -> Option<(char, &str)> {
    let number = text.strip_prefix("&#")?;
    // No further than a number can be long: there may be many more of these signs behind it.
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let length = number
        .bytes()
        .take(ENTITY_DIGITS_MAX)
        .take_while(is_digit)
        .count();
    let (digits, rest) = number.split_at_checked(length)?;
    let c = digits.parse().ok().and_then(char::from_u32)?;
    Some((c, rest.strip_prefix(';')?))
}

/// The parts of a text that are code and those that are not, in turn, beginning with one that is
/// not (and may be empty). Code is what stands between equally many backticks.
pub(super) fn code_spans(text: &str) -> Vec<&str> {
    if !text.contains('`') {
        return vec![text];
    }
    let runs = tick_runs(text);
    let mut next_of_length = std::collections::BTreeMap::new();
    // For each run the next one of the same length: from the end, so that it stays linear.
    let mut closers: Vec<Option<usize>> = runs
        .iter()
        .enumerate()
        .rev()
        .map(|(place, (_, length))| next_of_length.insert(*length, place))
        .collect();
    closers.reverse();
    let mut parts = Vec::new();
    let mut from = 0;
    let mut place = 0;
    while let Some((begin, _)) = runs.get(place) {
        let closer = closers.get(place).copied().flatten();
        if let Some((at, length)) = closer.and_then(|closer| runs.get(closer)) {
            let end = at.saturating_add(*length);
            parts.push(text.get(from..*begin).unwrap_or_default());
            parts.push(text.get(*begin..end).unwrap_or_default());
            from = end;
            place = closer.unwrap_or(place);
        }
        place = place.saturating_add(1);
    }
    parts.push(text.get(from..).unwrap_or_default());
    parts
}

/// Where backticks stand, and how many. Those after a backslash do not count.
fn tick_runs(text: &str) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut after_backslash = false;
    for (at, c) in text.char_indices() {
        if c == '`' && !after_backslash {
            match runs.last_mut() {
                Some((begin, length)) if begin.saturating_add(*length) == at => {
                    *length = length.saturating_add(1);
                }
                _ => runs.push((at, 1)),
            }
        }
        after_backslash = c == '\\' && !after_backslash;
    }
    runs
}

/// Reads a title as it stands in Markdown.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (place, part) in code_spans(text).into_iter().enumerate() {
        if place % 2 == 0 {
            unescape_into(&mut out, part);
        } else {
            out.push_str(part);
        }
    }
    out
}

/// Reads text that has no code, such as the target of a link.
pub(super) fn unescape_into(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        if c == '\\'
            && let Some(sign) = after.chars().next().filter(char::is_ascii_punctuation)
        {
            out.push(sign);
            rest = after.get(1..).unwrap_or_default();
        } else if c == '&'
            && let Some((meant, after)) = entity(rest)
        {
            out.push(meant);
            rest = after;
        } else {
            out.push(c);
            rest = after;
        }
    }
}

#[cfg(test)]
mod tests {
    //! Escaping is undone exactly, and plain titles stay as they are.

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_titles_stay_readable() {
        for title in [
            "Pay rent",
            "**Bold** `code` snake_case",
            "a [b](c)",
            "1. a",
            "(A) b",
        ] {
            assert_eq!(escape_title(title, false), title);
            assert_eq!(unescape(title), title);
        }
        assert_eq!(
            escape_title("Fix #12 due:now", false),
            "Fix \\#12 due\\:now"
        );
        assert_eq!(escape_title("a\nb", false), "a&#10;b");
        assert_eq!(escape_title("[x] a", false), "\\[x] a");
        assert_eq!(escape_title("C:\\_a `b`", false), "C:\\\\_a \\`b\\`");
    }

    #[test]
    fn code_is_read_as_it_is() {
        assert_eq!(code_spans("a ``b ` c`` d `e"), ["a ", "``b ` c``", " d `e"]);
        assert_eq!(unescape("`\\*` \\*"), "`\\*` *");
        assert_eq!(unescape("\\`\\*`"), "`*`");
    }

    proptest! {
        #[test]
        fn escaping_is_undone(
            text in prop_oneof!["\\PC{0,20}", "[ \\\\`#~&0;:!a\\[\\]<>()\n\u{feff}📅\u{85}-]{0,20}"],
        ) {
            for in_link in [false, true] {
                let written = escape_title(&text, in_link);
                prop_assert!(!written.contains(breaks));
                prop_assert_eq!(unescape(&written), &text[..]);
            }
            let mut url = String::new();
            let written = escape_url(&text);
            let inner = written.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
            unescape_into(&mut url, inner.unwrap_or(&written));
            prop_assert_eq!(url, text);
        }
    }
}
