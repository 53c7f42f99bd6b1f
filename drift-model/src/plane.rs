//! `PlaneState`: what is known of one plane of a resource.

use crate::document::Document;
use crate::time::Timestamp;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// The three planes (seeds S0.2).
    pub enum Plane as "plane" {
        /// What Git declares.
        Desired = "DESIRED",
        /// What the engine remembers: state file, last-applied, Helm storage.
        Recorded = "RECORDED",
        /// What was observed to run.
        Actual = "ACTUAL",
    }
}

/// What is known of one plane of a resource.
///
/// Only [`Observed::Absent`] says that the resource is not there. No result is not an absence.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "what can be known of a plane is the model")]
pub enum Observed<T> {
    /// The plane holds the resource.
    Present(T),
    /// The plane was read, and does not hold it.
    Absent,
    /// The plane could not be read, or not far enough.
    Unknown(UnknownReason),
    /// This system keeps no such plane.
    NotKept,
    /// Desired only: declared as no longer managed.
    Released,
}

impl<T> Observed<T> {
    /// The content, if the plane holds the resource.
    #[must_use]
    pub const fn present(&self) -> Option<&T> {
        match self {
            Self::Present(content) => Some(content),
            Self::Absent | Self::Unknown(_) | Self::NotKept | Self::Released => None,
        }
    }

    /// Why the plane is unknown, if it is.
    #[must_use]
    pub const fn unknown(&self) -> Option<UnknownReason> {
        match self {
            Self::Unknown(reason) => Some(*reason),
            Self::Present(_) | Self::Absent | Self::NotKept | Self::Released => None,
        }
    }
}

vocabulary! {
    /// Why something is unknown.
    pub enum UnknownReason as "reason" {
        /// Nobody looked.
        NotObserved = "NOT_OBSERVED",
        /// Looking failed.
        Failed = "FAILED",
        /// The observation is too old to count.
        Stale = "STALE",
        /// The plan was made without reading the runtime.
        NotRefreshed = "NOT_REFRESHED",
        /// Only a part was looked at: a targeted plan, an incomplete render.
        Partial = "PARTIAL",
        /// An apply is running.
        InFlight = "IN_FLIGHT",
        /// The inputs contradict each other.
        Inconsistent = "INCONSISTENT",
        /// Nested too deeply to be looked into.
        TooDeep = "TOO_DEEP",
        /// Known only after apply.
        NotYetKnown = "NOT_YET_KNOWN",
        /// This kind of input carries no such plane.
        NotDerivable = "NOT_DERIVABLE",
    }
}

vocabulary! {
    /// What a recorded plane is a record of.
    pub enum RecordOf as "kind of record" {
        /// Of what was declared (last-applied, a Helm manifest): what it holds and desired lacks was Git's.
        Declaration = "DECLARATION",
        /// Of what was observed (a state file).
        Observation = "OBSERVATION",
    }
}

vocabulary! {
    /// How far Git's silence speaks.
    pub enum Coverage as "coverage" {
        /// Git speaks for the fields that it declares, and for paths that a rule gives it.
        Declared = "DECLARED",
        /// The desired document is the whole truth.
        Exact = "EXACT",
    }
}

/// One plane: what is known, and of which moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PlaneState {
    /// What is known.
    pub observed: Observed<Document>,
    /// The revision that it was read at: a commit, a serial, a resource version.
    pub revision: Option<String>,
    /// When it was read.
    pub observed_at: Option<Timestamp>,
    /// Was all of it read? An absence in an incomplete plane is not an absence.
    pub complete: bool,
    /// In a person's words, why it is unknown.
    pub detail: Option<String>,
}

impl PlaneState {
    /// A plane of which this is known.
    #[must_use]
    pub const fn new(observed: Observed<Document>) -> Self {
        Self { observed, revision: None, observed_at: None, complete: true, detail: None }
    }

    /// A plane that holds this document.
    #[must_use]
    pub fn present(document: impl Into<Document>) -> Self {
        Self::new(Observed::Present(document.into()))
    }

    /// A plane that is unknown.
    #[must_use]
    pub const fn unknown(reason: UnknownReason) -> Self {
        Self::new(Observed::Unknown(reason))
    }

    /// The same, as of this revision.
    #[must_use]
    pub fn at_revision(mut self, revision: impl Into<String>) -> Self {
        self.revision = Some(revision.into());
        self
    }

    /// The same, with a word for people on why it is unknown.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// What is known, read with care: what an incomplete plane lacks may still be there.
    #[must_use]
    pub fn known(&self) -> Observed<&Document> {
        match &self.observed {
            Observed::Present(document) => Observed::Present(document),
            Observed::Absent if !self.complete => Observed::Unknown(UnknownReason::Partial),
            Observed::Absent => Observed::Absent,
            Observed::Unknown(reason) => Observed::Unknown(*reason),
            Observed::NotKept => Observed::NotKept,
            Observed::Released => Observed::Released,
        }
    }

    pub(crate) const fn document_mut(&mut self) -> Option<&mut Document> {
        match &mut self.observed {
            Observed::Present(document) => Some(document),
            Observed::Absent | Observed::Unknown(_) | Observed::NotKept | Observed::Released => None,
        }
    }
}
