//! The one place that knows how the engine is built and asked.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use drift_diff::{Excuses, Relations, Rules, Schema};
use drift_model::{Action, AssessmentReport, Digest, Facts, Method, Observation};
pub use drift_policy::Tree;
use drift_policy::{Authored, Contract, Diagnostic, Diagnostics, Policy, Severity};

use crate::console::input::Located;
use crate::console::problem::Problem;

/// The engine, compiled from a policy.
#[derive(Debug)]
pub struct Engine {
    contract: Contract,
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
        let places = places(&documents);
        let (policy, found, whole) = match Policy::read(documents.clone()) {
            Ok((policy, found)) if all_were_read => (policy, found, true),
            Ok((_, found)) | Err(found) => (what_remains(documents), found, false),
        };
        let contract = Contract::new()
            .owner("unowned")
            .source_of_truth("unstated")
            .observed_by(Method::ALL.iter().copied())
            .diffed_by(Rules::default())
            .decided_by(policy)
            .may(Action::ALL.iter().copied())
            .evidence_in("evidence://assess");
        let engine = drift_policy::Engine::compile(contract.clone()).map_err(|found| problems(&found, &places))?;
        let mut said = problems(&found, &places);
        if !whole {
            let text = "documents with errors are left out, and no machine heals by what remains";
            said.push(
                Problem::new("policy", text).help("mend them; a table that is left out is the shipped one").warning(),
            );
        }
        Ok((Self { contract, engine }, said))
    }

    /// The same engine, which knows the shapes of more documents.
    ///
    /// # Errors
    ///
    /// None that the engine did not have before: a schema decides nothing.
    pub fn knowing(&self, schema: Schema) -> Result<Self, Vec<Problem>> {
        let contract = self.contract.clone().diffed_by(Rules { schema, ..Rules::default() });
        let engine =
            drift_policy::Engine::compile(contract.clone()).map_err(|found| problems(&found, &BTreeMap::new()))?;
        Ok(Self { contract, engine })
    }

    /// Assesses one resource.
    #[must_use]
    pub fn assess(&self, observation: &Observation, facts: &Facts) -> AssessmentReport {
        self.engine.assess(observation, facts).report()
    }

    /// Assesses one resource that stands among others, which explain some of its differences.
    #[must_use]
    pub fn assess_among(&self, observation: &Observation, facts: &Facts, excuses: &Excuses<'_>) -> AssessmentReport {
        self.engine.assess_among(observation, facts, excuses).report()
    }

    /// What names the policy in answers.
    #[must_use]
    pub const fn policy_digest(&self) -> Digest {
        self.engine.digest()
    }
}

/// What resources of one run explain of each other.
static RELATIONS: LazyLock<Relations> = LazyLock::new(Relations::shipped);

/// What in each of these resources is explained by the others.
pub(super) fn excuses(observations: &[Observation]) -> Vec<Excuses<'static>> {
    RELATIONS.excuses(observations)
}

/// The policy of those documents that are right by themselves and together, without any that lets a machine heal.
fn what_remains(documents: Vec<Authored>) -> Policy {
    let right = |document: &Authored| {
        Policy::read(vec![document.clone()]).is_ok_and(|(policy, _)| policy.heal_policies().is_empty())
    };
    let right: Vec<Authored> = documents.into_iter().filter(right).collect();
    Policy::read(right).map_or_else(|_| Policy::shipped(), |(policy, _)| policy)
}

/// The place of each document, by its name; several where documents share one.
fn places(documents: &[Authored]) -> BTreeMap<String, String> {
    let mut places: BTreeMap<String, String> = BTreeMap::new();
    for document in documents {
        let name = document.content.get("metadata").and_then(|metadata| metadata.get("name"));
        if let Some(Tree::Text(name)) = name {
            let place = places.entry(name.clone()).or_default();
            let comma = if place.is_empty() { "" } else { ", " };
            place.extend([comma, document.document.as_str()]);
        }
    }
    places
}

fn problems(found: &Diagnostics, places: &BTreeMap<String, String>) -> Vec<Problem> {
    found.iter().map(|found| problem(found, places)).collect()
}

fn problem(found: &Diagnostic, places: &BTreeMap<String, String>) -> Problem {
    let document = match places.get(&found.document) {
        Some(place) => format!("{place}: {}", found.document),
        None => found.document.clone(),
    };
    let place = match found.pointer.as_str() {
        "" => document,
        pointer => format!("{document} {pointer}"),
    };
    let problem = Problem::new(place, format!("{} [{}]", found.message, found.code));
    let problem = match &found.help {
        Some(help) => problem.help(help),
        None => problem,
    };
    if found.severity == Severity::Warning { problem.warning() } else { problem }
}
