//! What the targets share: a secret to look for, and what is asked of every answer.
#![allow(dead_code, reason = "no target needs all of it")]

use std::fmt::{Debug, Display};

use drift_model::{Facts, Observation, Span, Timestamp, from_json};
use serde_json::Value;

/// A text that no input holds, to be put where a reader must not show it.
pub const CANARY: &str = "CANARY-9f8e7d6c5b4a";

/// Puts the canary under this name into every object that the pointer leads to, where `*` stands for each item of a list.
pub fn plant(document: &mut Value, pointer: &str, name: &str) {
    let (step, rest) = match pointer.strip_prefix('/') {
        None => {
            if let Value::Object(map) = document {
                map.insert(name.to_owned(), Value::from(CANARY));
            }
            return;
        }
        Some(steps) => steps.split_at(steps.find('/').unwrap_or(steps.len())),
    };
    match document {
        Value::Array(items) if step == "*" => items.iter_mut().for_each(|item| plant(item, rest, name)),
        Value::Object(map) => {
            if let Some(member) = map.get_mut(step) {
                plant(member, rest, name);
            }
        }
        _ => {}
    }
}

/// Nothing that was planted is shown.
pub fn silent(shown: &impl Debug) {
    let shown = format!("{shown:?}");
    assert!(!shown.contains(CANARY), "{shown}");
}

/// A problem has a text, and the text no secret.
pub fn told(problem: &(impl Display + Debug)) {
    assert!(!problem.to_string().is_empty());
    silent(problem);
    silent(&problem.to_string());
}

/// The moment of the assessment, and how old a status may be.
pub fn moment() -> (Timestamp, Span) {
    ("2026-07-03T10:22:31Z".parse().expect("a time"), Span::from_seconds(3_600))
}

/// What is written of the facts is read again, and holds no secret.
pub fn facts(facts: &Facts) {
    let written = serde_json::to_string(facts).expect("facts serialize");
    assert!(!written.contains(CANARY), "{written}");
    let again: Facts = from_json(&written).expect("what was written is read");
    assert_eq!(serde_json::to_string(&again).expect("facts serialize"), written);
}

/// What is written of the observation is read again, and holds no secret.
pub fn observation(observation: &Observation) {
    let written = |observation: &Observation| serde_json::to_string(observation).expect("an observation serializes");
    let read = |text: &str| Observation::from_json(text).expect("what was written is read");
    silent(observation);
    let text = written(observation);
    assert!(!text.contains(CANARY), "{text}");
    // What was masked is called unobservable once more; after that nothing changes.
    let once = written(&read(&text));
    assert_eq!(written(&read(&once)), once);
}
