//! `Case`: what the figures need of a record.

use std::collections::BTreeSet;

use drift_model::{Action, ActorKind, Digest, DriftClass, Risk, Span, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};

use super::Row;
use crate::answer::{Answer, Question};
use crate::artifact::ArtifactKind;
use crate::event::{Event, Outcome};
use crate::record::{Record, State};

/// The row of a record. The order is that of what is known: the later observation first, then the more events; the rest only
/// makes it total, so that the greater of two rows is the same whoever asks.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Case {
    /// When anybody looked last, whatever they saw. Never earlier than it was an event before.
    pub(crate) observed_at: Timestamp,
    pub(crate) events: u64,
    pub(crate) record_id: String,
    /// The fingerprint of the finding that opened it. That of the finding as it is now may be another.
    pub(crate) opened_as: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) opened_in: Option<String>,
    pub(crate) state: State,
    pub(crate) fingerprint: Digest,
    pub(crate) cause_fingerprint: Digest,
    pub(crate) resource_ref: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) environment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<String>,
    pub(crate) domain: String,
    pub(crate) drift_class: DriftClass,
    pub(crate) risk: Risk,
    pub(crate) recommended_action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reconcile_by: Option<Timestamp>,
    /// The gates that refuse to let a machine heal it, sorted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) refused_by: BTreeSet<String>,
    /// Somebody who may have done it broke the glass for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) break_glass: bool,
    /// The questions that it answers, of the ten.
    pub(crate) answers: BTreeSet<Question>,
    /// Each time that it was opened, in order.
    ///
    /// INVARIANT: never empty.
    #[serde(deserialize_with = "at_least_one")]
    pub(crate) episodes: Vec<Episode>,
}

/// A case from when it was opened until it was seen to be gone.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Episode {
    pub(crate) detected_at: Timestamp,
    pub(crate) drift_class: DriftClass,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to_detect: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to_classify: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to_reconcile: Option<u64>,
    /// The actions that were carried out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) done: BTreeSet<Action>,
    /// The kinds of documents that were kept.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) artifacts: BTreeSet<ArtifactKind>,
    /// What a machine did alone: the times that it went well, and the times that it did not.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) healed: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) heal_failed: u64,
}

impl Row for Case {
    type Name = (String, Digest, Option<String>);

    fn name(&self) -> Self::Name {
        (self.record_id.clone(), self.opened_as, self.opened_in.clone())
    }

    fn join(self, other: Self) -> Self {
        self.max(other)
    }
}

impl Case {
    pub(crate) fn of(record: &Record) -> Self {
        let finding = record.finding();
        let first = match record.events().first() {
            Some((_, Event::Detected { finding })) => finding,
            _ => finding,
        };
        let (drift_class, risk) = record.class();
        let within = |span: Span| record.detected_at().plus(span);
        Self {
            observed_at: observed_at(record),
            events: u64::try_from(record.events().len()).unwrap_or(u64::MAX),
            record_id: record.id().to_owned(),
            opened_as: first.fingerprint,
            opened_in: first.unit.clone(),
            state: record.state(),
            fingerprint: finding.fingerprint,
            cause_fingerprint: finding.cause_fingerprint,
            resource_ref: finding.resource_ref.clone(),
            unit: finding.unit.clone(),
            environment: finding.environment.clone(),
            owner: finding.owner.clone(),
            domain: finding.domain.clone(),
            drift_class,
            risk,
            recommended_action: finding.recommended_action.clone(),
            reconcile_by: finding.reconcile_by.or_else(|| finding.reconcile_within.and_then(within)),
            refused_by: finding.auto_heal.refused_by.iter().cloned().collect(),
            break_glass: finding.candidates.iter().any(|actor| actor.kind == ActorKind::BreakGlass),
            answers: record
                .answers()
                .into_iter()
                .filter_map(|(question, answer)| matches!(answer, Answer::Known(_)).then_some(question))
                .collect(),
            episodes: episodes(record),
        }
    }

    /// Is the drift there, as far as is known?
    pub(crate) const fn is_open(&self) -> bool {
        match self.state {
            State::Open | State::Approved | State::Acted => true,
            State::Verified | State::Closed => false,
        }
    }

    pub(crate) fn current(&self) -> Option<&Episode> {
        self.episodes.last()
    }

    /// Did people make the change, past Git?
    pub(crate) const fn is_manual(&self) -> bool {
        is_manual(self.drift_class)
    }

    pub(crate) const fn is_break_glass(&self) -> bool {
        self.break_glass || matches!(self.drift_class, DriftClass::EmergencyDrift)
    }
}

impl Episode {
    fn of(record: &Record) -> Self {
        let mut episode = Self {
            detected_at: record.detected_at(),
            drift_class: record.class().0,
            to_detect: record.time_to_detect().map(Span::seconds),
            to_classify: record.time_to_classify().map(Span::seconds),
            to_reconcile: record.time_to_reconcile().map(Span::seconds),
            done: BTreeSet::new(),
            artifacts: BTreeSet::new(),
            healed: 0,
            heal_failed: 0,
        };
        let (mut approved, mut allowed) = (false, false);
        for (_, event) in record.current() {
            match event {
                Event::Approved { .. } => approved = true,
                Event::Detected { finding } | Event::Updated { finding, .. } | Event::Reopened { finding, .. } => {
                    (approved, allowed) = (false, finding.auto_heal.allowed);
                }
                Event::Acted { action, outcome, .. } => {
                    let alone = allowed && !approved && action.changes_runtime();
                    match outcome {
                        Outcome::Succeeded => {
                            episode.done.insert(*action);
                            episode.healed = episode.healed.saturating_add(u64::from(alone));
                        }
                        Outcome::Failed => episode.heal_failed = episode.heal_failed.saturating_add(u64::from(alone)),
                    }
                }
                Event::ArtifactKept { artifact, .. } => {
                    episode.artifacts.insert(artifact.kind());
                }
                Event::Persisted { .. }
                | Event::Classified { .. }
                | Event::Routed { .. }
                | Event::Verified { .. }
                | Event::Closed { .. }
                | Event::DetectorFailed { .. }
                | Event::Recovered { .. } => {}
            }
        }
        episode
    }

    pub(crate) const fn is_manual(&self) -> bool {
        is_manual(self.drift_class)
    }

    /// Is it gone because Git says now what runs?
    pub(crate) fn is_backfilled(&self) -> bool {
        self.to_reconcile.is_some() && self.done.contains(&Action::GitUpdatePr)
    }

    /// Is it gone because the runtime was put back?
    pub(crate) fn is_reverted(&self) -> bool {
        self.to_reconcile.is_some() && !self.is_backfilled() && self.done.iter().copied().any(Action::changes_runtime)
    }
}

fn observed_at(record: &Record) -> Timestamp {
    let looked = record.events().iter().filter_map(|(at, event)| match event {
        Event::Persisted { observed_at, .. } => Some(*observed_at),
        Event::Verified { verification, .. } => Some(verification.observed_at),
        other => other.finding().map(|finding| finding.detected_at.unwrap_or(*at)),
    });
    looked.max().unwrap_or_else(|| record.seen())
}

/// Each time that the case was opened: the record as it stood before it was opened the next time.
fn episodes(record: &Record) -> Vec<Episode> {
    let mut events = record.events().iter();
    let Some((at, Event::Detected { finding })) = events.next() else { return vec![Episode::of(record)] };
    if !record.events().iter().any(|(_, event)| matches!(event, Event::Reopened { .. })) {
        return vec![Episode::of(record)];
    }
    let mut past = Record::open(finding, *at);
    let mut episodes = Vec::new();
    for (at, event) in events {
        if matches!(event, Event::Reopened { .. }) {
            episodes.push(Episode::of(&past));
        }
        // What happened once is possible again.
        if past.apply(event, *at).is_err() {
            return vec![Episode::of(record)];
        }
    }
    episodes.push(Episode::of(record));
    episodes
}

/// Did people make a change of this class, past Git? What was accepted since is one that Git does not say yet.
const fn is_manual(class: DriftClass) -> bool {
    match class {
        DriftClass::UnauthorizedRuntimeDrift | DriftClass::EmergencyDrift | DriftClass::StaleDesiredState => true,
        DriftClass::ControllerOwnedDrift
        | DriftClass::ProviderReadNoise
        | DriftClass::DependencyDrift
        | DriftClass::FailedReconciliation
        | DriftClass::PolicyDrift
        | DriftClass::StateDrift
        | DriftClass::SecretDeliveryDrift
        | DriftClass::CostCapacityDrift
        | DriftClass::RenderNoise
        | DriftClass::PendingChange
        | DriftClass::Unclassified => false,
    }
}

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Episode>, D::Error> {
    let episodes = Vec::deserialize(deserializer)?;
    if episodes.is_empty() {
        return Err(serde::de::Error::custom("bad case, expected one that was opened at least once"));
    }
    Ok(episodes)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}
