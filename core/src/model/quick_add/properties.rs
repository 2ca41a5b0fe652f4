//! What holds for every text.

use proptest::prelude::*;

use super::tests::context;
use super::*;

/// The part of a text between two places in UTF-16; `None` where one lies inside a character.
fn part(text: &str, start: usize, end: usize) -> Option<String> {
    let units: Vec<u16> = text.encode_utf16().collect();
    String::from_utf16(units.get(start..end)?).ok()
}

fn without_signs(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| {
            word.chars()
                .filter(|c| c.is_alphanumeric())
                .collect::<String>()
        })
        .filter(|word| !word.is_empty())
        .collect()
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let context = context("2026-11-25T10:00:00Z", "America/New_York", true);
    let result = quick_add(text, &context);
    prop_assert_eq!(&quick_add(text, &context), &result);
    let mut rest = String::new();
    let mut at = 0;
    for span in &result.spans {
        prop_assert!(at <= span.start && span.start < span.end, "{:?}", result);
        let before = part(text, at, span.start);
        prop_assert!(before.is_some(), "{:?}", result);
        prop_assert!(part(text, span.start, span.end).is_some_and(|s| s.trim() == s));
        rest.push_str(&before.unwrap());
        rest.push(' ');
        at = span.end;
    }
    rest.push_str(&part(text, at, text.encode_utf16().count()).unwrap());
    prop_assert_eq!(without_signs(&rest), without_signs(&result.title));
    prop_assert_eq!(result.title.trim(), &result.title);
    Ok(())
}

const WORDS: &[&str] = &[
    "milk",
    "tomorrow",
    "tonight",
    "friday",
    "sat",
    "mon,",
    "next",
    "this",
    "on",
    "at",
    "by",
    "due:",
    "in",
    "3",
    "9",
    "days",
    "weeks",
    "2h",
    "9am",
    "21:00",
    "noon",
    "every",
    "other",
    "last",
    "2nd",
    "day",
    "month",
    "of",
    "the",
    "weekend",
    "morning",
    "until",
    "24",
    "dec",
    "24.12.",
    "12/24",
    "2026-12-24",
    "for",
    "10",
    "times",
    "x10",
    "daily",
    "#home",
    "#deep",
    "work",
    "@ann",
    "lee",
    "/groceries",
    "and",
    "more",
    "!high",
    "!!!",
    "p1",
    "-",
    "\\#home",
    "\\next",
    "\"friday",
    "friday\"",
    "🎉",
    "é.",
    "to",
    "or",
    "31st",
    "feb",
    "29",
    "end",
];

proptest! {
    #[test]
    fn quick_add_loses_no_word_of_any_text(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn quick_add_loses_no_word_of_any_words(
        words in prop::collection::vec(prop::sample::select(WORDS), 0..14)
    ) {
        check(&words.join(" "))?;
    }

    #[test]
    fn quick_add_loses_no_word_at_any_time(
        seconds in -377_705_023_201_i64..253_402_207_200,
        words in prop::collection::vec(prop::sample::select(WORDS), 0..14)
    ) {
        let mut context = context("2026-11-25T10:00:00Z", "Pacific/Auckland", false);
        context.now = Timestamp::from_second(seconds).unwrap();
        let _ = quick_add(&words.join(" "), &context);
    }
}
