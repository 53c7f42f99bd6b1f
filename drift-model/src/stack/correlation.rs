//! `ActorCorrelation`: who is behind the drift of a stack, in one word.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::facts::ActorKind;
use crate::finding::Finding;

/// Which log found what kind of actor, written `cloudtrail:found-human-change`.
///
/// Ordered by how much the kind of actor matters, then by name: what is written for a stack is the greatest of its findings.
///
/// ```
/// use drift_model::{ActorCorrelation, ActorKind};
///
/// let human: ActorCorrelation = "cloudtrail:found-human-change".parse()?;
/// assert_eq!(human, ActorCorrelation::new("cloudtrail", ActorKind::Human));
/// assert!(human > ActorCorrelation::new("kubernetes-audit", ActorKind::Controller));
/// # Ok::<(), drift_model::ActorCorrelationError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ActorCorrelation {
    // INVARIANT: the rank is that of the kind; it stands first so that the derived order is by rank.
    rank: u8,
    source: String,
    kind: ActorKind,
}

impl ActorCorrelation {
    /// This log found an actor of this kind.
    #[must_use]
    pub fn new(source: &str, kind: ActorKind) -> Self {
        let rank = match kind {
            ActorKind::Root => 6,
            ActorKind::BreakGlass => 5,
            ActorKind::Human => 4,
            ActorKind::Service => 3,
            ActorKind::Pipeline => 2,
            ActorKind::Controller => 1,
            ActorKind::Unattributed => 0,
        };
        Self { rank, source: if source.is_empty() { "log" } else { source }.to_owned(), kind }
    }

    /// The log.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The kind of actor.
    #[must_use]
    pub const fn kind(&self) -> ActorKind {
        self.kind
    }

    /// What the actors of a finding come to. An actor whose kind nobody says takes no part.
    pub(super) fn of_finding(finding: &Finding) -> impl Iterator<Item = Self> + '_ {
        let one = finding.audit_correlation.iter().filter_map(|one| Some(Self::new(&one.source, one.kind?)));
        one.chain(finding.candidates.iter().map(|actor| Self::new(&actor.source, actor.kind)))
    }
}

/// What stands between `found-` and `-change`.
const fn word(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Human => "human",
        ActorKind::Pipeline => "pipeline",
        ActorKind::Controller => "controller",
        ActorKind::Service => "service",
        ActorKind::BreakGlass => "break-glass",
        ActorKind::Root => "root",
        ActorKind::Unattributed => "unattributed",
    }
}

impl fmt::Display for ActorCorrelation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:found-{}-change", self.source, word(self.kind))
    }
}

impl FromStr for ActorCorrelation {
    type Err = ActorCorrelationError;

    fn from_str(text: &str) -> Result<Self, ActorCorrelationError> {
        let (source, found) = text.rsplit_once(":found-").ok_or(ActorCorrelationError)?;
        let found = found.strip_suffix("-change").filter(|_| !source.is_empty()).ok_or(ActorCorrelationError)?;
        let kind = ActorKind::ALL.iter().copied().find(|kind| word(*kind) == found);
        kind.map(|kind| Self::new(source, kind)).ok_or(ActorCorrelationError)
    }
}

impl Serialize for ActorCorrelation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ActorCorrelation {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A text that correlates nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("bad correlation, expected a log and what it found, such as `cloudtrail:found-human-change`")]
#[non_exhaustive]
pub struct ActorCorrelationError;
