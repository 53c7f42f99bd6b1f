//! A line of input: read or refused, and what is written reads back to the same text.
#![no_main]

use drift_model::Observation;
use libfuzzer_sys::fuzz_target;

fn written(observation: &Observation) -> String {
    serde_json::to_string(observation).expect("an observation serializes")
}

fn read(text: &str) -> Observation {
    Observation::from_json(text).expect("what was written is read")
}

fuzz_target!(|text: &str| {
    let observation = match Observation::from_json(text) {
        Ok(observation) => observation,
        Err(error) => {
            assert!(!error.to_string().is_empty() && !error.code().is_empty());
            return;
        }
    };
    let _ = format!("{observation} {observation:?} {:?}", observation.planes.existence());
    // What was masked is called unobservable once more; after that nothing changes.
    let once = written(&read(&written(&observation)));
    assert_eq!(once, written(&read(&once)));
});
