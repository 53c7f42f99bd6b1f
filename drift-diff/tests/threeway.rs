//! What `kubectl apply` makes of last-applied, Git and live, by apimachinery's own cases: read in place beside the checkout.
//!
//! The three documents are three planes. What our relations call Git's is reverted or applied, and the live object that comes out
//! must be theirs. Where it is another, that is written down here with the reason.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reads files, and says what it counted"
)]

mod peer;

use std::collections::BTreeMap;
use std::path::Path;

use drift_diff::{Comparer, FieldChange, Mandate, PatchKind, Rules, Schema, equal};
use drift_model::{Disposition, Facts, Observation, PathPattern, PlaneState, Planes, RecordOf, Relation, ResourceRef};
use serde_json::{Value, json};

use self::peer::schema_of;

fn corpus(file: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/kubernetes").join(file);
    let text = std::fs::read_to_string(path).ok();
    if text.is_none() {
        println!("skipped: the peer cases are not beside the checkout");
    }
    text
}

/// A union, tagged `retainKeys`, holds the members that Git gives it and no others.
fn silences_that_speak(modified: &Value) -> Vec<PathPattern> {
    let members = ["name", "value", "other", "simpleMap", "mergingIntList", "mergingList", "nonMergingList"];
    let map = modified.get("retainKeysMap").map(|map| ("/spec/retainKeysMap".to_owned(), map));
    let items = modified.get("retainKeysMergingList").and_then(Value::as_array).into_iter().flatten();
    let items =
        items.map(|item| (format!("/spec/retainKeysMergingList/[name={}]", item["name"].as_str().unwrap()), item));
    map.into_iter()
        .chain(items)
        .flat_map(|(at, union)| {
            let silent = members.into_iter().filter(move |member| union.get(member).is_none());
            silent.map(move |member| format!("{at}/{member}").parse().unwrap())
        })
        .collect()
}

/// What we predict: the live object after Git is applied, and whether somebody else had changed what Git says.
fn predicted(schema: &Schema, input: &Value) -> (Value, bool, Vec<String>) {
    let document = |name: &str| json!({ "spec": input[name] });
    let mut planes = Planes::new(PlaneState::present(document("modified")), PlaneState::present(document("current")));
    planes = planes.with_exact(silences_that_speak(&input["modified"]));
    if !input["original"].is_null() {
        planes = planes.with_recorded(PlaneState::present(document("original")), RecordOf::Declaration);
    }
    let observation = Observation::new("o", ResourceRef::kubernetes("peer.example", "v1", "Case", "n", "c"), planes);
    let comparer = Comparer::compile(&Rules { schema: schema.clone(), ..Rules::default() }).unwrap();
    let delta = comparer.compare(&observation, &Facts::default());
    let is_gits = |change: &FieldChange<'_>| matches!(change.disposition, Disposition::Drift | Disposition::Pending);
    // What others added where Git says and said nothing is in nobody's way.
    let is_said = |change: &FieldChange<'_>| change.pointers.desired.is_some() || change.pointers.recorded.is_some();
    let moved = |change: &FieldChange<'_>| matches!(change.relation, Relation::RuntimeChanged | Relation::Conflict);
    let conflict = delta.changes.iter().any(|change| is_gits(change) && is_said(change) && moved(change));
    let patch = delta.patch(PatchKind::Revert, &Mandate::everything(), is_gits);
    let mut live = document("current");
    patch.apply(&mut live).unwrap();
    let told = |change: &FieldChange<'_>| {
        format!("{} {} {} {}", change.path, change.kind, change.relation, change.disposition)
    };
    (live["spec"].take(), conflict, delta.changes.iter().map(told).collect())
}

/// The value with its lists in one order: of keyed lists and sets it has no meaning.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(sorted).collect();
            items.sort_by_key(drift_model::canonical_text);
            Value::Array(items)
        }
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), sorted(member)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[derive(Default)]
struct Score {
    asked: usize,
    exactly: usize,
    reordered: usize,
    conflicts: usize,
    reasons: BTreeMap<&'static str, usize>,
    otherwise: Vec<String>,
}

impl Score {
    fn add(&mut self, case: &Value, schema: &Schema) {
        let (input, expected) = (&case["input"], &case["expected"]);
        self.asked += 1;
        let (ours, conflict, lines) = predicted(schema, input);
        let theirs = &expected["result"];
        if equal(&ours, theirs).is_same() {
            self.exactly += 1;
        } else if equal(&sorted(&ours), &sorted(theirs)).is_same() {
            self.reordered += 1;
        } else if let Some(reason) = reason(input) {
            *self.reasons.entry(reason).or_default() += 1;
        } else {
            self.otherwise.push(format!("{} {input}\n    theirs {theirs}\n    ours   {ours} {lines:?}", case["id"]));
        }
        if let Some(theirs) = expected["conflict"].as_bool() {
            self.conflicts += usize::from(theirs == conflict);
        }
    }

    fn tell(&self, title: &str) {
        println!(
            "{title}: {} of {} predicted objects are theirs to the byte, {} in another order of items; {} conflicts agree",
            self.exactly, self.asked, self.reordered, self.conflicts
        );
        for (reason, count) in &self.reasons {
            println!("  {count} otherwise: {reason}");
        }
        for line in &self.otherwise {
            println!("  {line}");
        }
        assert!(self.otherwise.is_empty(), "{} unexplained", self.otherwise.len());
        assert_eq!(self.asked, self.exactly + self.reordered + self.reasons.values().sum::<usize>());
    }
}

/// The ways in which our prediction is another on purpose.
fn reason(input: &Value) -> Option<&'static str> {
    let text = input.to_string();
    if text.contains("\"$patch\"") || text.contains("\"$retainKeys\"") {
        return Some("a directive of a patch is no part of a declaration");
    }
    let has_null = input["modified"].to_string().contains(":null");
    has_null.then_some("a `null` in a manifest is silence: the API server drops it, and nothing is deleted for it")
}

#[test]
fn strategic_three_way_merges() {
    let (Some(text), Some(schema)) = (corpus("threeway-strategic.jsonl"), corpus("threeway-strategic.schema.json"))
    else {
        return;
    };
    let types: Value = serde_json::from_str::<Value>(&schema).unwrap()["types"].clone();
    let mut score = Score::default();
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        if !case["kind"].as_str().unwrap().starts_with("three-way") {
            continue;
        }
        let root = format!("@{}", case["input"]["schema"].as_str().unwrap());
        score.add(&case, &schema_of(&root.into(), &types, [None, None]));
    }
    score.tell("strategic three-way");
    assert_eq!(score.conflicts, score.asked);
    assert!(score.exactly + score.reordered >= 59);
}

#[test]
fn json_three_way_merges() {
    let Some(text) = corpus("threeway-json.jsonl") else { return };
    let mut score = Score::default();
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        if case["kind"] == "three-way" {
            score.add(&case, &Schema::kubernetes());
        }
    }
    score.tell("JSON three-way");
}
