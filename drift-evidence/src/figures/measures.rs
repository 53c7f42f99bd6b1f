//! `Measures`: what tells whether it gets better.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use drift_model::DriftClass;
use serde::Serialize;

use super::distinct::Distinct;
use super::executive::{Group, age, groups};
use super::reading::Reading;
use super::spread::{Share, Spread, count};
use super::week::Week;

/// What is worth measuring (seeds S1.7).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Measures {
    /// How many resources drifted in the week of the reading.
    pub this_week: Weekly,
    /// How many resources drifted in each week in which any did: those that were detected then, or again.
    pub per_week: Vec<Weekly>,
    /// How many times drift of each class was detected, or detected again.
    pub detections: Vec<Detections>,
    /// How long drift was there before it was detected, of all times that a finding was there.
    pub persistence_before_detection: Spread,
    /// Manual changes that Git says now, of all manual changes.
    pub backfilled: Share,
    /// Manual changes that were put back, of all manual changes.
    pub reverted: Share,
    /// Manual changes that are still there.
    pub manual_open: u64,
    /// Emergency changes that are still there, or went without Git ever saying them.
    pub emergency_not_backfilled: u64,
    /// Findings of unauthorized changes that are open, of all of them.
    pub unauthorized_open: Share,
    /// Manual changes that are open for longer than the sync interval, by environment. The goal is none in production.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub older_than_sync_interval: Option<Vec<Group>>,
}

/// How many times drift of a class was detected.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Detections {
    /// The class.
    pub drift_class: DriftClass,
    /// How many times.
    pub times: u64,
}

/// How many resources drifted in a week. Prints as `2026-W27: 1 resource`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Weekly {
    /// The week.
    pub week: Week,
    /// How many resources.
    pub resources: u64,
}

impl fmt::Display for Weekly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.week, self.resources, if self.resources == 1 { "resource" } else { "resources" })
    }
}

impl Measures {
    pub(super) fn read(findings: &[Distinct<'_>], reading: &Reading<'_>) -> Self {
        let episodes = || findings.iter().flat_map(|finding| &finding.episodes);
        let manual = || episodes().filter(|episode| episode.is_manual());
        let unauthorized = || {
            let class = DriftClass::UnauthorizedRuntimeDrift;
            findings.iter().filter(move |finding| finding.case.drift_class == class)
        };
        let per_week = per_week(findings);
        let week = Week::of(reading.now);
        Self {
            this_week: per_week
                .iter()
                .copied()
                .find(|weekly| weekly.week == week)
                .unwrap_or(Weekly { week, resources: 0 }),
            per_week,
            detections: DriftClass::ALL
                .iter()
                .map(|class| Detections {
                    drift_class: *class,
                    times: count(episodes().filter(|episode| episode.drift_class == *class)),
                })
                .collect(),
            persistence_before_detection: Spread::of(episodes().map(|episode| episode.to_detect)),
            backfilled: Share::of(count(manual().filter(|episode| episode.is_backfilled())), count(manual())),
            reverted: Share::of(count(manual().filter(|episode| episode.is_reverted())), count(manual())),
            manual_open: count(manual().filter(|episode| episode.to_reconcile.is_none())),
            emergency_not_backfilled: count(
                episodes()
                    .filter(|episode| episode.drift_class == DriftClass::EmergencyDrift && !episode.is_backfilled()),
            ),
            unauthorized_open: Share::of(
                count(unauthorized().filter(|finding| finding.is_open())),
                count(unauthorized()),
            ),
            older_than_sync_interval: reading.sync_interval.map(|interval| {
                let older = |finding: &&Distinct<'_>| {
                    finding.is_open() && finding.case.is_manual() && age(finding, reading) > interval
                };
                let older: Vec<_> = findings.iter().filter(older).collect();
                groups(&older, |finding| finding.case.environment.as_deref())
            }),
        }
    }
}

fn per_week(findings: &[Distinct<'_>]) -> Vec<Weekly> {
    let mut weeks = BTreeMap::<Week, BTreeSet<_>>::new();
    for finding in findings {
        for episode in &finding.episodes {
            weeks.entry(Week::of(episode.detected_at)).or_default().insert(finding.resource());
        }
    }
    weeks.into_iter().map(|(week, resources)| Weekly { week, resources: count(&resources) }).collect()
}
