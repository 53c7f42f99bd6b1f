//! Argo CD's diff cases through the Kubernetes reader: every pair is read, and no Secret is shown.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test may fail loudly, read its cases and say how many there were"
)]

use std::path::PathBuf;

use drift_model::source::kubernetes::{Reader, Reading};
use drift_model::{FieldPath, Observed, PathPattern, Plane, Step};
use serde_json::{Value, json};

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The text of a file that lies beside the workspace.
fn shared(file: &str) -> Option<String> {
    ["../../shared", "../../../shared"]
        .iter()
        .map(|folder| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder).join(file))
        .find_map(|path| std::fs::read_to_string(path).ok())
}

/// The cases of the suite, parsed.
fn cases() -> Option<Vec<Value>> {
    let text = shared("corpus/kubernetes/argocd-diff.jsonl")?;
    Some(text.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// The document with what an object needs to be one; upstream leaves some of it out.
fn completed(mut document: Value) -> Value {
    if let Value::Object(map) = &mut document {
        map.entry("apiVersion").or_insert_with(|| "v1".into());
        map.entry("metadata").or_insert_with(|| json!({}));
        map["metadata"].as_object_mut().unwrap().entry("name").or_insert_with(|| "unnamed".into());
    }
    document
}

fn read(case: &Value, desired: &str, actual: &str) -> Reading {
    let side = |name: &str| vec![completed(case["input"][name].clone())];
    // The namespace into which upstream applies the manifest.
    let namespace = case["input"][actual]["metadata"]["namespace"].as_str().unwrap_or("default");
    let mut reader = Reader::new().desired(side(desired)).actual(side(actual)).default_namespace(namespace);
    for name in case["input"]["hide_annotations"].as_array().into_iter().flatten() {
        let path: FieldPath =
            ["metadata", "annotations", name.as_str().unwrap()].into_iter().map(Step::field).collect();
        reader = reader.hide(PathPattern::from(&path));
    }
    reader.read()
}

/// What a Secret and its last-applied annotation hold.
fn secrets(document: &Value, found: &mut Vec<String>) {
    if document["kind"] != "Secret" {
        return;
    }
    for member in ["data", "stringData"] {
        let values = document[member].as_object().into_iter().flatten();
        found.extend(values.filter_map(|(_, value)| value.as_str()).filter(|text| text.len() > 3).map(str::to_owned));
    }
    if let Some(text) = document["metadata"]["annotations"][LAST_APPLIED].as_str()
        && let Ok(record) = serde_json::from_str(text)
    {
        secrets(&record, found);
    }
}

/// The annotations of a plane as they are written.
fn annotations<'w>(written: &'w Value, plane: &str) -> &'w Value {
    &written["planes"][plane]["document"]["metadata"]["annotations"]
}

#[test]
fn every_pair_is_read_and_no_secret_is_shown() {
    let Some(cases) = cases() else {
        println!("argocd-diff: skipped, there is no corpus beside the workspace");
        return;
    };
    let (mut pairs, mut looked_for) = (0, 0);
    for case in &cases {
        let input = &case["input"];
        if input.get("actual").is_none() {
            continue;
        }
        pairs += 1;
        let reading = read(case, "desired", "actual");
        assert!(!reading.problems.iter().any(drift_model::source::kubernetes::Problem::loses_object), "{}", case["id"]);
        // A pair is one object, whatever upstream leaves out of it.
        assert_eq!(reading.observations.len(), 1, "{}", case["id"]);
        let written = serde_json::to_value(&reading.observations[0]).unwrap();
        let printed = format!("{reading:?} {reading:#?} {written}");
        let mut hidden = Vec::new();
        secrets(&input["desired"], &mut hidden);
        secrets(&input["actual"], &mut hidden);
        for never in case["never_in_output"].as_array().into_iter().flatten() {
            hidden.push(never.as_str().unwrap().to_owned());
        }
        for check in case["expected"]["checks"].as_array().into_iter().flatten() {
            // The name of the annotation stays: what it holds does not.
            hidden.extend(
                check["text_absent"]
                    .as_str()
                    .filter(|_| input["actual"]["kind"] == "Secret")
                    .filter(|text| *text != LAST_APPLIED)
                    .map(str::to_owned),
            );
        }
        looked_for += hidden.len();
        for secret in hidden {
            assert!(!printed.contains(&secret), "{}: a secret is shown in {printed}", case["id"]);
        }
        for plane in ["desired", "actual"] {
            let annotated = annotations(&written, plane);
            for name in input["hide_annotations"].as_array().into_iter().flatten() {
                let shown = &annotated[name.as_str().unwrap()];
                assert!(shown.is_null() || shown == "(sensitive)", "{}: {name} is shown", case["id"]);
            }
            assert!(
                annotated[LAST_APPLIED].is_null()
                    || input["actual"]["kind"] != "Secret"
                    || annotated[LAST_APPLIED] == "(sensitive)"
            );
        }
    }
    println!("argocd-diff: {pairs} pairs of {} cases read, {looked_for} secrets not shown", cases.len());
    assert!(pairs > 20 && looked_for > 5, "{pairs} {looked_for}");
}

#[test]
fn a_secret_is_read_as_the_api_server_stores_it() {
    let Some(cases) = cases() else {
        println!("argocd-diff: skipped, there is no corpus beside the workspace");
        return;
    };
    let mut agree = 0;
    for case in cases.iter().filter(|case| case["kind"] == "normalize-secret") {
        let reading = Reader::new().desired(vec![completed(case["input"]["object"].clone())]).read();
        let planes = &reading.observations[0].planes;
        let Observed::Present(document) = &planes.get(Plane::Desired).observed else { panic!("{}", case["id"]) };
        assert!(document.value().get("stringData").is_none(), "{}", case["id"]);
        let mut keys: Vec<&String> = document.value()["data"].as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(json!(keys), case["expected"]["data_keys"], "{}", case["id"]);
        agree += 1;
    }
    println!("argocd-diff: {agree} of {agree} Secrets are stored as upstream stores them");
    assert!(agree > 0);
}

#[test]
fn the_cluster_wide_kinds_are_those_of_kubernetes() {
    let Some(text) = shared("facts/kubernetes-types.json") else {
        println!("kubernetes-types: skipped, there are no facts beside the workspace");
        return;
    };
    let facts: Value = serde_json::from_str(&text).unwrap();
    let kinds = facts["kinds"].as_object().unwrap();
    for (name, kind) in kinds {
        let (api_version, kind_name) = name.rsplit_once('/').unwrap();
        let object =
            json!({"apiVersion": api_version, "kind": kind_name, "metadata": {"name": "x", "namespace": "given"}});
        let reading = Reader::new().desired(vec![object]).read();
        let namespaced = reading.observations[0].resource.namespace == "given";
        assert_eq!(json!(namespaced), kind["namespaced"], "{name}");
    }
    println!("kubernetes-types: the scope of {0} of {0} kinds agrees", kinds.len());
}
