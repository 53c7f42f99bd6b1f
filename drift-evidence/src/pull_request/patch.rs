//! `DesiredPatch`: what makes the desired state say what runs, as RFC 6902 operations, and what is left out of it.

use std::collections::BTreeSet;

use drift_model::{Change, Disposition, FieldPath, Finding, MASK, Shown, Step, canonical_text};
use serde_json::{Value, json};

/// One operation of a patch (RFC 6902 §4). Paths are RFC 6901 pointers in the desired document.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the operations that accepting a change takes")]
pub enum Operation {
    /// The value must be this before anything is changed.
    Test {
        /// Where.
        path: String,
        /// What is declared there.
        value: Value,
    },
    /// The value is set in place of another.
    Replace {
        /// Where.
        path: String,
        /// What runs.
        value: Value,
    },
    /// A member or an item is added.
    Add {
        /// Where; `-` at the end is the end of a list.
        path: String,
        /// What runs.
        value: Value,
    },
    /// A member or an item is removed.
    Remove {
        /// Where.
        path: String,
    },
}

impl Operation {
    /// Where it acts.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Test { path, .. } | Self::Replace { path, .. } | Self::Add { path, .. } | Self::Remove { path } => {
                path
            }
        }
    }

    fn document(&self) -> Value {
        match self {
            Self::Test { path, value } => json!({"op": "test", "path": path, "value": value}),
            Self::Replace { path, value } => json!({"op": "replace", "path": path, "value": value}),
            Self::Add { path, value } => json!({"op": "add", "path": path, "value": value}),
            Self::Remove { path } => json!({"op": "remove", "path": path}),
        }
    }
}

drift_model::vocabulary! {
    /// Why a change of a finding is not in the patch.
    #[non_exhaustive]
    pub enum LeftOut as "reason" {
        /// Its value is secret, or holds something secret: it is set by hand, in the place where secrets are kept.
        Secret = "SECRET",
        /// It is not drift: it is excused, pending, or cannot be told.
        NotDrift = "NOT_DRIFT",
        /// The resource as a whole was added or removed: its file is, too.
        WholeResource = "WHOLE_RESOURCE",
        /// The desired state says so already.
        AlreadySo = "ALREADY_SO",
        /// The finding does not hold the value.
        NotKnown = "NOT_KNOWN",
        /// Where it would stand in the desired document, only that document can tell.
        NoPlace = "NO_PLACE",
    }
}

impl std::fmt::Display for Operation {
    /// The operation as canonical JSON.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&canonical_text(&self.document()))
    }
}

impl LeftOut {
    /// The reason in a sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Secret => "the value is secret; set it by hand where secrets are kept",
            Self::NotDrift => "it is not drift",
            Self::WholeResource => "the resource as a whole; add or remove its file",
            Self::AlreadySo => "the desired state says so already",
            Self::NotKnown => "the finding does not hold the value",
            Self::NoPlace => "where it would stand, only the desired document can tell",
        }
    }
}

/// The patch that accepts a finding: guards first, then what changes.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct DesiredPatch {
    /// The operations, in an order in which each finds its place.
    pub operations: Vec<Operation>,
    /// The changes that are not in it, each with the reason.
    pub left: Vec<(FieldPath, LeftOut)>,
}

impl DesiredPatch {
    /// What accepts the changes of a finding: desired becomes as actual.
    ///
    /// Where an item of a list is added, or something within an item that the finding does not point to, the desired document is
    /// needed to find the place. A value of which a part is secret is left out as a whole.
    ///
    /// ```
    /// use drift_evidence::DesiredPatch;
    /// # let mut wire: serde_json::Value = serde_json::from_str(include_str!(concat!(
    /// #     env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json"
    /// # )))?;
    /// # let finding: drift_model::Finding = serde_json::from_value(wire)?;
    ///
    /// let desired = serde_json::json!({"ingress": [{"from": 80}], "tags": {"password": "(sensitive)"}});
    /// let patch = DesiredPatch::accept(&finding, Some(&desired));
    /// assert_eq!(
    ///     patch.to_string(),
    ///     r#"[{"op":"add","path":"/ingress/-","value":{"cidr":"0.0.0.0/0","from":443,"weight":1.5}}]"#
    /// );
    /// assert_eq!(patch.left[0].1.word(), "SECRET");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn accept(finding: &Finding, desired: Option<&Value>) -> Self {
        let (mut guards, mut replaced, mut appended, mut moved) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut left = Vec::new();
        let mut inserted: Vec<(&FieldPath, String, usize, Value)> = Vec::new();
        for change in &finding.changes {
            match edit(change, desired) {
                Err(why) => left.push((change.path.clone(), why)),
                Ok(Edit { guard, operation, index }) => {
                    guards.extend(guard);
                    match (operation, index) {
                        (Operation::Add { path, value }, Some(index)) => {
                            inserted.push((&change.path, path, index, value));
                        }
                        (operation @ Operation::Replace { .. }, _) => replaced.push(operation),
                        (operation @ Operation::Add { .. }, None) => appended.push(operation),
                        (operation, _) => moved.push(operation),
                    }
                }
            }
        }
        // New items of one positional list are a run; they all go where the first of them goes, the last first.
        inserted.sort_by(|a, b| (&a.1, a.2).cmp(&(&b.1, b.2)));
        for run in inserted.chunk_by(|a, b| a.1 == b.1) {
            let first = run.first().map_or(0, |(_, _, index, _)| *index);
            let is_run = run.iter().enumerate().all(|(offset, item)| item.2 == first.saturating_add(offset));
            for (path, list, _, value) in run {
                if is_run {
                    moved.push(Operation::Add { path: format!("{list}/{first}"), value: value.clone() });
                } else {
                    left.push(((*path).clone(), LeftOut::NoPlace));
                }
            }
        }
        // What moves later items goes from the end to the beginning, so that it moves nothing that is still to come.
        moved.reverse();
        moved.sort_by(|a, b| place(b.path()).cmp(&place(a.path())));
        left.sort();
        let operations = [guards, replaced, appended, moved].concat();
        Self { operations, left }
    }

    /// An operation that takes something away without a guard that says what.
    pub(super) fn unguarded(&self) -> Option<&Operation> {
        let guarded: BTreeSet<&str> = self
            .operations
            .iter()
            .filter_map(|operation| match operation {
                Operation::Test { path, .. } => Some(path.as_str()),
                Operation::Replace { .. } | Operation::Add { .. } | Operation::Remove { .. } => None,
            })
            .collect();
        self.operations.iter().find(|operation| match operation {
            Operation::Replace { path, .. } | Operation::Remove { path } => !guarded.contains(path.as_str()),
            Operation::Test { .. } | Operation::Add { .. } => false,
        })
    }

    /// Is there nothing to do?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }
}

/// A patch of one's own, to be shown as lines.
impl From<Vec<Operation>> for DesiredPatch {
    fn from(operations: Vec<Operation>) -> Self {
        Self { operations, left: Vec::new() }
    }
}

impl std::fmt::Display for DesiredPatch {
    /// The patch as canonical JSON, exact to the digit: it is to be applied.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&canonical_text(&self.operations.iter().map(Operation::document).collect()))
    }
}

impl serde::Serialize for DesiredPatch {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.operations.iter().map(Operation::document))
    }
}

/// What accepts one change.
struct Edit {
    guard: Option<Operation>,
    operation: Operation,
    /// Where in a positional list, if the operation's path is that of the list.
    index: Option<usize>,
}

fn edit(change: &Change, desired: Option<&Value>) -> Result<Edit, LeftOut> {
    let parts = [&change.desired, &change.recorded, &change.actual];
    if change.sensitive || parts.into_iter().flatten().any(|shown| holds_mask(shown.value())) {
        return Err(LeftOut::Secret);
    }
    if !change.is_drift() || change.disposition == Disposition::Undetermined {
        return Err(LeftOut::NotDrift);
    }
    if change.path.is_root() {
        return Err(LeftOut::WholeResource);
    }
    let guard = |path: &String| {
        let value = change.desired.as_ref().map(Shown::value)?.clone();
        Some(Operation::Test { path: path.clone(), value })
    };
    match (&change.pointers.desired, change.actual.as_ref().map(Shown::value)) {
        (Some(_), Some(actual)) if change.desired.as_ref().is_some_and(|shown| shown.value() == actual) => {
            Err(LeftOut::AlreadySo)
        }
        (Some(path), Some(actual)) => {
            let operation = Operation::Replace { path: path.clone(), value: actual.clone() };
            Ok(Edit { guard: guard(path), operation, index: None })
        }
        (Some(path), None) if change.pointers.actual.is_none() => {
            Ok(Edit { guard: guard(path), operation: Operation::Remove { path: path.clone() }, index: None })
        }
        (None, None) if change.pointers.actual.is_none() => Err(LeftOut::AlreadySo),
        (_, None) => Err(LeftOut::NotKnown),
        (None, Some(actual)) => {
            let (path, index) = added(&change.path, desired).ok_or(LeftOut::NoPlace)?;
            Ok(Edit { guard: None, operation: Operation::Add { path, value: actual.clone() }, index })
        }
    }
}

/// Where something is added: the pointer, or the pointer of the list and the index in it.
fn added(path: &FieldPath, desired: Option<&Value>) -> Option<(String, Option<usize>)> {
    let (last, parent) = path.steps().split_last()?;
    let parent: FieldPath = parent.iter().cloned().collect();
    let (pointer, container) = match desired {
        Some(document) => {
            let pointer = parent.resolve(document)?.to_string();
            let container = document.pointer(&pointer)?;
            (pointer, Some(container))
        }
        // Names need no document; positions and keys do.
        None if parent.steps().iter().all(|step| matches!(step, Step::Field(_))) => (pointer_of(&parent), None),
        None => return None,
    };
    match (last, container) {
        (Step::Field(name), None | Some(Value::Object(_))) => Some((format!("{pointer}/{}", token(name)), None)),
        (Step::Index(number), Some(Value::Object(_))) => Some((format!("{pointer}/{number}"), None)),
        (Step::Key(_) | Step::Item(_), None | Some(Value::Array(_))) => Some((format!("{pointer}/-"), None)),
        (Step::Index(index), Some(Value::Array(items))) if *index <= items.len() => Some((pointer, Some(*index))),
        _ => None,
    }
}

fn pointer_of(fields: &FieldPath) -> String {
    fields.steps().iter().fold(String::new(), |pointer, step| match step {
        Step::Field(name) => format!("{pointer}/{}", token(name)),
        Step::Key(_) | Step::Item(_) | Step::Index(_) => pointer,
    })
}

/// A name as a token of a pointer (RFC 6901 §3).
fn token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A pointer in an order in which numbers are numbers.
fn place(pointer: &str) -> Vec<(Option<u64>, &str)> {
    pointer.split('/').skip(1).map(|token| (token.parse().ok(), token)).collect()
}

/// Was something in it masked, or cut off?
fn holds_mask(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(MASK) || text == "(too deep)",
        Value::Array(items) => items.iter().any(holds_mask),
        Value::Object(members) => members.iter().any(|(name, value)| name == MASK || holds_mask(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
