use super::{Due, Priority, Status};
/// Placeholder
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs)]
pub struct ImportedTask {
    pub title: String,
    pub notes: Option<String>,
    pub url: Option<String>,
    pub status: Status,
    pub priority: Priority,
    pub due: Option<Due>,
    pub tags: Vec<String>,
    pub children: Vec<ImportedTask>,
}
