//! Blocks of a Markdown page, and texts that agree but for what is random in them.

use std::collections::BTreeMap;

/// A block of commands, with the output shown below it.
#[derive(Debug)]
pub struct Block {
    pub mark: String,
    pub script: String,
    pub shown: String,
}

/// The `sh` blocks of a page, each with the `text` block that follows it.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = page.lines();
    let mut follows = false;
    while let Some(line) = lines.next() {
        let Some(head) = line.strip_prefix("```") else {
            follows &= line.trim().is_empty();
            continue;
        };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let body: String = body.iter().map(|line| format!("{line}\n")).collect();
        match head.split_once(' ').unwrap_or((head, "")) {
            ("sh", mark) => blocks.push(Block {
                mark: mark.to_owned(),
                script: body,
                shown: String::new(),
            }),
            ("text", _) if follows => {
                if let Some(block) = blocks.last_mut() {
                    block.shown = body;
                }
            }
            _ => {}
        }
        follows = head.starts_with("sh ");
    }
    blocks
}

/// What is random, and how it looks.
#[derive(Debug, PartialEq)]
enum Kind {
    Did,
    Link,
    Address,
    Key,
    Document,
    Task,
    Hex(usize),
    Date,
    Time,
}

fn all(word: &str, fits: impl Fn(char) -> bool) -> bool {
    !word.is_empty() && word.chars().all(fits)
}

fn shape(word: &str) -> String {
    let digit = |c: char| if c.is_ascii_digit() { '0' } else { c };
    word.chars().map(digit).collect()
}

fn kind(word: &str) -> Option<Kind> {
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let kind = match word.len() {
        _ if word.starts_with("did:key:z") => Kind::Did,
        _ if word.contains("://") && word.contains('#') => Kind::Link,
        _ if ["", "ws://", "http://"]
            .iter()
            .filter_map(|scheme| word.strip_prefix(scheme))
            .any(|rest| rest.starts_with("127.0.0.1:")) =>
        {
            Kind::Address
        }
        _ if word.starts_with("poo_live_") => Kind::Key,
        36 if word.chars().filter(|c| *c == '-').count() == 4 => Kind::Task,
        26..=28 if all(word, |c| c.is_ascii_alphanumeric()) => Kind::Document,
        6 | 12 if all(word, hex) => Kind::Hex(word.len()),
        10 if shape(word) == "0000-00-00" => Kind::Date,
        5 if shape(word) == "00:00" => Kind::Time,
        24 if shape(word) == "0000-00-00T00:00:00.000Z" => Kind::Time,
        _ => return None,
    };
    Some(kind)
}

/// A text as words and what stands between them.
fn words(text: &str) -> Vec<&str> {
    let inside = |c: char| c.is_ascii_alphanumeric() || "-_.:/#".contains(c);
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = inside(first);
        let end = rest.find(|c| inside(c) != word).unwrap_or(rest.len());
        let (head, tail) = rest.split_at(end);
        words.push(head);
        rest = tail;
    }
    words
}

/// The names in a page and what they are called here.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    pub fn learn(&mut self, shown: &str, here: &str) {
        self.0.insert(shown.to_owned(), here.to_owned());
    }

    /// A script as it is run here.
    pub fn here(&self, script: &str) -> String {
        let script = script.replace("ws://127.0.0.1:", "ws:// 127.0.0.1:");
        let here = words(&script).into_iter().map(|word| {
            let known = self.0.get(word);
            known.map_or(word, String::as_str)
        });
        let mut here = here.collect::<String>().replace("ws:// ", "ws://");
        // An address with a path behind it is a word of its own.
        let addresses = self
            .0
            .iter()
            .filter(|(shown, _)| kind(shown) == Some(Kind::Address) && !shown.contains("://"));
        for (shown, address) in addresses {
            here = here.replace(&format!("http://{shown}"), &format!("http://{address}"));
        }
        here
    }

    /// Compares what a page shows with what came out, and learns what random things are called.
    pub fn compare(&mut self, script: &str, shown: &str, said: &str) {
        let differ = || format!("{script}\nREADME.md shows:\n{shown}\nit says:\n{said}");
        let (ours, theirs) = (words(shown), words(said));
        assert_eq!(ours.len(), theirs.len(), "{}", differ());
        for (shown, said) in ours.into_iter().zip(theirs) {
            let kinds = (kind(shown), kind(said));
            match kinds {
                (Some(a), Some(b)) if a == b => {
                    let known = self.0.get(shown);
                    let fixed = matches!(a, Kind::Date | Kind::Time | Kind::Address);
                    let same = fixed || known.is_none_or(|known| known == said);
                    assert!(same, "{shown} is {said}, and was {known:?}\n{}", differ());
                    if !fixed {
                        self.learn(shown, said);
                    }
                }
                _ => assert_eq!(shown, said, "{}", differ()),
            }
        }
    }
}

#[test]
fn words_are_told_from_what_is_random() {
    for (word, expected) in [
        ("e885be", Some(Kind::Hex(6))),
        ("2026-11-28", Some(Kind::Date)),
        ("did:key:z6Mk", Some(Kind::Did)),
        ("http://127.0.0.1:1/join#abc", Some(Kind::Link)),
        ("Groceries", None),
        ("01a20fb8-74f1-7a1c-8011-79aab3e885be", Some(Kind::Task)),
    ] {
        assert_eq!(kind(word), expected, "{word}");
    }
    let mut names = Names::default();
    names.compare("", "aaaaaa  Milk, 2", "bbbbbb  Milk, 2");
    assert_eq!(names.here("complete aaaaaa \"x\""), "complete bbbbbb \"x\"");
}

#[test]
fn a_block_has_the_output_that_follows_it() {
    let page =
        "```sh session\na\nb\n```\n\n```text\nc\n```\n\n```sh x\nd\n```\ntext\n```text\ne\n```\n";
    let blocks = blocks(page);
    assert_eq!(blocks.len(), 2);
    assert_eq!(
        (blocks[0].script.as_str(), blocks[0].shown.as_str()),
        ("a\nb\n", "c\n")
    );
    assert_eq!(
        (blocks[1].mark.as_str(), blocks[1].shown.as_str()),
        ("x", "")
    );
}
