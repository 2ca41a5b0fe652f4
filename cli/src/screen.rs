//! Text for people: styled where the terminal can, and free of what could take it over.

use anstyle::{AnsiColor, Style};

/// Text on its way to a terminal. Titles, names and notes come from other people, so whatever is
/// put here loses its control characters: nothing in a list can move the cursor or recolour the
/// screen.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    text: String,
}

/// How a piece of text looks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Look {
    /// As it is.
    Plain,
    /// A heading.
    Strong,
    /// Less important.
    Dim,
    /// To be looked at.
    Warm,
    /// Good.
    Good,
}

impl Look {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Dim => Style::new().dimmed(),
            Self::Warm => AnsiColor::Yellow.on_default(),
            Self::Good => AnsiColor::Green.on_default(),
        }
    }
}

impl Screen {
    /// Adds a piece of text.
    pub(crate) fn put(&mut self, look: Look, text: &str) -> &mut Self {
        if text.is_empty() {
            return self;
        }
        let style = look.style();
        let clean = clean(text);
        self.text.push_str(&format!("{style}{clean}{style:#}"));
        self
    }

    /// Adds plain text.
    pub(crate) fn plain(&mut self, text: &str) -> &mut Self {
        self.put(Look::Plain, text)
    }

    /// Ends the line.
    pub(crate) fn end(&mut self) -> &mut Self {
        self.text.push('\n');
        self
    }

    /// Adds a whole plain line.
    pub(crate) fn line(&mut self, text: &str) -> &mut Self {
        self.plain(text).end()
    }

    /// Adds text of several lines, as it is.
    pub(crate) fn block(&mut self, text: &str) -> &mut Self {
        for line in text.trim_end().split('\n') {
            self.line(&line.replace('\t', "    "));
        }
        self
    }

    /// Adds rows of cells under one another. A row of one cell stands over those below it, and
    /// takes no part in how wide they are.
    pub(crate) fn table(&mut self, rows: &[Vec<(Look, String)>]) -> &mut Self {
        let mut widths: Vec<usize> = Vec::new();
        for row in rows.iter().filter(|row| row.len() > 1) {
            for (at, (_, cell)) in row.iter().enumerate() {
                let width = clean(cell).chars().count();
                match widths.get_mut(at) {
                    Some(known) => *known = width.max(*known),
                    None => widths.push(width),
                }
            }
        }
        for row in rows {
            let mut space = 0;
            let zero = [0];
            let widths = if row.len() > 1 {
                widths.as_slice()
            } else {
                &zero
            };
            for ((look, cell), width) in row.iter().zip(widths) {
                let used = clean(cell).chars().count();
                // Space goes before a cell, never after the last one.
                if used > 0 {
                    self.text.push_str(&" ".repeat(space));
                    self.put(*look, cell);
                    space = 0;
                }
                space += width.saturating_sub(used) + 2;
            }
            self.end();
        }
        self
    }

    /// What was put.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

/// The text without control characters and without marks that turn the direction of writing.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if is_harmful(c) { '\u{fffd}' } else { c })
        .collect()
}

fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `1 task`, `2 tasks`.
pub(crate) fn count(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_cannot_take_the_terminal_over() {
        let mut screen = Screen::default();
        screen.line("a\u{1b}[2Jb\u{202e}c\rd");
        assert_eq!(screen.as_str(), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\n");
    }

    #[test]
    fn cells_stand_under_one_another() {
        let mut screen = Screen::default();
        let cell = |text: &str| (Look::Plain, text.to_owned());
        screen.table(&[
            vec![cell("Äpfel"), cell("3 open")],
            vec![cell("B"), cell("0 open"), cell("owner")],
        ]);
        assert_eq!(screen.as_str(), "Äpfel  3 open\nB      0 open  owner\n");
    }
}
