//! `Exposing`: where an undeclared change exposes something. The names and places stand in `builtin.json`.

use drift_model::{Document, PathPattern, System};
use serde::Deserialize;
use serde_json::Value;

/// Names and places at which a change that Git does not know exposes something.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Exposing {
    /// Lists: an added item counts.
    pub(crate) lists: Vec<String>,
    /// Maps: an undeclared entry in one of them counts.
    pub(crate) maps: Vec<String>,
    /// Fields: any undeclared value at or under them counts.
    pub(crate) fields: Vec<String>,
    /// Values that expose what the field is a choice of.
    pub(crate) values: Vec<String>,
    /// Fields that say who may do something, or what somebody may do: there the name of a role is the role of somebody. A `*`
    /// in front stands for anything.
    pub(crate) identities: Vec<String>,
    /// What exposes something in some kinds alone.
    pub(crate) places: Vec<ExposingPlace>,
}

/// A place in some kinds of a system: any undeclared value at or under it counts, and so does one that was taken away.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ExposingPlace {
    pub(crate) systems: Vec<System>,
    /// The kinds, whatever their group.
    kinds: Vec<String>,
    pub(crate) paths: Vec<PathPattern>,
    /// The values that expose something; any, if it does not say.
    #[serde(default)]
    values: Vec<Value>,
    /// What Git declares where the system itself fills in a value: if all of it holds, the place exposes nothing.
    #[serde(default)]
    unless: Vec<Declared>,
    #[expect(dead_code, reason = "the reason is for whoever reads the document")]
    because: String,
}

/// One of these values is declared.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Declared {
    /// Where, as a JSON Pointer.
    at: String,
    /// The values; `null` is none at all.
    is: Vec<Value>,
}

impl Exposing {
    pub(crate) fn has_list(&self, name: &str) -> bool {
        self.lists.iter().any(|known| same_name(known, name))
    }

    pub(crate) fn has_map(&self, name: &str) -> bool {
        self.maps.iter().any(|known| same_name(known, name))
    }

    pub(crate) fn has_field(&self, name: &str) -> bool {
        self.fields.iter().any(|known| same_name(known, name))
    }

    pub(crate) fn has_identity(&self, name: &str) -> bool {
        self.identities.iter().any(|known| match known.strip_prefix('*') {
            Some(end) => ends_in(name, end),
            None => same_name(known, name),
        })
    }

    pub(crate) fn has_value(&self, text: &str) -> bool {
        self.values.iter().any(|known| known == text)
    }

    /// Does the member of an object expose something, by its name and value?
    pub(crate) fn has_member(&self, name: &str, value: &Value) -> bool {
        self.has_field(name) || self.has_list(name) && value.as_array().is_some_and(|items| !items.is_empty())
    }
}

impl ExposingPlace {
    /// Does the value, or its absence, expose something in an object of this kind, of which Git declares this?
    pub(crate) fn exposes(&self, kind: &str, actual: Option<&Value>, desired: Option<&Document>) -> bool {
        let declares = |declared: &Declared| {
            let found = desired.and_then(|document| document.value().pointer(&declared.at)).unwrap_or(&Value::Null);
            declared.is.contains(found)
        };
        let is_filled_in = !self.unless.is_empty() && self.unless.iter().all(declares);
        self.kinds.iter().any(|known| known == kind)
            && !is_filled_in
            && (self.values.is_empty() || actual.is_some_and(|actual| self.values.contains(actual)))
    }
}

/// `initContainers`, `InitContainers` and `init_containers` are one name.
fn same_name(a: &str, b: &str) -> bool {
    letters(a).eq(letters(b))
}

/// `JobRoleArn` and `job_role_arn` end in `roleArn`.
fn ends_in(name: &str, end: &str) -> bool {
    let mut name = letters(name).rev();
    letters(end).rev().all(|letter| name.next() == Some(letter))
}

fn letters(text: &str) -> impl DoubleEndedIterator<Item = u8> {
    text.bytes().filter(|byte| *byte != b'_').map(|byte| byte.to_ascii_lowercase())
}
