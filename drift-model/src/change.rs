//! `Change`: one path on which the planes differ, as it is written out.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::canonical::Canonical;
use crate::document::Marks;
use crate::fingerprint::FingerprintKey;
use crate::observation::Observation;
use crate::owner::{Claim, OwnerKind};
use crate::path::FieldPath;
use crate::plane::Plane;
use crate::relation::Relation;
use crate::trie::StepView;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What happened to the path, as the actual plane shows it against desired (against recorded, where desired agrees
    /// with actual or is silent).
    pub enum ChangeKind as "kind of change" {
        /// Actual has it, the other does not.
        Added = "ADDED",
        /// The other has it, actual does not.
        Removed = "REMOVED",
        /// Both have it, with different values.
        Changed = "CHANGED",
        /// A list has the same items in another order.
        Reordered = "REORDERED",
    }
}

vocabulary! {
    /// What a change amounts to. The first that holds, in this order.
    pub enum Disposition as "disposition" {
        /// A value that is needed is unknown.
        Undetermined = "UNDETERMINED",
        /// The values mean the same, by the rule that is named.
        Equivalent = "EQUIVALENT",
        /// The path belongs to somebody else than Git.
        OwnedBy = "OWNED_BY",
        /// An ignore rule, which is named, covers the path.
        Ignored = "IGNORED",
        /// Git moved on, and is not applied yet.
        Pending = "PENDING",
        /// Git says nothing about the path.
        Undeclared = "UNDECLARED",
        /// Drift.
        Drift = "DRIFT",
    }
}

/// One path on which the planes differ, with what that amounts to.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Change {
    /// Where, by key. The root is the empty string.
    pub path: FieldPath,
    /// Where in each plane's document.
    #[serde(default, skip_serializing_if = "Pointers::is_empty")]
    pub pointers: Pointers,
    /// What happened.
    pub kind: ChangeKind,
    /// Which planes agree.
    pub relation: Relation,
    /// What it amounts to.
    pub disposition: Disposition,
    /// Who owns the path.
    pub owner: OwnerKind,
    /// The owner by name, where the kind does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_name: Option<String>,
    /// The rule that excuses the change, or how its list was aligned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Where the owner is AMBIGUOUS: the claims that contradict each other, or that nobody has decided on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// Does an undeclared change count as drift?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counted: bool,
    /// Is the value secret? Then it is left out.
    #[serde(default)]
    pub sensitive: bool,
    /// What Git declares.
    #[serde(default, deserialize_with = "shown", skip_serializing_if = "Option::is_none")]
    pub desired: Option<Shown>,
    /// What the engine remembers.
    #[serde(default, deserialize_with = "shown", skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Shown>,
    /// What was observed.
    #[serde(default, deserialize_with = "shown", skip_serializing_if = "Option::is_none")]
    pub actual: Option<Shown>,
    /// Fingerprints of the secret values, or which of them are equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked: Option<Masked>,
    /// Something that a reader should know of how this was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Change {
    /// A change at `path`, of which nothing else is known yet.
    #[must_use]
    pub const fn new(path: FieldPath, kind: ChangeKind, relation: Relation, disposition: Disposition) -> Self {
        Self {
            path,
            pointers: Pointers { desired: None, recorded: None, actual: None },
            kind,
            relation,
            disposition,
            owner: OwnerKind::Unclaimed,
            owner_name: None,
            rule: None,
            claims: Vec::new(),
            counted: false,
            sensitive: false,
            desired: None,
            recorded: None,
            actual: None,
            masked: None,
            note: None,
        }
    }

    /// Is this, by itself, drift? (Law 4: a resource is DRIFTED exactly when one of its changes is.)
    #[must_use]
    pub const fn is_drift(&self) -> bool {
        matches!(self.disposition, Disposition::Drift)
            || (matches!(self.disposition, Disposition::Undeclared) && self.counted)
    }

    /// The pointer that a finding names: in actual, or in desired where actual has none.
    #[must_use]
    pub fn changed_field(&self) -> &str {
        let pointers = [&self.pointers.actual, &self.pointers.desired, &self.pointers.recorded];
        pointers.into_iter().flatten().next().map_or("", String::as_str)
    }
}

fn shown<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Shown>, D::Error> {
    Shown::deserialize(deserializer).map(Some)
}

/// Where a change stands in each plane's document, as RFC 6901 pointers. A plane without such a value has none.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Pointers {
    /// In the desired document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired: Option<String>,
    /// In the recorded document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<String>,
    /// In the actual document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
}

impl Pointers {
    /// Is there none?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.desired.is_none() && self.recorded.is_none() && self.actual.is_none()
    }

    /// Sets the pointer of one plane.
    pub fn set(&mut self, plane: Plane, pointer: Option<String>) {
        match plane {
            Plane::Desired => self.desired = pointer,
            Plane::Recorded => self.recorded = pointer,
            Plane::Actual => self.actual = pointer,
        }
    }
}

/// A part of a document that may be shown: its sensitive parts are masked, its numbers and keys canonical.
///
/// There is no way from a document to a `Shown` but through its marks.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(transparent)]
pub struct Shown(Value);

impl Shown {
    /// Masks what the marks of its document say is sensitive.
    #[must_use]
    pub fn new(marks: &Marks, place: &[StepView<'_>], part: &Value) -> Self {
        Self(marks.masked_part(place, part))
    }

    /// The value, masked.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.0
    }
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Canonical(&self.0).serialize(serializer)
    }
}

/// What may be said of secrets: a [`Fingerprint`](crate::Fingerprint) for each plane that has the value, or, where nobody gave a
/// key, which planes hold equal ones.
///
/// Equal texts stand for equal values: those of fingerprints wherever key, unit and path are the same, those of classes within
/// one assessment.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Masked {
    /// Of the desired value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired: Option<String>,
    /// Of the recorded value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<String>,
    /// Of the actual value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
}

impl Masked {
    /// Equality classes of the planes' values, without a key: `class-1` for the first value and all that equal it.
    ///
    /// Says no more of a value than whether it is there and which others it equals.
    pub fn classes<V>(planes: &[Option<V>; 3], same: impl Fn(&V, &V) -> bool) -> Self {
        let mut seen: Vec<&V> = Vec::new();
        let mut classes = planes.each_ref().map(|plane| {
            plane.as_ref().map(|value| {
                let index = seen.iter().position(|known| same(known, value)).unwrap_or_else(|| {
                    seen.push(value);
                    seen.len().saturating_sub(1)
                });
                format!("class-{}", index.saturating_add(1))
            })
        });
        let mut take = |index: usize| classes.get_mut(index).and_then(Option::take);
        Self { desired: take(0), recorded: take(1), actual: take(2) }
    }

    /// Fingerprints of the planes' values, at a path of an observation.
    #[must_use]
    pub fn keyed(
        key: &FingerprintKey,
        observation: &Observation,
        path: &FieldPath,
        [desired, recorded, actual]: [Option<&Value>; 3],
    ) -> Self {
        let unit = observation.unit_or_resource();
        let print = |value: Option<&Value>| value.map(|value| key.fingerprint(&unit, path, value).to_string());
        Self { desired: print(desired), recorded: print(recorded), actual: print(actual) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equality_classes_tell_equal_secrets_and_nothing_else() {
        let classes = Masked::classes(&[Some("a"), Some("b"), Some("a")], |x, y| x == y);
        assert_eq!(
            serde_json::to_value(classes).unwrap(),
            json!({"desired": "class-1", "recorded": "class-2", "actual": "class-1"})
        );
        let classes = Masked::classes(&[None, None, Some("b")], |x, y| x == y);
        assert_eq!(serde_json::to_value(classes).unwrap(), json!({"actual": "class-1"}));
    }

    #[test]
    fn a_null_value_is_not_a_missing_one() {
        let mut change = Change::new("/a".parse().unwrap(), ChangeKind::Changed, Relation::Differs, Disposition::Drift);
        change.desired = Some(Shown::new(&Marks::default(), &[], &Value::Null));
        let written = serde_json::to_value(&change).unwrap();
        assert_eq!(written.get("desired"), Some(&Value::Null));
        assert_eq!(written.get("actual"), None);
        assert_eq!(serde_json::from_value::<Change>(written).unwrap(), change);
    }
}
