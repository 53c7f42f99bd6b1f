//! The exports of one record in its life, as whole outputs; each against the schema of its form; none with a secret.
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic, and reads files"
)]

mod support;

use drift_evidence::export::{
    Context, Exhibit, OcsfClass, Product, cloudevents, in_toto, markdown, ocsf, oscal, sarif,
};
use drift_evidence::{Chain, Event, Outcome, Record, Verification};
use drift_model::{
    Action, AssessmentReport, Change, ChangeKind, Digest, Disposition, Document, Existence, Finding, Mark, Relation,
    Shown, StepView, Timestamp, Verdict, canonical_text,
};
use serde_json::{Value, json};

const SECRET: &str = "CANARY-hunter2";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn context() -> Context {
    Context::new(Product::new("drift", "0.1.0", "acme"), "drift://acme/prod", at("2026-07-03T12:00:00Z")).tenant("shop")
}

fn finding() -> Finding {
    let mut wire: Value = serde_json::from_str(include_str!("data/finding.json")).unwrap();
    wire["unit"] = json!("payments-prod-network");
    wire["evidenceUri"] = json!("s3://evidence/2026/07/03/drift-20260703-000184");
    wire["approvers"] = json!(["security-oncall"]);
    serde_json::from_value(wire).unwrap()
}

/// The record at four points of its life, with the line that it then ends with.
fn life() -> Vec<(&'static str, Record, String)> {
    let record = finding().finding_id;
    let approved = Event::Approved {
        record: record.clone(),
        action: Action::RuntimeRevert,
        by: "security-oncall".to_owned(),
        reference: Some("INC-9127".to_owned()),
    };
    let acted = Event::Acted {
        record: record.clone(),
        action: Action::RuntimeRevert,
        by: "pipeline/42".to_owned(),
        outcome: Outcome::Succeeded,
        reference: None,
    };
    let resource = finding().resource_ref.parse().unwrap();
    let look = AssessmentReport::new("obs-9", resource, Verdict::InSync, Existence::Managed, Digest::of(b""));
    let verified =
        Event::Verified { record: record.clone(), verification: Verification::of(&look, at("2026-07-03T10:42:31Z")) };
    let closed = Event::Closed { record, because: Some("reverted".to_owned()) };
    let mut case = Record::open(&finding(), at("2026-07-03T10:22:40Z"));
    let mut chain = Chain::start("drift.example/prod".parse().unwrap());
    let mut line = chain.append(&Event::detected(finding()), at("2026-07-03T10:22:40Z")).unwrap();
    let mut told = vec![("open", case.clone(), line.stored().to_owned())];
    for (name, steps) in [
        ("approved", vec![(approved, "2026-07-03T10:34:00Z")]),
        ("acted", vec![(acted, "2026-07-03T10:35:00Z")]),
        ("closed", vec![(verified, "2026-07-03T10:43:00Z"), (closed, "2026-07-03T10:44:00Z")]),
    ] {
        for (event, when) in steps {
            case.apply(&event, at(when)).unwrap();
            line = chain.append(&event, at(when)).unwrap();
        }
        told.push((name, case.clone(), line.stored().to_owned()));
    }
    told
}

fn shown<'r>(record: &'r Record, line: &str) -> Exhibit<'r> {
    Exhibit::of(record).declared_in("prod/network/main.tf").attested(line.as_bytes()).unwrap()
}

fn schema(name: &str) -> Value {
    let path = format!("{}/tests/data/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Every export of an exhibit that is JSON, with the name of its schema.
fn documents(exhibit: &Exhibit<'_>, context: &Context) -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("ocsf-2003", "ocsf", ocsf(exhibit, OcsfClass::Compliance, context)),
        ("ocsf-2004", "ocsf", ocsf(exhibit, OcsfClass::Detection, context)),
        ("in-toto", "in-toto", in_toto(exhibit, context)),
        ("cloudevents", "cloudevents", cloudevents(exhibit, context)),
        ("sarif", "sarif", sarif(std::slice::from_ref(exhibit), context)),
        ("oscal", "oscal", oscal(std::slice::from_ref(exhibit), context)),
    ]
}

/// Compares with the file, which `UPDATE_EXPORTS=1` writes.
fn expect(name: &str, text: &str) {
    let path = format!("{}/tests/data/exports/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var("UPDATE_EXPORTS").is_ok() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == expected, "{name} is not as expected; is:\n{text}");
}

#[test]
fn the_exports_of_a_record_in_its_life_are_these_bytes() {
    for (state, record, line) in life() {
        let exhibit = shown(&record, &line);
        for (name, _, document) in documents(&exhibit, &context()) {
            let text = canonical_text(&document);
            assert_eq!(drift_model::rfc8785_text(&document).unwrap(), text);
            expect(&format!("{state}.{name}.json"), &(text + "\n"));
        }
        expect(&format!("{state}.md"), &markdown(&exhibit, &context()));
    }
}

#[test]
fn every_export_is_of_its_schema_and_the_schema_sees_every_damage() {
    let exception = json!({"id": "EX-1", "expires": "2027-01-01T00:00:00Z"});
    for (state, record, line) in life() {
        let excepted = shown(&record, &line).excepted(serde_json::from_value(exception.clone()).unwrap());
        for exhibit in [Exhibit::of(&record), shown(&record, &line), excepted] {
            for (name, form, document) in documents(&exhibit, &context()) {
                let schema = schema(form);
                assert_eq!(support::faults(&schema, &document), Vec::<String>::new(), "{state} {name}");
                let damaged = support::damaged(&schema, &document);
                assert!(damaged.len() > 15, "{name}: {}", damaged.len());
                for (place, document) in damaged {
                    assert_ne!(
                        support::faults(&schema, &document),
                        Vec::<String>::new(),
                        "{name}: {place} was damaged"
                    );
                }
            }
        }
    }
}

/// What binds fields together, which no schema says.
#[test]
fn identifiers_within_an_export_agree() {
    for (_, record, line) in life() {
        let exhibit = shown(&record, &line);
        for class in [OcsfClass::Compliance, OcsfClass::Detection] {
            let event = ocsf(&exhibit, class, &context());
            let number = |name: &str| event[name].as_u64().unwrap();
            assert_eq!(number("type_uid"), number("class_uid") * 100 + number("activity_id"));
            assert_eq!(event.get("compliance").is_some(), class == OcsfClass::Compliance);
        }
        let log = sarif(&[exhibit.clone(), exhibit.clone()], &context());
        let run = &log["runs"][0];
        for result in run["results"].as_array().unwrap() {
            let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
        }
        let document = oscal(&[exhibit], &context());
        let results = &document["assessment-results"];
        let matter =
            |uuid: &str| results["back-matter"]["resources"].as_array().unwrap().iter().any(|r| r["uuid"] == uuid);
        assert!(matter(results["import-ap"]["href"].as_str().unwrap().trim_start_matches('#')));
        let (observation, finding) = (&results["results"][0]["observations"][0], &results["results"][0]["findings"][0]);
        assert!(matter(observation["subjects"][0]["subject-uuid"].as_str().unwrap()));
        assert_eq!(finding["related-observations"][0]["observation-uuid"], observation["uuid"]);
    }
}

#[test]
fn every_attribute_of_a_cloudevent_has_a_name_that_the_specification_takes() {
    for (_, record, _) in life() {
        for name in cloudevents(&Exhibit::of(&record), &context()).as_object().unwrap().keys() {
            let sound = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
            assert!(sound && name.len() <= 20, "{name}");
        }
    }
}

/// A finding of which every text is this one, as far as whoever creates a live object can choose it.
fn hostile(text: &str) -> Finding {
    let mut finding = finding();
    text.clone_into(&mut finding.resource_ref);
    text.clone_into(&mut finding.domain);
    finding.finding_id = format!("drift-{text}");
    for part in [&mut finding.environment, &mut finding.owner, &mut finding.unit, &mut finding.evidence_uri] {
        *part = Some(text.to_owned());
    }
    finding.approvers = vec![text.to_owned()];
    finding.changed_fields = vec![text.to_owned()];
    let audit = finding.audit_correlation.as_mut().unwrap();
    (audit.actor, audit.source) = (text.to_owned(), text.to_owned());
    finding
}

#[test]
fn hostile_names_stay_within_every_schema() {
    for text in [
        "",
        "a|b\n# c",
        "](javascript:alert(1))",
        "\u{0}",
        "'\"`",
        "<img src=x>",
        "{0} [a](b)",
        "\u{202e}é\u{1f600}",
        "%zz#a#b",
    ] {
        let record = Record::open(&hostile(text), at("2026-07-03T10:22:40Z"));
        let context = Context::new(Product::new(text, text, text), text, at("2026-07-03T12:00:00Z")).tenant(text);
        let exhibit = Exhibit::of(&record).declared_in(format!("x{text}"));
        for (name, form, document) in documents(&exhibit, &context) {
            assert_eq!(support::faults(&schema(form), &document), Vec::<String>::new(), "{name} with {text:?}");
        }
        let page = markdown(&exhibit, &context);
        assert!(!page.contains("\u{202e}") && !page.contains('\u{0}'), "{page}");
    }
}

#[test]
fn law_8_a_secret_never_leaves_through_an_export() {
    let mut document = Document::new(json!({"tags": {"password": SECRET}}));
    document.mark(Mark::Sensitive, "/tags/password".parse().unwrap());
    let value = document.value().pointer("/tags/password").unwrap();
    let shown = Shown::new(document.marks(), &[StepView::Field("tags"), StepView::Field("password")], value);
    let path = "/tags/password".parse().unwrap();
    let mut change = Change::new(path, ChangeKind::Changed, Relation::Differs, Disposition::Drift);
    change.desired = Some(shown);
    let mut made = finding();
    made.changes.push(change);
    let mut sent: Value = serde_json::from_str(include_str!("data/finding.json")).unwrap();
    for plane in ["desired", "recorded", "actual"] {
        sent["changes"][1][plane] = json!({"nested": [SECRET]});
    }
    for finding in [made, serde_json::from_value(sent).unwrap()] {
        let record = Record::open(&finding, at("2026-07-03T10:22:40Z"));
        let exhibit = Exhibit::of(&record);
        let mut out = markdown(&exhibit, &context()) + &format!("{exhibit:?}");
        for (_, _, document) in documents(&exhibit, &context()) {
            out += &canonical_text(&document);
        }
        assert!(out.contains("(sensitive)") && !out.contains("CANARY"), "{out}");
    }
}
