//! Plain documents with marks by pointer: what was marked as sensitive never comes out.
//!
//! The input is `{"desired", "recorded", "actual", "sensitive": [pointer], "unknown": [pointer], "unobservable": [pointer]}`.
#![no_main]

mod common;

use drift_model::source::generic::Reader;
use drift_model::{Coverage, Mark, RecordOf, ResourceRef};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: (bool, &str)| {
    let (exact, text) = input;
    let Ok(mut documents) = serde_json::from_str::<Value>(text) else { return };
    if text.contains("CANARY") {
        return;
    }
    let pointers = |of: &str| -> Vec<String> {
        let listed = documents.get(of).and_then(Value::as_array).into_iter().flatten();
        listed.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let marked = [
        (Mark::Sensitive, pointers("sensitive")),
        (Mark::Unknown, pointers("unknown")),
        (Mark::Unobservable, pointers("unobservable")),
    ];
    let mut planted = false;
    for plane in ["desired", "recorded", "actual"] {
        for pointer in &marked[0].1 {
            if let Some(place) = documents.get_mut(plane).and_then(|document| document.pointer_mut(pointer)) {
                *place = Value::from(common::CANARY);
                planted = true;
            }
        }
        if planted && let Some(document) = documents.get_mut(plane) {
            // Elsewhere, and inside of other texts, it is the same secret.
            common::plant(document, "", "copy");
            if let Some(copy) = document.get_mut("copy").filter(|copy| copy.is_string()) {
                *copy = Value::from(format!("db://app:{}@db/app", common::CANARY));
            }
        }
    }
    let mut reader = Reader::new("obs-1", ResourceRef::kubernetes("", "v1", "ConfigMap", "a", "b"));
    if let Some(desired) = documents.get("desired") {
        reader = reader.desired(desired.clone());
    }
    if let Some(recorded) = documents.get("recorded") {
        reader = reader.recorded(recorded.clone(), RecordOf::Declaration);
    }
    if let Some(actual) = documents.get("actual") {
        reader = reader.actual(actual.clone());
    }
    for (mark, pointers) in &marked {
        reader = reader.mark(*mark, pointers.iter().map(String::as_str));
    }
    common::silent(&reader);
    match reader.coverage(if exact { Coverage::Exact } else { Coverage::Declared }).read() {
        Err(error) => common::told(&error),
        Ok(observation) => {
            let _ = observation.planes.existence();
            common::observation(&observation);
        }
    }
});
