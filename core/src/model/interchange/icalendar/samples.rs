//! Files as other programs write them, and what becomes of them.

use jiff::tz::TimeZone;

use super::*;
use crate::model::due::zone_named;
use crate::model::interchange::samples::{outline, warned};
use crate::model::interchange::{ExportList, ExportTask, Import, ListLook};

fn import(text: &str) -> Import {
    let zone = zone_named("America/New_York").unwrap();
    import_icalendar(text.replace('\n', "\r\n").as_bytes(), &zone).unwrap()
}

fn todo(lines: &str) -> Import {
    import(&format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VTODO\n{lines}\nEND:VTODO\nEND:VCALENDAR\n"
    ))
}

#[test]
fn apple_reminders() {
    let import = import(
        "BEGIN:VCALENDAR\nCALSCALE:GREGORIAN\nPRODID:-//Apple Inc.//iOS 17.4.1//EN\nVERSION:2.0\n\
         X-WR-CALNAME:Groceries\nX-APPLE-CALENDAR-COLOR:#FF2968\n\
         BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:DAYLIGHT\nDTSTART:19810329T020000\n\
         RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nTZNAME:MESZ\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n\
         END:DAYLIGHT\nEND:VTIMEZONE\n\
         BEGIN:VTODO\nCREATED:20261101T101112Z\nDTSTAMP:20261102T101112Z\n\
         DTSTART;TZID=Europe/Berlin:20261123T090000\nDUE;TZID=Europe/Berlin:20261123T090000\n\
         LAST-MODIFIED:20261102T101112Z\nPRIORITY:1\nRRULE:FREQ=WEEKLY;INTERVAL=1\nSTATUS:NEEDS-ACTION\n\
         SUMMARY:Buy milk\\, eggs & bread\nUID:1B2C-PARENT\nX-APPLE-SORT-ORDER:1\n\
         BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:Reminder\nTRIGGER;VALUE=DATE-TIME:20261123T080000Z\n\
         UID:AAAA\nX-WR-ALARMUID:AAAA\nEND:VALARM\n\
         BEGIN:VALARM\nACTION:NONE\nTRIGGER;VALUE=DATE-TIME:19760401T005545Z\nEND:VALARM\nEND:VTODO\n\
         BEGIN:VTODO\nCOMPLETED:20261103T010000Z\nPERCENT-COMPLETE:100\nRELATED-TO:1B2C-PARENT\n\
         STATUS:COMPLETED\nSUMMARY:Oat milk\nUID:1B2C-CHILD\nEND:VTODO\nEND:VCALENDAR\n",
    );
    assert_eq!(
        outline(&import),
        "# Groceries\n\
         Buy milk, eggs & bread | high | due 2026-11-23T09:00[Europe/Berlin] | created 2026-11-01 \
         | repeats FREQ=WEEKLY;INTERVAL=1 | remind 0m\n\
         . Oat milk | done | completed 2026-11-02\n"
    );
    assert!(import.warnings.is_empty(), "{:?}", import.warnings);
}

#[test]
fn tasks_org() {
    let import = import(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:+//IDN tasks.org//android-130200//EN\n\
         BEGIN:VTODO\nDTSTAMP:20261105T120000Z\nUID:4\nCREATED:20261105T115900Z\n\
         LAST-MODIFIED:20261105T120000Z\nSUMMARY:Child first\nRELATED-TO;RELTYPE=PARENT:5\n\
         X-APPLE-SORT-ORDER:684\nEND:VTODO\n\
         BEGIN:VTODO\nUID:5\nSUMMARY:Pack bags\nDESCRIPTION:Line one\\nLine two\\; end\nPRIORITY:9\n\
         DTSTART;VALUE=DATE:20261201\nDUE;VALUE=DATE:20261203\nCATEGORIES:travel,two words\n\
         GEO:52.52;13.40\nLOCATION:Home\nSTATUS:IN-PROCESS\n\
         BEGIN:VALARM\nTRIGGER;RELATED=END:-P1D\nACTION:DISPLAY\nDESCRIPTION:Default Tasks.org description\n\
         END:VALARM\nBEGIN:VALARM\nTRIGGER;RELATED=START:PT0S\nACTION:DISPLAY\nEND:VALARM\n\
         END:VTODO\nEND:VCALENDAR\n",
    );
    assert_eq!(
        outline(&import),
        "Pack bags | in_progress | low | due 2026-12-03 | remind 1d | tags travel,two words \
         | notes \"Line one\\nLine two; end\\n\\nGEO: 52.52;13.40\\n\\nLOCATION: Home\\n\\n\
         DTSTART;VALUE=DATE:20261201\\n\\nTRIGGER;RELATED=START:PT0S\"\n\
         . Child first | created 2026-11-05\n"
    );
    assert_eq!(warned(&import), [18, 21, 22, 29]);
}

#[test]
fn thunderbird() {
    let import = import(
        "BEGIN:VCALENDAR\nPRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN\nVERSION:2.0\n\
         BEGIN:VTIMEZONE\nTZID:/freeassociation.sourceforge.net/Europe/Berlin\nBEGIN:STANDARD\n\
         TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nTZNAME:CET\nDTSTART:19701025T030000\nEND:STANDARD\n\
         END:VTIMEZONE\n\
         BEGIN:VTODO\nCREATED:20261110T080000Z\nUID:ab-1\nSUMMARY:Meet\nSTATUS:CANCELLED\n\
         ORGANIZER;CN=Boss;PARTSTAT=ACCEPTED:mailto:boss@a.example\n\
         ATTENDEE;CN=\"Lee; Ann\";ROLE=REQ-PARTICIPANT:mailto:ann@a.example\n\
         ATTENDEE:mailto:bo@a.example\n\
         DUE;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20261124T100000\n\
         X-MOZ-GENERATION:3\nX-MOZ-SEND-INVITATIONS:TRUE\nDESCRIPTION;ALTREP=\"data:text/html,%3Cb\":A very\n  long\n   \
         text\nCOMMENT:Said so\nEND:VTODO\n\
         BEGIN:VEVENT\nUID:ev\nSUMMARY:Lunch\nDTSTART;TZID=W. Europe Standard Time:20261125T120000\n\
         DTEND;TZID=W. Europe Standard Time:20261125T130000\nEND:VEVENT\nEND:VCALENDAR\n",
    );
    assert_eq!(
        outline(&import),
        "Meet | done | due 2026-11-24T10:00[Europe/Berlin] | created 2026-11-10 | for Lee; Ann \
         | comment \"Said so\" | notes \"A very long  text\\n\\nATTENDEE:mailto:bo@a.example\"\n\
         Lunch | due 2026-11-25T12:00[Europe/Berlin] | notes \"DTEND;TZID=W. Europe Standard \
         Time:20261125T130000\"\n"
    );
    assert_eq!(warned(&import), [17, 20, 29, 33]);
}

#[test]
fn nextcloud() {
    let import = import(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Nextcloud Tasks v0.16.0\n\
         BEGIN:VTODO\nUID:p\nCREATED:20261112T090000\nSUMMARY:Paint\nDUE:20261130T170000\n\
         PERCENT-COMPLETE:40\nPRIORITY:5\nRELATED-TO;RELTYPE=DEPENDS-ON:q\nX-OC-HIDESUBTASKS:0\nEND:VTODO\n\
         BEGIN:VTODO\nUID:q\nSUMMARY:Buy paint\nURL:https://shop.example/?a=1\\,2\nDUE:20261129T170000Z\nEND:VTODO\n\
         END:VCALENDAR\n",
    );
    assert_eq!(
        outline(&import),
        "Paint | in_progress | medium | due 2026-11-30T17:00[America/New_York] | created 2026-11-12 \
         | after q\n\
         Buy paint | due 2026-11-29T17:00[UTC] | key q | url https://shop.example/?a=1\\,2\n"
    );
    assert!(import.warnings.is_empty(), "{:?}", import.warnings);
}

#[test]
fn single_properties() {
    for (lines, outcome, warnings) in [
        (
            "SUMMARY:a\nDTSTART:20261123T090000Z\nDURATION:PT90M",
            "a | due 2026-11-23T10:30[UTC] \
          | notes \"DTSTART:20261123T090000Z\"",
            1,
        ),
        (
            "SUMMARY:a\nDTSTART;VALUE=DATE:20261123",
            "a | due 2026-11-23",
            0,
        ),
        ("SUMMARY:a\nDUE:2026-11-23", "a | due 2026-11-23", 0),
        ("SUMMARY:a\nDUE:soon", "a | notes \"DUE:soon\"", 1),
        (
            "SUMMARY:a\nDUE;TZID=Nowhere:20261123T090000",
            "a | due 2026-11-23T09:00[America/New_York]",
            1,
        ),
        (
            "SUMMARY:a\nCOMPLETED:20261123T030000Z",
            "a | done | completed 2026-11-22",
            0,
        ),
        (
            "SUMMARY:a\nSTATUS:NEEDS-ACTION\nCOMPLETED:20261123T030000Z",
            "a | notes \"COMPLETED: 2026-11-22\"",
            1,
        ),
        ("SUMMARY:a\nSUMMARY:b", "a | notes \"SUMMARY:b\"", 1),
        ("SUMMARY:a\nlost text", "a | notes \"lost text\"", 1),
        ("SUMMARY:a\u{7}b", "a\u{2407}b", 1),
        ("DESCRIPTION:a", "Untitled | notes \"a\"", 1),
        (
            "SUMMARY:a\nATTACH:https://a.example/f",
            "a | notes \"ATTACH:https://a.example/f\"",
            1,
        ),
        (
            "SUMMARY:a\nATTACH;VALUE=BINARY;ENCODING=BASE64:AAAA",
            "a",
            1,
        ),
        ("SUMMARY:a\nX-FOO:1", "a", 1),
        ("SUMMARY:a\nPRIORITY:11", "a | notes \"PRIORITY:11\"", 1),
        (
            "SUMMARY:a\nRELATED-TO:zz",
            "a | notes \"RELATED-TO (PARENT): zz\"",
            1,
        ),
        (
            "UID:a\nSUMMARY:a\nRELATED-TO:a",
            "a | notes \"RELATED-TO (PARENT): a\"",
            1,
        ),
        (
            "SUMMARY:a\nORGANIZER:MAILTO:ann@a.example",
            "a | for ann@a.example",
            0,
        ),
        (
            "SUMMARY:a\nBEGIN:VALARM\nTRIGGER:-PT15M\nEND:VALARM",
            "a | remind 15m",
            0,
        ),
        (
            "SUMMARY:a\nBEGIN:VALARM\nTRIGGER:PT15M\nEND:VALARM",
            "a | notes \"TRIGGER:PT15M\"",
            1,
        ),
        (
            "SUMMARY:a\nBEGIN:X\nA:b\nEND:X",
            "a | notes \"BEGIN:X\\n\\nA:b\\n\\nEND:X\"",
            3,
        ),
        ("SUMMARY;X-POO-RAW=b%0D:a", "a", 0),
        ("SUMMARY;X-POO-RAW=a%0D:a\\n", "a\r", 0),
    ] {
        let import = todo(lines);
        assert_eq!(outline(&import), format!("{outcome}\n"), "{lines}");
        assert_eq!(
            import.warnings.len(),
            warnings,
            "{lines}: {:?}",
            import.warnings
        );
    }
}

#[test]
fn trees_of_all_kinds() {
    for (text, outcome) in [
        // Children before parents, named from above, and in a ring.
        (
            "UID:1\nRELATED-TO:2\nEND:VTODO\nBEGIN:VTODO\nUID:2",
            "Untitled\n. Untitled\n",
        ),
        (
            "UID:1\nRELATED-TO;RELTYPE=CHILD:2\nEND:VTODO\nBEGIN:VTODO\nUID:2",
            "Untitled\n. Untitled\n",
        ),
        (
            "UID:1\nRELATED-TO:2\nEND:VTODO\nBEGIN:VTODO\nUID:2\nRELATED-TO:1",
            "Untitled\n. Untitled\n",
        ),
    ] {
        let text = text.replace("UID", "DESCRIPTION:n\nUID");
        assert_eq!(
            outline(&todo(&text)).replace(" | notes \"n\"", ""),
            outcome,
            "{text}"
        );
    }
    // No end, and text around.
    let import = import("hello\nBEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:a\nBEGIN:VTODO\nSUMMARY:b\n");
    assert_eq!(outline(&import), "hello\na\nb\n");
    assert_eq!(import.warnings.len(), 3);
    assert_eq!(outline(&import_icalendar(b"", &TimeZone::UTC).unwrap()), "");
}

#[test]
fn as_it_is_written() {
    let list = ExportList {
        id: "l".to_owned(),
        title: "Home".to_owned(),
        look: ListLook::default(),
        tasks: vec![ExportTask {
            id: "1".to_owned(),
            title: "Pay; rent, now".to_owned(),
            notes: Some(format!(" {}\r\nend", "\u{e4}".repeat(40))),
            due: "2026-11-23T09:00[Europe/Berlin]".parse().ok(),
            recurrence: Some("FREQ=MONTHLY".to_owned()),
            reminders: vec!["15m".to_owned()],
            created_at: "2026-11-01T10:00:00Z".parse().ok(),
            children: vec![ExportTask {
                id: "2".to_owned(),
                title: "Ask".to_owned(),
                blocked_by: vec!["1".to_owned()],
                ..ExportTask::default()
            }],
            ..ExportTask::default()
        }],
    };
    let written = to_icalendar(&list);
    let (before, rest) = written.split_once("BEGIN:VTODO").unwrap();
    assert!(before.contains(
        "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nX-LIC-LOCATION:Europe/Berlin\r\nBEGIN:STANDARD\r\n\
         DTSTART:20250101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\n"
    ));
    assert!(before.contains("DTSTART:20250330T020000\r\nRDATE:20260329T020000,20270328T020000"));
    assert!(written.split("\r\n").all(|line| line.len() <= 75));
    assert_eq!(
        rest.replace("\r\n ", ""),
        "\r\nUID:1@poo\r\nDTSTAMP:20261101T100000Z\r\nCREATED:20261101T100000Z\r\n\
         SUMMARY:Pay\\; rent\\, now\r\n\
         DESCRIPTION;X-POO-RAW=%20\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\
         \u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}%0D%0Aend: \
         \u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\
         \u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\\nend\r\n\
         STATUS:NEEDS-ACTION\r\n\
         DTSTART;TZID=Europe/Berlin:20261123T090000\r\nDUE;TZID=Europe/Berlin:20261123T090000\r\n\
         RRULE:FREQ=MONTHLY\r\n\
         BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Pay\\; rent\\, now\r\n\
         TRIGGER;RELATED=END:-PT15M\r\nEND:VALARM\r\nEND:VTODO\r\n\
         BEGIN:VTODO\r\nUID:2@poo\r\nDTSTAMP:19700101T000000Z\r\nSUMMARY:Ask\r\nSTATUS:NEEDS-ACTION\r\n\
         RELATED-TO;RELTYPE=PARENT:1@poo\r\nRELATED-TO;RELTYPE=DEPENDS-ON:1@poo\r\nEND:VTODO\r\n\
         END:VCALENDAR\r\n"
    );
}
