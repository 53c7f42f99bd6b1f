//! A rule document, for actors or for field managers: read and written back, or refused with a place.
//!
//! The first line of the input is a name to ask the rules about, the others are the document.
#![no_main]

mod common;

use drift_model::source::actors::ActorRules;
use drift_model::source::managed_fields::{ManagerRules, Operation};
use drift_model::source::{cloudtrail, kubernetes_audit};
use drift_model::{FieldPath, ReadError};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fn refused(error: &ReadError) {
    common::told(error);
    assert!(!error.code().is_empty());
}

fuzz_target!(|text: &str| {
    let (name, document) = text.split_once('\n').unwrap_or(("", text));
    match ActorRules::from_json(document) {
        Err(error) => refused(&error),
        Ok(rules) => {
            let written = serde_json::to_string(&rules).expect("rules serialize");
            assert_eq!(ActorRules::from_json(&written).as_ref(), Ok(&rules));
            let known = |id: &str| id.is_empty() || rules.as_slice().iter().any(|rule| rule.id == id);
            let event = json!({"verb": "patch", "user": {"username": name, "groups": [name]}});
            let read = kubernetes_audit::Reader::with_rules(rules.clone()).read(&event).expect("an event");
            assert!(known(&read.actor.rule));
            let record = json!({"eventSource": "ec2.amazonaws.com", "eventName": "RebootInstances", "userIdentity":
                {"type": "AssumedRole", "arn": format!("arn:aws:sts::1:assumed-role/{name}"), "invokedBy": name, "userName": name}});
            let read = cloudtrail::Reader::with_rules(rules.clone()).read(&record).expect("a record");
            assert!(known(&read.event.actor.rule));
        }
    }
    match ManagerRules::from_json(document) {
        Err(error) => refused(&error),
        Ok(rules) => {
            let written = serde_json::to_string(&rules).expect("rules serialize");
            assert_eq!(ManagerRules::from_json(&written).as_ref(), Ok(&rules));
            let path = name.parse().unwrap_or_else(|_| FieldPath::from_iter([]));
            let all = rules.as_slice();
            for operation in [None, Some(Operation::Apply), Some(Operation::Update)] {
                let found = rules.find(name, operation, name, &path);
                assert!(found.is_none_or(|found| all.contains(found)));
            }
        }
    }
});
