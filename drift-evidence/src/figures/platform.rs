//! `Platform`: the view of those who run the detectors.

mod looks;
mod noise;

use std::collections::BTreeMap;

use drift_model::{DriftClass, DriftManagedUnit, Freshness, Method, Risk, Span, Timestamp, UnknownReason, Verdict};
use serde::Serialize;

pub use self::looks::Looks;
pub use self::noise::{Ignored, Noise};
use super::distinct::Distinct;
use super::executive::age;
use super::reading::Reading;
use super::spread::{count, one_more};
use super::{Listed, is_locked};
use crate::summary::{LookRow, Summary, Told};

/// How well the detectors run (seeds S0.21.2).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Platform {
    /// What the last look at each resource said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looks: Option<Looks>,
    /// Registered units of which nothing was known for longer than they allow, those unknown for longest first. No result is not
    /// no drift: a look that failed is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_units: Option<Listed<StaleUnit>>,
    /// Detectors whose last look at a resource knows nothing, those that failed last first. A ledger does not tell that a failed
    /// look was made up for by one that found nothing; looks do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_jobs: Option<Listed<FailedJob>>,
    /// Why they know nothing, by reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_because: Option<BTreeMap<UnknownReason, u64>>,
    /// How many of them found somebody else at work: an apply that was running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_contention: Option<u64>,
    /// Versions of providers that spell what they read otherwise than Git does, the noisiest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noisy_providers: Option<Listed<Noise>>,
    /// Fields that ignore rules cover, those with most changes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_ignored_fields: Option<Listed<Ignored>>,
    /// Open findings, the oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_unresolved: Option<Listed<Unresolved>>,
    /// What machines did alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_heal: Option<Heals>,
}

/// A unit of which nothing was known for too long.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StaleUnit {
    /// The unit.
    pub unit: String,
    /// The accountable team.
    pub owner: String,
    /// When something was known of it last, if ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_known: Option<Timestamp>,
}

/// A detector whose last look at a resource knows nothing.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FailedJob {
    /// What it was to look at.
    pub resource: String,
    /// The unit, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Which detector, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Why nothing is known, if it is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<UnknownReason>,
    /// When it looked.
    pub at: Timestamp,
    /// When it knew something last, if ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_known: Option<Timestamp>,
}

/// An open finding.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Unresolved {
    /// The id of its record.
    pub record_id: String,
    /// The resource.
    pub resource_ref: String,
    /// The unit, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The accountable team, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The class.
    pub drift_class: DriftClass,
    /// How much it matters.
    pub risk: Risk,
    /// For how long it is known.
    pub age: Span,
}

/// What machines did alone, and what kept them from it.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Heals {
    /// How many times one tried.
    pub attempts: u64,
    /// How many times it went well.
    pub succeeded: u64,
    /// How many times it did not.
    pub failed: u64,
    /// Findings, open or not, that each gate refused, by gate. One finding may be refused by several.
    pub refused: Vec<Refused>,
}

/// What a gate refused.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Refused {
    /// The gate.
    pub gate: String,
    /// How many findings.
    pub findings: u64,
}

impl Platform {
    pub(super) fn read(summary: &Summary, findings: Option<&[Distinct<'_>]>, reading: &Reading<'_>) -> Self {
        let looked = summary.told().contains(&Told::Looks);
        let failures = looked || summary.told().contains(&Told::Failures);
        let failed = || summary.looks().filter(|look| look.last.verdict == Verdict::Unknown);
        let in_flight = |look: &&LookRow| look.last.reason.is_some_and(is_locked);
        Self {
            looks: looked.then(|| Looks::of(summary)),
            stale_units: reading
                .units
                .filter(|_| looked)
                .map(|units| Listed::of(stale(summary, units, reading.now), reading.top)),
            failed_jobs: failures.then(|| Listed::of(jobs(failed()), reading.top)),
            failed_because: failures.then(|| because(failed())),
            lock_contention: failures.then(|| count(failed().filter(in_flight))),
            noisy_providers: noise::providers(summary).map(|noise| Listed::of(noise, reading.top)),
            top_ignored_fields: looked.then(|| Listed::of(noise::ignored(summary), reading.top)),
            longest_unresolved: findings.map(|findings| Listed::of(unresolved(findings, reading), reading.top)),
            auto_heal: findings.map(Heals::of),
        }
    }
}

fn stale(summary: &Summary, units: &BTreeMap<String, DriftManagedUnit>, now: Timestamp) -> Vec<StaleUnit> {
    let mut known = BTreeMap::<&str, Timestamp>::new();
    for look in summary.looks() {
        if let (Some(unit), Some(look)) = (&look.unit, &look.known) {
            known.entry(unit).and_modify(|last| *last = look.at.max(*last)).or_insert(look.at);
        }
    }
    let stale = units.iter().filter_map(|(name, unit)| {
        let last_known = known.get(name.as_str()).copied();
        (unit.freshness(last_known, now) == Freshness::Stale).then(|| StaleUnit {
            unit: name.clone(),
            owner: unit.owner.clone(),
            last_known,
        })
    });
    let mut stale: Vec<_> = stale.collect();
    stale.sort_by(|a, b| (a.last_known, &a.unit).cmp(&(b.last_known, &b.unit)));
    stale
}

fn jobs<'s>(failed: impl Iterator<Item = &'s LookRow>) -> Vec<FailedJob> {
    let job = |look: &LookRow| FailedJob {
        resource: look.resource.clone(),
        unit: look.unit.clone(),
        method: look.method,
        reason: look.last.reason,
        at: look.last.at,
        last_known: look.known.as_ref().map(|known| known.at),
    };
    let mut jobs: Vec<_> = failed.map(job).collect();
    // The rows come by name, and stay so where the time is the same.
    jobs.sort_by_key(|job| std::cmp::Reverse(job.at));
    jobs
}

fn because<'s>(failed: impl Iterator<Item = &'s LookRow>) -> BTreeMap<UnknownReason, u64> {
    let mut because = BTreeMap::new();
    for look in failed {
        one_more(because.entry(look.last.reason.unwrap_or(UnknownReason::NotObserved)).or_default());
    }
    because
}

fn unresolved(findings: &[Distinct<'_>], reading: &Reading<'_>) -> Vec<Unresolved> {
    let open = findings.iter().filter(|finding| finding.is_open()).map(|finding| Unresolved {
        record_id: finding.case.record_id.clone(),
        resource_ref: finding.case.resource_ref.clone(),
        unit: finding.unit.map(str::to_owned),
        owner: finding.case.owner.clone(),
        drift_class: finding.case.drift_class,
        risk: finding.case.risk,
        age: age(finding, reading),
    });
    let mut open: Vec<_> = open.collect();
    open.sort_by(|a, b| b.age.cmp(&a.age).then_with(|| (&a.record_id, &a.unit).cmp(&(&b.record_id, &b.unit))));
    open
}

impl Heals {
    fn of(findings: &[Distinct<'_>]) -> Self {
        let mut heals = Self::default();
        let mut gates = BTreeMap::<&str, u64>::new();
        for finding in findings {
            for episode in &finding.episodes {
                heals.succeeded = heals.succeeded.saturating_add(episode.healed);
                heals.failed = heals.failed.saturating_add(episode.heal_failed);
            }
            for gate in &finding.case.refused_by {
                one_more(gates.entry(gate).or_default());
            }
        }
        heals.attempts = heals.succeeded.saturating_add(heals.failed);
        let refused = |(gate, findings): (&str, u64)| Refused { gate: gate.to_owned(), findings };
        heals.refused = gates.into_iter().map(refused).collect();
        heals
    }
}
