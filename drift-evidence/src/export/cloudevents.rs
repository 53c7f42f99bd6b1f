//! CloudEvents 1.0: a record as a structured-mode JSON event (CloudEvents specification 1.0.2 and its JSON format).

use drift_model::{Risk, canonical_text};
use serde_json::Value;

use super::{Context, Exhibit, document, interoperable, object, text};

/// Beyond this size intermediaries need not forward an event (CloudEvents 1.0.2, "Size limits").
const FORWARDED: usize = 64 * 1024;

/// A record as a CloudEvent.
///
/// One event for each event of the record: `id` is the record and how many events it has, `type` ends with what happened
/// last, `sequence` orders the events of a record, `partitionkey` keeps them together. Attributes that the specification
/// does not define are lower-case letters and digits, as it demands. `severitytext` and `severitynumber` are the
/// risk, one to one. An event that would be larger than 64 KiB refers to the evidence (`dataref`, the claim check of the
/// extension) instead of holding it, where the finding says where that is.
///
/// ```
/// use drift_evidence::Record;
/// use drift_evidence::export::{Context, Exhibit, Product, cloudevents};
/// # let finding: drift_model::Finding = serde_json::from_str(include_str!(concat!(
/// #     env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json"
/// # )))?;
///
/// let record = Record::open(&finding, "2026-07-03T10:22:40Z".parse()?);
/// let context = Context::new(Product::new("drift", "0.1.0", "acme"), "drift://acme", "2026-07-03T12:00:00Z".parse()?);
/// let event = cloudevents(&Exhibit::of(&record), &context);
/// assert_eq!(event["type"], "dev.drift.record.detected.v1");
/// assert_eq!(event["severitytext"], "FATAL");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn cloudevents(exhibit: &Exhibit<'_>, context: &Context) -> Value {
    let record = exhibit.record;
    let finding = record.finding();
    let (severity, number) = severity(exhibit.class().1);
    let happened = exhibit.last().word().to_ascii_lowercase().replace('_', "-");
    let event = |data: Value, reference: Value| {
        interoperable(object([
            ("specversion", "1.0".into()),
            ("id", attribute(&format!("{}/{}", record.id(), exhibit.age())).into()),
            ("source", context.uri().into()),
            ("type", format!("dev.drift.record.{happened}.v1").into()),
            ("subject", attribute(finding.unit.as_deref().unwrap_or(&finding.resource_ref)).into()),
            ("time", exhibit.modified().to_string().into()),
            ("partitionkey", attribute(record.id()).into()),
            // As text, of equal length, so that it sorts as the extension demands.
            ("sequence", format!("{:020}", exhibit.age()).into()),
            ("severitynumber", number.into()),
            ("severitytext", severity.into()),
            ("tenant", context.tenant.as_deref().map_or(Value::Null, |tenant| attribute(tenant).into())),
            ("datacontenttype", if data.is_null() { Value::Null } else { "application/json".into() }),
            ("data", data),
            ("dataref", reference),
        ]))
    };
    let whole = event(document(exhibit), Value::Null);
    match exhibit.evidence() {
        Some(uri) if canonical_text(&whole).len() > FORWARDED => event(Value::Null, uri.into()),
        _ => whole,
    }
}

/// Text and number of a severity, as OpenTelemetry numbers them (logs data model, "Severity fields").
const fn severity(risk: Risk) -> (&'static str, u64) {
    match risk {
        Risk::Info => ("INFO", 9),
        Risk::Low => ("INFO2", 10),
        Risk::Medium => ("WARN", 13),
        Risk::High => ("ERROR", 17),
        Risk::Critical => ("FATAL", 21),
    }
}

/// A text as an attribute (CloudEvents 1.0.2, "Type system", String): no controls, and not empty.
fn attribute(text: &str) -> String {
    let line = text::line(text);
    if line.is_empty() { "-".to_owned() } else { line }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::export::test::context;
    use crate::{Record, sample};

    fn large(uri: Option<&str>) -> Record {
        let mut finding = serde_json::to_value(sample::finding()).unwrap();
        finding["changes"][0]["actual"] = json!("x".repeat(FORWARDED));
        finding["evidenceUri"] = json!(uri);
        Record::open(&serde_json::from_value(finding).unwrap(), sample::at(0))
    }

    #[test]
    fn a_large_event_refers_to_its_evidence_where_it_is_known() {
        let event = cloudevents(&Exhibit::of(&large(Some("s3://evidence/1 2"))), &context());
        assert_eq!(event["dataref"], "s3://evidence/1%202");
        assert_eq!((event.get("data"), event.get("datacontenttype")), (None, None));
        assert!(canonical_text(&event).len() < 1024);
        // Without a place to refer to, nothing is dropped.
        let event = cloudevents(&Exhibit::of(&large(None)), &context());
        assert_eq!(event["data"]["recordId"], "drift-20260703-000184");
    }

    #[test]
    fn each_event_of_a_record_is_one_of_its_own() {
        let ids: std::collections::BTreeSet<_> = (1..=9)
            .map(|count| cloudevents(&Exhibit::of(&sample::record(count)), &context())["id"].to_string())
            .collect();
        assert_eq!(ids.len(), 9);
    }

    #[test]
    fn severities_are_one_to_one_and_rise_with_the_risk() {
        let numbers: Vec<u64> = Risk::ALL.iter().map(|risk| severity(*risk).1).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b));
        let texts: std::collections::BTreeSet<_> = Risk::ALL.iter().map(|risk| severity(*risk).0).collect();
        assert_eq!(texts.len(), Risk::ALL.len());
    }
}
