//! `UnitProblem`: what is wrong with a unit of the registry.

use std::fmt;

/// What is wrong with a unit of the registry.
///
/// It quotes from the registry only, which people write, and never from what was observed.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct UnitProblem {
    /// A stable name for the problem, for machines.
    pub code: &'static str,
    /// Can the unit be used in spite of it?
    pub warning: bool,
    /// Where in the unit, as a JSON Pointer (RFC 6901).
    pub pointer: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl UnitProblem {
    pub(super) fn error(code: &'static str, pointer: &'static str, message: String, help: &str) -> Self {
        Self { code, warning: false, pointer, message, help: help.to_owned() }
    }

    pub(super) fn warning(code: &'static str, pointer: &'static str, message: String, help: &str) -> Self {
        Self { warning: true, ..Self::error(code, pointer, message, help) }
    }
}

impl fmt::Display for UnitProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.warning { "warning" } else { "error" };
        write!(f, "{severity}[{}] {}: {}\n  help: {}", self.code, self.pointer, self.message, self.help)
    }
}
