//! Kubernetes objects of three sides: every object in one observation, and every problem with a text.
//!
//! The input is `[desired, recorded, actual]`, each an object or a list of objects.
#![no_main]

use drift_model::source::kubernetes::{Reader, trackers};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fn side(documents: &Value, index: usize) -> Vec<Value> {
    match documents.get(index) {
        Some(Value::Array(items)) => items.clone(),
        Some(value) => vec![value.clone()],
        None => Vec::new(),
    }
}

fuzz_target!(|text: &str| {
    let Ok(documents) = serde_json::from_str::<Value>(text) else { return };
    let _ = trackers(&documents);
    let reading = Reader::new()
        .desired(side(&documents, 0))
        .recorded(side(&documents, 1))
        .actual(side(&documents, 2))
        .actual_complete(text.len() % 2 == 0)
        .read();
    for observation in &reading.observations {
        serde_json::to_string(observation).expect("an observation serializes");
        let _ = observation.planes.existence();
    }
    for problem in &reading.problems {
        assert!(!problem.to_string().is_empty());
    }
    let _ = format!("{reading:?}");
});
