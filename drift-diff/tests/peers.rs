//! What the reference implementations say of the same pairs, read in place beside the checkout.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reads files, and says what it counted"
)]

use std::path::Path;

use drift_diff::{Comparer, Rules};
use drift_model::source::kubernetes::Reader;
use drift_model::{Disposition, Existence, Facts};
use serde_json::{Value, json};

fn lines(path: &str) -> Option<Vec<Value>> {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus").join(path)).ok()?;
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn argo_cd_verdicts() {
    let Some(cases) = lines("kubernetes/argocd-diff.jsonl") else {
        println!("skipped: the peer cases are not beside the checkout");
        return;
    };
    let comparer = Comparer::compile(&Rules::kubernetes()).unwrap();
    let (mut judged, mut otherwise) = (0_usize, Vec::new());
    for case in &cases {
        let (Some(modified), input) = (case["expected"]["modified"].as_bool(), &case["input"]) else { continue };
        // A normalizer, or an answer of the server, is more than the documents say.
        if input["normalizer"] != "none" || input.get("predicted").is_some() || input["desired"].is_null() {
            continue;
        }
        // What Argo CD is told by options is told us by facts.
        let aggregated = input["options"]["ignore_aggregated_roles"] == true;
        let facts: Facts = serde_json::from_value(json!({"conditions": {"aggregated": aggregated}})).unwrap();
        let complete = |side: &str| {
            let mut object = input[side].clone();
            let metadata = object.as_object_mut().unwrap().entry("metadata").or_insert_with(|| json!({}));
            metadata.as_object_mut().unwrap().entry("name").or_insert_with(|| "unnamed".into());
            object
        };
        let reading = Reader::new()
            .desired(vec![complete("desired")])
            .actual(vec![complete("actual")])
            .default_namespace("default")
            .read();
        let drifted = reading.observations.iter().any(|observation| {
            let delta = comparer.compare(observation, &facts);
            // Argo CD has no opinion on what nobody declared, and applies what is pending.
            delta.existence != Existence::Managed
                || delta
                    .changes
                    .iter()
                    .any(|change| matches!(change.disposition, Disposition::Drift | Disposition::Pending))
        });
        judged += 1;
        if drifted != modified {
            let found: Vec<String> = reading
                .observations
                .iter()
                .flat_map(|observation| {
                    comparer
                        .compare(observation, &facts)
                        .changes
                        .iter()
                        .filter(|change| change.is_drift() || change.disposition == Disposition::Pending)
                        .map(|change| format!("{} {} {}", change.path, change.relation, change.disposition))
                        .collect::<Vec<_>>()
                })
                .collect();
            otherwise.push(format!("{} ({}): modified there: {modified}; found {found:?}", case["id"], case["test"]));
        }
    }
    println!("argo cd: {} of {judged} verdicts agree", judged - otherwise.len());
    for line in &otherwise {
        println!("  {line}");
    }
    assert!(judged > 10);
}
