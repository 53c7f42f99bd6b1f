//! The join of a delivery with its source.

use super::super::status::Age;
use super::{FluxObject, FluxRef, HelmRelease, Kustomization, Source};
use crate::facts::{
    Fact, Facts, Freshness, HealthStatus, Reconcile, ReconcileState, SourceStatus, SourceStep, Suspension, SyncStatus,
    YesNo,
};
use crate::time::{Span, Timestamp};

/// What delivers: a Kustomization or a HelmRelease.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "these two apply; the other objects of Flux do not")]
pub enum Delivery<'a> {
    /// Manifests.
    Kustomization(&'a Kustomization),
    /// A chart.
    HelmRelease(&'a HelmRelease),
}

impl<'a> From<&'a Kustomization> for Delivery<'a> {
    fn from(kustomization: &'a Kustomization) -> Self {
        Self::Kustomization(kustomization)
    }
}

impl<'a> From<&'a HelmRelease> for Delivery<'a> {
    fn from(release: &'a HelmRelease) -> Self {
        Self::HelmRelease(release)
    }
}

/// What a delivery and its source say together, at `now`. What is proven to be older than `window` is stale.
///
/// Without a source, or with another than the delivery names, `source` lacks `fetched`, and so is never OK as a whole.
#[must_use]
pub fn graph<'a>(delivery: impl Into<Delivery<'a>>, source: Option<&Source>, now: Timestamp, window: Span) -> Facts {
    let delivery = delivery.into();
    let source = source.filter(|source| delivery.source().is_some_and(|named| named.means(&source.object)));
    let object = delivery.object();
    let mut facts = Facts::at(now);
    facts.suspended = suspension(object, source);
    // What a suspended object says held when it was last looked at, and nobody knows what holds now.
    let last_run = delivery.last_run();
    let age = match (object.may_be_suspended(), last_run) {
        (false, _) => Age::of(last_run, now, window),
        (true, Some(at)) if at <= now => Age::Since(at),
        (true, _) => Age::Untold,
    };
    let level = if object.may_be_suspended() { age } else { delivery.level(age) };
    facts.sync = age.fact(delivery.sync());
    facts.health = level.fact(delivery.health());
    facts.source = level.fact(joined(delivery.steps(), source));
    let reconcile = object.reconcile();
    facts.reconcile = match &reconcile {
        // Where nothing was tried since, a failure is still the last that is known.
        Some(failed) if !object.may_be_suspended() && is_failure(failed) => Fact::from(failed.clone()),
        _ => level.fact(reconcile),
    };
    if let Fact::Known(reconcile) = &mut facts.reconcile {
        reconcile.attempts = delivery.failures();
    }
    (facts.desired_freshness, facts.actual_freshness) = delivery.freshness(age, source);
    if let Some(at) = delivery.applied_at() {
        facts.last_applied_at = at.into();
    }
    if let (Some(Ok(_)), Some(at)) = (object.ready(), last_run.filter(|at| *at <= now)) {
        facts.last_reconciled_at = at.into();
    }
    facts
}

fn is_failure(reconcile: &Reconcile) -> bool {
    match reconcile.state {
        ReconcileState::Failed | ReconcileState::Stalled => true,
        ReconcileState::Succeeded | ReconcileState::InProgress | ReconcileState::Retrying => false,
    }
}

/// The steps of the delivery with the one that is the source's.
fn joined(steps: Option<SourceStatus>, source: Option<&Source>) -> Option<SourceStatus> {
    let fetched = source.and_then(Source::fetched);
    match steps {
        Some(steps) => {
            let fetched = steps.fetched.or(fetched);
            Some(SourceStatus { fetched, ..steps })
        }
        None => fetched.map(|step| SourceStatus { fetched: Some(step), ..SourceStatus::default() }),
    }
}

/// A delivery whose source is paused is paused too: it goes on applying what is old.
fn suspension(object: &FluxObject, source: Option<&Source>) -> Fact<Suspension> {
    let mine = object.suspension();
    if mine.as_ref().is_some_and(|mine| mine.state == YesNo::Yes) {
        return mine.map_or(Fact::Unknown, Fact::Known);
    }
    let theirs = source.map(|source| source.object.suspension());
    match theirs {
        Some(Some(theirs)) if theirs.state == YesNo::Yes => Fact::Known(theirs),
        Some(None) => Fact::Unknown,
        Some(Some(_)) | None => mine.map_or(Fact::Unknown, Fact::Known),
    }
}

impl<'a> Delivery<'a> {
    fn object(&self) -> &'a FluxObject {
        match self {
            Self::Kustomization(it) => &it.object,
            Self::HelmRelease(it) => &it.object,
        }
    }

    fn source(&self) -> Option<&'a FluxRef> {
        match self {
            Self::Kustomization(it) => it.source.as_ref(),
            Self::HelmRelease(it) => it.source.as_ref(),
        }
    }

    fn steps(&self) -> Option<SourceStatus> {
        match self {
            Self::Kustomization(it) => it.steps(),
            Self::HelmRelease(it) => it.steps(),
        }
    }

    fn sync(&self) -> Option<SyncStatus> {
        match self {
            Self::Kustomization(it) => it.sync(),
            Self::HelmRelease(it) => it.sync(),
        }
    }

    /// Health is what it awaited.
    fn health(&self) -> Option<HealthStatus> {
        match self.steps()?.observed? {
            SourceStep::Ok => Some(HealthStatus::Healthy),
            SourceStep::Failed => Some(HealthStatus::Degraded),
        }
    }

    fn last_run(&self) -> Option<Timestamp> {
        match self {
            Self::Kustomization(it) => it.last_run(),
            Self::HelmRelease(it) => it.last_run(),
        }
    }

    /// The age of what conditions say. Those of a HelmRelease stay while nothing changes, and are not old for that.
    fn level(&self, age: Age) -> Age {
        match (self, age) {
            (Self::HelmRelease(_), Age::Since(_)) => Age::Fresh,
            (Self::Kustomization(_) | Self::HelmRelease(_), age) => age,
        }
    }

    fn failures(&self) -> Option<u64> {
        match self {
            Self::Kustomization(_) => None,
            Self::HelmRelease(it) => it.failures,
        }
    }

    fn applied_at(&self) -> Option<Timestamp> {
        match self {
            Self::Kustomization(it) => it.sync().and(it.last_run()),
            Self::HelmRelease(it) => it.deployed_at,
        }
    }

    /// Are the desired and the actual plane current? Only a Kustomization tells when it looked.
    fn freshness(&self, age: Age, source: Option<&Source>) -> (Fact<Freshness>, Fact<Freshness>) {
        let Self::Kustomization(it) = self else { return (Fact::Unknown, Fact::Unknown) };
        if it.object.may_be_suspended() {
            return (Fact::Unknown, Fact::Unknown);
        }
        let actual = match age {
            Age::Fresh if it.sync().is_some() => Fact::Known(Freshness::Fresh),
            Age::Since(_) => Fact::Known(Freshness::Stale),
            Age::Fresh | Age::Untold => Fact::Unknown,
        };
        let fetched = source.and_then(Source::fetched);
        let desired = match (fetched, source.and_then(|source| source.revision.as_ref())) {
            (Some(SourceStep::Ok), Some(revision)) => {
                if it.attempted_revision.as_ref() == Some(revision) {
                    actual.clone()
                } else {
                    Fact::Known(Freshness::Stale)
                }
            }
            _ => Fact::Unknown,
        };
        (desired, actual)
    }
}
