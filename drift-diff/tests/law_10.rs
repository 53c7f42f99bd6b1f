//! Law 10, closing is proven: a patch applied to the plane it names, and the planes compared again, leaves none of the changes
//! it claimed to settle, makes no new drift, and touches nothing else. As properties over generated observations.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]
#![allow(clippy::disallowed_types, reason = "the rules are compiled once for all cases")]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use drift_diff::{Comparer, Delta, FieldChange, Mandate, Named, Patch, PatchKind, Rules};
use drift_model::strategies::{json, scalar, tree};
use drift_model::{
    ChangeKind, Claim, ClaimOrigin, Disposition, Document, Facts, FieldPath, Mark, Observation, Observed, OwnerKind,
    PathPattern, Plane, PlaneState, Planes, RecordOf, Relation, ResourceRef, Step,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

/// What the library knows by itself, and the same with rules of every kind.
fn comparers() -> &'static [Comparer; 2] {
    static COMPARERS: LazyLock<[Comparer; 2]> = LazyLock::new(|| {
        let rules = Rules {
            ownership: vec![Named::new(
                "owned",
                serde_json::from_value(
                    json!({"resource": {}, "gitOwned": ["/b"], "runtimeOwned": ["/a/c", "/list/*/id"]}),
                )
                .unwrap(),
            )],
            equivalences: vec![
                Named::new(
                    "sets",
                    serde_json::from_value(json!({"resource": {}, "path": "/c", "same": "SET", "reason": "no order"}))
                        .unwrap(),
                ),
                Named::new(
                    "empty",
                    serde_json::from_value(
                        json!({"resource": {}, "path": "/b/a", "same": "EMPTY_ABSENT", "reason": "dropped"}),
                    )
                    .unwrap(),
                ),
            ],
            ignores: vec![Named::new(
                "ignored",
                serde_json::from_value(json!({"resource": {}, "paths": ["/b/c"], "owner": "us", "reason": "noise"}))
                    .unwrap(),
            )],
            ..Rules::default()
        };
        [Comparer::compile(&Rules::default()).unwrap(), Comparer::compile(&rules).unwrap()]
    });
    &COMPARERS
}

/// Two values of a member; each plane has one of them, or none.
fn member() -> impl Strategy<Value = [Option<Value>; 3]> {
    (json(), json(), vec(select(vec![0, 0, 0, 1, 2]), 3)).prop_map(|(first, second, picks)| {
        let mut picks = picks.into_iter().map(|pick| match pick {
            0 => Some(first.clone()),
            1 => Some(second.clone()),
            _ => None,
        });
        std::array::from_fn(|_| picks.next().flatten())
    })
}

/// A list of items that a name tells apart: each plane has some of them, in an order of its own.
fn keyed() -> impl Strategy<Value = [Option<Value>; 3]> {
    let items = || {
        (subsequence(vec!["a", "b", "c", "d", "e"], 0..=5).prop_shuffle(), vec(option::of(scalar()), 5), any::<bool>())
            .prop_map(|(names, values, sorted)| {
                let mut names = names;
                if sorted {
                    names.sort_unstable();
                }
                let item = |(name, value): (&str, &Option<Value>)| match value {
                    Some(value) => json!({"name": name, "value": value}),
                    None => json!({"name": name}),
                };
                names.into_iter().zip(&values).map(item).collect::<Value>()
            })
    };
    [option::weighted(0.9, items()), option::weighted(0.9, items()), option::weighted(0.9, items())]
}

/// A list of values, some of them twice.
fn plain() -> impl Strategy<Value = [Option<Value>; 3]> {
    let items = || option::weighted(0.9, vec(prop_oneof![4 => scalar(), 1 => tree()], 0..5).prop_map(Value::from));
    [items(), items(), items()]
}

fn documents() -> impl Strategy<Value = [Value; 3]> {
    let members = (member(), member(), member(), keyed(), plain(), any::<[bool; 5]>());
    let objects = members.prop_map(|(a, b, c, list, plain, with)| {
        let mut documents = [json!({}), json!({}), json!({})];
        let members = [("a", a), ("b", b), ("c", c), ("list", list), ("plain", plain)];
        for ((name, values), _) in members.into_iter().zip(with).filter(|(_, with)| *with) {
            for (document, value) in documents.iter_mut().zip(values) {
                document.as_object_mut().unwrap().extend(value.map(|value| (name.to_owned(), value)));
            }
        }
        documents
    });
    prop_oneof![8 => objects, 1 => [json(), json(), json()]]
}

fn pattern() -> impl Strategy<Value = PathPattern> {
    let texts = [
        "",
        "/a",
        "/b",
        "/*/a",
        "/list",
        "/list/[name=a]",
        "/list/*/value",
        "/list/[name=b]/value",
        "/plain",
        "/c/*/b",
    ];
    select(texts.to_vec()).prop_map(|text| text.parse().unwrap())
}

/// An observation that a failing test prints on one line.
#[derive(Clone)]
struct Case(Observation);

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let claims: Vec<String> = self.0.claims.iter().map(|claim| format!("{} {}", claim.path, claim.owner)).collect();
        write!(f, "{} {:?} {claims:?}", serde_json::to_string(&self.0.planes).unwrap(), self.0.resource.system)
    }
}

/// How the planes are known: marks, records, silence that is absence, claims.
fn case() -> impl Strategy<Value = Case> {
    let resource = select(vec![
        ResourceRef::default(),
        ResourceRef::kubernetes("", "v1", "ConfigMap", "prod", "app"),
        ResourceRef::opentofu("aws_security_group", "aws_security_group.web"),
    ]);
    let mark = select(vec![Mark::Unknown, Mark::Unobservable, Mark::Sensitive, Mark::Opaque]);
    let marks = prop_oneof![3 => Just(Vec::new()), 1 => vec((0..3_usize, mark, pattern()), 1..3)];
    let record = option::weighted(0.7, select(RecordOf::ALL));
    let exact = prop_oneof![2 => Just(Vec::new()), 1 => vec(pattern(), 1..2)];
    let owner = select(vec![OwnerKind::Controller, OwnerKind::Human, OwnerKind::Git, OwnerKind::Policy]);
    let claims = vec((pattern(), owner), 0..3);
    (resource, documents(), marks, record, exact, claims).prop_map(
        |(resource, documents, marks, record, exact, claims)| {
            let mut documents = documents.map(Document::new);
            for (plane, mark, pattern) in marks {
                documents[plane].mark(mark, pattern);
            }
            let [desired, recorded, actual] = documents.map(|document| PlaneState::new(Observed::Present(document)));
            let mut planes = Planes::new(desired, actual).with_exact(exact);
            if let Some(of) = record {
                planes = planes.with_recorded(recorded, of);
            }
            planes.redact();
            let mut observation = Observation::new("obs", resource, planes);
            observation.claims = claims
                .into_iter()
                .map(|(path, owner)| Claim::new(path, owner, ClaimOrigin::ManagedFields).by("somebody"))
                .collect();
            Case(observation)
        },
    )
}

fn mandate() -> impl Strategy<Value = Mandate> {
    let narrow =
        (vec(pattern(), 1..3), vec(pattern(), 0..2)).prop_map(|(allowed, denied)| Mandate::of(allowed).except(denied));
    prop_oneof![1 => Just(Mandate::everything()), 1 => narrow]
}

fn document(observation: &Observation, plane: Plane) -> Option<Value> {
    observation.planes.get(plane).observed.present().map(|document| document.value().clone())
}

/// The observation with another document in one plane.
fn with_document(observation: &Observation, plane: Plane, value: Value) -> Observation {
    let mut after = observation.clone();
    let state = match plane {
        Plane::Desired => &mut after.planes.desired,
        Plane::Recorded => &mut after.planes.recorded,
        Plane::Actual => &mut after.planes.actual,
    };
    let mut document = Document::new(value);
    let marks = state.observed.present().unwrap().marks().clone();
    for mark in [Mark::Unknown, Mark::Sensitive, Mark::Opaque, Mark::Unobservable] {
        document.mark_as(&marks, mark);
    }
    state.observed = Observed::Present(document);
    after
}

/// A record is refreshed where the runtime is as declared; so it is made to be, for that.
fn as_declared(observation: &Observation, kind: PatchKind) -> Observation {
    match (kind, document(observation, Plane::Desired)) {
        (PatchKind::Refresh, Some(desired)) => with_document(observation, Plane::Actual, desired),
        _ => observation.clone(),
    }
}

/// Applies the patch and observes again.
fn patched(observation: &Observation, patch: &Patch) -> Observation {
    let Some(mut value) = document(observation, patch.plane()) else {
        assert!(patch.is_empty());
        return observation.clone();
    };
    patch.apply(&mut value).unwrap();
    with_document(observation, patch.plane(), value)
}

/// The path as far as it goes by name and key. An item that is known by its position alone has another path once the list
/// is another, so such a list is looked at as a whole.
fn by_key(path: &FieldPath) -> FieldPath {
    path.steps().iter().take_while(|step| !matches!(step, Step::Index(_))).cloned().collect()
}

/// Where something is marked unknown, a comparison takes a `null` among the items of a list for no item at all.
fn has_null_items(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| item.is_null() || has_null_items(item)),
        Value::Object(members) => members.values().any(has_null_items),
        _ => false,
    }
}

fn is_told_item_by_item(observation: &Observation) -> bool {
    let documents = Plane::ALL.iter().filter_map(|plane| observation.planes.get(*plane).observed.present());
    let doubt = documents.clone().any(|document| document.marks().leave_doubt());
    !(doubt && documents.clone().any(|document| has_null_items(document.value())))
}

/// What is drift, as text without what a settled change may leave behind.
fn drifting<'d>(delta: &'d Delta<'_>) -> impl Iterator<Item = &'d FieldChange<'d>> {
    delta.changes.iter().filter(|change| change.is_drift())
}

/// Everything but what is settled is as it was, byte for byte.
fn untouched(before: Option<&Value>, after: Option<&Value>, here: &FieldPath, settled: &[(FieldPath, ChangeKind)]) {
    // An item that comes in part brings its keys.
    let is_key =
        matches!(here.steps(), [.., Step::Key(keys), Step::Field(name)] if keys.iter().any(|(key, _)| key == name));
    if is_key && before.is_none() {
        return;
    }
    // A `null` says no more than that there is nothing, and goes with what it stands in.
    if before.is_some_and(Value::is_null) && after.is_none() {
        return;
    }
    let beneath = |path: &FieldPath| path.steps().len() > here.steps().len() && path.steps().starts_with(here.steps());
    if settled.iter().any(|(path, kind)| path == here && *kind != ChangeKind::Reordered) {
        return;
    }
    let inner: Vec<&FieldPath> = settled.iter().map(|(path, _)| path).filter(|path| beneath(path)).collect();
    let reordered = settled.iter().any(|(path, _)| path == here);
    if inner.is_empty() && !reordered {
        assert_eq!(before.map(drift_model::canonical_text), after.map(drift_model::canonical_text), "at {here}");
        return;
    }
    let lists = [before, after].map(|value| value.and_then(Value::as_array));
    if lists.iter().any(Option::is_some) {
        let steps: Vec<&Step> = inner.iter().filter_map(|path| path.steps().get(here.steps().len())).collect();
        let Some(Step::Key(keys)) = steps.first() else { return };
        let names: Vec<&str> = keys.iter().map(|(name, _)| name.as_str()).collect();
        // The key that is left out by some is the protocol of a port.
        let tcp = json!("TCP");
        let items = lists.map(|list| {
            let items = list.into_iter().flatten();
            let step = |item: &Value| {
                Step::key(names.iter().map(|name| (*name, item.get(name).unwrap_or(&tcp))).collect::<Vec<_>>())
            };
            items.map(|item| (step(item), item.clone())).collect::<std::collections::BTreeMap<_, _>>()
        });
        let all: BTreeSet<&Step> = items.iter().flat_map(|items| items.keys()).collect();
        for step in all {
            untouched(items[0].get(step), items[1].get(step), &here.join(step.clone()), settled);
        }
        return;
    }
    let names: BTreeSet<&String> =
        [before, after].into_iter().flatten().filter_map(Value::as_object).flat_map(|members| members.keys()).collect();
    for name in names {
        let [b, a] = [before, after].map(|value| value.and_then(|value| value.get(name)));
        untouched(b, a, &here.join(Step::field(name.as_str())), settled);
    }
}

/// Applies the patch for these changes, compares again, and looks whether it did what it says and nothing else.
fn prove(
    comparer: &Comparer,
    observation: &Observation,
    kind: PatchKind,
    mandate: &Mandate,
    all: bool,
) -> Result<(), TestCaseError> {
    let facts = Facts::default();
    let before = comparer.compare(observation, &facts);
    let patch = before.patch(kind, mandate, |change| all || change.is_drift());

    // Every change is accounted for, and what is excused is never settled.
    prop_assert_eq!(patch.settles.len() + patch.left.len(), before.changes.len());
    let settles: BTreeSet<&FieldPath> = patch.settles.iter().map(|settled| &settled.path).collect();
    for change in &before.changes {
        let left = patch.left.iter().any(|left| left.path == change.path);
        prop_assert!(left || settles.contains(&change.path));
        let excused = matches!(
            change.disposition,
            Disposition::OwnedBy | Disposition::Equivalent | Disposition::Ignored | Disposition::Undetermined
        );
        prop_assert!(left || !excused && mandate.covers(&change.path) && (all || change.is_drift()));
    }
    prop_assert_eq!(patch.is_empty(), patch.settles.is_empty(), "{:?} {}", &patch, patch.shown());

    let again = patched(observation, &patch);
    let after = comparer.compare(&again, &facts);
    let told =
        || format!("{:?}\n{}\n{:?}\n{:?}", &patch, patch.shown(), Case(observation.clone()), Case(again.clone()));

    for change in drifting(&after) {
        let place = by_key(&change.path);
        let under = |above: &FieldPath, path: &FieldPath| path.steps().starts_with(above.steps());
        let related = |path: &FieldPath| under(&by_key(path), &place) || under(&place, path);
        // A record that disagrees with what is settled, as was foretold.
        let stale = matches!(
            change.relation,
            Relation::StaleRecord | Relation::UndeclaredChange | Relation::UndeclaredAddition
        ) && patch.settles.iter().any(|settled| settled.stale_record && related(&settled.path));
        // What it claims to settle is settled.
        let claimed = patch.settles.iter().any(|settled| {
            let order = settled.kind == ChangeKind::Reordered;
            if order {
                settled.path == change.path && change.kind == settled.kind
            } else {
                under(&settled.path, &change.path)
            }
        }) && place == change.path;
        prop_assert!(stale || !claimed, "{} {} is left: {}", change.path, change.relation, told());
        // Nothing new drifts. (An item on which two planes come to agree is one change, where its fields were several;
        // and items that were known by position may be known by a key once others are gone.)
        let known = patch.left.iter().any(|left| {
            let list = by_key(&left.path);
            left.path == place
                || list != left.path && under(&list, &place)
                || change.relation == Relation::StaleRecord && under(&place, &left.path)
        });
        prop_assert!(stale || known, "{} {} is new: {}", change.path, change.relation, told());
    }
    // Nothing else is touched.
    if let Some(value) = document(observation, patch.plane()) {
        let patched = document(&again, patch.plane()).unwrap();
        let settled: Vec<_> = before
            .changes
            .iter()
            .filter(|change| settles.contains(&change.path))
            .map(|change| (change.path.clone(), change.kind))
            .collect();
        untouched(Some(&value), Some(&patched), &FieldPath::root(), &settled);
        // The guards do not let it through a second time.
        let mut twice = patched.clone();
        if patch.apply(&mut twice).is_ok() {
            prop_assert_eq!(&twice, &patched, "{}", told());
        } else {
            prop_assert_eq!(&twice, &patched);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_global_rejects: 1 << 20, ..ProptestConfig::default() })]

    #[test]
    fn law_10_closing_is_proven(
        Case(observation) in case(),
        mandate in mandate(),
        kind in select(PatchKind::ALL),
        with_rules in any::<bool>(),
        all in any::<bool>(),
        settled in any::<bool>(),
    ) {
        let observation = if settled { as_declared(&observation, kind) } else { observation };
        prop_assume!(is_told_item_by_item(&observation));
        prove(&comparers()[usize::from(with_rules)], &observation, kind, &mandate, all)?;
    }

    #[test]
    fn law_10_closing_is_proven_of_deployments(
        Case(observation) in deployment(),
        kind in select(PatchKind::ALL),
        narrow in any::<bool>(),
        all in any::<bool>(),
        settled in any::<bool>(),
    ) {
        let observation = if settled { as_declared(&observation, kind) } else { observation };
        let pod = "/spec/template/spec";
        let narrow_one = || Mandate::of([format!("{pod}/containers").parse().unwrap()])
            .except([format!("{pod}/containers/[name=a]/image").parse().unwrap()]);
        let mandate = if narrow { narrow_one() } else { Mandate::everything() };
        prove(&comparers()[0], &observation, kind, &mandate, all)?;
    }

    /// Beside a `null`, an object of `null`s is a difference: what is left of the object goes with what it held.
    #[test]
    fn law_10_nothing_but_nulls_is_left_of_what_goes(a in scalar(), null in any::<bool>()) {
        let actual = if null { json!({"c": null}) } else { json!({}) };
        let planes = Planes::new(PlaneState::present(json!({"c": {"a": a, "id": null}})), PlaneState::present(actual));
        let observation = Observation::new("obs", ResourceRef::default(), planes);
        prove(&comparers()[0], &observation, PatchKind::Accept, &Mandate::everything(), false)?;
    }

    /// The oracle: where everything that differs drifts, the actual document comes to have what is declared, and after a
    /// refresh of the record nothing drifts at all.
    #[test]
    fn law_10_after_revert_and_refresh_everything_is_as_declared(d in tree(), r in tree(), a in tree()) {
        let planes = Planes::new(PlaneState::present(d.clone()), PlaneState::present(a))
            .with_recorded(PlaneState::present(r), RecordOf::Observation)
            .with_exact([PathPattern::below_the_root()]);
        let observation = Observation::new("obs", ResourceRef::default(), planes);
        let comparer = &comparers()[0];
        let facts = Facts::default();
        let all = |delta: &Delta<'_>, kind| delta.patch(kind, &Mandate::everything(), |_| true);
        let reverted = patched(&observation, &all(&comparer.compare(&observation, &facts), PatchKind::Revert));
        prop_assert_eq!(document(&reverted, Plane::Actual).unwrap(), d);
        let refreshed = patched(&reverted, &all(&comparer.compare(&reverted, &facts), PatchKind::Refresh));
        prop_assert!(comparer.compare(&refreshed, &facts).changes.is_empty());
    }

    /// Somebody put an item in front of a list meanwhile: the patch fails and changes nothing, or does to the other items what
    /// it would have done.
    #[test]
    fn law_10_an_index_that_is_stale_hits_nothing(Case(observation) in case(), kind in select(PatchKind::ALL), at in any::<prop::sample::Index>()) {
        let delta = comparers()[0].compare(&observation, &Facts::default());
        let patch = delta.patch(kind, &Mandate::everything(), |_| true);
        let Some(before) = document(&observation, patch.plane()) else { return Ok(()) };
        let mut lists = Vec::new();
        lists_of(&before, &mut String::new(), &mut lists);
        prop_assume!(!lists.is_empty() && !patch.is_empty());
        let list = at.get(&lists);
        let with_front = |value: &Value| {
            let mut value = value.clone();
            let items = value.pointer_mut(list)?.as_array_mut()?;
            items.insert(0, json!({"name": "newcomer"}));
            Some(value)
        };
        let moved = with_front(&before).unwrap();
        let mut applied = moved.clone();
        if patch.apply(&mut applied).is_err() {
            prop_assert_eq!(applied, moved);
        } else {
            let mut expected = before;
            patch.apply(&mut expected).unwrap();
            prop_assert_eq!(Some(applied), with_front(&expected), "{} {:?}", list, patch.shown().to_string());
        }
    }

    /// Every text is a secret as soon as one of them is marked; none of them is shown.
    #[test]
    fn law_8_a_secret_never_leaves_a_patch(Case(observation) in case(), kind in select(PatchKind::ALL), marked in pattern()) {
        let planes = Plane::ALL.iter().map(|plane| {
            let mut document = Document::new(document(&observation, *plane).map_or(Value::Null, |value| canaries(&value)));
            document.mark(Mark::Sensitive, marked.clone());
            PlaneState::new(Observed::Present(document))
        });
        let [desired, recorded, actual] = planes.collect::<Vec<_>>().try_into().unwrap();
        let mut planes = Planes::new(desired, actual).with_recorded(recorded, observation.planes.record_of);
        let mut secrets = drift_model::Secrets::default();
        planes.collect_secrets(&mut secrets);
        planes.redact();
        prop_assume!(!secrets.is_empty());
        let observation = Observation::new("obs", observation.resource, planes);
        let delta = comparers()[0].compare(&observation, &Facts::default());
        let patch = delta.patch(kind, &Mandate::everything(), |_| true);
        let shown = patch.shown();
        let mut printed = format!("{patch:?} {shown:?} {shown} {}", serde_json::to_string(&shown).unwrap());
        if let Err(error) = patch.apply(&mut json!({})) {
            printed.extend([error.to_string(), format!("{error:?}")]);
        }
        prop_assert!(!secrets.are_in(&printed), "{}", printed);
    }
}

/// The lists of a document, by pointer.
fn lists_of(value: &Value, pointer: &mut String, found: &mut Vec<String>) {
    let length = pointer.len();
    match value {
        Value::Array(items) => {
            found.push(pointer.clone());
            for (index, item) in items.iter().enumerate() {
                pointer.extend(["/", &index.to_string()]);
                lists_of(item, pointer, found);
                pointer.truncate(length);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                pointer.extend(["/", name]);
                lists_of(member, pointer, found);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

/// The value with every text long enough to be looked for.
fn canaries(value: &Value) -> Value {
    match value {
        Value::String(text) => format!("CANARY-{text}-CANARY").into(),
        Value::Array(items) => items.iter().map(canaries).collect(),
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), canaries(member))).collect(),
        other => other.clone(),
    }
}

/// Deployments with lists of every kind that their schema knows.
fn deployment() -> impl Strategy<Value = Case> {
    fn named(names: &'static [&'static str], most: usize) -> BoxedStrategy<Vec<&'static str>> {
        subsequence(names, 0..=most).prop_shuffle().boxed()
    }
    let env = (named(&["A", "B", "C"], 3), vec(select(vec!["1", "2"]), 3)).prop_map(|(names, values)| {
        names.into_iter().zip(values).map(|(name, value)| json!({"name": name, "value": value})).collect::<Value>()
    });
    let port = (select(vec![80, 443]), option::of(select(vec!["TCP", "UDP"])), option::of(select(vec!["web", "alt"])));
    let ports = vec(port, 0..3).prop_map(|ports| {
        let port = |(number, protocol, name): (i32, Option<&str>, Option<&str>)| {
            let mut port = json!({"containerPort": number});
            let members = port.as_object_mut().unwrap();
            members.extend(protocol.map(|protocol| ("protocol".to_owned(), protocol.into())));
            members.extend(name.map(|name| ("name".to_owned(), name.into())));
            port
        };
        ports.into_iter().map(port).collect::<Value>()
    });
    let cpu = option::of(select(vec!["1", "1000m", "2"]));
    let container = (select(vec!["shop:1", "shop:2"]), option::of(env), option::of(ports), cpu);
    let container = container.prop_map(|(image, env, ports, cpu)| {
        let mut container = json!({"image": image});
        let members = container.as_object_mut().unwrap();
        members.extend(env.map(|env| ("env".to_owned(), env)));
        members.extend(ports.map(|ports| ("ports".to_owned(), ports)));
        members.extend(cpu.map(|cpu| ("resources".to_owned(), json!({"limits": {"cpu": cpu}}))));
        container
    });
    let container = container.boxed();
    let containers = move |names: &'static [&'static str]| {
        (named(names, names.len()), vec(container.clone(), 4)).prop_map(|(names, containers)| {
            let named = |(name, mut container): (&str, Value)| {
                container["name"] = name.into();
                container
            };
            names.into_iter().zip(containers).map(named).collect::<Value>()
        })
    };
    let plane = (
        (option::weighted(0.9, containers(&["a", "b", "c", "d"])), option::of(containers(&["x", "y"]))),
        option::of(named(&["one", "two", "three"], 3)),
        option::of(vec(select(vec!["fast", "slow"]), 0..3)),
        option::of(0..3),
    );
    let plane = plane.prop_map(|((containers, init), finalizers, nodes, replicas)| {
        let mut document = json!({"metadata": {"name": "web"}, "spec": {"template": {"spec": {}}}});
        let mut put = |pointer: &str, name: &str, value: Option<Value>| {
            let members = document.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
            members.extend(value.map(|value| (name.to_owned(), value)));
        };
        put("/metadata", "finalizers", finalizers.map(Value::from));
        put("/spec", "replicas", replicas.map(Value::from));
        let tolerations = nodes.map(|nodes| nodes.into_iter().map(|key| json!({"key": key})).collect());
        put("/spec/template/spec", "tolerations", tolerations);
        put("/spec/template/spec", "initContainers", init);
        put("/spec/template/spec", "containers", containers);
        document
    });
    let claim = option::of(select(vec![
        ("/spec/replicas", OwnerKind::Controller),
        ("/spec/template/spec/containers/[name=d]", OwnerKind::Controller),
        ("/spec/template/spec/containers/[name=c]", OwnerKind::Human),
        ("/metadata/finalizers", OwnerKind::Human),
    ]));
    let plane = plane.boxed();
    ([plane.clone(), plane.clone(), plane], option::of(select(RecordOf::ALL)), claim).prop_map(
        |([d, r, a], record, claim)| {
            let mut planes = Planes::new(PlaneState::present(d), PlaneState::present(a));
            if let Some(of) = record {
                planes = planes.with_recorded(PlaneState::present(r), of);
            }
            let resource = ResourceRef::kubernetes("apps", "v1", "Deployment", "prod", "web");
            let mut observation = Observation::new("obs", resource, planes);
            observation.claims.extend(
                claim.map(|(path, owner)| Claim::new(path.parse().unwrap(), owner, ClaimOrigin::ManagedFields)),
            );
            Case(observation)
        },
    )
}
