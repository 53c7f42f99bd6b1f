//! Records in the forms that others read: SIEMs, supply-chain verifiers, event routers, code scanners, auditors.
//!
//! Each exporter is a pure function of an [`Exhibit`] (or several) and a [`Context`] to one JSON document, whose bytes are
//! [`drift_model::canonical_text`] of it. Nothing is drawn by lot: what needs a UUID gets one made of names (RFC 9562 §5.5).
//! A record holds no secrets, so none of them does; and no integer in them is beyond ±(2⁵³ − 1), as RFC 8785 demands: such
//! a one is written as a string.
//!
//! | function | form | who reads it |
//! |---|---|---|
//! | [`ocsf`] | OCSF Compliance Finding or Detection Finding | SIEMs and security lakes |
//! | [`in_toto`], [`Envelope`] | in-toto Statement v1 in DSSE | supply-chain verifiers, transparency logs |
//! | [`cloudevents`] | CloudEvents 1.0 | brokers and routers |
//! | [`sarif`] | SARIF 2.1.0 | code scanning |
//! | [`oscal`] | OSCAL assessment results | audit packages |
//! | [`markdown`] | a page | people |

mod cloudevents;
mod dsse;
mod exhibit;
mod in_toto;
mod markdown;
mod ocsf;
mod oscal;
mod sarif;
mod text;
mod uuid;

use drift_model::Timestamp;
use serde_json::{Map, Number, Value, json};

pub use self::cloudevents::cloudevents;
pub use self::dsse::{Envelope, EnvelopeError, Signature, pae};
pub use self::exhibit::{Attestation, Exhibit, NotAttested};
pub use self::in_toto::{PAYLOAD_TYPE, PREDICATE_TYPE, in_toto};
pub use self::markdown::markdown;
pub(crate) use self::markdown::{fields, listed};
pub use self::ocsf::{OcsfClass, ocsf};
pub use self::oscal::oscal;
pub use self::sarif::sarif;
pub(crate) use self::text::{code, fenced, is_unseen, line};

/// The program that exports.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Product {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Who makes it, or who runs it.
    pub vendor: String,
}

impl Product {
    /// A program of this name and version, by this vendor.
    #[must_use]
    pub fn new(name: impl Into<String>, version: impl Into<String>, vendor: impl Into<String>) -> Self {
        Self { name: name.into(), version: version.into(), vendor: vendor.into() }
    }
}

/// What an export says besides the record: who exports, from where, for whom, when.
///
/// ```
/// use drift_evidence::export::{Context, Product};
///
/// let product = Product::new("drift", "0.1.0", "acme");
/// let context = Context::new(product, "drift://acme/prod", "2026-07-03T12:00:00Z".parse()?).tenant("shop");
/// assert_eq!(context.source, "drift://acme/prod");
/// # Ok::<(), drift_model::TimeError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Context {
    /// The program that exports.
    pub product: Product,
    /// Where the records come from: a URI that names the installation. What a URI cannot hold is percent-encoded.
    pub source: String,
    /// Whose records they are, where one installation serves several.
    pub tenant: Option<String>,
    /// The time of the export.
    pub at: Timestamp,
}

impl Context {
    /// An export by this program, from this source, at this time.
    #[must_use]
    pub fn new(product: Product, source: impl Into<String>, at: Timestamp) -> Self {
        Self { product, source: source.into(), tenant: None, at }
    }

    /// Whose records they are.
    #[must_use]
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// The source as a URI reference that is not empty.
    fn uri(&self) -> String {
        if self.source.is_empty() { "urn:drift".to_owned() } else { text::uri(&self.source) }
    }

    /// The UUID of a thing of this source, by its names.
    fn uuid(&self, names: &[&str]) -> String {
        uuid::v5(&self.uri(), names)
    }
}

/// The largest integer that a double holds together with all below it (RFC 8785 §3.2.2.3, RFC 7493 §2.2).
const LARGEST: u64 = (1 << 53) - 1;

/// The value with every integer that a double would round as a string, digit for digit.
///
/// Values in records have any depth, but those that were read have at most 512 levels.
fn interoperable(value: Value) -> Value {
    match value {
        Value::Number(number) if would_round(&number) => {
            Value::String(drift_model::canonical_text(&Value::Number(number)))
        }
        Value::Array(items) => items.into_iter().map(interoperable).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, interoperable(value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

fn would_round(number: &Number) -> bool {
    // Asked of the number's value, so that every build of `serde_json` answers alike.
    drift_model::Decimal::of(number).is_some_and(|decimal| {
        let integer = || decimal.to_string().parse::<i64>().ok();
        decimal.is_integer() && integer().is_none_or(|integer| integer.unsigned_abs() > LARGEST)
    })
}

/// An object of what is there: members that are null are left out.
fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let kept = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(kept.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

/// Any noun of the model as a value. All of them serialize.
fn value<T: serde::Serialize>(noun: &T) -> Value {
    serde_json::to_value(noun).unwrap_or_default()
}

/// A record as a document: its finding, its events, its ten answers. What digests of a record are taken over.
fn document(exhibit: &Exhibit<'_>) -> Value {
    let record = exhibit.record;
    let events = record.events().iter().map(|(at, event)| {
        let mut event = value(event);
        if let Value::Object(members) = &mut event {
            // The finding stands beside the events, and the record has a name.
            members.remove("finding");
            members.remove("recordId");
            members.insert("at".to_owned(), value(at));
        }
        event
    });
    let answers = record.answers().into_iter().map(|(question, answer)| (question.word().to_owned(), value(&answer)));
    interoperable(object([
        ("recordId", record.id().into()),
        ("state", value(&record.state())),
        ("lastSeen", value(&record.seen())),
        ("finding", value(record.finding())),
        ("events", events.collect()),
        ("answers", Value::Object(answers.collect())),
        ("exception", exhibit.exception.as_ref().map_or(Value::Null, value)),
        ("unseen", exhibit.unseen.map_or(Value::Null, |reason| value(&reason))),
        ("integrity", exhibit.attestation.as_ref().map_or(Value::Null, Attestation::document)),
    ]))
}

/// The exporters' own name for things that a standard lets everybody name.
const NAMESPACE: &str = "https://github.com/drift-rs/drift";

/// A heading of one line: what drifted, and how.
fn title(exhibit: &Exhibit<'_>) -> String {
    let (class, _) = exhibit.class();
    format!("{class} of {}", exhibit.record.finding().resource_ref)
}

/// The places that a finding names, or the resource as a whole.
fn places(exhibit: &Exhibit<'_>) -> String {
    let fields = &exhibit.record.finding().changed_fields;
    if fields.iter().all(String::is_empty) { "the resource as a whole".to_owned() } else { fields.join(", ") }
}

/// The changes as every export shows them: place, kind, masked values.
fn changes(exhibit: &Exhibit<'_>) -> Value {
    json!(exhibit.record.finding().changes.iter().map(value).collect::<Vec<_>>())
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::{Chain, Record, sample};

    pub(super) fn context() -> Context {
        let product = Product::new("drift", "0.1.0", "acme");
        Context::new(product, "drift://acme/prod", "2026-07-03T12:00:00Z".parse().unwrap()).tenant("shop")
    }

    /// A record after so many of its events, with the line that it ends with.
    pub(super) fn attested(count: usize) -> (Record, String) {
        let record = sample::record(count);
        let mut chain = Chain::start("drift.example/prod".parse().unwrap());
        let lines: Vec<_> = record.events().iter().map(|(at, event)| chain.append(event, *at).unwrap()).collect();
        (record, lines.last().unwrap().stored().to_owned())
    }

    #[test]
    fn only_the_last_line_of_a_record_vouches_for_it() {
        let (record, line) = attested(8);
        let exhibit = Exhibit::of(&record).attested(line.as_bytes()).unwrap();
        assert_eq!(exhibit.attestation.unwrap().sequence, 7);
        let (_, earlier) = attested(7);
        assert_eq!(Exhibit::of(&record).attested(earlier.as_bytes()).unwrap_err(), NotAttested::OtherEvent);
        let forged = line.replace("reverted", "accepted");
        assert_eq!(Exhibit::of(&record).attested(forged.as_bytes()).unwrap_err().code(), "broken-line");
    }

    #[test]
    fn drift_that_changed_since_was_detected_when_it_was_first_seen() {
        // Reopened an hour after the first detection, and updated a minute later.
        let mut record = sample::record(9);
        let mut wider = sample::wider();
        wider.detected_at = Some(sample::at(90));
        record.apply(&crate::Event::updated(record.id(), wider), sample::at(90)).unwrap();
        let exhibit = Exhibit::of(&record);
        let (first, last) = (record.detected_at().to_string(), sample::at(90).to_string());
        assert_ne!(first, last);
        let provenance = &sarif(std::slice::from_ref(&exhibit), &context())["runs"][0]["results"][0]["provenance"];
        assert_eq!(*provenance, json!({"firstDetectionTimeUtc": first, "lastDetectionTimeUtc": last}));
        let event = ocsf(&exhibit, OcsfClass::Compliance, &context());
        assert_eq!(event["time"], record.detected_at().unix_milliseconds());
        assert_eq!(event["finding_info"]["first_seen_time"], record.began_at().unwrap().unix_milliseconds());
        assert!(markdown(&exhibit, &context()).contains(&format!("| detected | {first} |\n| last seen | {last} |")));
        let results = &oscal(&[exhibit], &context())["assessment-results"]["results"][0];
        assert_eq!(results["start"], first);
    }

    #[test]
    fn an_integer_that_a_double_would_round_becomes_a_string() {
        let value: Value = serde_json::from_str(
            "[9007199254740991, -9007199254740991, 9007199254740992, -9007199254740992, 1.5, 1e3, 100000000000000000000, \
             {\"k\": [18446744073709551615]}]",
        )
        .unwrap();
        assert_eq!(
            drift_model::canonical_text(&interoperable(value)),
            r#"[9007199254740991,-9007199254740991,"9007199254740992","-9007199254740992",1.5,1000,"100000000000000000000",{"k":["18446744073709551615"]}]"#
        );
    }
}
