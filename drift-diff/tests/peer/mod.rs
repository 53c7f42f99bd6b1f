//! The little schemas of the peer cases, as the schema of a custom resource.

use std::collections::BTreeSet;

use drift_diff::Schema;
use serde_json::{Value, json};

/// A type of the corpus as a structural schema. What depends on the value there is chosen by the values of the case.
pub(crate) fn structural(of: &Value, types: &Value, values: [Option<&Value>; 2], depth: usize) -> Value {
    let preserved = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    if depth > 8 {
        return preserved;
    }
    let below = |of: &Value, values| structural(of, types, values, depth + 1);
    if let Some(word) = of.as_str() {
        return match word {
            "opaque" => {
                json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true, "x-kubernetes-map-type": "atomic"})
            }
            "deduced" => preserved,
            "string" | "number" | "boolean" | "scalar" => {
                json!({"type": if word == "scalar" { "string" } else { word }})
            }
            name => below(&types[name.strip_prefix('@').unwrap()], values),
        };
    }
    if let Some(choices) = of["one_of"].as_array() {
        let is = |choice: &&Value| {
            values.into_iter().flatten().any(|value| match value {
                Value::Array(_) => choice.get("list").is_some(),
                Value::Object(_) => choice.get("map").is_some(),
                _ => false,
            })
        };
        return choices.iter().find(is).map_or(json!({"type": "string"}), |choice| below(choice, values));
    }
    if let Some(fields) = of["fields"].as_object() {
        let property = |(name, of): (&String, &Value)| {
            let inner = values.map(|value| value.and_then(|value| value.get(name)));
            (name.clone(), below(of, inner))
        };
        let properties: serde_json::Map<String, Value> = fields.iter().map(property).collect();
        return json!({"type": "object", "properties": properties});
    }
    if let Some(entries) = of.get("map") {
        // An entry may be another thing than its neighbour, so each is described by itself.
        let names: BTreeSet<&String> =
            values.iter().flatten().filter_map(|value| value.as_object()).flat_map(|map| map.keys()).collect();
        if entries.as_str().is_none_or(|word| !word.starts_with('@')) {
            return json!({"type": "object", "additionalProperties": below(entries, [None, None])});
        }
        let property =
            |name: &String| (name.clone(), below(entries, values.map(|value| value.and_then(|value| value.get(name)))));
        let properties: serde_json::Map<String, Value> = names.into_iter().map(property).collect();
        return json!({"type": "object", "properties": properties});
    }
    let items = below(&of["list"], [None, None]);
    match of["as"].as_str().unwrap() {
        "keyed" => {
            json!({"type": "array", "items": items, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": of["keys"]})
        }
        kind => json!({"type": "array", "items": items, "x-kubernetes-list-type": kind}),
    }
}

/// A schema that knows the kind `Case` of `peer.example`, whose `spec` is of this type.
pub(crate) fn schema_of(root: &Value, types: &Value, values: [Option<&Value>; 2]) -> Schema {
    let spec = structural(root, types, values, 0);
    let mut schema = Schema::kubernetes();
    schema
        .add_custom_resource(&json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": {"group": "peer.example",
            "names": {"kind": "Case"}, "versions": [{"name": "v1", "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}}]}
        }))
        .unwrap();
    schema
}
