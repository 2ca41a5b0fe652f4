//! Where in a shop an item of a grocery list is found, guessed from its title.
//!
//! A keyword is one or more whole words of the title, singular or plural. The longest keyword
//! wins, so that ice cream is no cream; of equally long ones the last, for in English a thing
//! comes behind what it is like: an orange juice is a juice. A person's own aisles come first:
//! one of their keywords wins over any built-in one.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::keywords::KEYWORDS;
use crate::model::{Aisle as OwnAisle, Stand, TaskId};

/// How much of a title is looked at, in words. A title of 500 characters has at most 250.
const TITLE_WORDS_MAX: usize = 250;
/// The longest keyword of an own aisle that counts, in words.
const KEYWORD_WORDS_MAX: usize = 8;
/// Words behind which something else stands than what is to be bought.
const PREPOSITIONS: [&str; 6] = ["for", "from", "in", "on", "with", "without"];

/// A part of a shop. The order is that of a walk through it, which is the order in which a list
/// shows them.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Aisle {
    /// Fruit, vegetables and herbs.
    Produce,
    /// Bread and cake.
    Bakery,
    /// Cold cuts, dips and prepared food.
    Deli,
    /// Meat, poultry and fish.
    MeatAndSeafood,
    /// Milk, cheese and eggs.
    DairyAndEggs,
    /// Whatever needs a freezer.
    Frozen,
    /// Whatever one drinks.
    Beverages,
    /// Crisps, sweets and nuts.
    Snacks,
    /// Tins and jars.
    CannedAndJarred,
    /// Pasta, rice, grains and dry pulses.
    PastaRiceAndGrains,
    /// Sauces, oils, spreads and spices.
    CondimentsAndSauces,
    /// Flour, sugar and what goes with them.
    Baking,
    /// Cereal and what else is eaten in the morning.
    BreakfastAndCereal,
    /// Cleaning, paper, pets and light bulbs.
    Household,
    /// Medicine, soap and what babies need.
    HealthAndPersonalCare,
    /// Everything else.
    Other,
}

impl Aisle {
    /// Every aisle, in order; [`Aisle::Other`] is the last.
    pub const ALL: [Self; 16] = [
        Self::Produce,
        Self::Bakery,
        Self::Deli,
        Self::MeatAndSeafood,
        Self::DairyAndEggs,
        Self::Frozen,
        Self::Beverages,
        Self::Snacks,
        Self::CannedAndJarred,
        Self::PastaRiceAndGrains,
        Self::CondimentsAndSauces,
        Self::Baking,
        Self::BreakfastAndCereal,
        Self::Household,
        Self::HealthAndPersonalCare,
        Self::Other,
    ];

    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Produce => "Produce",
            Self::Bakery => "Bakery",
            Self::Deli => "Deli",
            Self::MeatAndSeafood => "Meat & Seafood",
            Self::DairyAndEggs => "Dairy & Eggs",
            Self::Frozen => "Frozen",
            Self::Beverages => "Beverages",
            Self::Snacks => "Snacks",
            Self::CannedAndJarred => "Canned & Jarred",
            Self::PastaRiceAndGrains => "Pasta, Rice & Grains",
            Self::CondimentsAndSauces => "Condiments & Sauces",
            Self::Baking => "Baking",
            Self::BreakfastAndCereal => "Breakfast & Cereal",
            Self::Household => "Household",
            Self::HealthAndPersonalCare => "Health & Personal Care",
            Self::Other => "Other",
        }
    }
}

/// Built-in keywords by their words, each in the singular.
static INDEX: LazyLock<BTreeMap<Vec<String>, Aisle>> = LazyLock::new(|| {
    let keywords = KEYWORDS.iter().flat_map(|(aisle, keywords)| {
        let keywords = keywords.split(',').map(words_of);
        keywords.map(move |words| (words, *aisle))
    });
    keywords.collect()
});

/// The most words that a built-in keyword has.
static INDEX_WORDS_MAX: LazyLock<usize> =
    LazyLock::new(|| INDEX.keys().map(Vec::len).max().unwrap_or_default());

/// The name of the aisle in which an item is found: one of the person's own, or that of an
/// [`Aisle`]. What somebody chose by hand for an item wins over this; that is the caller's to know.
///
/// ```
/// use poo_core::derive::aisles::guess_aisle;
///
/// assert_eq!(guess_aisle("2 tubs of ice cream", &[]), "Frozen");
/// assert_eq!(guess_aisle("A present for Ann", &[]), "Other");
/// ```
#[must_use]
pub fn guess_aisle<'a>(title: &str, own: &'a [OwnAisle]) -> &'a str {
    let title = words_of(title);
    let thing = title
        .split(|word| PREPOSITIONS.contains(&word.as_str()))
        .next();
    guess_own(&title, own).unwrap_or_else(|| {
        let aisle = thing.and_then(guess_built_in);
        let aisle = aisle.or_else(|| guess_built_in(&title));
        aisle.unwrap_or(Aisle::Other).name()
    })
}

/// Something to be bought, as far as its place in the shop hangs on it.
#[derive(Debug, Clone, Copy)]
pub struct Thing<'a> {
    /// The task.
    pub id: TaskId,
    /// The task that it is a part of.
    pub parent: Option<TaskId>,
    /// What it is called.
    pub title: &'a str,
    /// The aisle that somebody chose for it.
    pub said: Option<&'a str>,
}

/// Brings a grocery list into the order of a walk through the shop: its own aisles first,
/// [`Aisle::Other`] last, and those in which nothing stands, too. What somebody said outranks the
/// list's own keywords, and those outrank what the title tells. What is below a task stays with
/// it; so parents have to come before what is below them.
pub fn stands<'a>(things: impl IntoIterator<Item = Thing<'a>>, own: &[OwnAisle]) -> Vec<Stand> {
    let place = |aisle: &str| {
        let built_in = Aisle::ALL.iter().position(|one| one.name() == aisle);
        let walked = built_in.map_or(0, |at| at.saturating_add(1));
        (walked, aisle.to_lowercase(), aisle.to_owned())
    };
    let names = own.iter().map(|aisle| aisle.name.as_str());
    let names = names.chain(Aisle::ALL.map(Aisle::name));
    let mut stands: BTreeMap<_, Vec<TaskId>> =
        names.map(|name| (place(name), Vec::new())).collect();
    let mut placed = BTreeMap::new();
    for thing in things {
        let above = thing.parent.and_then(|parent| placed.get(&parent).cloned());
        let stand = above.unwrap_or_else(|| {
            let guessed = || guess_aisle(thing.title, own);
            place(thing.said.unwrap_or_else(guessed))
        });
        stands.entry(stand.clone()).or_default().push(thing.id);
        placed.insert(thing.id, stand);
    }
    let stands = stands.into_iter();
    stands
        .map(|((_, _, aisle), tasks)| Stand { aisle, tasks })
        .collect()
}

/// The person's aisle with the longest keyword in the title; of equally long ones the first aisle.
fn guess_own<'a>(title: &[String], own: &'a [OwnAisle]) -> Option<&'a str> {
    let mut best: Option<(usize, &str)> = None;
    for aisle in own {
        let keywords = aisle.keywords.iter().chain([&aisle.name]);
        for keyword in keywords.map(|keyword| words_of(keyword)) {
            let length = keyword.len();
            let longer = best.is_none_or(|(longest, _)| length > longest);
            if longer
                && (1..=KEYWORD_WORDS_MAX).contains(&length)
                && title.windows(length).any(|words| words == keyword)
            {
                best = Some((length, &aisle.name));
            }
        }
    }
    best.map(|(_, name)| name)
}

fn guess_built_in(title: &[String]) -> Option<Aisle> {
    (1..=*INDEX_WORDS_MAX).rev().find_map(|length| {
        let mut parts = title.windows(length).rev();
        parts.find_map(|words| INDEX.get(words).copied())
    })
}

/// The words of a text in lower case and in the singular.
fn words_of(text: &str) -> Vec<String> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '\u{2019}')))
        .filter(|word| !word.is_empty())
        .take(TITLE_WORDS_MAX)
        .map(|word| singular(&word.to_lowercase()))
        .collect()
}

/// The singular of an English word, roughly. Keywords and titles go through the same, so it only
/// has to make both forms equal, not to be right.
fn singular(word: &str) -> String {
    let word = word
        .trim_end_matches("'s")
        .trim_end_matches("\u{2019}s")
        .trim_matches(['\'', '\u{2019}']);
    let cut = |ending: &str, instead: &str| {
        let stem = word.strip_suffix(ending)?;
        (stem.chars().count() >= 2).then(|| format!("{stem}{instead}"))
    };
    match word {
        "loaves" => return "loaf".to_owned(),
        "leaves" => return "leaf".to_owned(),
        "halves" => return "half".to_owned(),
        "knives" => return "knife".to_owned(),
        _ if word.ends_with("ss") || word.ends_with("us") => return word.to_owned(),
        _ => {}
    }
    // "cookies" and "berries": both come to an i.
    cut("ies", "i")
        .or_else(|| cut("ie", "i"))
        .or_else(|| cut("y", "i"))
        .or_else(|| cut("oes", "o"))
        .or_else(|| cut("ches", "ch"))
        .or_else(|| cut("shes", "sh"))
        .or_else(|| cut("sses", "ss"))
        .or_else(|| cut("xes", "x"))
        .or_else(|| cut("s", ""))
        .unwrap_or_else(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    //! Things are where one looks for them.

    use super::*;

    const FOUND: &str = include_str!("aisles.txt");

    #[test]
    fn aisle_of_what_people_buy() {
        let mut count = 0;
        let mut wrong = Vec::new();
        for line in FOUND.lines().filter(|line| !line.trim().is_empty()) {
            let (aisle, titles) = line.split_once(": ").unwrap();
            for title in titles.split(", ") {
                let found = guess_aisle(title, &[]);
                if found != aisle {
                    wrong.push(format!("{title}: expected {aisle}, found {found}"));
                }
                count += 1;
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(count >= 100, "only {count}");
    }

    #[test]
    fn aisle_keywords_stand_once() {
        let mut seen = BTreeMap::new();
        for (aisle, keywords) in KEYWORDS {
            for keyword in keywords.split(',') {
                let words = words_of(keyword);
                assert!(!words.is_empty(), "an empty keyword in {aisle:?}");
                let other = seen.insert(words, keyword);
                assert!(other.is_none(), "{keyword} in {aisle:?} is also {other:?}");
            }
        }
        assert!(seen.len() > 400, "only {}", seen.len());
    }

    #[test]
    fn aisle_of_ones_own_comes_first() {
        let aisle = |name: &str, keywords: &[&str]| OwnAisle {
            name: name.to_owned(),
            keywords: keywords.iter().map(|k| (*k).to_owned()).collect(),
        };
        let own = [
            aisle("Market", &["tomatoes", "goat cheese"]),
            aisle("Cheese counter", &["cheese"]),
            aisle("Pharmacy", &[]),
        ];
        for (title, expected) in [
            ("Tomato", "Market"),
            ("3 cherry tomatoes", "Market"),
            ("Goat cheese", "Market"),
            ("Cheese", "Cheese counter"),
            ("cream cheese", "Cheese counter"),
            ("Pick up from pharmacy", "Pharmacy"),
            ("Milk", "Dairy & Eggs"),
            ("", "Other"),
        ] {
            assert_eq!(guess_aisle(title, &own), expected, "{title}");
        }
    }

    #[test]
    fn a_walk_goes_by_own_aisles_first_and_keeps_parts_with_their_whole() {
        let own = [OwnAisle {
            name: "Market".to_owned(),
            keywords: vec!["honey".to_owned()],
        }];
        let id = |n: u8| TaskId::from_bytes([n; 16]);
        let thing = |n: u8, title: &'static str| Thing {
            id: id(n),
            parent: None,
            title,
            said: None,
        };
        let things = [
            thing(1, "Milk"),
            thing(2, "Present for Ann"),
            Thing {
                parent: Some(id(2)),
                ..thing(3, "Apples")
            },
            thing(4, "Apples"),
            Thing {
                said: Some("Cellar"),
                ..thing(5, "Apples")
            },
            thing(6, "Honey"),
        ];
        let all = stands(things, &own);
        // The shop's, the list's own, and the one that somebody named.
        assert_eq!(all.len(), Aisle::ALL.len() + 2);
        let walked: Vec<_> = all
            .iter()
            .filter(|stand| !stand.tasks.is_empty())
            .map(|stand| (stand.aisle.as_str(), stand.tasks.clone()))
            .collect();
        assert_eq!(
            walked,
            [
                ("Cellar", vec![id(5)]),
                ("Market", vec![id(6)]),
                ("Produce", vec![id(4)]),
                ("Dairy & Eggs", vec![id(1)]),
                ("Other", vec![id(2), id(3)]),
            ]
        );
    }

    #[test]
    fn aisle_order_ends_with_other() {
        assert!(Aisle::ALL.is_sorted());
        assert_eq!(Aisle::ALL.last(), Some(&Aisle::Other));
        assert_eq!(Aisle::ALL.map(Aisle::name).len(), 16);
        let json = serde_json::to_string(&Aisle::MeatAndSeafood).unwrap();
        assert_eq!(json, "\"meat_and_seafood\"");
    }
}
