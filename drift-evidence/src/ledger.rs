//! `Ledger`: a chain together with the records that its events make.

use drift_model::{ReadError, Timestamp};

use crate::chain::{AppendError, Chain, ChainId, Cut, Entry, Line};
use crate::event::Event;
use crate::record::{IllegalEvent, Record};
use crate::tracker::{TrackError, Tracker};
use crate::verify::Broken;

/// A chain of events that tells only stories that can be.
///
/// It holds the records, not the lines: whoever appends stores each [`Line`] before appending the next.
///
/// ```
/// use drift_evidence::{Event, Ledger, State};
/// # let finding: drift_model::Finding =
/// #     serde_json::from_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json")))?;
///
/// let mut ledger = Ledger::start("drift.example/prod".parse()?);
/// let line = ledger.append(&Event::detected(finding), "2026-07-03T10:22:40Z".parse()?)?;
///
/// let (ledger, cut) = Ledger::resume(line.stored().as_bytes())?;
/// assert_eq!(cut, None);
/// assert_eq!(ledger.record("drift-20260703-000184").map(|record| record.state()), Some(State::Open));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ledger {
    chain: Chain,
    tracker: Tracker,
}

impl Ledger {
    /// A new ledger without events.
    #[must_use]
    pub fn start(chain: ChainId) -> Self {
        Self { chain: Chain::start(chain), tracker: Tracker::default() }
    }

    /// A stored ledger, verified and folded.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] for a chain that is broken, a line that is no event of this version, and a story that cannot be. A
    /// cut last line is no error, as for [`Chain::resume`].
    pub fn resume(ledger: &[u8]) -> Result<(Self, Option<Cut>), LedgerError> {
        let (chain, cut) = Chain::resume(ledger)?;
        let mut resumed = Self { chain, tracker: Tracker::default() };
        for (sequence, line) in (0..resumed.chain.next()).zip(ledger.split(|byte| *byte == b'\n')) {
            let entry = Entry::read(line).map_err(|error| LedgerError::Unreadable { sequence, error })?;
            resumed.tracker.apply(&entry.event, entry.at)?;
        }
        Ok((resumed, cut))
    }

    /// The chain.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The cases, and what a new look makes of them.
    #[must_use]
    pub const fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// The record of this id, which is that of the finding that opened it.
    #[must_use]
    pub fn record(&self, id: &str) -> Option<&Record> {
        self.tracker.record(id)
    }

    /// All records, by id.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.tracker.records()
    }

    /// Writes an event as the next line.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] for an event that cannot happen now, that is about no record of this ledger, or that would not
    /// read back. The ledger stays as it was.
    pub fn append(&mut self, event: &Event, at: Timestamp) -> Result<Line, LedgerError> {
        self.tracker.check(event)?;
        let line = self.chain.append(event, at)?;
        self.tracker.apply(event, at)?;
        Ok(line)
    }
}

/// Why a ledger cannot be resumed, or an event not be appended.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The chain does not hold.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// A line is no event that this version knows.
    #[error("the event at sequence {sequence} cannot be read: {error}")]
    Unreadable {
        /// Its sequence.
        sequence: u64,
        /// Where, and what was expected.
        error: ReadError,
    },
    /// The event cannot happen to its record now.
    #[error(transparent)]
    Illegal(#[from] IllegalEvent),
    /// There is no such record.
    #[error("{event} is about record `{record}`, which no DETECTED of this ledger opens")]
    NoRecord {
        /// The record.
        record: String,
        /// The event.
        event: crate::event::EventKind,
    },
    /// The event would not read back.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl From<TrackError> for LedgerError {
    fn from(error: TrackError) -> Self {
        match error {
            TrackError::Illegal(error) => Self::Illegal(error),
            TrackError::NoRecord { record, event } => Self::NoRecord { record, event },
        }
    }
}

impl LedgerError {
    /// A stable name for the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Broken(error) => error.code(),
            Self::Unreadable { .. } => "unreadable",
            Self::Illegal(error) => error.code(),
            Self::NoRecord { .. } => "no-record",
            Self::Append(error) => error.code(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{State, sample, verify};

    const ID: &str = "drift-20260703-000184";

    #[test]
    fn a_resumed_ledger_is_the_one_that_was_written() {
        let mut written = Ledger::start("a".parse().unwrap());
        let mut stored = String::new();
        for (event, at) in sample::story() {
            stored.push_str(written.append(&event, at).unwrap().stored());
            let (resumed, cut) = Ledger::resume(stored.as_bytes()).unwrap();
            assert_eq!((cut, &resumed.tracker), (None, &written.tracker));
            assert_eq!(verify(stored.as_bytes()).unwrap().events, resumed.chain().next());
        }
        assert_eq!(stored, sample::ledger("a"));
        assert_eq!(written.records().map(Record::state).collect::<Vec<_>>(), [State::Open]);
    }

    #[test]
    fn what_cannot_be_is_not_written() {
        let mut ledger = Ledger::start("a".parse().unwrap());
        let closed = Event::Closed { record: ID.to_owned(), because: None };
        let error = ledger.append(&closed, sample::at(0)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "CLOSED is about record `drift-20260703-000184`, which no DETECTED of this ledger opens"
        );
        ledger.append(&Event::detected(sample::finding()), sample::at(0)).unwrap();
        assert_eq!(ledger.append(&closed, sample::at(1)).unwrap_err().code(), "not-verified");
        assert_eq!(
            ledger.append(&Event::detected(sample::finding()), sample::at(1)).unwrap_err().code(),
            "already-open"
        );
        assert_eq!((ledger.chain().next(), ledger.record(ID).unwrap().events().len()), (1, 1));
    }

    #[test]
    fn a_sound_chain_of_an_impossible_story_does_not_resume() {
        let mut chain = Chain::start("a".parse().unwrap());
        let closed = Event::Closed { record: ID.to_owned(), because: None };
        let mut stored = String::new();
        for event in [Event::detected(sample::finding()), closed] {
            stored.push_str(chain.append(&event, sample::at(0)).unwrap().stored());
        }
        assert!(verify(stored.as_bytes()).is_ok());
        assert_eq!(Ledger::resume(stored.as_bytes()).unwrap_err().code(), "not-verified");
    }
}
