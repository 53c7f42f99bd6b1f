//! Added, modified, removed, as structured-merge-diff says it of the same pairs: both directions, read in place beside the checkout.
//!
//! One side is live, the other declared whole. Theirs is a set of members; ours are changes, each of which speaks for all that is
//! below it. Both are brought to leaves. Where our answer is another on purpose, that is written down here with the reason.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reads a file, and says what it counted"
)]

mod peer;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use drift_diff::{Comparer, ListKind, Rules, Schema, Shape};
use drift_model::{ChangeKind, Facts, FieldPath, Observation, PathPattern, PlaneState, Planes, ResourceRef, Step};
use serde_json::{Value, json};

use self::peer::schema_of;

fn schema(case: &Value) -> Schema {
    let given = &case["input"]["schema"];
    schema_of(&given["root"], &given["types"], [Some(&case["input"]["lhs"]), Some(&case["input"]["rhs"])])
}

/// The leaves of a value: what has nothing below it, or is one value by schema.
fn leaves(path: &FieldPath, value: &Value, shape: Shape<'_>, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) if !map.is_empty() && !shape.is_atomic() => {
            for (name, member) in map {
                leaves(&path.join(Step::field(name.as_str())), member, shape.field(name), into);
            }
        }
        Value::Array(items) if !items.is_empty() => match shape.list() {
            ListKind::Set => into.extend(items.iter().map(|item| path.join(Step::item(item)).to_string())),
            ListKind::Keyed(keys) => {
                for item in items {
                    let named =
                        keys.iter().map(|key| (key.name.as_ref(), item.get(key.name.as_ref()).unwrap_or(&Value::Null)));
                    leaves(&path.join(Step::key(named)), item, shape.element(), into);
                }
            }
            _ => drop(into.insert(path.to_string())),
        },
        _ => drop(into.insert(path.to_string())),
    }
}

fn path_of(elements: &Value) -> FieldPath {
    let step = |element: &Value| {
        let (kind, value) = element.as_object().unwrap().iter().next().unwrap();
        match kind.as_str() {
            "f" => Step::field(value.as_str().unwrap()),
            "k" => Step::key(value.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value))),
            "v" => Step::item(value),
            "i" => Step::Index(usize::try_from(value.as_u64().unwrap()).unwrap()),
            other => panic!("{other}"),
        }
    };
    elements.as_array().unwrap().iter().map(step).collect()
}

/// Removed, modified, added: the members that have none below them, and of what is below something modified nothing.
type Answer = [BTreeSet<String>; 3];

fn theirs(expected: &Value) -> Answer {
    let set = |name: &str| -> BTreeSet<String> {
        expected[name].as_array().unwrap().iter().map(|path| path_of(path).to_string()).collect()
    };
    let [removed, modified, added] = ["removed", "modified", "added"].map(set);
    let is_below = |path: &str, above: &str| path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'));
    let outermost = |all: &BTreeSet<String>| -> BTreeSet<String> {
        all.iter()
            .filter(|path| {
                !all.iter().any(|other| is_below(other, path)) && !modified.iter().any(|other| is_below(path, other))
            })
            .cloned()
            .collect()
    };
    [outermost(&removed), modified.clone(), outermost(&added)]
}

/// What our changes come to. Lists and order that theirs does not know are left to the caller.
fn ours(schema: &Schema, lhs: &Value, rhs: &Value) -> (Answer, Vec<String>) {
    let planes = Planes::new(PlaneState::present(json!({ "spec": rhs })), PlaneState::present(json!({ "spec": lhs })))
        .with_exact([PathPattern::below_the_root()]);
    let observation = Observation::new("o", ResourceRef::kubernetes("peer.example", "v1", "Case", "n", "c"), planes);
    let comparer = Comparer::compile(&Rules { schema: schema.clone(), ..Rules::default() }).unwrap();
    let delta = comparer.compare(&observation, &Facts::default());
    let mut answer = Answer::default();
    let mut lines = Vec::new();
    for change in &delta.changes {
        lines.push(format!("{} {} {}", change.path, change.kind, change.disposition));
        let below_spec: FieldPath = change.path.steps().iter().skip(1).cloned().collect();
        let root = schema.kind("peer.example", "v1", "Case").unwrap().field("spec");
        let shape = below_spec.steps().iter().fold(root, |shape, step| match step {
            Step::Field(name) => shape.field(name),
            _ => shape.element(),
        });
        let value = |document: &Value, pointer: &Option<String>| {
            document.pointer(pointer.as_ref()?.strip_prefix("/spec")?).cloned()
        };
        let (live, declared) = (value(lhs, &change.pointers.actual), value(rhs, &change.pointers.desired));
        let [removed, modified, added] = &mut answer;
        match (change.kind, live, declared) {
            (ChangeKind::Added, Some(live), _) => leaves(&below_spec, &live, shape, removed),
            (ChangeKind::Removed, _, Some(declared)) => leaves(&below_spec, &declared, shape, added),
            // How often a member stands in a set is nothing.
            (ChangeKind::Changed, ..) if matches!(shape.list(), ListKind::Set) => {}
            // The order of a list is a part of its value; of sets and keyed lists it is nothing.
            (ChangeKind::Reordered, ..) if !matches!(shape.list(), ListKind::Atomic | ListKind::Unknown) => {}
            _ => drop(modified.insert(below_spec.to_string())),
        }
    }
    (answer, lines)
}

/// Every place at which one of the sides holds what the test asks for.
fn places(sides: [&Value; 2], is: &dyn Fn(&Value) -> bool) -> BTreeSet<String> {
    fn visit(path: &FieldPath, value: &Value, is: &dyn Fn(&Value) -> bool, into: &mut BTreeSet<String>) {
        if is(value) {
            into.insert(path.to_string());
        }
        if let Some(map) = value.as_object() {
            for (name, member) in map {
                visit(&path.join(Step::field(name.as_str())), member, is, into);
            }
        }
    }
    let mut found = BTreeSet::new();
    for side in sides {
        visit(&FieldPath::root(), side, is, &mut found);
    }
    found
}

/// The ways in which our answer is another on purpose: what both come to where that way makes no difference.
fn reason(sides: [&Value; 2], ours: &Answer, theirs: &Answer) -> Option<&'static str> {
    let nulls = places(sides, &Value::is_null);
    let aside =
        |answer: &Answer| answer.clone().map(|paths| paths.difference(&nulls).cloned().collect::<BTreeSet<_>>());
    if aside(ours) == aside(theirs) {
        return Some(
            "`null` is no value that comes or goes: it is absence where Git holds it, and EQUIVALENT to it where it runs",
        );
    }
    let repeats = |value: &Value| {
        value.as_array().is_some_and(|items| {
            items.iter().enumerate().any(|(at, item)| items.iter().skip(at + 1).any(|other| other == item))
        })
    };
    let sets = places(sides, &repeats);
    let told = |answer: &Answer| -> Vec<BTreeSet<String>> {
        let in_such = |path: &&String| sets.iter().any(|set| path.starts_with(&format!("{set}/[=")));
        let [removed, modified, added] = answer;
        let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
            one.iter().filter(|path| !(in_such(path) && other.contains(*path))).cloned().collect()
        };
        vec![only(removed, added), modified.clone(), only(added, removed)]
    };
    if told(ours) == told(theirs) {
        return Some(
            "an item of a set is its value: how often it stands there has no meaning, so it is not removed and added",
        );
    }
    let whole = |answer: &Answer| -> BTreeSet<String> {
        let list = |path: &String| match path.rsplit_once('/') {
            Some((list, item)) if item.bytes().all(|byte| byte.is_ascii_digit()) => list.to_owned(),
            _ => path.clone(),
        };
        answer.iter().flatten().map(list).collect()
    };
    (whole(ours) == whole(theirs))
        .then_some("a list of which nobody says anything is compared item by item, where theirs is one value")
}

#[test]
fn symdiff_of_structured_merge_diff_in_both_directions() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/kubernetes/symdiff.jsonl");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: the peer cases are not beside the checkout");
        return;
    };
    let (mut asked, mut agree) = (0_usize, 0_usize);
    let (mut reasons, mut otherwise) = (BTreeMap::<&str, usize>::new(), Vec::new());
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let schema = schema(&case);
        let (lhs, rhs) = (&case["input"]["lhs"], &case["input"]["rhs"]);
        let [removed, modified, added] = theirs(&case["expected"]);
        let backwards = [added.clone(), modified.clone(), removed.clone()];
        for (lhs, rhs, theirs) in [(lhs, rhs, [removed, modified, added]), (rhs, lhs, backwards)] {
            asked += 1;
            let (ours, lines) = ours(&schema, lhs, rhs);
            if ours == theirs {
                agree += 1;
            } else if let Some(reason) = reason([lhs, rhs], &ours, &theirs) {
                *reasons.entry(reason).or_default() += 1;
            } else {
                otherwise.push(format!(
                    "{} {lhs} -> {rhs}\n    theirs {theirs:?}\n    ours   {ours:?} {lines:?}",
                    case["id"]
                ));
            }
        }
    }
    println!("symdiff: {agree} of {asked} agree");
    for (reason, count) in &reasons {
        println!("  {count} otherwise: {reason}");
    }
    for line in &otherwise {
        println!("  {line}");
    }
    assert!(otherwise.is_empty(), "{} unexplained", otherwise.len());
    assert!(agree >= 74 && asked == agree + reasons.values().sum::<usize>());
}
