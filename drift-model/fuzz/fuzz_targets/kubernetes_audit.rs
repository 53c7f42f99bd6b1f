//! A Kubernetes audit log of any form: every entry is read or told, the same however it is wrapped, and no body comes out.
#![no_main]

mod common;

use std::sync::LazyLock;

use drift_model::Signal;
use drift_model::source::LogReading;
use drift_model::source::kubernetes_audit::{Reader, latest};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

static READER: LazyLock<Reader> = LazyLock::new(Reader::new);

fn checked<T: std::fmt::Debug>(log: &LogReading<T>) {
    log.problems.iter().for_each(common::told);
    common::silent(&log.events);
}

fuzz_target!(|text: &str| {
    if text.contains("CANARY") {
        return;
    }
    let log = READER.read_text(text);
    checked(&log);
    for event in &log.events {
        for pattern in event.fields.iter().flatten() {
            assert_eq!(pattern.to_string().parse().as_ref(), Ok(pattern));
        }
        assert_eq!(event.evidence().is_none(), event.id.is_empty());
        let _ = Signal::from(event.clone());
    }
    let last = latest(log.events.clone());
    assert_eq!(latest(last.clone()), last);

    let Ok(mut document) = serde_json::from_str::<Value>(text) else { return };
    assert_eq!(READER.read_document(&document).events, log.events);
    let wrapped =
        READER.read_document(&json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [&document]}));
    let too_deep = wrapped.problems.iter().any(|problem| problem.to_string().contains("not wrapped again"));
    assert!(too_deep || (&wrapped.events, wrapped.problems.len()) == (&log.events, log.problems.len()));

    for body in ["requestObject", "responseObject"] {
        for place in ["", "/items/*"] {
            common::plant(&mut document, place, "userAgent");
            common::plant(&mut document, &format!("{place}/{body}"), "token");
            common::plant(&mut document, &format!("{place}/{body}/data"), "token");
            // An operation of a JSON Patch.
            common::plant(&mut document, &format!("{place}/{body}/*"), "value");
        }
    }
    checked(&READER.read_document(&document));
});
