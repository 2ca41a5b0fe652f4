//! Brings what was read within the bounds of a list, so that nothing of it is lost.

use super::details::fit_details;
use super::limits::{
    LIST_TITLE_CHARS_MAX, NOTES_CHARS_MAX, TAG_CHARS_MAX, TITLE_CHARS_MAX, URL_CHARS_MAX,
};
use super::look::ListLook;
use super::task::{Import, ImportedTask};
use super::warnings::Warnings;

/// The title of a task that has none but holds something.
const UNTITLED: &str = "Untitled";

/// Puts the result of an import together.
pub(super) fn finish(
    title: Option<String>,
    tasks: Vec<ImportedTask>,
    mut warnings: Warnings,
) -> Import {
    let mut tasks = fit_all(tasks, &mut warnings);
    let title = title
        .filter(|title| !title.is_empty())
        .map(|title| match cut(&title, LIST_TITLE_CHARS_MAX) {
            None => title,
            Some((first, _)) => {
                warnings.add(
                    1,
                    &title,
                    format!(
                        "a list's title has at most {LIST_TITLE_CHARS_MAX} characters; the whole of it is the first task"
                    ),
                );
                let first = first.to_owned();
                let whole = ImportedTask { title, line: 1, ..ImportedTask::default() };
                tasks.splice(0..0, fit_all(vec![whole], &mut warnings));
                first
            }
        });
    Import {
        title,
        look: ListLook::default(),
        tasks,
        warnings: warnings.finish(),
    }
}

fn fit_all(tasks: Vec<ImportedTask>, warnings: &mut Warnings) -> Vec<ImportedTask> {
    let mut fitting = Vec::with_capacity(tasks.len());
    for mut task in tasks {
        task.children = fit_all(core::mem::take(&mut task.children), warnings);
        task.notes = task.notes.filter(|notes| !notes.is_empty());
        task.url = task.url.filter(|url| !url.is_empty());
        if task.title.is_empty() {
            if is_bare(&task) {
                warnings.add(task.line, "", "there is nothing in it; it was left out");
                continue;
            }
            warnings.add(task.line, "", "it has no title; it is called \"Untitled\"");
            task.title = UNTITLED.to_owned();
        }
        fit_title(&mut task, warnings);
        fit_details(&mut task, warnings);
        fit_tags(&mut task, warnings);
        fit_url(&mut task, warnings);
        let more = fit_notes(&mut task, warnings);
        fitting.push(task);
        fitting.extend(more);
    }
    fitting
}

fn is_bare(task: &ImportedTask) -> bool {
    task.notes.is_none()
        && task.url.is_none()
        && task.due.is_none()
        && task.due_text.is_none()
        && task.recurrence.is_none()
        && task.reminders.is_empty()
        && task.assignee.is_none()
        && task.comments.is_empty()
        && task.key.is_none()
        && task.blocked_by.is_empty()
        && task.tags.is_empty()
        && task.attachments.is_empty()
        && task.children.is_empty()
}

/// The first characters of a text and the rest, where it has more than so many.
pub(super) fn cut(text: &str, chars: usize) -> Option<(&str, &str)> {
    let (at, _) = text.char_indices().nth(chars)?;
    text.split_at_checked(at)
}

fn fit_title(task: &mut ImportedTask, warnings: &mut Warnings) {
    let Some((first, _)) = cut(&task.title, TITLE_CHARS_MAX) else {
        return;
    };
    warnings.add(
        task.line,
        first,
        format!(
            "a title has at most {TITLE_CHARS_MAX} characters; the whole of it is in the notes"
        ),
    );
    let first = first.to_owned();
    let mut notes = core::mem::replace(&mut task.title, first);
    if let Some(before) = &task.notes {
        notes.push_str("\n\n");
        notes.push_str(before);
    }
    task.notes = Some(notes);
}

fn fit_tags(task: &mut ImportedTask, warnings: &mut Warnings) {
    let (tags, long): (Vec<_>, Vec<_>) = core::mem::take(&mut task.tags)
        .into_iter()
        .partition(|tag| cut(tag, TAG_CHARS_MAX).is_none());
    task.tags = tags;
    for tag in long {
        warnings.add(
            task.line,
            &tag,
            format!("a tag has at most {TAG_CHARS_MAX} characters; it is in the notes"),
        );
        task.add_notes(&tag);
    }
}

fn fit_url(task: &mut ImportedTask, warnings: &mut Warnings) {
    let Some(url) = task.url.take_if(|url| cut(url, URL_CHARS_MAX).is_some()) else {
        return;
    };
    warnings.add(
        task.line,
        &url,
        format!("a link has at most {URL_CHARS_MAX} characters; it is in the notes"),
    );
    task.add_notes(&url);
}

/// Cuts notes that are too long; gives the tasks in which they continue.
fn fit_notes(task: &mut ImportedTask, warnings: &mut Warnings) -> Vec<ImportedTask> {
    let mut more = Vec::new();
    let Some(notes) = &task.notes else {
        return more;
    };
    let Some((first, mut rest)) = cut(notes, NOTES_CHARS_MAX) else {
        return more;
    };
    warnings.add(
        task.line,
        &task.title,
        format!("notes have at most {NOTES_CHARS_MAX} characters; they continue in tasks below"),
    );
    while !rest.is_empty() {
        let (part, after) = cut(rest, NOTES_CHARS_MAX).unwrap_or((rest, ""));
        let number = more.len().saturating_add(2);
        let suffix = format!(" (notes, part {number})");
        let room = TITLE_CHARS_MAX.saturating_sub(suffix.len());
        let title: String = task.title.chars().take(room).collect();
        more.push(ImportedTask {
            title: title + &suffix,
            notes: Some(part.to_owned()),
            status: task.status,
            line: task.line,
            ..ImportedTask::default()
        });
        rest = after;
    }
    task.notes = Some(first.to_owned());
    more
}

#[cfg(test)]
mod tests {
    //! What does not fit is cut where it stands and kept whole elsewhere.

    use super::*;

    fn fitted(task: ImportedTask) -> Import {
        finish(None, vec![task], Warnings::default())
    }

    #[test]
    fn a_long_title_is_whole_in_the_notes() {
        let title = "ä".repeat(501);
        let import = fitted(ImportedTask {
            title: title.clone(),
            notes: Some("more".to_owned()),
            ..ImportedTask::default()
        });
        assert_eq!(import.tasks[0].title, "ä".repeat(500));
        assert_eq!(import.tasks[0].notes, Some(title + "\n\nmore"));
        assert_eq!(import.warnings.len(), 1);
        let fits = fitted(ImportedTask {
            title: "ä".repeat(500),
            ..ImportedTask::default()
        });
        assert!(fits.warnings.is_empty());
    }

    #[test]
    fn long_notes_continue_below() {
        let notes: String = ('a'..='z').cycle().take(120_000).collect();
        let import = fitted(ImportedTask {
            title: "t".repeat(500),
            notes: Some(notes.clone()),
            ..ImportedTask::default()
        });
        let parts: String = import
            .tasks
            .iter()
            .filter_map(|t| t.notes.clone())
            .collect();
        assert_eq!(parts, notes);
        assert_eq!(import.tasks.len(), 3);
        assert!(import.tasks[2].title.ends_with("t (notes, part 3)"));
        assert!(import.tasks.iter().all(|t| t.title.chars().count() <= 500));
    }

    #[test]
    fn long_links_and_tags_go_to_the_notes() {
        let import = fitted(ImportedTask {
            title: "t".to_owned(),
            url: Some("u".repeat(2001)),
            tags: vec!["x".repeat(51), "ok".to_owned()],
            ..ImportedTask::default()
        });
        let task = &import.tasks[0];
        assert_eq!(task.tags, ["ok"]);
        assert_eq!(task.url, None);
        assert_eq!(
            task.notes,
            Some(format!("{}\n\n{}", "x".repeat(51), "u".repeat(2001)))
        );
        assert_eq!(import.warnings.len(), 2);
    }

    #[test]
    fn a_long_list_title_is_whole_in_a_task() {
        let import = finish(Some("l".repeat(700)), Vec::new(), Warnings::default());
        assert_eq!(import.title, Some("l".repeat(200)));
        assert_eq!(import.tasks[0].notes, Some("l".repeat(700)));
    }

    #[test]
    fn only_what_is_empty_is_left_out() {
        assert!(fitted(ImportedTask::default()).tasks.is_empty());
        let kept = fitted(ImportedTask {
            tags: vec!["a".to_owned()],
            ..ImportedTask::default()
        });
        assert_eq!(kept.tasks[0].title, "Untitled");
    }
}
