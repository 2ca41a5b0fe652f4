//! The REST API.

pub(crate) mod readers;
