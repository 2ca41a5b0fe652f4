//! Writes JSON.

use serde::Serialize;

use super::{FORMAT, VERSION};
use crate::model::interchange::export::ExportList;

#[derive(Serialize)]
struct Export<'a> {
    format: &'static str,
    version: u64,
    #[serde(flatten)]
    list: &'a ExportList,
}

/// Writes a list as JSON, indented, with its fields always in the same order.
#[must_use]
pub fn to_json(list: &ExportList) -> String {
    let export = Export {
        format: FORMAT,
        version: VERSION,
        list,
    };
    // Nothing in an export can fail to be JSON: there are no maps and no foreign types.
    let mut text = serde_json::to_string_pretty(&export).unwrap_or_default();
    text.push('\n');
    text
}
