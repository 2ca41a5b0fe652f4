//! What kind of thing a line of Markdown begins.

use crate::model::interchange::words::trimmed;

/// A line by its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block<'a> {
    /// Nothing.
    Blank,
    /// A line across: `---`.
    Rule,
    /// `## Text`.
    Heading {
        /// How many signs.
        level: usize,
        /// The text.
        text: &'a str,
    },
    /// The beginning of fenced code.
    Fence(Fence),
    /// An item of a list.
    Item {
        /// Its box.
        mark: Mark,
        /// How many columns after the indentation its content begins.
        width: usize,
        /// The text after bullet and box.
        text: &'a str,
    },
    /// Anything else.
    Text,
}

/// The fence around code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fence {
    sign: char,
    length: usize,
}

/// The box of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// None, or an empty one.
    Open,
    /// `[x]`.
    Done,
    /// `[/]`.
    InProgress,
    /// `[-]`.
    Cancelled,
}

/// The columns of white space at the beginning of a line. A tab goes to the next multiple of 4.
pub(super) fn indent(line: &str) -> usize {
    let mut column = 0_usize;
    for c in line.chars() {
        column = match c {
            ' ' => column.saturating_add(1),
            '\t' => next_stop(column),
            _ => break,
        };
    }
    column
}

fn next_stop(column: usize) -> usize {
    (column / 4).saturating_add(1).saturating_mul(4)
}

/// The line without so many columns of white space, as far as it has them.
pub(super) fn dedent(line: &str, columns: usize) -> String {
    let mut column = 0_usize;
    let mut rest = line;
    while column < columns {
        if let Some(after) = rest.strip_prefix(' ') {
            column = column.saturating_add(1);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('\t') {
            column = next_stop(column);
            rest = after;
        } else {
            break;
        }
    }
    let mut text = " ".repeat(column.saturating_sub(columns));
    text.push_str(rest);
    text
}

/// What a line begins.
pub(super) fn scan(line: &str) -> Block<'_> {
    let text = trimmed(line);
    if text.is_empty() {
        return Block::Blank;
    }
    if is_rule(text) {
        return Block::Rule;
    }
    if let Some(heading) = heading(text) {
        return heading;
    }
    if let Some(fence) = Fence::open(text) {
        return Block::Fence(fence);
    }
    item(text).unwrap_or(Block::Text)
}

fn is_rule(text: &str) -> bool {
    ['-', '*', '_'].into_iter().any(|sign| {
        text.chars().all(|c| c == sign || c == ' ' || c == '\t')
            && text.chars().filter(|c| *c == sign).nth(2).is_some()
    })
}

/// Whether a line makes the one before it a heading.
pub(super) fn is_underline(line: &str) -> bool {
    let text = trimmed(line);
    text.len() >= 3 && text.bytes().all(|byte| byte == b'=')
}

fn heading(text: &str) -> Option<Block<'_>> {
    let rest = text.trim_start_matches('#');
    let level = text.len().saturating_sub(rest.len());
    if !(1..=6).contains(&level) || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let rest = trimmed(rest);
    let open = rest.trim_end_matches('#');
    let text = if open.is_empty() || open.ends_with([' ', '\t']) {
        trimmed(open)
    } else {
        rest
    };
    Some(Block::Heading { level, text })
}

impl Fence {
    fn open(text: &str) -> Option<Self> {
        let sign = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let info = text.trim_start_matches(sign);
        let length = text.len().saturating_sub(info.len());
        let is_code_in_line = sign == '`' && info.contains('`');
        // Struck text begins with two.
        (length >= 3 && !is_code_in_line).then_some(Self { sign, length })
    }

    /// Whether a line ends the code.
    pub(super) fn is_closed_by(self, line: &str) -> bool {
        let text = trimmed(line);
        text.len() >= self.length && text.chars().all(|c| c == self.sign)
    }
}

fn item(text: &str) -> Option<Block<'_>> {
    let Some((marker, rest)) = bullet(text) else {
        // A box without a bullet.
        let (mark, rest) = tick_box(text)?;
        let is_plain = matches!(mark, Mark::Open | Mark::Done);
        return (is_plain && text.starts_with('[') && rest.starts_with([' ', '\t'])).then(|| {
            Block::Item {
                mark,
                width: 2,
                text: trimmed(rest),
            }
        });
    };
    let content = trimmed(rest);
    let width = marker.saturating_add(1);
    let spaced = rest.is_empty() || rest.starts_with([' ', '\t']);
    match tick_box(content) {
        Some((mark, rest)) => Some(Block::Item {
            mark,
            width,
            text: trimmed(rest),
        }),
        None if spaced => Some(Block::Item {
            mark: Mark::Open,
            width,
            text: content,
        }),
        None => None,
    }
}

/// The width of a bullet or number, and what follows it.
fn bullet(text: &str) -> Option<(usize, &str)> {
    if let Some(rest) = text.strip_prefix(['-', '*', '+', '•']) {
        return Some((1, rest));
    }
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.len().saturating_sub(rest.len());
    let rest = rest.strip_prefix(['.', ')'])?;
    (1..=9)
        .contains(&digits)
        .then_some((digits.saturating_add(1), rest))
}

/// Reads a box and gives what follows it.
fn tick_box(text: &str) -> Option<(Mark, &str)> {
    let inside = text.strip_prefix('[')?;
    let (mark, rest) = if let Some(rest) = inside.strip_prefix(']') {
        (Mark::Open, rest)
    } else {
        let mut chars = inside.chars();
        let mark = match chars.next()? {
            ' ' => Mark::Open,
            'x' | 'X' => Mark::Done,
            '/' => Mark::InProgress,
            '-' => Mark::Cancelled,
            _ => return None,
        };
        (mark, chars.as_str().strip_prefix(']')?)
    };
    // `[x](url)` and `[x]: url` are links.
    let is_link = rest.starts_with(['(', '[', ':']);
    (!is_link).then_some((mark, rest))
}

#[cfg(test)]
mod tests {
    //! Lines are what people mean by them.

    use super::*;

    #[test]
    fn items_and_boxes() {
        use Mark::{Cancelled, Done, InProgress, Open};
        for (line, mark, text) in [
            ("- [ ] a", Open, "a"),
            ("* [x] a", Done, "a"),
            ("+ [X] a", Done, "a"),
            ("1. [ ] a", Open, "a"),
            ("12) [x] a", Done, "a"),
            ("- [/] a", InProgress, "a"),
            ("- [-] a", Cancelled, "a"),
            ("- [] a", Open, "a"),
            ("-[ ] a", Open, "a"),
            ("- [x]a", Done, "a"),
            ("\t- [ ]\ta ", Open, "a"),
            ("- a", Open, "a"),
            ("• a", Open, "a"),
            ("- [x](http://a)", Open, "[x](http://a)"),
            ("- [ab] c", Open, "[ab] c"),
            ("- [?] c", Open, "[?] c"),
            ("[ ] a", Open, "a"),
            ("[x] a", Done, "a"),
            ("- [ ]", Open, ""),
            ("-", Open, ""),
        ] {
            match scan(line) {
                Block::Item {
                    mark: found,
                    text: rest,
                    ..
                } => assert_eq!((found, rest), (mark, text), "{line}"),
                other => panic!("{line}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_is_no_item() {
        for line in [
            "-a",
            "**bold** text",
            "1.5 litres",
            "[a] b",
            "*emphasis*",
            "#tag",
            "> - q",
        ] {
            assert_eq!(scan(line), Block::Text, "{line}");
        }
        for line in ["---", "* * *", "____"] {
            assert_eq!(scan(line), Block::Rule, "{line}");
        }
        assert_eq!(
            scan("## Two words ##"),
            Block::Heading {
                level: 2,
                text: "Two words"
            }
        );
        assert!(matches!(scan("~~~"), Block::Fence(_)));
        assert!(matches!(scan("```rust"), Block::Fence(_)));
        assert_eq!(scan("```code``` here"), Block::Text);
        assert_eq!(scan("\t \t"), Block::Blank);
    }

    #[test]
    fn tabs_count_as_columns() {
        assert_eq!(indent("\t- a"), 4);
        assert_eq!(indent("  \t- a"), 4);
        assert_eq!(dedent("\ta", 2), "  a");
        assert_eq!(dedent(" a", 4), "a");
    }
}
