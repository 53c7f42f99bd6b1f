//! `Record`: the case of one finding, folded from its events.

use drift_model::{FieldPath, Finding, Timestamp};

use crate::event::{Event, EventKind, Verification, without_secrets};

drift_model::vocabulary! {
    /// How far a case has come.
    #[non_exhaustive]
    pub enum State as "state" {
        /// The drift is there, and nothing was allowed or done about it yet.
        Open = "OPEN",
        /// An action is approved.
        Approved = "APPROVED",
        /// An action was carried out, or failed.
        Acted = "ACTED",
        /// A later look shows that the drift is gone.
        Verified = "VERIFIED",
        /// Closed, after that.
        Closed = "CLOSED",
    }
}

/// The case of one finding: opened by DETECTED, carried on by each event that names it.
///
/// It records what happened, also what should not have: an action without approval is in it, and shows in the answers.
/// What it refuses is a story that cannot be, such as a closure that nothing verified.
///
/// ```
/// use drift_evidence::{Event, Question, Record, State};
/// # let finding: drift_model::Finding = serde_json::from_str(include_str!(concat!(
/// #     env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json"
/// # )))?;
///
/// let mut record = Record::open(&finding, "2026-07-03T10:22:40Z".parse()?);
/// let seen_again = Event::Persisted { record: record.id().to_owned(), observed_at: "2026-07-03T10:32:31Z".parse()? };
/// record.apply(&seen_again, "2026-07-03T10:32:40Z".parse()?)?;
/// assert_eq!(record.state(), State::Open);
/// assert_eq!(
///     record.answer(Question::Duration).to_string(),
///     "not known: nothing has shown that it is gone; it was there for 21m29s when it was last seen at \
///      2026-07-03T10:32:31Z"
/// );
///
/// let closed = Event::Closed { record: record.id().to_owned(), because: None };
/// assert_eq!(
///     record.apply(&closed, "2026-07-03T11:00:00Z".parse()?).unwrap_err().to_string(),
///     "record `drift-20260703-000184`: CLOSED is not possible in state OPEN: nothing has verified that the drift is \
///      gone; look again, and append VERIFIED first"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    id: String,
    state: State,
    seen: Timestamp,
    finding: Box<Finding>,
    /// INVARIANT: begins with DETECTED.
    events: Vec<(Timestamp, Event)>,
}

impl Record {
    /// The case of a finding that was recorded at this time: the fold of its DETECTED.
    #[must_use]
    pub fn open(finding: &Finding, at: Timestamp) -> Self {
        let finding = without_secrets(finding.clone());
        Self {
            id: finding.finding_id.clone(),
            state: State::Open,
            seen: finding.detected_at.unwrap_or(at),
            events: vec![(at, Event::Detected { finding: finding.clone() })],
            finding,
        }
    }

    /// The id of the finding that opened it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How far it has come.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// The finding: the last one that opened it.
    #[must_use]
    pub const fn finding(&self) -> &Finding {
        &self.finding
    }

    /// When the drift was last seen to be there.
    #[must_use]
    pub const fn seen(&self) -> Timestamp {
        self.seen
    }

    /// All that happened, in order, with the time at which it was recorded.
    #[must_use]
    pub fn events(&self) -> &[(Timestamp, Event)] {
        &self.events
    }

    /// What happened since it was opened for the last time.
    #[must_use]
    pub fn current(&self) -> impl DoubleEndedIterator<Item = &(Timestamp, Event)> {
        let opened = self.events.iter().rposition(|(_, event)| event.kind() == EventKind::Reopened).unwrap_or(0);
        self.events.iter().skip(opened)
    }

    /// Carries the case on.
    ///
    /// # Errors
    ///
    /// As [`Record::check`]; the case stays as it was.
    pub fn apply(&mut self, event: &Event, at: Timestamp) -> Result<(), IllegalEvent> {
        self.state = self.check(event)?;
        if let Event::Persisted { observed_at, .. } = event {
            self.seen = self.seen.max(*observed_at);
        } else if let Event::Reopened { finding, .. } = event {
            self.seen = finding.detected_at.unwrap_or(at);
            self.finding.clone_from(finding);
        }
        self.events.push((at, event.clone()));
        Ok(())
    }

    /// The state that the event leads to.
    ///
    /// # Errors
    ///
    /// [`IllegalEvent`], which names the event, the state and what to do first.
    pub fn check(&self, event: &Event) -> Result<State, IllegalEvent> {
        let illegal = |kind| IllegalEvent { record: self.id.clone(), event: event.kind(), state: self.state, kind };
        if event.record() != Some(self.id()) {
            return Err(illegal(IllegalKind::OtherRecord));
        }
        let closed = self.state == State::Closed;
        match event {
            Event::Detected { .. } => Err(illegal(IllegalKind::AlreadyOpen)),
            Event::Reopened { .. } if !closed => Err(illegal(IllegalKind::NotClosed)),
            Event::Reopened { finding, .. } if finding.fingerprint != self.finding.fingerprint => {
                Err(illegal(IllegalKind::OtherFinding))
            }
            Event::Reopened { .. } => Ok(State::Open),
            _ if closed => Err(illegal(IllegalKind::Closed)),
            // Seen again after it was seen to be gone: what was verified no longer holds.
            Event::Persisted { observed_at, .. } if self.gone().is_some_and(|look| look.observed_at < *observed_at) => {
                Ok(State::Open)
            }
            Event::Approved { .. } if self.state == State::Open => Ok(State::Approved),
            Event::Persisted { .. } | Event::Classified { .. } | Event::Routed { .. } | Event::Approved { .. } => {
                Ok(self.state)
            }
            Event::Acted { .. } => Ok(State::Acted),
            Event::Verified { verification, .. } => {
                self.refute(verification).map_or(Ok(State::Verified), |kind| Err(illegal(kind)))
            }
            Event::Closed { .. } if self.state == State::Verified => Ok(State::Closed),
            Event::Closed { .. } => Err(illegal(IllegalKind::NotVerified)),
            Event::DetectorFailed { .. } | Event::Recovered { .. } => Err(illegal(IllegalKind::OtherRecord)),
        }
    }

    /// The look that proves that the drift is gone, as long as nothing contradicts it.
    #[must_use]
    pub fn gone(&self) -> Option<&Verification> {
        if !matches!(self.state, State::Verified | State::Closed) {
            return None;
        }
        self.current().rev().find_map(|(_, event)| {
            if let Event::Verified { verification, .. } = event { Some(verification) } else { None }
        })
    }

    /// Why a look does not prove that the drift is gone, if it does not.
    fn refute(&self, look: &Verification) -> Option<IllegalKind> {
        let acted = self.current().filter(|(_, event)| event.kind() == EventKind::Acted).map(|(at, _)| *at);
        let after = acted.chain([self.seen]).max().unwrap_or(self.seen);
        let paths: Vec<&FieldPath> = self.finding.changes.iter().map(|change| &change.path).collect();
        if look.resource_ref != self.finding.resource_ref {
            Some(IllegalKind::OtherResource)
        } else if !look.sees_actual() {
            Some(IllegalKind::Unseen)
        } else if look.observed_at <= after {
            Some(IllegalKind::TooEarly { after })
        } else {
            look.still(&paths).map(|path| IllegalKind::StillThere { path: path.clone() })
        }
    }
}

/// An event that cannot happen to a record as it stands.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("record `{record}`: {event} is not possible in state {state}: {kind}")]
#[non_exhaustive]
pub struct IllegalEvent {
    /// The record.
    pub record: String,
    /// The event.
    pub event: EventKind,
    /// The state that the record is in.
    pub state: State,
    /// Why not.
    pub kind: IllegalKind,
}

/// Why an event cannot happen to a record.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IllegalKind {
    /// It names another record, or none.
    #[error("the event is not about this record")]
    OtherRecord,
    /// The record is there already.
    #[error("it is open already; a later look that still shows it is PERSISTED")]
    AlreadyOpen,
    /// Nothing happens to a closed record.
    #[error("it is closed; if the drift is back, append REOPENED first")]
    Closed,
    /// Only a closed record is opened again.
    #[error("it is not closed; a later look that still shows it is PERSISTED")]
    NotClosed,
    /// The finding is another one.
    #[error("the finding has another fingerprint; it opens a record of its own")]
    OtherFinding,
    /// Nothing has verified the closure.
    #[error("nothing has verified that the drift is gone; look again, and append VERIFIED first")]
    NotVerified,
    /// The look was at another resource.
    #[error("that assessment is of another resource")]
    OtherResource,
    /// The look did not see the runtime. No result is not no drift.
    #[error("that assessment does not know the actual plane; no result is not no drift")]
    Unseen,
    /// The look was made before the drift was last seen, or before the last action.
    #[error("that observation is not later than {after}, when the drift was last seen or acted upon")]
    TooEarly {
        /// When that was.
        after: Timestamp,
    },
    /// The look still shows it.
    #[error("that assessment leaves `{path}` unsettled")]
    StillThere {
        /// The path.
        path: FieldPath,
    },
}

impl IllegalEvent {
    /// A stable name for the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match &self.kind {
            IllegalKind::OtherRecord => "other-record",
            IllegalKind::AlreadyOpen => "already-open",
            IllegalKind::Closed => "closed",
            IllegalKind::NotClosed => "not-closed",
            IllegalKind::OtherFinding => "other-finding",
            IllegalKind::NotVerified => "not-verified",
            IllegalKind::OtherResource => "other-resource",
            IllegalKind::Unseen => "actual-unknown",
            IllegalKind::TooEarly { .. } => "too-early",
            IllegalKind::StillThere { .. } => "still-there",
        }
    }
}

#[cfg(test)]
mod tests {
    use drift_model::{Existence, Verdict};

    use super::*;
    use crate::sample::{self, record};

    const ID: &str = "drift-20260703-000184";

    fn verified(change: impl FnOnce(&mut Verification)) -> Event {
        let mut verification = Verification::of(&sample::report(&[]), sample::at(30));
        change(&mut verification);
        Event::Verified { record: ID.to_owned(), verification }
    }

    #[test]
    fn a_case_goes_through_its_states_and_may_come_back() {
        let states: Vec<_> = (1..=9).map(|count| record(count).state().word()).collect();
        assert_eq!(states, ["OPEN", "OPEN", "OPEN", "OPEN", "APPROVED", "ACTED", "VERIFIED", "CLOSED", "OPEN"]);
    }

    #[test]
    fn a_story_that_cannot_be_is_refused_with_event_state_and_reason() {
        let closed = Event::Closed { record: ID.to_owned(), because: None };
        let path = || "/ingress/[from=443]".parse().unwrap();
        let mut stranger = sample::finding();
        stranger.fingerprint = drift_model::Digest::of(b"another");
        for (count, event, expected) in [
            (
                1,
                closed.clone(),
                "CLOSED is not possible in state OPEN: nothing has verified that the drift is gone; look again, and append VERIFIED first",
            ),
            (
                6,
                closed.clone(),
                "CLOSED is not possible in state ACTED: nothing has verified that the drift is gone; look again, and append VERIFIED first",
            ),
            (
                8,
                closed,
                "CLOSED is not possible in state CLOSED: it is closed; if the drift is back, append REOPENED first",
            ),
            (
                1,
                Event::detected(sample::finding()),
                "DETECTED is not possible in state OPEN: it is open already; a later look that still shows it is PERSISTED",
            ),
            (
                3,
                Event::reopened(ID, sample::finding()),
                "REOPENED is not possible in state OPEN: it is not closed; a later look that still shows it is PERSISTED",
            ),
            (
                8,
                Event::reopened(ID, stranger),
                "REOPENED is not possible in state CLOSED: the finding has another fingerprint; it opens a record of its own",
            ),
            (
                1,
                Event::Closed { record: "other".into(), because: None },
                "CLOSED is not possible in state OPEN: the event is not about this record",
            ),
            (
                1,
                Event::Recovered { dropped: 1, digest: drift_model::Digest::of(b"") },
                "RECOVERED is not possible in state OPEN: the event is not about this record",
            ),
            (
                6,
                verified(|look| look.verdict = Verdict::Unknown),
                "VERIFIED is not possible in state ACTED: that assessment does not know the actual plane; no result is not no drift",
            ),
            (
                6,
                verified(|look| look.existence = Existence::Undetermined),
                "VERIFIED is not possible in state ACTED: that assessment does not know the actual plane; no result is not no drift",
            ),
            (
                6,
                verified(|look| look.observed_at = sample::at(13)),
                "VERIFIED is not possible in state ACTED: that observation is not later than 2026-07-03T10:35:31Z, when the drift was last seen or acted upon",
            ),
            (
                1,
                verified(|look| look.observed_at = sample::at(0)),
                "VERIFIED is not possible in state OPEN: that observation is not later than 2026-07-03T10:22:31Z, when the drift was last seen or acted upon",
            ),
            (
                6,
                verified(|look| look.resource_ref = "aws_vpc.main".into()),
                "VERIFIED is not possible in state ACTED: that assessment is of another resource",
            ),
            (
                6,
                verified(|look| look.unsettled = vec![path()]),
                "VERIFIED is not possible in state ACTED: that assessment leaves `/ingress/[from=443]` unsettled",
            ),
            (
                6,
                verified(|look| look.unsettled = vec![FieldPath::root()]),
                "VERIFIED is not possible in state ACTED: that assessment leaves `` unsettled",
            ),
        ] {
            let mut record = record(count);
            let before = record.clone();
            let error = record.apply(&event, sample::at(40)).unwrap_err();
            assert_eq!(error.to_string(), format!("record `{ID}`: {expected}"));
            assert_eq!(record, before, "{expected}");
        }
    }

    #[test]
    fn drift_that_went_away_by_itself_is_closed_the_same_way() {
        let mut record = record(1);
        record.apply(&verified(|_| {}), sample::at(31)).unwrap();
        record.apply(&Event::Closed { record: ID.to_owned(), because: None }, sample::at(32)).unwrap();
        assert_eq!(record.state(), State::Closed);
    }

    #[test]
    fn drift_that_is_seen_again_undoes_its_verification() {
        let mut record = record(7);
        assert_eq!(record.state(), State::Verified);
        record.apply(&Event::Persisted { record: ID.to_owned(), observed_at: sample::at(50) }, sample::at(50)).unwrap();
        assert_eq!((record.state(), record.seen()), (State::Open, sample::at(50)));
    }

    #[test]
    fn a_late_word_of_an_older_look_does_not() {
        let mut record = record(7);
        record.apply(&Event::Persisted { record: ID.to_owned(), observed_at: sample::at(15) }, sample::at(50)).unwrap();
        assert_eq!((record.state(), record.seen()), (State::Verified, sample::at(15)));
    }
}
