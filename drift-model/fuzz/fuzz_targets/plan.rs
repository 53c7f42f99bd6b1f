//! A plan, perhaps with a state file and a schema: read, or refused with a place.
//!
//! The input is `{"plan": …, "state": …, "schema": …}` behind one byte of what the caller says of the plan.
#![no_main]

use drift_model::System;
use drift_model::source::opentofu::{InstanceAddress, PlanContext, PlanMode, read_plan};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let Some((said, text)) = input.split_first() else { return };
    let text = String::from_utf8_lossy(text);
    if let Ok(address) = text.parse::<InstanceAddress>() {
        assert_eq!(address.to_string().parse(), Ok(address));
    }
    let Ok(documents) = serde_json::from_str::<Value>(&text) else { return };
    let flag = |bit: u8| (said >> bit & 1 == 1).then_some(said >> (bit + 1) & 1 == 1);
    let mode = [PlanMode::Normal, PlanMode::RefreshOnly, PlanMode::Destroy, PlanMode::Normal];
    let context = PlanContext {
        mode: mode[usize::from(said & 3)],
        refreshed: flag(2),
        targeted: flag(4),
        engine: if said & 64 == 0 { &System::OpenTofu } else { &System::Terraform },
        state: documents.get("state"),
        schema: documents.get("schema"),
        ..PlanContext::default()
    };
    match read_plan(documents.get("plan").unwrap_or(&documents), &context) {
        Ok(reading) => {
            assert_eq!(reading.observations.len(), reading.planned.len());
            for observation in &reading.observations {
                serde_json::to_string(observation).expect("an observation serializes");
                let _ = observation.planes.existence();
            }
            let _ = format!("{reading:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty() && !error.code().is_empty()),
    }
});
