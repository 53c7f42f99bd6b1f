//! kube's generation accepts every `spec`, and what it makes of each is a structural schema.

use drift_crd_example::definitions;
use serde_json::{Value, json};

/// The rules of a structural schema that a generated one is likely to break.
/// (<https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>)
fn check(schema: &Value, place: &str, problems: &mut Vec<String>) {
    let Some(schema) = schema.as_object() else {
        problems.push(format!("{place}: `{schema}` is no structural schema"));
        return;
    };
    let open = schema.get("x-kubernetes-preserve-unknown-fields") == Some(&json!(true));
    match schema.get("type") {
        Some(Value::String(_)) => {}
        Some(_) => problems.push(format!("{place}: several types")),
        None if open => {}
        None => problems.push(format!("{place}: no type")),
    }
    for forbidden in ["$ref", "$defs", "definitions", "const", "patternProperties", "oneOf", "anyOf", "allOf", "not"] {
        if schema.contains_key(forbidden) {
            problems.push(format!("{place}: `{forbidden}`"));
        }
    }
    if schema.contains_key("properties") && schema.contains_key("additionalProperties") {
        problems.push(format!("{place}: `properties` beside `additionalProperties`"));
    }
    if schema.get("additionalProperties") == Some(&json!(false)) {
        problems.push(format!("{place}: `additionalProperties: false`"));
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let null = words.contains(&Value::Null);
        if null && schema.get("nullable") != Some(&json!(true)) {
            problems.push(format!("{place}: null among the words of what is not nullable"));
        }
    }
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        check(property, &format!("{place}/{name}"), problems);
    }
    for (key, name) in [("items", "*"), ("additionalProperties", "*")] {
        if let Some(inner) = schema.get(key) {
            check(inner, &format!("{place}/{name}"), problems);
        }
    }
}

fn spec(definition: &Value) -> &Value {
    definition.pointer("/spec/versions/0/schema/openAPIV3Schema/properties/spec").expect("a schema of `spec`")
}

fn written() -> Vec<Value> {
    definitions().iter().map(|definition| serde_json::to_value(definition).expect("a definition is JSON")).collect()
}

#[test]
fn kube_accepts_the_spec_of_every_kind() {
    let mut problems = Vec::new();
    let definitions = written();
    assert_eq!(definitions.len(), 12);
    for definition in &definitions {
        let kind = definition.pointer("/spec/names/kind").and_then(Value::as_str).expect("a kind");
        check(spec(definition), kind, &mut problems);
    }
    assert_eq!(problems, Vec::<String>::new());
}

fn of_kind(kind: &str) -> Value {
    let found = written().into_iter().find(|definition| definition.pointer("/spec/names/kind") == Some(&json!(kind)));
    spec(&found.expect("the kind is defined")).clone()
}

#[test]
fn a_definition_says_what_the_library_says() {
    let unit = of_kind("DriftUnit");
    assert_eq!(unit.get("required"), Some(&json!(["environment", "owner", "riskTier", "schedule", "source", "type"])));
    let frequency = unit.pointer("/properties/schedule/properties/frequency/pattern");
    assert_eq!(frequency, Some(&json!("^(hourly|daily|weekly|[0-9]+[smhdwy])$")));

    let policy = of_kind("DriftReconciliationPolicy");
    let heal = policy.pointer("/properties/rules/items/properties/decide/properties/autoHeal/enum");
    assert_eq!(heal, Some(&json!(["DENY", "ALLOW_WITH_ALERT", "ALLOW"])));
    let freeze = policy.pointer("/properties/rules/items/properties/when/properties/freeze/items/enum");
    assert_eq!(freeze, Some(&json!(["ON", "OFF", "*", "UNKNOWN"])));

    let rule = of_kind("DriftEquivalenceRule");
    let value = rule.pointer("/properties/value/x-kubernetes-preserve-unknown-fields");
    assert_eq!(value, Some(&json!(true)), "{rule}");
    let heal = of_kind("DriftAutoHealPolicy");
    assert_eq!(heal.pointer("/properties/maxObjectsPerReconcile/minimum"), Some(&json!(1.0)), "{heal}");
}
