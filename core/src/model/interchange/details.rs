//! Brings recurrence, reminders, people, comments and blockers of a task within their bounds.
//! What does not fit stands in the notes.

use std::collections::BTreeSet;

use super::comment::ImportedComment;
use super::fit::cut;
use super::limits::{
    BLOCKERS_MAX, COMMENTS_MAX, DUE_TEXT_CHARS_MAX, NOTES_CHARS_MAX, PERSON_CHARS_MAX,
    RECURRENCE_BYTES_MAX, REMINDERS_MAX,
};
use super::lines::is_control;
use super::reminder::is_reminder;
use super::task::ImportedTask;
use super::warnings::Warnings;

/// Brings these parts of a task within their bounds.
pub(super) fn fit_details(task: &mut ImportedTask, warnings: &mut Warnings) {
    fit_recurrence(task, warnings);
    fit_due_text(task, warnings);
    fit_reminders(task, warnings);
    fit_assignee(task, warnings);
    fit_comments(task, warnings);
    fit_blockers(task, warnings);
}

fn fit_recurrence(task: &mut ImportedTask, warnings: &mut Warnings) {
    task.recurrence = task.recurrence.take().filter(|rule| !rule.is_empty());
    let Some(rule) = task
        .recurrence
        .take_if(|rule| rule.len() > RECURRENCE_BYTES_MAX || rule.chars().any(is_control))
    else {
        return;
    };
    let reason = format!(
        "a recurrence has at most {RECURRENCE_BYTES_MAX} bytes and no control characters; it is in the notes"
    );
    warnings.add(task.line, &rule, reason);
    task.add_notes(&rule);
}

fn fit_due_text(task: &mut ImportedTask, warnings: &mut Warnings) {
    task.due_text = task.due_text.take().filter(|text| !text.is_empty());
    let Some(text) = task
        .due_text
        .take_if(|text| cut(text, DUE_TEXT_CHARS_MAX).is_some())
    else {
        return;
    };
    let reason = format!(
        "a due date in words has at most {DUE_TEXT_CHARS_MAX} characters; it is in the notes"
    );
    warnings.add(task.line, &text, reason);
    task.add_notes(&text);
}

fn fit_reminders(task: &mut ImportedTask, warnings: &mut Warnings) {
    let mut seen = BTreeSet::new();
    for text in core::mem::take(&mut task.reminders) {
        if seen.contains(&text) || text.is_empty() {
            continue;
        }
        let reason = if !is_reminder(&text) {
            "a reminder is a number and m, h or d, as in 15m; it is in the notes".to_owned()
        } else if seen.len() >= REMINDERS_MAX {
            format!("a task has at most {REMINDERS_MAX} reminders; it is in the notes")
        } else {
            seen.insert(text.clone());
            task.reminders.push(text);
            continue;
        };
        warnings.add(task.line, &text, reason);
        task.add_notes(&format!("reminder: {text}"));
    }
}

fn fit_assignee(task: &mut ImportedTask, warnings: &mut Warnings) {
    task.assignee = task.assignee.take().filter(|name| !name.is_empty());
    let Some(name) = task
        .assignee
        .take_if(|name| cut(name, PERSON_CHARS_MAX).is_some())
    else {
        return;
    };
    let reason = format!("a name has at most {PERSON_CHARS_MAX} characters; it is in the notes");
    warnings.add(task.line, &name, reason);
    task.add_notes(&name);
}

fn fit_comments(task: &mut ImportedTask, warnings: &mut Warnings) {
    for comment in core::mem::take(&mut task.comments) {
        if comment.text.is_empty() {
            continue;
        }
        for part in parts(comment, task.line, warnings) {
            if task.comments.len() < COMMENTS_MAX {
                task.comments.push(part);
                continue;
            }
            let reason = format!("a task has at most {COMMENTS_MAX} comments; it is in the notes");
            warnings.add(task.line, &part.text, reason);
            match &part.author {
                Some(author) => task.add_notes(&format!("{author}: {}", part.text)),
                None => task.add_notes(&part.text),
            }
        }
    }
}

/// A comment as several, where it is too long for one.
fn parts(
    mut comment: ImportedComment,
    line: usize,
    warnings: &mut Warnings,
) -> Vec<ImportedComment> {
    comment.author = comment.author.take().filter(|name| !name.is_empty());
    let long = comment
        .author
        .take_if(|name| cut(name, PERSON_CHARS_MAX).is_some());
    if let Some(author) = long {
        let reason =
            format!("a name has at most {PERSON_CHARS_MAX} characters; it is in the comment");
        warnings.add(line, &author, reason);
        comment.text = format!("{author}: {}", comment.text);
    }
    let Some((first, mut rest)) = cut(&comment.text, NOTES_CHARS_MAX) else {
        return vec![comment];
    };
    let reason = format!("a comment has at most {NOTES_CHARS_MAX} characters; it continues");
    warnings.add(line, first, reason);
    let with_text = |text: &str| ImportedComment {
        text: text.to_owned(),
        author: comment.author.clone(),
        created: comment.created,
    };
    let mut parts = vec![with_text(first)];
    while !rest.is_empty() {
        let (part, after) = cut(rest, NOTES_CHARS_MAX).unwrap_or((rest, ""));
        parts.push(with_text(part));
        rest = after;
    }
    parts
}

fn fit_blockers(task: &mut ImportedTask, warnings: &mut Warnings) {
    if task.blocked_by.len() <= BLOCKERS_MAX {
        return;
    }
    let reason = format!("a task waits for at most {BLOCKERS_MAX} others; more are in the notes");
    warnings.add(task.line, &task.title, reason);
    let more = task.blocked_by.split_off(BLOCKERS_MAX);
    task.add_notes(&format!("blocked by: {}", more.join(", ")));
}

#[cfg(test)]
mod tests {
    //! What does not fit is said and kept.

    use super::*;

    fn fitted(mut task: ImportedTask) -> (ImportedTask, usize) {
        let mut warnings = Warnings::default();
        fit_details(&mut task, &mut warnings);
        (task, warnings.finish().len())
    }

    #[test]
    fn rules_names_and_words_are_bounded() {
        let (task, warned) = fitted(ImportedTask {
            recurrence: Some("FREQ=DAILY\u{7}".to_owned()),
            due_text: Some("x".repeat(201)),
            assignee: Some("y".repeat(201)),
            reminders: ["15m", "15m", "soon"].map(str::to_owned).to_vec(),
            ..ImportedTask::default()
        });
        assert_eq!(
            (task.recurrence, task.due_text, task.assignee),
            (None, None, None)
        );
        assert_eq!(task.reminders, ["15m"]);
        assert_eq!(warned, 4);
        let notes = task.notes.unwrap();
        for kept in ["FREQ=DAILY", "xxx", "yyy", "reminder: soon"] {
            assert!(notes.contains(kept), "{kept}");
        }
        let rule = "F".repeat(RECURRENCE_BYTES_MAX);
        let (task, warned) = fitted(ImportedTask {
            recurrence: Some(rule.clone()),
            ..ImportedTask::default()
        });
        assert_eq!((task.recurrence, warned), (Some(rule), 0));
    }

    #[test]
    fn comments_are_bounded_in_number_and_length() {
        let text = "ä".repeat(NOTES_CHARS_MAX + 1);
        let mut comments = vec![ImportedComment {
            text: text.clone(),
            author: Some("z".repeat(PERSON_CHARS_MAX + 1)),
            created: None,
        }];
        comments.resize(
            COMMENTS_MAX + 1,
            ImportedComment {
                text: "more".to_owned(),
                author: Some("Ann".to_owned()),
                created: None,
            },
        );
        let (task, _) = fitted(ImportedTask {
            comments,
            ..ImportedTask::default()
        });
        assert_eq!(task.comments.len(), COMMENTS_MAX);
        let joined = task.comments[0].text.clone() + &task.comments[1].text;
        assert!(joined.starts_with("zzz") && joined.ends_with(&text));
        assert_eq!(task.notes.as_deref(), Some("Ann: more\n\nAnn: more"));
    }

    #[test]
    fn blockers_are_bounded() {
        let keys: Vec<String> = (0..BLOCKERS_MAX + 2).map(|n| n.to_string()).collect();
        let (task, _) = fitted(ImportedTask {
            blocked_by: keys,
            ..ImportedTask::default()
        });
        assert_eq!(task.blocked_by.len(), BLOCKERS_MAX);
        assert_eq!(task.notes.as_deref(), Some("blocked by: 1000, 1001"));
    }
}
