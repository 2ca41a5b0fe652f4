//! Lists to start from: the built-in templates, and the list that a new person finds.
//!
//! They are written as Markdown task lists, as people would write them, and read by the importer
//! that reads theirs.

use serde::{Deserialize, Serialize};

use super::ImportedTask;
use super::interchange::import_markdown;

/// A list to start from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    /// Names it for good, in snake_case: `grocery_list`.
    pub id: String,
    /// The title that a list made from it begins with, 1 to 200 characters.
    pub title: String,
    /// Its tasks, in their order; none is done or dated.
    pub tasks: Vec<ImportedTask>,
}

const GROCERY_LIST: &str = include_str!("templates/grocery_list.md");
const PACKING_CHECKLIST: &str = include_str!("templates/packing_checklist.md");
const WEEKLY_TASKS: &str = include_str!("templates/weekly_tasks.md");
const PROJECT_KICKOFF: &str = include_str!("templates/project_kickoff.md");
const MOVING_CHECKLIST: &str = include_str!("templates/moving_checklist.md");
const PARTY_PLANNING: &str = include_str!("templates/party_planning.md");
const GETTING_STARTED: &str = include_str!("templates/getting_started.md");

/// The built-in templates, in the order in which they are offered.
#[must_use]
pub fn built_in_templates() -> Vec<Template> {
    [
        ("grocery_list", GROCERY_LIST),
        ("packing_checklist", PACKING_CHECKLIST),
        ("weekly_tasks", WEEKLY_TASKS),
        ("project_kickoff", PROJECT_KICKOFF),
        ("moving_checklist", MOVING_CHECKLIST),
        ("party_planning", PARTY_PLANNING),
    ]
    .map(|(id, text)| template(id, text))
    .into()
}

/// The list that a new person finds. It is no template: nobody needs it twice.
#[must_use]
pub fn getting_started() -> Template {
    template("getting_started", GETTING_STARTED)
}

fn template(id: &str, text: &str) -> Template {
    // The texts are part of the program, and a test reads each of them.
    let import = import_markdown(text).unwrap_or_default();
    Template {
        id: id.to_owned(),
        title: import.title.unwrap_or_else(|| id.to_owned()),
        tasks: import.tasks,
    }
}

#[cfg(test)]
mod tests {
    //! Templates are whole, and keep the limits that hold for anybody's lists.

    use std::collections::BTreeSet;

    use super::*;
    use crate::model::interchange::{
        LIST_TITLE_CHARS_MAX, NOTES_CHARS_MAX, TAG_CHARS_MAX, TITLE_CHARS_MAX,
    };
    use crate::model::{Priority, Status};

    /// Every task of a template, those below others included.
    fn all(tasks: &[ImportedTask]) -> Vec<&ImportedTask> {
        let mut found = Vec::new();
        for task in tasks {
            found.push(task);
            found.extend(all(&task.children));
        }
        found
    }

    #[test]
    fn template_names_stay_the_same() {
        let named: Vec<_> = built_in_templates()
            .into_iter()
            .map(|template| (template.id, template.title))
            .collect();
        let expected = [
            ("grocery_list", "Grocery List"),
            ("packing_checklist", "Packing Checklist"),
            ("weekly_tasks", "Weekly Tasks"),
            ("project_kickoff", "Project Kickoff"),
            ("moving_checklist", "Moving Checklist"),
            ("party_planning", "Party Planning"),
        ]
        .map(|(id, title)| (id.to_owned(), title.to_owned()));
        assert_eq!(named, expected);
    }

    #[test]
    fn template_tasks_keep_the_limits() {
        for template in built_in_templates().iter().chain([&getting_started()]) {
            let id = &template.id;
            assert!(template.title.chars().count() <= LIST_TITLE_CHARS_MAX);
            let tasks = all(&template.tasks);
            assert!((3..=100).contains(&tasks.len()), "{id}: {}", tasks.len());
            for task in &tasks {
                let title = &task.title;
                let chars = title.chars().count();
                assert!((1..=TITLE_CHARS_MAX).contains(&chars), "{id}: {title}");
                let notes = task.notes.as_deref().unwrap_or_default();
                assert!(notes.chars().count() <= NOTES_CHARS_MAX, "{id}: {title}");
                let short = |tag: &String| tag.chars().count() <= TAG_CHARS_MAX;
                assert!(task.tags.iter().all(short), "{id}: {title}");
                assert_eq!((task.status, &task.due), (Status::Open, &None), "{title}");
                assert!(!title.contains(['#', '!', '*', '`']), "{id}: {title}");
            }
            let titles: BTreeSet<_> = tasks.iter().map(|task| &task.title).collect();
            assert_eq!(titles.len(), tasks.len(), "{id} says something twice");
        }
    }

    #[test]
    fn template_texts_have_what_lists_have() {
        let templates = built_in_templates();
        let tasks: Vec<_> = templates.iter().flat_map(|t| all(&t.tasks)).collect();
        assert!(tasks.iter().any(|task| !task.children.is_empty()));
        assert!(tasks.iter().any(|task| !task.tags.is_empty()));
        assert!(tasks.iter().any(|task| task.priority == Priority::High));
        assert!(tasks.iter().any(|task| task.notes.is_some()));
        for text in [
            GROCERY_LIST,
            PACKING_CHECKLIST,
            WEEKLY_TASKS,
            PROJECT_KICKOFF,
            MOVING_CHECKLIST,
            PARTY_PLANNING,
            GETTING_STARTED,
        ] {
            let import = import_markdown(text).unwrap();
            assert!(import.title.is_some());
            assert_eq!(import.warnings, []);
        }
    }

    #[test]
    fn template_for_a_new_person_shows_the_first_steps() {
        let list = getting_started();
        assert_eq!(list.title, "Getting Started");
        let titles: Vec<_> = list.tasks.iter().map(|task| task.title.as_str()).collect();
        assert_eq!(
            titles,
            [
                "Add your first item",
                "Share this list with someone",
                "Check off a task"
            ]
        );
    }
}
