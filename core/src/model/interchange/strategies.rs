//! Lists and texts for property tests, full of what formats give a meaning to.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use proptest::prelude::*;

use super::export::walk;
use super::*;
use crate::model::{Aisle, BlobHash, Due, ListView, NewFile, Priority, Status};

/// Pieces that formats give a meaning to.
pub(super) const NASTY: [&str; 70] = [
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

pub(super) fn nasty(pieces: core::ops::Range<usize>) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(NASTY.as_slice()).prop_map(str::to_owned),
        2 => "[a-zäß0-9]{1,4}",
        1 => "\\PC",
    ];
    proptest::collection::vec(piece, pieces).prop_map(|pieces| pieces.concat())
}

pub(super) fn some_text() -> impl Strategy<Value = String> {
    nasty(1..9).prop_filter("not empty", |text| !text.is_empty())
}

pub(super) fn some_day() -> impl Strategy<Value = Date> {
    (1_i16..9999, 1_i8..13, 1_i8..29).prop_map(|(y, m, d)| jiff::civil::date(y, m, d))
}

pub(super) fn some_due() -> impl Strategy<Value = Due> {
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

pub(super) type Details = (
    Option<String>,
    Vec<String>,
    Option<String>,
    Vec<ImportedComment>,
    Option<String>,
    Vec<NewFile>,
);

pub(super) fn some_details() -> impl Strategy<Value = Details> {
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
        proptest::option::of(some_text()),
        proptest::collection::vec(some_file(), 0..3),
    )
        .prop_map(|(rule, reminders, assignee, comments, aisle, files)| {
            let reminders = reminders.into_iter().collect();
            (rule, reminders, assignee, comments, aisle, files)
        })
}

fn some_file() -> impl Strategy<Value = NewFile> {
    (any::<[u8; 32]>(), some_text(), some_text(), any::<u64>()).prop_map(
        |(hash, name, mime, size)| NewFile {
            hash: BlobHash::from_bytes(hash),
            name,
            mime,
            size,
        },
    )
}

fn some_look() -> impl Strategy<Value = ListLook> {
    let name = "[a-zé🍎 ]{0,8}[a-z]";
    let tag = (name, name).prop_map(|(name, color)| TagColor { name, color });
    let aisle = (name, proptest::collection::vec(name, 0..3))
        .prop_map(|(name, keywords)| Aisle { name, keywords });
    (
        proptest::option::of(name),
        proptest::option::of(name),
        any::<bool>(),
        proptest::collection::vec(tag, 0..3),
        proptest::collection::vec(aisle, 0..3),
    )
        .prop_map(|(icon, color, by_aisles, tags, aisles)| ListLook {
            icon,
            color,
            view: if by_aisles {
                ListView::Aisles
            } else {
                ListView::List
            },
            tags,
            aisles,
        })
}

pub(super) fn some_task() -> impl Strategy<Value = ExportTask> {
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
                let (recurrence, reminders, assignee, comments, aisle, attachments) = details;
                ExportTask {
                    aisle,
                    attachments,
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

pub(super) fn some_list() -> impl Strategy<Value = ExportList> {
    (
        some_text(),
        proptest::collection::vec(some_task(), 0..4),
        proptest::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 0..3),
        some_look(),
    )
        .prop_map(|(title, mut tasks, waits, look)| {
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
                look,
                tasks,
            }
        })
}

pub(super) fn link(tasks: &mut [ExportTask], number: &mut usize, waits: &BTreeSet<(usize, usize)>) {
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

/// Lines of iCalendar, whole and in part.
pub(super) const ICALENDAR: [&str; 44] = [
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
pub(super) const TODOIST: [&str; 24] = [
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

pub(super) fn mixed(tokens: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(tokens).prop_map(str::to_owned),
        1 => nasty(1..3),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}
