//! `Transport`: what an exit code says, and what it does not.

/// What the exit code of `plan -detailed-exitcode` says: whether there is a document to read.
///
/// It is transport, never the answer. 0 (no changes) and 2 (changes) both hand over a plan, and only the plan says what
/// drifted: code 0 stands beside drift wherever the plan was made without a refresh, or ignores the field. 1 and every
/// other code hand over nothing, and nothing is not "no drift" (seeds S0.7.3).
///
/// ```
/// use drift_model::Transport;
///
/// assert_eq!(Transport::of_exit_code(0), Transport::Document);
/// assert_eq!(Transport::of_exit_code(2), Transport::Document);
/// assert_eq!(Transport::of_exit_code(1), Transport::NoDocument);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there is a document or there is none")]
pub enum Transport {
    /// There is one: read it.
    Document,
    /// There is none: the look failed.
    NoDocument,
}

impl Transport {
    /// Reads an exit code.
    #[must_use]
    pub const fn of_exit_code(code: i32) -> Self {
        match code {
            0 | 2 => Self::Document,
            _ => Self::NoDocument,
        }
    }
}
