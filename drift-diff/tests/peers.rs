//! What the reference implementations say of the same pairs, read in place beside the checkout.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reads files, and says what it counted"
)]

use std::path::Path;

use drift_diff::{Comparer, FieldChange, Rules};
use drift_model::source::kubernetes::Reader;
use drift_model::{
    Disposition, Document, Existence, Facts, Mark, Observation, Observed, PlaneState, Planes, ResourceRef,
};
use serde_json::Value;

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
    let comparer = Comparer::compile(&Rules::default()).unwrap();
    let (mut judged, mut otherwise) = (0_usize, Vec::new());
    for case in &cases {
        let (Some(modified), input) = (case["expected"]["modified"].as_bool(), &case["input"]) else { continue };
        // A normalizer, or an answer of the server, is more than the documents say.
        if input["normalizer"] != "none" || input.get("predicted").is_some() || input["desired"].is_null() {
            continue;
        }
        let complete = |side: &str| {
            let mut object = input[side].clone();
            let metadata = object.as_object_mut().unwrap().entry("metadata").or_insert_with(|| serde_json::json!({}));
            metadata.as_object_mut().unwrap().entry("name").or_insert_with(|| "unnamed".into());
            object
        };
        let reading = Reader::new()
            .desired(vec![complete("desired")])
            .actual(vec![complete("actual")])
            .default_namespace("default")
            .read();
        let drifted = reading.observations.iter().any(|observation| {
            let delta = comparer.compare(observation, &Facts::default());
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
                        .compare(observation, &Facts::default())
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

#[test]
fn aws_resources() {
    let Some(cases) = lines("aws/resources.jsonl") else {
        println!("skipped: the AWS resources are not beside the checkout");
        return;
    };
    let comparer = Comparer::compile(&Rules::default()).unwrap();
    let (mut clean, mut positives, mut drifted, mut lost) = (0_usize, 0_usize, 0_usize, Vec::new());
    for case in &cases {
        let mut actual = Document::new(case["live"].clone());
        let mut desired = Document::new(case["declared"].clone());
        for path in case["schema"]["writeOnlyPaths"].as_array().into_iter().flatten() {
            let pattern: drift_model::PathPattern =
                format!("/{}", path.as_str().unwrap().replace('.', "/")).parse().unwrap();
            actual.mark(Mark::Unobservable, pattern.clone());
            desired.mark(Mark::Unobservable, pattern);
        }
        let planes =
            Planes::new(PlaneState::new(Observed::Present(desired)), PlaneState::new(Observed::Present(actual)));
        let kind = case["resourceType"].as_str().or_else(|| case["type"].as_str()).unwrap_or_default();
        let observation = Observation::new("aws", ResourceRef::aws(kind, "x"), planes);
        let delta = comparer.compare(&observation, &Facts::default());
        let drift = delta.changes.iter().any(|change: &FieldChange<'_>| change.disposition == Disposition::Drift);
        let labels: Vec<&str> =
            case["expected"].as_array().into_iter().flatten().filter_map(|finding| finding["tier"].as_str()).collect();
        if labels.contains(&"declared") {
            drifted += 1;
            if !drift {
                lost.push(case["id"].to_string());
            }
        }
        if !["declared", "undeclared", "deleted", "added"].iter().any(|tier| labels.contains(tier)) {
            clean += 1;
            positives += usize::from(drift);
        }
    }
    println!(
        "aws: {positives} of {clean} clean resources called drifted; {} of {drifted} drifted ones lost {lost:?}",
        lost.len()
    );
    assert!(lost.is_empty(), "true drift must not be lost");
}
