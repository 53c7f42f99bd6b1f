//! The governor: acting on many, as a pure function of what is to be healed and of what was done before.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use drift_model::{Digest, Finding, Span, Timestamp};
use serde::Serialize;

use super::loops::{FieldWrite, Flapping, fights, flaps};
use crate::documents::AutoHealPolicy;

/// How much a machine may do, and how often.
///
/// ```
/// use drift_policy::Governor;
///
/// let governor = Governor::default();
/// assert_eq!((governor.max_objects.get(), governor.max_attempts.get()), (1, 3));
/// assert_eq!(governor.wait(1).to_string(), "30s");
/// assert_eq!(governor.wait(2).to_string(), "90s");
/// assert_eq!(governor.wait(20), governor.longest_wait);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Governor {
    /// How many objects are touched in one reconcile. One, unless an [`AutoHealPolicy`] says more.
    pub max_objects: NonZeroU32,
    /// How often the same drift is healed without being seen to close; after that a person has to look.
    pub max_attempts: NonZeroU32,
    /// How long to wait after the first attempt. Each further one waits three times as long.
    pub first_wait: Span,
    /// How long to wait at most.
    pub longest_wait: Span,
    /// What counts as flapping.
    pub flapping: Flapping,
    /// Is only healed what is [`RECORDED`](DeedKind::Recorded)? Not by itself; an [`AutoHealPolicy`] asks for it unless it
    /// says otherwise.
    pub evidence_required: bool,
}

impl Default for Governor {
    fn default() -> Self {
        Self {
            max_objects: NonZeroU32::MIN,
            max_attempts: NonZeroU32::MIN.saturating_add(2),
            first_wait: Span::from_seconds(30),
            longest_wait: Span::from_seconds(15 * 60),
            flapping: Flapping::default(),
            evidence_required: false,
        }
    }
}

/// Something that a machine may heal, as far as the gates go.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Candidate {
    /// When it was detected; what was first is healed first, and what has no time last.
    pub detected_at: Option<Timestamp>,
    /// The object.
    pub resource: String,
    /// The drift: the same over new scans.
    pub fingerprint: Digest,
}

impl Candidate {
    /// A drift of an object.
    #[must_use]
    pub fn new(resource: impl Into<String>, fingerprint: Digest, detected_at: Option<Timestamp>) -> Self {
        Self { detected_at, resource: resource.into(), fingerprint }
    }

    /// A finding that the gates allow a machine to heal; `None` where they do not.
    #[must_use]
    pub fn of(finding: &Finding) -> Option<Self> {
        let candidate = || Self::new(&finding.resource_ref, finding.fingerprint, finding.detected_at);
        finding.auto_heal_allowed.then(candidate)
    }

    /// First come, first served; by name where they came together.
    fn order(&self) -> (bool, Option<Timestamp>, &str, Digest) {
        (self.detected_at.is_none(), self.detected_at, &self.resource, self.fingerprint)
    }
}

/// Something that happened to a drift before.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Deed {
    /// When.
    pub at: Timestamp,
    /// To which drift.
    pub fingerprint: Digest,
    /// What.
    pub kind: DeedKind,
}

impl Deed {
    /// Something that happened to a drift.
    #[must_use]
    pub const fn new(at: Timestamp, fingerprint: Digest, kind: DeedKind) -> Self {
        Self { at, fingerprint, kind }
    }
}

drift_model::vocabulary! {
    /// What happened to a drift.
    pub enum DeedKind as "deed" {
        /// What was found was put on record, where it is kept.
        Recorded = "RECORDED",
        /// A machine tried to heal it, whether or not it says that it succeeded.
        Attempted = "ATTEMPTED",
        /// A later observation showed that it was gone.
        Closed = "CLOSED",
        /// A person looked at it and let the machine try again.
        Released = "RELEASED",
    }
}

/// Why a machine leaves something alone for now.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Held {
    /// What is left alone.
    pub candidate: Candidate,
    /// The gates that hold it back, in the order in which they are asked: `kill-switch`, `not-recorded`, `attempt-limit`,
    /// `backoff`, `flapping`, `two-writers`, `max-objects`.
    pub gates: Vec<&'static str>,
    /// When it may be tried, if nothing but time is in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What a machine does now, and what it leaves alone.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Batch {
    /// What is healed now, in order.
    pub go: Vec<Candidate>,
    /// What is not, in the same order.
    pub held: Vec<Held>,
}

/// What happened before.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct History<'a> {
    /// What happened to drifts, in any order.
    pub deeds: &'a [Deed],
    /// Who wrote which fields, in any order.
    pub writes: &'a [FieldWrite],
    /// Is all healing switched off?
    pub kill_switch: bool,
}

impl<'a> History<'a> {
    /// These deeds and writes.
    #[must_use]
    pub const fn new(deeds: &'a [Deed], writes: &'a [FieldWrite]) -> Self {
        Self { deeds, writes, kill_switch: false }
    }

    /// The same, with all healing switched off.
    #[must_use]
    pub const fn switched_off(self) -> Self {
        Self { kill_switch: true, ..self }
    }
}

impl Governor {
    /// What holds under a policy: as many objects as it says, only what is recorded if it says so, and the usual care for the
    /// rest.
    #[must_use]
    pub fn of(policy: &AutoHealPolicy) -> Self {
        Self {
            max_objects: policy.max_objects_per_reconcile,
            evidence_required: policy.evidence_required,
            ..Self::default()
        }
    }

    /// How long to wait after so many attempts in a row.
    #[must_use]
    pub fn wait(&self, attempts: u32) -> Span {
        let factor = 3_u64.saturating_pow(attempts.saturating_sub(1));
        let seconds = if attempts == 0 { 0 } else { self.first_wait.seconds().saturating_mul(factor) };
        Span::from_seconds(seconds.min(self.longest_wait.seconds()))
    }

    /// What a machine does now. A pure function: the order of candidates and of history is without meaning, a candidate
    /// counts once, and more attempts never permit more.
    #[must_use]
    pub fn plan(&self, candidates: &[Candidate], history: &History<'_>, now: Timestamp) -> Batch {
        let mut ordered: Vec<&Candidate> = candidates.iter().collect();
        ordered.sort_by_key(|candidate| candidate.order());
        let mut seen = BTreeSet::new();
        ordered.retain(|candidate| seen.insert((candidate.resource.as_str(), candidate.fingerprint)));

        let mut deeds: BTreeMap<Digest, Vec<Deed>> = BTreeMap::new();
        for deed in history.deeds {
            deeds.entry(deed.fingerprint).or_default().push(*deed);
        }
        for deeds in deeds.values_mut() {
            deeds.sort();
        }
        let fights = fights(history.writes, &self.flapping, now);
        let contested: BTreeSet<&str> = fights.iter().map(|fight| fight.resource.as_str()).collect();

        let most = usize::try_from(self.max_objects.get()).unwrap_or(usize::MAX);
        let mut touched = BTreeSet::new();
        let mut batch = Batch::default();
        for candidate in ordered {
            let before = deeds.get(&candidate.fingerprint).map_or(&[][..], Vec::as_slice);
            let (attempts, last) = in_a_row(before);
            let ready = last.and_then(|last| last.plus(self.wait(attempts)));
            let exhausted = attempts >= self.max_attempts.get();
            let flaps = flaps(before, &self.flapping, now) >= self.flapping.times.get();
            let mut gates: Vec<&'static str> = [
                ("kill-switch", history.kill_switch),
                ("not-recorded", self.evidence_required && !is_recorded(before, now)),
                ("attempt-limit", exhausted),
                ("backoff", last.is_some() && ready.is_none_or(|ready| now < ready)),
                ("flapping", flaps),
                ("two-writers", contested.contains(candidate.resource.as_str())),
            ]
            .into_iter()
            .filter(|(_, holds)| *holds)
            .map(|(gate, _)| gate)
            .collect();
            if gates.is_empty() && touched.len() >= most && !touched.contains(candidate.resource.as_str()) {
                gates.push("max-objects");
            }
            if gates.is_empty() {
                touched.insert(candidate.resource.as_str());
                batch.go.push(candidate.clone());
            } else {
                let until = ready.filter(|_| gates == ["backoff"]);
                batch.held.push(Held { candidate: candidate.clone(), gates, until });
            }
        }
        batch
    }
}

/// How many attempts there were since the drift was last seen to be gone, or a person let the machine try again; and when
/// the last one was.
fn in_a_row(sorted: &[Deed]) -> (u32, Option<Timestamp>) {
    let (mut attempts, mut last) = (0_u32, None);
    for deed in sorted {
        match deed.kind {
            DeedKind::Attempted => {
                attempts = attempts.saturating_add(1);
                last = Some(deed.at);
            }
            DeedKind::Closed | DeedKind::Released => (attempts, last) = (0, None),
            DeedKind::Recorded => {}
        }
    }
    (attempts, last)
}

/// Is the drift on record by now, as it is there since it was last seen to be gone? The record of an earlier one proves
/// nothing about this one.
fn is_recorded(sorted: &[Deed], now: Timestamp) -> bool {
    sorted.iter().filter(|deed| deed.at <= now).fold(false, |recorded, deed| match deed.kind {
        DeedKind::Recorded => true,
        DeedKind::Closed => false,
        DeedKind::Attempted | DeedKind::Released => recorded,
    })
}
