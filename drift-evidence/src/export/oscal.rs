//! OSCAL: records as assessment results, model version 1.2 (NIST, assessment-results model).

use std::collections::BTreeMap;

use drift_model::{Timestamp, canonical_text};
use serde_json::{Value, json};

use super::exhibit::Standing;
use super::{Context, Exhibit, NAMESPACE, code, interoperable, object, places, text, value};

/// The version of OSCAL that the document is written in.
const VERSION: &str = "1.2.2";

/// Records as OSCAL assessment results, with one result, in the order given.
///
/// A record is an observation (what was seen, when, and where the evidence is) and a finding (whether the objective, that
/// the domain is as declared, is satisfied). What nobody can tell is not satisfied, for another reason than `fail`. The plan
/// that was assessed is the policy, which stands in the back matter. All UUIDs are made of names: the same records give
/// the same document.
///
/// ```
/// use drift_evidence::Record;
/// use drift_evidence::export::{Context, Exhibit, Product, oscal};
/// # let finding: drift_model::Finding = serde_json::from_str(include_str!(concat!(
/// #     env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json"
/// # )))?;
///
/// let record = Record::open(&finding, "2026-07-03T10:22:40Z".parse()?);
/// let context = Context::new(Product::new("drift", "0.1.0", "acme"), "drift://acme", "2026-07-03T12:00:00Z".parse()?);
/// let document = oscal(&[Exhibit::of(&record)], &context);
/// let finding = &document["assessment-results"]["results"][0]["findings"][0];
/// assert_eq!(finding["target"]["status"]["state"], "not-satisfied");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn oscal(exhibits: &[Exhibit<'_>], context: &Context) -> Value {
    let start = exhibits.iter().map(|exhibit| exhibit.record.detected_at()).min().unwrap_or(context.at);
    // There is a plan also where there is no finding.
    let plan = context.uuid(&["plan"]);
    let mut matter = BTreeMap::from([(plan.clone(), "What the drift policies that stand here assess".to_owned())]);
    for exhibit in exhibits {
        let finding = exhibit.record.finding();
        let policy = finding.policy_digest.to_string();
        matter.insert(context.uuid(&["policy", &policy]), format!("Drift policy {policy}"));
        matter.insert(context.uuid(&["resource", &finding.resource_ref]), code(&finding.resource_ref));
    }
    let resources = matter.into_iter().map(|(uuid, title)| json!({"uuid": uuid, "title": title}));
    let lists =
        [("observations", many(exhibits, observation, context)), ("findings", many(exhibits, finding, context))];
    let mut result = object([
        ("uuid", context.uuid(&["result", &context.at.to_string()]).into()),
        ("title", "Drift of declared resources".into()),
        ("description", "Each record of drift as an observation and as a finding on its domain.".into()),
        ("start", moment(start)),
        ("end", moment(context.at)),
        ("reviewed-controls", json!({"control-selections": [{"include-all": {}}]})),
    ]);
    if let Value::Object(members) = &mut result {
        // A list in OSCAL has at least one item.
        members.extend(
            lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| (name.to_owned(), json!(list))),
        );
    }
    let about = [("source", context.uri()), ("tool", context.product.name.clone())];
    let tenant = context.tenant.clone().map(|tenant| ("tenant", tenant));
    let about = about.into_iter().chain(tenant).map(|(name, text)| prop(name, &text));
    let identity: Vec<&str> = exhibits.iter().map(|exhibit| exhibit.record.id()).collect();
    interoperable(json!({"assessment-results": {
        "uuid": context.uuid(&["assessment-results", &context.at.to_string(), &canonical_text(&json!(identity))]),
        "metadata": {
            "title": "Drift assessment results",
            "last-modified": moment(context.at),
            "version": string(&context.product.version),
            "oscal-version": VERSION,
            "parties": [{
                "uuid": context.uuid(&["party", &context.product.vendor]),
                "type": "organization",
                "name": string(&context.product.vendor),
            }],
            "props": about.collect::<Vec<_>>(),
        },
        "import-ap": {"href": format!("#{plan}")},
        "results": [result],
        "back-matter": {"resources": resources.collect::<Vec<_>>()},
    }}))
}

fn many(exhibits: &[Exhibit<'_>], one: fn(&Exhibit<'_>, &Context) -> Value, context: &Context) -> Vec<Value> {
    exhibits.iter().map(|exhibit| one(exhibit, context)).collect()
}

fn observation(exhibit: &Exhibit<'_>, context: &Context) -> Value {
    let record = exhibit.record;
    let finding = record.finding();
    let finding_evidence =
        exhibit.evidence().map(|uri| json!({"href": uri, "description": "The evidence of the finding."}));
    let kept = record.artifacts().map(|(at, artifact)| {
        json!({"href": text::uri(artifact.uri()), "description": format!("{}, kept at {at}.", artifact.kind())})
    });
    let evidence: Vec<Value> = finding_evidence.into_iter().chain(kept).collect();
    let evidence = if evidence.is_empty() { Value::Null } else { json!(evidence) };
    object([
        ("uuid", observed(exhibit, context).into()),
        ("title", format!("Drift of {}", code(&finding.resource_ref)).into()),
        ("description", format!("{} at {}.", finding.relation, code(&places(exhibit))).into()),
        ("props", props(exhibit)),
        ("methods", json!(["TEST"])),
        ("types", json!(["finding"])),
        (
            "subjects",
            json!([{
                "subject-uuid": context.uuid(&["resource", &finding.resource_ref]),
                "type": "resource",
                "title": code(&finding.resource_ref),
            }]),
        ),
        ("relevant-evidence", evidence),
        ("collected", moment(record.gone().map_or(record.seen(), |look| look.observed_at))),
    ])
}

fn finding(exhibit: &Exhibit<'_>, context: &Context) -> Value {
    let record = exhibit.record;
    let domain = &record.finding().domain;
    let (state, reason, told) = match exhibit.standing() {
        Standing::Gone => ("satisfied", "pass", "A later look proved that the drift is gone."),
        Standing::NotKnown => ("not-satisfied", "other", "Whether the resource is as declared is not known."),
        Standing::There => ("not-satisfied", "fail", "The resource is not as declared."),
    };
    let answers =
        record.answers().into_iter().map(|(question, answer)| format!("- {question}: {}\n", code(&answer.to_string())));
    object([
        ("uuid", context.uuid(&["finding", record.id()]).into()),
        ("title", format!("{} of {}", exhibit.class().0, code(&record.finding().resource_ref)).into()),
        ("description", told.into()),
        (
            "target",
            json!({
                "type": "objective-id",
                "target-id": token(domain),
                "status": {"state": state, "reason": reason},
            }),
        ),
        ("related-observations", json!([{"observation-uuid": observed(exhibit, context)}])),
        ("remarks", answers.collect::<String>().trim_end().into()),
    ])
}

fn observed(exhibit: &Exhibit<'_>, context: &Context) -> String {
    context.uuid(&["observation", exhibit.record.id(), &exhibit.age().to_string()])
}

fn props(exhibit: &Exhibit<'_>) -> Value {
    let finding = exhibit.record.finding();
    let known = [
        ("record-id", Some(exhibit.record.id().to_owned())),
        ("state", Some(exhibit.record.state().word().to_owned())),
        ("drift-class", Some(exhibit.class().0.word().to_owned())),
        ("risk", Some(exhibit.class().1.word().to_owned())),
        ("environment", finding.environment.clone()),
        ("owner", finding.owner.clone()),
        ("recommended-action", Some(finding.recommended_action.clone())),
        ("fingerprint", Some(finding.fingerprint.to_string())),
        ("policy-digest", Some(finding.policy_digest.to_string())),
        ("exception", exhibit.exception.as_ref().map(|exception| exception.id.clone())),
        ("ledger-chain", exhibit.attestation.as_ref().map(|line| line.chain.to_string())),
        ("ledger-line", exhibit.attestation.as_ref().map(|line| line.digest.to_string())),
    ];
    known.into_iter().filter_map(|(name, text)| text.map(|text| prop(name, &text))).collect()
}

fn prop(name: &str, text: &str) -> Value {
    json!({"name": name, "ns": NAMESPACE, "value": string(text)})
}

/// A text as an OSCAL string: one line, not empty, no white space at its ends.
fn string(text: &str) -> String {
    let line = text::line(text);
    if line.is_empty() { "-".to_owned() } else { line }
}

/// A label as an OSCAL token: begins with a letter or `_`, then letters, digits, `.`, `-` and `_`.
fn token(label: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    "drift-".chars().chain(label.chars().map(kept)).collect()
}

fn moment(at: Timestamp) -> Value {
    value(&at)
}

#[cfg(test)]
mod tests {
    use drift_model::UnknownReason;

    use super::*;
    use crate::export::test::context;
    use crate::sample;

    #[test]
    fn what_nobody_can_tell_is_not_satisfied_and_no_failure() {
        let status = |exhibit: &Exhibit<'_>| finding(exhibit, &context())["target"]["status"].clone();
        let record = sample::record(2);
        assert_eq!(status(&Exhibit::of(&record)), json!({"state": "not-satisfied", "reason": "fail"}));
        let unseen = Exhibit::of(&record).unseen(UnknownReason::Failed);
        assert_eq!(status(&unseen), json!({"state": "not-satisfied", "reason": "other"}));
        assert_eq!(status(&Exhibit::of(&sample::record(7))), json!({"state": "satisfied", "reason": "pass"}));
    }

    #[test]
    fn a_document_without_records_has_no_empty_lists() {
        let document = oscal(&[], &context());
        let result = &document["assessment-results"]["results"][0];
        assert_eq!((result.get("findings"), result.get("observations")), (None, None));
    }

    #[test]
    fn hostile_texts_become_strings_and_tokens_that_oscal_takes() {
        assert_eq!(string(" \n\u{0} "), "-");
        assert_eq!(string("a\nb\u{202e}"), "a b");
        assert_eq!(token("Größe <x>"), "drift-Gr__e__x_");
    }
}
