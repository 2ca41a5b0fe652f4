//! The text of an item: its title, link, tags and fields.

use super::escape::{code_spans, entities, entity, is_tag_char, unescape, unescape_into};
use super::{DAY_SIGNS, PRIORITY_SIGNS};
use crate::model::Priority;
use crate::model::interchange::fields::{
    Fields, is_day_shaped, put, put_day, put_parsed, put_reminder, put_rule,
};
use crate::model::interchange::limits::{TAG_CHARS_MAX, URL_CHARS_MAX};
use crate::model::interchange::lines::visible;
use crate::model::interchange::task::ImportedTask;
use crate::model::interchange::warnings::Warnings;
use crate::model::interchange::words::{Folded, Meaning, Word, fold, trimmed, words};

/// What the text of an item says.
pub(super) struct Inline {
    /// The task.
    pub(super) task: ImportedTask,
    /// Whether a status was written out.
    pub(super) has_status: bool,
    /// Whether the title was struck through as a whole.
    pub(super) is_struck: bool,
}

/// Reads the text of an item.
pub(super) fn read_inline(text: &str, line: usize, warnings: &mut Warnings) -> Inline {
    let shown = visible(text);
    if shown != text {
        warnings.add(
            line,
            text,
            "it has control characters; they are now shown as signs such as ␛",
        );
    }
    let text = trimmed(&shown);
    let linked = read_linked(text, line, warnings);
    let (folded, fields, is_struck) = linked.unwrap_or_else(|| {
        let mut fields = Fields::default();
        let mut folded = read_words(text, &code_ranges(text), line, &mut fields, warnings);
        if folded.title.is_empty() {
            folded.title = text.to_owned();
        }
        let struck = struck(&folded.title).map(ToOwned::to_owned);
        let is_struck = struck.is_some();
        folded.title = unescape(&struck.unwrap_or(folded.title));
        (folded, fields, is_struck)
    });
    let has_status = fields.status.is_some();
    let mut task = ImportedTask {
        title: folded.title,
        line,
        ..ImportedTask::default()
    };
    task.set_tags(folded.tags);
    fields.apply(&mut task);
    Inline {
        task,
        has_status,
        is_struck,
    }
}

/// The text inside of `~~` where nothing stands outside.
fn struck(title: &str) -> Option<&str> {
    let inner = title.strip_prefix("~~")?.strip_suffix("~~")?;
    let inner = trimmed(inner);
    (!inner.is_empty() && !inner.contains("~~")).then_some(inner)
}

/// Reads a text that is one link, perhaps with tags and fields behind it.
fn read_linked(text: &str, line: usize, warnings: &mut Warnings) -> Option<(Folded, Fields, bool)> {
    let (label, target, rest) = link(text)?;
    let title = unescape(label);
    let mut url = String::new();
    unescape_into(&mut url, target);
    let fits = !url.is_empty() && url.chars().nth(URL_CHARS_MAX).is_none();
    if title.is_empty() || !fits || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let mut fields = Fields::default();
    let mut found = Warnings::default();
    let mut folded = read_words(rest, &code_ranges(rest), line, &mut fields, &mut found);
    if folded.has_title {
        return None;
    }
    warnings.append(found);
    fields.url = Some(url);
    folded.title = title;
    Some((folded, fields, false))
}

/// Label, target and rest of a text that begins with a link.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let label_on = text.strip_prefix('[')?;
    let mut depth = 1_usize;
    let end = find_unescaped(label_on, |c| {
        match c {
            '[' => depth = depth.saturating_add(1),
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })?;
    let (label, rest) = label_on.split_at_checked(end)?;
    let target_on = rest.strip_prefix("](")?;
    if let Some(target_on) = target_on.strip_prefix('<') {
        let end = find_unescaped(target_on, |c| c == '>')?;
        let (target, rest) = target_on.split_at_checked(end)?;
        return Some((label, target, rest.strip_prefix(">)")?));
    }
    let mut depth = 1_usize;
    let end = find_unescaped(target_on, |c| {
        match c {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })?;
    let (target, rest) = target_on.split_at_checked(end)?;
    // `[text](url "title")` has more to it than a task can keep.
    (!target.contains([' ', '\t'])).then_some((label, target, rest.strip_prefix(')')?))
}

fn find_unescaped(text: &str, mut is_end: impl FnMut(char) -> bool) -> Option<usize> {
    let mut after_backslash = false;
    for (at, c) in text.char_indices() {
        if !after_backslash && is_end(c) {
            return Some(at);
        }
        after_backslash = c == '\\' && !after_backslash;
    }
    None
}

/// Where code begins and ends.
fn code_ranges(text: &str) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    let mut at = 0_usize;
    for (place, part) in code_spans(text).into_iter().enumerate() {
        let end = at.saturating_add(part.len());
        if place % 2 == 1 {
            ranges.push((at, end));
        }
        at = end;
    }
    ranges
}

fn read_words(
    text: &str,
    code: &[(usize, usize)],
    line: usize,
    fields: &mut Fields,
    warnings: &mut Warnings,
) -> Folded {
    let mut code = code.iter().peekable();
    fold(with_days(text), |word| {
        // Both go forward only.
        while code.next_if(|(_, end)| *end <= word.at).is_some() {}
        if code.peek().is_some_and(|(begin, _)| *begin <= word.at) {
            return Meaning::Title(word.text.to_owned());
        }
        read_word(word.text, fields).unwrap_or_else(|reason| {
            warnings.add(line, word.text, reason);
            Meaning::Title(word.text.to_owned())
        })
    })
}

/// The words of a text; a sign or `due:` and the day after it count as one.
fn with_days(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut list = words(text).peekable();
    core::iter::from_fn(move || {
        let word = list.next()?;
        let wants_day = word.text == "due:" || DAY_SIGNS.iter().any(|(sign, _)| word.text == *sign);
        if wants_day && let Some(day) = list.next_if(|next| is_day_shaped(next.text)) {
            let end = day.at.saturating_add(day.text.len());
            return text.get(word.at..end).map(|text| Word { text, ..word });
        }
        Some(word)
    })
}

/// What a word is, or why it is not what it looks like.
fn read_word(word: &str, fields: &mut Fields) -> Result<Meaning, String> {
    if let Some(raw) = word.strip_prefix('#') {
        return read_tag(word, raw);
    }
    let sign = PRIORITY_SIGNS.iter().find(|(sign, _)| word == *sign);
    let priority = match (sign, word) {
        (Some((_, name)), _) => Some(*name),
        (None, "!high" | "!medium" | "!low" | "!none") => word.strip_prefix('!'),
        _ => None,
    };
    if let Some(priority) = priority {
        put_parsed::<Priority>(&mut fields.priority, priority)?;
        return Ok(Meaning::Field);
    }
    let by_sign = DAY_SIGNS
        .iter()
        .find_map(|(sign, key)| Some((*key, word.strip_prefix(sign)?)));
    let Some((key, value)) = by_sign.or_else(|| word.split_once(':')) else {
        return Ok(Meaning::Title(word.to_owned()));
    };
    let value = trimmed(value);
    if value.is_empty() {
        return Ok(Meaning::Title(word.to_owned()));
    }
    match key {
        "due" => put_parsed(&mut fields.due, value)?,
        "created" => put_day(&mut fields.created, value)?,
        "done" => put_day(&mut fields.completed, value)?,
        "rrule" => put_rule(&mut fields.recurrence, entities(value))?,
        "remind" => put_reminder(&mut fields.reminders, value)?,
        "assignee" => put(&mut fields.assignee, entities(value))?,
        "status" => put(
            &mut fields.status,
            value
                .parse()
                .map_err(|error| format!("it stays in the title: {error}"))?,
        )?,
        _ => return Ok(Meaning::Title(word.to_owned())),
    }
    Ok(Meaning::Field)
}

fn read_tag(word: &str, raw: &str) -> Result<Meaning, String> {
    let plain = || Ok(Meaning::Title(word.to_owned()));
    if raw.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number such as #12, or a lone sign.
        return plain();
    }
    let mut name = String::new();
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        if is_tag_char(c) {
            name.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        } else if let Some((meant, after)) = entity(rest) {
            name.push(meant);
            rest = after;
        } else {
            break;
        }
    }
    if name.is_empty() {
        return plain();
    }
    if name.chars().count() > TAG_CHARS_MAX {
        return Err(format!(
            "a tag has at most {TAG_CHARS_MAX} characters; it stays in the title"
        ));
    }
    if rest.is_empty() {
        Ok(Meaning::Tag(name))
    } else if rest
        .chars()
        .all(|c| matches!(c, '.' | ',' | ';' | '!' | '?' | ')'))
    {
        // The end of a clause: the sentence keeps it.
        Ok(Meaning::Mention(name))
    } else {
        plain()
    }
}
