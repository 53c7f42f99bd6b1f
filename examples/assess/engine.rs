//! The one place that knows how the engine is built and asked.

use drift_diff::Rules;
use drift_model::{Action, AssessmentReport, Digest, Facts, Method, Observation};
pub use drift_policy::Tree;
use drift_policy::{Authored, Contract, Diagnostic, Diagnostics, Policy, Severity};

use super::input::Located;
use super::problem::Problem;

/// The engine, compiled from a policy.
#[derive(Debug)]
pub struct Engine {
    engine: drift_policy::Engine,
}

impl Engine {
    /// Compiles the shipped policy, with the given documents in place of or beside what they replace.
    ///
    /// A document with an error is left out, and then (or where not all were read) no machine heals anything: what remains
    /// is not the policy that was meant. Everything that is wrong is answered beside the engine.
    ///
    /// # Errors
    ///
    /// What is wrong with the contract itself, of which this program has only one.
    pub fn compile(documents: Vec<Located<Tree>>, all_were_read: bool) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let documents: Vec<Authored> =
            documents.into_iter().map(|located| Authored::new(located.place, located.content)).collect();
        let (policy, found) = match Policy::read(documents.clone()) {
            Ok(read) if all_were_read => read,
            Ok((_, found)) | Err(found) => (what_remains(documents), found),
        };
        let contract = Contract::new()
            .owner("unowned")
            .source_of_truth("unstated")
            .observed_by(Method::ALL.iter().copied())
            .diffed_by(Rules::default())
            .decided_by(policy)
            .may(Action::ALL.iter().copied())
            .evidence_in("evidence://assess");
        let engine = drift_policy::Engine::compile(contract).map_err(|found| problems(&found))?;
        Ok((Self { engine }, problems(&found)))
    }

    /// Assesses one resource.
    #[must_use]
    pub fn assess(&self, observation: &Observation, facts: &Facts) -> AssessmentReport {
        self.engine.assess(observation, facts).report()
    }

    /// What names the policy in answers.
    #[must_use]
    pub const fn policy_digest(&self) -> Digest {
        self.engine.digest()
    }
}

/// The policy of those documents that are right by themselves and together, without any that lets a machine heal.
fn what_remains(documents: Vec<Authored>) -> Policy {
    let right = |document: &Authored| {
        Policy::read(vec![document.clone()]).is_ok_and(|(policy, _)| policy.heal_policies().is_empty())
    };
    let right: Vec<Authored> = documents.into_iter().filter(right).collect();
    Policy::read(right).map_or_else(|_| Policy::shipped(), |(policy, _)| policy)
}

fn problems(found: &Diagnostics) -> Vec<Problem> {
    found.iter().map(problem).collect()
}

fn problem(found: &Diagnostic) -> Problem {
    let place = match found.pointer.as_str() {
        "" => found.document.clone(),
        pointer => format!("{} {pointer}", found.document),
    };
    let problem = Problem::new(place, format!("{} [{}]", found.message, found.code));
    let problem = match &found.help {
        Some(help) => problem.help(help),
        None => problem,
    };
    if found.severity == Severity::Warning { problem.warning() } else { problem }
}
