//! Secrets: what they hide, and how the API server stores what was written.

use serde_json::{Map, Value};

use crate::base64::{decode, encode};
use crate::document::{Document, Mark};
use crate::path::{FieldPath, Step};
use crate::pattern::PathPattern;
use crate::plane::Observed;
use crate::planes::Planes;
use crate::redact::Secrets;

/// The annotation in which `kubectl apply` keeps what it applied.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// An unkeyed hash of a Secret's data, which can be guessed for weak secrets.
const DATA_HASH: &str = "reconcile.external-secrets.io/data-hash";

/// Is this the kind of a Secret? Whatever the group: an unknown Secret is a secret too.
pub(crate) fn is_secret(kind: &str) -> bool {
    kind == "Secret"
}

/// The pattern of exactly this place.
pub(super) fn at(names: &[&str]) -> PathPattern {
    PathPattern::from(&names.iter().map(|name| Step::field(*name)).collect::<FieldPath>())
}

/// The pattern of an annotation.
pub(super) fn annotation(name: &str) -> PathPattern {
    at(&["metadata", "annotations", name])
}

/// Moves `stringData` over `data`, in base64, as the API server does when it stores a Secret.
///
/// A `null` there becomes the empty text, and anything else that is no text is moved as it stands: it is compared and
/// never shown. Where one of the two is no map, nothing is moved.
pub(super) fn store(secret: &mut Value) {
    let Value::Object(secret) = secret else { return };
    if !matches!(secret.get("data"), None | Some(Value::Null | Value::Object(_))) {
        return;
    }
    let written = match secret.get_mut("stringData") {
        Some(Value::Object(written)) => std::mem::take(written),
        Some(Value::Null) => Map::new(),
        _ => return,
    };
    secret.remove("stringData");
    if written.is_empty() {
        return;
    }
    let data = secret.entry("data").or_insert_with(|| Value::Object(Map::new()));
    if data.is_null() {
        *data = Value::Object(Map::new());
    }
    let Value::Object(data) = data else { return };
    for (name, value) in written {
        let stored = match value {
            Value::String(text) => Value::from(encode(text.as_bytes())),
            Value::Null => Value::from(""),
            other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => other,
        };
        data.insert(name, stored);
    }
}

/// Marks what a Secret hides, and the copies that bookkeeping makes of it.
pub(super) fn conceal(document: &mut Document) {
    let mut opaque = Vec::new();
    for member in ["data", "stringData"] {
        match document.value().get(member) {
            // What should not be there is hidden with the names of its members: they may be the secret.
            Some(Value::Object(map)) => opaque.extend(
                map.iter()
                    .filter(|(_, value)| matches!(value, Value::Array(_) | Value::Object(_)))
                    .map(|(name, _)| at(&[member, name])),
            ),
            Some(Value::Array(_)) => opaque.push(at(&[member])),
            None | Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {}
        }
        document.mark(Mark::Sensitive, at(&[member]));
    }
    for pattern in opaque {
        document.mark(Mark::Opaque, pattern);
    }
    document.mark(Mark::Sensitive, annotation(LAST_APPLIED));
    document.mark(Mark::Sensitive, annotation(DATA_HASH));
}

/// Hides what a Secret hides in all its planes, whoever made them, and copies of it wherever they stand in them.
///
/// What Git and the record write as `stringData` is read as the API server stores it.
pub(crate) fn conceal_planes(planes: &mut Planes) {
    let mut secrets = Secrets::default();
    for (plane, is_written) in [(&mut planes.desired, true), (&mut planes.recorded, true), (&mut planes.actual, false)]
    {
        if let Observed::Present(document) = &mut plane.observed {
            if is_written {
                document.rewrite(store);
            }
            conceal(document);
            reveal_to(&mut secrets, document);
        }
    }
    planes.collect_secrets(&mut secrets);
    planes.redact_with(&secrets);
}

/// Adds the plain texts that a Secret holds in base64, so that copies of them are found elsewhere.
pub(crate) fn reveal_to(secrets: &mut Secrets, document: &Document) {
    reveal(secrets, document.value());
    // What was applied before may be quoted elsewhere, though the object no longer holds it.
    let applied = document.value().pointer("/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration");
    let applied = applied.and_then(Value::as_str).and_then(|text| serde_json::from_str::<Value>(text).ok());
    if let Some(applied) = applied {
        reveal(secrets, &applied);
        let written = applied.get("stringData").and_then(Value::as_object);
        written.into_iter().flat_map(Map::values).filter_map(Value::as_str).for_each(|text| secrets.add(text));
    }
}

/// Adds what `data` holds, as it stands and behind its base64.
fn reveal(secrets: &mut Secrets, secret: &Value) {
    let Some(data) = secret.get("data").and_then(Value::as_object) else { return };
    for text in data.values().filter_map(Value::as_str) {
        secrets.add(text);
        if let Some(plain) = decode(text).and_then(|bytes| String::from_utf8(bytes).ok()) {
            secrets.add(&plain);
            secrets.add(plain.trim());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn string_data_is_stored_as_the_api_server_stores_it() {
        for (written, stored) in [
            (json!({"stringData": {"a": "foobar"}}), json!({"data": {"a": "Zm9vYmFy"}})),
            (
                json!({"data": {"a": "eA==", "b": "eQ=="}, "stringData": {"a": "foob"}}),
                json!({"data": {"a": "Zm9vYg==", "b": "eQ=="}}),
            ),
            (json!({"data": null, "stringData": {"a": ""}}), json!({"data": {"a": ""}})),
            (
                json!({"data": {"k1": "k1", "k2": 2}, "stringData": {"k3": "key3", "k4": null, "k5": [1]}}),
                json!({"data": {"k1": "k1", "k2": 2, "k3": "a2V5Mw==", "k4": "", "k5": [1]}}),
            ),
            (json!({"stringData": null}), json!({})),
            (json!({"stringData": {}}), json!({})),
            (json!({"data": "x", "stringData": {"a": "b"}}), json!({"data": "x", "stringData": {"a": "b"}})),
            (json!({"stringData": "x"}), json!({"stringData": "x"})),
            (json!([]), json!([])),
        ] {
            let mut secret = written.clone();
            store(&mut secret);
            assert_eq!(secret, stored, "{written}");
        }
    }

    #[test]
    fn law_8_a_malformed_secret_is_hidden_as_well() {
        for secret in [
            json!({"data": "CANARY"}),
            json!({"data": ["CANARY", {"CANARY": 1}]}),
            json!({"data": {"a": {"CANARY": "CANARY"}, "b": ["CANARY"], "c": "CANARY"}, "stringData": "CANARY"}),
            json!({"data": {}, "stringData": {"0": {"CANARY": 1}}}),
            json!({"metadata": {"annotations": {LAST_APPLIED: "CANARY", DATA_HASH: "CANARY"}}}),
        ] {
            let mut document = Document::new(secret);
            conceal(&mut document);
            assert!(!format!("{document:?}").contains("CANARY"), "{document:?}");
        }
    }
}
