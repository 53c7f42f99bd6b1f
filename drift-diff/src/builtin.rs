//! What the library knows of each system by itself: paths that the system owns, senses in which its spellings are the
//! same, names and places at which something is exposed. The facts stand in `builtin.json`.

use drift_model::{PathPattern, System};
use serde::Deserialize;
use serde_json::Value;

use crate::equivalence::Same;
use crate::exposing::Exposing;

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
