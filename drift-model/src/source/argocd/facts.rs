//! What an Application says, as facts.

use super::super::status::{Age, Setting};
use super::words::{AppHealth, AppSync, ConditionKind, Phase, SyncResult};
use super::{AppResource, Application, Operation};
use crate::facts::{Fact, Facts, Freshness, Reconcile, ReconcileState, SourceStatus, SourceStep, SyncStatus};
use crate::resource::ResourceRef;
use crate::time::{Span, Timestamp};

/// How the message of a ComparisonError begins when it was Git's side that failed.
const TARGET_FAILED: &str = "Failed to load target state";

impl Application {
    /// What the Application says of itself, at `now`. A comparison older than `window` is stale.
    #[must_use]
    pub fn facts(&self, now: Timestamp, window: Span) -> Facts {
        let mut facts = self.shared_facts(now, window);
        let age = self.age(now, window);
        // A resource that could not be compared makes the whole uncertain, whatever the sum says.
        let whole = self.sync == Some(AppSync::OutOfSync) || !self.resources.iter().any(AppResource::is_uncertain);
        facts.sync = age.fact(self.comparison().filter(|_| whole));
        facts.health = age.fact(self.health.and_then(AppHealth::status));
        facts
    }

    /// What it says of one of its resources. Nothing, if the resource is not among them: sync and health of the
    /// Application as a whole are not those of a resource.
    #[must_use]
    pub fn facts_for(&self, resource: &ResourceRef, now: Timestamp, window: Span) -> Facts {
        let mut entries = self.resources.iter().filter(|entry| entry.is(resource));
        let Some(first) = entries.next() else { return Facts::at(now) };
        let others: Vec<&AppResource> = entries.collect();
        let sync = first.sync.filter(|_| others.iter().all(|other| other.sync == first.sync));
        let health = first.health.filter(|_| others.iter().all(|other| other.health == first.health));
        let mut facts = self.shared_facts(now, window);
        let age = self.age(now, window);
        facts.sync = age.fact(sync.and_then(AppSync::status).filter(|_| self.comparison().is_some()));
        facts.health = age.fact(health.and_then(AppHealth::status));
        facts
    }

    /// What holds of the Application and of each of its resources alike.
    fn shared_facts(&self, now: Timestamp, window: Span) -> Facts {
        let mut facts = Facts::at(now);
        let age = self.age(now, window);
        if let Some(error) = self.error() {
            let frozen = if self.skipped == Setting::Absent || self.skipped == Setting::Off { Age::Fresh } else { age };
            facts.source = frozen.fact(self.failed_source(error));
            facts.reconcile = frozen.fact(Some(self.failed_reconcile(error)));
        } else {
            facts.source = age.fact(self.source());
            facts.reconcile = age.fact(self.reconcile());
        }
        if let Some(suspension) = self.suspension() {
            facts.suspended = suspension.into();
        }
        let freshness = match age {
            Age::Fresh if self.comparison().is_some() => Fact::Known(Freshness::Fresh),
            Age::Since(_) => Fact::Known(Freshness::Stale),
            Age::Fresh | Age::Untold => Fact::Unknown,
        };
        if !(self.revisions.is_empty() && age == Age::Fresh) {
            facts.desired_freshness = freshness.clone();
        }
        facts.actual_freshness = freshness;
        let applied = self.operation.as_ref().filter(|operation| operation.succeeded()).and_then(|it| it.finished_at);
        if let Some(at) = applied.max(self.deployed_at) {
            facts.last_applied_at = at.into();
        }
        if let Some(at) = self.reconciled_at.filter(|_| self.comparison().is_some() && age != Age::Untold) {
            facts.last_reconciled_at = at.into();
        }
        facts
    }

    /// How old the status is. One that is frozen is as old as its last comparison, however young that is.
    fn age(&self, now: Timestamp, window: Span) -> Age {
        match (self.skipped, Age::of(self.reconciled_at, now, window), self.reconciled_at) {
            (Setting::Unknown, _, _) | (_, Age::Untold, _) | (_, _, None) => Age::Untold,
            (Setting::On, _, Some(at)) => Age::Since(at),
            (Setting::Off | Setting::Absent, age, Some(_)) => age,
        }
    }

    /// The sync status, if the comparison behind it can be relied on.
    fn comparison(&self) -> Option<SyncStatus> {
        let broken = self.conditions.iter().any(|condition| match condition.kind {
            Some(ConditionKind::SyncError | ConditionKind::DeletionError) => false,
            _ => condition.is_error,
        });
        self.sync.and_then(AppSync::status).filter(|_| !broken && self.compared_as_declared)
    }

    /// The error that stands in the way of convergence, the first cause first.
    fn error(&self) -> Option<ErrorKind> {
        let errors = self.conditions.iter().filter(|condition| condition.is_error);
        errors
            .map(|condition| match condition.kind {
                Some(ConditionKind::InvalidSpecError) => ErrorKind::InvalidSpec,
                Some(ConditionKind::ComparisonError) if condition.message.reveal().starts_with(TARGET_FAILED) => {
                    ErrorKind::TargetState
                }
                Some(ConditionKind::ComparisonError) => ErrorKind::Comparison,
                Some(ConditionKind::SyncError) => ErrorKind::Sync,
                Some(ConditionKind::DeletionError) => ErrorKind::Deletion,
                _ => ErrorKind::Other,
            })
            .min()
    }

    fn failed_source(&self, error: ErrorKind) -> Option<SourceStatus> {
        let failed = Some(SourceStep::Failed);
        Some(match error {
            ErrorKind::InvalidSpec | ErrorKind::TargetState => SourceStatus { rendered: failed, ..Default::default() },
            ErrorKind::Comparison | ErrorKind::Other => SourceStatus { observed: failed, ..Default::default() },
            ErrorKind::Sync => SourceStatus { applied: failed, ..self.compared_source() },
            ErrorKind::Deletion => return self.source(),
        })
    }

    fn failed_reconcile(&self, error: ErrorKind) -> Reconcile {
        let attempts = self.operation.as_ref().and_then(Operation::attempts);
        let at = self.conditions.iter().filter(|condition| condition.is_error).filter_map(|it| it.at).max();
        Reconcile { state: ReconcileState::Failed, attempts, at, reason: Some(error.reason().to_owned()) }
    }

    /// The steps that a comparison proves.
    fn compared_source(&self) -> SourceStatus {
        let done = Some(SourceStep::Ok);
        let compared = SourceStatus { fetched: done, rendered: done, decrypted: done, applied: None, observed: done };
        // Without a comparison nothing is proven, and a step that failed still stands.
        if self.comparison().is_some() { compared } else { SourceStatus::default() }
    }

    fn source(&self) -> Option<SourceStatus> {
        let mut source = self.compared_source();
        source.applied = self.operation.as_ref().and_then(|operation| match operation.phase? {
            Phase::Failed | Phase::Error => Some(SourceStep::Failed),
            Phase::Running | Phase::Terminating => None,
            Phase::Succeeded if operation.has_failures() => Some(SourceStep::Failed),
            Phase::Succeeded => self.covers_desired(operation).then_some(SourceStep::Ok),
        });
        (source != SourceStatus::default()).then_some(source)
    }

    /// Did this operation bring about what is desired now?
    fn covers_desired(&self, operation: &Operation) -> bool {
        operation.succeeded()
            && match self.comparison() {
                Some(SyncStatus::Synced) => true,
                Some(SyncStatus::OutOfSync) => !operation.partial && operation.revisions == self.revisions,
                None => false,
            }
    }

    fn reconcile(&self) -> Option<Reconcile> {
        let operation = self.operation.as_ref()?;
        let (attempts, at) = (operation.attempts(), operation.finished_at.or(operation.started_at));
        let made = |state, reason: Option<&str>| {
            Some(Reconcile { state, attempts, at, reason: reason.map(ToOwned::to_owned) })
        };
        match operation.phase? {
            Phase::Running if operation.retry_count.is_some_and(|count| count > 0) => {
                made(ReconcileState::Retrying, Some("Running: the sync failed before and is tried again"))
            }
            Phase::Running | Phase::Terminating => made(ReconcileState::InProgress, None),
            Phase::Failed => made(ReconcileState::Failed, Some("Failed: the last sync did not go through")),
            Phase::Error => made(ReconcileState::Failed, Some("Error: the last sync could not be carried out")),
            Phase::Succeeded if operation.has_failures() => {
                made(ReconcileState::Failed, Some("SyncFailed: a resource could not be applied"))
            }
            Phase::Succeeded if self.is_fighting(operation) => made(
                ReconcileState::Retrying,
                Some("OutOfSync: self-heal has succeeded more than once, and something changes it back"),
            ),
            Phase::Succeeded => {
                if self.covers_desired(operation) {
                    made(ReconcileState::Succeeded, None)
                } else {
                    None
                }
            }
        }
    }

    /// Does self-heal bring the same revision back again and again?
    fn is_fighting(&self, operation: &Operation) -> bool {
        self.comparison() == Some(SyncStatus::OutOfSync)
            && self.self_heal == Setting::On
            && operation.auto_heal_attempts.is_some_and(|count| count > 1)
    }
}

impl AppResource {
    /// Is it among those that are compared, and was it not?
    fn is_uncertain(&self) -> bool {
        self.hook != Setting::On && self.sync.and_then(AppSync::status).is_none()
    }
}

impl Operation {
    /// Was something applied, to the end?
    fn succeeded(&self) -> bool {
        self.phase == Some(Phase::Succeeded)
            && matches!(self.dry_run, Setting::Off | Setting::Absent)
            && !self.has_failures()
    }

    fn has_failures(&self) -> bool {
        self.results.iter().any(|(_, result)| *result == Some(SyncResult::SyncFailed))
    }

    /// How often it was tried: by retrying one operation, or by healing again.
    fn attempts(&self) -> Option<u64> {
        self.retry_count.max(self.auto_heal_attempts)
    }
}

/// What stands in the way, the first cause first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum ErrorKind {
    InvalidSpec,
    TargetState,
    Comparison,
    Other,
    Sync,
    Deletion,
}

impl ErrorKind {
    const fn reason(self) -> &'static str {
        match self {
            Self::InvalidSpec => "InvalidSpecError: the declaration of the Application is invalid",
            Self::TargetState => "ComparisonError: the desired state could not be rendered",
            Self::Comparison => "ComparisonError: desired and live could not be compared",
            Self::Other => "UnknownError: an error that is not further described",
            Self::Sync => "SyncError: automated sync failed",
            Self::Deletion => "DeletionError: the Application could not be deleted",
        }
    }
}
