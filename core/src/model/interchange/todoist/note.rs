//! Comments of Todoist, and the names of people in it.

use serde::Deserialize;

/// What stands before a file in a comment, and behind it.
const FILE: (&str, &str) = ("[[file ", "]]");
/// The longest description of a file, in bytes. A longer one stays as it is.
const FILE_BYTES_MAX: usize = 64 * 1024;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    file_name: String,
    file_url: String,
}

/// The text of a comment, with a link for a file at its end.
pub(super) fn text(raw: &str) -> String {
    with_link(raw).unwrap_or_else(|| raw.to_owned())
}

fn with_link(raw: &str) -> Option<String> {
    let at = raw.find(FILE.0)?;
    let (before, file) = raw.split_at_checked(at)?;
    let file = file.strip_prefix(FILE.0)?.trim_end().strip_suffix(FILE.1)?;
    if file.len() > FILE_BYTES_MAX {
        return None;
    }
    let file: File = serde_json::from_str(file.trim()).ok()?;
    let is_link = file.file_url.contains("://")
        && !file
            .file_url
            .contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>'));
    if !is_link {
        return None;
    }
    let mut name = file.file_name.replace(['[', ']', '\n', '\r'], " ");
    if name.trim().is_empty() {
        name = "file".to_owned();
    }
    let link = format!("[{}](<{}>)", name.trim(), file.file_url);
    let before = before.trim_end();
    Some(if before.is_empty() {
        link
    } else {
        format!("{before}\n\n{link}")
    })
}

/// The name in `Evan (14781400)`.
pub(super) fn person(raw: &str) -> &str {
    let raw = raw.trim();
    let name = raw
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once('('))
        .filter(|(_, id)| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|(name, _)| name.trim_end());
    name.filter(|name| !name.is_empty()).unwrap_or(raw)
}

#[cfg(test)]
mod tests {
    //! Files become links where they can, and otherwise stay what they are.

    use super::*;

    #[test]
    fn files() {
        let file = "[[file {\"file_name\":\"a [1].pdf\",\"file_size\":3,\"file_url\":\"https://f.example/a.pdf\"}]]";
        assert_eq!(
            text(&format!("See  {file}")),
            "See\n\n[a  1 .pdf](<https://f.example/a.pdf>)"
        );
        assert_eq!(text(file), "[a  1 .pdf](<https://f.example/a.pdf>)");
        for kept in [
            "plain",
            "[[file ]]",
            "[[file {\"file_name\":\"a\"}]]",
            "[[file {\"file_url\":\"x y\"}]]",
            "[[file {\"file_url\":\"https://a\"}",
        ] {
            assert_eq!(text(kept), kept);
        }
    }

    #[test]
    fn people() {
        assert_eq!(person("Evan (14781400)"), "Evan");
        assert_eq!(person("Evan (the other)"), "Evan (the other)");
        assert_eq!(person("(12)"), "(12)");
        assert_eq!(person(" Ann "), "Ann");
    }
}
