//! What the library knows of each system by itself: paths that the system owns, senses in which its spellings are the
//! same, names under which something is exposed. The facts stand in `builtin.json`.

use drift_model::{PathPattern, System};
use serde::Deserialize;
use serde_json::Value;

use crate::equivalence::Same;

/// `builtin.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BuiltIn {
    pub(crate) runtime_owned: Vec<SystemPaths>,
    pub(crate) equivalences: Vec<SystemSense>,
    pub(crate) exposing: Exposing,
    /// Keyed lists whose order is told and does not count.
    pub(crate) told_orders: Vec<String>,
    /// Keyed lists whose items run in order.
    pub(crate) running_orders: Vec<String>,
}

/// Paths that a system owns in all its objects.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SystemPaths {
    pub(crate) systems: Vec<System>,
    pub(crate) paths: Vec<PathPattern>,
    #[expect(dead_code, reason = "the reason is for whoever reads the document")]
    pub(crate) because: String,
}

/// A sense in which a system's values are compared.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SystemSense {
    pub(crate) systems: Vec<System>,
    /// Where; everywhere if it does not say.
    #[serde(default = "everywhere")]
    pub(crate) paths: Vec<PathPattern>,
    pub(crate) same: Same,
    /// KEYED: the key fields.
    #[serde(default)]
    pub(crate) keys: Vec<String>,
    /// DEFAULT, FLOATING: the value.
    #[serde(default)]
    pub(crate) value: Option<Value>,
    pub(crate) rule: String,
    #[expect(dead_code, reason = "the reason is for whoever reads the document")]
    pub(crate) because: String,
}

fn everywhere() -> Vec<PathPattern> {
    vec![PathPattern::everything()]
}

/// Names under which an addition that Git does not know exposes something.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Exposing {
    /// Lists: an added item counts.
    pub(crate) lists: Vec<String>,
    /// Fields: any undeclared value at or under them counts.
    pub(crate) fields: Vec<String>,
    /// Values that expose what the field is a choice of.
    pub(crate) values: Vec<String>,
}

impl BuiltIn {
    /// Reads the document that is part of this crate.
    #[expect(clippy::expect_used, reason = "the text is part of the build, and a test reads it")]
    pub(crate) fn read() -> Self {
        drift_model::from_json(include_str!("builtin.json")).expect("builtin.json is part of this crate")
    }
}

impl Exposing {
    pub(crate) fn has_list(&self, name: &str) -> bool {
        self.lists.iter().any(|known| same_name(known, name))
    }

    pub(crate) fn has_field(&self, name: &str) -> bool {
        self.fields.iter().any(|known| same_name(known, name))
    }
}

/// `initContainers`, `InitContainers` and `init_containers` are one name.
fn same_name(a: &str, b: &str) -> bool {
    fn letters(text: &str) -> impl Iterator<Item = u8> {
        text.bytes().filter(|byte| *byte != b'_').map(|byte| byte.to_ascii_lowercase())
    }
    letters(a).eq(letters(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_document_reads() {
        let builtin = BuiltIn::read();
        assert!(builtin.exposing.has_list("init_containers"));
        assert!(builtin.exposing.has_field("hostNetwork"));
        assert!(!builtin.exposing.has_field("annotations"));
    }
}
