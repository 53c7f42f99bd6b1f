//! The one place that knows how the engine is built and asked.

use drift_model::{AssessmentReport, Digest, Facts, Observation, UnknownReason, Verdict};
use serde_json::Value;

use super::input::Located;
use super::problem::Problem;

/// A policy document as it is read, before it is checked.
pub type Tree = Value;

/// The engine, compiled from a policy.
#[derive(Debug)]
pub struct Engine {
    policy_digest: Digest,
}

impl Engine {
    /// Compiles the shipped policy, with the given documents in place of or beside what they replace.
    ///
    /// Warnings are answered beside the engine.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the documents.
    #[expect(clippy::unnecessary_wraps, reason = "until documents are checked here")]
    pub fn compile(documents: Vec<Located<Tree>>) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        drop(documents);
        Ok((Self { policy_digest: Digest::of(b"") }, Vec::new()))
    }

    /// Assesses one resource.
    #[must_use]
    pub fn assess(&self, observation: &Observation, _facts: &Facts) -> AssessmentReport {
        let mut report = AssessmentReport::new(
            &observation.id,
            observation.resource.clone(),
            Verdict::Unknown,
            observation.planes.existence(),
            self.policy_digest,
        );
        report.unit.clone_from(&observation.unit);
        report.reason = Some(observation.planes.unknown().unwrap_or(UnknownReason::NotObserved));
        report
    }

    /// What names the policy in answers.
    #[must_use]
    pub const fn policy_digest(&self) -> &Digest {
        &self.policy_digest
    }
}
