//! How answers are printed.

pub(super) mod jsonl;
pub(crate) mod paint;
pub(super) mod table;
mod words;
