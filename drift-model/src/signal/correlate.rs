//! `correlate`: from signals to the facts of one observation.

use std::collections::BTreeMap;

use super::join::{is_about, is_in, may_explain};
use super::{
    AuditEvent, ChangeNotice, IncidentNotice, PlanResult, ProbeResult, Register, RegisterCoverage, Report, Signal,
    Windows,
};
use crate::facts::{
    Actor, ActorKind, ChangeRecord, ChangeRecordState, Fact, Facts, Freshness, HealthStatus, Incident, IncidentState,
    LogCoverage, Violation,
};
use crate::observation::Observation;
use crate::resource::System;
use crate::time::Timestamp;

/// An event that may have caused what was observed.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Candidate {
    /// The event.
    pub event: AuditEvent,
    /// Where to look it up.
    pub evidence: Option<String>,
}

/// The facts that the signals tell of an observation. What they do not tell is unknown.
///
/// ```
/// use drift_model::{
///     ActorKind, ChangeRecordState, RegisterCoverage, Facts, Observation, Register, Report, Scope, Signal, SyncStatus, Windows, correlate,
/// };
/// use drift_model::source::kubernetes_audit::Reader;
/// use serde_json::json;
///
/// let observation: Observation = serde_json::from_value(json!({
///     "id": "o", "observedAt": "2026-07-03T10:22:31Z",
///     "resource": {"system": "KUBERNETES", "group": "apps", "version": "v1", "kind": "Deployment", "namespace": "prod", "name": "web"},
///     "planes": {"desired": {"status": "PRESENT", "document": {"spec": {"replicas": 2}}},
///                "actual": {"status": "PRESENT", "document": {"spec": {"replicas": 5}}}},
/// }))?;
/// let patch = Reader::new().read(&json!({
///     "auditID": "0eaf743e", "stage": "ResponseComplete", "verb": "patch", "user": {"username": "ana@example.com"},
///     "objectRef": {"resource": "deployments", "namespace": "prod", "name": "web", "apiGroup": "apps", "apiVersion": "v1"},
///     "responseStatus": {"code": 200}, "requestObject": {"spec": {"replicas": 5}}, "stageTimestamp": "2026-07-03T10:11:02Z",
/// }))?;
/// let signals = [
///     Signal::from(patch),
///     Signal::new("2026-07-03T10:20:00Z".parse()?, Scope::everything(), Report::Sync(SyncStatus::OutOfSync)),
///     Signal::timeless(Scope::everything(), Report::Coverage(RegisterCoverage::complete(Register::ChangeRecords))),
/// ];
/// let facts = correlate(&observation, &signals, &Windows::default());
/// assert_eq!(facts.actors.known().unwrap()[0].kind, ActorKind::Human);
/// assert_eq!(facts.change_record.known().unwrap().state, ChangeRecordState::None);
/// // Nobody said that all incidents were handed over.
/// assert!(facts.incident.is_unknown());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn correlate(observation: &Observation, signals: &[Signal], windows: &Windows) -> Facts {
    let join = Join::new(observation, signals, windows);
    let mut facts = Facts::default();
    facts.log_coverage = join.coverage(Register::AuditLog).into_fact();
    facts.actors = join.actors(facts.log_coverage.known().copied());
    facts.incident = join.incident();
    facts.change_record = join.change_record();
    join.statuses(&mut facts);
    facts
}

/// The events that may have caused what was observed, those whose actor's kind is unknown included, in order of time.
#[must_use]
pub fn candidates(observation: &Observation, signals: &[Signal], windows: &Windows) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Join::new(observation, signals, windows)
        .events()
        .0
        .into_iter()
        .map(|(event, signal)| Candidate { event: event.clone(), evidence: signal.evidence.clone() })
        .collect();
    // Those of one moment, or of none, in an order of their own: that of the signals is chance.
    found.sort_by(|a, b| (a.event.at, a).cmp(&(b.event.at, b)));
    found.dedup();
    found
}

/// Events with the signals that reported them.
type Events<'a> = Vec<(&'a AuditEvent, &'a Signal)>;

struct Join<'a> {
    observation: &'a Observation,
    signals: &'a [Signal],
    windows: &'a Windows,
}

impl<'a> Join<'a> {
    const fn new(observation: &'a Observation, signals: &'a [Signal], windows: &'a Windows) -> Self {
        Self { observation, signals, windows }
    }

    /// The signals about the resource, audit events aside.
    fn about(&self) -> impl Iterator<Item = &'a Signal> {
        self.signals.iter().filter(|signal| is_in(&signal.scope, self.observation))
    }

    /// The last moment that counts.
    fn end(&self) -> Option<Timestamp> {
        self.observation.observed_at.and_then(|at| at.plus(self.windows.skew))
    }

    /// The first moment that counts: the last at which the resource was known to be in sync, else as far as the reach goes.
    fn start(&self) -> Option<Timestamp> {
        let observed = self.observation.observed_at?;
        let good = self
            .about()
            .filter(|signal| {
                matches!(
                    signal.report,
                    Report::Sync(crate::facts::SyncStatus::Synced) | Report::Plan(PlanResult::NoChanges)
                )
            })
            .filter_map(|signal| signal.at)
            .filter(|at| *at < observed)
            .max();
        let reach = observed.minus(self.windows.reach)?;
        good.map_or(reach, |good| good.max(reach)).minus(self.windows.skew)
    }

    /// Does the moment lie in the window? `None` if that cannot be told.
    fn holds(&self, at: Option<Timestamp>) -> Option<bool> {
        let (at, start, end) = (at?, self.start()?, self.end()?);
        Some(start < at && at <= end)
    }

    /// The events that may be causes, and whether there are others of which nobody knows what they are about.
    fn events(&self) -> (Events<'a>, bool) {
        let audit: Events<'a> = self
            .signals
            .iter()
            .filter_map(|signal| match &signal.report {
                Report::Audit(event) => Some((event.as_ref(), signal)),
                _ => None,
            })
            .collect();
        let mut by_id: BTreeMap<(&str, &str), Vec<&AuditEvent>> = BTreeMap::new();
        for (event, _) in audit.iter().filter(|(event, _)| event.stage.is_some() && !event.id.is_empty()) {
            by_id.entry((&event.log, &event.id)).or_default().push(event);
        }
        let superseded = |event: &AuditEvent| {
            let same = by_id.get(&(event.log.as_str(), event.id.as_str()));
            same.is_some_and(|same| same.iter().any(|other| event.is_superseded_by(other)))
        };
        let mut found = Vec::new();
        let mut unplaced = false;
        for (event, signal) in audit {
            let may =
                event.may_have_changed() && self.holds(signal.at.or(event.at)) != Some(false) && !superseded(event);
            if !may {
                continue;
            }
            match is_about(event, &signal.scope, self.observation) {
                None => unplaced = unplaced || is_log_of(&event.log, self.observation),
                Some(false) => {}
                Some(true) => {
                    if event.fields.as_ref().is_none_or(|fields| may_explain(fields, self.observation)) {
                        found.push((event, signal));
                    }
                }
            }
        }
        (found, unplaced)
    }

    fn actors(&self, coverage: Option<LogCoverage>) -> Fact<Vec<Actor>> {
        if self.observation.observed_at.is_none() {
            return Fact::Unknown;
        }
        let (events, unplaced) = self.events();
        if events.is_empty() {
            let nobody = coverage == Some(LogCoverage::Complete) && !unplaced;
            return if nobody { vec![Actor::new(ActorKind::Unattributed, "")].into() } else { Fact::Unknown };
        }
        let mut actors: BTreeMap<(ActorKind, String, String, Option<String>), Actor> = BTreeMap::new();
        for (event, _) in events {
            // One candidate whose kind is unknown makes a decision on the others a guess.
            let Some(actor) = event.candidate() else { return Fact::Unknown };
            let key = (actor.kind, actor.id.clone(), actor.source.clone(), actor.via.clone());
            let known = actors.entry(key).or_insert_with(|| actor.clone());
            known.at = known.at.max(actor.at);
        }
        actors.into_values().collect::<Vec<_>>().into()
    }

    /// How much of a register was handed over, as far as the window goes.
    fn coverage(&self, register: Register) -> Asserted {
        let mut asserted = Asserted(None);
        for signal in self.about() {
            let Report::Coverage(coverage) = &signal.report else { continue };
            let ours = coverage.register == register
                && (register != Register::AuditLog
                    || coverage.log.as_deref().is_none_or(|log| is_log_of(log, self.observation)));
            if ours {
                asserted.add(if self.covers(coverage) { LogCoverage::Complete } else { LogCoverage::Partial });
            }
        }
        asserted
    }

    fn covers(&self, coverage: &RegisterCoverage) -> bool {
        let (Some(start), Some(end)) = (self.start(), self.end()) else { return false };
        let late = match coverage.register {
            Register::AuditLog => end.plus(self.windows.delivery),
            Register::Incidents | Register::ChangeRecords => self.observation.observed_at,
        };
        coverage.coverage == LogCoverage::Complete
            && coverage.from.is_none_or(|from| from <= start)
            && coverage.read_at.is_none_or(|read| late.is_some_and(|late| late <= read))
    }

    fn incident(&self) -> Fact<Incident> {
        let mut found: Vec<(bool, Option<Timestamp>, &IncidentNotice)> = Vec::new();
        let mut unsure = false;
        for signal in self.about() {
            let Report::Incident(notice) = &signal.report else { continue };
            let opened = notice.opened.or(signal.at);
            match self.overlaps(opened, notice.closed.or(self.end())) {
                Some(true) => {
                    let open = notice.closed.is_none() || notice.closed > self.observation.observed_at;
                    found.push((open, opened, notice));
                }
                Some(false) => {}
                None => unsure = true,
            }
        }
        // One that is open before one that is not, the latest first.
        found.sort_by(|a, b| (b.0, b.1, &a.2.id).cmp(&(a.0, a.1, &b.2.id)));
        match found.first() {
            Some((open, _, notice)) if *open || !unsure => {
                let state = if *open { IncidentState::Open } else { IncidentState::Closed };
                Incident { state, id: Some(notice.id.clone()) }.into()
            }
            None if !unsure && self.coverage(Register::Incidents).is_complete() => {
                Incident { state: IncidentState::None, id: None }.into()
            }
            Some(_) | None => Fact::Unknown,
        }
    }

    fn change_record(&self) -> Fact<ChangeRecord> {
        let mut found: Vec<(ChangeRecordState, Option<Timestamp>, &'a ChangeNotice)> = Vec::new();
        let mut unsure = false;
        for signal in self.about() {
            let Report::Change(notice) = &signal.report else { continue };
            let from = notice.from.or(signal.at);
            match self.overlaps(from, notice.until.or(from)) {
                Some(true) => {
                    let ours = notice.fields.is_empty() || may_explain(&notice.fields, self.observation);
                    let state = if ours { ChangeRecordState::Matched } else { ChangeRecordState::Unmatched };
                    found.push((state, from, notice));
                }
                Some(false) => {}
                None => unsure = true,
            }
        }
        // One that matches before one that does not, the latest first; of two notices of one change, the one that accepts less.
        let rest = |notice: &'a ChangeNotice| (&notice.id, notice.accepts_runtime, &notice.url);
        found.sort_by(|a, b| (a.0, b.1, rest(a.2)).cmp(&(b.0, a.1, rest(b.2))));
        match found.first() {
            Some((state, _, notice)) if *state == ChangeRecordState::Matched || !unsure => notice.record(*state).into(),
            None if !unsure && self.coverage(Register::ChangeRecords).is_complete() => {
                ChangeRecord { state: ChangeRecordState::None, id: None, url: None, accepts_runtime: None }.into()
            }
            Some(_) | None => Fact::Unknown,
        }
    }

    /// Do the times overlap with the window? `None` if that cannot be told.
    fn overlaps(&self, from: Option<Timestamp>, until: Option<Timestamp>) -> Option<bool> {
        let (start, end) = (self.start()?, self.end()?);
        if from.is_some_and(|from| from > end) || until.is_some_and(|until| until <= start) {
            return Some(false);
        }
        from.and(until).map(|_| true)
    }

    /// What the latest signal of each kind says, stale where it is old.
    fn statuses(&self, facts: &mut Facts) {
        facts.sync = self.latest(|report| if let Report::Sync(sync) = report { Some(*sync) } else { None });
        facts.source =
            self.latest(|report| if let Report::Source(source) = report { Some(source.clone()) } else { None });
        facts.reconcile =
            self.latest(|report| if let Report::Reconcile(at) = report { Some(at.clone()) } else { None });
        facts.suspended =
            self.latest(|report| if let Report::Suspended(is) = report { Some(is.clone()) } else { None });
        facts.secret_sync = self
            .latest(|report| if let Report::SecretSync(sync) = report { Some(sync.as_ref().clone()) } else { None });
        facts.exception =
            self.latest(|report| if let Report::Exception(window) = report { Some(window.clone()) } else { None });
        if let Fact::Stale { value, .. } = &facts.exception {
            // An exception ends when it says.
            facts.exception = value.clone().into();
        }
        facts.violations =
            self.latest(|report| if let Report::Violations(found) = report { Some(sorted(found)) } else { None });
        facts.actual_freshness = self.latest(|report| match report {
            Report::Plan(PlanResult::NoChanges | PlanResult::Changes) => Some(Freshness::Fresh),
            Report::Plan(PlanResult::Failed) => Some(Freshness::Stale),
            _ => None,
        });
        let health = self.latest(|report| if let Report::Health(health) = report { Some(*health) } else { None });
        // A probe sees what no field shows; that it passes says nothing about the rest.
        let failed = self.latest(|report| if let Report::Probe(probe) = report { Some(*probe) } else { None });
        facts.health =
            if failed.known() == Some(&ProbeResult::Failed) { HealthStatus::Degraded.into() } else { health };
        let upgrade =
            self.latest(|report| if let Report::Upgrade(upgrade) = report { Some(upgrade.clone()) } else { None });
        facts.last_upgrade = upgrade.last_known().cloned().map_or(Fact::Unknown, Fact::Known);
    }

    /// The latest of what the signals say of this kind. Where two of one moment say different things, nobody knows.
    fn latest<T: PartialEq>(&self, read: impl Fn(&Report) -> Option<T>) -> Fact<T> {
        let Some(observed) = self.observation.observed_at else { return Fact::Unknown };
        let last = observed.plus(self.windows.status);
        let mut best: Option<(Timestamp, Option<T>)> = None;
        for signal in self.about() {
            let (Some(at), Some(value)) = (signal.at, read(&signal.report)) else { continue };
            if last.is_some_and(|last| at > last) {
                continue;
            }
            best = match best {
                Some((known, kept)) if known > at => Some((known, kept)),
                Some((known, kept)) if known == at => Some((known, kept.filter(|kept| *kept == value))),
                _ => Some((at, Some(value))),
            };
        }
        match best {
            Some((at, Some(value))) if observed.since(at) > self.windows.status => Fact::Stale { value, since: at },
            Some((_, Some(value))) => Fact::Known(value),
            Some((_, None)) | None => Fact::Unknown,
        }
    }
}

/// What was asserted of a register: all of it, some of it, or nothing.
struct Asserted(Option<LogCoverage>);

impl Asserted {
    /// One assertion that covers the window is enough.
    fn add(&mut self, coverage: LogCoverage) {
        if self.0 != Some(LogCoverage::Complete) {
            self.0 = Some(coverage);
        }
    }

    fn is_complete(&self) -> bool {
        self.0 == Some(LogCoverage::Complete)
    }

    fn into_fact(self) -> Fact<LogCoverage> {
        self.0.map_or(Fact::Unknown, Fact::Known)
    }
}

/// Is this the log that would name who changed the resource?
fn is_log_of(log: &str, observation: &Observation) -> bool {
    let resource = &observation.resource;
    match log {
        crate::source::kubernetes_audit::LOG => resource.system.is_kubernetes(),
        crate::source::cloudtrail::LOG => match resource.system {
            System::Aws => true,
            System::OpenTofu | System::Terraform => {
                resource.resource_type.starts_with("aws_") || resource.resource_type.starts_with("awscc_")
            }
            System::Kubernetes
            | System::ArgoCd
            | System::Flux
            | System::Database
            | System::Generic
            | System::Other(_) => false,
        },
        _ => true,
    }
}

fn sorted(violations: &[Violation]) -> Vec<Violation> {
    let mut sorted = violations.to_vec();
    sorted.sort_by(|a, b| (&a.policy, a.since, a.severity).cmp(&(&b.policy, b.since, b.severity)));
    sorted
}
