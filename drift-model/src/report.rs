//! `AssessmentReport`: the answer for one resource, as it is written out.

use serde::{Deserialize, Serialize};

use crate::change::{Change, Disposition};
use crate::digest::Digest;
use crate::facts::{HealthStatus, SyncStatus};
use crate::finding::Finding;
use crate::plane::UnknownReason;
use crate::redact::Secrets;
use crate::relation::Existence;
use crate::resource::ResourceRef;
use crate::source::OptOut;
use crate::texts::redact;
use crate::time::Timestamp;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// The answer in one word.
    pub enum Verdict as "verdict" {
        /// A change is drift.
        Drifted = "DRIFTED",
        /// A plane or an owned field is unknown, and nothing that is known is drift.
        Unknown = "UNKNOWN",
        /// Git moved on, and is not applied yet.
        Pending = "PENDING",
        /// Nothing differs, or all that differs is excused.
        InSync = "IN_SYNC",
    }
}

/// The answer for one resource: one line out for each line in.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AssessmentReport {
    /// The id of the observation.
    pub id: String,
    /// The resource.
    pub resource: ResourceRef,
    /// The registered unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The answer in one word.
    pub verdict: Verdict,
    /// Why it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<UnknownReason>,
    /// In a person's words, why it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Drifted, and something else is unknown besides.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// Which planes hold the resource.
    pub existence: Existence,
    /// The revisions that were compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revisions: Option<Revisions>,
    /// What the GitOps controller says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync: Option<SyncStatus>,
    /// Its health.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthStatus>,
    /// The last successful reconciliation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_reconciliation: Option<Timestamp>,
    /// Why the controller cannot converge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cannot_converge: Option<String>,
    /// What the live object tells controllers to leave alone: reported, and not obeyed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opt_outs: Vec<OptOut>,
    /// Every path on which the planes differ, excused or not, sorted by path.
    pub changes: Vec<Change>,
    /// How many changes were left out of the list because something excuses them, by what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excused: Vec<Excused>,
    /// One finding for each class of drift.
    pub findings: Vec<Finding>,
    /// The digest of everything that decided.
    pub policy_digest: Digest,
}

impl AssessmentReport {
    /// A report without changes.
    #[must_use]
    pub fn new(id: &str, resource: ResourceRef, verdict: Verdict, existence: Existence, policy_digest: Digest) -> Self {
        Self {
            id: id.to_owned(),
            resource,
            unit: None,
            verdict,
            reason: None,
            detail: None,
            partial: false,
            existence,
            revisions: None,
            sync: None,
            health: None,
            last_reconciliation: None,
            cannot_converge: None,
            opt_outs: Vec::new(),
            changes: Vec::new(),
            excused: Vec::new(),
            findings: Vec::new(),
            policy_digest,
        }
    }

    /// Masks every text that holds one of the secrets, findings aside: those are [masked](Finding::redact) by themselves.
    pub fn redact(&mut self, secrets: &Secrets) {
        redact(self, secrets);
    }

    /// The same with the excused changes counted instead of listed.
    #[must_use]
    pub fn summarized(mut self) -> Self {
        let mut excused: Vec<Excused> = Vec::new();
        self.changes.retain(|change| {
            let by = match change.disposition {
                Disposition::Drift | Disposition::Undetermined | Disposition::Pending => return true,
                Disposition::Undeclared if change.counted => return true,
                Disposition::Undeclared => {
                    Excused { disposition: change.disposition, rule: None, owner: None, count: 1 }
                }
                Disposition::Equivalent | Disposition::Ignored => {
                    Excused { disposition: change.disposition, rule: change.rule.clone(), owner: None, count: 1 }
                }
                Disposition::OwnedBy => {
                    let owner = change.owner_name.clone().unwrap_or_else(|| change.owner.word().to_owned());
                    Excused { disposition: change.disposition, rule: None, owner: Some(owner), count: 1 }
                }
            };
            match excused.iter_mut().find(|known| known.is_of(&by)) {
                Some(known) => known.count = known.count.saturating_add(1),
                None => excused.push(by),
            }
            false
        });
        excused.sort();
        self.excused = excused;
        self
    }
}

/// The revisions that were compared.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Revisions {
    /// The revision of the desired plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired: Option<String>,
    /// The revision of the actual plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<String>,
}

impl Revisions {
    /// The revisions, if either is known.
    #[must_use]
    pub fn of(desired: Option<&str>, observed: Option<&str>) -> Option<Self> {
        (desired.is_some() || observed.is_some())
            .then(|| Self { desired: desired.map(str::to_owned), observed: observed.map(str::to_owned) })
    }
}

/// How many changes one thing excuses.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Excused {
    /// What kind of excuse.
    pub disposition: Disposition,
    /// The rule that excuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The owner that excuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// How many.
    pub count: u64,
}

impl Excused {
    fn is_of(&self, other: &Self) -> bool {
        self.disposition == other.disposition && self.rule == other.rule && self.owner == other.owner
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChangeKind, OwnerKind, Relation};

    #[test]
    fn law_4_nothing_vanishes_what_is_excused_stays_counted() {
        let resource = ResourceRef::kubernetes("", "v1", "ConfigMap", "prod", "app");
        let mut report =
            AssessmentReport::new("obs-1", resource, Verdict::InSync, Existence::Managed, Digest::of(b"policy"));
        for (path, disposition) in [
            ("/a", Disposition::OwnedBy),
            ("/b", Disposition::OwnedBy),
            ("/c", Disposition::Drift),
            ("/d", Disposition::Undeclared),
        ] {
            let mut change = Change::new(path.parse().unwrap(), ChangeKind::Changed, Relation::Differs, disposition);
            change.owner = OwnerKind::Runtime;
            report.changes.push(change);
        }
        let summarized = report.clone().summarized();
        assert_eq!(summarized.changes.len(), 1);
        let counted: u64 = summarized.excused.iter().map(|excused| excused.count).sum();
        assert_eq!(counted, 3);
        assert_eq!(
            serde_json::to_string(&summarized.excused).unwrap(),
            r#"[{"disposition":"OWNED_BY","owner":"RUNTIME","count":2},{"disposition":"UNDECLARED","count":1}]"#
        );
    }
}
