//! A line as words: some are fields, some are tags, the rest is the title.

/// A word and what stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// The spaces and tabs before it.
    pub(super) gap: &'a str,
    /// The word.
    pub(super) text: &'a str,
    /// Where it begins in the text, in bytes.
    pub(super) at: usize,
}

fn is_gap(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Without the spaces and tabs around it.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(is_gap)
}

/// The words of a text: what stands between spaces and tabs.
pub(super) fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut at = 0_usize;
    core::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let word = rest.trim_start_matches(is_gap);
        let gap = rest.get(..rest.len().saturating_sub(word.len()))?;
        let word = word.split(is_gap).next().filter(|word| !word.is_empty())?;
        let begin = at.saturating_add(gap.len());
        at = begin.saturating_add(word.len());
        Some(Word {
            gap,
            text: word,
            at: begin,
        })
    })
}

/// What a word is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A word of the title, as it is to stand there.
    Title(String),
    /// A tag that is also a word of the title wherever it stands.
    Mention(String),
    /// A tag. It is a word of the title only where another one follows.
    Tag(String),
    /// A field that was read.
    Field,
}

/// What a line's words come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Folded {
    /// The title; empty where every word was a field or a tag.
    pub(super) title: String,
    /// The tags, in their order, perhaps twice.
    pub(super) tags: Vec<String>,
    /// Whether any word belongs to the title for itself.
    pub(super) has_title: bool,
}

/// Asks what each word is, and puts the title together from those that belong to it. Words keep
/// the spaces between them; a gap with a tab in it becomes one space.
pub(super) fn fold<'a>(
    words: impl Iterator<Item = Word<'a>>,
    mut meaning: impl FnMut(Word<'a>) -> Meaning,
) -> Folded {
    let mut folded = Folded::default();
    // Tags at the end leave the title: they wait here until a word of it follows.
    let mut waiting: Vec<Word<'a>> = Vec::new();
    for word in words {
        let literal = match meaning(word) {
            Meaning::Field => continue,
            Meaning::Tag(name) => {
                folded.tags.push(name);
                waiting.push(word);
                continue;
            }
            Meaning::Mention(name) => {
                folded.tags.push(name);
                word.text.to_owned()
            }
            Meaning::Title(text) => text,
        };
        folded.has_title = true;
        for tag in waiting.drain(..) {
            push(&mut folded.title, tag.gap, tag.text);
        }
        push(&mut folded.title, word.gap, &literal);
    }
    folded
}

fn push(title: &mut String, gap: &str, text: &str) {
    if !title.is_empty() {
        title.push_str(if gap.contains('\t') { " " } else { gap });
    }
    title.push_str(text);
}
