//! Law 8, a secret never leaves: every output of this crate is searched for one.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;

use drift_evidence::{Answer, Entry, Event, Ledger, Verification, verify};
use drift_model::{
    AssessmentReport, Change, ChangeKind, Digest, Disposition, Document, Existence, Finding, Mark, Relation, Shown,
    StepView, Timestamp, Verdict,
};
use serde_json::{Value, json};

const SECRET: &str = "CANARY-hunter2";

fn wire() -> Value {
    serde_json::from_str(include_str!("data/finding.json")).unwrap()
}

/// As a comparison makes it: the change of a secret, shown through the marks of its document.
fn made() -> Finding {
    let mut document = Document::new(json!({"tags": {"password": SECRET}}));
    document.mark(Mark::Sensitive, "/tags/password".parse().unwrap());
    let value = document.value().pointer("/tags/password").unwrap();
    let shown = Shown::new(document.marks(), &[StepView::Field("tags"), StepView::Field("password")], value);
    let path = "/tags/password".parse().unwrap();
    let mut change = Change::new(path, ChangeKind::Changed, Relation::Differs, Disposition::Drift);
    change.desired = Some(shown);
    let mut finding: Finding = serde_json::from_value(wire()).unwrap();
    finding.changes.push(change);
    finding
}

/// As a careless producer sends it: a change that calls itself sensitive, with its values.
fn sent() -> Finding {
    let mut wire = wire();
    for plane in ["desired", "recorded", "actual"] {
        wire["changes"][1][plane] = json!({"nested": [SECRET]});
    }
    serde_json::from_value(wire).unwrap()
}

#[test]
fn law_8_a_secret_never_leaves_through_lines_records_answers_or_debug() {
    let at: Timestamp = "2026-07-03T10:22:40Z".parse().unwrap();
    let later: Timestamp = "2026-07-03T11:22:40Z".parse().unwrap();
    for finding in [made(), sent()] {
        let record = finding.finding_id.clone();
        let resource = finding.resource_ref.parse().unwrap();
        let report = AssessmentReport::new("obs-9", resource, Verdict::InSync, Existence::Managed, Digest::of(b""));
        let mut ledger = Ledger::start("a".parse().unwrap());
        let mut out = String::new();
        let mut stored = String::new();
        for event in [
            Event::detected(finding.clone()),
            Event::updated(record.clone(), finding.clone()),
            Event::Verified { record: record.clone(), verification: Verification::of(&report, later) },
            Event::Closed { record: record.clone(), because: None },
            Event::reopened(record.clone(), finding.clone()),
        ] {
            let line = ledger.append(&event, at).unwrap();
            let entry = Entry::read(line.stored().as_bytes()).unwrap();
            write!(out, "{event:?} {line} {line:?} {entry:?} {}", serde_json::to_string(&event).unwrap()).unwrap();
            stored += line.stored();
        }
        let error = ledger.append(&Event::detected(finding), at).unwrap_err();
        write!(out, "{ledger:?} {error} {error:?} {:?}", Ledger::resume(stored.as_bytes()).unwrap()).unwrap();
        for (_, answer) in ledger.record(&record).unwrap().answers() {
            out += &answer.to_string();
            assert_ne!(answer, Answer::Known(String::new()));
        }
        assert!(out.contains("(sensitive)"), "{out}");
        assert!(!out.contains("CANARY"), "{out}");
    }
}

#[test]
fn law_8_a_secret_never_leaves_through_an_error_of_what_was_read() {
    let at: Timestamp = "2026-07-03T10:22:40Z".parse().unwrap();
    let mut ledger = Ledger::start("a".parse().unwrap());
    let line = ledger.append(&Event::detected(made()), at).unwrap();
    let line: Value = serde_json::from_str(line.stored()).unwrap();
    for pointer in
        ["/at", "/chain", "/event", "/finding", "/finding/risk", "/finding/changes/0/path", "/seal", "/sequence"]
    {
        for value in [json!(format!("{SECRET} {SECRET}")), json!([SECRET]), json!({SECRET: SECRET})] {
            let mut line = line.clone();
            *line.pointer_mut(pointer).unwrap() = value;
            let text = format!("{}\n", drift_model::canonical_text(&line));
            let broken = verify(text.as_bytes()).unwrap_err();
            let resumed = Ledger::resume(text.as_bytes()).unwrap_err();
            let out = format!("{broken} {broken:?} {resumed} {resumed:?} {:?}", Entry::read(text.as_bytes()).err());
            assert!(!out.contains("CANARY"), "{pointer}: {out}");
        }
    }
}
