//! Rust types and fields as TypeScript.

use std::fmt::Write as _;

use syn::{GenericArgument, PathArguments, PathSegment, Type};

use super::attributes::{Serde, docs, renamed};

/// A property of an object, or all those of another object.
pub(super) enum Field {
    Property { docs: String, text: String },
    Flattened(String),
}

impl Field {
    /// One that is the same in every value.
    pub(super) fn literal(text: String) -> Self {
        Self::Property {
            docs: String::new(),
            text,
        }
    }

    pub(super) fn of(
        field: &syn::Field,
        rename_all: Option<&str>,
        all_default: bool,
    ) -> Result<Self, String> {
        let serde = Serde::of(&field.attrs)?;
        let ident = field.ident.as_ref().map(ToString::to_string);
        let ident = ident.ok_or("a field without a name")?;
        let ident = ident.trim_start_matches("r#");
        if serde.flatten {
            return type_of(&field.ty).map(Self::Flattened);
        }
        let name = serde
            .rename
            .unwrap_or_else(|| renamed(ident, rename_all, false));
        // What is left out where it is none is never null; what may be given as null says so by an
        // option inside the option.
        let left_out = serde.skip_if.as_deref() == Some("Option::is_none");
        let ty = match inner(&field.ty, "Option") {
            Some(some) if left_out => type_of(some)?,
            _ => type_of(&field.ty)?,
        };
        let optional = serde.skip_if.is_some() || serde.default || all_default;
        let mark = if optional { "?" } else { "" };
        Ok(Self::Property {
            docs: docs(&field.attrs, "  "),
            text: format!("{name}{mark}: {ty}"),
        })
    }
}

/// An object with these fields, as deep inside as `indent`.
pub(super) fn object(fields: &[Field], indent: &str) -> String {
    let mut text = String::from("{\n");
    for field in fields {
        if let Field::Property { docs, text: field } = field {
            for line in docs.lines() {
                let _ = writeln!(text, "{indent}{line}");
            }
            let _ = writeln!(text, "{indent}  {field};");
        }
    }
    let _ = write!(text, "{indent}}}");
    for field in fields {
        if let Field::Flattened(other) = field {
            let _ = write!(text, " & {other}");
        }
    }
    text
}

/// What stands between the brackets of one type, where it is that type.
fn inner<'a>(ty: &'a Type, wanted: &str) -> Option<&'a Type> {
    let segment = last(ty)?;
    (segment.ident == wanted).then(|| arguments(segment).next())?
}

fn last(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Reference(reference) => last(&reference.elem),
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

fn arguments(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments
        .into_iter()
        .flatten()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
}

/// A type as TypeScript writes it.
pub(super) fn type_of(ty: &Type) -> Result<String, String> {
    let segment = last(ty).ok_or("a type without a name")?;
    let name = segment.ident.to_string();
    let inside = arguments(segment)
        .map(type_of)
        .collect::<Result<Vec<_>, _>>()?;
    match (&*name, &*inside) {
        ("String" | "str", []) => Ok("string".to_owned()),
        ("bool", []) => Ok("boolean".to_owned()),
        ("u8" | "u16" | "u32" | "u64" | "i64" | "usize" | "f64", []) => Ok("number".to_owned()),
        // An option in an option says that null can be given.
        ("Option", [one]) if one.ends_with("| null") => Ok(one.clone()),
        ("Option", [one]) => Ok(format!("{one} | null")),
        ("Vec", [one]) if one.contains(' ') => Ok(format!("({one})[]")),
        ("Vec", [one]) => Ok(format!("{one}[]")),
        ("Box", [one]) => Ok(one.clone()),
        ("BTreeMap", [key, value]) => Ok(format!("Record<{key}, {value}>")),
        (name, []) => Ok(name.to_owned()),
        (name, all) => Ok(format!("{name}<{}>", all.join(", "))),
    }
}
