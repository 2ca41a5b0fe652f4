//! What people really write, and what becomes of it; how much there may be of it.

use std::fmt::Write as _;

use super::*;
use crate::model::{Priority, Status};

fn ics(text: &str) -> Result<Import, ImportError> {
    import_icalendar(text.as_bytes(), &jiff::tz::TimeZone::UTC)
}

fn csv(text: &str) -> Result<Import, ImportError> {
    import_todoist_csv(text.as_bytes(), &jiff::tz::TimeZone::UTC)
}

/// A tree in a few words: a line for each task.
pub(super) fn outline(import: &Import) -> String {
    let mut out = String::new();
    if let Some(title) = &import.title {
        let _ = writeln!(out, "# {title}");
    }
    describe(&import.tasks, 0, &mut out);
    out
}

fn describe(tasks: &[ImportedTask], depth: usize, out: &mut String) {
    for task in tasks {
        let _ = write!(out, "{}{}", ". ".repeat(depth), task.title);
        if task.status != Status::Open {
            let _ = write!(out, " | {}", task.status);
        }
        if task.priority != Priority::None {
            let _ = write!(out, " | {}", task.priority);
        }
        if let Some(due) = &task.due {
            let _ = write!(out, " | due {due}");
        }
        if let Some(day) = task.created {
            let _ = write!(out, " | created {day}");
        }
        if let Some(day) = task.completed {
            let _ = write!(out, " | completed {day}");
        }
        if let Some(text) = &task.due_text {
            let _ = write!(out, " | due in words {text:?}");
        }
        if let Some(rule) = &task.recurrence {
            let _ = write!(out, " | repeats {rule}");
        }
        if !task.reminders.is_empty() {
            let _ = write!(out, " | remind {}", task.reminders.join(","));
        }
        if let Some(name) = &task.assignee {
            let _ = write!(out, " | for {name}");
        }
        for comment in &task.comments {
            let _ = write!(out, " | comment {:?}", comment.text);
            if let Some(author) = &comment.author {
                let _ = write!(out, " by {author}");
            }
            if let Some(at) = &comment.created {
                let _ = write!(out, " at {at}");
            }
        }
        if let Some(key) = &task.key {
            let _ = write!(out, " | key {key}");
        }
        if !task.blocked_by.is_empty() {
            let _ = write!(out, " | after {}", task.blocked_by.join(","));
        }
        if !task.tags.is_empty() {
            let _ = write!(out, " | tags {}", task.tags.join(","));
        }
        if let Some(url) = &task.url {
            let _ = write!(out, " | url {url}");
        }
        if let Some(notes) = &task.notes {
            let _ = write!(out, " | notes {notes:?}");
        }
        out.push('\n');
        describe(&task.children, depth + 1, out);
    }
}

pub(super) fn warned(import: &Import) -> Vec<usize> {
    import.warnings.iter().map(|warning| warning.line).collect()
}

#[test]
fn todotxt_lines() {
    for (line, outcome) in [
        ("Call mom", "Call mom"),
        ("(A) Call mom", "Call mom | high"),
        (
            "(B) 2026-11-01 Call mom",
            "Call mom | medium | created 2026-11-01",
        ),
        ("(Z) Call mom", "Call mom | low"),
        ("(a) Call mom", "(a) Call mom"),
        ("(A)Call mom", "(A)Call mom"),
        ("Call (A) mom", "Call (A) mom"),
        ("x Call mom", "Call mom | done"),
        ("X Factor tickets", "X Factor tickets"),
        ("xylophone lesson", "xylophone lesson"),
        ("x 2026-11-02 Call", "Call | done | completed 2026-11-02"),
        (
            "x 2026-11-02 2026-11-01 Call pri:A",
            "Call | done | high | created 2026-11-01 | completed 2026-11-02",
        ),
        (
            "x (A) 2026-11-02 2026-11-01 Call",
            "Call | done | high | created 2026-11-01 | completed 2026-11-02",
        ),
        (
            "x 2026-11-02 (C) Call",
            "Call | done | low | completed 2026-11-02",
        ),
        ("2026-11-01 Call", "Call | created 2026-11-01"),
        ("Call mom +Family @phone", "Call mom | tags Family,phone"),
        ("@phone Call mom", "@phone Call mom | tags phone"),
        (
            "Email bob@example.com about 1+1",
            "Email bob@example.com about 1+1",
        ),
        (
            "Pay due:2026-11-23 rent @home",
            "Pay rent | due 2026-11-23 | tags home",
        ),
        (
            "Read https://a.b/c?d=e:f#g due:2026-11-23",
            "Read https://a.b/c?d=e:f#g | due 2026-11-23",
        ),
        (
            "Water plants rec:1w t:2026-11-20",
            "Water plants t:2026-11-20 | repeats FREQ=WEEKLY",
        ),
        ("Meet at 10:30", "Meet at 10:30"),
        ("due:2026-11-23", "due:2026-11-23 | due 2026-11-23"),
        ("@home", "@home | tags home"),
        ("\tTabs\tbetween \twords ", "Tabs between words"),
        ("x", "x"),
        ("(A)", "(A)"),
        ("x 2026-11-02", "x 2026-11-02"),
        ("Call due:tomorrow", "Call due:tomorrow"),
        ("2026-02-30 Call", "2026-02-30 Call"),
        (
            "x 2026-11-02 2026-99-99 Call",
            "2026-99-99 Call | done | completed 2026-11-02",
        ),
        ("Call pri:high", "Call pri:high"),
        ("Call id:7 dep:3", "Call dep:3 id:7"),
        (
            "Water rec:+2d due:2026-11-20 remind:15m remind:1h assignee:Ann",
            "Water | due 2026-11-20 | repeats FREQ=DAILY;INTERVAL=2 | remind 15m,1h | for Ann",
        ),
        ("Call rec:often remind:soon", "Call rec:often remind:soon"),
        ("Call rrule:daily", "Call rrule:daily"),
        ("Bell\u{7} rings", "Bell\u{2407} rings"),
        (
            "Two due:2026-01-01 due:2026-01-02",
            "Two due:2026-01-02 | due 2026-01-01",
        ),
        ("C:\\new \\\\server\\share", "C:\\new \\\\server\\share"),
    ] {
        let import = import_todotxt(line).unwrap();
        assert_eq!(outline(&import), format!("{outcome}\n"), "{line}");
    }
}

#[test]
fn a_todotxt_file() {
    let text = "\u{feff}(A) Party +home id:p1\r\n\r\nx 2026-11-02 Cake parent:p1\r\n\
                Lost parent:zz\r\nBad due:2026-13-01\r\n";
    let import = import_todotxt(text).unwrap();
    assert_eq!(
        outline(&import),
        "Party | high | tags home\n\
         . Cake | done | completed 2026-11-02\n\
         Lost parent:zz\n\
         Bad due:2026-13-01\n"
    );
    assert_eq!(warned(&import), [4, 5]);
    assert_eq!(import.tasks[0].children[0].line, 3);
}

#[test]
fn two_exports_joined_keep_their_trees() {
    let one = "a id:1\nb parent:1\n";
    let import = import_todotxt(&format!("{one}{one}")).unwrap();
    assert_eq!(outline(&import), "a\n. b\na\n. b\n");
    assert!(import.warnings.is_empty());
}

#[test]
fn markdown_items() {
    for (line, outcome) in [
        ("- [ ] Pay rent", "Pay rent"),
        ("* [x] Pay rent", "Pay rent | done"),
        ("+ [X] Pay rent", "Pay rent | done"),
        ("1. [ ] Pay rent", "Pay rent"),
        ("- Pay rent", "Pay rent"),
        (
            "- [ ] Pay rent !high due:2026-11-23 #home",
            "Pay rent | high | due 2026-11-23 | tags home",
        ),
        (
            "- [ ] Meet due:2026-11-23T09:00[Europe/Berlin]",
            "Meet | due 2026-11-23T09:00[Europe/Berlin]",
        ),
        ("- [ ] Pay due: 2026-11-23", "Pay | due 2026-11-23"),
        (
            "- [x] Pay 🔼 📅 2026-11-23 ✅ 2026-11-22",
            "Pay | done | medium | due 2026-11-23 | completed 2026-11-22",
        ),
        (
            "- [ ] Buy #food, then cook",
            "Buy #food, then cook | tags food",
        ),
        ("- [ ] Fix #12 in C# now", "Fix #12 in C# now"),
        ("- [ ] Wait status:blocked", "Wait | blocked"),
        ("- [/] Half way", "Half way | in_progress"),
        ("- [-] Never", "Never | done"),
        ("- ~~Old~~", "Old | done"),
        ("- [ ] ~~Old~~ #x", "Old | done | tags x"),
        ("- [ ] ~~Old~~ and new", "~~Old~~ and new"),
        (
            "- [Docs](https://a.b/(c)) !low",
            "Docs | low | url https://a.b/(c)",
        ),
        ("- See [docs](https://a.b)", "See [docs](https://a.b)"),
        ("- [a](b) and more", "[a](b) and more"),
        ("- [x](https://a.b)", "x | url https://a.b"),
        ("- [ ] Run `rm #tmp \\*` \\*", "Run `rm #tmp \\*` *"),
        ("- [ ] **Bold** and _not_", "**Bold** and _not_"),
        ("- [ ] Call due:soon", "Call due:soon"),
        (
            "- [ ] Water rrule:FREQ=WEEKLY;BYDAY=MO remind:1d assignee:Ann&#32;Lee",
            "Water | repeats FREQ=WEEKLY;BYDAY=MO | remind 1d | for Ann Lee",
        ),
        ("- [ ] https://a.b/#c", "https://a.b/#c"),
    ] {
        let import = import_markdown(line).unwrap();
        assert_eq!(outline(&import), format!("{outcome}\n"), "{line}");
    }
}

#[test]
fn a_markdown_file() {
    let text = "\u{feff}# Home\r\n\r\nThings to do.\r\n\r\n## This week\r\n\
                - [ ] Clean\r\n    - [x] Kitchen\r\n      with soap\r\n\r\n      and water\r\n\
                \t- [ ] Bath\r\n\t\t1. [ ] Tub\r\n- [ ] Code\r\n\r\n  ```sh\r\n  - [ ] not a task\r\n  \
                ```\r\n- Quote\r\n  > said\r\n\r\n---\r\n\r\n## Empty\r\n";
    let import = import_markdown(text).unwrap();
    assert_eq!(
        outline(&import),
        "# Home\n\
         Things to do.\n\
         This week\n\
         . Clean\n\
         . . Kitchen | done | notes \"with soap\\n\\nand water\"\n\
         . . Bath\n\
         . . . Tub\n\
         . Code | notes \"```sh\\n- [ ] not a task\\n```\"\n\
         . Quote | notes \"said\"\n\
         Empty\n"
    );
    assert_eq!(warned(&import), [3, 5, 23]);
}

#[test]
fn markdown_of_all_kinds() {
    for (text, outcome) in [
        // Two titles: neither is the list's.
        ("# A\n- a\n# B\n- b", "A\n. a\nB\n. b\n"),
        ("Title\n=====\n- a", "# Title\na\n"),
        ("- a\n# B\n## C\n- c\n# D", "a\nB\n. C\n. . c\nD\n"),
        // Text right after an item continues it, text after a gap stands for itself.
        ("- a\nlazy", "a | notes \"lazy\"\n"),
        (
            "- a\n\nalone\nmore\n\n- b",
            "a\nalone | notes \"more\"\nb\n",
        ),
        ("## H\ntext\n- a", "H | notes \"text\"\n. a\n"),
        // Code at the margin belongs to the item above; unclosed code takes the rest of its item.
        (
            "- a\n\n```\n- b\n```\n- c",
            "a | notes \"```\\n- b\\n```\"\nc\n",
        ),
        ("- a\n  ```\n  b\n- c", "a | notes \"```\\nb\"\nc\n"),
        ("```\na\n```\n- b", "Code | notes \"```\\na\\n```\"\nb\n"),
        // Indentation by 2, by 4, by tabs, by one space, and back to the middle.
        ("- a\n  - b\n    - c\n  - d", "a\n. b\n. . c\n. d\n"),
        (
            "- a\n    - b\n        - c\n  - d\n- e",
            "a\n. b\n. . c\n. d\ne\n",
        ),
        ("- a\n\t- b\n\t\t- c", "a\n. b\n. . c\n"),
        ("- a\n - b\n", "a\nb\n"),
        ("  - a\n  - b\n- c", "a\nb\nc\n"),
        ("- [ ]\n- [ ] a\n-\n  - b", "a\nUntitled\n. b\n"),
        (
            "- a\n  - b\n  text of a\n  - c",
            "a | notes \"text of a\"\n. b\n. c\n",
        ),
    ] {
        let import = import_markdown(text).unwrap();
        assert_eq!(outline(&import), outcome, "{text}");
    }
}

#[test]
fn markdown_as_it_is_written() {
    let list = ExportList {
        id: "l".to_owned(),
        title: "Home".to_owned(),
        look: ListLook::default(),
        tasks: vec![ExportTask {
            title: "Pay rent".to_owned(),
            notes: Some("Call first\n\n- [ ] then ask".to_owned()),
            url: Some("https://bank.example/?a=1&b=2".to_owned()),
            priority: Priority::High,
            due: "2026-11-23".parse().ok(),
            tags: vec!["home".to_owned(), "two words".to_owned()],
            children: vec![ExportTask {
                title: "# Find #12".to_owned(),
                status: Status::Done,
                ..ExportTask::default()
            }],
            ..ExportTask::default()
        }],
    };
    assert_eq!(
        to_markdown(&list),
        "# Home\n\n\
         - [ ] [Pay rent](https://bank.example/?a=1&b=2) !high due:2026-11-23 #home #two&#32;words\n  \
         > Call first\n  >\n  > - [ ] then ask\n  \
         - [x] \\# Find \\#12\n"
    );
    assert_eq!(
        to_todotxt(&list),
        "(A) Pay rent +home +\\two%20words due:2026-11-23 url:https://bank.example/?a=1&b=2 \
         note:\\Call%20first%0A%0A-%20[%20]%20then%20ask id:task\n\
         x # Find #12 parent:task\n"
    );
    assert!(to_json(&list).starts_with(
        "{\n  \"format\": \"poo-list\",\n  \"version\": 1,\n  \"id\": \"l\",\n  \"title\": \"Home\",\n"
    ));
}

#[test]
fn json_of_all_kinds() {
    for (text, outcome) in [
        ("[\"milk\", \"eggs\"]", "milk\neggs\n"),
        (
            "{\"items\": [{\"title\": \"a\"}], \"nextCursor\": null}",
            "a\n",
        ),
        (
            "{\"items\": [{\"id\": \"1\", \"title\": \"a\", \"depth\": 0},\
             {\"id\": \"2\", \"title\": \"b\", \"parent\": \"1\", \"status\": \"in_progress\"}]}",
            "a\n. b | in_progress\n",
        ),
        (
            "[{\"title\": \"a\", \"due\": \"soon\", \"tags\": [\"x\", \"x\"], \"priority\": 3}]",
            "a | tags x | notes \"due: soon\\n\\npriority: 3\"\n",
        ),
        (
            "[{\"title\": \"a\", \"id\": \"1\", \"blockedBy\": [\"2\", \"9\"], \"comments\": [\"c\", {\"text\": \
             \"d\", \"author\": \"Ann\", \"created\": \"2026-11-23T09:00:00Z\"}], \"reminders\": [\"15m\", 3]},\
             {\"title\": \"b\", \"id\": \"2\", \"recurrence\": \"FREQ=DAILY\", \"assignee\": \"Bo\"}]",
            "a | remind 15m | comment \"c\" | comment \"d\" by Ann at 2026-11-23T09:00:00Z | after 2 \
             | notes \"blockedBy: 9\\n\\nreminder: 3\"\nb | repeats FREQ=DAILY | for Bo | key 2\n",
        ),
        ("[{\"notes\": \"n\"}, {}, 7]", "Untitled | notes \"n\"\n7\n"),
    ] {
        let import = import_json(text).unwrap();
        assert_eq!(outline(&import), outcome, "{text}");
    }
    assert_eq!(import_json("{}"), Err(ImportError::NotAList));
    assert_eq!(import_json("3"), Err(ImportError::NotAList));
    assert!(matches!(
        import_json("{\"version\": 2, \"tasks\": []}"),
        Err(ImportError::NewerVersion { .. })
    ));
    assert!(matches!(
        import_json("- [ ] a"),
        Err(ImportError::NotJson { .. })
    ));
}

#[test]
fn what_is_too_much_is_refused() {
    let importers = [import_json, import_markdown, import_todotxt, ics, csv];
    for import in importers {
        let text = " ".repeat(INPUT_BYTES_MAX + 1);
        assert_eq!(
            import(&text),
            Err(ImportError::TooLarge { bytes: text.len() })
        );
    }
    let many = "- a\n".repeat(TASKS_MAX);
    assert_eq!(import_markdown(&many).unwrap().tasks.len(), TASKS_MAX);
    assert_eq!(import_todotxt(&many).unwrap().tasks.len(), TASKS_MAX);
    let many = many + "- a\n";
    let refused = Err(ImportError::TooManyTasks {
        line: TASKS_MAX + 1,
    });
    assert_eq!(import_markdown(&many), refused);
    assert_eq!(import_todotxt(&many), refused);
    assert_eq!(ics(&many), refused);
    assert_eq!(csv(&many), refused);
    let many = format!("[{}0]", "0,".repeat(TASKS_MAX));
    assert!(matches!(
        import_json(&many),
        Err(ImportError::TooManyTasks { .. })
    ));
}

#[test]
fn the_deepest_tree_is_read_back() {
    let mut tasks = Vec::new();
    for depth in (1..=DEPTH_MAX).rev() {
        tasks = vec![ExportTask {
            id: depth.to_string(),
            title: depth.to_string(),
            children: tasks,
            ..ExportTask::default()
        }];
    }
    let list = ExportList {
        id: String::new(),
        title: "deep".to_owned(),
        look: ListLook::default(),
        tasks,
    };
    for import in [
        import_json(&to_json(&list)).unwrap(),
        import_markdown(&to_markdown(&list)).unwrap(),
        import_todotxt(&to_todotxt(&list)).unwrap(),
        ics(&to_icalendar(&list)).unwrap(),
    ] {
        assert!(import.warnings.is_empty());
        let mut depth = 0;
        let mut level = &import.tasks;
        while let Some(task) = level.first() {
            depth += 1;
            assert_eq!(task.title, depth.to_string());
            level = &task.children;
        }
        assert_eq!(depth, DEPTH_MAX);
    }
}

/// Texts that make careless readers take quadratic time or all memory. They are read in a moment;
/// were one of them quadratic, this test would take minutes.
#[test]
fn hostile_texts_take_linear_time() {
    // Enough for whatever is quadratic to take minutes.
    let size = 64 * 1024;
    for piece in [
        "`",
        "`` ` ",
        "[",
        "[a](",
        "&#",
        "&#1",
        "\\",
        "~~",
        "#a ",
        "#a, ",
        "+a ",
        "due:x ",
        "due:",
        "id:1\n",
        "parent:1\n",
        "> ",
        ">\n",
        "- ",
        "* * ",
        "```\n",
        "\t",
        "\r",
        "# ",
        "(A) ",
        "📅 ",
        "a\n\n",
        "[ ]",
        "\"",
        "{\"a\":",
        "\u{feff}",
        ",",
        "\"",
        "\",\n",
        "\n ",
        "A;B=\"",
        "A;B=C",
        "BEGIN:VTODO\n",
        "BEGIN:VALARM\nTRIGGER:-PT1M\n",
        "END:A\n",
        "RELATED-TO:a\n",
        "CATEGORIES:a,b,",
        "DURATION:P1W1",
    ] {
        let text = piece.repeat(size / piece.len());
        let todo = "BEGIN:VCALENDAR\nBEGIN:VTODO\nUID:a\nSUMMARY:";
        for prefix in ["", "- [ ] ", "x ", "CONTENT,TYPE\n", todo] {
            let text = format!("{prefix}{text}");
            for import in [import_json, import_markdown, import_todotxt, ics, csv] {
                if let Ok(import) = import(&text) {
                    assert!(import.warnings.len() <= WARNINGS_MAX + 1);
                }
            }
        }
    }
}
