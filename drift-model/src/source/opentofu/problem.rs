//! What can be wrong with a plan: errors that stop the reading, and problems that leave a hole in it.

use std::fmt;

/// A document that cannot be read as what it was handed over as. It says where and what, and never repeats a value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{document} at {}: {kind}; {}", place(.pointer), .kind.help())]
#[non_exhaustive]
pub struct PlanError {
    /// Which document: `plan`, `state` or `schema`.
    pub document: &'static str,
    /// Where in it, as an RFC 6901 pointer.
    pub pointer: String,
    /// What is wrong.
    pub kind: PlanErrorKind,
}

impl PlanError {
    pub(super) fn new(document: &'static str, pointer: impl Into<String>, kind: PlanErrorKind) -> Self {
        Self { document, pointer: pointer.into(), kind }
    }

    /// A stable name for the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match &self.kind {
            PlanErrorKind::NotAPlan => "not-a-plan",
            PlanErrorKind::StateInstead => "state-instead-of-plan",
            PlanErrorKind::Version => "unsupported-version",
            PlanErrorKind::StateVersion => "unsupported-state-version",
            PlanErrorKind::NotASchema => "not-a-schema",
            PlanErrorKind::Shape { .. } => "wrong-shape",
        }
    }
}

/// What is wrong with a document.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanErrorKind {
    /// It holds nothing that a plan holds.
    #[error("this is no plan")]
    NotAPlan,
    /// It is a state.
    #[error("this is a state, not a plan")]
    StateInstead,
    /// Its format is newer than what is known here.
    #[error("this major version of the format is not known, only 0 and 1 are")]
    Version,
    /// The state file has another version than 4.
    #[error("this is no state file of version 4")]
    StateVersion,
    /// It holds nothing that a schema holds.
    #[error("this is no document of provider schemas")]
    NotASchema,
    /// A member has another type.
    #[error("expected {expected}")]
    Shape {
        /// What was expected there.
        expected: &'static str,
    },
}

impl PlanErrorKind {
    /// What to do about it.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::NotAPlan => "hand over what `show -json PLANFILE` prints (not the stream of `plan -json`)",
            Self::StateInstead => "make a plan with `-out=PLANFILE` and hand over what `show -json PLANFILE` prints",
            Self::Version => "print the plan with an engine of the same age as this library, or update the library",
            Self::StateVersion => "hand over the file as `state pull` prints it (`show -json` is another format)",
            Self::NotASchema => "hand over what `providers schema -json` prints",
            Self::Shape { .. } => "has the document been edited or cut?",
        }
    }
}

/// A part of a plan that could not be read. The rest was, and what hangs on that part is UNKNOWN.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PlanProblem {
    /// Which document: `plan`, `state` or `schema`.
    pub document: &'static str,
    /// Where in it, as an RFC 6901 pointer.
    pub pointer: String,
    /// A stable name for the problem.
    pub code: &'static str,
    /// What is wrong.
    pub message: &'static str,
    /// What to do about it.
    pub help: &'static str,
}

impl fmt::Display for PlanProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}; {}", self.document, place(&self.pointer), self.message, self.help)
    }
}

fn place(pointer: &str) -> String {
    if pointer.is_empty() { "the root".to_owned() } else { format!("`{pointer}`") }
}
