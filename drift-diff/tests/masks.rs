//! How Argo CD and Flux mask Secrets and select objects, asked of the same documents: read in place beside the checkout.
//!
//! The masks look different on purpose: a run of `+` tells that two values are equal and no more, and so does a class here.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test reads files, and says what it counted"
)]

use std::path::Path;

use drift_diff::{Comparer, ResourceSelector, Rules, Selector};
use drift_model::source::kubernetes::Reader;
use drift_model::{Change, Facts, Mark, Observation, Observed, PathPattern, Planes, ResourceRef};
use serde_json::{Value, json};

fn cases(file: &str) -> Option<Vec<Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/kubernetes").join(file);
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: the peer cases are not beside the checkout");
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// The object, with what every object has.
fn complete(object: &Value) -> Value {
    let mut object = object.clone();
    let map = object.as_object_mut().unwrap();
    map.entry("apiVersion").or_insert_with(|| "v1".into());
    map.entry("kind").or_insert_with(|| "Secret".into());
    let metadata = map.entry("metadata").or_insert_with(|| json!({})).as_object_mut().unwrap();
    metadata.entry("name").or_insert_with(|| "unnamed".into());
    metadata.entry("namespace").or_insert_with(|| "default".into());
    object
}

fn observed(desired: &Value, actual: &Value) -> Observation {
    let side = |object: &Value| if object.is_null() { Vec::new() } else { vec![complete(object)] };
    let mut reading = Reader::new().desired(side(desired)).actual(side(actual)).read();
    // One of the cases has the record of another object in its annotation, and is told so.
    assert!(
        !reading.problems.iter().any(drift_model::source::kubernetes::Problem::loses_object),
        "{:?}",
        reading.problems
    );
    reading.observations.pop().unwrap()
}

fn documents(planes: &mut Planes) -> impl Iterator<Item = &mut drift_model::Document> {
    [&mut planes.desired, &mut planes.recorded, &mut planes.actual].into_iter().filter_map(|plane| {
        match &mut plane.observed {
            Observed::Present(document) => Some(document),
            _ => None,
        }
    })
}

fn changes(observation: &Observation) -> Vec<Change> {
    let comparer = Comparer::compile(&Rules::default()).unwrap();
    comparer.compare(observation, &Facts::default()).changes.iter().map(drift_diff::FieldChange::to_change).collect()
}

/// Everything that anybody could read of an observation and its changes.
fn written(observation: &Observation, changes: &[Change]) -> String {
    let texts = [serde_json::to_string(observation).unwrap(), serde_json::to_string(changes).unwrap()];
    format!("{} {} {observation:?} {changes:?}", texts[0], texts[1])
}

/// The texts of `data` and `stringData`, which nobody may read.
fn secrets<'v>(objects: impl IntoIterator<Item = &'v Value>) -> Vec<&'v str> {
    let of = |object: &'v Value| ["data", "stringData"].into_iter().filter_map(|name| object.get(name)?.as_object());
    objects.into_iter().flat_map(of).flat_map(|map| map.values()).filter_map(Value::as_str).collect()
}

/// The same object, with texts that cannot be mistaken for others.
fn canaries(object: &Value) -> Value {
    match object {
        Value::Object(map) => {
            map.iter().map(|(name, value)| (name.clone(), canaries(value))).collect::<serde_json::Map<_, _>>().into()
        }
        Value::String(text) => format!("CANARY-{text}").into(),
        other => other.clone(),
    }
}

#[test]
fn argo_cd_masks_of_secrets() {
    let Some(cases) = cases("argocd-diff.jsonl") else { return };
    let (mut classes, mut silent) = (0_usize, 0_usize);
    for case in cases.iter().filter(|case| case["kind"] == "mask") {
        let (input, expected) = (&case["input"], &case["expected"]);
        let mut observation = observed(&input["desired"], &input["actual"]);
        for name in input["hide_annotations"].as_array().unwrap() {
            let escaped = name.as_str().unwrap().replace('/', "~1");
            let pattern: PathPattern = format!("/metadata/annotations/{escaped}").parse().unwrap();
            documents(&mut observation.planes).for_each(|document| document.mark(Mark::Sensitive, pattern.clone()));
        }
        observation.planes.redact();
        let changes = changes(&observation);
        let text = written(&observation, &changes);
        // What upstream shows as a run of plus signs is in nothing of ours.
        for (side, annotations) in [("desired", "desired_annotations"), ("actual", "actual_annotations")] {
            for secret in secrets([&input[side]]) {
                silent += 1;
                assert!(!text.contains(&format!("\"{secret}\"")), "{} {secret}", case["id"]);
            }
            let masked =
                expected[annotations].as_object().into_iter().flatten().filter(|(_, mask)| **mask == "++++++++");
            for (name, _) in masked {
                let secret = input[side]["metadata"]["annotations"][name].as_str().unwrap();
                let shown = format!("{}:{}", Value::from(name.as_str()), Value::from(secret));
                silent += 1;
                // A value that is the mask itself gives nothing away.
                assert!(secret == "++++++++" || !text.contains(&shown), "{} {name}", case["id"]);
            }
        }
        // Which values get the same mask.
        for (name, desired) in expected["desired"].as_object().into_iter().flatten() {
            let same = *desired == expected["actual"][name];
            let path = format!("/data/{name}");
            let change = changes.iter().find(|change| change.path.to_string() == path);
            classes += 1;
            assert_eq!(change.is_none(), same, "{} {name}", case["id"]);
            if let Some(change) = change {
                let masked = change.masked.as_ref().unwrap();
                assert!(change.sensitive && change.desired.is_none() && change.actual.is_none());
                assert_ne!(masked.desired, masked.actual, "{} {name}", case["id"]);
            }
        }
    }
    println!("argo cd: {classes} pairs of masks agree; {silent} hidden texts are in nothing that is written");
    assert!(classes >= 3 && silent >= 10, "{classes} {silent}");
}

#[test]
fn flux_masks_of_secrets() {
    let Some(cases) = cases("flux.jsonl") else { return };
    let mut asked = 0_usize;
    for case in &cases {
        let (input, expected) = (&case["input"], &case["expected"]);
        let (before, after) = match case["kind"].as_str().unwrap() {
            // The patch leads from what is live to what is declared.
            "mask-patch" => {
                let (mut before, mut after) = (json!({}), json!({}));
                for operation in input["patch"].as_array().unwrap() {
                    let path: Vec<&str> = operation["path"].as_str().unwrap().split('/').skip(1).collect();
                    for (side, member) in [(&mut before, "old"), (&mut after, "value")] {
                        if let Some(value) = operation.get(member) {
                            let parent = path.iter().fold(side, |place, name| &mut place[*name]);
                            *parent = value.clone();
                        }
                    }
                }
                (before, after)
            }
            "mask-objects" => (input["from"].clone(), input["to"].clone()),
            _ => continue,
        };
        // Their values are names as well: these are nothing else.
        let [before, after] = [before, after].map(|object| canaries(&object));
        let observation = observed(&after, &before);
        let changes = changes(&observation);
        let text = written(&observation, &changes);
        let told = expected.to_string();
        assert!(
            secrets([&before, &after]).iter().all(|secret| secret.starts_with("CANARY")) && !text.contains("CANARY"),
            "{text}"
        );
        for side in ["data", "stringData"] {
            let names = |object: &Value| -> Vec<String> {
                object[side].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
            };
            for name in names(&before).into_iter().chain(names(&after)) {
                // What is declared as text is kept as data; no server answers texts.
                let paths = ["data", side].map(|side| format!("/{side}/{name}"));
                let change = changes.iter().find(|change| paths.contains(&change.path.to_string()));
                let masked = change.and_then(|change| change.masked.clone()).unwrap_or_default();
                let has = |object: &Value| object[side].get(&name).is_some();
                asked += 1;
                assert!(told.contains("***"));
                assert_eq!(
                    (masked.desired.is_some(), masked.actual.is_some()),
                    (has(&after), has(&before)),
                    "{} {name}",
                    case["id"]
                );
                assert!(masked.desired != masked.actual, "{} {name}", case["id"]);
            }
        }
    }
    println!("flux: {asked} masked members agree: on which side a value is, and that two are not the same");
    assert!(asked >= 15, "{asked}");
}

/// Flux selects by anchored regular expressions, we by globs; what its cases ask is said by both.
#[test]
fn flux_selectors_by_kind_name_and_namespace() {
    let Some(cases) = cases("flux.jsonl") else { return };
    let (mut asked, mut labels) = (0_usize, 0_usize);
    for case in &cases {
        let kind = case["kind"].as_str().unwrap();
        let input = &case["input"];
        let object = match kind {
            "select-kind" => json!({"group": input["group"], "version": input["version"], "kind": input["kind"]}),
            "select-name" => json!({"name": input["name"]}),
            "select-namespace" => json!({"namespace": input["namespace"]}),
            "select-object" => {
                json!({"name": input["object"]["metadata"]["name"], "namespace": input["object"]["metadata"]["namespace"]})
            }
            // A reference has no labels: who must select by them says it in the policy's facts.
            "select-labels" | "select-annotations" => {
                labels += 1;
                continue;
            }
            _ => continue,
        };
        let mut spec = json!({});
        for (name, text) in input["selector"].as_object().into_iter().flatten() {
            let glob = text.as_str().unwrap().replace(".*", "*");
            match name.as_str() {
                "name" => spec["names"] = json!([glob]),
                "namespace" => spec["namespaces"] = json!([glob]),
                other => spec[other] = json!(glob),
            }
        }
        let spec: ResourceSelector = serde_json::from_value(spec).unwrap();
        let text = |name: &str| object[name].as_str().unwrap_or_default();
        let resource =
            ResourceRef::kubernetes(text("group"), text("version"), text("kind"), text("namespace"), text("name"));
        asked += 1;
        assert_eq!(Selector::compile(&spec).unwrap().matches(&resource), case["expected"]["match"], "{}", case["id"]);
    }
    println!("flux: {asked} selections agree; {labels} by labels and annotations are not asked");
    assert!(asked >= 13, "{asked}");
}
