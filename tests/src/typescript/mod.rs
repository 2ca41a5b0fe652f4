//! TypeScript types of what crosses to JavaScript, read from the Rust types themselves.
//!
//! The sources are read, not linked: the engine carries no attribute for this, and a type is
//! written down as serde's attributes say it looks in JSON. What this does not know makes it fail.

mod attributes;
mod types;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use syn::{Fields, Item, ItemEnum, ItemStruct, Variant};

use self::attributes::{Serde, docs};
use self::types::{Field, object, type_of};

/// Types that are one text in JSON, and what it says.
const TEXTS: [(&str, &str); 9] = [
    ("DocumentId", "The id of a document: a list."),
    ("TaskId", "The id of a task or a comment: a UUIDv7."),
    ("Did", "Who somebody is: a `did:key`."),
    (
        "BlobHash",
        "A file by what is in it: its SHA-256, in hexadecimal.",
    ),
    (
        "Due",
        "A day, `2026-11-23`, or a time in a zone, `2026-11-23T09:00[Europe/Berlin]`.",
    ),
    (
        "Recurrence",
        "A rule of RFC 5545 without a name in front: `FREQ=DAILY`.",
    ),
    ("Reminder", "How long before it is due: `30m`, `2h`, `1d`."),
    (
        "Timestamp",
        "A moment: RFC 3339, in UTC, with milliseconds.",
    ),
    ("Date", "A day: `2026-11-23`."),
];

/// The types of some sources as one file of TypeScript.
///
/// # Errors
/// What could not be read.
pub fn declarations(sources: &[(String, String)]) -> Result<String, String> {
    let mut declared: BTreeMap<String, String> = BTreeMap::new();
    let mut enums: BTreeMap<String, ItemEnum> = BTreeMap::new();
    for (path, text) in sources {
        let file = syn::parse_file(text).map_err(|error| format!("{path}: {error}"))?;
        for item in &file.items {
            let (name, text) = match item {
                Item::Struct(item) if Serde::is_derived(&item.attrs) => {
                    (item.ident.to_string(), structure(item))
                }
                Item::Enum(item) if Serde::is_derived(&item.attrs) => {
                    (item.ident.to_string(), enumeration(item))
                }
                _ => continue,
            };
            let text = text.map_err(|error| format!("{path}: {name}: {error}"))?;
            if let Item::Enum(item) = item {
                enums.insert(name.clone(), item.clone());
            }
            if declared.insert(name.clone(), text).is_some() {
                return Err(format!("{name} is declared twice"));
            }
        }
    }
    let mut out = String::from(
        "// Made from the Rust types by tests/tests/typescript.rs. Do not edit: change those.\n",
    );
    for (name, about) in TEXTS {
        let _ = write!(out, "\n/** {about} */\nexport type {name} = string;\n");
    }
    for text in declared.values() {
        let _ = write!(out, "\n{text}");
    }
    for (asked, given) in [("Command", "Outcome"), ("Query", "Answer")] {
        let (Some(asked), Some(given)) = (enums.get(asked), enums.get(given)) else {
            return Err(format!("there is no {asked} or no {given}"));
        };
        let _ = write!(out, "\n{}", results(asked, given)?);
    }
    Ok(out)
}

fn structure(item: &ItemStruct) -> Result<String, String> {
    let serde = Serde::of(&item.attrs)?;
    let generics: Vec<String> = item
        .generics
        .type_params()
        .map(|parameter| parameter.ident.to_string())
        .collect();
    let generics = match &*generics {
        [] => String::new(),
        some => format!("<{}>", some.join(", ")),
    };
    let Fields::Named(fields) = &item.fields else {
        return Err("only structs with named fields are JSON objects".to_owned());
    };
    let fields = fields
        .named
        .iter()
        .map(|field| Field::of(field, serde.rename_all.as_deref(), serde.default))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(format!(
        "{}export type {}{generics} = {};\n",
        docs(&item.attrs, ""),
        item.ident,
        object(&fields, "")
    ))
}

fn enumeration(item: &ItemEnum) -> Result<String, String> {
    let serde = Serde::of(&item.attrs)?;
    let mut text = format!("{}export type {} =", docs(&item.attrs, ""), item.ident);
    for variant in &item.variants {
        let own = Serde::of(&variant.attrs)?;
        if own.skip {
            continue;
        }
        let name = own.rename.clone().unwrap_or_else(|| {
            attributes::renamed(
                &variant.ident.to_string(),
                serde.rename_all.as_deref(),
                true,
            )
        });
        let shape = shape(variant, &serde, &name)?;
        let _ = write!(text, "\n{}  | {shape}", docs(&variant.attrs, "  "));
    }
    text.push_str(";\n");
    Ok(text)
}

fn shape(variant: &Variant, serde: &Serde, name: &str) -> Result<String, String> {
    let tagged = serde.tag.as_ref().map(|tag| format!("{tag}: \"{name}\""));
    match &variant.fields {
        Fields::Unit => Ok(match tagged {
            Some(tag) => format!("{{ {tag} }}"),
            None => format!("\"{name}\""),
        }),
        Fields::Named(fields) => {
            let mut all = Vec::new();
            all.extend(tagged.map(Field::literal));
            for field in &fields.named {
                all.push(Field::of(field, serde.rename_all_fields.as_deref(), false)?);
            }
            Ok(object(&all, "  "))
        }
        Fields::Unnamed(fields) => match fields.unnamed.first() {
            Some(only) if fields.unnamed.len() == 1 && serde.untagged => type_of(&only.ty),
            _ => Err(format!("{name} has a form that is not known here")),
        },
    }
}

/// What each command comes to, and what answers each query, as their docs say.
fn results(asked: &ItemEnum, given: &ItemEnum) -> Result<String, String> {
    let serde = Serde::of(&given.attrs)?;
    let label = given.ident.to_string();
    let mut shapes = BTreeMap::new();
    for variant in &given.variants {
        let name = variant.ident.to_string();
        let shape = shape(variant, &serde, &name)?;
        shapes.insert(name, shape);
    }
    let mut text = format!(
        "/** What a {} gives, by its type. */\nexport type {label}Of = {{\n",
        asked.ident.to_string().to_lowercase()
    );
    for variant in &asked.variants {
        let said = docs(&variant.attrs, "");
        let kind = attributes::renamed(&variant.ident.to_string(), Some("snake_case"), true);
        let mark = format!("`{label}::");
        let named = said
            .split(&mark)
            .nth(1)
            .and_then(|rest| rest.split('`').next());
        // A command that says nothing is done, or was done already.
        let gives = shapes
            .get(named.unwrap_or("Done"))
            .ok_or_else(|| format!("the docs of {kind} name no {label}"))?;
        let _ = writeln!(text, "  {kind}: {gives};");
    }
    text.push_str("};\n");
    Ok(text)
}
