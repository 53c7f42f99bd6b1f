//! `Outcome`: what the engine says of a scenario, held against what is expected.

use std::fmt;
use std::sync::Arc;

use drift_model::{
    Change, Disposition, Existence, Facts, Finding, Observation, Observed, PlaneState, Planes, ResourceRef, Secrets,
    Verdict,
};

use super::scenario::Expectation;
use crate::assessment::findings;
use crate::engine::Engine;
use crate::route::Routed;
use crate::seen::Seen;

/// What the engine says of a scenario.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The answer in one word.
    pub verdict: Verdict,
    /// The findings, the riskiest first, each with who hears of it.
    pub findings: Vec<(Finding, Routed)>,
}

/// Something that is not as expected. It prints as a diff of two lines under its field.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// The field of `expect`.
    pub field: &'static str,
    /// What is expected.
    pub expected: String,
    /// What the engine says.
    pub actual: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {}\n    - {}\n    + {}", self.field, self.expected, self.actual)
    }
}

impl Outcome {
    pub(super) fn of_observation(engine: &Engine, observation: &Observation, facts: &Facts) -> Self {
        let assessment = engine.assess(observation, facts);
        let findings = assessment.findings().iter().cloned().zip(assessment.routes()).collect();
        Self { verdict: assessment.verdict(), findings }
    }

    pub(super) fn of_changes(
        engine: &Engine,
        resource: &ResourceRef,
        existence: Existence,
        changes: &[Change],
        facts: &Facts,
    ) -> Self {
        let nothing = || PlaneState::new(Observed::NotKept);
        let observation = Observation::new("given", resource.clone(), Planes::new(nothing(), nothing()));
        let secrets = Arc::new(Secrets::default());
        let partial = changes.iter().any(|change| change.disposition == Disposition::Undetermined);
        let seen = changes.iter().map(Seen::Written);
        let findings = findings(engine, &observation, facts, existence, partial, seen, &mut || Arc::clone(&secrets));
        let routed = |finding: &Finding| engine.route_of(&observation, facts, finding);
        let findings = findings.into_iter().map(|finding| (finding.clone(), routed(&finding))).collect();
        Self { verdict: verdict(changes), findings }
    }
}

/// The verdict of changes, as a comparison has it.
fn verdict(changes: &[Change]) -> Verdict {
    let any = |wanted: Disposition| changes.iter().any(|change| change.disposition == wanted);
    if changes.iter().any(Change::is_drift) {
        Verdict::Drifted
    } else if any(Disposition::Undetermined) {
        Verdict::Unknown
    } else if any(Disposition::Pending) {
        Verdict::Pending
    } else {
        Verdict::InSync
    }
}

impl Expectation {
    /// What is not as expected, and how it was decided. Of several findings it is about the one of the class that is
    /// expected; without one, about a finding that is as expected, or else about the riskiest.
    pub(super) fn check(&self, outcome: &Outcome) -> (Vec<Failure>, String) {
        let all = outcome.findings.iter();
        let of_class = all.clone().find(|(finding, _)| Some(finding.drift_class) == self.class);
        let fitting = || all.clone().find(|found| self.compare(outcome, Some(found)).is_empty());
        let found = of_class.or_else(fitting).or_else(|| outcome.findings.first());
        let steps = found.into_iter().flat_map(|(finding, _)| &finding.trace);
        let decided_by: Vec<String> = steps
            .map(|step| match step.missing.as_slice() {
                [] => format!("{} `{}`", step.table, step.rule),
                missing => format!("{} `{}` (not known: {})", step.table, step.rule, missing.join(", ")),
            })
            .collect();
        (self.compare(outcome, found), decided_by.join(", "))
    }

    fn compare(&self, outcome: &Outcome, found: Option<&(Finding, Routed)>) -> Vec<Failure> {
        let finding = found.map(|(finding, _)| finding);
        let mut failures = Vec::new();
        let mut same = |field: &'static str, expected: Option<String>, actual: Option<String>| {
            let Some(expected) = expected else { return };
            if actual.as_ref() != Some(&expected) {
                let actual = actual.unwrap_or_else(|| "no finding".to_owned());
                failures.push(Failure { field, expected, actual });
            }
        };
        same("verdict", self.verdict.map(text), Some(outcome.verdict.to_string()));
        same("class", self.class.map(text), finding.map(|finding| text(finding.drift_class)));
        same("risk", self.risk.map(text), finding.map(|finding| text(finding.risk)));
        same("domain", self.domain.clone(), finding.map(|finding| finding.domain.clone()));
        same("action", self.action.map(text), finding.map(|finding| text(finding.actions.action)));
        let recommended = finding.map(|finding| finding.recommended_action.clone());
        same("recommend", self.recommend.map(text), recommended);
        let allowed = finding.map(|finding| text(finding.auto_heal_allowed));
        same("autoHealAllowed", self.auto_heal_allowed.map(text), allowed);
        let decided = finding.and_then(|finding| finding.trace.iter().find(|step| step.table == "decision"));
        same("rule", self.rule.clone(), decided.map(|step| step.rule.clone()));
        let within = |finding: &Finding| finding.reconcile_within.map_or_else(|| "nothing".to_owned(), text);
        same("reconcileWithin", self.reconcile_within.map(text), finding.map(within));
        let obligations =
            finding.map(|finding| finding.actions.obligations.iter().copied().map(text).collect::<Vec<_>>());
        let expected = self.obligations.as_ref().map(|all| all.iter().copied().map(text).collect::<Vec<_>>());
        failures.extend(listed("obligations", expected.as_deref(), obligations.as_deref()));
        let approvers = finding.map(|finding| finding.approvers.as_slice());
        failures.extend(listed("approvers", self.approvers.as_deref(), approvers));
        let gates = finding.map(|finding| finding.auto_heal.refused_by.as_slice());
        failures.extend(listed("refusedBy", self.refused_by.as_deref(), gates));
        let told = found.map(|(_, routed)| routed.notify.as_slice());
        failures.extend(listed("routes", self.routes.as_deref(), told));
        failures
    }
}

/// Everything that is named must be there; an empty list says that nothing is.
fn listed(field: &'static str, expected: Option<&[String]>, actual: Option<&[String]>) -> Option<Failure> {
    let expected = expected?;
    let there = match actual {
        Some(actual) if expected.is_empty() => actual.is_empty(),
        Some(actual) => expected.iter().all(|name| actual.contains(name)),
        None => false,
    };
    let words = |names: &[String]| if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    let actual = || actual.map_or_else(|| "no finding".to_owned(), words);
    (!there).then(|| Failure { field, expected: words(expected), actual: actual() })
}

fn text(value: impl Copy + fmt::Display) -> String {
    value.to_string()
}
