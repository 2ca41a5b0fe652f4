//! The lines of a text.

use std::borrow::Cow;

/// A line without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Its number, counted from 1.
    pub(super) number: usize,
    /// What it says.
    pub(super) text: &'a str,
}

/// The lines of a text, without a byte order mark. A line ends with `\n`, `\r\n` or `\r`.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text
        .strip_suffix("\r\n")
        .or_else(|| text.strip_suffix(['\n', '\r']))
        .unwrap_or(text);
    let mut rest = Some(text);
    let mut number = 0_usize;
    core::iter::from_fn(move || {
        let text = rest.take()?;
        number = number.saturating_add(1);
        let (line, after) = match text.split_once(['\n', '\r']) {
            None => (text, None),
            Some((line, after)) => {
                let ended_by_cr = text.as_bytes().get(line.len()) == Some(&b'\r');
                let after = match after.strip_prefix('\n') {
                    Some(after) if ended_by_cr => after,
                    _ => after,
                };
                (line, Some(after))
            }
        };
        rest = after;
        Some(Line { number, text: line })
    })
}

/// Whether a character could act on a terminal instead of being seen.
pub(super) fn is_control(c: char) -> bool {
    c.is_control()
}

/// The text with control characters (tabs excepted) shown as their pictures, such as `␛`.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_control(c) && c != '\t') {
        return Cow::Borrowed(text);
    }
    let picture = |c: char| match u32::from(c) {
        0x09 => '\t',
        code @ 0x00..=0x1f => char::from_u32(0x2400 + code).unwrap_or('\u{fffd}'),
        0x7f => '\u{2421}',
        0x80..=0x9f => '\u{fffd}',
        _ => c,
    };
    Cow::Owned(text.chars().map(picture).collect())
}

#[cfg(test)]
mod tests {
    //! Lines are counted alike whatever ends them, and what is not text is made visible.

    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        lines(text).map(|line| line.text).collect()
    }

    #[test]
    fn every_line_end_is_understood() {
        assert_eq!(texts("a\nb\r\nc\rd"), ["a", "b", "c", "d"]);
        assert_eq!(texts("\u{feff}a\n\nb\n"), ["a", "", "b"]);
        assert_eq!(texts("a\r\r\nb\r\n"), ["a", "", "b"]);
        assert_eq!(texts("a\n\rb"), ["a", "", "b"]);
        assert_eq!(texts(""), [""]);
        assert_eq!(lines("a\r\nb").last().map(|line| line.number), Some(2));
    }

    #[test]
    fn control_characters_become_pictures() {
        assert_eq!(visible("a\u{1b}[31m\tb\u{7f}\u{85}"), "a␛[31m\tb␡\u{fffd}");
        assert!(matches!(visible("plain ä"), Cow::Borrowed(_)));
    }
}
