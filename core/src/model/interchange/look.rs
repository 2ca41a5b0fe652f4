//! How a list looks, beside its tasks.

use serde::{Deserialize, Serialize};

use super::fit::cut;
use super::limits::{
    AISLE_CHARS_MAX, AISLES_MAX, ICON_CHARS_MAX, KEYWORD_CHARS_MAX, KEYWORDS_MAX, TAG_CHARS_MAX,
};
use crate::membership::COLOR_CHARS_MAX;
use crate::model::{Aisle, ListView};

/// How a list looks: what an export keeps of it, and an import brings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListLook {
    /// A picture for it: an emoji, up to 20 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Its colour, up to 32 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// Whether its tasks stand in one row or by aisles.
    #[serde(skip_serializing_if = "is_plain")]
    pub view: ListView,
    /// The tags that have a colour.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<TagColor>,
    /// Its own aisles, up to 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aisles: Vec<Aisle>,
}

/// A tag and its colour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TagColor {
    /// The tag's name, 1 to 50 characters.
    pub name: String,
    /// Its colour, 1 to 32 characters.
    pub color: String,
}

fn is_plain(view: &ListView) -> bool {
    *view == ListView::default()
}

impl ListLook {
    /// Whether there is nothing to it.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Takes out what no list can hold, and names each of it.
    pub(super) fn fit(&mut self, mut refused: impl FnMut(&str, String)) {
        for (slot, what, max) in [
            (&mut self.icon, "an icon", ICON_CHARS_MAX),
            (&mut self.color, "a colour", COLOR_CHARS_MAX),
        ] {
            if let Some(text) = slot.take_if(|text| !is_line(text, max)) {
                refused(
                    &text,
                    format!("{what} has 1 to {max} characters on one line"),
                );
            }
        }
        self.tags.retain(|tag| {
            let fits = is_line(&tag.name, TAG_CHARS_MAX) && is_line(&tag.color, COLOR_CHARS_MAX);
            if !fits {
                let reason = format!(
                    "a tag has 1 to {TAG_CHARS_MAX} characters and its colour 1 to {COLOR_CHARS_MAX}, each on one line"
                );
                refused(&tag.name, reason);
            }
            fits
        });
        let mut kept = 0;
        self.aisles.retain(|aisle| {
            let fits = is_line(&aisle.name, AISLE_CHARS_MAX)
                && aisle.keywords.len() <= KEYWORDS_MAX
                && aisle.keywords.iter().all(|word| is_line(word, KEYWORD_CHARS_MAX));
            if !fits {
                let reason = format!(
                    "an aisle has 1 to {AISLE_CHARS_MAX} characters and up to {KEYWORDS_MAX} keywords of 1 to {KEYWORD_CHARS_MAX}, each on one line"
                );
                refused(&aisle.name, reason);
            } else if kept == AISLES_MAX {
                refused(&aisle.name, format!("a list has at most {AISLES_MAX} aisles of its own"));
                return false;
            } else {
                kept += 1;
            }
            fits
        });
    }
}

/// Whether a text can be a name: something to see, on one line, not too long.
fn is_line(text: &str, chars_max: usize) -> bool {
    !text.trim().is_empty() && cut(text, chars_max).is_none() && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    //! A look that no list can have is left out, and every part of that is told.

    use super::*;
    use crate::model::interchange::import_json;

    #[test]
    fn what_no_list_can_have_is_left_out_and_told() {
        let long = "x".repeat(33);
        let many: Vec<String> = (0..=AISLES_MAX)
            .map(|n| format!(r#"{{"name": "a{n}", "keywords": []}}"#))
            .collect();
        let many = many.join(",");
        for (look, warnings) in [
            (r#""icon": "a b""#.to_owned(), 0),
            (r#""icon": "a\nb""#.to_owned(), 1),
            (r#""icon": 7, "color": " ", "view": "rows""#.to_owned(), 3),
            (format!(r#""icon": "{long}", "color": "{long}""#), 2),
            (
                format!(r#""tags": [{{"name": "a", "color": "{long}"}}]"#),
                1,
            ),
            (
                r#""tags": [{"name": "a"}], "aisles": [{"name": "b"}]"#.to_owned(),
                2,
            ),
            (
                r#""aisles": [{"name": "b", "keywords": [""]}]"#.to_owned(),
                1,
            ),
            (format!(r#""aisles": [{many}]"#), 1),
        ] {
            let import = import_json(&format!(r#"{{{look}, "tasks": ["Milk"]}}"#)).unwrap();
            assert_eq!(
                import.warnings.len(),
                warnings,
                "{look}: {:?}",
                import.warnings
            );
            assert_eq!(import.tasks.len(), 1);
            assert!(import.look.aisles.len() <= AISLES_MAX);
            let plain = import.look == ListLook::default();
            assert_eq!(plain, warnings > 0 && !look.contains("a99"), "{look}");
        }
    }

    #[test]
    fn a_file_that_is_none_goes_to_the_notes() {
        for file in [
            r#""shelf.png""#,
            r#"{"hash": "0", "name": "a.png", "mime": "image/png", "size": 1}"#,
            r#"{"name": "a.png", "mime": "image/png", "size": 1}"#,
        ] {
            let text = format!(r#"[{{"title": "Milk", "attachments": [{file}]}}]"#);
            let import = import_json(&text).unwrap();
            assert_eq!(import.warnings.len(), 1, "{file}");
            assert!(import.tasks[0].attachments.is_empty());
            assert!(import.tasks[0].notes.is_some(), "{file}");
        }
    }
}
