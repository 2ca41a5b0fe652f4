//! Words that must not be taken for what they look like.

use std::borrow::Cow;

use super::KEYS;
use crate::model::interchange::fields::is_day_shaped;
use crate::model::interchange::percent::{decode, push_encoded};

/// Where a word stands, which decides what it could be taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The first word of a title.
    First,
    /// Another word of a title.
    Title,
    /// After `+` or `key:`.
    Value,
}

/// The priority letter that a word names.
pub(super) fn priority_letter(word: &str) -> Option<char> {
    match word.as_bytes() {
        [b'(', letter @ b'A'..=b'Z', b')'] => Some(char::from(*letter)),
        _ => None,
    }
}

fn looks_special(word: &str, place: Place) -> bool {
    if place == Place::Value {
        return false;
    }
    let begins_line = word == "x" || priority_letter(word).is_some() || is_day_shaped(word);
    if place == Place::First && begins_line {
        return true;
    }
    let is_tag = word.len() > 1 && word.starts_with(['+', '@']);
    is_tag
        || word
            .split_once(':')
            .is_some_and(|(key, _)| KEYS.contains(&key))
}

/// Characters that cannot stand within a word.
fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, ' ' | '\u{feff}')
}

fn must_escape(word: &str, place: Place) -> bool {
    word.starts_with('\\') || word.chars().any(breaks) || looks_special(word, place)
}

fn encode(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for (at, c) in word.char_indices() {
        if breaks(c) || c == '%' || (at == 0 && c == '\\') {
            push_encoded(&mut out, c);
        } else {
            out.push(c);
        }
    }
    out
}

/// The word as it is to be written.
pub(super) fn escape(word: &str, place: Place) -> Cow<'_, str> {
    if must_escape(word, place) {
        Cow::Owned(format!("\\{}", encode(word)))
    } else {
        Cow::Borrowed(word)
    }
}

/// The word that was meant, if this is an escaped one. A backslash that [`escape`] would not have
/// put there belongs to the word.
pub(super) fn unescape(word: &str, place: Place) -> Option<String> {
    let encoded = word.strip_prefix('\\')?;
    let meant = decode(encoded)?;
    (must_escape(&meant, place) && encode(&meant) == encoded).then_some(meant)
}

#[cfg(test)]
mod tests {
    //! Escaping is undone exactly, and words that people write with a backslash are left alone.

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_words_stay_readable() {
        for word in ["milk", "50%", "http://a.b/%20", "C:\\new", "a+b", "+", "x"] {
            assert_eq!(escape(word, Place::Title), word);
        }
        assert_eq!(escape("x", Place::First), "\\x");
        assert_eq!(escape("+1", Place::Title), "\\+1");
        assert_eq!(escape("two words", Place::Value), "\\two%20words");
    }

    #[test]
    fn a_backslash_of_the_writer_stays() {
        for word in ["\\\\server\\share", "\\", "\\d+", "\\x", "\\%41", "\\%zz"] {
            assert_eq!(unescape(word, Place::Title), None, "{word}");
        }
    }

    proptest! {
        #[test]
        fn escaping_is_undone(
            word in prop_oneof!["\\PC{1,8}", "[\\\\%+@x(A) \n\u{feff}2:dueid\u{85}-]{1,12}"],
        ) {
            for place in [Place::First, Place::Title, Place::Value] {
                let written = escape(&word, place);
                prop_assert!(!written.contains(breaks));
                let read = unescape(&written, place);
                prop_assert_eq!(read.as_deref().unwrap_or(&written), &word);
            }
        }
    }
}
