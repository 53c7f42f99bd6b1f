//! A CloudTrail log of any form: every record is read or told, the same however it is wrapped, and no parameter comes out.
#![no_main]

mod common;

use std::sync::LazyLock;

use drift_model::source::LogReading;
use drift_model::source::cloudtrail::{Reader, Record, chain};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

static READER: LazyLock<Reader> = LazyLock::new(Reader::new);

fn checked(log: &LogReading<Record>) {
    log.problems.iter().for_each(common::told);
    common::silent(&log.events);
}

fuzz_target!(|text: &str| {
    if text.contains("CANARY") {
        return;
    }
    let log = READER.read_text(text);
    checked(&log);
    let mut chained = log.events.clone();
    chain(&mut chained);
    for (before, after) in log.events.iter().zip(&chained) {
        assert_eq!((&before.session, &before.event.target), (&after.session, &after.event.target));
        // A chain names somebody; it never forgets one.
        assert!(before.event.actor.kind.is_none() || after.event.actor.kind.is_some());
        assert!(before.event.actor.id.is_none() || after.event.actor.id.is_some());
    }

    let Ok(mut document) = serde_json::from_str::<Value>(text) else { return };
    assert_eq!(READER.read_document(&document).events, log.events);
    for form in [
        json!({"Records": [&document]}),
        json!({"detail-type": "AWS API Call via CloudTrail", "source": "aws.ec2", "detail": &document}),
        json!({"Events": [{"CloudTrailEvent": document.to_string()}]}),
    ] {
        let wrapped = READER.read_document(&form);
        let too_deep = wrapped.problems.iter().any(|problem| problem.to_string().contains("not wrapped again"));
        assert!(too_deep || (&wrapped.events, wrapped.problems.len()) == (&log.events, log.problems.len()), "{form}");
    }

    for place in ["", "/Records/*", "/detail"] {
        for name in ["userAgent", "sourceIPAddress", "errorMessage"] {
            common::plant(&mut document, place, name);
        }
        common::plant(&mut document, &format!("{place}/requestParameters"), "secretString");
        common::plant(&mut document, &format!("{place}/responseElements"), "secretString");
        common::plant(&mut document, &format!("{place}/responseElements/credentials"), "sessionToken");
    }
    checked(&READER.read_document(&document));
});
