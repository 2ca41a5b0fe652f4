//! JSON as a tree that knows its lines.

use core::cell::Cell;
use core::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

use crate::model::interchange::limits::{JSON_DEPTH_MAX, JSON_VALUES_MAX};
use crate::model::interchange::task::ImportError;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// `null`.
    Null,
    /// A number or a truth value, as text.
    Plain(String),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Node>),
    /// An object.
    Object(Object),
}

/// An object and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Object {
    /// The line on which it begins, counted from 1.
    pub(super) line: usize,
    /// Its fields, in their order.
    pub(super) fields: Vec<(String, Node)>,
}

impl Node {
    /// Reads a text.
    pub(super) fn read(text: &str) -> Result<Self, ImportError> {
        let lines = object_lines(text)?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        // The depth is known to be bounded by now, by a bound of our own.
        deserializer.disable_recursion_limit();
        let seen = Cell::new(0);
        let seed = Seed {
            lines: &lines,
            seen: &seen,
        };
        let not_json = |error: serde_json::Error| ImportError::NotJson {
            reason: error.to_string(),
        };
        let node = seed.deserialize(&mut deserializer).map_err(not_json)?;
        deserializer.end().map_err(not_json)?;
        Ok(node)
    }

    /// A field of an object.
    pub(super) fn field(&self, key: &str) -> Option<&Self> {
        let Self::Object(object) = self else {
            return None;
        };
        let found = object.fields.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value)
    }

    /// A field of an object, if it is a string.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match self.field(key)? {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value in words, for notes and warnings.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Plain(text) | Self::Text(text) => text.clone(),
            Self::List(_) => "an array".to_owned(),
            Self::Object(_) => "an object".to_owned(),
        }
    }
}

/// The line of each object, in the order in which they begin. Refuses what is nested too deeply
/// or has too many values; what is no JSON at all is for the parser to say.
fn object_lines(text: &str) -> Result<Vec<usize>, ImportError> {
    let mut lines = Vec::new();
    let mut line = 1_usize;
    let mut depth = 0_usize;
    let mut values = 0_usize;
    let mut in_string = false;
    let mut after_backslash = false;
    for byte in text.bytes() {
        if byte == b'\n' {
            line = line.saturating_add(1);
        }
        if in_string {
            match byte {
                _ if after_backslash => after_backslash = false,
                b'\\' => after_backslash = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                if byte == b'{' {
                    lines.push(line);
                }
                depth = depth.saturating_add(1);
                values = values.saturating_add(1);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => values = values.saturating_add(1),
            _ => {}
        }
        if depth > JSON_DEPTH_MAX {
            return Err(ImportError::TooDeep { line });
        }
        if values > JSON_VALUES_MAX {
            return Err(ImportError::TooManyValues);
        }
    }
    Ok(lines)
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    lines: &'a [usize],
    /// How many objects have begun.
    seen: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let number = self.seen.get();
        self.seen.set(number.saturating_add(1));
        let line = self.lines.get(number).copied().unwrap_or(0);
        let mut fields = Vec::new();
        while let Some(key) = access.next_key::<String>()? {
            fields.push((key, access.next_value_seed(self)?));
        }
        Ok(Node::Object(Object { line, fields }))
    }
}

#[cfg(test)]
mod tests {
    //! Objects know their lines, and no text can make the reader run out of stack or memory.

    use super::*;

    #[test]
    fn objects_know_their_lines() {
        let node = Node::read("\n{\"a\\\"{\": [1,\n {},\n\n {\"b\": {}}]}").unwrap();
        let Node::Object(top) = node else { panic!() };
        assert_eq!(top.line, 2);
        let (_, Node::List(items)) = &top.fields[0] else {
            panic!()
        };
        let lines: Vec<usize> = items
            .iter()
            .filter_map(|item| match item {
                Node::Object(object) => Some(object.line),
                _ => None,
            })
            .collect();
        assert_eq!(lines, [3, 5]);
    }

    #[test]
    fn what_is_too_much_is_refused() {
        assert_eq!(
            Node::read(&"[".repeat(100_000)),
            Err(ImportError::TooDeep { line: 1 })
        );
        let deep = format!(
            "{}{}",
            "[".repeat(JSON_DEPTH_MAX),
            "]".repeat(JSON_DEPTH_MAX)
        );
        assert!(Node::read(&deep).is_ok());
        assert_eq!(
            Node::read(&format!("[{}0]", "0,".repeat(JSON_VALUES_MAX))),
            Err(ImportError::TooManyValues)
        );
        assert!(matches!(
            Node::read("[1] x"),
            Err(ImportError::NotJson { .. })
        ));
    }
}
