//! Laws 4 and 8 over triples with marks, claims, rules and exact patterns, in every system that has rules of its own.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::disallowed_types, reason = "the rules are compiled once for all cases")]

use std::sync::LazyLock;

use drift_diff::{Comparer, Equality, Mandate, Named, PatchKind, Rules, equal};
use drift_model::strategies::json;
use drift_model::{
    Claim, ClaimOrigin, Document, Facts, FieldPath, Mark, Observation, Observed, OwnerKind, PathPattern, PlaneState,
    Planes, RecordOf, ResourceRef, Step,
};
use proptest::prelude::*;
use proptest::{collection::vec, option, sample::select};
use serde_json::{Value, json};

fn comparer() -> &'static Comparer {
    static RULES: LazyLock<Comparer> = LazyLock::new(|| {
        let read = |value| serde_json::from_value(value).unwrap();
        let ignore = |value| serde_json::from_value(value).unwrap();
        let same = |path, same| {
            Named::new(
                same,
                serde_json::from_value(json!({"resource": {}, "path": path, "same": same, "reason": "r"})).unwrap(),
            )
        };
        let rules = Rules {
            ownership: vec![Named::new(
                "owned",
                read(json!({"resource": {}, "gitOwned": ["/b"], "runtimeOwned": ["/a/c"], "exact": ["/c"],
                    "controllerOwned": [{"path": "/a/b", "owner": "scaler", "condition": "scaled"}]})),
            )],
            equivalences: vec![same("/c", "SET"), same("/b", "EMPTY_ABSENT"), same("/a", "JSON_TEXT")],
            ignores: vec![
                Named::new("always", ignore(json!({"resource": {}, "paths": ["/b/c"], "owner": "us", "reason": "r"}))),
                Named::new(
                    "ended",
                    ignore(
                        json!({"resource": {}, "paths": ["/b/a"], "owner": "us", "reason": "r", "expires": "2020-01-01"}),
                    ),
                ),
            ],
            ..Rules::default()
        };
        Comparer::compile(&rules).unwrap()
    });
    &RULES
}

fn pattern() -> impl Strategy<Value = PathPattern> {
    select(vec!["", "/a", "/b", "/*/a", "/a/b", "/c/*", "/b/*/c"]).prop_map(|text| text.parse().unwrap())
}

/// Three objects that have most values in common.
fn documents() -> impl Strategy<Value = [Value; 3]> {
    let member = || (json(), json(), vec(0..4_usize, 3));
    [member(), member(), member()].prop_map(|members| {
        let mut documents = [json!({}), json!({}), json!({})];
        for (name, (first, second, picks)) in ["a", "b", "c"].into_iter().zip(members) {
            for (document, pick) in documents.iter_mut().zip(picks) {
                match pick {
                    0 | 1 => document[name] = first.clone(),
                    2 => document[name] = second.clone(),
                    _ => {}
                }
            }
        }
        documents
    })
}

fn observed(documents: [Value; 3]) -> impl Strategy<Value = Observation> {
    let resource = select(vec![
        ResourceRef::default(),
        ResourceRef::kubernetes("", "v1", "ConfigMap", "prod", "app"),
        ResourceRef::opentofu("aws_security_group", "aws_security_group.web"),
        ResourceRef::aws("AWS::EC2::SecurityGroup", "web"),
    ]);
    let owner = select(vec![
        OwnerKind::Controller,
        OwnerKind::Human,
        OwnerKind::Git,
        OwnerKind::Policy,
        OwnerKind::Runtime,
        OwnerKind::Unclaimed,
    ]);
    let claims = vec((pattern(), owner, any::<bool>()), 0..3);
    let record = option::of(select(RecordOf::ALL));
    (resource, claims, record, vec(pattern(), 0..2)).prop_map(move |(resource, claims, record, exact)| {
        let [desired, recorded, actual] = documents.clone().map(PlaneState::present);
        let mut planes = Planes::new(desired, actual).with_exact(exact);
        if let Some(of) = record {
            planes = planes.with_recorded(recorded, of);
        }
        let mut observation = Observation::new("obs", resource, planes);
        observation.claims = claims
            .into_iter()
            .map(|(path, owner, conditional)| {
                let claim = Claim::new(path, owner, ClaimOrigin::ManagedFields).by("somebody");
                if conditional { claim.when("scaled") } else { claim }
            })
            .collect();
        observation
    })
}

/// The places of objects at which two planes differ, `null` and absence aside.
fn differing(a: Option<&Value>, b: Option<&Value>, here: &FieldPath, declared: bool, found: &mut Vec<FieldPath>) {
    match (a, b) {
        (Some(Value::Object(x)), Some(Value::Object(y))) => {
            let rest = y.keys().filter(|name| !declared && !x.contains_key(*name));
            for name in x.keys().chain(rest) {
                differing(x.get(name), y.get(name), &here.join(Step::field(name.as_str())), declared, found);
            }
        }
        (Some(Value::Null) | None, Some(Value::Null) | None) => {}
        (Some(x), Some(y)) if equal(x, y) != Equality::Different => {}
        // What a list of items has more than Git declares is nobody's to list where the record knows of it.
        (Some(Value::Array(x)), Some(Value::Array(y)))
            if declared && x.iter().all(Value::is_object) && y.iter().all(Value::is_object) => {}
        // An object that declares nothing asks for nothing.
        (Some(Value::Object(x)), None) if declared && !x.is_empty() => {
            for (name, member) in x {
                differing(Some(member), None, &here.join(Step::field(name.as_str())), declared, found);
            }
        }
        // In a manifest of Kubernetes `null` is silence.
        (Some(Value::Null), _) if declared => {}
        _ => found.push(here.clone()),
    }
}

/// All texts of a value, made secret.
fn secret(value: &Value) -> Value {
    match value {
        Value::String(text) => format!("CANARY-{text}-0123456789").into(),
        Value::Array(items) => items.iter().map(secret).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(name, value)| (name.clone(), secret(value))).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Every place at which the planes differ is in the delta, but for those that `hidden` says nobody can see.
fn nothing_vanishes(observation: &Observation, hidden: impl Fn(&FieldPath) -> bool) -> Result<(), TestCaseError> {
    let delta = comparer().compare(observation, &Facts::default());
    let value = |plane: &PlaneState| plane.observed.present().map(Document::value).cloned();
    let planes = &observation.planes;
    let [d, r, a] = [&planes.desired, &planes.recorded, &planes.actual].map(value);
    let mut found = Vec::new();
    differing(d.as_ref(), a.as_ref(), &FieldPath::root(), true, &mut found);
    // What Git is silent of is compared with the record, where one is kept; else it is an addition.
    differing(r.as_ref().or(d.as_ref()), a.as_ref(), &FieldPath::root(), false, &mut found);
    for place in found.into_iter().filter(|place| !hidden(place)) {
        let related =
            |path: &FieldPath| path.steps().starts_with(place.steps()) || place.steps().starts_with(path.steps());
        let listed = delta.changes.iter().any(|change| related(&change.path));
        prop_assert!(listed, "{} of {:?} {:?} {:?}", place, d, r, a);
    }
    prop_assert!(delta.changes.iter().all(|change| change.rule.as_deref() != Some("ended")));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn law_4_nothing_vanishes_behind_a_mask(observation in documents().prop_flat_map(observed)) {
        nothing_vanishes(&observation, |_| false)?;
    }

    #[test]
    fn law_4_nothing_vanishes_beside_what_nobody_can_see(
        observation in documents().prop_flat_map(observed),
        marks in vec((0..3_usize, select(vec![Mark::Unknown, Mark::Unobservable, Mark::Opaque, Mark::Sensitive]), pattern()), 1..3),
    ) {
        let mut observation = observation;
        let mut hidden = Vec::new();
        for (plane, mark, pattern) in marks {
            let planes = &mut observation.planes;
            let state = [&mut planes.desired, &mut planes.recorded, &mut planes.actual].into_iter().nth(plane).unwrap();
            if let Observed::Present(document) = &mut state.observed {
                document.mark(mark, pattern.clone());
                hidden.extend(matches!(mark, Mark::Unknown | Mark::Unobservable).then_some(pattern));
            }
        }
        nothing_vanishes(&observation, |place| hidden.iter().any(|pattern| pattern.intersects(&place.into())))?;
    }

    #[test]
    fn law_8_a_secret_of_any_plane_never_leaves(documents in documents(), plane in 0..3_usize, observation in documents().prop_flat_map(observed)) {
        let states = documents.each_ref().map(|document| Document::new(secret(document)));
        let mut states = states;
        states[plane].mark(Mark::Sensitive, PathPattern::everything());
        let [desired, recorded, actual] = states.map(|document| PlaneState::new(Observed::Present(document)));
        let mut planes = Planes::new(desired, actual).with_recorded(recorded, RecordOf::Observation);
        planes.redact();
        let mut observation = observation;
        observation.planes = planes;
        let delta = comparer().compare(&observation, &Facts::default());
        let changes: Vec<_> = delta.changes.iter().map(drift_diff::FieldChange::to_change).collect();
        let mut text = format!("{delta:?} {}", serde_json::to_string(&changes).unwrap());
        for kind in [PatchKind::Revert, PatchKind::Accept, PatchKind::Refresh] {
            let patch = delta.patch(kind, &Mandate::everything(), |_| true);
            text = [text, format!("{patch:?} {}", patch.shown())].concat();
        }
        text += &serde_json::to_string(&observation).unwrap();
        prop_assert!(!text.contains("CANARY"), "{text}");
    }
}
