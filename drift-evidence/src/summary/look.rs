//! `Look`: one look at one resource by one detector, whatever it found.

use std::collections::BTreeMap;

use drift_model::{
    AssessmentReport, Disposition, FieldPath, Method, ResourceRef, Step, Timestamp, UnknownReason, Verdict,
};
use serde::{Deserialize, Serialize};

use super::Row;

/// One look at one resource: what the assessment of an observation says, and what is known of the look beside it.
///
/// ```
/// use drift_evidence::{Figures, Look, Reading, Summary};
/// use drift_model::{AssessmentReport, Digest, Existence, Method, Verdict};
///
/// let report = |verdict| {
///     let resource = "ConfigMap/prod/app".parse().unwrap();
///     AssessmentReport::new("obs-1", resource, verdict, Existence::Managed, Digest::of(b"policy"))
/// };
/// let (before, after) = ("2026-07-03T10:00:00Z".parse()?, "2026-07-03T11:00:00Z".parse()?);
/// let mut summary = Summary::default();
/// summary.add_look(Look::of(&report(Verdict::Unknown), Some(Method::GitopsDiff), after));
/// summary.add_look(Look::of(&report(Verdict::InSync), Some(Method::GitopsDiff), before));
///
/// // It was clean an hour ago; now it is not known, and nothing turns that green.
/// let looks = Figures::read(&summary, &Reading::at(after)).platform.looks.expect("it was told of looks");
/// assert_eq!((looks.resources, looks.in_sync, looks.unknown), (1, 0, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Look(LookRow);

impl Look {
    /// What the assessment of an observation, made by this detector at this time, says.
    #[must_use]
    pub fn of(report: &AssessmentReport, method: Option<Method>, observed_at: Timestamp) -> Self {
        let known = Known { at: observed_at, provider: None, excuses: excuses(report) };
        Self(LookRow {
            resource: report.resource.to_string(),
            unit: report.unit.clone(),
            method,
            last: Latest { at: observed_at, verdict: report.verdict, reason: report.reason },
            known: (report.verdict != Verdict::Unknown).then_some(known),
            reconciled_at: report.last_reconciliation,
        })
    }

    /// The same, read through this version of a provider or controller: `aws 6.2.0`.
    #[must_use]
    pub fn through(mut self, provider: &str) -> Self {
        if let Some(known) = &mut self.0.known {
            known.provider = Some(provider.to_owned());
        }
        self
    }

    pub(super) fn into_row(self) -> LookRow {
        self.0
    }
}

/// The row of a resource and a detector.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LookRow {
    pub(crate) resource: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<Method>,
    pub(crate) last: Latest,
    /// The last look that knew something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) known: Option<Known>,
    /// The last successful reconciliation that any look told of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reconciled_at: Option<Timestamp>,
}

/// The last look. The order is that of time; of two looks at one moment the worse news hold.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Latest {
    pub(crate) at: Timestamp,
    pub(crate) verdict: Verdict,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<UnknownReason>,
}

/// The last look that knew something. The order is that of time, and the rest makes it total.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Known {
    pub(crate) at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) provider: Option<String>,
    /// What excused changes there, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) excuses: Vec<Excuse>,
}

/// How many changes something excused.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Excuse {
    pub(crate) disposition: Disposition,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
    /// The field, with `*` for every item of a list, where the assessment lists it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<String>,
    pub(crate) count: u64,
}

impl LookRow {
    /// A run that failed. Nothing is known from it.
    pub(super) fn failed(
        resource: &ResourceRef,
        unit: Option<&str>,
        method: Option<Method>,
        reason: UnknownReason,
        at: Timestamp,
    ) -> Self {
        let last = Latest { at, verdict: Verdict::Unknown, reason: Some(reason) };
        Self {
            resource: resource.to_string(),
            unit: unit.map(str::to_owned),
            method,
            last,
            known: None,
            reconciled_at: None,
        }
    }
}

impl Row for LookRow {
    type Name = (Option<String>, String, Option<Method>);

    fn name(&self) -> Self::Name {
        (self.unit.clone(), self.resource.clone(), self.method)
    }

    fn join(self, other: Self) -> Self {
        Self {
            last: self.last.max(other.last),
            known: self.known.max(other.known),
            reconciled_at: self.reconciled_at.max(other.reconciled_at),
            ..self
        }
    }
}

impl Ord for Latest {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let order = |look: &Self| (look.at, bleakness(look.verdict), look.reason);
        order(self).cmp(&order(other))
    }
}

impl PartialOrd for Latest {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Drift is worse news than what is not known, and that is worse than the rest: as for a whole stack, nothing turns it green.
const fn bleakness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::InSync => 0,
        Verdict::Pending => 1,
        Verdict::Unknown => 2,
        Verdict::Drifted => 3,
    }
}

/// What the provider read otherwise, and what rules say to ignore. What controllers own is theirs, and no noise.
fn excuses(report: &AssessmentReport) -> Vec<Excuse> {
    let counts = |disposition| matches!(disposition, Disposition::Equivalent | Disposition::Ignored);
    let listed = report.changes.iter().filter(|change| counts(change.disposition));
    let listed = listed.map(|change| {
        let field = (change.disposition == Disposition::Ignored).then(|| field(&change.path));
        ((change.disposition, change.rule.clone(), field), 1)
    });
    let counted = report.excused.iter().filter(|excused| counts(excused.disposition));
    let counted = counted.map(|excused| ((excused.disposition, excused.rule.clone(), None), excused.count));
    let mut sums = BTreeMap::<_, u64>::new();
    for (excuse, count) in listed.chain(counted) {
        let sum = sums.entry(excuse).or_default();
        *sum = sum.saturating_add(count);
    }
    let excuse = |((disposition, rule, field), count)| Excuse { disposition, rule, field, count };
    sums.into_iter().map(excuse).collect()
}

/// The path with `*` for the items of lists: the same field of every container is one field.
fn field(path: &FieldPath) -> String {
    let steps = path.steps().iter().map(|step| match step {
        Step::Field(name) => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
        Step::Key(_) | Step::Item(_) | Step::Index(_) => "/*".to_owned(),
    });
    steps.collect()
}
