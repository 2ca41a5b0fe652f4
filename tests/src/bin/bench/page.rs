//! The page with all that was measured: sections that are written anew one by one.

use std::path::Path;

use crate::fixture::Outcomes;

/// The headings of the sections behind what stands first, in their order. What was measured in a
/// browser is written by the browser's own program.
const WEB: &str = "## In a browser";
pub(crate) const REST: &str = "## The REST API";
pub(crate) const PEERS: &str = "## Beside its peers";
const HEADINGS: [&str; 3] = [WEB, REST, PEERS];

/// Writes one section, or what stands first, and leaves the others as they are.
pub(crate) fn write(path: &Path, heading: Option<&str>, content: &str) -> Outcomes<()> {
    let before = std::fs::read_to_string(path).unwrap_or_default();
    let mut page = match heading {
        None => format!("# Benchmarks\n\n{}", content.trim_end()),
        Some(_) => until_next(&before).to_owned(),
    };
    for each in HEADINGS {
        let section = match heading {
            Some(heading) if heading == each => Some(content.trim()),
            _ => section(&before, each),
        };
        if let Some(section) = section {
            page.push_str(&format!("\n\n{each}\n\n{section}"));
        }
    }
    page.push('\n');
    Ok(std::fs::write(path, page.trim_start())?)
}

/// A text up to the next section.
fn until_next(text: &str) -> &str {
    let ends = HEADINGS.iter().filter_map(|heading| text.find(heading));
    let end = ends.min().unwrap_or(text.len());
    text.get(..end).unwrap_or_default().trim()
}

fn section<'a>(page: &'a str, heading: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(heading)?;
    Some(until_next(rest))
}
