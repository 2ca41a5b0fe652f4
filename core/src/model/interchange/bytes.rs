//! Bytes of a file as text.

use std::borrow::Cow;

use super::lines::{is_control, visible};

/// The text of some bytes, and whether it is only a guess. What is not UTF-8 is read as Latin-1,
/// byte for byte, so that nothing of it is lost.
pub(super) fn text_of(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    match core::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), false),
        Err(_) => (
            Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()),
            true,
        ),
    }
}

/// What to say where the text is a guess.
pub(super) const NOT_UTF8: &str =
    "this is no UTF-8 text; it was read as Latin-1, so save the file as UTF-8 if signs are wrong";

/// The text with line ends as `\n`, and control characters but these and tabs shown as their
/// pictures, such as `␛`.
pub(super) fn readable(text: &str) -> Cow<'_, str> {
    if !text
        .chars()
        .any(|c| is_control(c) && c != '\t' && c != '\n')
    {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<Cow<'_, str>> = text.split('\n').map(visible).collect();
    Cow::Owned(lines.join("\n"))
}
