//! The laws of DESIGN.md section 3 that a comparison answers for, as properties over generated triples.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![allow(clippy::disallowed_types, reason = "the rules are compiled once for all cases")]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use drift_diff::{Comparer, Delta, EquivalenceRule, IgnoreRule, Named, Rules};
use drift_model::strategies::{json, tree};
use drift_model::{
    Claim, ClaimOrigin, Disposition, Document, Facts, FieldPath, Mark, Observation, Observed, OwnerKind, PlaneState,
    Planes, RecordOf, Relation, ResourceRef, Step, UnknownReason, Verdict,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn comparer() -> &'static Comparer {
    static BUILT_IN: LazyLock<Comparer> = LazyLock::new(|| Comparer::compile(&Rules::default()).unwrap());
    &BUILT_IN
}

fn observation(planes: Planes) -> Observation {
    Observation::new("obs", ResourceRef::default(), planes)
}

fn three(d: &Value, r: &Value, a: &Value) -> Observation {
    let planes = Planes::new(PlaneState::present(d.clone()), PlaneState::present(a.clone()));
    observation(planes.with_recorded(PlaneState::present(r.clone()), RecordOf::Observation))
}

/// Everything that a delta says, as text.
fn told(delta: &Delta<'_>) -> String {
    let changes: Vec<_> = delta.changes.iter().map(drift_diff::FieldChange::to_change).collect();
    format!("{} {:?} {}", delta.verdict, delta.reason, serde_json::to_string(&changes).unwrap())
}

fn leaves(value: &Value, path: &FieldPath, found: &mut BTreeSet<FieldPath>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (name, member) in map {
                leaves(member, &path.join(Step::field(name.as_str())), found);
            }
        }
        _ => {
            found.insert(path.clone());
        }
    }
}

fn at<'v>(value: &'v Value, path: &FieldPath) -> Option<&'v Value> {
    path.resolve(value).and_then(|pointer| value.pointer(pointer.as_str()))
}

/// The relation of a leaf, from the table in the docs. `None` where nothing is to be listed.
fn oracle(d: Option<&Value>, r: Option<&Value>, a: Option<&Value>) -> Option<Relation> {
    match d {
        Some(_) => match (d == r, r == a, d == a) {
            (true, true, _) => None,
            (true, false, _) => Some(Relation::RuntimeChanged),
            (false, true, _) => Some(Relation::NotApplied),
            (false, false, true) => Some(Relation::StaleRecord),
            (false, false, false) => Some(Relation::Conflict),
        },
        None if r == a => None,
        None if r.is_none() => Some(Relation::UndeclaredAddition),
        None => Some(Relation::UndeclaredChange),
    }
}

fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.reverse();
            Value::Object(members.into_iter().map(|(k, v)| (k.clone(), reversed(v))).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(reversed).collect(),
        other => other.clone(),
    }
}

/// What a declared value asks to be there: without its `null` members, and nothing where only those were declared.
/// A rule whose place, resource and name it may share with others.
#[derive(Clone, Debug)]
struct RuleOnAPlace {
    name: &'static str,
    path: &'static str,
    resource: Value,
    /// The sense of an equivalence rule; an ignore rule has none.
    same: Option<&'static str>,
}

impl RuleOnAPlace {
    fn equivalence(&self) -> Option<Named<EquivalenceRule>> {
        let spec =
            json!({"resource": self.resource, "path": self.path, "same": self.same?, "keys": ["name"], "reason": "r"});
        Some(Named::new(self.name, serde_json::from_value(spec).unwrap()))
    }

    fn ignore(&self) -> Option<Named<IgnoreRule>> {
        let spec = json!({"resource": self.resource, "paths": [self.path], "owner": "o", "reason": self.name});
        self.same.is_none().then(|| Named::new(self.name, serde_json::from_value(spec).unwrap()))
    }
}

/// Some rules, and the same ones in another order.
fn rules_on_few_places() -> impl Strategy<Value = (Vec<RuleOnAPlace>, Vec<RuleOnAPlace>)> {
    let words = |words: &'static [&'static str]| prop::sample::select(words);
    let resource =
        prop::sample::select(vec![json!({}), json!({"namespaces": ["*"]}), json!({"kind": "*", "names": ["*"]})]);
    let same = prop::option::of(words(&["SET", "KEYED", "EMPTY_ABSENT", "CASE", "BOOL_OR_STRING", "GENERATED"]));
    let rule = (words(&["a", "b", "c"]), words(&["/a", "/*", "/a/*", "/**", ""]), resource, same)
        .prop_map(|(name, path, resource, same)| RuleOnAPlace { name, path, resource, same });
    prop::collection::vec(rule, 0..7).prop_flat_map(|rules| (Just(rules.clone()), Just(rules).prop_shuffle()))
}

/// The first of two rules that could excuse a difference is the more particular one, then the one that is named first.
#[test]
fn law_9_same_in_same_out_the_more_particular_rule_is_named_and_among_equals_the_first_by_name() {
    let named_by = |rules: &[(&'static str, &'static str, Value)], same: Option<&'static str>| {
        let rules: Vec<RuleOnAPlace> = rules
            .iter()
            .map(|(name, path, resource)| RuleOnAPlace { name, path, resource: resource.clone(), same })
            .collect();
        let rules = Rules {
            equivalences: rules.iter().filter_map(RuleOnAPlace::equivalence).collect(),
            ignores: rules.iter().filter_map(RuleOnAPlace::ignore).collect(),
            ..Rules::default()
        };
        let comparer = Comparer::compile(&rules).unwrap();
        let observation = three(&json!({"a": {"b": "X"}}), &json!({"a": {"b": "X"}}), &json!({"a": {"b": "x"}}));
        let delta = comparer.compare(&observation, &Facts::default());
        delta.changes[0].to_change().rule.unwrap()
    };
    let anything = || json!({});
    for same in [None, Some("CASE")] {
        for (rules, expected) in [
            ([("z", "/a/b", anything()), ("a", "/a", anything())], "z"),
            ([("z", "/a/b", anything()), ("a", "/a/*", anything())], "z"),
            ([("z", "/a/b", json!({"names": ["*"]})), ("a", "/a/b", anything())], "z"),
            ([("z", "/a/b", anything()), ("a", "/a/b", anything())], "a"),
        ] {
            let [first, second] = rules.clone();
            assert_eq!(named_by(&rules, same), expected, "{rules:?}");
            assert_eq!(named_by(&[second, first], same), expected, "{rules:?}");
        }
    }
}

fn present(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(members) => {
            let kept: serde_json::Map<_, _> =
                members.iter().filter_map(|(name, value)| Some((name.clone(), present(value)?))).collect();
            (members.is_empty() || !kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Some(value.clone()),
    }
}

#[test]
fn law_3_no_result_is_not_no_drift_a_place_that_is_compared_as_one_is_unknown_with_a_part_of_it() {
    let value = json!({"users": {"ana": null, "ben": "admin"}});
    for (mark, reason) in
        [(Mark::Unknown, UnknownReason::NotYetKnown), (Mark::Unobservable, UnknownReason::NotObserved)]
    {
        for doubted in [0, 1] {
            let mut sides = [Document::new(value.clone()), Document::new(value.clone())];
            for (side, document) in sides.iter_mut().enumerate() {
                document.mark(Mark::Opaque, "/users".parse().unwrap());
                if side == doubted {
                    document.mark(mark, "/users/ana".parse().unwrap());
                }
            }
            let [desired, actual] = sides.map(PlaneState::present);
            let observation = observation(Planes::new(desired, actual));
            let delta = comparer().compare(&observation, &Facts::default());
            assert_eq!((delta.verdict, delta.reason), (Verdict::Unknown, Some(reason)), "{mark:?} {}", told(&delta));
            let places: Vec<String> = delta.changes.iter().map(|change| change.to_change().path.to_string()).collect();
            assert_eq!(places, ["/users"]);
        }
    }
}

proptest! {
    #[test]
    fn every_leaf_has_the_relation_of_the_naive_oracle(d in tree(), r in tree(), a in tree()) {
        let (comparer, observation) = (comparer(), three(&d, &r, &a));
        let delta = comparer.compare(&observation, &Facts::default());
        let mut paths = BTreeSet::new();
        for plane in [&d, &r, &a] {
            leaves(plane, &FieldPath::root(), &mut paths);
        }
        for path in paths {
            let [vd, vr, va] = [&d, &r, &a].map(|plane| at(plane, &path));
            // Where a plane holds a tree and another a scalar, the change stands at the place where they part.
            let parts_above = path.steps().iter().scan(FieldPath::root(), |above, step| {
                let here = above.clone();
                *above = above.join(step.clone());
                Some(here)
            }).any(|above| [&d, &r, &a].iter().any(|plane| at(plane, &above).is_some_and(|value| !value.is_object())));
            let mixed = [vd, vr, va].iter().flatten().any(|value| value.is_object()) || parts_above;
            if mixed {
                continue;
            }
            let listed = delta.changes.iter().find(|change| change.path == path).map(|change| change.relation);
            prop_assert_eq!(listed, oracle(vd, vr, va), "{} of {} {} {}", path, d, r, a);
        }
    }

    #[test]
    fn law_4_nothing_vanishes(d in json(), r in json(), a in json()) {
        let (comparer, observation) = (comparer(), three(&d, &r, &a));
        let delta = comparer.compare(&observation, &Facts::default());
        // Drifted exactly when a change that is drift is listed.
        prop_assert_eq!(delta.verdict == Verdict::Drifted, delta.changes.iter().any(drift_diff::FieldChange::is_drift));
        // If record and runtime differ at all, or desired and runtime at something declared, something is listed.
        if drift_diff::equal(&r, &a) == drift_diff::Equality::Different {
            prop_assert!(!delta.changes.is_empty(), "{} {} {}", d, r, a);
        }
        // What Git declares at the top and the runtime has otherwise is listed as well. (A `null` member declares absence.)
        let declared = d.as_object().into_iter().flatten().filter_map(|(name, value)| Some((name, present(value)?)));
        for (name, value) in declared {
            let other = a.get(name).is_none_or(|there| drift_diff::equal(&value, there) == drift_diff::Equality::Different);
            let below = |path: &FieldPath| path.is_root() || path.steps().first() == Some(&Step::field(name.as_str()));
            prop_assert!(!other || delta.changes.iter().any(|change| below(&change.path)), "{name} of {d} {a}");
        }
        // Sorted, and no place is listed twice for the same thing. (An item that actual lacks goes by its index in desired,
        // which may be that of another item in actual: the pointers tell them apart.)
        let paths: Vec<_> = delta.changes.iter().map(|change| (change.path.clone(), change.kind)).collect();
        prop_assert!(paths.is_sorted());
        let mut places: Vec<String> = delta.changes.iter().map(|c| format!("{} {} {:?}", c.path, c.kind, c.pointers)).collect();
        places.sort();
        prop_assert!(places.windows(2).all(|pair| pair[0] != pair[1]), "{:?}", places);
    }

    #[test]
    fn equal_planes_are_in_sync(value in json()) {
        let (comparer, observation) = (comparer(), three(&value, &value, &value));
        let delta = comparer.compare(&observation, &Facts::default());
        prop_assert_eq!(delta.verdict, Verdict::InSync);
        prop_assert!(delta.changes.is_empty());
    }

    #[test]
    fn law_9_same_in_same_out(d in json(), r in json(), a in json()) {
        let comparer = comparer();
        let observations = [three(&d, &r, &a), three(&reversed(&d), &reversed(&r), &reversed(&a))];
        let [once, twice] = observations.each_ref().map(|observation| told(&comparer.compare(observation, &Facts::default())));
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn law_9_same_in_same_out_whatever_the_order_of_rules_on_one_place(
        d in json(), r in json(), a in json(), (written, shuffled) in rules_on_few_places(),
    ) {
        let observation = three(&d, &r, &a);
        let told_by = |rules: &[RuleOnAPlace]| {
            let rules = Rules {
                equivalences: rules.iter().filter_map(RuleOnAPlace::equivalence).collect(),
                ignores: rules.iter().filter_map(RuleOnAPlace::ignore).collect(),
                ..Rules::default()
            };
            told(&Comparer::compile(&rules).unwrap().compare(&observation, &Facts::default()))
        };
        prop_assert_eq!(told_by(&written), told_by(&shuffled));
    }

    #[test]
    fn law_9_same_in_same_out_whatever_the_order_of_rules_and_claims(d in json(), a in json(), order in Just(vec![0_usize, 1, 2, 3]).prop_shuffle()) {
        let claims = ["/a", "/b", "/a/b", "/c"].map(|path| Claim::new(path.parse().unwrap(), OwnerKind::Controller, ClaimOrigin::ManagedFields).by(path));
        let rule = |path: &str| Named::new(path, serde_json::from_value(json!({"resource": {}, "runtimeOwned": [path]})).unwrap());
        let told_in = |order: &[usize]| -> String {
            let rules = Rules { ownership: order.iter().map(|i| rule(["/a", "/b", "/a/c", "/name"][*i])).collect(), ..Rules::default() };
            let mut observation = three(&d, &d, &a);
            observation.claims = order.iter().map(|i| claims[*i].clone()).collect();
            let comparer = Comparer::compile(&rules).unwrap();
            told(&comparer.compare(&observation, &Facts::default()))
        };
        prop_assert_eq!(told_in(&[0, 1, 2, 3]), told_in(&order[..]));
    }

    #[test]
    fn law_3_no_result_is_not_no_drift(d in json(), a in json()) {
        let comparer = comparer();
        let reasons = UnknownReason::ALL.iter().copied();
        for reason in reasons {
            for planes in [
                Planes::new(PlaneState::present(d.clone()), PlaneState::unknown(reason)),
                Planes::new(PlaneState::unknown(reason), PlaneState::present(a.clone())),
                Planes::new(PlaneState::present(d.clone()), PlaneState::present(a.clone()))
                    .with_recorded(PlaneState::unknown(reason), RecordOf::Observation),
            ] {
                let observation = observation(planes);
                let delta = comparer.compare(&observation, &Facts::default());
                prop_assert_eq!((delta.verdict, delta.reason), (Verdict::Unknown, Some(reason)));
                prop_assert!(delta.changes.iter().all(|change| change.disposition == Disposition::Undetermined));
            }
        }
    }

    #[test]
    fn replacing_a_value_by_unknown_never_makes_a_difference_the_same(d in tree(), a in tree(), which in any::<prop::sample::Index>()) {
        let comparer = comparer();
        let before = observation(Planes::new(PlaneState::present(d.clone()), PlaneState::present(a.clone())));
        let before = comparer.compare(&before, &Facts::default());
        let declared: Vec<_> =
            before.changes.iter().filter(|change| change.is_drift()).map(|change| change.path.clone()).collect();
        if declared.is_empty() {
            return Ok(());
        }
        let path = which.get(&declared);
        let mut document = Document::new(a.clone());
        document.mark(Mark::Unknown, path.into());
        let planes = Planes::new(PlaneState::present(d.clone()), PlaneState::new(Observed::Present(document)));
        let after = observation(planes);
        let after = comparer.compare(&after, &Facts::default());
        prop_assert!(matches!(after.verdict, Verdict::Drifted | Verdict::Unknown));
        let there = after.changes.iter().find(|change| change.path == *path).map(|change| change.disposition);
        prop_assert_eq!(there, Some(Disposition::Undetermined));
    }
}

#[test]
fn law_2_total_on_any_depth() {
    let nested = |depth: usize, leaf: Value, object: bool| {
        let wrap = |value: Value| {
            if object {
                Value::Object([("a".to_owned(), value)].into_iter().collect())
            } else {
                Value::Array(vec![value])
            }
        };
        (0..depth).fold(leaf, |value, _| wrap(value))
    };
    let comparer = comparer();
    for object in [true, false] {
        for depth in [100, 511, 512, 513, 1_000] {
            let observation = three(&nested(depth, json!(1), object), &json!({}), &nested(depth, json!(2), object));
            let delta = comparer.compare(&observation, &Facts::default());
            let expected = if depth > 512 { Verdict::Unknown } else { Verdict::Drifted };
            assert_eq!(
                delta.verdict,
                expected,
                "depth {depth}, objects {object}: {:?}",
                delta.changes.first().map(|c| c.disposition)
            );
            if depth > 512 {
                assert_eq!(delta.reason, Some(UnknownReason::TooDeep));
            }
            // Where Git says nothing, the walk goes through both others to the bottom.
            let below = |leaf: i64| json!({ "l": nested(depth.min(600), json!(leaf), object) });
            let observation = three(&json!({}), &below(1), &below(2));
            assert!(!comparer.compare(&observation, &Facts::default()).changes.is_empty());
        }
    }
}

#[test]
fn law_8_a_secret_never_leaves() {
    let mut desired = Document::new(
        json!({"data": {"pw": "CANARY-aaaa", "list": ["CANARY-bbbb", "x"]}, "items": [{"name": "CANARY-cccc"}]}),
    );
    for path in ["/data", "/items/*/name"] {
        desired.mark(Mark::Sensitive, path.parse().unwrap());
    }
    let mut planes = Planes::new(
        PlaneState::new(Observed::Present(desired)),
        PlaneState::present(
            json!({"data": {"pw": "CANARY-dddd", "list": ["x", "CANARY-bbbb"]}, "items": [{"name": "CANARY-eeee"}], "note": "uses CANARY-aaaa"}),
        ),
    );
    planes.redact();
    let observation = observation(planes);
    let comparer = comparer();
    let delta = comparer.compare(&observation, &Facts::default());
    let text = format!("{} {delta:?}", told(&delta));
    assert!(!text.contains("CANARY"), "{text}");
    assert_eq!(delta.verdict, Verdict::Drifted);
}

#[test]
fn a_wide_keyed_list_with_one_insertion_is_one_change() {
    let items = |from: i64| -> Value { (from..20_000).map(|i| json!({"name": format!("n{i}"), "v": i})).collect() };
    let observation = three(&json!({"l": items(0)}), &json!({"l": items(0)}), &json!({"l": items(-1)}));
    let comparer = comparer();
    let delta = comparer.compare(&observation, &Facts::default());
    assert_eq!(delta.changes.len(), 1);
    let plain = |from: i64| -> Value { (from..20_000).collect() };
    let observation = three(&json!({"l": plain(0)}), &json!({"l": plain(0)}), &json!({"l": plain(-1)}));
    let delta = comparer.compare(&observation, &Facts::default());
    assert_eq!(delta.changes.len(), 1);
}

/// Objects of `null`s alone, beside a `null` or beside nothing: what the record and the runtime say differs, so it is listed.
#[test]
fn law_4_nothing_vanishes_among_nulls() {
    for (d, r, a) in [
        (json!({"a": null}), json!(null), json!({})),
        (json!({"x": {"a": null}}), json!({"x": null}), json!({"x": {}})),
        (json!({"x": {"a": null}}), json!({}), json!({"x": {"a": null}})),
        (json!({"x": {"a": {"b": null}}}), json!({"x": null}), json!({"x": {"a": {"b": null}}})),
    ] {
        let observation = three(&d, &r, &a);
        let delta = comparer().compare(&observation, &Facts::default());
        assert_eq!(delta.changes.len(), 1, "{d} {r} {a}");
    }
}
