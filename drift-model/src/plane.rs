//! The three planes of a resource, and what can be known of each.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::document::{Document, Mark};
use crate::pattern::PathPattern;
use crate::redact::Secrets;
use crate::relation::Existence;
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

    const fn document_mut(&mut self) -> Option<&mut Document> {
        match &mut self.observed {
            Observed::Present(document) => Some(document),
            Observed::Absent | Observed::Unknown(_) | Observed::NotKept | Observed::Released => None,
        }
    }
}

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
    /// Subtrees in which Git's silence means absence. Full [`Coverage`] is `/**`.
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

/// `status` on the wire.
const STATUSES: [&str; 5] = ["PRESENT", "ABSENT", "UNKNOWN", "NOT_KEPT", "RELEASED"];

/// The members of a plane on the wire.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a plane, as an object with a `status`")]
struct PlaneWire {
    status: String,
    #[serde(default, deserialize_with = "some_value")]
    document: Option<Value>,
    #[serde(default)]
    reason: Option<UnknownReason>,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    revision: Option<String>,
    #[serde(default)]
    observed_at: Option<Timestamp>,
    #[serde(default = "yes")]
    complete: bool,
    #[serde(default)]
    unknown: Vec<PathPattern>,
    #[serde(default)]
    sensitive: Vec<PathPattern>,
    #[serde(default)]
    unobservable: Vec<PathPattern>,
    #[serde(default)]
    exact: Vec<PathPattern>,
    #[serde(default)]
    of: Option<RecordOf>,
}

const fn yes() -> bool {
    true
}

/// A document may be `null`, which is not the same as no document.
fn some_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl PlaneWire {
    fn into_state<E: serde::de::Error>(self) -> Result<PlaneState, E> {
        let observed = match (self.status.as_str(), self.document) {
            ("PRESENT", Some(value)) => {
                let mut document = Document::new(value);
                for (mark, patterns) in [
                    (Mark::Unknown, self.unknown),
                    (Mark::Sensitive, self.sensitive),
                    (Mark::Unobservable, self.unobservable),
                ] {
                    for pattern in patterns {
                        document.mark(mark, pattern);
                    }
                }
                Observed::Present(document)
            }
            ("PRESENT", None) => return Err(E::missing_field("document")),
            ("ABSENT", _) => Observed::Absent,
            ("UNKNOWN", _) => Observed::Unknown(self.reason.unwrap_or(UnknownReason::NotObserved)),
            ("NOT_KEPT", _) => Observed::NotKept,
            ("RELEASED", _) => Observed::Released,
            _ => {
                let statuses = STATUSES.join("`, `");
                return Err(E::custom(format_args!("unknown status, expected one of `{statuses}`")));
            }
        };
        let Self { detail, revision, observed_at, complete, .. } = self;
        Ok(PlaneState { observed, revision, observed_at, complete, detail })
    }
}

#[derive(Deserialize)]
#[serde(expecting = "the planes of a resource, as an object")]
struct PlanesWire {
    #[serde(default)]
    desired: Option<PlaneWire>,
    #[serde(default)]
    recorded: Option<PlaneWire>,
    #[serde(default)]
    actual: Option<PlaneWire>,
}

impl<'de> Deserialize<'de> for Planes {
    /// A plane that is left out is UNKNOWN, because nobody observed it; a recorded one is NOT_KEPT.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut wire = PlanesWire::deserialize(deserializer)?;
        let exact = wire.desired.as_mut().map(|plane| std::mem::take(&mut plane.exact)).unwrap_or_default();
        let record_of = wire.recorded.as_ref().and_then(|plane| plane.of).unwrap_or(RecordOf::Observation);
        let read = |plane: Option<PlaneWire>, otherwise| match plane {
            Some(wire) => wire.into_state::<D::Error>(),
            None => Ok(PlaneState::new(otherwise)),
        };
        let not_observed = Observed::Unknown(UnknownReason::NotObserved);
        let mut planes = Self {
            desired: read(wire.desired, not_observed.clone())?,
            recorded: read(wire.recorded, Observed::NotKept)?,
            actual: read(wire.actual, not_observed)?,
            record_of,
            exact,
        };
        planes.redact();
        Ok(planes)
    }
}

impl Serialize for Planes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        let exact = self.told_exact();
        map.serialize_entry("desired", &Shown { state: &self.desired, exact: &exact, of: None })?;
        let of = Some(self.record_of).filter(|_| self.recorded.observed.present().is_some());
        map.serialize_entry("recorded", &Shown { state: &self.recorded, exact: &[], of })?;
        map.serialize_entry("actual", &Shown { state: &self.actual, exact: &[], of: None })?;
        map.end()
    }
}

/// A plane as it is written: masked, and with what was masked called unobservable, so that whoever reads it back does
/// not take two masks for two equal values.
struct Shown<'a> {
    state: &'a PlaneState,
    exact: &'a [PathPattern],
    of: Option<RecordOf>,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let state = self.state;
        let mut map = serializer.serialize_map(None)?;
        let status = match &state.observed {
            Observed::Present(_) => "PRESENT",
            Observed::Absent => "ABSENT",
            Observed::Unknown(_) => "UNKNOWN",
            Observed::NotKept => "NOT_KEPT",
            Observed::Released => "RELEASED",
        };
        map.serialize_entry("status", status)?;
        if let Some(reason) = state.observed.unknown() {
            map.serialize_entry("reason", &reason)?;
        }
        if let Some(detail) = &state.detail {
            map.serialize_entry("detail", detail)?;
        }
        if let Some(document) = state.observed.present() {
            map.serialize_entry("document", document)?;
        }
        if let Some(revision) = &state.revision {
            map.serialize_entry("revision", revision)?;
        }
        if let Some(at) = &state.observed_at {
            map.serialize_entry("observedAt", at)?;
        }
        if !state.complete {
            map.serialize_entry("complete", &false)?;
        }
        if let Some(of) = self.of {
            map.serialize_entry("of", &of)?;
        }
        if let Some(document) = state.observed.present() {
            let marks = document.marks();
            let of = |wanted: &[Mark]| -> Vec<Cow<'_, PathPattern>> {
                let mut seen = BTreeSet::new();
                let all = wanted.iter().flat_map(|mark| marks.patterns(*mark)).map(|pattern| marks.told(pattern));
                all.filter(|pattern| seen.insert(pattern.clone())).collect()
            };
            for (name, patterns) in [
                ("unknown", of(&[Mark::Unknown])),
                ("sensitive", of(&[Mark::Sensitive, Mark::Opaque])),
                ("unobservable", of(&[Mark::Unobservable, Mark::Sensitive, Mark::Opaque])),
            ] {
                if !patterns.is_empty() {
                    map.serialize_entry(name, &patterns)?;
                }
            }
        }
        if !self.exact.is_empty() {
            map.serialize_entry("exact", self.exact)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn planes(value: Value) -> Planes {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn law_3_no_result_is_not_no_drift_a_plane_left_out_is_unknown() {
        let read = planes(json!({"desired": {"status": "PRESENT", "document": {}}}));
        assert_eq!(read.actual.observed.unknown(), Some(UnknownReason::NotObserved));
        assert!(matches!(read.recorded.observed, Observed::NotKept));
        assert_eq!(read.existence(), Existence::Undetermined);
        assert_eq!(read.unknown(), Some(UnknownReason::NotObserved));
    }

    #[test]
    fn law_3_no_result_is_not_no_drift_absence_in_an_incomplete_plane_is_unknown() {
        let read = planes(json!({
            "desired": {"status": "ABSENT", "complete": false},
            "actual": {"status": "PRESENT", "document": {}},
        }));
        assert_eq!(read.existence(), Existence::Undetermined);
        assert_eq!(read.unknown(), Some(UnknownReason::Partial));
    }

    #[test]
    fn law_8_a_secret_never_leaves_a_written_observation() {
        let read = planes(json!({
            "desired": {"status": "PRESENT", "document": {"pw": "CANARY-secret"}, "sensitive": ["/pw"]},
            "actual": {"status": "PRESENT", "document": {"pw": "CANARY-secret", "url": "db://CANARY-secret@x"}},
        }));
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(written.pointer("/actual/document/url"), Some(&json!("(sensitive)")));
        // The actual plane does not mark the path itself, but its value is the secret.
        assert!(!written.to_string().contains("CANARY"), "{written}");
        assert!(!format!("{read:?}").contains("CANARY"));
        // Two masks are not two equal values.
        assert_eq!(written.pointer("/desired/unobservable"), Some(&json!(["/pw", "/url"])));
    }

    #[test]
    fn law_8_a_secret_never_leaves_a_mark_in_one_plane_hides_the_path_in_all() {
        for marked in ["desired", "recorded", "actual"] {
            let mut wire = json!({});
            for (plane, text) in [("desired", "CANARY-1"), ("recorded", "CANARY-2"), ("actual", "CANARY-3")] {
                // Each copy stands where no other plane has one, so that it is found by its own value.
                let copy = format!("was {text}");
                wire[plane] = json!({"status": "PRESENT", "document": {"pw": text, plane: copy}});
            }
            wire[marked]["sensitive"] = json!(["/pw"]);
            let read = planes(wire);
            let written = format!("{} {read:?}", serde_json::to_string(&read).unwrap());
            assert!(!written.contains("CANARY"), "{marked}: {written}");
        }
    }

    #[test]
    fn law_8_a_secret_never_leaves_by_a_copy_of_what_another_plane_marks() {
        // Only desired knows that the field is secret; its value elsewhere is found in the plane that has it.
        let wire = json!({
            "desired": {"status": "PRESENT", "document": {"pw": "CANARY-old"}, "sensitive": ["/pw"]},
            "actual": {"status": "PRESENT", "document": {"pw": "CANARY-new", "url": "db://CANARY-new@x"}},
        });
        let read = planes(wire.clone());
        assert!(!serde_json::to_string(&read).unwrap().contains("CANARY"), "{read:?}");
        // The same for who collects from many resources before any is redacted.
        let mut secrets = Secrets::default();
        let part = |plane: &str| serde_json::from_value::<PlaneWire>(wire[plane].clone()).unwrap();
        let unread = Planes::new(
            part("desired").into_state::<serde_json::Error>().unwrap(),
            part("actual").into_state::<serde_json::Error>().unwrap(),
        );
        unread.collect_secrets(&mut secrets);
        assert!(secrets.are_in("db://CANARY-new@x") && secrets.are_in("CANARY-old"));
    }

    #[test]
    fn a_present_plane_needs_a_document_and_null_is_one() {
        let error = serde_json::from_value::<Planes>(json!({"desired": {"status": "PRESENT"}})).unwrap_err();
        assert_eq!(error.to_string(), "missing field `document`");
        let read = planes(json!({"desired": {"status": "PRESENT", "document": null}}));
        assert_eq!(read.desired.observed.present().unwrap().value(), &Value::Null);
    }

    #[test]
    fn what_is_written_reads_back_as_the_same_knowledge() {
        let wire = json!({
            "desired": {"status": "PRESENT", "document": {"a": 1}, "revision": "main@1", "unknown": ["/b"], "exact": ["/a"]},
            "recorded": {"status": "PRESENT", "document": {}, "of": "DECLARATION"},
            "actual": {"status": "UNKNOWN", "reason": "NOT_REFRESHED", "detail": "planned without refresh"},
        });
        assert_eq!(serde_json::to_value(planes(wire.clone())).unwrap(), wire);
    }
}
