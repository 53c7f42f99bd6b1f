//! Audit events of real clusters and accounts against their labels. Every disagreement is listed with its reason.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test may fail loudly, read its cases and say how many there were"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use drift_model::source::{cloudtrail, kubernetes_audit};
use drift_model::{AuditEvent, ReadError, Target};
use serde_json::{Map, Value, json};

/// The cases of a corpus file, where the corpus lies beside the workspace.
fn corpus(file: &str) -> Option<Vec<Value>> {
    let text = ["../../shared/corpus/audit", "../../../shared/corpus/audit"]
        .iter()
        .map(|folder| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder).join(file))
        .find_map(|path| std::fs::read_to_string(path).ok())?;
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

const FIELDS: [&str; 7] = ["actorKind", "rule", "actor", "mutating", "succeeded", "resource", "superuser"];

/// An event in the words of the labels.
fn label(event: &AuditEvent, resource: fn(&Target) -> Value) -> Value {
    json!({
        "actorKind": event.actor.kind.map_or("UNKNOWN", drift_model::ActorKind::word),
        "rule": event.actor.rule,
        "actor": event.actor.id,
        "mutating": event.mutating,
        "succeeded": event.succeeded,
        "resource": event.target.as_ref().map(resource),
        "superuser": event.actor.superuser,
    })
}

fn members(always: &[(&str, &str)], sometimes: &[(&str, &str)]) -> Value {
    let mut map = Map::new();
    let told = sometimes.iter().filter(|(_, text)| !text.is_empty());
    map.extend(always.iter().chain(told).map(|(name, text)| ((*name).to_owned(), Value::from(*text))));
    Value::Object(map)
}

fn object(target: &Target) -> Value {
    let resource = &target.resource;
    members(
        &[("group", &resource.group), ("resource", &target.plural)],
        &[
            ("version", &resource.version),
            ("subresource", &target.subresource),
            ("namespace", &resource.namespace),
            ("name", &resource.name),
            ("kind", &resource.kind),
        ],
    )
}

fn cloud_resource(target: &Target) -> Value {
    let told = |text: &Option<String>| text.clone().unwrap_or_default();
    members(
        &[("service", &target.service), ("type", &target.of_type), ("name", &target.resource.name)],
        &[("account", &told(&target.account)), ("region", &told(&target.region))],
    )
}

/// Reads all cases of a file; the disagreements, as `id field`.
fn disagreements(
    file: &str,
    read: impl Fn(&Value) -> Result<AuditEvent, ReadError>,
    resource: fn(&Target) -> Value,
) -> Option<Vec<String>> {
    let Some(cases) = corpus(file) else {
        println!("{file}: skipped, the corpus is not beside the workspace");
        return None;
    };
    let mut agreed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found = Vec::new();
    let mut labelled = 0;
    let mut refused = 0;
    for case in &cases {
        let id = case["id"].as_str().unwrap();
        let (event, expected) = (&case["input"]["event"], &case["expected"]);
        if expected["error"] == json!(true) {
            assert!(read(event).is_err(), "{id} is no event, and was read");
            refused += 1;
            continue;
        }
        labelled += 1;
        let got = label(&read(event).unwrap_or_else(|error| panic!("{id}: {error}")), resource);
        for field in FIELDS {
            if got[field] == expected[field] {
                *agreed.entry(field).or_default() += 1;
            } else {
                println!("{id} {field}: {} labelled {}", got[field], expected[field]);
                found.push(format!("{} {field}", id.split_once('/').unwrap().1));
            }
        }
    }
    for field in FIELDS {
        println!("{file}: {field} {}/{labelled}", agreed.get(field).copied().unwrap_or_default());
    }
    println!("{file}: {refused} refused that are no events");
    Some(found)
}

#[test]
fn kubernetes_events_agree_with_their_labels() {
    let reader = kubernetes_audit::Reader::new();
    let found = disagreements("kubernetes.jsonl", |event| reader.read(event), object);
    if let Some(found) = found {
        assert_eq!(found, Vec::<String>::new());
    }
}

#[test]
fn cloudtrail_records_agree_with_their_labels() {
    let reader = cloudtrail::Reader::new();
    let found =
        disagreements("cloudtrail.jsonl", |event| reader.read(event).map(|record| record.event), cloud_resource);
    if let Some(found) = found {
        // The label has no resource for this CreateVpc; its answer names the VPC, as the answer of RunInstances names instances.
        assert_eq!(found, ["panther-analysis/aws_ec2_vpc_modified/00 resource"]);
    }
}

/// The events of a corpus file, those that are none among them.
fn events(file: &str) -> Vec<Value> {
    corpus(file).unwrap_or_default().into_iter().map(|case| case["input"]["event"].clone()).collect()
}

#[test]
fn a_whole_log_of_any_form_reads_as_its_entries_do() {
    let events_of_clusters = events("kubernetes.jsonl");
    let reader = kubernetes_audit::Reader::new();
    let alone: Vec<_> = events_of_clusters.iter().filter_map(|event| reader.read(event).ok()).collect();
    let list =
        json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": events_of_clusters});
    let lines: Vec<String> = events_of_clusters.iter().map(Value::to_string).collect();
    for log in [serde_json::to_string_pretty(&list).unwrap(), list.to_string(), lines.join("\n")] {
        let read = reader.read_text(&log);
        assert_eq!((&read.events, read.events.len() + read.problems.len()), (&alone, events_of_clusters.len()));
    }

    let records = events("cloudtrail.jsonl");
    let reader = cloudtrail::Reader::new();
    let alone: Vec<_> = records.iter().filter_map(|record| reader.read(record).ok()).collect();
    let envelope =
        |record: &Value| json!({"detail-type": "AWS API Call via CloudTrail", "source": "aws.ec2", "detail": record});
    let found = |record: &Value| json!({"EventId": record["eventID"], "CloudTrailEvent": record.to_string()});
    for log in [
        json!({"Records": records}),
        json!(records.iter().map(envelope).collect::<Vec<_>>()),
        json!({"Events": records.iter().map(found).collect::<Vec<_>>()}),
    ] {
        let read = reader.read_document(&log);
        assert_eq!((&read.events, read.events.len() + read.problems.len()), (&alone, records.len()));
    }
    println!("{} events and {} records read alike in every form", events_of_clusters.len(), records.len());
}
