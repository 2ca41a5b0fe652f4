//! House rules that the compiler does not know.

use poo_tests::repository;

const LINES_AT_MOST: usize = 600;

fn has_extension(file: &str, extensions: &[&str]) -> bool {
    file.rsplit_once('.')
        .is_some_and(|(_, extension)| extensions.contains(&extension))
}

fn is_generated(file: &str) -> bool {
    file.split('/').any(|part| part == "generated")
}

/// Files chosen by name, with their text.
fn texts(chosen: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let texts = repository::texts().unwrap_or_default();
    assert!(
        !texts.is_empty(),
        "git lists no file: run this in a clone of the repository"
    );
    texts.into_iter().filter(|(file, _)| chosen(file)).collect()
}

/// `file:line: text` for each line that breaks a rule.
fn lines(texts: &[(String, String)], broken: impl Fn(&str) -> bool) -> Vec<String> {
    let numbered = |(file, text): &(String, String)| {
        text.lines()
            .enumerate()
            .filter(|(_, line)| broken(line))
            .map(|(index, line)| format!("{file}:{}: {}", index + 1, line.trim()))
            .collect::<Vec<_>>()
    };
    texts.iter().flat_map(numbered).collect()
}

fn assert_none(found: &[String], advice: &str) {
    assert!(found.is_empty(), "{advice}:\n  {}", found.join("\n  "));
}

/// The word stands there whole, not inside a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line
            .get(at + word.len()..)
            .and_then(|text| text.chars().next());
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

/// An absolute path of one machine starts there. A longer path that only contains one does not.
fn has_local_path(line: &str, start: &str) -> bool {
    line.match_indices(start).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line
            .get(at + start.len()..)
            .and_then(|text| text.chars().next());
        !before.is_some_and(|c| c.is_alphanumeric() || "_-./})*".contains(c))
            && after.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '-')
    })
}

#[test]
fn no_source_file_is_longer_than_a_sitting() {
    let sources =
        texts(|file| has_extension(file, &["rs", "ts", "tsx", "js", "mjs"]) && !is_generated(file));
    let long: Vec<_> = sources
        .iter()
        .map(|(file, text)| (file, text.lines().count()))
        .filter(|(_, count)| *count > LINES_AT_MOST)
        .map(|(file, count)| format!("{file}: {count} lines"))
        .collect();
    assert_none(&long, "split these by what they are about");
}

#[test]
fn nothing_is_left_for_later() {
    // In halves, or this file would break its own rule.
    let words = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["unimplemen", "ted!"],
        ["to", "do!"],
    ]
    .map(|w| w.concat());
    let left = lines(&texts(|file| has_extension(file, &["rs"])), |line| {
        words
            .iter()
            .any(|word| has_word(line, word.trim_end_matches('!')) && line.contains(word.as_str()))
    });
    assert_none(&left, "finish these, or leave them out");
}

#[test]
fn the_engine_asks_no_clock() {
    let engine = texts(|file| {
        file.starts_with("core/src/")
            && has_extension(file, &["rs"])
            // The client loop of native programs is the edge, where time comes from.
            && !file.starts_with("core/src/net")
    });
    let asked = lines(&engine, |line| {
        line.contains("::now(")
            || ["SystemTime", "Instant", "now_v7", "new_v4"]
                .iter()
                .any(|w| has_word(line, w))
    });
    assert_none(&asked, "take time and randomness as arguments");
}

#[test]
fn the_engine_keeps_no_random_order() {
    let engine = texts(|file| file.starts_with("core/src/") && has_extension(file, &["rs"]));
    let unordered: Vec<_> = engine
        .into_iter()
        // Who allows the lint for one use says there why order cannot leak.
        .filter(|(_, text)| !text.contains("clippy::disallowed_types"))
        .collect();
    let found = lines(&unordered, |line| {
        has_word(line, "HashMap") || has_word(line, "HashSet")
    });
    assert_none(
        &found,
        "use BTreeMap or BTreeSet, whose order is the same on every replica",
    );
}

#[test]
fn no_path_of_one_machine() {
    let starts = [
        ["/wo", "rk"],
        ["/ro", "ot"],
        ["/ho", "me"],
        ["/Us", "ers"],
        ["/tmp/tar", "get"],
    ]
    .map(|p| p.concat());
    let found = lines(&texts(|_| true), |line| {
        starts.iter().any(|start| has_local_path(line, start))
    });
    assert_none(&found, "write paths from the root of the repository");
}

#[test]
fn words_and_paths_are_told_apart() {
    assert!(has_word("let x: HashMap<u8, u8>;", "HashMap"));
    assert!(!has_word("let x: MyHashMap;", "HashMap"));
    let start = ["/wo", "rk"].concat();
    assert!(has_local_path(&format!("cd {start}/main"), &start));
    assert!(has_local_path(&format!("\"{start}\""), &start));
    assert!(!has_local_path(
        &format!("net{start}/x, {start}ers, ./a{start}"),
        &start
    ));
}
