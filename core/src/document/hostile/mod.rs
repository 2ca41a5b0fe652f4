//! Hostile bytes: every known way to crash, bloat or mislead an Automerge reader is built here
//! with a valid checksum, and must be refused by name.

mod braid;
mod corpus;
mod documents;
mod equivalence;
mod forge;
mod headers;
mod histories;
mod mutations;
mod operations;
mod parts;
mod refusal;
