//! `Rule`: a condition, what it says, and why.

use super::condition::When;

/// A rule of a table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rule<T> {
    /// Unique in its table.
    pub id: String,
    /// What it asks.
    pub when: When,
    /// What it says.
    pub outcome: T,
    /// Why.
    pub because: String,
}

impl<T> Rule<T> {
    /// A rule.
    #[must_use]
    pub fn new(id: impl Into<String>, when: When, outcome: T, because: impl Into<String>) -> Self {
        Self { id: id.into(), when, outcome, because: because.into() }
    }
}
