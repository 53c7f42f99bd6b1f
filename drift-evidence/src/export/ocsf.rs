//! OCSF: a record as a Compliance Finding (2003) or a Detection Finding (2004), schema 1.8.0 (schema.ocsf.io).

use drift_model::Risk;
use serde_json::{Value, json};

use super::exhibit::Standing;
use super::{Attestation, Context, Exhibit, changes, interoperable, object, places, title, value};
use crate::event::EventKind;
use crate::record::State;

/// Which class of OCSF event a record becomes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the two classes that fit; a third would be another mapping")]
pub enum OcsfClass {
    /// Compliance Finding, 2003: the resource passes or fails what was declared.
    #[default]
    Compliance,
    /// Detection Finding, 2004: what alerting pipelines are usually wired for.
    Detection,
}

/// The version of the schema that the events are of.
const SCHEMA: &str = "1.8.0";

/// The category of findings.
const CATEGORY: u64 = 2;

/// A record as an OCSF event.
///
/// `activity_id` and `status_id` tell its life: Create, Update, Close; New, In Progress, Suppressed while an exception
/// holds, Resolved. Compliance is 3 Fail while the drift is there, 1 Pass once a later look proved that it is gone, and 2
/// Warning where nobody can tell: no result is not no drift. Times are milliseconds since 1970. What OCSF has no place for
/// is in `unmapped`; there, too, is what the ledger vouches for.
///
/// ```
/// use drift_evidence::Record;
/// use drift_evidence::export::{Context, Exhibit, OcsfClass, Product, ocsf};
/// # let finding: drift_model::Finding = serde_json::from_str(include_str!(concat!(
/// #     env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json"
/// # )))?;
///
/// let record = Record::open(&finding, "2026-07-03T10:22:40Z".parse()?);
/// let context = Context::new(Product::new("drift", "0.1.0", "acme"), "drift://acme", "2026-07-03T12:00:00Z".parse()?);
/// let event = ocsf(&Exhibit::of(&record), OcsfClass::Compliance, &context);
/// assert_eq!(event["type_uid"], 200_301);
/// assert_eq!(event["compliance"]["status"], "Fail");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn ocsf(exhibit: &Exhibit<'_>, class: OcsfClass, context: &Context) -> Value {
    let record = exhibit.record;
    let finding = record.finding();
    let (class_uid, class_name) = match class {
        OcsfClass::Compliance => (2003_u64, "Compliance Finding"),
        OcsfClass::Detection => (2004, "Detection Finding"),
    };
    let (activity_id, activity_name) = activity(exhibit);
    let type_uid = class_uid.saturating_mul(100).saturating_add(activity_id);
    let (status_id, status) = status(exhibit, context);
    let (severity_id, severity) = severity(exhibit.class().1);
    let age = exhibit.age().to_string();
    let mut event = object([
        ("activity_id", activity_id.into()),
        ("activity_name", activity_name.into()),
        ("category_name", "Findings".into()),
        ("category_uid", CATEGORY.into()),
        ("class_name", class_name.into()),
        ("class_uid", class_uid.into()),
        ("finding_info", finding_info(exhibit)),
        ("message", title(exhibit).into()),
        (
            "metadata",
            object([
                ("correlation_uid", record.id().into()),
                ("logged_time", exhibit.modified().unix_milliseconds().into()),
                ("processed_time", context.at.unix_milliseconds().into()),
                (
                    "product",
                    json!({
                        "name": context.product.name,
                        "vendor_name": context.product.vendor,
                        "version": context.product.version,
                    }),
                ),
                ("tenant_uid", context.tenant.as_deref().map_or(Value::Null, Value::from)),
                ("uid", context.uuid(&["ocsf", record.id(), &age]).into()),
                ("version", SCHEMA.into()),
            ]),
        ),
        ("remediation", json!({"desc": finding.recommended_action})),
        ("resources", json!([resource(exhibit)])),
        ("severity", severity.into()),
        ("severity_id", severity_id.into()),
        ("status", status.into()),
        ("status_id", status_id.into()),
        ("time", record.detected_at().unix_milliseconds().into()),
        ("type_name", format!("{class_name}: {activity_name}").into()),
        ("type_uid", type_uid.into()),
        ("unmapped", unmapped(exhibit, context)),
    ]);
    let own = match class {
        OcsfClass::Compliance => [("compliance", compliance(exhibit)), ("evidences", Value::Null)],
        OcsfClass::Detection => [
            ("evidences", json!([{"data": {"changes": changes(exhibit)}}])),
            ("is_alert", (exhibit.last() == EventKind::Detected || exhibit.last() == EventKind::Reopened).into()),
        ],
    };
    if let Value::Object(members) = &mut event {
        members.extend(own.into_iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.to_owned(), v)));
    }
    interoperable(event)
}

fn activity(exhibit: &Exhibit<'_>) -> (u64, &'static str) {
    match exhibit.record.state() {
        State::Closed => (3, "Close"),
        _ if exhibit.age() <= 1 => (1, "Create"),
        State::Open | State::Approved | State::Acted | State::Verified => (2, "Update"),
    }
}

fn status(exhibit: &Exhibit<'_>, context: &Context) -> (u64, &'static str) {
    match exhibit.record.state() {
        State::Closed => (4, "Resolved"),
        _ if exhibit.is_excepted(context.at) => (3, "Suppressed"),
        State::Open => (1, "New"),
        State::Approved | State::Acted | State::Verified => (2, "In Progress"),
    }
}

const fn severity(risk: Risk) -> (u64, &'static str) {
    match risk {
        Risk::Info => (1, "Informational"),
        Risk::Low => (2, "Low"),
        Risk::Medium => (3, "Medium"),
        Risk::High => (4, "High"),
        Risk::Critical => (5, "Critical"),
    }
}

fn finding_info(exhibit: &Exhibit<'_>) -> Value {
    let record = exhibit.record;
    let finding = record.finding();
    object([
        ("created_time", record.detected_at().unix_milliseconds().into()),
        ("desc", format!("{} at {}", finding.relation, places(exhibit)).into()),
        ("first_seen_time", record.began_at().unwrap_or_else(|| record.detected_at()).unix_milliseconds().into()),
        ("last_seen_time", record.seen().unix_milliseconds().into()),
        ("modified_time", exhibit.modified().unix_milliseconds().into()),
        ("src_url", value(&exhibit.evidence())),
        ("title", title(exhibit).into()),
        ("types", json!([exhibit.class().0])),
        ("uid", record.id().into()),
    ])
}

fn resource(exhibit: &Exhibit<'_>) -> Value {
    let finding = exhibit.record.finding();
    let kind = finding.resource_ref.parse::<drift_model::ResourceRef>().ok();
    let kind = kind.map(|resource| resource.kind_or_type().to_owned()).filter(|kind| !kind.is_empty());
    object([
        ("group", finding.unit.as_deref().map_or(Value::Null, |unit| json!({"name": unit}))),
        ("labels", finding.environment.as_ref().map_or(Value::Null, |name| json!([format!("environment:{name}")]))),
        ("owner", finding.owner.as_ref().map_or(Value::Null, |owner| json!({"name": owner}))),
        ("type", kind.map_or(Value::Null, Value::from)),
        ("uid", finding.resource_ref.as_str().into()),
    ])
}

fn compliance(exhibit: &Exhibit<'_>) -> Value {
    let finding = exhibit.record.finding();
    let (status_id, status, detail) = match exhibit.standing() {
        Standing::Gone => (1, "Pass", "a later look proved that the drift is gone".to_owned()),
        Standing::NotKnown => {
            let reason = exhibit.unseen.map(|reason| format!(": {reason}")).unwrap_or_default();
            (2, "Warning", format!("whether the resource is as declared is not known{reason}"))
        }
        Standing::There => (3, "Fail", format!("last seen at {}", exhibit.record.seen())),
    };
    let rules = finding.trace.iter().map(|step| format!("{}/{}", step.table, step.rule)).collect::<Vec<_>>();
    json!({
        "control": finding.domain,
        "requirements": rules,
        "standards": [format!("policy {}", finding.policy_digest)],
        "status": status,
        "status_detail": detail,
        "status_id": status_id,
    })
}

/// What OCSF has no place for.
fn unmapped(exhibit: &Exhibit<'_>, context: &Context) -> Value {
    let finding = exhibit.record.finding();
    object([
        ("auditCorrelation", finding.audit_correlation.as_ref().map_or(Value::Null, value)),
        ("causeFingerprint", value(&finding.cause_fingerprint)),
        ("changedFields", value(&finding.changed_fields)),
        ("domain", finding.domain.as_str().into()),
        ("exception", exhibit.exception.as_ref().map_or(Value::Null, value)),
        ("fingerprint", value(&finding.fingerprint)),
        ("integrity", exhibit.attestation.as_ref().map_or(Value::Null, Attestation::document)),
        ("recommendedAction", finding.recommended_action.as_str().into()),
        ("source", context.uri().into()),
        ("state", value(&exhibit.record.state())),
    ])
}

#[cfg(test)]
mod tests {
    use drift_model::{Relation, UnknownReason, canonical_text};

    use super::*;
    use crate::export::test::context;
    use crate::{Record, sample};

    #[test]
    fn each_state_has_its_activity_status_and_compliance() {
        let told: Vec<_> = (1..=9)
            .map(|count| {
                let event = ocsf(&Exhibit::of(&sample::record(count)), OcsfClass::Compliance, &context());
                let word = |pointer: &str| event.pointer(pointer).unwrap().as_str().unwrap().to_owned();
                format!("{} {} {}", word("/activity_name"), word("/status"), word("/compliance/status"))
            })
            .collect();
        assert_eq!(
            told,
            [
                "Create New Fail",
                "Update New Fail",
                "Update New Fail",
                "Update New Fail",
                "Update In Progress Fail",
                "Update In Progress Fail",
                "Update In Progress Pass",
                "Close Resolved Pass",
                "Update New Fail"
            ]
        );
    }

    #[test]
    fn what_nobody_can_tell_is_a_warning_and_never_a_pass() {
        let status = |exhibit: &Exhibit<'_>| {
            ocsf(exhibit, OcsfClass::Compliance, &context())["compliance"]["status"].as_str().unwrap().to_owned()
        };
        let record = sample::record(6);
        assert_eq!(status(&Exhibit::of(&record).unseen(UnknownReason::Stale)), "Warning");
        let mut finding = sample::finding();
        finding.relation = Relation::Undetermined;
        assert_eq!(status(&Exhibit::of(&Record::open(&finding, sample::at(0)))), "Warning");
    }

    #[test]
    fn an_exception_suppresses_until_it_ends() {
        let record = sample::record(1);
        let status = |expires: Option<&str>| {
            let mut window: drift_model::ExceptionWindow = serde_json::from_value(json!({"id": "EX-1"})).unwrap();
            window.expires = expires.map(|at| at.parse().unwrap());
            let event = ocsf(&Exhibit::of(&record).excepted(window), OcsfClass::Detection, &context());
            event["status"].as_str().unwrap().to_owned()
        };
        assert_eq!(status(None), "Suppressed");
        assert_eq!(status(Some("2030-01-01")), "Suppressed");
        assert_eq!(status(Some("2026-01-01")), "New");
    }

    #[test]
    fn an_event_prints_without_an_integer_that_a_double_would_round() {
        let mut finding = serde_json::to_value(sample::finding()).unwrap();
        finding["changes"][0]["actual"] =
            json!({"big": u64::MAX, "least": i64::MIN, "edge": 9_007_199_254_740_991_u64});
        let record = Record::open(&serde_json::from_value(finding).unwrap(), sample::at(0));
        let event = ocsf(&Exhibit::of(&record), OcsfClass::Detection, &context());
        let text = canonical_text(&event);
        assert!(
            text.contains(r#"{"big":"18446744073709551615","edge":9007199254740991,"least":"-9223372036854775808"}"#)
        );
    }
}
