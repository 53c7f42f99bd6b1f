//! `Tracker`: the cases as they stand, and what a new look at a resource makes of them.

use std::collections::{BTreeMap, BTreeSet};

use drift_model::{
    AssessmentReport, Change, Digest, Finding, Fingerprint, Likeness, Masked, Method, Shown, Timestamp, UnknownReason,
    Verdict, canonical_text,
};

use crate::event::{Event, EventKind};
use crate::record::{IllegalEvent, Record, State, same_case};
use crate::verification::Verification;

/// The records that a story of events has made so far, found by what a new look shows.
///
/// A case is known by its [fingerprint](Finding::fingerprint), which a new scan leaves as it is, and by its unit; never by the
/// id of the finding, which is of the day. What [`follow`](Self::follow) costs grows with what the report holds and with the
/// open cases of that one resource, not with what happened before.
///
/// ```
/// use drift_evidence::{State, Tracker};
/// # use drift_model::{AssessmentReport, Digest, Existence, Finding, UnknownReason, Verdict};
/// # let finding: Finding =
/// #     serde_json::from_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json")))?;
/// # let report = |verdict, findings: &[Finding]| {
/// #     let resource = "aws_security_group.app_public".parse().unwrap();
/// #     let mut report = AssessmentReport::new("obs", resource, verdict, Existence::Managed, Digest::of(b""));
/// #     report.changes = findings.iter().flat_map(|finding| finding.changes.clone()).collect();
/// #     report.findings = findings.to_vec();
/// #     report
/// # };
/// let drifted = report(Verdict::Drifted, &[finding]);
/// let unseen = report(Verdict::Unknown, &[]);
/// let clean = report(Verdict::InSync, &[]);
///
/// let mut tracker = Tracker::default();
/// let mut told = Vec::new();
/// for (report, at) in [
///     (&drifted, "2026-07-03T10:22:31Z"),
///     (&drifted, "2026-07-03T11:22:31Z"),
///     (&unseen, "2026-07-03T12:22:31Z"),
///     (&clean, "2026-07-03T13:22:31Z"),
///     (&drifted, "2026-07-03T14:22:31Z"),
/// ] {
///     for event in tracker.follow(report, None, at.parse()?) {
///         tracker.apply(&event, at.parse()?)?;
///         told.push(event.kind().word());
///     }
/// }
/// assert_eq!(told, ["DETECTED", "PERSISTED", "DETECTOR_FAILED", "VERIFIED", "CLOSED", "REOPENED"]);
/// assert_eq!(tracker.records().map(|record| record.state()).collect::<Vec<_>>(), [State::Open]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tracker {
    records: BTreeMap<String, Record>,
    /// INVARIANT: every record by the fingerprint of its finding. Several, where units have resources of one name.
    by_fingerprint: BTreeMap<Digest, BTreeSet<String>>,
    /// INVARIANT: every record that is not closed by the resource of its finding.
    open: BTreeMap<String, BTreeSet<String>>,
}

impl Tracker {
    /// The record of this id, which is that of the finding that opened it.
    #[must_use]
    pub fn record(&self, id: &str) -> Option<&Record> {
        self.records.get(id)
    }

    /// All records, by id.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.values()
    }

    /// What follows from the assessment of an observation that was made at this time, for the ledger to append in this order.
    ///
    /// - Drift that is on record PERSISTED, or is UPDATED where it is no longer what it was: other values, class, risk or
    ///   decision, or other paths besides one of its own. Drift of a closed case is REOPENED, any other DETECTED.
    /// - An open case of the resource that the report does not show is VERIFIED and CLOSED, if the look proves that:
    ///   it knows the actual plane, is later than all before it, and leaves none of the case's paths unsettled.
    /// - A look that does not know a plane is DETECTOR_FAILED. It closes nothing, and neither does a resource without a report.
    ///   The plan of a pull request closes nothing either: it compares with what nobody has merged.
    /// - Two findings of one id and different fingerprints are a fault of who made them: the second DETECTED is refused.
    /// - A look from before the last tells nothing new. The same report twice PERSISTED, and changes nothing.
    #[must_use]
    pub fn follow(&self, report: &AssessmentReport, method: Option<Method>, observed_at: Timestamp) -> Vec<Event> {
        let proposed = method == Some(Method::PrPlan);
        let drift = report.findings.iter().filter(|finding| finding.changes.iter().any(Change::is_drift));
        let (known, new): (Vec<_>, Vec<_>) =
            drift.map(|finding| (self.known(finding), finding)).partition(|(known, _)| known.is_some());
        let open: Vec<&Record> = self.open_cases_of(report).collect();
        let mut events = Vec::new();
        let mut shown = BTreeSet::new();
        // What is known by its fingerprint comes first, so that nothing else is taken for its case.
        for (known, finding) in known {
            let record = known.filter(|record| shown.insert(record.id()));
            events.extend(record.and_then(|record| sighting(record, finding, observed_at, proposed)));
        }
        let mut opened = BTreeSet::new();
        for (_, finding) in new {
            match open.iter().find(|record| !shown.contains(record.id()) && same_case(record.finding(), finding)) {
                Some(record) => {
                    shown.insert(record.id());
                    events.extend(sighting(record, finding, observed_at, proposed));
                }
                None if opened.insert(finding.fingerprint) => {
                    events.push(Event::detected(seen_at(finding, observed_at)));
                }
                None => {}
            }
        }
        if report.verdict == Verdict::Unknown {
            events.push(Event::DetectorFailed {
                resource: report.resource.clone(),
                unit: report.unit.clone(),
                method,
                reason: report.reason.unwrap_or(UnknownReason::NotObserved),
                detail: report.detail.clone(),
            });
        } else if !proposed {
            let look = Verification::of(report, observed_at);
            for record in open.into_iter().filter(|record| !shown.contains(record.id())) {
                events.extend(resolution(record, &look));
            }
        }
        events
    }

    /// Carries the story on.
    ///
    /// # Errors
    ///
    /// As [`Tracker::check`]; everything stays as it was.
    pub fn apply(&mut self, event: &Event, at: Timestamp) -> Result<(), TrackError> {
        self.check(event)?;
        let Some(id) = event.record() else { return Ok(()) };
        if let Event::Detected { finding } = event {
            self.records.insert(id.to_owned(), Record::open(finding, at));
        } else if let Some(mut record) = self.records.remove(id) {
            self.unlist(&record);
            let applied = record.apply(event, at);
            self.records.insert(id.to_owned(), record);
            self.list(id);
            return Ok(applied?);
        }
        self.list(id);
        Ok(())
    }

    /// May this happen now?
    ///
    /// # Errors
    ///
    /// [`TrackError`] for an event that its record refuses, and for one about a record that no DETECTED has opened.
    pub fn check(&self, event: &Event) -> Result<(), TrackError> {
        let Some(id) = event.record() else { return Ok(()) };
        match (self.records.get(id), event) {
            (Some(record), event) => Ok(record.check(event).map(drop)?),
            (None, Event::Detected { .. }) => Ok(()),
            (None, event) => Err(TrackError::NoRecord { record: id.to_owned(), event: event.kind() }),
        }
    }

    /// The case of a finding by its fingerprint: the open one, if there is one, else the one that was seen last.
    fn known(&self, finding: &Finding) -> Option<&Record> {
        let ids = self.by_fingerprint.get(&finding.fingerprint)?;
        let records = ids.iter().filter_map(|id| self.records.get(id));
        records
            .filter(|record| same_unit(record.finding().unit.as_ref(), finding.unit.as_ref()))
            .max_by_key(|record| (record.state() != State::Closed, record.seen()))
    }

    fn open_cases_of(&self, report: &AssessmentReport) -> impl Iterator<Item = &Record> {
        let ids = self.open.get(&report.resource.to_string()).into_iter().flatten();
        ids.filter_map(|id| self.records.get(id))
            .filter(|record| same_unit(record.finding().unit.as_ref(), report.unit.as_ref()))
    }

    fn list(&mut self, id: &str) {
        let Some(record) = self.records.get(id) else { return };
        self.by_fingerprint.entry(record.finding().fingerprint).or_default().insert(id.to_owned());
        if record.state() != State::Closed {
            self.open.entry(record.finding().resource_ref.clone()).or_default().insert(id.to_owned());
        }
    }

    fn unlist(&mut self, record: &Record) {
        remove(&mut self.by_fingerprint, &record.finding().fingerprint, record.id());
        remove(&mut self.open, &record.finding().resource_ref, record.id());
    }
}

fn remove<K: Ord>(index: &mut BTreeMap<K, BTreeSet<String>>, key: &K, id: &str) {
    if let Some(ids) = index.get_mut(key) {
        ids.remove(id);
        if ids.is_empty() {
            index.remove(key);
        }
    }
}

/// Units may have resources of one name. Whoever does not say which unit may mean any.
fn same_unit(a: Option<&String>, b: Option<&String>) -> bool {
    a.zip(b).is_none_or(|(a, b)| a == b)
}

/// What it means that a look shows the drift of a case.
fn sighting(record: &Record, finding: &Finding, observed_at: Timestamp, proposed: bool) -> Option<Event> {
    let id = record.id().to_owned();
    if record.state() == State::Closed {
        // A look from before that time shows what is known to be gone.
        let news = record.gone().is_none_or(|look| look.observed_at < observed_at);
        return news.then(|| Event::reopened(id, seen_at(finding, observed_at)));
    }
    if observed_at < record.seen() || record.gone().is_some_and(|look| observed_at <= look.observed_at) {
        return None;
    }
    let news = observed_at > record.seen() && !proposed;
    let other = record.finding().fingerprint != finding.fingerprint || changed(record.finding(), finding);
    if other && news {
        return Some(Event::updated(id, seen_at(finding, observed_at)));
    }
    Some(Event::Persisted { record: id, observed_at })
}

/// The finding with the time of the look that shows it: an event tells by itself when that was.
fn seen_at(finding: &Finding, observed_at: Timestamp) -> Finding {
    let mut finding = finding.clone();
    finding.detected_at = Some(observed_at);
    finding
}

/// The end of a case, if the look proves it.
fn resolution(record: &Record, look: &Verification) -> impl IntoIterator<Item = Event> {
    let verified = Event::Verified { record: record.id().to_owned(), verification: look.clone() };
    let closed = Event::Closed { record: record.id().to_owned(), because: None };
    record.check(&verified).ok().map(|_| [verified, closed]).into_iter().flatten()
}

/// Is the drift no longer what it was? What differs from scan to scan (id, times, places in lists) and which rules or gates
/// stood in the way says nothing of it: an approval does not lapse by the hour.
fn changed(earlier: &Finding, later: &Finding) -> bool {
    earlier.drift_class != later.drift_class
        || earlier.risk != later.risk
        || earlier.relation != later.relation
        || earlier.actions != later.actions
        || earlier.auto_heal.allowed != later.auto_heal.allowed
        || earlier.approvers != later.approvers
        || earlier.owner != later.owner
        || earlier.environment != later.environment
        || earlier.domain != later.domain
        || earlier.audit_correlation.as_ref().map(|audit| (&audit.actor, audit.event_time))
            != later.audit_correlation.as_ref().map(|audit| (&audit.actor, audit.event_time))
        || earlier.candidates != later.candidates
        || earlier.external_version != later.external_version
        || earlier.kubernetes_secret_version != later.kubernetes_secret_version
        || earlier.consumer_rollout_generation != later.consumer_rollout_generation
        || earlier.changes.len() != later.changes.len()
        || earlier.changes.iter().zip(&later.changes).any(|(earlier, later)| !same_change(earlier, later))
}

fn same_change(a: &Change, b: &Change) -> bool {
    // What is read back from a ledger is canonical: `1.0` is `1` there.
    let shown = |a: Option<&Shown>, b: Option<&Shown>| match (a, b) {
        (Some(a), Some(b)) => a == b || canonical_text(a.value()) == canonical_text(b.value()),
        (a, b) => a.is_none() && b.is_none(),
    };
    let values = if a.sensitive || b.sensitive {
        a.sensitive == b.sensitive && same_secret(a.masked.as_ref(), b.masked.as_ref())
    } else {
        shown(a.desired.as_ref(), b.desired.as_ref())
            && shown(a.recorded.as_ref(), b.recorded.as_ref())
            && shown(a.actual.as_ref(), b.actual.as_ref())
    };
    values
        && (&a.path, a.kind, a.relation, a.disposition, a.owner, &a.owner_name, a.counted)
            == (&b.path, b.kind, b.relation, b.disposition, b.owner, &b.owner_name, b.counted)
}

/// Secrets differ where their fingerprints say so. Those of another key say nothing, nor do classes of equality, which hold within
/// one assessment: a rotated key is no change.
fn same_secret(a: Option<&Masked>, b: Option<&Masked>) -> bool {
    let Some((a, b)) = a.zip(b) else { return true };
    let print = |text: &Option<String>| text.as_ref()?.parse::<Fingerprint>().ok();
    [(&a.desired, &b.desired), (&a.recorded, &b.recorded), (&a.actual, &b.actual)].into_iter().all(|(a, b)| {
        let likeness = print(a).zip(print(b)).map(|(a, b)| a.compare(&b));
        likeness != Some(Likeness::Different)
    })
}

/// An event that cannot follow.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrackError {
    /// It cannot happen to its record now.
    #[error(transparent)]
    Illegal(#[from] IllegalEvent),
    /// There is no such record.
    #[error("{event} is about record `{record}`, which no DETECTED of this ledger opens")]
    NoRecord {
        /// The record.
        record: String,
        /// The event.
        event: EventKind,
    },
}

impl TrackError {
    /// A stable name for the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Illegal(error) => error.code(),
            Self::NoRecord { .. } => "no-record",
        }
    }
}

#[cfg(test)]
mod tests;
