//! No text makes an importer panic or drop anything, or gives a tree that would not survive being
//! exported and imported again.

use proptest::prelude::*;

use super::round_trip::{as_is, expected, exportable, import_csv, import_ics, without_lines, zone};
use super::strategies::{ICALENDAR, TODOIST, mixed, nasty, some_list};
use super::*;

type Importer = fn(&str) -> Result<Import, ImportError>;
type Exporter = fn(&ExportList) -> String;

fn survives(text: &str, import: Importer, export: Exporter) -> Result<(), TestCaseError> {
    let Ok(first) = import(text) else {
        return Ok(());
    };
    let list = ExportList {
        id: String::new(),
        title: first.title.clone().unwrap_or_default(),
        look: first.look.clone(),
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
                look: ListLook::default(),
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
