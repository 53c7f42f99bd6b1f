//! The plain types of tables and the schemas of documents say what the strict reader says.
#![cfg(feature = "schemars")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use drift_model::DocumentKind;
use drift_policy::{
    AlertRoutingSpec, Authored, DriftBudgetSpec, DriftClassificationSpec, DriftExceptionSpec, DriftPolicyTestSpec,
    DriftTaxonomySpec, Policy, ReconciliationPolicySpec, json_schema,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn read_and_written<T: DeserializeOwned + Serialize>(document: &Value) -> Value {
    let spec: T = drift_model::from_value(document.get("spec").unwrap().clone()).unwrap();
    let mut written = document.clone();
    written.as_object_mut().unwrap().insert("spec".to_owned(), serde_json::to_value(spec).unwrap());
    written
}

fn shipped(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_shipped_tables_are_the_same_after_the_plain_types_have_read_and_written_them() {
    let taxonomy = shipped(include_str!("../src/defaults/taxonomy.json"));
    let classification = shipped(include_str!("../src/defaults/classification.json"));
    let decision = shipped(include_str!("../src/defaults/decision.json"));
    for (document, written) in [
        (&taxonomy, read_and_written::<DriftTaxonomySpec>(&taxonomy)),
        (&classification, read_and_written::<DriftClassificationSpec>(&classification)),
        (&decision, read_and_written::<ReconciliationPolicySpec>(&decision)),
    ] {
        assert_eq!(*document, written);
        let (policy, warnings) = Policy::read(vec![Authored::new("shipped", written.into())]).unwrap();
        assert!(warnings.is_empty(), "{warnings}");
        assert_eq!(policy.digest(), Policy::shipped().digest());
    }
}

#[test]
fn everything_that_a_rule_may_say_survives_the_plain_types() {
    let decide = json!({"recommend": "INCIDENT_AND_REVERT", "autoHeal": "ALLOW_WITH_ALERT", "approvers": ["a"],
                        "obligations": ["NOTIFY"], "reconcileWithin": "4h", "playbook": "p"});
    let policy = json!({"spec": {
        "rules": [{"id": "a", "when": {"domain": ["iam"]}, "decide": decide, "because": "b",
                   "acknowledge": {"by": "a", "reason": "b", "expires": "2027-03-01T00:00:00Z"}}],
        "onUnknown": {"recommend": "INCIDENT", "autoHeal": "DENY"}}});
    assert_eq!(read_and_written::<ReconciliationPolicySpec>(&policy), policy);
    let taxonomy = json!({"spec": {
        "rules": [], "labels": {"payments": "DATABASE"}, "extends": "shipped",
        "onUnknown": {"domain": "iam", "risk": "HIGH"}}});
    assert_eq!(read_and_written::<DriftTaxonomySpec>(&taxonomy), taxonomy);
    let exception = json!({"spec": {"match": {"accepted": true, "domain": "iam", "freeze": ["ON", "OFF"]}, "owner": "a",
                                    "reason": "b", "expires": "2027-03-01T00:00:00Z"}});
    let written = read_and_written::<DriftExceptionSpec>(&exception);
    assert_eq!(
        written.pointer("/spec/match"),
        Some(&json!({"accepted": ["true"], "domain": ["iam"], "freeze": ["ON", "OFF"]}))
    );
}

#[test]
fn the_plain_types_refuse_what_the_reader_refuses() {
    for spec in [
        json!({"rules": [], "onUnknown": {"recommend": "INCIDENT", "autoHeal": "DENY"}, "extra": 1}),
        json!({"rules": [], "onUnknown": {"recommend": "INCIDNT", "autoHeal": "DENY"}}),
        json!({"rules": [], "onUnknown": {"recommend": "INCIDENT"}}),
        json!({"rules": [{"id": "a", "when": {"domain": [1]}}], "onUnknown": {"recommend": "NONE", "autoHeal": "DENY"}}),
    ] {
        assert!(drift_model::from_value::<ReconciliationPolicySpec>(spec.clone()).is_err(), "{spec}");
    }
}

/// Every `$ref` of a schema leads somewhere in it.
fn check_references(schema: &Value, whole: &Value) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(whole.pointer(pointer).is_some(), "{reference}");
            }
            map.values().for_each(|schema| check_references(schema, whole));
        }
        Value::Array(items) => items.iter().for_each(|schema| check_references(schema, whole)),
        _ => {}
    }
}

#[test]
fn every_kind_of_document_has_a_schema() {
    for kind in DocumentKind::ALL {
        let schema = Value::from(json_schema(*kind));
        assert_eq!(schema.pointer("/properties/kind/const"), Some(&json!(kind.word())));
        check_references(&schema, &schema);
        assert!(schema.pointer("/properties/spec/$ref").is_some(), "{kind}");
    }
}

#[test]
fn a_column_of_closed_words_lists_them() {
    let schema = Value::from(json_schema(DocumentKind::DriftException));
    let columns = schema.pointer("/$defs/WhenSpec/properties").unwrap();
    let words = |column: &str| columns.pointer(&format!("/{column}/items/enum")).cloned();
    assert_eq!(words("freeze"), Some(json!(["ON", "OFF", "*", "UNKNOWN"])));
    assert_eq!(words("risk"), Some(json!(["INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL", "*"])));
    assert_eq!((words("domain"), words("namespace")), (None, None));
    assert_eq!(columns.as_object().unwrap().len(), drift_policy::Column::ALL.len());
}

#[test]
fn routes_budgets_and_tests_survive_the_plain_types_and_are_read_as_before() {
    let route = json!({"match": {"driftClass": "PROVIDER_READ_NOISE", "severity": "low"}, "notify": ["iac-platform-team"],
                       "createIncident": false, "createIssue": true});
    let routes = json!({"routes": [route, {"id": "rest", "match": {}, "notify": [], "because": "b"}]});
    let budget = json!({"domain": "iam", "match": {"environment": ["prod*"]}, "maxOpen": 0, "maxAge": "7d",
                        "detectWithin": "15m", "classifyWithin": "30m", "reconcileWithin": "7d", "objective": "99.5%",
                        "window": "30d", "because": "b"});
    let change = json!({"path": "/rules", "kind": "ADDED", "relation": "DIFFERS", "disposition": "UNDECLARED",
                        "owner": "GIT", "ownerName": "git", "rule": "r", "counted": true});
    let given = json!({"resource": "ClusterRole/admin", "existence": "MANAGED", "facts": {"incident": "OPEN"},
                       "changes": [change], "now": "2026-07-03T00:00:00Z"});
    let expect = json!({"verdict": "DRIFTED", "class": "EMERGENCY_DRIFT", "risk": "HIGH", "action": "NONE",
                        "recommend": "NONE", "autoHealAllowed": false, "rule": "r", "refusedBy": [], "domain": "iam",
                        "obligations": ["NOTIFY"], "approvers": ["a"], "reconcileWithin": "4h", "routes": ["a"]});
    let tests = json!({"cases": [{"name": "a", "given": given, "expect": expect}]});
    let whole = |kind: &str, spec: Value| json!({"apiVersion": "d.e/v1", "kind": kind, "metadata": {"name": "n"}, "spec": spec});
    let (routes, budget, tests) =
        (whole("AlertRouting", routes), whole("DriftBudget", budget), whole("DriftPolicyTest", tests));
    for (document, written) in [
        (&routes, read_and_written::<AlertRoutingSpec>(&routes)),
        (&budget, read_and_written::<DriftBudgetSpec>(&budget)),
        (&tests, read_and_written::<DriftPolicyTestSpec>(&tests)),
    ] {
        assert_eq!(*document, written);
        let (_, warnings) = Policy::read(vec![Authored::new("n", written.into())]).unwrap();
        assert!(warnings.is_empty(), "{warnings}");
    }
}
