//! `Exhibit`: a record with what its ledger and its caller know beside it.

use drift_model::{Digest, DriftClass, ExceptionWindow, Relation, Risk, Timestamp, UnknownReason};
use serde_json::Value;

use super::{object, text};
use crate::chain::{ChainId, Entry};
use crate::event::EventKind;
use crate::record::{Record, State};
use crate::verify::Envelope;

/// A record as it is shown to somebody outside, with what is known beside it.
///
/// ```
/// use drift_evidence::Record;
/// use drift_evidence::export::Exhibit;
/// # let finding: drift_model::Finding = serde_json::from_str(include_str!(concat!(
/// #     env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json"
/// # )))?;
///
/// let record = Record::open(&finding, "2026-07-03T10:22:40Z".parse()?);
/// let exhibit = Exhibit::of(&record).declared_in("prod/network/main.tf");
/// assert_eq!(exhibit.file.as_deref(), Some("prod/network/main.tf"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exhibit<'r> {
    /// The record.
    pub record: &'r Record,
    /// The file that declares the resource, relative to the root of its repository.
    pub file: Option<String>,
    /// The exception that covers the finding.
    pub exception: Option<ExceptionWindow>,
    /// Why the last attempt to look at the resource saw nothing, if it did not.
    pub unseen: Option<UnknownReason>,
    /// What the ledger says of the record's last line.
    pub attestation: Option<Attestation>,
}

impl<'r> Exhibit<'r> {
    /// The record, and nothing beside it.
    #[must_use]
    pub const fn of(record: &'r Record) -> Self {
        Self { record, file: None, exception: None, unseen: None, attestation: None }
    }

    /// The file that declares the resource, relative to the root of its repository.
    #[must_use]
    pub fn declared_in(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// The exception that covers the finding.
    #[must_use]
    pub fn excepted(mut self, exception: ExceptionWindow) -> Self {
        self.exception = Some(exception);
        self
    }

    /// The last attempt to look at the resource saw nothing. What no look proves is not called settled.
    #[must_use]
    pub const fn unseen(mut self, reason: UnknownReason) -> Self {
        self.unseen = Some(reason);
        self
    }

    /// The line of the ledger that the record ends with, as it is stored.
    ///
    /// # Errors
    ///
    /// [`NotAttested`] for bytes that are no line of a ledger as it was sealed, and for the line of another event than the
    /// last one of the record.
    pub fn attested(mut self, line: &[u8]) -> Result<Self, NotAttested> {
        let attestation = Attestation::of(line).ok_or(NotAttested::Broken)?;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let entry = Entry::read(line).map_err(|_| NotAttested::Broken)?;
        let last = self.record.events().last();
        if last.is_none_or(|(at, event)| *at != entry.at || *event != entry.event) {
            return Err(NotAttested::OtherEvent);
        }
        self.attestation = Some(attestation);
        Ok(self)
    }

    /// Class and risk as they were decided last.
    pub(crate) fn class(&self) -> (DriftClass, Risk) {
        self.record.class()
    }

    /// When the last event was recorded.
    pub(super) fn modified(&self) -> Timestamp {
        self.record.events().last().map_or(self.record.seen(), |(at, _)| *at)
    }

    /// Where the evidence is kept, as a URI reference.
    pub(super) fn evidence(&self) -> Option<String> {
        self.record.finding().evidence_uri.as_deref().filter(|uri| !uri.is_empty()).map(text::uri)
    }

    /// What happened last.
    pub(super) fn last(&self) -> EventKind {
        self.record.events().last().map_or(EventKind::Detected, |(_, event)| event.kind())
    }

    /// How many events the record has.
    pub(super) fn age(&self) -> u64 {
        self.record.events().len() as u64
    }

    /// Does the exception hold at this time?
    pub(super) fn is_excepted(&self, at: Timestamp) -> bool {
        self.exception.as_ref().is_some_and(|exception| exception.expires.is_none_or(|end| at < end))
    }

    /// What the record proves of the resource now.
    pub(super) fn standing(&self) -> Standing {
        let record = self.record;
        let undetermined = record.finding().relation == Relation::Undetermined
            || self.class().0 == DriftClass::Unclassified && record.finding().changes.is_empty();
        if record.gone().is_some() && matches!(record.state(), State::Verified | State::Closed) {
            Standing::Gone
        } else if undetermined || self.unseen.is_some() {
            Standing::NotKnown
        } else {
            Standing::There
        }
    }
}

impl<'r> From<&'r Record> for Exhibit<'r> {
    fn from(record: &'r Record) -> Self {
        Self::of(record)
    }
}

/// What a record proves of its resource. No result is not no drift (law 3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Standing {
    /// The drift is there.
    There,
    /// Nobody can tell: nothing is determined, or the last look saw nothing.
    NotKnown,
    /// A later look proved that it is gone.
    Gone,
}

/// What a line of a ledger vouches for: its place in the chain, its digest, and that of the line before it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Attestation {
    /// The chain.
    pub chain: ChainId,
    /// The place in it, from 0.
    pub sequence: u64,
    /// SHA-256 over the stored bytes of the line, without the newline.
    pub digest: Digest,
    /// The digest of the line before it, if it is not the first.
    pub previous: Option<Digest>,
}

impl Attestation {
    /// What a stored line says, if it is one as it was sealed.
    fn of(line: &[u8]) -> Option<Self> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let Envelope { chain, sequence, previous, .. } = Envelope::of(line).ok()?;
        Some(Self { chain, sequence, digest: Digest::of(line), previous })
    }

    /// In the words of the OCSF attestation object (`chain_uid`, `fingerprint`, `prev_event`), with the sequence besides.
    ///
    /// The fingerprint is that of the ledger's line, not of the document that this stands in; so it is not put where OCSF
    /// expects the latter.
    pub(super) fn document(&self) -> Value {
        let fingerprint = |digest: &Digest| {
            object([("algorithm", "SHA-256".into()), ("algorithm_id", 3.into()), ("value", digest.hex().into())])
        };
        let previous = self.previous.as_ref().map(|digest| object([("fingerprint", fingerprint(digest))]));
        object([
            ("chain_uid", self.chain.as_str().into()),
            // In canonical JSON it is a string beyond 2^53, as any integer.
            ("sequence", self.sequence.into()),
            ("fingerprint", fingerprint(&self.digest)),
            ("prev_event", previous.unwrap_or_default()),
        ])
    }
}

/// Why a line does not vouch for a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAttested {
    /// It is no line of a ledger as it was written.
    #[error("not a line of a ledger as it was sealed; verify the ledger first")]
    Broken,
    /// It is the line of another event.
    #[error("the line is not that of the last event of this record")]
    OtherEvent,
}

impl NotAttested {
    /// A stable name for the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Broken => "broken-line",
            Self::OtherEvent => "other-event",
        }
    }
}
