//! Content lines (RFC 5545 section 3.1): unfolded, and cut into name, parameters and value.

use std::borrow::Cow;

use super::text::caret_decode;
use crate::model::interchange::bytes::text_of;

/// The most parameters of a line. One with more is not read as a property.
const PARAMETERS_MAX: usize = 64;

/// A line, unfolded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// The number of its first part, counted from 1.
    pub(super) number: usize,
    /// What it says.
    pub(super) text: Cow<'a, str>,
    /// Whether its bytes are no UTF-8 and the text is a guess.
    pub(super) is_guess: bool,
}

/// The lines of a file. They end with `\r\n` or `\n`; one that begins with a space or a tab
/// continues the one before. Folding may cut a character in two, so bytes are joined before they
/// are read as text. Blank lines are left out.
pub(super) fn unfold(bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut parts = bytes
        .split(|byte| *byte == b'\n')
        .map(|part| part.strip_suffix(b"\r").unwrap_or(part))
        .enumerate()
        .filter(|(_, part)| !part.is_empty())
        .peekable();
    core::iter::from_fn(move || {
        let (number, first) = parts.next()?;
        let number = number.saturating_add(1);
        let mut joined = Cow::Borrowed(first);
        let continues = |part: &[u8]| matches!(part.first(), Some(b' ' | b'\t'));
        while let Some((_, part)) = parts.next_if(|(_, part)| continues(part)) {
            joined
                .to_mut()
                .extend_from_slice(part.get(1..).unwrap_or_default());
        }
        let (text, is_guess) = match joined {
            Cow::Borrowed(bytes) => text_of(bytes),
            Cow::Owned(bytes) => {
                let (text, is_guess) = text_of(&bytes);
                (Cow::Owned(text.into_owned()), is_guess)
            }
        };
        Some(Line {
            number,
            text,
            is_guess,
        })
    })
}

/// A property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Property<'a> {
    /// Its name, in capitals.
    pub(super) name: String,
    /// Its parameters, their names in capitals.
    parameters: Vec<(String, String)>,
    /// Its value as it stands.
    pub(super) value: &'a str,
}

impl<'a> Property<'a> {
    /// Cuts a line; `None` where it is no property.
    pub(super) fn parse(line: &'a str) -> Option<Self> {
        let end = line.find([';', ':'])?;
        let (name, mut rest) = line.split_at_checked(end)?;
        if !is_name(name) {
            return None;
        }
        let mut parameters = Vec::new();
        while let Some(parameter) = rest.strip_prefix(';') {
            if parameters.len() >= PARAMETERS_MAX {
                return None;
            }
            let end = parameter.find(['=', ';', ':'])?;
            let (name, after) = parameter.split_at_checked(end)?;
            let (value, after) = match after.strip_prefix('=') {
                Some(values) => parameter_value(values)?,
                None => (String::new(), after),
            };
            parameters.push((name.trim().to_ascii_uppercase(), value));
            rest = after;
        }
        Some(Self {
            name: name.to_ascii_uppercase(),
            parameters,
            value: rest.strip_prefix(':')?,
        })
    }

    /// The value of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The value of a parameter, quoted or not, and what follows it.
fn parameter_value(text: &str) -> Option<(String, &str)> {
    let mut is_quoted = false;
    let end = text.find(|c| {
        is_quoted ^= c == '"';
        !is_quoted && matches!(c, ';' | ':')
    })?;
    let (value, rest) = text.split_at_checked(end)?;
    Some((caret_decode(&value.replace('"', "")), rest))
}

#[cfg(test)]
mod tests {
    //! Lines are joined and cut as the RFC has it, and what is none is told.

    use super::*;

    fn texts(bytes: &[u8]) -> Vec<(usize, String)> {
        unfold(bytes)
            .map(|line| (line.number, line.text.into_owned()))
            .collect()
    }

    #[test]
    fn folding() {
        let text = "\u{feff}SUMMARY:a\r\n b\r\n\tc\r\n\r\nX:1\n  2\nY:".as_bytes();
        let owned = |n, text: &str| (n, text.to_owned());
        assert_eq!(
            texts(text),
            [owned(1, "SUMMARY:abc"), owned(5, "X:1 2"), owned(7, "Y:")]
        );
        // A character cut in two, and Latin-1.
        let line: Vec<_> = unfold(b"X:\xc3\r\n \xa4\n").collect();
        assert_eq!(
            (line[0].text.as_ref(), line[0].is_guess),
            ("X:\u{e4}", false)
        );
        let line: Vec<_> = unfold(b"X:\xe4\n").collect();
        assert_eq!(
            (line[0].text.as_ref(), line[0].is_guess),
            ("X:\u{e4}", true)
        );
        assert_eq!(texts(b" a\n b"), [owned(1, " ab")]);
    }

    #[test]
    fn properties() {
        let line = "attendee;CN=\"Lee; Ann: ^'A^'\";ROLE=X,\"Y\";RSVP:mailto:ann@a.example";
        let property = Property::parse(line).unwrap();
        assert_eq!(property.name, "ATTENDEE");
        assert_eq!(property.parameter("CN"), Some("Lee; Ann: \"A\""));
        assert_eq!(property.parameter("ROLE"), Some("X,Y"));
        assert_eq!(property.parameter("RSVP"), Some(""));
        assert_eq!(property.value, "mailto:ann@a.example");
        let many = format!("X{}:1", ";a=b".repeat(PARAMETERS_MAX + 1));
        for line in [
            "",
            "text",
            ":x",
            "a b:c",
            "X;A=\"b:c",
            "X;A",
            "\u{e4}:x",
            &many,
        ] {
            assert_eq!(Property::parse(line), None, "{line}");
        }
    }
}
