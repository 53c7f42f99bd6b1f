//! What delivers, with its source: steps, sync and health never say more with less.
//!
//! The input is one object of Flux, or `[delivery, source]`; as a text alone it may be an inventory id.
#![no_main]

mod common;

use drift_model::source::flux::{
    Delivery, HelmRelease, Kustomization, Source, graph, inventory_id, opt_outs, parse_inventory_id,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fn delivered<'a>(delivery: impl Into<Delivery<'a>>, source: Option<&Source>) {
    let delivery = delivery.into();
    let (now, window) = common::moment();
    common::facts(&graph(delivery, source, now, window));
    let alone = graph(delivery, None, now, window);
    common::facts(&alone);
    // A delivery alone cannot say that its source was fetched.
    let fetched = alone.source.last_known().and_then(|steps| steps.fetched);
    assert_ne!(fetched, Some(drift_model::SourceStep::Ok));
}

fuzz_target!(|text: &str| {
    if let Ok(resource) = parse_inventory_id(text, "v1") {
        assert_eq!(parse_inventory_id(&inventory_id(&resource), "v1"), Ok(resource));
    }
    let Ok(mut documents) = serde_json::from_str::<Value>(text) else { return };
    if text.contains("CANARY") {
        return;
    }
    for place in ["", "/*"] {
        common::plant(&mut documents, &format!("{place}/status/conditions/*"), "message");
        common::plant(&mut documents, &format!("{place}/spec"), "url");
        common::plant(&mut documents, &format!("{place}/spec"), "values");
        common::plant(&mut documents, &format!("{place}/status/artifact"), "url");
    }
    opt_outs(&documents).1.iter().for_each(common::told);
    let delivery = documents.get(0).unwrap_or(&documents);
    let source = Source::read(documents.get(1).unwrap_or(&documents));
    match &source {
        Err(error) => common::told(error),
        Ok(source) => {
            common::silent(source);
            source.problems.iter().for_each(common::told);
        }
    }
    let source = source.ok();
    match Kustomization::read(delivery) {
        Err(error) => common::told(&error),
        Ok(kustomization) => {
            common::silent(&kustomization);
            kustomization.problems.iter().for_each(common::told);
            for resource in kustomization.inventory.iter().flatten() {
                assert_eq!(kustomization.delivers(resource), Some(true));
            }
            delivered(&kustomization, source.as_ref());
        }
    }
    match HelmRelease::read(delivery) {
        Err(error) => common::told(&error),
        Ok(release) => {
            common::silent(&release);
            release.problems.iter().for_each(common::told);
            delivered(&release, source.as_ref());
        }
    }
});
