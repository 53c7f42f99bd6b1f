//! Documents of a size that nobody writes by hand: one answer each, whatever it costs others.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use drift_diff::{Comparer, EquivalenceRule, Named, Rules, Same};
use drift_model::{
    ChangeKind, Claim, ClaimOrigin, Disposition, Facts, Observation, OwnerKind, PlaneState, Planes, RecordOf,
    ResourceRef, Step, Verdict,
};
use serde_json::{Value, json};

const MANY: usize = 50_000;

fn comparer() -> Comparer {
    Comparer::compile(&Rules::default()).unwrap()
}

fn deployment(desired: Value, actual: Value) -> Observation {
    let planes = Planes::new(PlaneState::present(desired), PlaneState::present(actual));
    Observation::new("o", ResourceRef::kubernetes("apps", "v1", "Deployment", "prod", "web"), planes)
}

fn generic(resource: ResourceRef, desired: Value, actual: Value) -> Observation {
    Observation::new("o", resource, Planes::new(PlaneState::present(desired), PlaneState::present(actual)))
}

fn told(observation: &Observation) -> (Verdict, Vec<String>) {
    let comparer = comparer();
    let delta = comparer.compare(observation, &Facts::default());
    let line = |change: &drift_diff::FieldChange<'_>| format!("{} {} {}", change.path, change.kind, change.disposition);
    (delta.verdict, delta.changes.iter().map(line).collect())
}

/// The same items in an order that has nothing to do with the first.
fn shuffled(items: &[Value]) -> Vec<Value> {
    // 7919 is a prime that does not divide the count, so this meets every place once.
    (0..items.len()).map(|at| items[at * 7919 % items.len()].clone()).collect()
}

fn in_a_pod(containers: &[Value]) -> Value {
    json!({"spec": {"template": {"spec": {"containers": containers}}}})
}

fn containers() -> Vec<Value> {
    (0..MANY).map(|at| json!({"name": format!("c{at}"), "image": "app:1"})).collect()
}

#[test]
fn one_item_in_front_of_a_long_keyed_list_is_one_change() {
    let mut more = containers();
    more.insert(0, json!({"name": "new", "image": "app:1"}));
    let (verdict, lines) = told(&deployment(in_a_pod(&containers()), in_a_pod(&more)));
    assert_eq!(lines, ["/spec/template/spec/containers/[name=new] ADDED UNDECLARED"]);
    assert_eq!(verdict, Verdict::Drifted);
}

#[test]
fn a_long_keyed_list_in_another_order_is_one_change() {
    let (verdict, lines) = told(&deployment(in_a_pod(&containers()), in_a_pod(&shuffled(&containers()))));
    assert_eq!(lines, ["/spec/template/spec/containers REORDERED EQUIVALENT"]);
    assert_eq!(verdict, Verdict::InSync);
}

#[test]
fn a_long_set_in_another_order_is_one_change() {
    let finalizers: Vec<Value> = (0..MANY).map(|at| format!("example.com/{at}").into()).collect();
    let with = |finalizers: &[Value]| json!({"metadata": {"finalizers": finalizers}});
    let (verdict, lines) = told(&deployment(with(&finalizers), with(&shuffled(&finalizers))));
    assert_eq!((verdict, lines), (Verdict::InSync, vec!["/metadata/finalizers REORDERED EQUIVALENT".to_owned()]));
}

#[test]
fn a_long_list_without_keys_is_answered_in_every_system() {
    let resources = [
        ResourceRef::aws("AWS::EC2::SecurityGroup", "web"),
        ResourceRef::opentofu("aws_security_group", "aws_security_group.web"),
        ResourceRef::kubernetes("example.com", "v1", "Widget", "prod", "w"),
    ];
    let rule = |at: usize| json!({"port": at, "cidr": format!("10.0.0.{}/32", at % 256), "note": "x"});
    let rules: Vec<Value> = (0..MANY).map(rule).collect();
    let mut changed = shuffled(&rules);
    changed[MANY / 2] = json!({"port": 22, "cidr": "0.0.0.0/0", "note": "x"});
    changed.pop();
    for resource in resources {
        let (in_order, lines) =
            told(&generic(resource.clone(), json!({"rules": rules}), json!({"rules": shuffled(&rules)})));
        assert_eq!(lines.len(), 1, "{resource}");
        assert_eq!(in_order == Verdict::InSync, !resource.system.is_kubernetes(), "{resource}");
        let (verdict, lines) = told(&generic(resource.clone(), json!({"rules": rules}), json!({"rules": changed})));
        assert!(verdict == Verdict::Drifted && !lines.is_empty(), "{resource}");
    }
}

#[test]
fn keys_that_are_repeated_or_missing_fall_back_to_position() {
    let same: Vec<Value> = (0..MANY).map(|at| json!({"name": "same", "image": format!("app:{at}")})).collect();
    let mut moved = same.clone();
    moved[7]["image"] = json!("app:debug");
    let comparer = comparer();
    let observation = deployment(in_a_pod(&same), in_a_pod(&moved));
    let delta = comparer.compare(&observation, &Facts::default());
    assert_eq!(delta.changes.len(), 1);
    assert_eq!(delta.changes[0].path.to_string(), "/spec/template/spec/containers/7/image");
    assert!(delta.changes[0].note.is_some());
}

#[test]
fn many_changes_with_many_claims_cost_no_more_than_their_sum() {
    let labels = |value: &str| -> Value {
        (0..MANY).map(|at| (format!("l{at}"), Value::from(value))).collect::<serde_json::Map<_, _>>().into()
    };
    let mut observation =
        deployment(json!({"metadata": {"labels": labels("a")}}), json!({"metadata": {"labels": labels("b")}}));
    observation.claims = (0..MANY)
        .map(|at| {
            let path = ["metadata", "labels", &format!("l{at}")]
                .into_iter()
                .map(Step::field)
                .collect::<drift_model::FieldPath>();
            Claim::new((&path).into(), OwnerKind::Controller, ClaimOrigin::ManagedFields).by("labeller")
        })
        .collect();
    let comparer = comparer();
    let delta = comparer.compare(&observation, &Facts::default());
    assert_eq!(delta.changes.len(), MANY);
    assert!(delta.changes.iter().all(|change| change.disposition == Disposition::OwnedBy));
}

#[test]
fn texts_of_a_megabyte_are_compared_in_every_sense() {
    let long = "x".repeat(1 << 20);
    let digits = "9".repeat(1 << 20);
    let nested = format!("{}{}", "[".repeat(1 << 19), "]".repeat(1 << 19));
    let texts = [
        long.clone(),
        format!("{long}y"),
        digits.clone(),
        format!("{digits}.0"),
        format!("{digits}m"),
        nested,
        format!("\"{long}\""),
        "1h".repeat(1 << 19),
        "10.".repeat(1 << 18),
        ":".repeat(1 << 20),
        "a/".repeat(1 << 19),
        "A".repeat(1 << 20),
        "\n".repeat(1 << 20),
        format!("{{\"Statement\": [{}1]}}", "1,".repeat(1 << 19)),
    ];
    for same in Same::ALL {
        let spec = json!({"resource": {}, "path": "/**", "same": same, "reason": "asked", "keys": ["k"], "value": "x", "coversSecurityPaths": true});
        let spec: EquivalenceRule = serde_json::from_value(spec).unwrap();
        let comparer =
            Comparer::compile(&Rules { equivalences: vec![Named::new("asked", spec)], ..Rules::default() }).unwrap();
        for pair in texts.windows(2) {
            let observation = generic(
                ResourceRef::kubernetes("", "v1", "ConfigMap", "n", "c"),
                json!({"data": {"k": pair[0]}}),
                json!({"data": {"k": pair[1]}}),
            );
            let delta = comparer.compare(&observation, &Facts::default());
            assert_eq!(delta.changes.len(), 1, "{same}");
            assert_eq!(delta.changes[0].kind, ChangeKind::Changed);
        }
    }
}

/// A document is compared on whatever stack its caller has: here that of a small thread, in a build that optimizes nothing.
#[test]
fn what_is_nested_as_deep_as_it_may_be_is_compared_on_a_stack_of_one_mebibyte() {
    let objects = |levels: usize, leaf: i32| (0..levels).fold(json!(leaf), |inner, _| json!({"a": inner}));
    let lists = |levels: usize, leaf: i32| (0..levels).fold(json!(leaf), |inner, _| Value::Array(vec![inner]));
    let both = |levels: usize, leaf: i32| (0..levels / 2).fold(json!(leaf), |inner, _| json!({"a": [inner]}));
    let keyed =
        |levels: usize, leaf: i32| (0..levels / 2).fold(json!(leaf), |inner, _| json!([{"name": "x", "in": inner}]));
    let shapes: [&dyn Fn(usize, i32) -> Value; 4] = [&objects, &lists, &both, &keyed];
    for (levels, expected) in [(510, Verdict::Drifted), (600, Verdict::Unknown)] {
        for shape in shapes {
            let of = |leaf: i32| PlaneState::present(json!({"top": shape(levels, leaf)}));
            for resource in [ResourceRef::default(), ResourceRef::aws("AWS::X::Y", "x")] {
                let planes = Planes::new(of(1), of(2)).with_recorded(of(3), RecordOf::Observation);
                let observation = Observation::new("obs", resource, planes);
                let compare = || told(&observation).0;
                let verdict = std::thread::scope(|scope| {
                    let small = std::thread::Builder::new().stack_size(1 << 20);
                    small.spawn_scoped(scope, compare).unwrap().join().unwrap()
                });
                assert_eq!(verdict, expected, "{levels}");
            }
        }
    }
}
