//! `Executive`: the view of those who steer.

use std::collections::{BTreeMap, BTreeSet};

use drift_model::{Digest, DriftClass, Risk, Span};
use serde::Serialize;

use super::distinct::Distinct;
use super::reading::{Burn, Reading};
use super::spread::{Share, Spread, count, one_more};

/// How much drift there is, and how long it takes (seeds S0.21.1). Findings and resources that are open are meant where it says
/// nothing else.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Executive {
    /// Open findings.
    pub open: u64,
    /// Open findings of risk CRITICAL.
    pub open_critical: u64,
    /// From detection until a class was on record, of all times that a finding was there.
    pub time_to_classify: Spread,
    /// From detection until a look showed it gone, of all times that a finding was there.
    pub time_to_reconcile: Spread,
    /// By environment.
    pub by_environment: Vec<Group>,
    /// By the label of the taxonomy.
    pub by_domain: Vec<Group>,
    /// By accountable team.
    pub by_owner: Vec<Group>,
    /// By class.
    pub by_class: Vec<Group>,
    /// By risk.
    pub by_risk: Vec<Group>,
    /// For how long they are known.
    pub age: Spread,
    /// By age.
    pub ages: Vec<AgeBucket>,
    /// How the drift budgets stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_burn: Option<Vec<ReportedBurn>>,
    /// Causes that were there more than once, the most frequent first.
    pub recurring: super::Listed<Recurring>,
}

/// The open findings that have something in common.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Group {
    /// What they have in common. Left out where they have in common that it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many findings.
    pub findings: u64,
    /// On how many resources.
    pub resources: u64,
}

/// The open findings that are no older than this, and older than the bucket before.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AgeBucket {
    /// How old, at most. The last bucket has no bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to: Option<Span>,
    /// How many.
    pub findings: u64,
}

/// How a budget stands, with the share that keeps it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ReportedBurn {
    /// As it was measured.
    pub burn: Burn,
    /// What part breaks it, of those that can be told.
    pub broken: Share,
}

/// A cause that was there more than once.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Recurring {
    /// The same for the same cause on different resources.
    pub cause_fingerprint: Digest,
    /// The class it had last.
    pub drift_class: DriftClass,
    /// How many times a finding of it was there.
    pub times: u64,
    /// On how many resources.
    pub resources: u64,
    /// How many of the findings are open.
    pub open: u64,
}

impl Executive {
    pub(super) fn read(findings: &[Distinct<'_>], reading: &Reading<'_>) -> Self {
        let open: Vec<&Distinct<'_>> = findings.iter().filter(|finding| finding.is_open()).collect();
        let age = Spread::of(open.iter().map(|finding| Some(age(finding, reading).seconds())));
        let episodes = || findings.iter().flat_map(|finding| &finding.episodes);
        Self {
            open: count(&open),
            open_critical: count(open.iter().filter(|finding| finding.case.risk == Risk::Critical)),
            time_to_classify: Spread::of(episodes().map(|episode| episode.to_classify)),
            time_to_reconcile: Spread::of(episodes().map(|episode| episode.to_reconcile)),
            by_environment: groups(&open, |finding| finding.case.environment.as_deref()),
            by_domain: groups(&open, |finding| Some(&finding.case.domain)),
            by_owner: groups(&open, |finding| finding.case.owner.as_deref()),
            by_class: groups(&open, |finding| Some(finding.case.drift_class.word())),
            by_risk: groups(&open, |finding| Some(finding.case.risk.word())),
            ages: ages(&age),
            age,
            budget_burn: reading.burn.map(|burn| burn.iter().map(ReportedBurn::of).collect()),
            recurring: super::Listed::of(recurring(findings), reading.top),
        }
    }
}

impl ReportedBurn {
    fn of(burn: &Burn) -> Self {
        Self { broken: Share::of(burn.broken, burn.broken.saturating_add(burn.kept)), burn: burn.clone() }
    }
}

/// The findings by what they have in common, those of which it is not known first, then by name.
pub(super) fn groups<'f>(
    findings: &[&Distinct<'f>],
    name: impl for<'d> Fn(&'d Distinct<'f>) -> Option<&'d str>,
) -> Vec<Group> {
    let mut groups = BTreeMap::<Option<String>, (u64, BTreeSet<_>)>::new();
    for finding in findings {
        let (count, resources) = groups.entry(name(finding).map(str::to_owned)).or_default();
        one_more(count);
        resources.insert(finding.resource());
    }
    let group = |(name, (findings, resources))| Group { name, findings, resources: count(&resources) };
    groups.into_iter().map(group).collect()
}

fn ages(age: &Spread) -> Vec<AgeBucket> {
    let at_most = age.at_most.iter().map(|(bound, count)| (Some(*bound), *count)).chain([(None, age.count)]);
    let below = [0].into_iter().chain(age.at_most.iter().map(|(_, count)| *count));
    at_most
        .zip(below)
        .map(|((up_to, count), below)| AgeBucket { up_to, findings: count.saturating_sub(below) })
        .collect()
}

/// For how long the finding is known, this time.
pub(super) fn age(finding: &Distinct<'_>, reading: &Reading<'_>) -> Span {
    reading.now.since(finding.since)
}

fn recurring(findings: &[Distinct<'_>]) -> Vec<Recurring> {
    let mut causes = BTreeMap::<Digest, Vec<&Distinct<'_>>>::new();
    for finding in findings {
        causes.entry(finding.case.cause_fingerprint).or_default().push(finding);
    }
    let recurring = causes.into_iter().filter_map(|(cause_fingerprint, findings)| {
        let latest = findings.iter().max_by_key(|finding| finding.case)?;
        let times = count(findings.iter().flat_map(|finding| &finding.episodes));
        let resources: BTreeSet<_> = findings.iter().map(|finding| finding.resource()).collect();
        (times > 1).then(|| Recurring {
            cause_fingerprint,
            drift_class: latest.case.drift_class,
            times,
            resources: count(&resources),
            open: count(findings.iter().filter(|finding| finding.is_open())),
        })
    });
    let mut recurring: Vec<_> = recurring.collect();
    recurring.sort_by_key(|cause| (std::cmp::Reverse(cause.times), cause.cause_fingerprint));
    recurring
}
