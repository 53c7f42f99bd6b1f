//! Any other system: plain JSON documents as planes, with what the caller knows of them.
//!
//! Nothing is guessed. Who the resource is, which parts are secret, unknown or unobservable, and how far the desired
//! document speaks, the caller says.
//!
//! | the caller says | left out |
//! |---|---|
//! | [`desired`](Reader::desired), [`actual`](Reader::actual) | UNKNOWN (NOT_OBSERVED), and not absent |
//! | [`recorded`](Reader::recorded), and of what it is a record | NOT_KEPT |
//! | [`plane`](Reader::plane): a plane that is absent, unknown for a reason, or of a revision | as above |
//! | [`mark`](Reader::mark), [`mark_in`](Reader::mark_in): what is secret, unknown or unobservable, by JSON Pointer | nothing is |
//! | [`coverage`](Reader::coverage): does silence mean absence? | Git speaks for what it declares alone |
//! | [`unit`](Reader::unit), [`method`](Reader::method), [`observed_at`](Reader::observed_at) | unknown |
//!
//! What is secret in one plane is secret at that place in all of them, and wherever its value reappears. A mark that is no
//! JSON Pointer is an error: it would leave a secret bare.

use jsonptr::Pointer;
use serde_json::Value;

use crate::document::Mark;
use crate::observation::{Method, Observation};
use crate::path::{FieldPath, Step, decimal};
use crate::pattern::PathPattern;
use crate::plane::{Coverage, Observed, Plane, PlaneState, RecordOf, UnknownReason};
use crate::planes::Planes;
use crate::resource::ResourceRef;
use crate::time::Timestamp;

/// Makes an observation of plain JSON documents.
///
/// ```
/// use drift_model::source::generic::Reader;
/// use drift_model::{Coverage, Existence, Mark, ResourceRef, RecordOf};
/// use serde_json::json;
///
/// let monitor: ResourceRef = serde_json::from_value(json!({"system": "GENERIC:datadog", "name": "monitor-1"}))?;
/// let observation = Reader::new("obs-1", monitor)
///     .desired(json!({"query": "avg:cpu > 90", "webhook": {"token": "hunter2-hunter2"}}))
///     .actual(json!({"query": "avg:cpu > 99", "note": "token hunter2-hunter2"}))
///     .mark(Mark::Sensitive, ["/webhook/token"])
///     .coverage(Coverage::Exact)
///     .read()?;
/// assert_eq!(observation.planes.existence(), Existence::Managed);
/// assert!(!format!("{observation:?}").contains("hunter2"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reader {
    id: String,
    resource: ResourceRef,
    desired: PlaneState,
    recorded: PlaneState,
    actual: PlaneState,
    record_of: RecordOf,
    marks: Vec<(Option<Plane>, Mark, String)>,
    coverage: Coverage,
    unit: Option<String>,
    method: Option<Method>,
    observed_at: Option<Timestamp>,
}

/// The documents are left out: they may hold secrets.
impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("id", &self.id).field("resource", &self.resource).finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader of one resource, of which nothing is known yet.
    #[must_use]
    pub fn new(id: impl Into<String>, resource: ResourceRef) -> Self {
        Self {
            id: id.into(),
            resource,
            desired: PlaneState::unknown(UnknownReason::NotObserved),
            recorded: PlaneState::new(Observed::NotKept),
            actual: PlaneState::unknown(UnknownReason::NotObserved),
            record_of: RecordOf::Observation,
            marks: Vec::new(),
            coverage: Coverage::Declared,
            unit: None,
            method: None,
            observed_at: None,
        }
    }

    /// What is declared.
    #[must_use]
    pub fn desired(self, document: Value) -> Self {
        self.plane(Plane::Desired, PlaneState::present(document))
    }

    /// What is remembered, and what that is a record of.
    #[must_use]
    pub fn recorded(mut self, document: Value, of: RecordOf) -> Self {
        self.record_of = of;
        self.plane(Plane::Recorded, PlaneState::present(document))
    }

    /// What was observed.
    #[must_use]
    pub fn actual(self, document: Value) -> Self {
        self.plane(Plane::Actual, PlaneState::present(document))
    }

    /// One of the planes, with its revision, its time, or why it is not there.
    #[must_use]
    pub fn plane(mut self, plane: Plane, state: PlaneState) -> Self {
        match plane {
            Plane::Desired => self.desired = state,
            Plane::Recorded => self.recorded = state,
            Plane::Actual => self.actual = state,
        }
        self
    }

    /// Marks these places (RFC 6901 pointers) in every plane.
    #[must_use]
    pub fn mark<'p>(self, mark: Mark, pointers: impl IntoIterator<Item = &'p str>) -> Self {
        self.marked(None, mark, pointers)
    }

    /// Marks these places in one plane. What is secret in one plane is not shown of any.
    #[must_use]
    pub fn mark_in<'p>(self, plane: Plane, mark: Mark, pointers: impl IntoIterator<Item = &'p str>) -> Self {
        self.marked(Some(plane), mark, pointers)
    }

    fn marked<'p>(mut self, plane: Option<Plane>, mark: Mark, pointers: impl IntoIterator<Item = &'p str>) -> Self {
        let plane = match mark {
            Mark::Sensitive | Mark::Opaque => None,
            Mark::Unknown | Mark::Unobservable => plane,
        };
        self.marks.extend(pointers.into_iter().map(|pointer| (plane, mark, pointer.to_owned())));
        self
    }

    /// How far the desired document speaks, if not for what it declares alone.
    #[must_use]
    pub const fn coverage(mut self, coverage: Coverage) -> Self {
        self.coverage = coverage;
        self
    }

    /// The registered unit that the resource belongs to.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// How it was observed.
    #[must_use]
    pub const fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// When it was observed.
    #[must_use]
    pub const fn observed_at(mut self, at: Timestamp) -> Self {
        self.observed_at = Some(at);
        self
    }

    /// Makes the observation. What is marked as sensitive is masked wherever it reappears.
    ///
    /// # Errors
    ///
    /// [`MarkError`] for the first mark that is no RFC 6901 pointer: a mark that marks nothing would leave a secret bare.
    pub fn read(self) -> Result<Observation, MarkError> {
        let mut planes = [self.desired, self.recorded, self.actual];
        for (index, (only, mark, pointer)) in self.marks.iter().enumerate() {
            let pattern = pattern(pointer).ok_or(MarkError { index, mark: *mark })?;
            for (plane, state) in Plane::ALL.iter().zip(&mut planes) {
                if only.is_none_or(|only| only == *plane)
                    && let Observed::Present(document) = &mut state.observed
                {
                    document.mark(*mark, pattern.clone());
                }
            }
        }
        let [desired, recorded, actual] = planes;
        let mut planes = Planes::new(desired, actual).with_recorded(recorded, self.record_of);
        match self.coverage {
            Coverage::Declared => {}
            Coverage::Exact => planes.exact.push(PathPattern::below_the_root()),
        }
        planes.redact();
        let mut observation = Observation::new(self.id, self.resource, planes);
        observation.unit = self.unit;
        observation.method = self.method;
        observation.observed_at = self.observed_at;
        Ok(observation)
    }
}

/// The pattern of exactly the place that a pointer names: a `*` in it is a star, and digits are a name or an index.
fn pattern(pointer: &str) -> Option<PathPattern> {
    let pointer = Pointer::parse(pointer).ok()?;
    let step = |token: &str| decimal(token).map_or_else(|| Step::field(token), Step::Index);
    let path: FieldPath = pointer.tokens().map(|token| step(&token.decoded())).collect();
    Some(PathPattern::from(&path))
}

/// A mark that is no RFC 6901 pointer. The text is left out: it may name what it should have hidden.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("mark {index} ({mark:?}) is no JSON pointer: expected RFC 6901, such as `/spec/token`, with `~` written `~0`")]
#[non_exhaustive]
pub struct MarkError {
    /// Which of the marks, from 0, in the order in which they were made.
    pub index: usize,
    /// What it was to mark.
    pub mark: Mark,
}

impl MarkError {
    /// A stable name for the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "bad-pointer"
    }
}

#[cfg(test)]
mod tests;
