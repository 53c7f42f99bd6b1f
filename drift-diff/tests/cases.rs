//! Whole comparisons, as data: each case is an observation, and everything that must be said of it.
//!
//! A change is written `path KIND RELATION DISPOSITION OWNER`, then `rule=…` `counted` `sensitive` where they are set.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use drift_diff::{Comparer, FieldChange, Named, Rules};
use drift_model::{Facts, Observation, from_json};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    observation: Value,
    #[serde(default)]
    rules: CaseRules,
    existence: String,
    verdict: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    partial: bool,
    changes: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CaseRules {
    ownership: Vec<Value>,
    equivalences: Vec<Value>,
    ignores: Vec<Value>,
}

fn named<T: serde::de::DeserializeOwned>(specs: Vec<Value>, kind: &str) -> Vec<Named<T>> {
    specs
        .into_iter()
        .enumerate()
        .map(|(index, spec)| Named::new(format!("{kind}-{index}"), serde_json::from_value(spec).unwrap()))
        .collect()
}

fn written(change: &FieldChange<'_>) -> String {
    let mut text =
        format!("{} {} {} {} {}", change.path, change.kind, change.relation, change.disposition, change.owner);
    if let Some(name) = change.owner_name {
        text.extend([":", name]);
    }
    if let Some(rule) = &change.rule {
        text.extend([" rule=", rule]);
    }
    if change.counted {
        text += " counted";
    }
    if change.sensitive {
        text += " sensitive";
    }
    text
}

fn run(text: &str) {
    let cases: Vec<Case> = from_json(text).unwrap();
    for mut case in cases {
        let observation = case.observation.as_object_mut().unwrap();
        observation.entry("id").or_insert_with(|| case.name.clone().into());
        let observation = Observation::from_json(&case.observation.to_string()).expect(&case.name);
        let rules = Rules {
            ownership: named(case.rules.ownership, "ownership"),
            equivalences: named(case.rules.equivalences, "equivalence"),
            ignores: named(case.rules.ignores, "ignore"),
            ..Rules::default()
        };
        let comparer = Comparer::compile(&rules).expect(&case.name);
        let facts = observation.facts.clone().or(&Facts::default());
        let delta = comparer.compare(&observation, &facts);
        let changes: Vec<String> = delta.changes.iter().map(written).collect();
        assert_eq!(changes, case.changes, "changes of: {}", case.name);
        assert_eq!(delta.existence.word(), case.existence, "existence of: {}", case.name);
        assert_eq!(delta.verdict.word(), case.verdict, "verdict of: {}", case.name);
        assert_eq!(delta.reason.map(|reason| reason.word().to_owned()), case.reason, "reason of: {}", case.name);
        assert_eq!(delta.partial, case.partial, "partial of: {}", case.name);
    }
}

#[test]
fn existence() {
    run(include_str!("cases/existence.json"));
}

#[test]
fn relations() {
    run(include_str!("cases/relations.json"));
}

#[test]
fn lists() {
    run(include_str!("cases/lists.json"));
}

#[test]
fn kubernetes() {
    run(include_str!("cases/kubernetes.json"));
}

#[test]
fn rules() {
    run(include_str!("cases/rules.json"));
}
