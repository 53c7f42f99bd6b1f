//! `Document`: a JSON value that knows which of its parts are unknown, secret or unreadable.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::canonical::Canonical;
use crate::pattern::{PathPattern, PatternStep};
use crate::trie::{PatternTrie, StepView};

/// How deep a value may be nested and still be looked into.
///
/// Deeper parts are not compared: they are UNDETERMINED, with reason TOO_DEEP.
pub const MAX_DEPTH: usize = 512;

/// How deep a value is written out. JSON readers stop at 128 levels, and a report has a few of its own.
const MAX_SHOWN_DEPTH: usize = 100;

/// What stands in the place of what is nested more deeply than that.
const TOO_DEEP: &str = "(too deep)";

/// What stands in the place of a sensitive value wherever one is written.
pub const MASK: &str = "(sensitive)";

/// The content of one plane of a resource, with its marks.
///
/// The value is private to the comparison: `Debug` and `Serialize` write it with every sensitive part masked.
///
/// ```
/// use drift_model::{Document, Mark};
/// use serde_json::json;
///
/// let mut document = Document::new(json!({"data": {"password": "hunter2-hunter2"}, "type": "Opaque"}));
/// document.mark(Mark::Sensitive, "/data".parse()?);
/// assert_eq!(serde_json::to_value(&document).unwrap(), json!({"data": {"password": "(sensitive)"}, "type": "Opaque"}));
/// assert!(!format!("{document:?}").contains("hunter2"));
/// # Ok::<(), drift_model::PathError>(())
/// ```
#[derive(Clone, Default)]
pub struct Document {
    value: Value,
    marks: Marks,
}

impl Document {
    /// A document without marks.
    #[must_use]
    pub fn new(value: Value) -> Self {
        Self { value, marks: Marks::default() }
    }

    /// The value itself, secrets included: for comparing, not for showing.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// The marks.
    #[must_use]
    pub const fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Marks what the pattern covers.
    pub fn mark(&mut self, mark: Mark, pattern: PathPattern) {
        self.marks.add(mark, pattern);
    }

    /// Changes the value to the form in which its system stores it. The marks stay.
    pub(crate) fn rewrite(&mut self, rewrite: impl FnOnce(&mut Value)) {
        rewrite(&mut self.value);
    }

    /// Takes over the marks of another document of the same resource.
    pub fn mark_as(&mut self, other: &Marks, mark: Mark) {
        for pattern in other.patterns(mark) {
            self.marks.add(mark, pattern.clone());
        }
    }
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self::new(value)
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        write!(f, "Document({text})")
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Canonical(&self.marks.masked(&self.value)).serialize(serializer)
    }
}

/// What can be said of a part of a document.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "what a plane can say about a value besides the value")]
pub enum Mark {
    /// Not known yet (known after apply): it equals nothing and differs from nothing.
    Unknown,
    /// Secret: it is compared and never shown.
    Sensitive,
    /// Secret together with the names of its members: it is compared and shown as one.
    Opaque,
    /// Never answered by the system (write-only): its absence says nothing.
    Unobservable,
}

/// The marks that hold at a place.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of four independent marks")]
#[non_exhaustive]
pub struct MarkSet {
    /// Some mark of [`Mark::Unknown`] holds.
    pub unknown: bool,
    /// Some mark of [`Mark::Sensitive`] or [`Mark::Opaque`] holds.
    pub sensitive: bool,
    /// Some mark of [`Mark::Opaque`] holds.
    pub opaque: bool,
    /// Some mark of [`Mark::Unobservable`] holds.
    pub unobservable: bool,
}

impl MarkSet {
    fn add(&mut self, mark: Mark) {
        match mark {
            Mark::Unknown => self.unknown = true,
            Mark::Sensitive => self.sensitive = true,
            Mark::Opaque => {
                self.opaque = true;
                self.sensitive = true;
            }
            Mark::Unobservable => self.unobservable = true,
        }
    }
}

/// Marks by pattern. A mark on an inner place covers what lies under it.
///
/// `Debug` names no place beneath one that is [`Mark::Opaque`].
#[derive(Clone, Default)]
pub struct Marks {
    /// In the order in which they were made, for writing them out again.
    listed: Vec<(Mark, PathPattern)>,
    /// The same without repetition.
    trie: PatternTrie<Mark>,
    /// The marks that hold somewhere.
    anywhere: MarkSet,
}

impl Marks {
    /// Is nothing marked?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// Could a mark make equal values uncertain? (Secrecy does not.)
    #[must_use]
    pub fn leave_doubt(&self) -> bool {
        self.anywhere.unknown || self.anywhere.unobservable
    }

    /// The patterns of one mark, in the order in which they were made.
    pub fn patterns(&self, mark: Mark) -> impl Iterator<Item = &PathPattern> {
        self.listed.iter().filter(move |(known, _)| *known == mark).map(|(_, pattern)| pattern)
    }

    /// Marks what the pattern covers.
    pub fn add(&mut self, mark: Mark, pattern: PathPattern) {
        if !self.has(mark, &pattern) {
            self.trie.insert(&pattern, mark);
        }
        self.anywhere.add(mark);
        self.listed.push((mark, pattern));
    }

    /// Was just this marked?
    pub(crate) fn has(&self, mark: Mark, pattern: &PathPattern) -> bool {
        self.trie.of(pattern).contains(&mark)
    }

    /// The pattern as it may be written: what lies beneath an opaque place is told as that place.
    pub(crate) fn told<'p>(&self, pattern: &'p PathPattern) -> Cow<'p, PathPattern> {
        if !self.anywhere.opaque {
            return Cow::Borrowed(pattern);
        }
        let place: Vec<StepView<'_>> = pattern.steps.iter().map(PatternStep::view).collect();
        let opaque = |depth: &usize| place.get(..*depth).is_some_and(|above| self.at(above).opaque);
        match (0..pattern.steps.len()).find(opaque) {
            None => Cow::Borrowed(pattern),
            Some(depth) => {
                let steps = pattern.steps.iter().take(depth).cloned().collect();
                Cow::Owned(PathPattern { steps, below: false })
            }
        }
    }

    /// Every mark, in the order in which they were made.
    pub(crate) fn listed(&self) -> &[(Mark, PathPattern)] {
        &self.listed
    }

    /// The marks that cover the place.
    #[must_use]
    pub fn at(&self, place: &[StepView<'_>]) -> MarkSet {
        let mut set = MarkSet::default();
        if !self.is_empty() {
            self.trie.covering(place, &mut |mark| set.add(*mark));
        }
        set
    }

    /// The names of the members of the place that marks go on with, whether or not the document has them.
    #[must_use]
    pub fn members(&self, place: &[StepView<'_>]) -> Vec<&str> {
        let mut names = Vec::new();
        self.trie.members(place, &mut |name| names.push(name));
        names
    }

    /// The marks that cover something strictly below the place.
    #[must_use]
    pub fn beneath(&self, place: &[StepView<'_>]) -> MarkSet {
        let mut set = MarkSet::default();
        if !self.is_empty() {
            self.trie.beneath(place, &mut |mark| set.add(*mark));
        }
        set
    }

    /// A copy of the value with every sensitive scalar replaced by [`MASK`].
    #[must_use]
    pub fn masked(&self, value: &Value) -> Value {
        self.masked_at(&mut Vec::new(), value)
    }

    /// The same for a part of the document, at its place.
    #[must_use]
    pub fn masked_part(&self, place: &[StepView<'_>], part: &Value) -> Value {
        self.masked_at(&mut place.to_vec(), part)
    }

    fn masked_at<'v>(&self, place: &mut Vec<StepView<'v>>, value: &'v Value) -> Value {
        let marks = self.at(place);
        if marks.opaque {
            return Value::from(MASK);
        }
        // Absence and emptiness are structure, not content. (Loops rather than closures: recursion wants small frames.)
        match value {
            Value::Null => Value::Null,
            Value::Bool(_) | Value::Number(_) | Value::String(_) if marks.sensitive => Value::from(MASK),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
            Value::Array(_) | Value::Object(_) if place.len() >= MAX_SHOWN_DEPTH => Value::from(TOO_DEEP),
            Value::Array(items) => {
                let mut masked = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    place.push(StepView::Element { index: Some(index), step: None });
                    masked.push(self.masked_at(place, item));
                    place.pop();
                }
                Value::Array(masked)
            }
            Value::Object(map) => {
                let mut masked = serde_json::Map::new();
                for (name, member) in map {
                    place.push(StepView::Field(name));
                    masked.insert(name.clone(), self.masked_at(place, member));
                    place.pop();
                }
                Value::Object(masked)
            }
        }
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = self.listed.iter().map(|(mark, pattern)| (mark, self.told(pattern).to_string()));
        f.debug_list().entries(told).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn law_8_a_secret_never_leaves_a_document() {
        let mut document = Document::new(json!({
            "list": [{"name": "a", "token": "CANARY-1"}, "CANARY-2"],
            "names": {"CANARY-3": 1},
            "open": "shown",
        }));
        document.mark(Mark::Sensitive, "/list/*/token".parse().unwrap());
        document.mark(Mark::Sensitive, "/list/1".parse().unwrap());
        document.mark(Mark::Opaque, "/names".parse().unwrap());
        document.mark(Mark::Unknown, "/names/CANARY-3".parse().unwrap());
        let marks = document.marks();
        let printed = format!("{document:?} {document:#?} {marks:?} {}", serde_json::to_string(&document).unwrap());
        assert!(!printed.contains("CANARY"), "{printed}");
        assert!(printed.contains("shown"));
    }

    #[test]
    fn too_deep_is_cut_off_rather_than_followed() {
        let mut value = json!("CANARY");
        for _ in 0..2_000 {
            value = Value::Array(vec![value]);
        }
        let document = Document::new(value);
        assert!(!format!("{document:?}").contains("CANARY"));
    }
}
