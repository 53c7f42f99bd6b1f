//! `Event`: what happened to a case, or to the detection and the keeping of cases.

use drift_model::{Action, Digest, DriftClass, Finding, ResourceRef, Risk, Timestamp, UnknownReason};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::artifact::Artifact;
use crate::verification::Verification;

drift_model::vocabulary! {
    /// What kind of event.
    #[non_exhaustive]
    pub enum EventKind as "event" {
        /// A finding was made for the first time: a case is opened.
        Detected = "DETECTED",
        /// A later look still shows it.
        Persisted = "PERSISTED",
        /// A later look still shows it, and it is no longer what it was.
        Updated = "UPDATED",
        /// It was put into a class (again).
        Classified = "CLASSIFIED",
        /// Somebody was told.
        Routed = "ROUTED",
        /// Somebody approved an action.
        Approved = "APPROVED",
        /// An action was carried out, or failed.
        Acted = "ACTED",
        /// A document was kept that bears the case out.
        ArtifactKept = "ARTIFACT_KEPT",
        /// A later look shows that it is gone.
        Verified = "VERIFIED",
        /// The case is closed.
        Closed = "CLOSED",
        /// The same finding was made again after that.
        Reopened = "REOPENED",
        /// A run of a detector failed: it is not known whether there is drift.
        DetectorFailed = "DETECTOR_FAILED",
        /// A cut last line was dropped from the ledger.
        Recovered = "RECOVERED",
    }
}

drift_model::vocabulary! {
    /// How an action went.
    #[non_exhaustive]
    pub enum Outcome as "outcome" {
        /// It was carried out.
        Succeeded = "SUCCEEDED",
        /// It was not, or not wholly.
        Failed = "FAILED",
    }
}

/// One thing that happened.
///
/// On the wire an object with `event` and the parts of that event, flat. What a case is about comes from a [`Finding`],
/// which shows secrets masked; the free texts (`detail`, `reference`, `because`) are the caller's, who must not put a
/// secret there ([`drift_model::Secrets::are_in`] tells).
///
/// ```
/// use drift_evidence::Event;
///
/// let event: Event = serde_json::from_str(
///     r#"{"event": "APPROVED", "recordId": "drift-20260703-000184", "action": "RUNTIME_REVERT", "by": "security-oncall"}"#,
/// )?;
/// assert_eq!(event.record(), Some("drift-20260703-000184"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(try_from = "Wire")]
#[non_exhaustive]
pub enum Event {
    /// A finding was made for the first time. Built by [`Event::detected`].
    #[non_exhaustive]
    Detected {
        /// The finding, whose id names the record. Its secret changes carry no values.
        finding: Box<Finding>,
    },
    /// A later look still shows it.
    Persisted {
        /// The record.
        record: String,
        /// When that observation was made.
        observed_at: Timestamp,
    },
    /// A later look still shows it, with other values, paths, class, risk or decision. Built by [`Event::updated`].
    #[non_exhaustive]
    Updated {
        /// The record.
        record: String,
        /// The finding as it is now.
        finding: Box<Finding>,
    },
    /// It was put into a class, other than by the finding itself.
    Classified {
        /// The record.
        record: String,
        /// The class.
        class: DriftClass,
        /// How much it matters.
        risk: Risk,
        /// The rule that decided.
        rule: String,
        /// The digest of the policy that holds the rule.
        policy_digest: Digest,
    },
    /// Somebody was told.
    Routed {
        /// The record.
        record: String,
        /// The route that decided who.
        route: String,
        /// Who was told. Nobody, where the route says so.
        notified: Vec<String>,
    },
    /// Somebody approved an action.
    Approved {
        /// The record.
        record: String,
        /// What may be done.
        action: Action,
        /// Who approved.
        by: String,
        /// Where the approval is to be found.
        reference: Option<String>,
    },
    /// An action was carried out, or failed.
    Acted {
        /// The record.
        record: String,
        /// What was done.
        action: Action,
        /// Who or what did it.
        by: String,
        /// How it went.
        outcome: Outcome,
        /// Where it is to be found: a pull request, a run, an incident.
        reference: Option<String>,
    },
    /// A document was kept that bears the case out.
    ArtifactKept {
        /// The record.
        record: String,
        /// What it is, and where.
        artifact: Artifact,
    },
    /// A later look shows that it is gone.
    Verified {
        /// The record.
        record: String,
        /// That look.
        verification: Verification,
    },
    /// The case is closed.
    Closed {
        /// The record.
        record: String,
        /// A word for people.
        because: Option<String>,
    },
    /// The same finding was made again after its case was closed. Built by [`Event::reopened`].
    #[non_exhaustive]
    Reopened {
        /// The record.
        record: String,
        /// The finding as it is now.
        finding: Box<Finding>,
    },
    /// A run of a detector failed. Nothing is known from it, least of all that nothing drifts.
    DetectorFailed {
        /// What it was to look at.
        resource: ResourceRef,
        /// The registered unit, if known: units may have resources of one name.
        unit: Option<String>,
        /// Which detector, if the observation says.
        method: Option<drift_model::Method>,
        /// Why nothing is known.
        reason: UnknownReason,
        /// A word for people.
        detail: Option<String>,
    },
    /// A cut last line was dropped from the ledger: a write that did not come to its end.
    Recovered {
        /// How many bytes it had.
        dropped: u64,
        /// Their digest.
        digest: Digest,
    },
}

impl Event {
    /// A finding was made for the first time.
    #[must_use]
    pub fn detected(finding: Finding) -> Self {
        Self::Detected { finding: without_secrets(finding) }
    }

    /// The finding of an open record was made again, and is another than before.
    #[must_use]
    pub fn updated(record: impl Into<String>, finding: Finding) -> Self {
        Self::Updated { record: record.into(), finding: without_secrets(finding) }
    }

    /// The finding of a closed record was made again.
    #[must_use]
    pub fn reopened(record: impl Into<String>, finding: Finding) -> Self {
        Self::Reopened { record: record.into(), finding: without_secrets(finding) }
    }

    /// What kind of event this is.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Detected { .. } => EventKind::Detected,
            Self::Persisted { .. } => EventKind::Persisted,
            Self::Updated { .. } => EventKind::Updated,
            Self::Classified { .. } => EventKind::Classified,
            Self::Routed { .. } => EventKind::Routed,
            Self::Approved { .. } => EventKind::Approved,
            Self::Acted { .. } => EventKind::Acted,
            Self::ArtifactKept { .. } => EventKind::ArtifactKept,
            Self::Verified { .. } => EventKind::Verified,
            Self::Closed { .. } => EventKind::Closed,
            Self::Reopened { .. } => EventKind::Reopened,
            Self::DetectorFailed { .. } => EventKind::DetectorFailed,
            Self::Recovered { .. } => EventKind::Recovered,
        }
    }

    /// The finding that this brings, as it was at that time, if it brings one.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding> {
        match self {
            Self::Detected { finding } | Self::Updated { finding, .. } | Self::Reopened { finding, .. } => {
                Some(finding)
            }
            Self::Persisted { .. }
            | Self::Classified { .. }
            | Self::Routed { .. }
            | Self::Approved { .. }
            | Self::Acted { .. }
            | Self::ArtifactKept { .. }
            | Self::Verified { .. }
            | Self::Closed { .. }
            | Self::DetectorFailed { .. }
            | Self::Recovered { .. } => None,
        }
    }

    /// The class and the risk that this gives the case, if it says anything of them.
    pub(crate) fn class(&self) -> Option<(DriftClass, Risk)> {
        match self {
            Self::Classified { class, risk, .. } => Some((*class, *risk)),
            other => other.finding().map(|finding| (finding.drift_class, finding.risk)),
        }
    }

    /// The record that this happened to, if it is about one.
    #[must_use]
    pub fn record(&self) -> Option<&str> {
        match self {
            Self::Detected { finding } => Some(&finding.finding_id),
            Self::Persisted { record, .. }
            | Self::Updated { record, .. }
            | Self::Classified { record, .. }
            | Self::Routed { record, .. }
            | Self::Approved { record, .. }
            | Self::Acted { record, .. }
            | Self::ArtifactKept { record, .. }
            | Self::Verified { record, .. }
            | Self::Closed { record, .. }
            | Self::Reopened { record, .. } => Some(record),
            Self::DetectorFailed { .. } | Self::Recovered { .. } => None,
        }
    }
}

/// What a change that calls itself sensitive must not carry, whoever made the finding (law 8).
pub(crate) fn without_secrets(mut finding: Finding) -> Box<Finding> {
    for change in finding.changes.iter_mut().filter(|change| change.sensitive) {
        (change.desired, change.recorded, change.actual) = (None, None, None);
    }
    Box::new(finding)
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("event", &self.kind())?;
        if let Some(record) = self.record() {
            map.serialize_entry("recordId", record)?;
        }
        match self {
            Self::Detected { finding } | Self::Updated { finding, .. } | Self::Reopened { finding, .. } => {
                map.serialize_entry("finding", finding)?;
            }
            Self::Persisted { observed_at, .. } => map.serialize_entry("observedAt", observed_at)?,
            Self::Classified { class, risk, rule, policy_digest, .. } => {
                map.serialize_entry("driftClass", class)?;
                map.serialize_entry("risk", risk)?;
                map.serialize_entry("rule", rule)?;
                map.serialize_entry("policyDigest", policy_digest)?;
            }
            Self::Routed { route, notified, .. } => {
                map.serialize_entry("route", route)?;
                map.serialize_entry("notified", notified)?;
            }
            Self::Approved { action, by, reference, .. } => {
                map.serialize_entry("action", action)?;
                map.serialize_entry("by", by)?;
                optional(&mut map, "reference", reference.as_ref())?;
            }
            Self::Acted { action, by, outcome, reference, .. } => {
                map.serialize_entry("action", action)?;
                map.serialize_entry("by", by)?;
                map.serialize_entry("outcome", outcome)?;
                optional(&mut map, "reference", reference.as_ref())?;
            }
            Self::ArtifactKept { artifact, .. } => map.serialize_entry("artifact", artifact)?,
            Self::Verified { verification, .. } => map.serialize_entry("verification", verification)?,
            Self::Closed { because, .. } => optional(&mut map, "because", because.as_ref())?,
            Self::DetectorFailed { resource, unit, method, reason, detail } => {
                map.serialize_entry("resource", resource)?;
                optional(&mut map, "unit", unit.as_ref())?;
                if let Some(method) = method {
                    map.serialize_entry("method", method)?;
                }
                map.serialize_entry("reason", reason)?;
                optional(&mut map, "detail", detail.as_ref())?;
            }
            Self::Recovered { dropped, digest } => {
                map.serialize_entry("dropped", dropped)?;
                map.serialize_entry("digest", digest)?;
            }
        }
        map.end()
    }
}

fn optional<M: SerializeMap>(map: &mut M, key: &str, value: Option<&String>) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(key, value))
}

/// All parts that an event may have. Flat, with a word that says which count: nothing is read twice or guessed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an event, as an object")]
struct Wire {
    event: EventKind,
    record_id: Option<String>,
    finding: Option<Box<Finding>>,
    observed_at: Option<Timestamp>,
    drift_class: Option<DriftClass>,
    risk: Option<Risk>,
    rule: Option<String>,
    policy_digest: Option<Digest>,
    route: Option<String>,
    notified: Option<Vec<String>>,
    action: Option<Action>,
    by: Option<String>,
    outcome: Option<Outcome>,
    reference: Option<String>,
    artifact: Option<Artifact>,
    verification: Option<Verification>,
    because: Option<String>,
    resource: Option<ResourceRef>,
    unit: Option<String>,
    method: Option<drift_model::Method>,
    reason: Option<UnknownReason>,
    detail: Option<String>,
    dropped: Option<u64>,
    digest: Option<Digest>,
}

impl TryFrom<Wire> for Event {
    type Error = Missing;

    fn try_from(wire: Wire) -> Result<Self, Missing> {
        let record = need("recordId", wire.record_id);
        Ok(match wire.event {
            EventKind::Detected => {
                let event = Self::detected(*need("finding", wire.finding)?);
                if event.record() != Some(record?.as_str()) {
                    return Err(Missing("recordId` that is the finding's `findingId"));
                }
                event
            }
            EventKind::Persisted => {
                Self::Persisted { record: record?, observed_at: need("observedAt", wire.observed_at)? }
            }
            EventKind::Updated => Self::updated(record?, *need("finding", wire.finding)?),
            EventKind::Classified => Self::Classified {
                record: record?,
                class: need("driftClass", wire.drift_class)?,
                risk: need("risk", wire.risk)?,
                rule: need("rule", wire.rule)?,
                policy_digest: need("policyDigest", wire.policy_digest)?,
            },
            EventKind::Routed => Self::Routed {
                record: record?,
                route: need("route", wire.route)?,
                notified: need("notified", wire.notified)?,
            },
            EventKind::Approved => Self::Approved {
                record: record?,
                action: need("action", wire.action)?,
                by: need("by", wire.by)?,
                reference: wire.reference,
            },
            EventKind::Acted => Self::Acted {
                record: record?,
                action: need("action", wire.action)?,
                by: need("by", wire.by)?,
                outcome: need("outcome", wire.outcome)?,
                reference: wire.reference,
            },
            EventKind::ArtifactKept => {
                Self::ArtifactKept { record: record?, artifact: need("artifact", wire.artifact)? }
            }
            EventKind::Verified => {
                Self::Verified { record: record?, verification: need("verification", wire.verification)? }
            }
            EventKind::Closed => Self::Closed { record: record?, because: wire.because },
            EventKind::Reopened => Self::reopened(record?, *need("finding", wire.finding)?),
            EventKind::DetectorFailed => Self::DetectorFailed {
                resource: need("resource", wire.resource)?,
                unit: wire.unit,
                method: wire.method,
                reason: need("reason", wire.reason)?,
                detail: wire.detail,
            },
            EventKind::Recovered => {
                Self::Recovered { dropped: need("dropped", wire.dropped)?, digest: need("digest", wire.digest)? }
            }
        })
    }
}

/// A part that an event of this kind must have. (The spelling is what the model's readers let through.)
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("bad event, expected a `{0}` with an event of this kind")]
struct Missing(&'static str);

fn need<T>(field: &'static str, part: Option<T>) -> Result<T, Missing> {
    part.ok_or(Missing(field))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample;

    #[test]
    fn every_event_reads_back_as_what_was_written() {
        let events = sample::story();
        let kinds: std::collections::BTreeSet<_> = events.iter().map(|(event, _)| event.kind()).collect();
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), EventKind::ALL, "the story tells every kind");
        for (event, _) in events {
            let value = serde_json::to_value(&event).unwrap();
            assert_eq!(drift_model::from_value::<Event>(value.clone()).unwrap(), event);
            let text = drift_model::canonical_text(&value);
            assert_eq!(drift_model::from_json::<Event>(&text).unwrap(), event);
        }
    }

    #[test]
    fn an_event_that_lacks_a_part_says_which_and_repeats_nothing() {
        for (event, expected) in [
            (
                json!({"event": "APPROVED", "by": "ana"}),
                "at the root: bad event, expected a `recordId` with an event of this kind",
            ),
            (json!({"event": "CLOSED-hunter2"}), "at `/event`: unknown event, expected one of `DETECTED`"),
            (
                json!({"event": "PERSISTED", "recordId": "r", "observedAt": "hunter2"}),
                "at `/observedAt`: bad time, expected RFC 3339",
            ),
            (json!("hunter2"), "at the root: expected an event, as an object"),
        ] {
            let error = drift_model::from_value::<Event>(event).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        let mut detected = serde_json::to_value(Event::detected(sample::finding())).unwrap();
        detected["recordId"] = "another".into();
        let error = drift_model::from_value::<Event>(detected).unwrap_err().to_string();
        assert_eq!(
            error,
            "at the root: bad event, expected a `recordId` that is the finding's `findingId` with an event of this kind"
        );
    }
}
