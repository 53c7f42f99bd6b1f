//! What four dashboards show, read from a [`Summary`]: [`Figures`], and what they are made of.
//!
//! A caller makes a [`Reading`] and asks [`Figures::read`]; all other names here are the rows and numbers of the answer.

mod distinct;
mod evidence;
mod executive;
mod measures;
mod platform;
mod reading;
mod security;
mod service;
mod spread;
mod week;

use drift_model::{Timestamp, UnknownReason};
use serde::Serialize;

pub(crate) use self::distinct::{Distinct, spread_over_units};
pub use self::evidence::{Completeness, Kept, Questioned};
pub use self::executive::{AgeBucket, Executive, Group, Recurring, ReportedBurn};
pub use self::measures::{Detections, Measures, Weekly};
pub use self::platform::{FailedJob, Heals, Ignored, Looks, Noise, Platform, Refused, StaleUnit, Unresolved};
pub use self::reading::{Burn, Reading};
pub use self::security::Security;
pub use self::service::{Exceptions, Required, Service};
pub use self::spread::{Share, Spread};
pub(crate) use self::spread::{count, len, one_more};
pub use self::week::Week;
use crate::summary::{Summary, Told};

/// Every figure of the four dashboards and of the measures (seeds S0.21, S1.7), and how complete the evidence is (S0.20).
///
/// Resources and findings are counted once, however many shards saw them. What the summary was not told of, or the
/// [`Reading`] did not say, is left out, and [`not_known`](Self::not_known) says why; it is never zero.
///
/// | the seeds say | field |
/// |---|---|
/// | **executive**: open critical drift count | `executive.openCritical` |
/// | mean time to classify drift | `executive.timeToClassify` |
/// | mean time to reconcile drift | `executive.timeToReconcile` |
/// | drift by environment; by domain | `executive.byEnvironment`, `byDomain`; besides `byOwner`, `byClass`, `byRisk`, `age`, `ages` |
/// | drift budget burn | `executive.budgetBurn`, as it was measured; `notKnown` without |
/// | recurring drift sources | `executive.recurring`: causes that were seen more than once, in time or in resources |
/// | **platform**: stacks with stale drift checks | `platform.staleUnits`, with a registry |
/// | failed drift jobs | `platform.failedJobs`, `failedBecause`: detectors whose last look at a resource is UNKNOWN |
/// | noisy provider versions | `platform.noisyProviders`, where looks name the version |
/// | lock contention | `platform.lockContention`: failed jobs that found an apply running |
/// | longest-running unresolved drift | `platform.longestUnresolved` |
/// | top ignored fields | `platform.topIgnoredFields` |
/// | auto-heal success/failure | `platform.autoHeal`, with the refusals of each gate |
/// | **service owner**: drift affecting my services | `services[]`, one for each owner: `open`, `critical`, `resources` |
/// | required actions | `services[].requiredActions`, `overdue` |
/// | reconciliation PRs waiting for review | `services[].pullRequests`: open findings with a pull request, whether or not somebody has looked at it |
/// | exceptions expiring soon | `services[].exceptions.expiringSoon`, `expired`; `exceptions` of all |
/// | last successful reconciliation | `services[].lastReconciliation` |
/// | **security**: identity drift | `security.identity` |
/// | network exposure drift | `security.network` |
/// | secret freshness drift | `security.secretFreshness` |
/// | unsigned/unverified artifact drift | `security.unverifiedArtifacts`, where the taxonomy has a label for it |
/// | break-glass changes not reconciled | `security.breakGlassOpen` |
/// | **measures**: how many resources drifted this week | `measures.thisWeek`, `perWeek` (ISO weeks) |
/// | how long did drift persist before detection | `measures.persistenceBeforeDetection`, where a log knows when it began |
/// | what percentage of manual changes were properly backfilled to Git | `measures.backfilled`, of all manual changes, open ones too |
/// | zero uncommitted production changes persisting longer than your sync interval | `measures.olderThanSyncInterval`, by environment |
/// | **evidence**: the ten questions; ten kinds of artifact | `evidence.answered`, `evidence.complete`, `evidence.artifacts` |
///
/// A *manual change* is drift of class UNAUTHORIZED_RUNTIME_DRIFT, EMERGENCY_DRIFT or STALE_DESIRED_STATE. It is *back-filled*
/// when a GIT_UPDATE_PR was carried out and a later look shows it gone. A machine *healed* when an action that changes the
/// runtime was carried out without an approval, where the decision allowed that.
///
/// ```
/// use drift_evidence::{Figures, Reading, Record, Summary};
/// # let finding: drift_model::Finding =
/// #     serde_json::from_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json")))?;
///
/// let record = Record::open(&finding, "2026-07-03T10:22:40Z".parse()?);
/// let reading = Reading::at("2026-07-03T12:22:31Z".parse()?).sync_interval("15m".parse()?);
/// let figures = Figures::read(&Summary::of(&record), &reading);
///
/// let measures = figures.measures.expect("it was told of records");
/// assert_eq!(measures.this_week.to_string(), "2026-W27: 1 resource");
/// assert_eq!(measures.persistence_before_detection.mean_seconds, Some(689));
/// assert_eq!(measures.older_than_sync_interval.expect("the interval is known").len(), 1);
/// assert_eq!(
///     figures.not_known[0].to_string(),
///     "/executive/budgetBurn is not known: the reading was not told how the budgets stand"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Figures {
    /// When they were read.
    pub at: Timestamp,
    /// For those who steer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executive: Option<Executive>,
    /// For those who run the detectors.
    pub platform: Platform,
    /// For those who own services, by owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub services: Option<Vec<Service>>,
    /// How all exceptions stand, whose ever they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exceptions: Option<Exceptions>,
    /// For those who keep it safe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<Security>,
    /// What tells whether it gets better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measures: Option<Measures>,
    /// How much of it could be proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Completeness>,
    /// What is left out, and why.
    pub not_known: Vec<NotKnown>,
}

/// A figure that is not known, and why.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NotKnown {
    /// Where it would be: a pointer into the figures; `*` is any item of a list.
    pub figure: &'static str,
    /// Why it is not there.
    pub because: &'static str,
}

impl std::fmt::Display for NotKnown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is not known: {}", self.figure, self.because)
    }
}

impl Figures {
    /// The figures of a summary. The same summary and reading give the same figures, whoever merged it.
    #[must_use]
    pub fn read(summary: &Summary, reading: &Reading<'_>) -> Self {
        let findings = summary.told().contains(&Told::Records).then(|| Distinct::all(summary));
        let findings = findings.as_deref();
        let platform = Platform::read(summary, findings, reading);
        let services = findings.map(|findings| Service::read(summary, findings, reading));
        Self {
            at: reading.now,
            executive: findings.map(|findings| Executive::read(findings, reading)),
            exceptions: summary
                .told()
                .contains(&Told::Exceptions)
                .then(|| Exceptions::of(summary.exceptions().map(|exception| exception.expires), reading)),
            security: findings.map(|findings| Security::read(findings, reading)),
            measures: findings.map(|findings| Measures::read(findings, reading)),
            evidence: findings.map(|_| Completeness::read(summary)),
            not_known: not_known(summary, reading, &platform),
            platform,
            services,
        }
    }
}

fn not_known(summary: &Summary, reading: &Reading<'_>, platform: &Platform) -> Vec<NotKnown> {
    let told = |source| summary.told().contains(&source);
    let records = told(Told::Records);
    let ledger = "the summary was told of no records";
    let looks = "the summary was told of no looks; a ledger does not say what was found clean";
    [
        (!records, "/executive", ledger),
        (records && reading.burn.is_none(), "/executive/budgetBurn", "the reading was not told how the budgets stand"),
        (platform.looks.is_none(), "/platform/looks", looks),
        (!told(Told::Looks), "/platform/staleUnits", looks),
        (told(Told::Looks) && reading.units.is_none(), "/platform/staleUnits", "the reading has no registry of units"),
        (
            platform.failed_jobs.is_none(),
            "/platform/failedJobs",
            "the summary was told of no looks, and of no ledger's events",
        ),
        (
            platform.failed_because.is_none(),
            "/platform/failedBecause",
            "the summary was told of no looks, and of no ledger's events",
        ),
        (
            platform.lock_contention.is_none(),
            "/platform/lockContention",
            "the summary was told of no looks, and of no ledger's events",
        ),
        (platform.noisy_providers.is_none(), "/platform/noisyProviders", "no look names the version of its provider"),
        (platform.top_ignored_fields.is_none(), "/platform/topIgnoredFields", looks),
        (!records, "/platform/longestUnresolved", ledger),
        (!records, "/platform/autoHeal", ledger),
        (!records, "/services", ledger),
        (!told(Told::Exceptions), "/exceptions", "the summary was told of no exceptions"),
        (records && !told(Told::Exceptions), "/services/*/exceptions", "the summary was told of no exceptions"),
        (!records, "/security", ledger),
        (
            records && reading.unverified.is_empty(),
            "/security/unverifiedArtifacts",
            "the reading names no label of the taxonomy that says so",
        ),
        (!records, "/measures", ledger),
        (
            records && reading.sync_interval.is_none(),
            "/measures/olderThanSyncInterval",
            "the reading does not say the sync interval",
        ),
        (!records, "/evidence", ledger),
    ]
    .into_iter()
    .filter(|(missing, ..)| *missing)
    .map(|(_, figure, because)| NotKnown { figure, because })
    .collect()
}

/// How many there are, and the first of them.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Listed<T> {
    /// How many there are.
    pub count: u64,
    /// The first of them, as many as the [`Reading`] asks for.
    pub first: Vec<T>,
}

impl<T> Listed<T> {
    pub(crate) fn of(mut all: Vec<T>, top: usize) -> Self {
        let count = len(&all);
        all.truncate(top);
        Self { count, first: all }
    }
}

/// A lock that somebody else held, as far as a look tells.
pub(crate) const fn is_locked(reason: UnknownReason) -> bool {
    matches!(reason, UnknownReason::InFlight)
}

#[cfg(test)]
pub(crate) mod tests;
