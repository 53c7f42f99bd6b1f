//! SARIF 2.1.0 (OASIS): records as the results of one run, as code scanning reads them.

use std::collections::BTreeMap;

use drift_model::{DriftClass, Risk};
use serde_json::{Value, json};

use super::exhibit::Standing;
use super::{Context, Exhibit, NAMESPACE, interoperable, object, places, text, value};
use crate::event::EventKind;

/// Records as a SARIF log of one run, in the order given.
///
/// A rule is a drift class, which never changes its name; a result is a record. `baselineState` is `new` while only its
/// detection is known, `unchanged` once it was seen again, `updated` once it was classified again or came back, and `absent` once a
/// later look proved that it is gone. An exception is a suppression, accepted while it holds. A result has the file that
/// declares the resource as its location, at line 1 always, so that scanners match it by
/// `partialFingerprints` from scan to scan; where no file is known, it has a logical location alone.
///
/// ```
/// use drift_evidence::Record;
/// use drift_evidence::export::{Context, Exhibit, Product, sarif};
/// # let finding: drift_model::Finding = serde_json::from_str(include_str!(concat!(
/// #     env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json"
/// # )))?;
///
/// let record = Record::open(&finding, "2026-07-03T10:22:40Z".parse()?);
/// let context = Context::new(Product::new("drift", "0.1.0", "acme"), "drift://acme", "2026-07-03T12:00:00Z".parse()?);
/// let log = sarif(&[Exhibit::of(&record)], &context);
/// assert_eq!(log["runs"][0]["results"][0]["ruleId"], "UNAUTHORIZED_RUNTIME_DRIFT");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn sarif(exhibits: &[Exhibit<'_>], context: &Context) -> Value {
    let mut rules: BTreeMap<DriftClass, usize> = exhibits.iter().map(|exhibit| (exhibit.class().0, 0)).collect();
    for (index, place) in rules.values_mut().enumerate() {
        *place = index;
    }
    let results = exhibits.iter().map(|exhibit| {
        let (class, _) = exhibit.class();
        result(exhibit, rules.get(&class).copied().unwrap_or_default(), context)
    });
    interoperable(json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "automationDetails": {"id": format!("drift/{}/", context.uri()), "guid": context.uuid(&["sarif", "runs"])},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": true, "endTimeUtc": value(&context.at)}],
            "originalUriBaseIds": {"SRCROOT": {"description": {"text": "the root of the repository of the desired state"}}},
            "results": results.collect::<Vec<_>>(),
            "tool": {"driver": {
                "informationUri": NAMESPACE,
                "name": context.product.name,
                "organization": context.product.vendor,
                "rules": rules.keys().map(|class| rule(*class)).collect::<Vec<_>>(),
                "version": context.product.version,
            }},
        }],
    }))
}

fn rule(class: DriftClass) -> Value {
    json!({
        "id": class,
        "name": class,
        "shortDescription": {"text": meaning(class)},
    })
}

/// What a class means, in a sentence.
const fn meaning(class: DriftClass) -> &'static str {
    match class {
        DriftClass::UnauthorizedRuntimeDrift => "Changed outside of the approved flow.",
        DriftClass::EmergencyDrift => "Changed by hand during an incident.",
        DriftClass::ControllerOwnedDrift => "Changed by a controller that owns it.",
        DriftClass::ProviderReadNoise => "The same meaning, spelled otherwise by the system that was read.",
        DriftClass::DependencyDrift => "Something that the resource depends on changed.",
        DriftClass::StaleDesiredState => "Git no longer says what was accepted as right.",
        DriftClass::FailedReconciliation => "A controller tried to converge and could not.",
        DriftClass::PolicyDrift => "The runtime violates a policy that is newer than it.",
        DriftClass::StateDrift => "The record no longer represents the runtime.",
        DriftClass::SecretDeliveryDrift => "A secret was not delivered, or not taken up.",
        DriftClass::CostCapacityDrift => "Cost or capacity left its model.",
        DriftClass::RenderNoise => "The desired side differs by generated output only.",
        DriftClass::PendingChange => "Git moved on, and the change is not applied yet.",
        DriftClass::Unclassified => "What is known does not suffice for a class.",
    }
}

fn result(exhibit: &Exhibit<'_>, rule: usize, context: &Context) -> Value {
    let record = exhibit.record;
    let finding = record.finding();
    let (class, risk) = exhibit.class();
    let told = format!("{class} of {} ({}): {}", finding.resource_ref, finding.relation, places(exhibit));
    object([
        ("baselineState", baseline(exhibit).into()),
        ("correlationGuid", context.uuid(&["finding", &finding.fingerprint.to_string()]).into()),
        ("fingerprints", json!({"drift/v1": finding.fingerprint})),
        ("guid", context.uuid(&["sarif", record.id(), &exhibit.age().to_string()]).into()),
        ("level", level(risk).into()),
        ("locations", json!([location(exhibit)])),
        ("message", json!({"text": message(&told)})),
        ("occurrenceCount", seen(exhibit).into()),
        ("partialFingerprints", json!({"drift/v1": finding.fingerprint, "driftCause/v1": finding.cause_fingerprint})),
        (
            "properties",
            object([
                ("domain", finding.domain.as_str().into()),
                ("environment", finding.environment.as_deref().map_or(Value::Null, Value::from)),
                ("owner", finding.owner.as_deref().map_or(Value::Null, Value::from)),
                ("recommendedAction", finding.recommended_action.as_str().into()),
                ("recordId", record.id().into()),
                ("risk", value(&risk)),
                ("state", value(&record.state())),
            ]),
        ),
        ("provenance", json!({"firstDetectionTimeUtc": record.detected_at(), "lastDetectionTimeUtc": record.seen()})),
        ("ruleId", value(&class)),
        ("ruleIndex", rule.into()),
        ("suppressions", json!(suppressions(exhibit, context))),
    ])
}

/// How the result stands to the run before (SARIF 2.1.0 §3.27.24).
fn baseline(exhibit: &Exhibit<'_>) -> &'static str {
    let decided = |kind| matches!(kind, EventKind::Classified | EventKind::Reopened | EventKind::Updated);
    if exhibit.standing() == Standing::Gone {
        "absent"
    } else if exhibit.record.current().any(|(_, event)| decided(event.kind())) {
        "updated"
    } else if exhibit.record.current().any(|(_, event)| event.kind() == EventKind::Persisted) {
        "unchanged"
    } else {
        "new"
    }
}

/// How often it was seen since it was opened for the last time.
fn seen(exhibit: &Exhibit<'_>) -> usize {
    let looks = exhibit.record.current().filter(|(_, event)| event.kind() == EventKind::Persisted).count();
    looks.saturating_add(1)
}

const fn level(risk: Risk) -> &'static str {
    match risk {
        Risk::Info | Risk::Low => "note",
        Risk::Medium => "warning",
        Risk::High | Risk::Critical => "error",
    }
}

fn location(exhibit: &Exhibit<'_>) -> Value {
    let resource = &exhibit.record.finding().resource_ref;
    let physical = exhibit.file.as_deref().map(|file| {
        json!({
            "artifactLocation": {"uri": text::file_uri(file), "uriBaseId": "SRCROOT"},
            "region": {"startLine": 1},
        })
    });
    object([
        ("logicalLocations", json!([{"fullyQualifiedName": resource, "kind": "resource"}])),
        ("physicalLocation", physical.unwrap_or_default()),
    ])
}

/// An exception, as a suppression from outside of the code (SARIF 2.1.0 §3.35). An ended one is no longer accepted.
fn suppressions(exhibit: &Exhibit<'_>, context: &Context) -> Vec<Value> {
    let Some(exception) = &exhibit.exception else { return Vec::new() };
    let until = exception.expires.map_or_else(|| "without an end".to_owned(), |end| format!("until {end}"));
    let status = if exhibit.is_excepted(context.at) { "accepted" } else { "rejected" };
    vec![json!({
        "guid": context.uuid(&["exception", &exception.id]),
        "justification": format!("exception {} {until}", exception.id),
        "kind": "external",
        "status": status,
    })]
}

/// A text as a plain-text message: nothing in it is a link or a placeholder (SARIF 2.1.0 §3.11.5, §3.11.6).
fn message(told: &str) -> String {
    let mut message = String::with_capacity(told.len());
    for c in told.chars() {
        match c {
            '{' => message.push_str("{{"),
            '}' => message.push_str("}}"),
            '[' | ']' | '\\' => message.extend(['\\', c]),
            other if text::is_unseen(other) => message.push(' '),
            other => message.push(other),
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::test::context;
    use crate::sample;

    #[test]
    fn the_baseline_tells_the_life_of_a_record() {
        let states: Vec<_> = (1..=9).map(|count| baseline(&Exhibit::of(&sample::record(count)))).collect();
        assert_eq!(states[0], "new");
        assert_eq!(states[1..6], ["updated"; 5]);
        assert_eq!(states[6..8], ["absent"; 2]);
        assert_eq!(states[8], "updated");
        let mut record = sample::record(1);
        let again = crate::Event::Persisted { record: record.id().to_owned(), observed_at: sample::at(10) };
        record.apply(&again, sample::at(10)).unwrap();
        let exhibit = Exhibit::of(&record);
        assert_eq!((baseline(&exhibit), seen(&exhibit)), ("unchanged", 2));
    }

    #[test]
    fn a_message_holds_no_link_and_no_placeholder() {
        assert_eq!(message("[a](javascript:b) {0} \\ \n"), "\\[a\\](javascript:b) {{0}} \\\\  ");
    }

    #[test]
    fn a_run_without_records_is_a_run_with_an_empty_list_of_results() {
        let log = sarif(&[], &context());
        assert_eq!(log["runs"][0]["results"], json!([]));
        assert_eq!(log["runs"][0]["tool"]["driver"]["rules"], json!([]));
    }

    #[test]
    fn an_ended_exception_is_a_rejected_suppression() {
        let record = sample::record(1);
        let suppressed = |expires: &str| {
            let window = json!({"id": "EX-1", "expires": expires});
            let exhibit = Exhibit::of(&record).excepted(serde_json::from_value(window).unwrap());
            suppressions(&exhibit, &context())[0]["status"].as_str().unwrap().to_owned()
        };
        assert_eq!(suppressed("2030-01-01"), "accepted");
        assert_eq!(suppressed("2020-01-01"), "rejected");
    }
}
