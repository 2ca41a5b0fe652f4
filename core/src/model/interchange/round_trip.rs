//! Out and in again is the same, for every format; and no text makes an importer panic, or gives
//! a tree that would not survive being exported and imported again.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::export::walk;
use super::*;
use crate::model::{Due, Priority, Status};

/// Pieces that formats give a meaning to.
const NASTY: [&str; 70] = [
    " ",
    " ",
    " ",
    "  ",
    "\n",
    "\t",
    "\r\n",
    "x",
    "x ",
    "(A)",
    "(B) ",
    "2026-11-23",
    "2026-13-45",
    "due:2026-11-23",
    "due:",
    "due: 2026-11-23",
    "due:soon",
    "pri:A",
    "status:blocked",
    "id:1",
    "parent:1",
    "url:u",
    "note:n",
    "rec:1w",
    "rrule:FREQ=DAILY",
    "rrule:x",
    "remind:15m",
    "assignee:",
    "assignee:a",
    "dep:1",
    "t:2026-01-01",
    "+tag",
    "@tag",
    "#tag",
    "#",
    "# ",
    "## ",
    "#12",
    "!high",
    "!none",
    "- ",
    "- [ ] ",
    "* [x] ",
    "1. ",
    "[ ] ",
    "[x]",
    "[",
    "]",
    "(",
    ")",
    "[a](b)",
    "](",
    "<",
    ">",
    "> ",
    "~~",
    "~~~\n",
    "```\n",
    "`",
    "\\",
    "\\x",
    "%41",
    "&#10;",
    "&",
    "---\n",
    "===\n",
    "📅 ",
    "⏫",
    "\u{feff}",
    "\u{1b}",
];

fn nasty(pieces: core::ops::Range<usize>) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(NASTY.as_slice()).prop_map(str::to_owned),
        2 => "[a-zäß0-9]{1,4}",
        1 => "\\PC",
    ];
    proptest::collection::vec(piece, pieces).prop_map(|pieces| pieces.concat())
}

fn some_text() -> impl Strategy<Value = String> {
    nasty(1..9).prop_filter("not empty", |text| !text.is_empty())
}

fn some_day() -> impl Strategy<Value = Date> {
    (1_i16..9999, 1_i8..13, 1_i8..29).prop_map(|(y, m, d)| jiff::civil::date(y, m, d))
}

fn some_due() -> impl Strategy<Value = Due> {
    let zone = proptest::sample::select(
        [
            "UTC",
            "Europe/Berlin",
            "America/Argentina/Ushuaia",
            "+05:30",
        ]
        .as_slice(),
    );
    (
        some_day(),
        proptest::option::of((0_i8..24, 0_i8..60, 0_i8..2, zone)),
    )
        .prop_map(|(day, at)| match at {
            None => Due::on(day).unwrap(),
            Some((h, m, s, zone)) => format!("{day}T{h:02}:{m:02}:{s:02}[{zone}]")
                .parse()
                .unwrap(),
        })
}

type Details = (
    Option<String>,
    Vec<String>,
    Option<String>,
    Vec<ImportedComment>,
);

fn some_details() -> impl Strategy<Value = Details> {
    let comment = (
        some_text(),
        proptest::option::of(some_text()),
        proptest::option::of(0_i64..4_000_000_000_000),
    )
        .prop_map(|(text, author, created)| ImportedComment {
            text,
            author,
            created: created.map(|at| Timestamp::from_millisecond(at).unwrap()),
        });
    (
        proptest::option::of("FREQ=(DAILY|WEEKLY)(;[A-Z]{2,5}=[\\PC--\\\\]{0,6}){0,2}"),
        proptest::collection::btree_set("(0|[1-9][0-9]{0,5})[mhd]", 0..3),
        proptest::option::of(some_text()),
        proptest::collection::vec(comment, 0..3),
    )
        .prop_map(|(rule, reminders, assignee, comments)| {
            (rule, reminders.into_iter().collect(), assignee, comments)
        })
}

fn some_task() -> impl Strategy<Value = ExportTask> {
    let leaf = (
        (
            some_text(),
            proptest::option::of(some_text()),
            proptest::option::of(some_text()),
        ),
        proptest::sample::select(
            [
                Status::Open,
                Status::InProgress,
                Status::Blocked,
                Status::Done,
            ]
            .as_slice(),
        ),
        proptest::sample::select(
            [
                Priority::High,
                Priority::Medium,
                Priority::Low,
                Priority::None,
            ]
            .as_slice(),
        ),
        proptest::option::of(some_due()),
        proptest::collection::vec(some_text(), 0..3),
        proptest::option::of(0_i64..4_000_000_000),
        proptest::option::of(some_day()),
        prop_oneof!["[a-c]", some_text()],
        some_details(),
    )
        .prop_map(
            |(
                (title, notes, url),
                status,
                priority,
                due,
                tags,
                created,
                completed,
                id,
                details,
            )| {
                let (recurrence, reminders, assignee, comments) = details;
                ExportTask {
                    recurrence,
                    reminders,
                    assignee,
                    comments,
                    id,
                    title,
                    notes,
                    url,
                    status,
                    priority,
                    due,
                    tags: tags
                        .into_iter()
                        .map(|tag| tag.chars().take(TAG_CHARS_MAX).collect())
                        .collect(),
                    created_at: created.map(|at| Timestamp::from_second(at).unwrap()),
                    completed,
                    ..ExportTask::default()
                }
            },
        );
    leaf.prop_recursive(4, 24, 4, |inner| {
        (inner.clone(), proptest::collection::vec(inner, 0..4)).prop_map(|(mut task, children)| {
            task.children = children;
            task
        })
    })
}

fn some_list() -> impl Strategy<Value = ExportList> {
    (
        some_text(),
        proptest::collection::vec(some_task(), 0..4),
        proptest::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 0..3),
    )
        .prop_map(|(title, mut tasks, waits)| {
            let count = walk(&tasks).count();
            if count > 1 && !waits.is_empty() {
                // Who waits for whom can only be told where ids are unique.
                let waits: BTreeSet<_> = waits
                    .into_iter()
                    .map(|(a, b)| (a.index(count), b.index(count)))
                    .filter(|(a, b)| a != b)
                    .collect();
                link(&mut tasks, &mut 0, &waits);
            }
            ExportList {
                id: "list".to_owned(),
                title,
                tasks,
            }
        })
}

fn link(tasks: &mut [ExportTask], number: &mut usize, waits: &BTreeSet<(usize, usize)>) {
    for task in tasks {
        task.id = format!("t {number}");
        task.blocked_by = waits
            .iter()
            .filter(|(waiting, _)| *waiting == *number)
            .map(|(_, blocker)| format!("t {blocker}"))
            .collect();
        *number += 1;
        link(&mut task.children, number, waits);
    }
}

/// What an import of an export must give, but for lines.
fn expected(tasks: &[ExportTask], notes_of: fn(&str) -> String) -> Vec<ImportedTask> {
    let awaited: BTreeSet<String> = walk(tasks)
        .flat_map(|visit| visit.task.blocked_by.clone())
        .collect();
    expected_tree(tasks, notes_of, &awaited)
}

fn expected_tree(
    tasks: &[ExportTask],
    notes_of: fn(&str) -> String,
    awaited: &BTreeSet<String>,
) -> Vec<ImportedTask> {
    tasks
        .iter()
        .map(|task| ImportedTask {
            title: task.title.clone(),
            notes: task.some_notes().map(notes_of),
            url: task.url.clone(),
            status: task.status,
            priority: task.priority,
            due: task.due.clone(),
            due_text: None,
            recurrence: task.recurrence.clone(),
            reminders: task.reminders.clone(),
            assignee: task.assignee.clone(),
            comments: task.comments.clone(),
            key: Some(task.id.clone()).filter(|id| awaited.contains(id)),
            blocked_by: task.blocked_by.clone(),
            tags: task.unique_tags().into_iter().map(str::to_owned).collect(),
            created: task.created_day(),
            completed: task.completed_day(),
            line: 0,
            children: expected_tree(&task.children, notes_of, awaited),
        })
        .collect()
}

fn without_lines(mut tasks: Vec<ImportedTask>) -> Vec<ImportedTask> {
    for task in &mut tasks {
        task.line = 0;
        task.children = without_lines(core::mem::take(&mut task.children));
    }
    tasks
}

fn without_comments(mut tasks: Vec<ImportedTask>) -> Vec<ImportedTask> {
    for task in &mut tasks {
        task.comments.clear();
        task.children = without_comments(core::mem::take(&mut task.children));
    }
    tasks
}

fn without_links(mut tasks: Vec<ImportedTask>) -> Vec<ImportedTask> {
    for task in &mut tasks {
        task.key = None;
        task.blocked_by.clear();
        task.children = without_links(core::mem::take(&mut task.children));
    }
    tasks
}

/// What an import gave, to be exported.
fn exportable(tasks: &[ImportedTask]) -> Vec<ExportTask> {
    tasks
        .iter()
        .map(|task| ExportTask {
            id: task.key.clone().unwrap_or_else(|| "same".to_owned()),
            title: task.title.clone(),
            notes: task.notes.clone(),
            url: task.url.clone(),
            status: task.status,
            priority: task.priority,
            due: task.due.clone(),
            recurrence: task.recurrence.clone(),
            reminders: task.reminders.clone(),
            assignee: task.assignee.clone(),
            comments: task.comments.clone(),
            blocked_by: task.blocked_by.clone(),
            tags: task.tags.clone(),
            created_at: task
                .created
                .and_then(|day| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()),
            completed: task.completed,
            children: exportable(&task.children),
        })
        .collect()
}

fn as_is(notes: &str) -> String {
    notes.to_owned()
}

fn with_line_feeds(notes: &str) -> String {
    notes.replace("\r\n", "\n").replace('\r', "\n")
}

fn import_ics(text: &str) -> Result<Import, ImportError> {
    import_icalendar(text.as_bytes(), &zone())
}

fn import_csv(text: &str) -> Result<Import, ImportError> {
    import_todoist_csv(text.as_bytes(), &zone())
}

fn zone() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(13))
}

/// Lines of iCalendar, whole and in part.
const ICALENDAR: [&str; 44] = [
    "BEGIN:VCALENDAR\n",
    "END:VCALENDAR\n",
    "BEGIN:VTODO\n",
    "BEGIN:VTODO\n",
    "BEGIN:VTODO\nSUMMARY:a\n",
    "END:VTODO\n",
    "END:VTODO\n",
    "BEGIN:VEVENT\n",
    "END:VEVENT\n",
    "BEGIN:VALARM\n",
    "END:VALARM\n",
    "BEGIN:VTIMEZONE\nTZID:",
    "END:VTIMEZONE\n",
    "BEGIN:X\n",
    "END:X\n",
    "TZOFFSETTO:+0530\n",
    "X-WR-CALNAME:",
    "SUMMARY:",
    "\nSUMMARY;X-POO-RAW=%00:",
    "DESCRIPTION:",
    "URL:",
    "UID:a\n",
    "UID:b\n",
    "UID:",
    "RELATED-TO:a\n",
    "RELATED-TO;RELTYPE=CHILD:b\n",
    "RELATED-TO;RELTYPE=DEPENDS-ON:a\n",
    "RELATED-TO;RELTYPE=DEPENDS-ON:b\n",
    "DUE;VALUE=DATE:20261123\n",
    "DUE;TZID=Europe/Berlin:20261123T090000\n",
    "DUE;TZID=",
    "DTSTART:20261123T080000Z\n",
    "DURATION:PT1H\n",
    "TRIGGER:-PT15M\n",
    "TRIGGER;RELATED=END:-P1D\n",
    "TRIGGER;VALUE=DATE-TIME:20261123T070000Z\n",
    "STATUS:",
    "STATUS:COMPLETED\nCOMPLETED:20261123T233000Z\n",
    "RRULE:FREQ=DAILY",
    "CATEGORIES:",
    "ATTENDEE;CN=\"",
    "COMMENT:",
    "\r\n",
    "\n ",
];

/// Cells of Todoist, whole and in part.
const TODOIST: [&str; 24] = [
    "task,",
    "task,a,",
    "note,",
    "note,b,",
    "section,",
    "section,s\n",
    "meta,view_style=list\n",
    "other,",
    "TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE\n",
    ",",
    ",",
    ",",
    "\"",
    "\"\"",
    "\n",
    "\r\n",
    ";",
    "1",
    "2",
    "4",
    "@label",
    "2026-12-01 15:00",
    "[[file {\"file_url\":\"https://a\"}]]",
    "\0",
];

fn mixed(tokens: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(tokens).prop_map(str::to_owned),
        1 => nasty(1..3),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

type Importer = fn(&str) -> Result<Import, ImportError>;
type Exporter = fn(&ExportList) -> String;

fn survives(text: &str, import: Importer, export: Exporter) -> Result<(), TestCaseError> {
    let Ok(first) = import(text) else {
        return Ok(());
    };
    let list = ExportList {
        id: String::new(),
        title: first.title.clone().unwrap_or_default(),
        tasks: exportable(&first.tasks),
    };
    let written = export(&list);
    let second = import(&written).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(
        without_lines(second.tasks),
        expected(&list.tasks, as_is),
        "{}",
        written
    );
    Ok(())
}

proptest! {
    #[test]
    fn json_is_read_back(list in some_list()) {
        let written = to_json(&list);
        let import = import_json(&written).unwrap();
        prop_assert_eq!(import.title.as_ref(), Some(&list.title));
        let completed = import.tasks;
        prop_assert_eq!(strip_undone(without_lines(completed)), expected(&list.tasks, as_is));
        prop_assert_eq!(import.warnings, []);
    }

    #[test]
    fn markdown_is_read_back(list in some_list()) {
        let written = to_markdown(&list);
        let import = import_markdown(&written).unwrap();
        prop_assert_eq!(import.title.as_ref(), Some(&list.title), "{}", written);
        prop_assert_eq!(
            without_lines(import.tasks),
            without_links(without_comments(expected(&list.tasks, with_line_feeds))),
            "{}", written
        );
        prop_assert_eq!(import.warnings, [], "{}", written);
    }

    #[test]
    fn todotxt_is_read_back(list in some_list()) {
        let written = to_todotxt(&list);
        let import = import_todotxt(&written).unwrap();
        prop_assert_eq!(
            without_lines(import.tasks),
            without_comments(expected(&list.tasks, as_is)),
            "{}", written
        );
    }

    #[test]
    fn icalendar_is_read_back(list in some_list()) {
        let written = to_icalendar(&list);
        let import = import_ics(&written).unwrap();
        prop_assert_eq!(import.title.as_ref(), Some(&list.title), "{}", written);
        prop_assert_eq!(without_lines(import.tasks), expected(&list.tasks, as_is), "{}", written);
        prop_assert_eq!(import.warnings, [], "{}", written);
        prop_assert!(written.split_inclusive("\r\n").all(|line| line.len() <= 77));
    }

    #[test]
    fn any_lines_are_read_as_icalendar(text in mixed(&ICALENDAR)) {
        survives(&text, import_ics, to_icalendar)?;
        survives(&format!("BEGIN:VCALENDAR\nBEGIN:VTODO\n{text}"), import_ics, to_icalendar)?;
    }

    #[test]
    fn any_cells_are_read_as_todoist(text in mixed(&TODOIST)) {
        for header in ["", "TYPE,CONTENT,PRIORITY,INDENT,RESPONSIBLE,DATE\n", "content;type\n"] {
            let first = import_csv(&format!("{header}{text}")).unwrap();
            let list = ExportList {
                id: String::new(),
                title: "t".to_owned(),
                tasks: exportable(&first.tasks),
            };
            let second = import_json(&to_json(&list)).unwrap();
            prop_assert_eq!(without_lines(second.tasks), expected(&list.tasks, as_is));
            prop_assert_eq!(second.warnings, []);
        }
    }

    #[test]
    fn any_bytes_are_read(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        at in any::<prop::sample::Index>(),
        text in prop_oneof![mixed(&ICALENDAR), mixed(&TODOIST)],
    ) {
        let mut damaged = text.into_bytes();
        let at = at.index(damaged.len() + 1);
        damaged.splice(at..at, bytes.iter().copied());
        for bytes in [bytes, damaged] {
            import_icalendar(&bytes, &zone()).unwrap();
            import_todoist_csv(&bytes, &zone()).unwrap();
        }
    }

    #[test]
    fn nothing_of_files_is_dropped(
        pieces in proptest::collection::vec((0_usize..30, nasty(0..4)), 1..20),
    ) {
        const NAMES: [&str; 30] = [
            "SUMMARY", "DESCRIPTION", "URL", "STATUS", "PRIORITY", "DUE", "DTSTART", "DURATION",
            "RRULE", "CATEGORIES", "COMMENT", "ATTENDEE", "LOCATION", "EXDATE", "FOO", "RELATED-TO",
            "RELATED-TO;RELTYPE=CHILD", "RELATED-TO;RELTYPE=DEPENDS-ON", "CREATED", "COMPLETED",
            "PERCENT-COMPLETE", "X-POO-REMINDERS", "X-POO-STATUS", "DTEND", "ATTACH", "GEO",
            "RECURRENCE-ID", "BEGIN", "END", "due",
        ];
        let words: Vec<String> = (0..pieces.len()).map(|number| format!("zq{number:03}")).collect();
        let mut ics = "BEGIN:VCALENDAR\nBEGIN:VTODO\n".to_owned();
        let mut csv = "CONTENT,DESCRIPTION,PRIORITY,INDENT,RESPONSIBLE,DATE,DEADLINE,X\n".to_owned();
        for ((name, piece), word) in pieces.iter().zip(&words) {
            ics.push_str(&format!("{}:{piece}{word}\n", NAMES[*name]));
            let end = if name % 4 == 0 { '\n' } else { ',' };
            csv.push_str(&format!("{piece}{word}{end}"));
        }
        for mut import in [import_ics(&ics).unwrap(), import_csv(&csv).unwrap()] {
            import.warnings.clear();
            let kept = format!("{import:?}").to_lowercase();
            for word in &words {
                prop_assert!(kept.contains(word.as_str()), "{word} of {ics:?} {csv:?} is not in {kept}");
            }
        }
    }

    #[test]
    fn any_text_is_read_as_markdown(text in nasty(0..60)) {
        survives(&text, import_markdown, to_markdown)?;
    }

    #[test]
    fn any_lines_are_read_as_markdown(
        lines in proptest::collection::vec((0_usize..9, nasty(0..6)), 0..12)
    ) {
        let text: String = lines
            .into_iter()
            .map(|(indent, text)| format!("{}{text}\n", " ".repeat(indent)))
            .collect();
        survives(&text, import_markdown, to_markdown)?;
    }

    #[test]
    fn any_text_is_read_as_todotxt(text in nasty(0..60)) {
        survives(&text, import_todotxt, to_todotxt)?;
    }

    #[test]
    fn any_characters_are_read(text in proptest::collection::vec(any::<char>(), 0..200)) {
        let text: String = text.into_iter().collect();
        survives(&text, import_markdown, to_markdown)?;
        survives(&text, import_todotxt, to_todotxt)?;
        survives(&text, import_ics, to_icalendar)?;
        import_csv(&text).unwrap();
        prop_assert!(import_json(&text).is_err() || text.starts_with('['));
    }

    #[test]
    fn nothing_is_dropped(pieces in proptest::collection::vec(nasty(0..4), 1..20)) {
        // A word that is there once after each piece, and must be found again.
        let words: Vec<String> = (0..pieces.len()).map(|number| format!("zq{number:03}")).collect();
        let text: String = pieces
            .iter()
            .zip(&words)
            .map(|(piece, word)| format!("{piece}{word}"))
            .collect();
        for import in [import_markdown, import_todotxt] {
            let mut import = import(&text).unwrap();
            import.warnings.clear();
            let kept = format!("{import:?}");
            for word in &words {
                prop_assert!(kept.contains(word.as_str()), "{word} of {text:?} is not in {kept}");
            }
        }
    }

    #[test]
    fn any_damage_to_json_is_told(list in some_list(), at in any::<prop::sample::Index>(), c in any::<char>()) {
        let mut damaged: Vec<char> = to_json(&list).chars().collect();
        let at = at.index(damaged.len());
        damaged[at] = c;
        let damaged: String = damaged.into_iter().collect();
        let _ = import_json(&damaged);
    }
}

/// JSON keeps a day of completion whatever the status; the other formats have no place for it.
fn strip_undone(mut tasks: Vec<ImportedTask>) -> Vec<ImportedTask> {
    for task in &mut tasks {
        task.completed = task.completed.filter(|_| task.status == Status::Done);
        task.children = strip_undone(core::mem::take(&mut task.children));
    }
    tasks
}
