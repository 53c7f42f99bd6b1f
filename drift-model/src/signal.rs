//! `Signal`: what one of the nine detection points reports, and `correlate`: how signals join into facts.
//!
//! No detection point is enough by itself (seeds S0.6). *Out of sync*, *a patch by a person in the audit log* and *no
//! matching pull request* are three signals; joined they are unauthorized drift.
//!
//! # How signals join
//!
//! - **By resource.** A signal is about resources, registered units, or everything ([`Scope`]). Kubernetes objects are
//!   joined by group, kind, namespace and name; AWS resources by an id, ARN or name that stands in the observed
//!   document, where the type agrees; other resources by their own name or address.
//! - **By time.** A cause lies after the last moment at which the resource was known to be in sync, and not after the
//!   observation ([`Windows`]).
//! - **By identity.** Sessions are joined to whoever opened them when the log is read
//!   ([`cloudtrail::chain`](crate::source::cloudtrail::chain)).
//!
//! What cannot have caused the drift is no candidate: what only read, failed or was tried out; what wrote other paths
//! than those that differ. What may have is one, and all candidates are listed. Where a candidate's kind is unknown, so is
//! the fact: a decision on the others would be a guess.
//!
//! **Nothing is told from silence.** `UNATTRIBUTED`, "no incident" and "no change record" need somebody who asserts that
//! the register is complete ([`Report::Coverage`]).

mod audit;
mod correlate;
mod join;

pub use self::audit::{AuditActor, AuditEvent, Stage, Target};
pub use self::correlate::{Candidate, candidates, correlate};
pub(crate) use self::join::is_plural_of;
use crate::facts::{
    ChangeRecord, ExceptionWindow, HealthStatus, LogCoverage, Reconcile, SourceStatus, Suspension, SyncStatus, Upgrade,
    Violation,
};
use crate::observation::Method;
use crate::pattern::PathPattern;
use crate::resource::ResourceRef;
use crate::secret_sync::SecretSync;
use crate::time::{Span, Timestamp};
use crate::vocabulary::vocabulary;

/// What one source reports of some resources at some time.
///
/// All signals of one call are of one cluster or cloud estate: an [`AuditEvent`] doesn't say which cluster it is of.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Signal {
    /// The detection point. `None` for what no detection point reports: incidents, change records, upgrades.
    pub method: Option<Method>,
    /// The moment that it is about.
    pub at: Option<Timestamp>,
    /// The resources that it is about.
    pub scope: Scope,
    /// Where to look it up.
    pub evidence: Option<String>,
    /// What it says.
    pub report: Report,
}

impl Signal {
    /// A signal of a detection point.
    #[must_use]
    pub const fn new(at: Timestamp, scope: Scope, report: Report) -> Self {
        let method = report.method();
        Self { method, at: Some(at), scope, evidence: None, report }
    }

    /// A signal that holds at any time: an assertion of coverage, an incident that says itself when it was.
    #[must_use]
    pub const fn timeless(scope: Scope, report: Report) -> Self {
        let method = report.method();
        Self { method, at: None, scope, evidence: None, report }
    }

    /// The same, with where to look it up.
    #[must_use]
    pub fn with_evidence(mut self, evidence: impl Into<String>) -> Self {
        self.evidence = Some(evidence.into());
        self
    }
}

impl From<AuditEvent> for Signal {
    /// Time, evidence and resource are the event's own.
    fn from(event: AuditEvent) -> Self {
        Self {
            method: Some(Method::AuditLog),
            at: event.at,
            scope: Scope::nothing(),
            evidence: event.evidence(),
            report: Report::Audit(Box::new(event)),
        }
    }
}

/// The resources that a signal is about.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Scope {
    /// These.
    pub resources: Vec<ResourceRef>,
    /// Where no resources are named, those of these registered units. (Where some are named, they are meant.)
    pub units: Vec<String>,
    /// All.
    pub everything: bool,
}

impl Scope {
    /// No resource; that of an [`AuditEvent`] is in the event.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { resources: Vec::new(), units: Vec::new(), everything: false }
    }

    /// All resources.
    #[must_use]
    pub const fn everything() -> Self {
        Self { resources: Vec::new(), units: Vec::new(), everything: true }
    }

    /// These resources.
    #[must_use]
    pub fn of(resources: impl IntoIterator<Item = ResourceRef>) -> Self {
        Self { resources: resources.into_iter().collect(), ..Self::nothing() }
    }

    /// All resources of a unit.
    #[must_use]
    pub fn unit(unit: impl Into<String>) -> Self {
        Self { units: vec![unit.into()], ..Self::nothing() }
    }
}

/// What a signal says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Report {
    /// A line of an audit log.
    Audit(Box<AuditEvent>),
    /// Somebody asserts how much of a register was handed over.
    Coverage(RegisterCoverage),
    /// Desired against live, as a GitOps controller says.
    Sync(SyncStatus),
    /// Operational health.
    Health(HealthStatus),
    /// How far a controller came with its source.
    Source(SourceStatus),
    /// A reconciliation.
    Reconcile(Reconcile),
    /// A pause of reconciliation.
    Suspended(Suspension),
    /// The result of a plan that read the runtime.
    Plan(PlanResult),
    /// What a policy scanner found; nothing is an answer too.
    Violations(Vec<Violation>),
    /// How far a secret came.
    SecretSync(Box<SecretSync>),
    /// What a synthetic probe saw.
    Probe(ProbeResult),
    /// A pull request or change record.
    Change(ChangeNotice),
    /// An incident.
    Incident(IncidentNotice),
    /// An upgrade of a provider or controller.
    Upgrade(Upgrade),
    /// An accepted exception, from the time of the signal on.
    Exception(ExceptionWindow),
}

impl Report {
    const fn method(&self) -> Option<Method> {
        match self {
            Self::Audit(_) => Some(Method::AuditLog),
            Self::Sync(_) | Self::Health(_) | Self::Source(_) | Self::Reconcile(_) | Self::Suspended(_) => {
                Some(Method::GitopsDiff)
            }
            Self::Plan(_) => Some(Method::ScheduledPlan),
            Self::Violations(_) => Some(Method::PolicyScan),
            Self::SecretSync(_) => Some(Method::SecretSync),
            Self::Probe(_) => Some(Method::SyntheticProbe),
            Self::Coverage(_) | Self::Change(_) | Self::Incident(_) | Self::Upgrade(_) | Self::Exception(_) => None,
        }
    }
}

vocabulary! {
    /// What a plan came to.
    pub enum PlanResult as "plan result" {
        /// What runs is as recorded and declared.
        NoChanges = "NO_CHANGES",
        /// Something differs.
        Changes = "CHANGES",
        /// It could not be made.
        Failed = "FAILED",
    }
}

vocabulary! {
    /// What a probe saw.
    pub enum ProbeResult as "probe result" {
        /// It works.
        Passed = "PASSED",
        /// It does not.
        Failed = "FAILED",
    }
}

vocabulary! {
    /// What may be handed over in whole or in part.
    pub enum Register as "register" {
        /// An audit log.
        AuditLog = "AUDIT_LOG",
        /// Incidents.
        Incidents = "INCIDENTS",
        /// Pull requests and change records.
        ChangeRecords = "CHANGE_RECORDS",
    }
}

/// Somebody asserts that all of a register, or some of it, is among the signals.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RegisterCoverage {
    /// Which register.
    pub register: Register,
    /// For audit logs, which: `kubernetes-audit`, `cloudtrail`.
    pub log: Option<String>,
    /// All or some.
    pub coverage: LogCoverage,
    /// From when on. `None` from the beginning.
    pub from: Option<Timestamp>,
    /// When it was read: what was delivered later is not in it. `None` for one that is closed.
    pub read_at: Option<Timestamp>,
}

impl RegisterCoverage {
    /// All of a register.
    #[must_use]
    pub const fn complete(register: Register) -> Self {
        Self { register, log: None, coverage: LogCoverage::Complete, from: None, read_at: None }
    }

    /// All of an audit log, between these times. The log is named as its events name it.
    #[must_use]
    pub fn of_log(log: impl Into<String>, from: Timestamp, read_at: Timestamp) -> Self {
        Self { log: Some(log.into()), from: Some(from), read_at: Some(read_at), ..Self::complete(Register::AuditLog) }
    }
}

/// A pull request or change record.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ChangeNotice {
    /// Its number or key.
    pub id: String,
    /// Where it is.
    pub url: Option<String>,
    /// Does it accept what runs as what should be?
    pub accepts_runtime: Option<bool>,
    /// When the change was merged or its window opened.
    pub from: Option<Timestamp>,
    /// When its window closed. `None` for a change without a window.
    pub until: Option<Timestamp>,
    /// The paths that it changes. Empty where it doesn't say: then it's for all of the resource.
    pub fields: Vec<PathPattern>,
}

impl ChangeNotice {
    /// A change that was merged at a moment.
    #[must_use]
    pub fn merged(id: impl Into<String>, at: Timestamp) -> Self {
        Self { id: id.into(), url: None, accepts_runtime: None, from: Some(at), until: None, fields: Vec::new() }
    }

    fn record(&self, state: crate::facts::ChangeRecordState) -> ChangeRecord {
        ChangeRecord { state, id: Some(self.id.clone()), url: self.url.clone(), accepts_runtime: self.accepts_runtime }
    }
}

/// An incident.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct IncidentNotice {
    /// Its number or key.
    pub id: String,
    /// When it began.
    pub opened: Option<Timestamp>,
    /// When it ended. `None` for one that is open.
    pub closed: Option<Timestamp>,
}

impl IncidentNotice {
    /// An incident that is open since then.
    #[must_use]
    pub fn open(id: impl Into<String>, opened: Timestamp) -> Self {
        Self { id: id.into(), opened: Some(opened), closed: None }
    }
}

/// How far apart a cause and its observation may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Windows {
    /// How long before the observation a cause may lie, where it isn't known when the resource was last in sync.
    pub reach: Span,
    /// How late a log may deliver an event. A log that was read sooner after the observation than that is PARTIAL.
    pub delivery: Span,
    /// How far apart the clocks may be.
    pub skew: Span,
    /// How long a status holds after it was reported: then it is stale.
    pub status: Span,
}

impl Default for Windows {
    /// A day, 15 minutes, 5 seconds, an hour.
    fn default() -> Self {
        Self {
            reach: Span::from_seconds(86_400),
            delivery: Span::from_seconds(900),
            skew: Span::from_seconds(5),
            status: Span::from_seconds(3_600),
        }
    }
}

#[cfg(test)]
mod tests;
