//! An Application, and a live object that it may track.
//!
//! The input is an Application, or `[application, live]`; as a text alone it may be a tracking id.
#![no_main]

mod common;

use drift_model::source::argocd::{Application, TrackingId, opt_outs};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &str| {
    if let Ok(id) = text.parse::<TrackingId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    let Ok(mut documents) = serde_json::from_str::<Value>(text) else { return };
    if text.contains("CANARY") {
        return;
    }
    for place in ["", "/*"] {
        for node in [
            "/status/conditions/*",
            "/status/operationState",
            "/status/health",
            "/status/operationState/syncResult/resources/*",
        ] {
            common::plant(&mut documents, &format!("{place}{node}"), "message");
        }
        common::plant(&mut documents, &format!("{place}/spec/source/helm"), "values");
    }
    let live = documents.get(1).unwrap_or(&Value::Null);
    opt_outs(live).1.iter().for_each(common::told);
    match Application::read(documents.get(0).unwrap_or(&documents)) {
        Err(error) => common::told(&error),
        Ok(application) => {
            common::silent(&application);
            application.problems.iter().for_each(common::told);
            let (now, window) = common::moment();
            common::facts(&application.facts(now, window));
            for listed in &application.resources {
                common::facts(&application.facts_for(&listed.resource, now, window));
            }
            let _ = (application.tracks(live), application.enforces(), application.suspension());
        }
    }
});
