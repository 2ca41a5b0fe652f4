//! What serde's attributes say, and docs as TypeScript has them.

use std::fmt::Write as _;

use syn::{Attribute, Expr, Lit, Meta, Path};

/// What the `serde` attributes of a type, a variant or a field say about its JSON.
#[derive(Debug, Default)]
pub(super) struct Serde {
    pub(super) rename: Option<String>,
    pub(super) rename_all: Option<String>,
    pub(super) rename_all_fields: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) untagged: bool,
    pub(super) flatten: bool,
    pub(super) default: bool,
    pub(super) skip: bool,
    /// By what it is left out, if by anything.
    pub(super) skip_if: Option<String>,
}

impl Serde {
    /// Whether a type is one that JSON is made from.
    pub(super) fn is_derived(attributes: &[Attribute]) -> bool {
        attributes.iter().any(|attribute| {
            let mut found = false;
            if attribute.path().is_ident("derive") {
                // What is no list of paths is not ours to read.
                let _ = attribute.parse_nested_meta(|meta| {
                    let last = meta.path.segments.last();
                    found |= last.is_some_and(|last| last.ident == "Serialize");
                    Ok(())
                });
            }
            found
        })
    }

    pub(super) fn of(attributes: &[Attribute]) -> Result<Self, String> {
        let mut serde = Self::default();
        for attribute in attributes {
            if !attribute.path().is_ident("serde") {
                continue;
            }
            attribute
                .parse_nested_meta(|meta| {
                    let text = match meta.value() {
                        Ok(value) => Some(value.parse::<syn::LitStr>()?.value()),
                        Err(_) => None,
                    };
                    match (name(&meta.path).as_str(), text) {
                        ("rename", text) => serde.rename = text,
                        ("rename_all", text) => serde.rename_all = text,
                        ("rename_all_fields", text) => serde.rename_all_fields = text,
                        ("tag", text) => serde.tag = text,
                        ("untagged", None) => serde.untagged = true,
                        ("flatten", None) => serde.flatten = true,
                        ("default", None) => serde.default = true,
                        ("skip", None) => serde.skip = true,
                        ("skip_serializing_if", text) => serde.skip_if = text,
                        // They change how a value is written, not which type it has.
                        ("serialize_with" | "deserialize_with", Some(_))
                        | ("deny_unknown_fields", None) => {}
                        (other, _) => {
                            return Err(meta.error(format!("serde's `{other}` is not known here")));
                        }
                    }
                    Ok(())
                })
                .map_err(|error| error.to_string())?;
        }
        Ok(serde)
    }
}

fn name(path: &Path) -> String {
    path.get_ident()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// A name as `rename_all` writes it. Variants are written in upper camel case, fields in snake case.
pub(super) fn renamed(name: &str, rule: Option<&str>, is_variant: bool) -> String {
    match (rule, is_variant) {
        (Some("snake_case"), true) => {
            let mut text = String::new();
            for (at, c) in name.chars().enumerate() {
                if c.is_ascii_uppercase() && at > 0 {
                    text.push('_');
                }
                text.push(c.to_ascii_lowercase());
            }
            text
        }
        (Some("camelCase"), false) => {
            let mut text = String::new();
            let mut upper = false;
            for c in name.chars() {
                if c == '_' {
                    upper = true;
                } else if core::mem::take(&mut upper) {
                    text.push(c.to_ascii_uppercase());
                } else {
                    text.push(c);
                }
            }
            text
        }
        _ => name.to_owned(),
    }
}

/// Doc comments, with links of Rust as plain names.
pub(super) fn docs(attributes: &[Attribute], indent: &str) -> String {
    let mut lines = Vec::new();
    for attribute in attributes {
        if let Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
            && let Expr::Lit(literal) = &pair.value
            && let Lit::Str(text) = &literal.lit
        {
            lines.push(plain(text.value().trim()));
        }
    }
    let mut text = String::new();
    match &*lines {
        [] => {}
        [line] => {
            let _ = writeln!(text, "{indent}/** {line} */");
        }
        lines => {
            let _ = writeln!(text, "{indent}/**");
            for line in lines {
                let _ = writeln!(text, "{}", format!("{indent} * {line}").trim_end());
            }
            let _ = writeln!(text, "{indent} */");
        }
    }
    text
}

/// ``[`Answer::List`]`` and ``[`List`](super::List)`` as `` `Answer::List` `` and `` `List` ``.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("[`") {
        text.push_str(before);
        let Some((name, after)) = after.split_once("`]") else {
            text.push_str("[`");
            rest = after;
            continue;
        };
        let _ = write!(text, "`{name}`");
        rest = match after
            .strip_prefix('(')
            .and_then(|link| link.split_once(')'))
        {
            Some((_, after)) => after,
            None => after,
        };
    }
    text.push_str(rest);
    text.replace("*/", "* /")
}
