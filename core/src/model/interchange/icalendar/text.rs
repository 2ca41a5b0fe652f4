//! Values of type TEXT (RFC 5545 section 3.3.11) and parameter values (RFC 6868).

use crate::model::interchange::percent::{decode, push_encoded};

use super::RAW;
use super::line::Property;

/// Writes a text that has no control characters but line feeds and tabs.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// Reads a text. A backslash before anything that needs none stays.
pub(super) fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('n' | 'N') => out.push('\n'),
            Some(c @ ('\\' | ';' | ',')) => out.push(c),
            Some(c) => {
                out.push('\\');
                out.push(c);
            }
            None => out.push('\\'),
        }
    }
    out
}

/// Reads a list of texts.
pub(super) fn unescape_list(value: &str) -> Vec<String> {
    let mut after_backslash = false;
    value
        .split(|c| {
            let is_end = c == ',' && !after_backslash;
            after_backslash = c == '\\' && !after_backslash;
            is_end
        })
        .map(unescape)
        .collect()
}

/// Writes the value of a parameter in quotes. It has no control characters but line feeds and
/// tabs.
pub(super) fn quote(value: &str) -> String {
    let mut out = String::with_capacity(value.len().saturating_add(2));
    out.push('"');
    for c in value.chars() {
        match c {
            '^' => out.push_str("^^"),
            '"' => out.push_str("^'"),
            '\n' => out.push_str("^n"),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Reads the value of a parameter, without its quotes.
pub(super) fn caret_decode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value.chars().peekable();
    while let Some(c) = rest.next() {
        let meant = match (c, rest.peek()) {
            ('^', Some('^')) => '^',
            ('^', Some('\'')) => '"',
            ('^', Some('n')) => '\n',
            _ => {
                out.push(c);
                continue;
            }
        };
        rest.next();
        out.push(meant);
    }
    out
}

/// Any text as a parameter value without quotes.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || (!c.is_ascii() && !c.is_control()) {
            out.push(c);
        } else {
            push_encoded(&mut out, c);
        }
    }
    out
}

/// The parameter with the exact text, where the value only shows it.
pub(super) fn raw_parameter(text: &str, shown: &str) -> String {
    if text == shown {
        return String::new();
    }
    format!(";{RAW}={}", encode(text))
}

/// The exact text of a property, if it has one and nobody changed the value since.
pub(super) fn exact(
    property: &Property<'_>,
    shown: &str,
    show: impl FnOnce(&str) -> String,
) -> Option<String> {
    let text = decode(property.parameter(RAW)?)?;
    (show(&text) == shown).then_some(text)
}

#[cfg(test)]
mod tests {
    //! What is written is read alike, and what others write is read as they meant it.

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts() {
        assert_eq!(unescape("a\\, b\\; c\\\\n\\nd\\Ne"), "a, b; c\\n\nd\ne");
        assert_eq!(unescape("C:\\temp \\"), "C:\\temp \\");
        assert_eq!(unescape_list("a\\,b,c\\\\,d"), ["a,b", "c\\", "d"]);
        assert_eq!(caret_decode("^^n^n^'^x^"), "^n\n\"^x^");
    }

    proptest! {
        #[test]
        fn writing_is_undone(text in "[a-c,;:^'\"n\\\\ \n\t%\u{e4}]{0,12}") {
            prop_assert_eq!(&unescape(&escape(&text)), &text);
            let quoted = quote(&text);
            prop_assert_eq!(caret_decode(quoted.trim_matches('"')), text.clone());
            prop_assert_eq!(decode(&encode(&text)), Some(text));
        }
    }
}
