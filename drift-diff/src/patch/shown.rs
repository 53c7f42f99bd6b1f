//! The form of a patch that may be shown.

use std::fmt;

use drift_model::{MASK, Marks, Plane, Shown, canonical_text};
use json_patch::PatchOperation;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{Left, Patch, PatchKind, Settled};

/// A patch as people and evidence see it. It cannot be applied: values that are secret, or hold something that is, are masked.
///
/// Its `operations` have the shape of RFC 6902. `Display` writes one operation a line.
///
/// ```
/// use drift_diff::{Comparer, Mandate, Rules};
/// use drift_model::{Facts, Observation, PlaneState, Planes, ResourceRef};
/// use serde_json::json;
///
/// let planes = Planes::new(
///     PlaneState::present(json!({"data": {"password": "aHVudGVyMg=="}, "type": "Opaque"})),
///     PlaneState::present(json!({"data": {"password": "bGV0LW1lLWlu"}, "type": "Opaque"})),
/// );
/// let observation = Observation::new("obs-1", ResourceRef::kubernetes("", "v1", "Secret", "prod", "db"), planes);
/// let comparer = Comparer::compile(&Rules::default()).unwrap();
/// let delta = comparer.compare(&observation, &Facts::default());
///
/// let shown = delta.revert(&Mandate::everything()).shown();
/// assert_eq!(serde_json::to_value(&shown).unwrap(), json!({
///     "kind": "REVERT",
///     "plane": "ACTUAL",
///     "operations": [
///         {"op": "test", "path": "/data/password", "value": "(sensitive)"},
///         {"op": "replace", "path": "/data/password", "value": "(sensitive)"},
///     ],
///     "settles": [{"path": "/data/password", "kind": "CHANGED", "relation": "DIFFERS"}],
///     "left": [],
/// }));
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ShownPatch {
    /// Which plane is made like which.
    pub kind: PatchKind,
    /// The plane that it changes.
    pub plane: Plane,
    /// What is tested and done, in order.
    pub operations: Vec<ShownOperation>,
    /// The changes that it settles.
    pub settles: Vec<Settled>,
    /// All other changes, and why.
    pub left: Vec<Left>,
}

/// An operation, its value masked where it must be.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ShownOperation {
    /// `test`, `add`, `remove` or `replace`.
    pub op: String,
    /// The place, as an RFC 6901 pointer.
    pub path: String,
    /// The value; a `remove` has none.
    #[serde(default, deserialize_with = "some_value", skip_serializing_if = "Option::is_none")]
    pub value: Option<Shown>,
}

/// `null` is a value.
fn some_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Shown>, D::Error> {
    Shown::deserialize(deserializer).map(Some)
}

impl Patch {
    /// The patch as it may be shown.
    #[must_use]
    pub fn shown(&self) -> ShownPatch {
        ShownPatch {
            kind: self.kind,
            plane: self.plane(),
            operations: self.operations().map(|(operation, open)| shown(operation, open)).collect(),
            settles: self.settles.clone(),
            left: self.left.clone(),
        }
    }
}

fn shown(operation: &PatchOperation, open: bool) -> ShownOperation {
    let (op, value) = match operation {
        PatchOperation::Test(test) => ("test", Some(&test.value)),
        PatchOperation::Add(add) => ("add", Some(&add.value)),
        PatchOperation::Replace(replace) => ("replace", Some(&replace.value)),
        PatchOperation::Remove(_) => ("remove", None),
        PatchOperation::Move(_) => ("move", None),
        PatchOperation::Copy(_) => ("copy", None),
    };
    let mask = Value::from(MASK);
    let value = value.map(|value| Shown::new(&Marks::default(), &[], if open { value } else { &mask }));
    ShownOperation { op: op.to_owned(), path: operation.path().as_str().to_owned(), value }
}

impl fmt::Display for ShownPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operations.iter().try_for_each(|operation| writeln!(f, "{operation}"))
    }
}

impl fmt::Display for ShownOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.op, self.path)?;
        match &self.value {
            Some(value) => write!(f, " {}", canonical_text(value.value())),
            None => Ok(()),
        }
    }
}
