//! How answers are printed.

pub(super) mod jsonl;
pub(super) mod table;
mod words;
