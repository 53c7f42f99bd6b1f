//! `Planes`: the three planes of one resource.

mod wire;

use std::collections::BTreeSet;
use std::fmt;

use crate::document::{Document, Mark};
use crate::pattern::PathPattern;
use crate::plane::{Observed, Plane, PlaneState, RecordOf, UnknownReason};
use crate::redact::Secrets;
use crate::relation::Existence;

/// The three planes of one resource.
///
/// ```
/// use drift_model::{Existence, PlaneState, Planes};
/// use serde_json::json;
///
/// let planes = Planes::new(PlaneState::present(json!({"port": 80})), PlaneState::present(json!({"port": 8080})));
/// assert_eq!(planes.existence(), Existence::Managed);
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Planes {
    /// What Git declares.
    pub desired: PlaneState,
    /// What the engine remembers.
    pub recorded: PlaneState,
    /// What was observed.
    pub actual: PlaneState,
    /// What the recorded plane is a record of.
    pub record_of: RecordOf,
    /// Subtrees in which Git's silence means absence. Full [`Coverage`](crate::Coverage) is `/**`.
    pub exact: Vec<PathPattern>,
}

impl Planes {
    /// A desired and an actual plane; no record is kept.
    #[must_use]
    pub const fn new(desired: PlaneState, actual: PlaneState) -> Self {
        Self {
            desired,
            recorded: PlaneState::new(Observed::NotKept),
            actual,
            record_of: RecordOf::Observation,
            exact: Vec::new(),
        }
    }

    /// The same with a recorded plane.
    #[must_use]
    pub fn with_recorded(mut self, recorded: PlaneState, of: RecordOf) -> Self {
        self.recorded = recorded;
        self.record_of = of;
        self
    }

    /// The same, where Git's silence under these patterns means absence.
    #[must_use]
    pub fn with_exact(mut self, exact: impl IntoIterator<Item = PathPattern>) -> Self {
        self.exact.extend(exact);
        self
    }

    /// One of the planes.
    #[must_use]
    pub const fn get(&self, plane: Plane) -> &PlaneState {
        match plane {
            Plane::Desired => &self.desired,
            Plane::Recorded => &self.recorded,
            Plane::Actual => &self.actual,
        }
    }

    /// Which planes hold the resource.
    #[must_use]
    pub fn existence(&self) -> Existence {
        Existence::of(&self.desired.known(), &self.recorded.known(), &self.actual.known())
    }

    /// Why the resource cannot be judged: the reason of the first plane that is unknown.
    #[must_use]
    pub fn unknown(&self) -> Option<UnknownReason> {
        [&self.actual, &self.desired, &self.recorded].into_iter().find_map(|plane| plane.known().unknown())
    }

    /// Masks by value what any plane marks by path, in all planes.
    pub fn redact(&mut self) {
        // What one plane calls secret is a secret in the others, and is looked for with the value that it has there.
        self.share_marks();
        let mut secrets = Secrets::default();
        self.collect_secrets(&mut secrets);
        self.redact_with(&secrets);
    }

    /// Adds what stands in any plane where any plane marks it as sensitive.
    pub fn collect_secrets(&self, secrets: &mut Secrets) {
        let hidden = self.hidden();
        for document in self.documents() {
            let unmarked = unmarked(document, &hidden);
            if unmarked.is_empty() {
                secrets.collect(document);
            } else {
                let mut document = document.clone();
                for (mark, pattern) in unmarked {
                    document.mark(mark, pattern);
                }
                secrets.collect(&document);
            }
        }
    }

    /// Masks these secrets wherever they stand, and in all planes what any of them marks by path.
    pub fn redact_with(&mut self, secrets: &Secrets) {
        for plane in [&mut self.desired, &mut self.recorded, &mut self.actual] {
            if let Some(document) = plane.document_mut() {
                secrets.redact(document);
            }
            for text in [&mut plane.detail, &mut plane.revision] {
                if text.as_ref().is_some_and(|text| secrets.are_in(text)) {
                    *text = None;
                }
            }
        }
        self.share_marks();
    }

    /// What is secret in one plane is secret at that path in all of them.
    fn share_marks(&mut self) {
        let hidden = self.hidden();
        for plane in [&mut self.desired, &mut self.recorded, &mut self.actual] {
            if let Some(document) = plane.document_mut() {
                for (mark, pattern) in unmarked(document, &hidden) {
                    document.mark(mark, pattern);
                }
            }
        }
    }

    /// What any plane marks as secret, each once, in the order of the planes.
    fn hidden(&self) -> Vec<(Mark, PathPattern)> {
        let mut seen = BTreeSet::new();
        let marks = self.documents().flat_map(secrecy).filter(|mark| seen.insert(*mark));
        marks.map(|(mark, pattern)| (mark, pattern.clone())).collect()
    }

    /// Where silence is absence, as it may be written: names that a document hides are not among it.
    fn told_exact(&self) -> Vec<PathPattern> {
        let mut seen = BTreeSet::new();
        let told = self.exact.iter().map(|pattern| {
            let hide = |pattern: PathPattern, document: &Document| document.marks().told(&pattern).into_owned();
            self.documents().fold(pattern.clone(), hide)
        });
        told.filter(|pattern| seen.insert(pattern.clone())).collect()
    }

    pub(crate) fn documents(&self) -> impl Iterator<Item = &Document> {
        [&self.desired, &self.recorded, &self.actual].into_iter().filter_map(|plane| plane.observed.present())
    }
}

impl fmt::Debug for Planes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Planes")
            .field("desired", &self.desired)
            .field("recorded", &self.recorded)
            .field("actual", &self.actual)
            .field("record_of", &self.record_of)
            .field("exact", &self.told_exact())
            .finish()
    }
}

/// The marks of secrecy of one document.
fn secrecy(document: &Document) -> impl Iterator<Item = (Mark, &PathPattern)> {
    let of = |mark| document.marks().patterns(mark).map(move |pattern| (mark, pattern));
    of(Mark::Sensitive).chain(of(Mark::Opaque))
}

/// Those of these marks that the document lacks.
fn unmarked(document: &Document, marks: &[(Mark, PathPattern)]) -> Vec<(Mark, PathPattern)> {
    marks.iter().filter(|(mark, pattern)| !document.marks().has(*mark, pattern)).cloned().collect()
}
