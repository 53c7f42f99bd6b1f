//! `Record`: the case of one finding, folded from its events.

use drift_model::{DriftClass, FieldPath, Finding, Risk, Timestamp};

use crate::artifact::Artifact;
use crate::event::{Event, EventKind, without_secrets};
use crate::verification::{Verification, first_above};

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
    acted: Option<Timestamp>,
    finding: Box<Finding>,
    /// INVARIANT: begins with DETECTED.
    events: Vec<(Timestamp, Event)>,
    /// Where in the events the last DETECTED or REOPENED is.
    opened: usize,
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
            acted: None,
            events: vec![(at, Event::Detected { finding: finding.clone() })],
            opened: 0,
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

    /// The finding, as it was last seen.
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
        self.events.iter().skip(self.opened)
    }

    /// Class and risk as they were decided last.
    pub(crate) fn class(&self) -> (DriftClass, Risk) {
        let own = (self.finding.drift_class, self.finding.risk);
        self.current().rev().find_map(|(_, event)| event.class()).unwrap_or(own)
    }

    /// Every document that was kept, in the order in which they were, with the time at which that was recorded.
    pub fn artifacts(&self) -> impl Iterator<Item = (Timestamp, &Artifact)> {
        self.events.iter().filter_map(|(at, event)| {
            if let Event::ArtifactKept { artifact, .. } = event { Some((*at, artifact)) } else { None }
        })
    }

    /// Carries the case on.
    ///
    /// # Errors
    ///
    /// As [`Record::check`]; the case stays as it was.
    pub fn apply(&mut self, event: &Event, at: Timestamp) -> Result<(), IllegalEvent> {
        self.state = self.check(event)?;
        match event {
            Event::Persisted { observed_at, .. } => self.seen = self.seen.max(*observed_at),
            Event::Updated { finding, .. } => {
                self.seen = self.seen.max(finding.detected_at.unwrap_or(at));
                self.finding.clone_from(finding);
            }
            Event::Acted { .. } => self.acted = self.acted.max(Some(at)),
            Event::Reopened { finding, .. } => {
                self.seen = finding.detected_at.unwrap_or(at);
                self.acted = None;
                self.finding.clone_from(finding);
                self.opened = self.events.len();
            }
            Event::Detected { .. }
            | Event::Classified { .. }
            | Event::Routed { .. }
            | Event::Approved { .. }
            | Event::ArtifactKept { .. }
            | Event::Verified { .. }
            | Event::Closed { .. }
            | Event::DetectorFailed { .. }
            | Event::Recovered { .. } => {}
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
        // Seen again after it was seen to be gone: what was verified no longer holds.
        let refuted = |seen: Timestamp| self.gone().is_some_and(|look| look.observed_at < seen);
        match event {
            Event::Detected { .. } => Err(illegal(IllegalKind::AlreadyOpen)),
            Event::Reopened { .. } if !closed => Err(illegal(IllegalKind::NotClosed)),
            Event::Reopened { finding, .. } if finding.fingerprint != self.finding.fingerprint => {
                Err(illegal(IllegalKind::OtherFinding))
            }
            Event::Reopened { .. } => Ok(State::Open),
            // A document may be filed at any time: it changes nothing that happened.
            Event::ArtifactKept { .. } => Ok(self.state),
            _ if closed => Err(illegal(IllegalKind::Closed)),
            Event::Persisted { observed_at, .. } if refuted(*observed_at) => Ok(State::Open),
            Event::Updated { finding, .. } if !same_case(&self.finding, finding) => {
                Err(illegal(IllegalKind::OtherFinding))
            }
            Event::Updated { finding, .. } if finding.detected_at.is_none_or(refuted) => Ok(State::Open),
            // What was approved is no longer what is there.
            Event::Updated { .. } if self.state == State::Approved => Ok(State::Open),
            Event::Approved { .. } if self.state == State::Open => Ok(State::Approved),
            Event::Persisted { .. }
            | Event::Updated { .. }
            | Event::Classified { .. }
            | Event::Routed { .. }
            | Event::Approved { .. } => Ok(self.state),
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
        let after = self.acted.map_or(self.seen, |acted| acted.max(self.seen));
        let other_unit = look.unit.as_ref().zip(self.finding.unit.as_ref()).is_some_and(|(look, own)| look != own);
        if look.resource_ref != self.finding.resource_ref || other_unit {
            Some(IllegalKind::OtherResource)
        } else if !look.sees_actual() {
            Some(IllegalKind::Unseen)
        } else if look.observed_at <= after {
            Some(IllegalKind::TooEarly { after })
        } else {
            let still = first_above(&look.unsettled, paths(&self.finding));
            still.map(|path| IllegalKind::StillThere { path: path.clone() })
        }
    }
}

/// Is the later finding that of the same case: the same by fingerprint, or one of the same resource that leaves a path of the
/// earlier one unsettled? A class that was decided otherwise, or one path more, makes no second case.
pub(crate) fn same_case(earlier: &Finding, later: &Finding) -> bool {
    earlier.fingerprint == later.fingerprint
        || earlier.resource_ref == later.resource_ref && first_above(paths(later), paths(earlier)).is_some()
}

fn paths(finding: &Finding) -> impl Iterator<Item = &FieldPath> {
    finding.changes.iter().map(|change| &change.path)
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
        let mut elsewhere = sample::wider();
        elsewhere.changes.drain(..2);
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
                Event::updated(ID, elsewhere),
                "UPDATED is not possible in state OPEN: the finding has another fingerprint; it opens a record of its own",
            ),
            (
                8,
                Event::updated(ID, sample::wider()),
                "UPDATED is not possible in state CLOSED: it is closed; if the drift is back, append REOPENED first",
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

    #[test]
    fn drift_that_changed_is_the_same_case_and_what_was_approved_is_not_what_is_there() {
        let mut record = record(5);
        assert_eq!((record.state(), record.finding().changes.len()), (State::Approved, 2));
        record.apply(&Event::updated(ID, sample::wider()), sample::at(40)).unwrap();
        assert_eq!((record.state(), record.finding().changes.len()), (State::Open, 3));
        // It is the case that was detected at first, under the id that it has had since.
        assert_eq!((record.id(), record.detected_at(), record.seen()), (ID, sample::at(0), sample::at(10)));
        // An action is not undone by what else is found; a verification is, by what was seen after it.
        for (count, detected_at, expected) in
            [(6, 41, State::Acted), (7, 41, State::Open), (7, 15, State::Verified), (1, 41, State::Open)]
        {
            let mut record = self::record(count);
            let mut wider = sample::wider();
            wider.detected_at = Some(sample::at(detected_at));
            record.apply(&Event::updated(ID, wider), sample::at(42)).unwrap();
            assert_eq!(record.state(), expected, "{count} {detected_at}");
        }
    }

    #[test]
    fn what_is_gone_has_to_be_gone_as_it_was_last_seen() {
        let mut record = record(1);
        record.apply(&Event::updated(ID, sample::wider()), sample::at(10)).unwrap();
        let error = record
            .apply(&verified(|look| look.unsettled = vec!["/ingress/[from=8443]".parse().unwrap()]), sample::at(31));
        assert_eq!(error.unwrap_err().code(), "still-there");
        record.apply(&verified(|_| {}), sample::at(31)).unwrap();
        assert_eq!(record.state(), State::Verified);
    }

    #[test]
    fn s0_20_documents_are_filed_at_any_time_and_change_nothing() {
        let (kept, _) = sample::story().into_iter().find(|(event, _)| event.kind() == EventKind::ArtifactKept).unwrap();
        for count in 1..=9 {
            let mut record = record(count);
            let state = record.state();
            record.apply(&kept, sample::at(70)).unwrap();
            assert_eq!(record.state(), state);
            let kinds: Vec<_> = record.artifacts().map(|(at, artifact)| (at, artifact.kind().word())).collect();
            assert_eq!(kinds, [(sample::at(70), "VERIFICATION_RESULT")]);
        }
    }

    #[test]
    fn another_unit_may_have_a_resource_of_the_same_name() {
        let mut finding = sample::finding();
        finding.unit = Some("payments-prod".to_owned());
        let mut record = Record::open(&finding, sample::at(0));
        let other = verified(|look| look.unit = Some("payments-test".to_owned()));
        assert_eq!(record.apply(&other, sample::at(31)).unwrap_err().code(), "other-resource");
        record.apply(&verified(|look| look.unit = Some("payments-prod".to_owned())), sample::at(31)).unwrap();
    }
}
