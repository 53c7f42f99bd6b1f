//! `StackResult`: what a look at a whole stack comes to.

mod caution;
mod correlation;
mod transport;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use self::caution::caution;
pub use self::correlation::{ActorCorrelation, ActorCorrelationError};
pub use self::transport::Transport;
use crate::digest::Digest;
use crate::plane::UnknownReason;
use crate::relation::Existence;
use crate::report::{AssessmentReport, Verdict};
use crate::taxonomy::{Action, Domain, Risk};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// The answer for a whole stack in one word. Ordered: of two shards the later word holds.
    ///
    /// Only IN_SYNC is clean. Nothing merges the others into it.
    pub enum StackOutcome as "stack result" {
        /// Everything was looked at, and nothing differs.
        InSync = "IN_SYNC",
        /// Git moved on, and is not applied yet.
        Pending = "PENDING",
        /// Something could not be told, or nothing was looked at.
        Unknown = "UNKNOWN",
        /// The last look is too long ago to say anything of now.
        Stale = "STALE",
        /// Looking failed, and what was seen before it failed is no drift.
        Failed = "FAILED",
        /// Something drifted.
        DriftDetected = "DRIFT_DETECTED",
    }
}

impl StackOutcome {
    /// Is everything as it should be? Only IN_SYNC says so.
    #[must_use]
    pub const fn is_clean(self) -> bool {
        matches!(self, Self::InSync)
    }

    /// Does the word leave open how things are?
    #[must_use]
    pub const fn is_inconclusive(self) -> bool {
        match self {
            Self::Unknown | Self::Stale | Self::Failed => true,
            Self::InSync | Self::Pending | Self::DriftDetected => false,
        }
    }
}

vocabulary! {
    /// How the look itself went.
    pub enum RunStatus as "run status" {
        /// It came to its end, and is recent.
        Completed = "COMPLETED",
        /// It did not come to its end.
        Failed = "FAILED",
        /// It is too long ago.
        Stale = "STALE",
    }
}

/// What is known of the look at a stack beside its assessments.
///
/// ```
/// use drift_model::{RunStatus, StackRun, Transport};
///
/// let run = StackRun::new(RunStatus::Completed).owned_by("platform-network").after(Transport::of_exit_code(1));
/// assert_eq!(run.status, RunStatus::Failed);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct StackRun {
    /// How it went.
    pub status: RunStatus,
    /// The accountable team.
    pub owner: Option<String>,
    /// Where the evidence is kept.
    pub evidence_uri: Option<String>,
    /// The labels that stand for the identity domain; those of the shipped taxonomy, unless it is said otherwise.
    pub identity_labels: BTreeSet<String>,
}

impl StackRun {
    /// A look that went so.
    #[must_use]
    pub fn new(status: RunStatus) -> Self {
        let identity_labels = ["iam", "cluster-rbac", "oidc-trust"].map(str::to_owned).into();
        Self { status, owner: None, evidence_uri: None, identity_labels }
    }

    /// The same, of a stack that this team answers for.
    #[must_use]
    pub fn owned_by(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// The same, with its evidence there.
    #[must_use]
    pub fn evidence_at(mut self, uri: impl Into<String>) -> Self {
        self.evidence_uri = Some(uri.into());
        self
    }

    /// The same, as its documents were handed over: without a document it failed, however it says it went.
    #[must_use]
    pub const fn after(mut self, transport: Transport) -> Self {
        match transport {
            Transport::Document => {}
            Transport::NoDocument => self.status = RunStatus::Failed,
        }
        self
    }
}

/// What a look at a whole stack comes to: one structured object instead of an exit code.
///
/// The fields down to `evidence_uri` are those of seeds S0.7.3, letter by letter and in that order; those that nobody
/// knows are left out. It is folded from the assessments of the stack's resources, and shards of a stack merge in any
/// order to the same result.
///
/// ```
/// use drift_model::{RunStatus, StackOutcome, StackResult, StackRun};
///
/// // An empty run is not a clean one.
/// let nothing = StackResult::of("prod/network", &StackRun::new(RunStatus::Completed), &[]);
/// assert_eq!(nothing.result, StackOutcome::Unknown);
/// assert!(!nothing.result.is_clean());
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StackResult {
    /// The stack.
    pub stack: String,
    /// The answer in one word.
    pub result: StackOutcome,
    /// The highest risk of a finding; left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Risk>,
    /// The accountable team; of several the first by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// How many resources drifted or are pending.
    pub resource_changes: u64,
    /// How many resources are gone, wait to be pruned, or would be replaced by what is recommended.
    pub destructive_changes: u64,
    /// How many resources have a finding in the identity domain.
    pub identity_changes: u64,
    /// Who is behind it, as the log has it: `cloudtrail:found-human-change`. Of several the one that matters most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_correlation: Option<ActorCorrelation>,
    /// What is recommended for the finding of the highest risk; of several the most careful (see [`StackResult::of`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommended_action: Option<String>,
    /// Where the evidence is kept; of several the first by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_uri: Option<String>,
    /// Could something not be told? Then there may be more than the counts say.
    #[serde(default)]
    pub partial: bool,
    /// How many resources were looked at.
    #[serde(default)]
    pub resources: u64,
    /// How many of them drifted.
    #[serde(default)]
    pub drifted: u64,
    /// How many are pending.
    #[serde(default)]
    pub pending: u64,
    /// Of how many nobody can tell.
    #[serde(default)]
    pub unknown: u64,
    /// Why nobody can tell.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reasons: BTreeSet<UnknownReason>,
    /// The digests of everything that decided. More than one: shards were judged by different policies.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub policy_digests: BTreeSet<Digest>,
}

impl StackResult {
    /// Folds the assessments of a stack.
    ///
    /// - A run that is stale is STALE whatever its assessments say: they say nothing of now.
    /// - Else it is DRIFT_DETECTED where a resource drifted, FAILED where the run failed, UNKNOWN where nobody can tell of a
    ///   resource or where there is none, PENDING where a resource is pending, and IN_SYNC.
    /// - `severity` is the highest risk, and `recommended_action` that of the finding of the highest risk. Among equals it is
    ///   the most careful one: one that asks for something before one that asks for nothing, one that leaves the runtime
    ///   alone before one that changes it, one that opens an incident before one that does not; then by the order of
    ///   [`Action`], then by name.
    #[must_use]
    pub fn of(stack: &str, run: &StackRun, reports: &[AssessmentReport]) -> Self {
        let empty = Self {
            stack: stack.to_owned(),
            result: of_status(run.status),
            severity: None,
            owner: run.owner.clone(),
            resource_changes: 0,
            destructive_changes: 0,
            identity_changes: 0,
            actor_correlation: None,
            recommended_action: None,
            evidence_uri: run.evidence_uri.clone(),
            partial: false,
            resources: 0,
            drifted: 0,
            pending: 0,
            unknown: 0,
            reasons: BTreeSet::new(),
            policy_digests: BTreeSet::new(),
        };
        let mut folded = reports.iter().map(|report| empty.one(run, report)).fold(empty.clone(), Self::join);
        match run.status {
            RunStatus::Stale => folded.result = StackOutcome::Stale,
            RunStatus::Completed if reports.is_empty() => folded.result = StackOutcome::Unknown,
            RunStatus::Completed | RunStatus::Failed => {}
        }
        folded.partial |= folded.result.is_inconclusive() || run.status != RunStatus::Completed;
        folded
    }

    /// Merges the results of two shards of a stack. It does not matter in which order shards are merged.
    ///
    /// # Errors
    ///
    /// [`StackMismatch`] where they are of different stacks.
    pub fn merge(self, other: Self) -> Result<Self, StackMismatch> {
        if self.stack == other.stack { Ok(self.join(other)) } else { Err(StackMismatch(self.stack, other.stack)) }
    }

    /// Merges the shards of a stack; of no shard at all the result is UNKNOWN.
    ///
    /// # Errors
    ///
    /// [`StackMismatch`] where one of them is of another stack.
    pub fn fold(stack: &str, shards: impl IntoIterator<Item = Self>) -> Result<Self, StackMismatch> {
        let mut shards = shards.into_iter();
        match shards.next() {
            None => Ok(Self::of(stack, &StackRun::new(RunStatus::Completed), &[])),
            Some(first) if first.stack == stack => shards.try_fold(first, Self::merge),
            Some(first) => Err(StackMismatch(stack.to_owned(), first.stack)),
        }
    }

    /// What one assessment comes to.
    fn one(&self, run: &StackRun, report: &AssessmentReport) -> Self {
        let mut one = self.clone();
        one.resources = 1;
        let outcome = match report.verdict {
            Verdict::Drifted => StackOutcome::DriftDetected,
            Verdict::Unknown => StackOutcome::Unknown,
            // Whoever could not tell of all of it did not tell that it is clean.
            Verdict::Pending | Verdict::InSync if report.partial => StackOutcome::Unknown,
            Verdict::Pending => StackOutcome::Pending,
            Verdict::InSync => StackOutcome::InSync,
        };
        one.result = one.result.max(outcome);
        one.drifted = u64::from(report.verdict == Verdict::Drifted);
        one.pending = u64::from(report.verdict == Verdict::Pending);
        one.unknown = u64::from(report.verdict == Verdict::Unknown);
        one.partial = report.partial || report.verdict == Verdict::Unknown;
        one.reasons = report.reason.into_iter().collect();
        one.resource_changes = one.drifted.saturating_add(one.pending);
        let gone = matches!(report.existence, Existence::DeletedOutside | Existence::PrunePending);
        let replaced = report.findings.iter().any(|finding| finding.actions.action == Action::DestroyRecreate);
        one.destructive_changes = u64::from(gone || replaced);
        let identity = report.findings.iter().any(|finding| is_identity(&finding.domain, run));
        one.identity_changes = u64::from(identity);
        let actors = report.findings.iter().flat_map(ActorCorrelation::of_finding);
        one.actor_correlation = actors.max();
        (one.severity, one.recommended_action) = report
            .findings
            .iter()
            .map(|finding| (Some(finding.risk), Some(finding.recommended_action.clone())))
            .reduce(graver)
            .unwrap_or((None, None));
        one.policy_digests = [report.policy_digest].into();
        one
    }

    /// The least result that says what both say. Commutative and associative.
    fn join(self, other: Self) -> Self {
        let (severity, recommended_action) =
            graver((self.severity, self.recommended_action), (other.severity, other.recommended_action));
        Self {
            stack: self.stack,
            result: self.result.max(other.result),
            severity,
            owner: first(self.owner, other.owner),
            resource_changes: self.resource_changes.saturating_add(other.resource_changes),
            destructive_changes: self.destructive_changes.saturating_add(other.destructive_changes),
            identity_changes: self.identity_changes.saturating_add(other.identity_changes),
            actor_correlation: self.actor_correlation.max(other.actor_correlation),
            recommended_action,
            evidence_uri: first(self.evidence_uri, other.evidence_uri),
            partial: self.partial || other.partial,
            resources: self.resources.saturating_add(other.resources),
            drifted: self.drifted.saturating_add(other.drifted),
            pending: self.pending.saturating_add(other.pending),
            unknown: self.unknown.saturating_add(other.unknown),
            reasons: self.reasons.into_iter().chain(other.reasons).collect(),
            policy_digests: self.policy_digests.into_iter().chain(other.policy_digests).collect(),
        }
    }
}

const fn of_status(status: RunStatus) -> StackOutcome {
    match status {
        RunStatus::Completed => StackOutcome::InSync,
        RunStatus::Failed => StackOutcome::Failed,
        RunStatus::Stale => StackOutcome::Stale,
    }
}

/// Does the label of a finding stand for the identity domain? It may be the domain's own name.
fn is_identity(label: &str, run: &StackRun) -> bool {
    label.eq_ignore_ascii_case(Domain::Identity.word()) || run.identity_labels.contains(label)
}

/// The higher risk with what is recommended for it; of equal risks the more careful recommendation.
fn graver(a: (Option<Risk>, Option<String>), b: (Option<Risk>, Option<String>)) -> (Option<Risk>, Option<String>) {
    match a.0.cmp(&b.0) {
        std::cmp::Ordering::Greater => a,
        std::cmp::Ordering::Less => b,
        std::cmp::Ordering::Equal => {
            let action = match (a.1, b.1) {
                (Some(a), Some(b)) => Some(if caution(&a) <= caution(&b) { a } else { b }),
                (a, b) => a.or(b),
            };
            (a.0, action)
        }
    }
}

fn first(a: Option<String>, b: Option<String>) -> Option<String> {
    [a, b].into_iter().flatten().min()
}

/// Results of different stacks do not merge.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a result of stack `{1}` does not merge into one of stack `{0}`; fold each stack by itself")]
#[non_exhaustive]
pub struct StackMismatch(
    /// The one stack.
    pub String,
    /// The other.
    pub String,
);

#[cfg(test)]
mod tests;
