//! Loops: drift that comes back as often as it is healed, and writers that undo each other (seeds S0.24.3).

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use drift_model::{Digest, FieldPath, Span, Timestamp};
use serde::Serialize;

use super::governor::{Deed, DeedKind};

/// What counts as a loop: how often, within what time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Flapping {
    /// How often drift may have come back, or a field been put back, before it is a loop.
    pub times: NonZeroU32,
    /// Within what time before now.
    pub within: Span,
}

impl Default for Flapping {
    fn default() -> Self {
        Self { times: NonZeroU32::MIN.saturating_add(2), within: Span::from_seconds(60 * 60) }
    }
}

impl Flapping {
    /// So often within this time.
    #[must_use]
    pub const fn new(times: NonZeroU32, within: Span) -> Self {
        Self { times, within }
    }

    /// Does a moment count? What is said to be yet to come counts as now.
    fn counts(&self, at: Timestamp, now: Timestamp) -> bool {
        now.since(at) <= self.within
    }
}

/// How often a drift was healed and seen to be gone within the time that counts: as it is there again, it came back as often.
///
/// An attempt that was not seen to close is no return. The deeds are those of one drift, sorted by time.
pub(crate) fn flaps(sorted: &[Deed], flapping: &Flapping, now: Timestamp) -> u32 {
    let (mut returns, mut attempted) = (0_u32, false);
    for deed in sorted {
        match deed.kind {
            DeedKind::Recorded => {}
            DeedKind::Attempted => attempted = true,
            DeedKind::Closed => {
                if attempted && flapping.counts(deed.at, now) {
                    returns = returns.saturating_add(1);
                }
                attempted = false;
            }
            DeedKind::Released => (returns, attempted) = (0, false),
        }
    }
    returns
}

/// Somebody wrote a field.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct FieldWrite {
    /// When.
    pub at: Timestamp,
    /// The object.
    pub resource: String,
    /// The field.
    pub path: FieldPath,
    /// Who: a field manager, a controller, a person.
    pub writer: String,
    /// What, by a digest; for a secret, by its fingerprint's.
    pub value: Digest,
}

impl FieldWrite {
    /// A write of a field.
    #[must_use]
    pub fn new(
        at: Timestamp,
        resource: impl Into<String>,
        path: FieldPath,
        writer: impl Into<String>,
        value: Digest,
    ) -> Self {
        Self { at, resource: resource.into(), path, writer: writer.into(), value }
    }
}

/// Writers who undo each other.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Fight {
    /// The object.
    pub resource: String,
    /// The field.
    pub path: FieldPath,
    /// Who fights, by name: those who put their own value back, and those over whose value they put it.
    pub writers: Vec<String>,
    /// How often somebody put his own value back.
    pub returns: u32,
}

/// The fields over which writers fight, by object and path.
///
/// Somebody who writes his own earlier value again, over another value of another writer, puts it back. A field that was
/// put back as often as counts for a loop is fought over. Writes are looked at in the order of their times, whatever
/// order they come in; a writer who changes his mind fights nobody.
#[must_use]
pub fn fights(writes: &[FieldWrite], flapping: &Flapping, now: Timestamp) -> Vec<Fight> {
    let mut fields: BTreeMap<(&str, &FieldPath), Vec<&FieldWrite>> = BTreeMap::new();
    for write in writes.iter().filter(|write| flapping.counts(write.at, now)) {
        fields.entry((&write.resource, &write.path)).or_default().push(write);
    }
    let mut found = Vec::new();
    for ((resource, path), mut history) in fields {
        history.sort();
        let (count, fighters) = put_back(&history);
        if count >= flapping.times.get() {
            let names = fighters.into_iter().map(str::to_owned).collect();
            found.push(Fight { resource: resource.to_owned(), path: path.clone(), writers: names, returns: count });
        }
    }
    found
}

/// How often a value was put back, and by and over whom.
///
/// For every pair of writer and value, those are kept who wrote another value over it since it was last written.
fn put_back<'w>(sorted: &[&'w FieldWrite]) -> (u32, BTreeSet<&'w str>) {
    let mut over: BTreeMap<(&str, Digest), BTreeSet<&'w str>> = BTreeMap::new();
    let (mut returns, mut writers) = (0_u32, BTreeSet::new());
    for write in sorted {
        let (writer, value) = (write.writer.as_str(), write.value);
        for ((other, held), rivals) in &mut over {
            if *other != writer && *held != value {
                rivals.insert(writer);
            }
        }
        let rivals = over.entry((writer, value)).or_default();
        if !rivals.is_empty() {
            returns = returns.saturating_add(1);
            writers.insert(writer);
            writers.append(rivals);
        }
    }
    (returns, writers)
}
