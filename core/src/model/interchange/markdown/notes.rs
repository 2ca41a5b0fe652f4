//! The lines under an item, as its notes.

use super::block::dedent;

/// Lines that follow one another.
#[derive(Debug)]
pub(super) struct Notes {
    columns: usize,
    text: String,
    lines: usize,
    is_quote: bool,
}

impl Notes {
    /// Begins notes whose first line is indented by so many columns: all lose these.
    pub(super) fn new(columns: usize) -> Self {
        Self {
            columns,
            text: String::new(),
            lines: 0,
            is_quote: true,
        }
    }

    /// Adds a line.
    pub(super) fn push(&mut self, line: &str) {
        if self.lines > 0 {
            self.text.push('\n');
        }
        self.lines = self.lines.saturating_add(1);
        let line = dedent(line, self.columns);
        self.is_quote &= line.starts_with('>');
        self.text.push_str(&line);
    }

    /// The text. What is a quote as a whole gives what it quotes.
    pub(super) fn finish(self) -> String {
        if !self.is_quote {
            return self.text;
        }
        let unquoted: Vec<&str> = self
            .text
            .split('\n')
            .map(|line| {
                let line = line.strip_prefix('>').unwrap_or(line);
                line.strip_prefix(' ').unwrap_or(line)
            })
            .collect();
        unquoted.join("\n")
    }
}
