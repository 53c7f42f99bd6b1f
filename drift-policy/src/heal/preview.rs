//! The preview: what healing would do to a resource, before anything does it (seeds S2.4).

use std::fmt;

use drift_model::{Change, Disposition, DriftClass, Facts, Finding, Observation, OwnerKind};
use serde::Serialize;

use crate::engine::Engine;

/// What healing would do to a resource.
///
/// A machine that reverts reverts whole objects. So the preview says not only which fields a machine may put back alone, but
/// also what else an apply of the desired state would overwrite: changes that somebody made by hand in an emergency, and
/// drift that a person should look at first.
///
/// Secret values are masked, as they are in every change.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HealPreview {
    /// The resource, as people write it.
    pub resource: String,
    /// May a machine revert the resource alone: is there something to revert, and nothing that it may not touch?
    pub allowed: bool,
    /// Fields that a machine may put back to what Git declares.
    pub reverted: Vec<Change>,
    /// Emergency changes that an apply of the desired state would overwrite.
    pub emergency: Vec<Overwritten>,
    /// Other drift that an apply would overwrite, and that a machine may not touch alone.
    pub overwritten: Vec<Overwritten>,
    /// Differences that stay as they are, each with what excuses it: an owner, a rule, or that Git says nothing.
    pub untouched: Vec<Untouched>,
}

/// Changes that an apply would overwrite, with the gates that keep a machine from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Overwritten {
    /// What kind of drift it is.
    pub drift_class: DriftClass,
    /// Who made it, where exactly one actor is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The gates that refuse.
    pub refused_by: Vec<String>,
    /// The changes.
    pub changes: Vec<Change>,
}

/// A difference that stays.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Untouched {
    /// Why: `EQUIVALENT`, `OWNED_BY`, `IGNORED` …
    pub disposition: Disposition,
    /// The owner or the rule, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Where, by key.
    pub path: drift_model::FieldPath,
}

impl Engine {
    /// What healing would do to a resource. It decides nothing: it is [`assess`](Self::assess), asked from the other side.
    ///
    /// ```
    /// # use drift_diff::Rules;
    /// # use drift_model::{Action, Facts, Method, Observation};
    /// # use drift_policy::{Contract, Engine, Policy};
    /// # let contract = Contract::new()
    /// #     .owner("platform").source_of_truth("git://shop/infra").observed_by([Method::GitopsDiff])
    /// #     .diffed_by(Rules::default()).decided_by(Policy::shipped()).may(Action::ALL.iter().copied())
    /// #     .evidence_in("s3://evidence/drift");
    /// let engine = Engine::compile(contract)?;
    /// let observation = Observation::from_json(r#"{
    ///     "id": "obs-1",
    ///     "resource": {"system": "KUBERNETES", "group": "apps", "version": "v1", "kind": "Deployment", "namespace": "prod", "name": "web"},
    ///     "planes": {"desired": {"status": "PRESENT", "document": {"spec": {"paused": false}}},
    ///                "actual": {"status": "PRESENT", "document": {"spec": {"paused": true}}}},
    ///     "facts": {"incident": "OPEN", "actors": [{"kind": "HUMAN", "id": "ana@example.com"}]}
    /// }"#)?;
    /// let preview = engine.preview_heal(&observation, &Facts::default());
    /// assert!(!preview.allowed);
    /// assert_eq!(preview.to_string(), "\
    /// Deployment/prod/web: a machine may not revert this alone
    ///   would overwrite the emergency change of ana@example.com: /spec/paused
    ///     refused by decision-denies, not-a-revert, unknown-facts, desired-not-fresh, not-reversible, freeze, suspended, incident, no-auto-heal-policy");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn preview_heal(&self, observation: &Observation, facts: &Facts) -> HealPreview {
        let assessment = self.assess(observation, facts);
        let report = assessment.report();
        let (mut reverted, mut emergency, mut overwritten) = (Vec::new(), Vec::new(), Vec::new());
        for finding in report.findings.iter().filter(|finding| finding.changes.iter().any(is_overwritten)) {
            let changes = finding.changes.iter().filter(|change| is_overwritten(change)).cloned();
            if finding.auto_heal_allowed {
                reverted.extend(changes);
            } else if finding.drift_class == DriftClass::EmergencyDrift {
                emergency.push(Overwritten::of(finding, changes.collect()));
            } else {
                overwritten.push(Overwritten::of(finding, changes.collect()));
            }
        }
        reverted.sort_by(|a, b| a.path.cmp(&b.path));
        let untouched = report.changes.iter().filter(|change| !is_overwritten(change)).map(Untouched::of).collect();
        HealPreview {
            resource: observation.resource.to_string(),
            allowed: !reverted.is_empty() && emergency.is_empty() && overwritten.is_empty(),
            reverted,
            emergency,
            overwritten,
            untouched,
        }
    }
}

/// Would an apply of the desired state change it? What is drift, and what waits for an apply anyway.
const fn is_overwritten(change: &Change) -> bool {
    change.is_drift() || matches!(change.disposition, Disposition::Pending)
}

impl Overwritten {
    fn of(finding: &Finding, changes: Vec<Change>) -> Self {
        Self {
            drift_class: finding.drift_class,
            actor: finding.audit_correlation.as_ref().map(|correlation| correlation.actor.clone()),
            refused_by: finding.auto_heal.refused_by.clone(),
            changes,
        }
    }
}

impl Untouched {
    fn of(change: &Change) -> Self {
        let owner = || match (&change.owner_name, change.owner) {
            (Some(name), _) => Some(name.clone()),
            (None, OwnerKind::Unclaimed) => None,
            (None, owner) => Some(owner.to_string()),
        };
        let by = match change.disposition {
            Disposition::Equivalent | Disposition::Ignored => change.rule.clone(),
            Disposition::OwnedBy => owner(),
            Disposition::Undetermined | Disposition::Pending | Disposition::Undeclared | Disposition::Drift => None,
        };
        Self { disposition: change.disposition, by, path: change.path.clone() }
    }
}

/// Paths as a line lists them; the root is a whole resource.
fn paths(changes: &[Change]) -> String {
    let path = |change: &Change| match change.path.to_string() {
        path if path.is_empty() => "the whole resource".to_owned(),
        path => path,
    };
    changes.iter().map(path).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for HealPreview {
    /// For people: what a machine may put back, what an apply would overwrite and why a machine may not, what stays.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nothing = self.reverted.is_empty() && self.emergency.is_empty() && self.overwritten.is_empty();
        let answer = match (nothing, self.allowed) {
            (true, _) => "there is nothing to revert",
            (false, true) => "a machine may revert this alone",
            (false, false) => "a machine may not revert this alone",
        };
        write!(f, "{}: {answer}", self.resource)?;
        if !self.reverted.is_empty() {
            write!(f, "\n  would put back {}", paths(&self.reverted))?;
        }
        for change in &self.emergency {
            let actor = change.actor.as_deref().unwrap_or("somebody");
            write!(f, "\n  would overwrite the emergency change of {actor}: {}", paths(&change.changes))?;
            write!(f, "\n    refused by {}", change.refused_by.join(", "))?;
        }
        for change in &self.overwritten {
            write!(f, "\n  would overwrite {}: {}", change.drift_class, paths(&change.changes))?;
            write!(f, "\n    refused by {}", change.refused_by.join(", "))?;
        }
        for stays in &self.untouched {
            let path = stays.path.to_string();
            let path = if path.is_empty() { "the whole resource" } else { &path };
            write!(f, "\n  leaves {path}: {}", stays.disposition)?;
            if let Some(by) = &stays.by {
                write!(f, " {by}")?;
            }
        }
        Ok(())
    }
}
