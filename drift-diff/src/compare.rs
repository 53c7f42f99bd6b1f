//! `Comparer`: the rules of a platform, compiled, asked with one observation at a time.

use drift_model::{Existence, Facts, Observation, Verdict};

use crate::delta::Delta;
use crate::rules::{EquivalenceRule, IgnoreRule, Named, OwnershipRule};

/// The rules of a platform, compiled. Immutable; asked with one observation at a time.
#[derive(Clone, Debug, Default)]
pub struct Comparer {}

/// What a [`Comparer`] is made of.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "made with `..Rules::default()`")]
pub struct Rules {
    /// Who owns which paths.
    pub ownership: Vec<Named<OwnershipRule>>,
    /// When two values mean the same.
    pub equivalences: Vec<Named<EquivalenceRule>>,
    /// What is left aside.
    pub ignores: Vec<Named<IgnoreRule>>,
}

/// A rule that cannot be compiled.
#[derive(Clone, Debug, thiserror::Error)]
#[error("rule `{rule}`: {message}")]
#[non_exhaustive]
pub struct RuleError {
    /// The name of the rule's document.
    pub rule: String,
    /// Where in its `spec`, as a JSON Pointer.
    pub pointer: String,
    /// A stable name for the error.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl Comparer {
    /// Compiles rules, together with what the library knows of each system by itself.
    ///
    /// # Errors
    ///
    /// Every rule that cannot be compiled, in order.
    pub fn compile(rules: &Rules) -> Result<Self, Vec<RuleError>> {
        let _ = rules;
        Ok(Self {})
    }

    /// Compares the planes of one resource. Cannot fail.
    #[must_use]
    pub fn compare<'a>(&'a self, observation: &'a Observation, facts: &Facts) -> Delta<'a> {
        let _ = (observation, facts);
        Delta {
            existence: Existence::Undetermined,
            verdict: Verdict::Unknown,
            reason: None,
            partial: false,
            changes: Vec::new(),
        }
    }
}
