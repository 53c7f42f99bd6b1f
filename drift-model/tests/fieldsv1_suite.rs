//! The FieldsV1 cases of structured-merge-diff: every round trip exact to the byte, every reject rejected.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test may fail loudly, read its cases and say how many there were"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use drift_model::source::managed_fields::{FieldSet, PathElement, PathElementError};
use serde_json::Value;

/// The text of a corpus file, where the corpus lies beside the workspace.
fn corpus(file: &str) -> Option<String> {
    ["../../shared/corpus", "../../../shared/corpus"]
        .iter()
        .map(|folder| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder).join(file))
        .find_map(|path| std::fs::read_to_string(path).ok())
}

/// A path element of the corpus: `{"f": name}`, `{"k": {…}}`, `{"v": value}` or `{"i": n}`.
fn element(case: &Value) -> PathElement {
    let (letter, body) = case.as_object().unwrap().iter().next().unwrap();
    let body = if letter == "f" { body.as_str().unwrap().to_owned() } else { body.to_string() };
    format!("{letter}:{body}").parse().unwrap()
}

fn members(case: &Value) -> BTreeSet<Vec<PathElement>> {
    case.as_array().unwrap().iter().map(|path| path.as_array().unwrap().iter().map(element).collect()).collect()
}

fn members_of(set: &FieldSet) -> BTreeSet<Vec<PathElement>> {
    set.members().into_iter().map(|path| path.into_iter().cloned().collect()).collect()
}

fn agrees(kind: &str, text: &str, expected: &Value) -> bool {
    let set = || text.parse::<FieldSet>();
    let has_members = |set: &FieldSet| {
        expected.get("members").is_none_or(|expected| {
            let expected = members(expected);
            members_of(set) == expected && expected.iter().all(|path| set.contains(path))
        })
    };
    match kind {
        "path-element-round-trip" => text.parse::<PathElement>().is_ok_and(|read| {
            read == element(&expected["element"]) && read.to_string() == expected["text"].as_str().unwrap()
        }),
        "path-element-accept" => text.parse::<PathElement>().is_ok_and(|read| {
            read == element(&expected["element"]) && read.to_string().parse::<PathElement>() == Ok(read)
        }),
        "path-element-reject" => text.parse::<PathElement>().is_err_and(|error| error != PathElementError::UnknownType),
        "path-element-unknown" => text.parse::<PathElement>() == Err(PathElementError::UnknownType),
        "set-round-trip" => set().is_ok_and(|read| read.to_string() == text && has_members(&read)),
        "set-normalize" => set().is_ok_and(|read| {
            let normal = expected["text"].as_str().unwrap();
            read.to_string() == normal && normal.parse::<FieldSet>() == Ok(read)
        }),
        "set-accept" => set().is_ok_and(|read| has_members(&read)),
        "set-reject" => set().is_err(),
        "set-drop-unknown" => {
            set().is_ok_and(|read| read.to_string() == expected["text"].as_str().unwrap() && has_members(&read))
        }
        other => panic!("a kind of case that this test does not know: {other}"),
    }
}

#[test]
fn fields_v1_agrees_with_structured_merge_diff() {
    let Some(text) = corpus("kubernetes/fieldsv1.jsonl") else {
        println!("fieldsv1: skipped, there is no corpus beside the workspace");
        return;
    };
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut failed = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        let kind = case["kind"].as_str().unwrap();
        let count = counts.entry(kind.to_owned()).or_default();
        count.1 += 1;
        if agrees(kind, case["input"]["text"].as_str().unwrap(), &case["expected"]) {
            count.0 += 1;
        } else {
            failed.push(case["id"].to_string());
        }
    }
    let total: usize = counts.values().map(|(_, all)| all).sum();
    println!("fieldsv1: {} of {total} agree; {counts:?}", total - failed.len());
    assert!(total > 0, "the corpus holds no case");
    assert!(failed.is_empty(), "{failed:?}");
}
