//! Schemas that are handed over: what a comparison says with them that it does not say without.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use drift_diff::{Comparer, Leaf, ListKind, Rules, Schema};
use drift_model::{Facts, Observation, PlaneState, Planes, ResourceRef, Verdict};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A definition as generators write it: a quantity is a pattern, and most lists say nothing of themselves.
fn queues() -> Value {
    let quantity = r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$";
    let spec = json!({"type": "object", "properties": {
        "consumers": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["team", "zone"], "items": {
            "type": "object", "properties": {
                "team": {"type": "string"}, "zone": {"type": "string", "default": "any"}, "weight": {"type": "integer"}}}},
        "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "steps": {"type": "array", "x-kubernetes-list-type": "atomic", "items": {"type": "string"}},
        "hooks": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
        "selector": {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {"app": {"type": "string"}}},
        "limits": {"type": "object", "additionalProperties": {
            "anyOf": [{"type": "integer"}, {"type": "string"}], "pattern": quantity, "x-kubernetes-int-or-string": true}},
        "port": {"x-kubernetes-int-or-string": true},
        "since": {"type": "string", "format": "date-time"},
        "retry": {"type": "object", "default": {"kind": "Linear"}, "properties": {
            "kind": {"type": "string"}, "times": {"type": "integer", "default": 3}}},
        "anything": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
    }});
    let version = |name: &str| json!({"name": name, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "metadata": {"type": "object"}}}}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "queues.shop.example"},
        "spec": {"group": "shop.example", "names": {"kind": "Queue", "plural": "queues"}, "scope": "Namespaced",
            "versions": [version("v1beta1"), version("v1")]}
    })
}

fn with_queues() -> Schema {
    let mut schema = Schema::kubernetes();
    schema.add_custom_resource(&queues()).unwrap();
    schema
}

/// The changes between two specs of a queue, one line each, and the verdict.
fn compare(schema: Schema, desired: &Value, actual: &Value) -> (Verdict, Vec<String>) {
    let resource = ResourceRef::kubernetes("shop.example", "v1", "Queue", "prod", "orders");
    compare_as(schema, resource, &json!({ "spec": desired }), &json!({ "spec": actual }))
}

fn compare_as(schema: Schema, resource: ResourceRef, desired: &Value, actual: &Value) -> (Verdict, Vec<String>) {
    let planes = Planes::new(PlaneState::present(desired.clone()), PlaneState::present(actual.clone()));
    let observation = Observation::new("o", resource, planes);
    let comparer = Comparer::compile(&Rules { schema, ..Rules::default() }).unwrap();
    let delta = comparer.compare(&observation, &Facts::default());
    let line = |change: &drift_diff::FieldChange<'_>| {
        let rule = change.rule.as_deref().map_or(String::new(), |rule| format!(" {rule}"));
        format!("{} {} {}{rule}", change.path, change.kind, change.disposition)
    };
    (delta.verdict, delta.changes.iter().map(line).collect())
}

#[test]
fn a_definition_says_how_the_lists_of_its_kind_relate() {
    let (desired, actual) = (
        json!({"consumers": [{"team": "a", "weight": 1}, {"team": "b", "zone": "eu"}], "tags": ["x", "y"]}),
        json!({"consumers": [{"team": "b", "zone": "eu"}, {"team": "a", "zone": "any", "weight": 2}], "tags": ["y", "x"]}),
    );
    let (verdict, lines) = compare(with_queues(), &desired, &actual);
    assert_eq!(verdict, Verdict::Drifted);
    assert_eq!(
        lines,
        [
            "/spec/consumers REORDERED EQUIVALENT core/list-order/1",
            "/spec/consumers/[team=a,zone=any]/weight CHANGED DRIFT",
            "/spec/consumers/[team=a,zone=any]/zone ADDED EQUIVALENT kubernetes/default/1",
            "/spec/tags REORDERED EQUIVALENT core/list-order/1",
        ]
    );
    // Without it, items are known by their place.
    let (verdict, lines) = compare(Schema::kubernetes(), &desired, &actual);
    assert_eq!(verdict, Verdict::Drifted);
    assert!(lines.contains(&"/spec/tags REORDERED DRIFT".to_owned()), "{lines:#?}");
}

#[test]
fn a_definition_says_what_is_one_value_and_what_means_the_same() {
    let (desired, actual) = (
        json!({"steps": ["a", "b"], "selector": {"app": "x"}, "limits": {"cpu": "1000m"}, "port": 80,
            "since": "2026-07-03T00:00:00Z"}),
        json!({"steps": ["b", "a"], "selector": {"app": "x", "tier": "y"}, "limits": {"cpu": "1"}, "port": "80",
            "since": "2026-07-03T02:00:00+02:00", "retry": {"kind": "Linear", "times": 3}}),
    );
    assert_eq!(
        compare(with_queues(), &desired, &actual).1,
        [
            "/spec/limits/cpu CHANGED EQUIVALENT kubernetes/quantity/1",
            "/spec/port CHANGED EQUIVALENT kubernetes/int-or-string/1",
            "/spec/retry/kind ADDED EQUIVALENT kubernetes/default/1",
            "/spec/retry/times ADDED EQUIVALENT kubernetes/default/1",
            "/spec/selector CHANGED DRIFT",
            "/spec/since CHANGED EQUIVALENT kubernetes/time/1",
            "/spec/steps REORDERED DRIFT",
        ]
    );
    // Another number of retries is nobody's default.
    let other = json!({"retry": {"kind": "Never", "times": 4}});
    assert_eq!(
        compare(with_queues(), &json!({}), &other).1,
        ["/spec/retry/kind ADDED UNDECLARED", "/spec/retry/times ADDED UNDECLARED"]
    );
    // And what is filled in for a whole that is left out is not filled into one that is there.
    let (mine, completed) = (json!({"retry": {}}), json!({"retry": {"kind": "Linear", "times": 3}}));
    assert_eq!(
        compare(with_queues(), &mine, &completed).1,
        ["/spec/retry/kind ADDED UNDECLARED", "/spec/retry/times ADDED EQUIVALENT kubernetes/default/1"]
    );
}

#[test]
fn a_list_of_which_a_definition_says_nothing_is_compared_as_without_one() {
    let (desired, actual) = (json!({"hooks": [{"name": "a"}]}), json!({"hooks": [{"name": "b"}, {"name": "a"}]}));
    let (with, without) = (compare(with_queues(), &desired, &actual), compare(Schema::kubernetes(), &desired, &actual));
    assert_eq!(with, without);
    assert_eq!(with.1, ["/spec/hooks/[name=b] ADDED UNDECLARED"]);
}

#[test]
fn metadata_is_that_of_every_object_and_other_kinds_are_left_alone() {
    let schema = with_queues();
    let queue = schema.kind("shop.example", "v1", "Queue").unwrap();
    assert_eq!(queue.field("metadata").field("finalizers").list(), ListKind::Set);
    assert_eq!(queue.field("spec").field("anything").field("x").leaf(), Leaf::Unknown);
    assert_eq!(queue.field("spec").field("not-listed").leaf(), Leaf::Unknown);
    assert!(schema.kind("other.example", "v1", "Queue").is_none());
    // A released version answers for one that is not known.
    assert_eq!(schema.kind("shop.example", "v9", "Queue").unwrap().type_name(), Some("shop.example.v1.Queue"));
    assert!(schema.kind("apps", "v1", "Deployment").is_some());
    assert_eq!(schema.added().len(), 1);
}

#[test]
fn a_definition_that_comes_again_replaces_the_first() {
    let mut schema = with_queues();
    let mut changed = queues();
    changed["spec"]["versions"][1]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["tags"] =
        json!({"type": "string"});
    schema.add_custom_resource(&changed).unwrap();
    let tags = |version| schema.kind("shop.example", version, "Queue").unwrap().field("spec").field("tags");
    assert_eq!((tags("v1").list(), tags("v1beta1").list()), (ListKind::Unknown, ListKind::Set));
}

#[test]
fn the_schema_of_a_provider_tells_lists_from_sets() {
    let mut schema = Schema::kubernetes();
    let attributes = json!({
        "zones": {"type": ["list", "string"]}, "groups": {"type": ["set", "string"]}, "tags": {"type": ["map", "string"]},
        "rules": {"type": ["set", ["object", {"port": "number"}]]}, "any": {"type": "dynamic"},
        "disks": {"nested_type": {"nesting_mode": "list", "attributes": {"size": {"type": "number"}}}}});
    let block = json!({"attributes": attributes, "block_types": {"step": {"nesting_mode": "list", "block": {"attributes": {"run": {"type": "string"}}}}}});
    let schemas = json!({"format_version": "1.0", "provider_schemas": {"registry.example/shop/shop": {"resource_schemas": {"shop_site": {"block": block}}}}});
    schema.add_provider_schemas(&schemas).unwrap();
    let resource = || ResourceRef::opentofu("shop_site", "shop_site.a");
    let desired = json!({"zones": ["a", "b"], "groups": ["x", "y"], "rules": [{"port": 1}, {"port": 2}], "step": [{"run": "a"}, {"run": "b"}]});
    let actual = json!({"zones": ["b", "a"], "groups": ["y", "x"], "rules": [{"port": 2}, {"port": 1}], "step": [{"run": "b"}, {"run": "a"}]});
    let (verdict, lines) = compare_as(schema, resource(), &desired, &actual);
    assert_eq!(verdict, Verdict::Drifted);
    assert_eq!(
        lines,
        [
            "/groups REORDERED EQUIVALENT core/list-order/1",
            "/rules REORDERED EQUIVALENT core/list-order/1",
            "/step REORDERED DRIFT",
            "/zones REORDERED DRIFT",
        ]
    );
    // Without it, nobody knows whether the order of any of them means something.
    let (verdict, lines) = compare_as(Schema::kubernetes(), resource(), &desired, &actual);
    assert_eq!(verdict, Verdict::InSync);
    assert!(lines.iter().all(|line| line.ends_with("REORDERED EQUIVALENT core/list-or-set/1")), "{lines:#?}");
}

#[test]
fn what_is_no_schema_is_refused_with_its_place() {
    let mut schema = Schema::kubernetes();
    for (definition, said) in [
        (
            json!({"kind": "Deployment"}),
            r#"CustomResourceDefinition at "": this is no CustomResourceDefinition of apiextensions.k8s.io/v1"#,
        ),
        (
            json!({"kind": "CustomResourceDefinition", "apiVersion": "apiextensions.k8s.io/v1", "spec": {"group": 1}}),
            r#"CustomResourceDefinition at "/spec/group": a text is expected here"#,
        ),
        (
            json!({"kind": "CustomResourceDefinition", "apiVersion": "apiextensions.k8s.io/v1",
                "spec": {"group": "g", "names": {"kind": "K"}}}),
            r#"CustomResourceDefinition at "/spec/versions": a list is expected here"#,
        ),
    ] {
        let error = schema.add_custom_resource(&definition).unwrap_err();
        assert!(error.to_string().starts_with(said), "{error}");
    }
    for (schemas, code) in [(json!({"values": {}}), "not-a-schema"), (json!({"provider_schemas": []}), "wrong-shape")] {
        assert_eq!(schema.add_provider_schemas(&schemas).unwrap_err().code, code);
    }
    assert!(schema.add_provider_schemas(&json!({"format_version": "1.0"})).is_ok());
}

/// Any JSON, with the words of both kinds of schemas among its names.
fn schema_like() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "type",
        "properties",
        "items",
        "additionalProperties",
        "x-kubernetes-list-type",
        "x-kubernetes-list-map-keys",
        "default",
        "x-kubernetes-int-or-string",
        "x-kubernetes-map-type",
        "block",
        "attributes",
        "block_types",
        "nested_type",
        "nesting_mode",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop::sample::select(vec!["object", "array", "string", "map", "set", "list", "atomic", "a"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..5).prop_map(|members| Value::Object(
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn law_2_total_any_schema_is_read_and_any_document_compared_with_it(schema in schema_like(), document in schema_like(), other in schema_like()) {
        let mut known = Schema::empty();
        let definition = json!({"kind": "CustomResourceDefinition", "apiVersion": "apiextensions.k8s.io/v1", "spec": {"group": "shop.example",
            "names": {"kind": "Queue"}, "versions": [{"name": "v1", "schema": {"openAPIV3Schema": schema.clone()}}]}});
        known.add_custom_resource(&definition).unwrap();
        known.add_provider_schemas(&json!({"provider_schemas": {"p": {"resource_schemas": {"t": {"block": schema}}}}})).unwrap();
        let kind = ResourceRef::kubernetes("shop.example", "v1", "Queue", "prod", "orders");
        let of_type = ResourceRef::opentofu("t", "t.n");
        for resource in [kind, of_type] {
            let (verdict, lines) = compare_as(known.clone(), resource.clone(), &document, &document);
            prop_assert!(verdict == Verdict::InSync && lines.is_empty(), "{:?}", lines);
            compare_as(known.clone(), resource, &document, &other);
        }
    }
}
