//! in-toto: a record as a Statement v1 (in-toto attestation framework, "Statement layer v1").

use drift_model::Digest;
use serde_json::{Value, json};

use super::{Context, Exhibit, document, interoperable, object, value};

/// The media type of a statement in an [`Envelope`](super::Envelope).
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The type of the predicate: a record of drift, version 1.
pub const PREDICATE_TYPE: &str = "https://github.com/drift-rs/drift/drift-record/v1";

/// A record as an in-toto statement.
///
/// Its subjects are the finding (named as its unit, or as the resource), with the SHA-256 of the canonical text of the finding
/// as it stands in the predicate, which is redacted; the ledger's line, if one vouches for the record, with the
/// SHA-256 of its stored bytes; and every artifact that was kept with its digest. The predicate holds the whole record. Sign [`Envelope::pae`](super::Envelope::pae) of the
/// canonical text.
///
/// ```
/// use drift_evidence::Record;
/// use drift_evidence::export::{Context, Envelope, Exhibit, PAYLOAD_TYPE, Product, in_toto};
/// use drift_model::{Digest, canonical_text};
/// # let finding: drift_model::Finding = serde_json::from_str(include_str!(concat!(
/// #     env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json"
/// # )))?;
///
/// let record = Record::open(&finding, "2026-07-03T10:22:40Z".parse()?);
/// let context = Context::new(Product::new("drift", "0.1.0", "acme"), "drift://acme", "2026-07-03T12:00:00Z".parse()?);
/// let statement = in_toto(&Exhibit::of(&record), &context);
/// let digest = Digest::of_json(&statement["predicate"]["record"]["finding"]);
/// assert_eq!(statement["subject"][0]["digest"]["sha256"], digest.hex());
///
/// let envelope = Envelope::new(PAYLOAD_TYPE, canonical_text(&statement).into_bytes());
/// assert!(envelope.pae().starts_with(b"DSSEv1 28 application/vnd.in-toto+json "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn in_toto(exhibit: &Exhibit<'_>, context: &Context) -> Value {
    let finding = exhibit.record.finding();
    let record = document(exhibit);
    // Over the very document that stands below: what a verifier has is what was digested.
    let digest = record.get("finding").map_or_else(|| Digest::of(b""), Digest::of_json);
    let mut subjects = vec![json!({
        "name": finding.unit.as_deref().unwrap_or(&finding.resource_ref),
        "digest": {"sha256": digest.hex()},
    })];
    if let Some(line) = &exhibit.attestation {
        subjects.push(json!({
            "name": format!("{}#{}", line.chain, line.sequence),
            "digest": {"sha256": line.digest.hex()},
        }));
    }
    for (_, artifact) in exhibit.record.artifacts() {
        if let Some(digest) = artifact.digest() {
            subjects.push(json!({"name": artifact.uri(), "digest": {"sha256": digest.hex()}}));
        }
    }
    interoperable(json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": PREDICATE_TYPE,
        "predicate": object([
            (
                "exporter",
                json!({
                    "name": context.product.name,
                    "vendor": context.product.vendor,
                    "version": context.product.version,
                }),
            ),
            ("exportedAt", value(&context.at)),
            ("policyDigest", value(&finding.policy_digest)),
            ("record", record),
            ("source", context.uri().into()),
            ("tenant", context.tenant.as_deref().map_or(Value::Null, Value::from)),
            ("evidence", value(&exhibit.evidence())),
        ]),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::test::{attested, context};
    use crate::sample;

    #[test]
    fn every_subject_has_the_digest_of_what_it_names() {
        let (record, line) = attested(8);
        let exhibit = Exhibit::of(&record).attested(line.as_bytes()).unwrap();
        let statement = in_toto(&exhibit, &context());
        assert_eq!(statement["subject"][1]["digest"]["sha256"], Digest::of(line.trim_end().as_bytes()).hex());
        assert_eq!(statement["subject"][1]["name"], "drift.example/prod#7");
        let finding = &statement["predicate"]["record"]["finding"];
        assert_eq!(statement["subject"][0]["digest"]["sha256"], Digest::of_json(finding).hex());
    }

    #[test]
    fn a_subject_stays_the_same_as_the_record_goes_on() {
        let digest = |count| in_toto(&Exhibit::of(&sample::record(count)), &context())["subject"].clone();
        assert_eq!(digest(1), digest(8));
    }
}
