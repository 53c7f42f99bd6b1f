//! Plans with labelled truth, read and compared: the relation of every labelled field.
//!
//! Reads the corpus beside the checkout in place, and says so where it is missing.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reads files, and says what it counted"
)]

use std::path::{Path, PathBuf};

use drift_diff::{Comparer, FieldChange, Rules};
use drift_model::source::opentofu::{PlanContext, PlanMode, read_plan};
use drift_model::{Disposition, Facts, System};
use serde_json::Value;

fn json(path: &Path) -> Option<Value> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

fn corpus() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["../../shared/corpus/terraform", "../drift-model/tests/terraform"]
        .iter()
        .map(|path| here.join(path))
        .find(|path| path.is_dir())
}

/// Does the change stand at the labelled place, or below it?
fn is_at(change: &FieldChange<'_>, pointer: &str) -> bool {
    let below = |known: &str| known == pointer || known.strip_prefix(pointer).is_some_and(|rest| rest.starts_with('/'));
    [&change.pointers.desired, &change.pointers.recorded, &change.pointers.actual]
        .into_iter()
        .flatten()
        .any(|known| below(known))
        || below(&change.path.to_string())
}

/// Why the answer is not the labelled one, if it is not.
fn disagreement(field: &Value, changes: &[FieldChange<'_>]) -> Option<String> {
    let pointer = field["pointer"].as_str().unwrap();
    let expected = field["relation"].as_str().unwrap();
    let here: Vec<&FieldChange<'_>> = changes.iter().filter(|change| is_at(change, pointer)).collect();
    let found = || {
        here.iter()
            .map(|change| format!("{} {} {}", change.path, change.relation, change.disposition))
            .collect::<Vec<_>>()
            .join("; ")
    };
    let open: Vec<_> = here.iter().filter(|change| change.disposition != Disposition::Equivalent).collect();
    let agrees = match expected {
        "IN_SYNC" => open.is_empty(),
        "UNDECLARED_CHANGE" => open.iter().any(|change| change.relation.word().starts_with("UNDECLARED")),
        relation => {
            let undetermined = field["declared"] == "undetermined";
            open.iter().any(|change| {
                change.relation.word() == relation || undetermined && change.relation.word() == "UNDETERMINED"
            })
        }
    };
    (!agrees).then(|| format!("{pointer}: labelled {expected}, noise {}, found [{}]", field["noise"], found()))
}

#[test]
fn relations_of_labelled_plans() {
    let Some(corpus) = corpus() else {
        println!("skipped: no labelled plans beside the checkout");
        return;
    };
    let comparer = Comparer::compile(&Rules::default()).unwrap();
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let (mut labelled, mut otherwise, mut in_sync, mut noisy) = (0_usize, Vec::new(), 0_usize, Vec::new());
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let expected = json(&folder.join("expected.json")).unwrap();
        let state = json(&folder.join("state.raw.json")).unwrap();
        let schema = json(&folder.join("schema.json")).or_else(|| json(&corpus.join("schema.json"))).unwrap();
        let context = &expected["context"];
        let mode = match context["mode"].as_str().unwrap() {
            "normal" => PlanMode::Normal,
            "refresh-only" => PlanMode::RefreshOnly,
            _ => PlanMode::Destroy,
        };
        let plan = json(&folder.join("plan.json")).unwrap();
        let context = PlanContext {
            mode,
            refreshed: context["refreshed"].as_bool(),
            targeted: context["targeted"].as_bool(),
            engine: &System::Terraform,
            state: Some(&state),
            schema: Some(&schema),
            ..PlanContext::default()
        };
        let reading = read_plan(&plan, &context).unwrap();
        for resource in expected["resources"].as_array().unwrap() {
            let Some(observation) = reading.observations.iter().find(|observation| {
                observation.resource.address == resource["address"].as_str().unwrap()
                    && observation.resource.deposed.as_deref() == resource.get("deposed").and_then(Value::as_str)
            }) else {
                otherwise.push(format!("{name} {}: not read", resource["address"]));
                continue;
            };
            let delta = comparer.compare(observation, &Facts::default());
            let fields = resource["fields"].as_array().unwrap();
            for field in fields {
                labelled += 1;
                if let Some(why) = disagreement(field, &delta.changes) {
                    otherwise.push(format!("{name} {} {why}", resource["address"]));
                }
            }
            // Whatever is not labelled is in sync.
            for change in delta.changes.iter().filter(|change| !change.path.is_root() && change.is_drift()) {
                if fields.iter().any(|field| is_at(change, field["pointer"].as_str().unwrap())) {
                    in_sync += 1;
                } else if resource["otherFieldsInSync"] == true {
                    noisy.push(format!("{name} {} {} {}", resource["address"], change.path, change.relation));
                }
            }
        }
    }
    println!(
        "terraform: {} of {labelled} labelled relations agree; {in_sync} drifting places are labelled, {} are not",
        labelled - otherwise.len(),
        noisy.len()
    );
    for line in otherwise.iter().chain(&noisy) {
        println!("  {line}");
    }
    assert!(noisy.is_empty(), "drift that no label knows");
}
