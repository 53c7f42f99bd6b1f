//! `Assessment`: the answer for one resource, borrowed from what was asked.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use drift_diff::{Delta, FieldChange};
use drift_model::source::OptOut;
use drift_model::{
    AssessmentReport, DriftClass, Existence, Facts, FieldPath, Finding, MASK, Observation, Revisions, Secrets, Step,
    UnknownReason, Verdict,
};

use crate::engine::Engine;
use crate::finding::{Judged, finding};
use crate::route::Routed;
use crate::seen::Seen;

/// The answer for one resource.
///
/// Decided is on what is known; said is nothing that quotes a secret of the documents, whoever it comes from.
#[derive(Clone)]
pub struct Assessment<'a> {
    engine: &'a Engine,
    observation: &'a Observation,
    facts: Cow<'a, Facts>,
    delta: Delta<'a>,
    findings: Vec<Finding>,
    /// The secrets of the observation, if they were needed already.
    secrets: Option<Arc<Secrets>>,
}

impl fmt::Debug for Assessment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Assessment").field(&self.report()).finish()
    }
}

impl<'a> Assessment<'a> {
    pub(crate) fn new(
        engine: &'a Engine,
        observation: &'a Observation,
        facts: Cow<'a, Facts>,
        mut delta: Delta<'a>,
    ) -> Self {
        let mut secrets = None;
        let mut secrets_of = || Arc::clone(secrets.get_or_insert_with(|| Arc::new(observation.secrets())));
        for name in delta.changes.iter_mut().filter_map(|change| change.owner_name.as_mut()) {
            if secrets_of().are_in(name) {
                *name = MASK;
            }
        }
        let (existence, partial) = (delta.existence, delta.partial);
        let changes = delta.changes.iter().map(Seen::Found);
        let findings = findings(engine, observation, &facts, existence, partial, changes, &mut secrets_of);
        Self { engine, observation, facts, delta, findings, secrets }
    }

    /// The answer in one word.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        self.delta.verdict
    }

    /// Why the verdict is UNKNOWN.
    #[must_use]
    pub const fn reason(&self) -> Option<UnknownReason> {
        self.delta.reason
    }

    /// Which planes hold the resource.
    #[must_use]
    pub const fn existence(&self) -> Existence {
        self.delta.existence
    }

    /// Everything on which the planes differ, excused or not, sorted by path.
    #[must_use]
    pub fn changes(&self) -> &[FieldChange<'a>] {
        &self.delta.changes
    }

    /// One finding for each class of drift, the riskiest first.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Who hears of each finding, in the order of the findings, by all that is known of the resource.
    #[must_use]
    pub fn routes(&self) -> Vec<Routed> {
        let route = |finding| self.engine.route_of(self.observation, &self.facts, finding);
        self.findings.iter().map(route).collect()
    }

    /// What the live object tells controllers to leave alone. An opt-out is reported and excuses nothing: whoever may edit the
    /// object may write it.
    #[must_use]
    pub fn opt_outs(&self) -> Vec<OptOut> {
        let live = self.observation.planes.actual.observed.present();
        live.filter(|_| self.observation.resource.system.is_kubernetes())
            .map(|document| OptOut::of_live(document.value()))
            .unwrap_or_default()
    }

    /// The answer as it is written out.
    #[must_use]
    pub fn report(&self) -> AssessmentReport {
        let observation = self.observation;
        let mut report = AssessmentReport::new(
            &observation.id,
            observation.resource.clone(),
            self.delta.verdict,
            self.delta.existence,
            self.engine.digest(),
        );
        let planes = &observation.planes;
        report.unit.clone_from(&observation.unit);
        report.reason = self.delta.reason;
        report.detail = self.detail();
        report.partial = self.delta.partial;
        report.revisions = Revisions::of(planes.desired.revision.as_deref(), planes.actual.revision.as_deref());
        report.sync = self.facts.sync.known().copied();
        report.health = self.facts.health.known().copied();
        report.last_reconciliation = self.facts.last_reconciled_at.known().copied();
        report.cannot_converge = self.facts.reconcile.known().and_then(|reconcile| reconcile.reason.clone());
        report.opt_outs = self.opt_outs();
        report.changes = self.delta.changes.iter().map(FieldChange::to_change).collect();
        match &self.secrets {
            Some(secrets) => report.redact(secrets),
            // The owners of changes were looked at when they were found; what else is said is most often nothing.
            None if report.detail.is_none() && report.revisions.is_none() && report.cannot_converge.is_none() => {}
            None => report.redact(&observation.secrets()),
        }
        report.findings.clone_from(&self.findings);
        report
    }

    fn detail(&self) -> Option<String> {
        let planes = &self.observation.planes;
        let unknown = |plane: &&drift_model::PlaneState| plane.known().unknown().is_some();
        self.delta.reason?;
        [&planes.actual, &planes.desired, &planes.recorded].into_iter().find(unknown)?.detail.clone()
    }
}

/// Judges every change that is drift, is pending, or would be drift if nothing excused it, and gathers them by class.
pub(crate) fn findings<'a>(
    engine: &'a Engine,
    observation: &'a Observation,
    facts: &'a Facts,
    existence: Existence,
    partial: bool,
    changes: impl Iterator<Item = Seen<'a>>,
    secrets: &mut impl FnMut() -> Arc<Secrets>,
) -> Vec<Finding> {
    if existence == Existence::Undetermined {
        return Vec::new();
    }
    let mut by_class: BTreeMap<DriftClass, Vec<Judged<'_>>> = BTreeMap::new();
    for change in changes.filter(|change| change.is_worth_a_finding()) {
        let judged = Judged::new(engine, observation, facts, existence, change);
        by_class.entry(judged.class).or_default().push(judged);
    }
    let mut findings: Vec<Finding> = by_class
        .into_values()
        .filter_map(|judged| finding(engine, observation, facts, &secrets(), partial, &judged))
        .collect();
    findings.sort_by(|a, b| (b.risk, a.drift_class).cmp(&(a.risk, b.drift_class)));
    findings
}

/// The path with every list item left open: the same for the same change of different resources.
pub(crate) fn generalized(path: &FieldPath) -> String {
    path.steps()
        .iter()
        .map(|step| match step {
            Step::Field(_) => format!("/{step}"),
            Step::Key(_) | Step::Item(_) | Step::Index(_) => "/*".to_owned(),
        })
        .collect()
}
