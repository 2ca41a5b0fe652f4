//! Reads todo.txt.

use crate::model::interchange::fields::{
    Fields, day, is_day_shaped, put, put_day, put_parsed, put_reminder, put_rule,
};
use crate::model::interchange::fit::finish;
use crate::model::interchange::forest::Forest;
use crate::model::interchange::limits::TAG_CHARS_MAX;
use crate::model::interchange::lines::{Line, lines, visible};
use crate::model::interchange::links::Links;
use crate::model::interchange::task::{Import, ImportError, ImportedTask, check_size};
use crate::model::interchange::warnings::Warnings;
use crate::model::interchange::words::{Folded, Meaning, Word, fold, trimmed, words};
use crate::model::{Priority, Status};

use super::escape::{Place, priority_letter, unescape};
use super::repeat::rule;

/// Reads a todo.txt file, every line that is not blank as a task. Words that cannot be read as
/// the field that they look like stay in the title, with a warning.
///
/// # Errors
/// [`ImportError::TooLarge`] and [`ImportError::TooManyTasks`].
pub fn import_todotxt(text: &str) -> Result<Import, ImportError> {
    check_size(text)?;
    let mut forest = Forest::default();
    let mut links = Links::default();
    let mut warnings = Warnings::default();
    for line in lines(text) {
        if trimmed(line.text).is_empty() {
            continue;
        }
        let read = read_line(line, &mut warnings);
        let place = forest.add(read.task, None)?;
        if let Some(id) = read.id {
            links.id(place, id);
        }
        if let Some(parent) = read.parent {
            links.parent(place, parent);
        }
        for blocker in read.blockers {
            links.blocker(place, blocker);
        }
    }
    let resolved = links.resolve(&mut forest);
    for (place, id) in resolved.missing_blockers {
        if let Some(task) = forest.task_mut(place) {
            task.title = format!("{} dep:{id}", task.title);
            let reason = format!("no other line has id:{id}; it stays in the title");
            warnings.add(task.line, &task.title, reason);
        }
    }
    for (place, id) in resolved.unused {
        if let Some(task) = forest.task_mut(place) {
            task.title = format!("{} id:{id}", task.title);
        }
    }
    for (place, id) in resolved.missing {
        if let Some(task) = forest.task_mut(place) {
            task.title = format!("{} parent:{id}", task.title);
            let reason = format!("no other line has id:{id}; it is a task of the top level");
            warnings.add(task.line, &task.title, reason);
        }
    }
    let tasks = forest.grow(&mut warnings);
    Ok(finish(None, tasks, warnings))
}

#[derive(Default)]
struct ReadLine {
    task: ImportedTask,
    id: Option<String>,
    parent: Option<String>,
    blockers: Vec<String>,
}

fn read_line(line: Line<'_>, warnings: &mut Warnings) -> ReadLine {
    let shown = visible(line.text);
    if shown != line.text {
        warnings.add(
            line.number,
            line.text,
            "it has control characters; they are now shown as signs such as ␛",
        );
    }
    let text = trimmed(&shown);
    let mut read = ReadLine::default();
    let mut fields = Fields::default();
    let Some(title) = read_beginning(text, &mut fields) else {
        warnings.add(
            line.number,
            text,
            "there is no text in it; it is kept as it is",
        );
        read.task.title = text.to_owned();
        read.task.line = line.number;
        return read;
    };
    let mut first = true;
    let Folded {
        title: mut kept,
        tags,
        ..
    } = fold(words(title), |word| {
        let place = if first { Place::First } else { Place::Title };
        let meaning = read_word(word, place, &mut fields, &mut read).unwrap_or_else(|reason| {
            warnings.add(line.number, word.text, reason);
            Meaning::Title(word.text.to_owned())
        });
        first = first && meaning == Meaning::Field;
        meaning
    });
    if kept.is_empty() {
        kept = title.to_owned();
    }
    read.task.title = kept;
    read.task.line = line.number;
    read.task.set_tags(tags);
    fields.apply(&mut read.task);
    if let Some(word) = words(title).next().filter(|word| is_day_shaped(word.text))
        && day(word.text).is_none()
    {
        warnings.add(
            line.number,
            text,
            format!("{} is no day; it stays in the title", word.text),
        );
    }
    read
}

/// Reads what stands before the title; gives the rest, if there is any.
fn read_beginning<'a>(text: &'a str, fields: &mut Fields) -> Option<&'a str> {
    let mut list = words(text).peekable();
    let done = list.peek().is_some_and(|word| word.text == "x");
    if done {
        list.next();
        if list.peek().is_none() {
            // A lone x is somebody's title.
            return Some(text);
        }
        fields.status = Some(Status::Done);
    }
    let mut days = Vec::new();
    let days_max = if done { 2 } else { 1 };
    loop {
        let word = list.peek()?;
        if let Some(letter) = priority_letter(word.text)
            && fields.priority.is_none()
            && (done || days.is_empty())
        {
            fields.priority = Some(priority(letter));
        } else if let Some(day) = day(word.text)
            && days.len() < days_max
        {
            days.push(day);
        } else {
            break;
        }
        list.next();
    }
    let mut days = days.into_iter();
    if done {
        fields.completed = days.next();
    }
    fields.created = days.next();
    let at = list.peek()?.at;
    text.get(at..)
}

fn priority(letter: char) -> Priority {
    match letter {
        'A' => Priority::High,
        'B' => Priority::Medium,
        _ => Priority::Low,
    }
}

/// What a word of the title is, or why it is not what it looks like.
fn read_word(
    word: Word<'_>,
    place: Place,
    fields: &mut Fields,
    read: &mut ReadLine,
) -> Result<Meaning, String> {
    let text = word.text;
    if let Some(meant) = unescape(text, place) {
        return Ok(Meaning::Title(meant));
    }
    let value_of = |text: &str| unescape(text, Place::Value).unwrap_or_else(|| text.to_owned());
    if let Some(name) = text
        .strip_prefix(['+', '@'])
        .filter(|name| !name.is_empty())
    {
        let name = value_of(name);
        if name.chars().count() > TAG_CHARS_MAX {
            return Err(format!(
                "a tag has at most {TAG_CHARS_MAX} characters; it stays in the title"
            ));
        }
        return Ok(Meaning::Tag(name));
    }
    let Some((key, value)) = text.split_once(':').filter(|(_, value)| !value.is_empty()) else {
        return Ok(Meaning::Title(text.to_owned()));
    };
    match key {
        "due" => put_parsed(&mut fields.due, value)?,
        "created" => put_day(&mut fields.created, value)?,
        "status" => put_parsed(&mut fields.status, value)?,
        "url" => put(&mut fields.url, value_of(value))?,
        "note" => put(&mut fields.notes, value_of(value))?,
        "id" => put(&mut read.id, value_of(value))?,
        "parent" => put(&mut read.parent, value_of(value))?,
        "pri" => match priority_letter(&format!("({value})")) {
            Some(letter) => put(&mut fields.priority, priority(letter))?,
            None => return Err("a priority is a letter from A to Z; it stays in the title".into()),
        },
        "rrule" => put_rule(&mut fields.recurrence, value_of(value))?,
        "rec" => {
            let rule = rule(value)
                .ok_or("it stays in the title: write it as 1w, or as rrule:FREQ=WEEKLY")?;
            put(&mut fields.recurrence, rule)?;
        }
        "remind" => put_reminder(&mut fields.reminders, value)?,
        "assignee" => put(&mut fields.assignee, value_of(value))?,
        "dep" => read.blockers.push(value_of(value)),
        "t" => return Err("a start day has no field here; it stays in the title".to_owned()),
        _ => return Ok(Meaning::Title(text.to_owned())),
    }
    Ok(Meaning::Field)
}
