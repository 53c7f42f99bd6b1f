//! An ExternalSecret, and the Secret that it makes, of which only metadata may be seen.
//!
//! The input is an ExternalSecret, or `[external secret, secret]`.
#![no_main]

mod common;

use drift_model::source::external_secrets::{DataHash, ExternalSecret};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &str| {
    let Ok(mut documents) = serde_json::from_str::<Value>(text) else { return };
    if text.contains("CANARY") {
        return;
    }
    for place in ["", "/*"] {
        common::plant(&mut documents, &format!("{place}/status/conditions/*"), "message");
        common::plant(
            &mut documents,
            &format!("{place}/metadata/annotations"),
            "reconcile.external-secrets.io/data-hash",
        );
        common::plant(&mut documents, &format!("{place}/spec/target/template/data"), "token");
    }
    let hash = DataHash::of(documents.get(1).unwrap_or(&documents));
    common::silent(&hash);
    assert_eq!(hash, hash.clone());
    match ExternalSecret::read(documents.get(0).unwrap_or(&documents)) {
        Err(error) => common::told(&error),
        Ok(secret) => {
            common::silent(&secret);
            secret.problems.iter().for_each(common::told);
            let (now, window) = common::moment();
            common::facts(&secret.facts(now, window));
        }
    }
});
