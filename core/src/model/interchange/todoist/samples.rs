//! Files as Todoist writes them, and what becomes of them.

use super::*;
use crate::model::due::zone_named;
use crate::model::interchange::Import;
use crate::model::interchange::samples::{outline, warned};

const HEADER: &str = "TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,\
                      TIMEZONE,DURATION,DURATION_UNIT,DEADLINE,DEADLINE_LANG\n";

fn import(text: &str) -> Import {
    import_todoist_csv(text.as_bytes(), &zone_named("America/New_York").unwrap()).unwrap()
}

#[test]
fn a_project() {
    let import = import(&format!(
        "\u{feff}{HEADER}meta,view_style=list,,,,,,,,,,,,\n,,,,,,,,,,,,,\n\
         task,Send the offer @work @urgent,\"Signed,\nin \"\"blue\"\"\",1,1,Ann (12),Bo Lee (34),2026-12-01,en,Europe/Berlin,,,,\n\
         task,Print it,,2,2,Ann (12),,2026-12-01 15:00,en,Europe/Berlin,30,minute,,\n\
         note,Ask first,,,,Ann (12),,2026-11-20T10:00:00.000000Z,,,,,,\n\
         note,\"Here [[file {{\"\"file_name\"\":\"\"a.pdf\"\",\"\"file_url\"\":\"\"https://f.example/a\"\"}}]]\",,,,Bo (34),,,,,,,,\n\
         ,,,,,,,,,,,,,\n\
         section,Clients,,,,,,,,,,,,\n\
         task,Call @phone Martin today,,4,1,Ann (12),,every day at 9,en,,,,,\n\
         task,Deep,,3,4,Ann (12),,,,,,,2026-12-24,en\n\
         section,Later,,,,,,,,,,,,\n"
    ));
    assert_eq!(
        outline(&import),
        "Send the offer | high | due 2026-12-01 | for Bo Lee | tags work,urgent \
         | notes \"Signed,\\nin \\\"blue\\\"\"\n\
         . Print it | medium | due 2026-12-01T15:00[Europe/Berlin] | comment \"Ask first\" by Ann at \
         2026-11-20T10:00:00Z | comment \"Here\\n\\n[a.pdf](<https://f.example/a>)\" by Bo \
         | notes \"DURATION: 30 minute\"\n\
         Call @phone Martin today | due in words \"every day at 9\" | tags phone,Clients\n\
         . Deep | low | due 2026-12-24\n"
    );
    assert_eq!(warned(&import), [6, 12, 13]);
}

#[test]
fn an_old_template() {
    let import = import(
        "TYPE,CONTENT,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG\r\n\
         task,Dec 24 is near,4,1,,,Dec 24,en\r\n\
         task,Wrap,3,2\r\n\
         note,x,,,,,someday,\r\n",
    );
    assert_eq!(
        outline(&import),
        "Dec 24 is near | due in words \"Dec 24\"\n. Wrap | low | comment \"x\\n\\nsomeday\"\n"
    );
    assert_eq!(warned(&import), [4]);
}

#[test]
fn what_is_wrong_is_kept() {
    for (rows, outcome, warnings) in [
        ("note,alone", "alone\n", vec![2]),
        ("song,la,,1", "song, la, 1\n", vec![2]),
        (
            "task,a,,9,x",
            "a | notes \"PRIORITY: 9\\n\\nINDENT: x\"\n",
            vec![2, 2],
        ),
        ("task,a,,1,1,,,,,,,,,,b", "task, a, 1, 1, b\n", vec![2]),
        (
            "task,a\ntask,\"b,,1\ntask,c",
            "a\ntask,\"b,,1\nc\n",
            vec![3],
        ),
        ("task,@x", "@x | tags x\n", vec![]),
        (
            "task,a,,,,,,2026-12-01 09:00,,Nowhere",
            "a | due 2026-12-01T09:00[America/New_York]\n",
            vec![2],
        ),
        (
            "task,a,,,,,,2026-12-01,,,,,2026-12-05,",
            "a | due 2026-12-01 | notes \"DEADLINE: 2026-12-05\"\n",
            vec![2],
        ),
        (
            "task,a,,,,,,tomorrow,,,,,2026-12-05,",
            "a | due in words \"tomorrow\" | notes \"DEADLINE: 2026-12-05\"\n",
            vec![2],
        ),
        ("task,a\0b", "a\u{2400}b\n", vec![2]),
        (
            "task,,some notes",
            "Untitled | notes \"some notes\"\n",
            vec![2],
        ),
        ("meta,colour=red", "meta, colour=red\n", vec![2]),
        ("Task,a\n\n\nTASK,b", "a\nb\n", vec![]),
    ] {
        let import = import(&format!("{HEADER}{rows}\n"));
        assert_eq!(outline(&import), outcome, "{rows}");
        assert_eq!(warned(&import), warnings, "{rows}: {:?}", import.warnings);
    }
    assert_eq!(
        outline(&import("name,mail\nann,a@a.example")),
        "name, mail\nann, a@a.example\n"
    );
    assert_eq!(
        outline(&import("CONTENT;COLOUR\na;red\n")),
        "a | notes \"COLOUR: red\"\n"
    );
    let latin = import_todoist_csv(b"CONTENT\n\xe4\n", &jiff::tz::TimeZone::UTC).unwrap();
    assert_eq!(
        (outline(&latin).as_str(), warned(&latin)),
        ("\u{e4}\n", vec![2])
    );
    assert!(import("").tasks.is_empty());
}

#[test]
fn wide_rows_and_long_texts_are_bounded() {
    let wide = import(&format!("{HEADER}{}\n", "a,".repeat(5_000)));
    assert_eq!(wide.tasks.len(), 1);
    assert_eq!(wide.tasks[0].notes.as_ref().map(String::len), Some(10_000));
    let many = import(&format!("{HEADER}task,a\n{}", "note,b\n".repeat(1_010)));
    assert_eq!(many.tasks[0].comments.len(), 1_000);
    assert_eq!(
        many.tasks[0]
            .notes
            .as_ref()
            .map(|notes| notes.matches('b').count()),
        Some(10)
    );
}
