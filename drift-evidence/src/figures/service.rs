//! `Service`: the view of one who owns services.

use std::collections::{BTreeMap, BTreeSet};

use drift_model::{Action, Risk, Span, Timestamp};
use serde::Serialize;

use super::distinct::Distinct;
use super::reading::Reading;
use super::spread::{count, one_more};
use crate::artifact::ArtifactKind;
use crate::summary::{Summary, Told};

/// What one owner has to do (seeds S0.21.3).
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Service {
    /// The accountable team. Left out for what nobody is known to own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Open findings.
    pub open: u64,
    /// Those of risk CRITICAL.
    pub critical: u64,
    /// The resources that have them.
    pub resources: u64,
    /// What is recommended, of the open findings.
    pub required_actions: Vec<Required>,
    /// Open findings whose time to reconcile is up.
    pub overdue: u64,
    /// Open findings for which a pull request is open, or was merged and has not shown yet.
    pub pull_requests: u64,
    /// The exceptions that it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exceptions: Option<Exceptions>,
    /// When something of it was last seen to be as declared again: a case that is gone, or what a look at a resource of a unit
    /// or of a finding of this owner tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_reconciliation: Option<Timestamp>,
}

/// What is recommended for open findings.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Required {
    /// The decision by name.
    pub recommended_action: String,
    /// For how many findings.
    pub findings: u64,
}

/// How exceptions stand.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Exceptions {
    /// They hold.
    pub active: u64,
    /// They hold, and expire soon.
    pub expiring_soon: u64,
    /// They hold no longer.
    pub expired: u64,
}

impl Service {
    /// Every owner that has a finding or an exception, by name.
    pub(super) fn read(summary: &Summary, findings: &[Distinct<'_>], reading: &Reading<'_>) -> Vec<Self> {
        let mut of_owner = BTreeMap::<Option<&str>, Vec<&Distinct<'_>>>::new();
        for finding in findings {
            of_owner.entry(finding.case.owner.as_deref()).or_default().push(finding);
        }
        for exception in summary.exceptions() {
            of_owner.entry(exception.owner.as_deref()).or_default();
        }
        let reconciled = reconciled(summary, findings, reading);
        let service = |(owner, findings): (Option<&str>, Vec<&Distinct<'_>>)| {
            let mut service = Self::of(&findings, reading);
            service.owner = owner.map(str::to_owned);
            service.last_reconciliation = reconciled.get(&owner).copied();
            service.exceptions = summary.told().contains(&Told::Exceptions).then(|| {
                let mine = summary.exceptions().filter(|exception| exception.owner.as_deref() == owner);
                Exceptions::of(mine.map(|exception| exception.expires), reading)
            });
            service
        };
        of_owner.into_iter().map(service).collect()
    }

    fn of(findings: &[&Distinct<'_>], reading: &Reading<'_>) -> Self {
        let open = || findings.iter().filter(|finding| finding.is_open());
        let mut required = BTreeMap::<&str, u64>::new();
        for finding in open() {
            one_more(required.entry(&finding.case.recommended_action).or_default());
        }
        let resources: BTreeSet<_> = open().map(|finding| finding.resource()).collect();
        let required_actions =
            required.into_iter().map(|(action, findings)| Required { recommended_action: action.to_owned(), findings });
        Self {
            owner: None,
            open: count(open()),
            critical: count(open().filter(|finding| finding.case.risk == Risk::Critical)),
            resources: count(&resources),
            required_actions: required_actions.collect(),
            overdue: count(open().filter(|finding| finding.case.reconcile_by.is_some_and(|by| by < reading.now))),
            pull_requests: count(open().filter(|finding| has_pull_request(finding))),
            exceptions: None,
            last_reconciliation: None,
        }
    }
}

impl Exceptions {
    pub(super) fn of(expirations: impl Iterator<Item = Timestamp>, reading: &Reading<'_>) -> Self {
        let mut exceptions = Self::default();
        for expires in expirations {
            if expires <= reading.now {
                one_more(&mut exceptions.expired);
            } else {
                one_more(&mut exceptions.active);
                if expires.since(reading.now) <= reading.soon {
                    one_more(&mut exceptions.expiring_soon);
                }
            }
        }
        exceptions
    }
}

pub(crate) fn has_pull_request(finding: &Distinct<'_>) -> bool {
    finding.case.current().is_some_and(|episode| {
        episode.done.contains(&Action::GitUpdatePr) || episode.artifacts.contains(&ArtifactKind::PullRequest)
    })
}

/// When something of each owner was last seen to be as declared again.
fn reconciled<'f>(
    summary: &'f Summary,
    findings: &'f [Distinct<'f>],
    reading: &'f Reading<'_>,
) -> BTreeMap<Option<&'f str>, Timestamp> {
    let mut last = BTreeMap::<Option<&str>, Timestamp>::new();
    let mut see = |owner, at: Timestamp| {
        last.entry(owner).and_modify(|last| *last = at.max(*last)).or_insert(at);
    };
    let mut owners = BTreeMap::new();
    for finding in findings {
        let owner = finding.case.owner.as_deref();
        owners.insert(finding.resource(), owner);
        let gone = |seconds, from: Timestamp| from.plus(Span::from_seconds(seconds));
        for episode in &finding.episodes {
            if let Some(at) = episode.to_reconcile.and_then(|seconds| gone(seconds, episode.detected_at)) {
                see(owner, at);
            }
        }
    }
    for look in summary.looks() {
        let unit = look.unit.as_ref();
        let registered = unit.zip(reading.units).and_then(|(unit, units)| units.get(unit));
        let found = || owners.get(&(unit.map(String::as_str), look.resource.as_str())).copied();
        let owner = registered.map(|unit| Some(unit.owner.as_str())).or_else(found);
        if let (Some(owner), Some(at)) = (owner, look.reconciled_at) {
            see(owner, at);
        }
    }
    last
}
