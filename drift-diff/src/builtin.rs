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
    pub(crate) unresolved: Vec<Unresolved>,
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

/// What in a system's declarations is no value, but says where to find one.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Unresolved {
    systems: Vec<System>,
    /// What a text contains that refers to something.
    texts: Vec<String>,
    /// The name of the one member of an object that calls a function; a `*` at its end stands for anything.
    functions: Vec<String>,
    #[expect(dead_code, reason = "the reason is for whoever reads the document")]
    because: String,
}

impl Unresolved {
    fn is(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.texts.iter().any(|mark| text.contains(mark.as_str())),
            Value::Object(members) => {
                let calls = |function: &String, name: &String| {
                    function.strip_suffix('*').map_or(function == name, |beginning| name.starts_with(beginning))
                };
                members.len() == 1 && members.keys().all(|name| self.functions.iter().any(|known| calls(known, name)))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => false,
        }
    }
}

/// Names under which an addition that Git does not know exposes something.
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
}

impl BuiltIn {
    /// Reads the document that is part of this crate.
    #[expect(clippy::expect_used, reason = "the text is part of the build, and a test reads it")]
    pub(crate) fn read() -> Self {
        drift_model::from_json(include_str!("builtin.json")).expect("builtin.json is part of this crate")
    }
}

impl BuiltIn {
    /// Does a declaration of this system say here where to find the value, instead of the value?
    pub(crate) fn is_unresolved(&self, system: &System, declared: &Value) -> bool {
        self.unresolved.iter().any(|known| known.systems.contains(system) && known.is(declared))
    }
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
    use serde_json::json;

    use super::*;

    #[test]
    fn the_built_in_document_reads() {
        let builtin = BuiltIn::read();
        assert!(builtin.exposing.has_list("init_containers"));
        assert!(builtin.exposing.has_field("hostNetwork"));
        assert!(!builtin.exposing.has_field("annotations"));
        let unresolved = |value| builtin.is_unresolved(&System::Aws, &value);
        for value in
            [json!({"Ref": "Topic"}), json!({"Fn::GetAtt": ["Role", "Arn"]}), json!("{{resolve:ssm:/db/host}}:5432")]
        {
            assert!(unresolved(value.clone()) && !builtin.is_unresolved(&System::OpenTofu, &value), "{value}");
        }
        assert!(
            !unresolved(json!({"Ref": "a", "Type": "b"})) && !unresolved(json!({})) && !unresolved(json!("resolve"))
        );
    }
}
