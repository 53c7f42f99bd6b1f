//! A checker for the part of JSON Schema that `data/schemas` is written in, and ways to damage a document.
//!
//! The schemas are ours, written from the specifications that they name, and stricter than those: no object has a member
//! that is not listed, so that a misspelled field is an error. A keyword that the checker does not know is an error, too.

use serde_json::{Map, Value, json};

/// Every fault of a document, with its place.
pub(crate) fn faults(schema: &Value, document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, schema, document, "", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let mut fault = |what: String| faults.push(format!("{at}: {what}"));
    if let Some(target) = schema.get("$ref") {
        let schema = root.pointer(target.as_str().unwrap().trim_start_matches('#')).unwrap();
        return check(root, schema, value, at, faults);
    }
    for (keyword, rule) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$defs" | "$comment" | "required" | "additionalProperties" => {}
            "type" => {
                let sound = match rule.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "boolean" => value.is_boolean(),
                    other => panic!("type {other}"),
                };
                if !sound {
                    fault(format!("is no {rule}"));
                }
            }
            "const" if rule != value => fault(format!("is not {rule}")),
            "enum" if !rule.as_array().unwrap().contains(value) => fault(format!("is none of {rule}")),
            "const" | "enum" => {}
            "format" => {
                if !value.as_str().is_some_and(|text| is_of_format(rule.as_str().unwrap(), text)) {
                    fault(format!("is no {rule}"));
                }
            }
            "minItems" => {
                if value.as_array().is_none_or(|items| (items.len() as u64) < rule.as_u64().unwrap()) {
                    fault(format!("has fewer than {rule} items"));
                }
            }
            "minimum" => {
                if value.as_i64().is_none_or(|number| number < rule.as_i64().unwrap()) {
                    fault(format!("is less than {rule}"));
                }
            }
            "properties" | "items" => {}
            other => panic!("the checker does not know `{other}`"),
        }
    }
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        if value.get(name.as_str().unwrap()).is_none() {
            faults.push(format!("{at}: lacks {name}"));
        }
    }
    if let (Some(properties), Some(members)) = (schema.get("properties"), value.as_object()) {
        for (name, member) in members {
            match properties.get(name) {
                Some(schema) => check(root, schema, member, &format!("{at}/{name}"), faults),
                None if schema.get("additionalProperties") == Some(&Value::Bool(true)) => {}
                None => faults.push(format!("{at}: has `{name}`, which is not known")),
            }
        }
    }
    if let (Some(schema), Some(items)) = (schema.get("items"), value.as_array()) {
        for (index, item) in items.iter().enumerate() {
            check(root, schema, item, &format!("{at}/{index}"), faults);
        }
    }
}

/// The formats that the specifications name.
fn is_of_format(format: &str, text: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    match format {
        "non-empty" => !text.is_empty(),
        // RFC 3339, in UTC.
        "date-time" => text.ends_with('Z') && text.contains('T') && text.parse::<drift_model::Timestamp>().is_ok(),
        // A UUID of version 5, as OSCAL and SARIF take it.
        "uuid" => {
            let parts: Vec<&str> = text.split('-').collect();
            parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
                && parts.iter().all(|part| hex(part))
                && parts[2].starts_with('5')
                && parts[3].starts_with(['8', '9', 'a', 'b'])
        }
        "sha256" => text.len() == 64 && hex(text),
        "uri-reference" => {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&byte);
            !text.is_empty() && text.bytes().all(allowed) && text.matches('#').count() <= 1
        }
        // A path below the root of a repository: neither a scheme nor a host.
        "relative-path" => {
            is_of_format("uri-reference", text) && !text.starts_with('/') && !text.contains([':', '?', '#'])
        }
        // CloudEvents 1.0.2, type system: no controls.
        "attribute" => !text.is_empty() && !text.chars().any(char::is_control),
        // OSCAL string: one line, no white space at its ends. OSCAL token: an NCName without a colon.
        "oscal-string" => !text.is_empty() && text.trim() == text && !text.chars().any(char::is_control),
        "oscal-token" => {
            text.starts_with(|c: char| c.is_alphabetic() || c == '_')
                && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
        }
        other => panic!("the checker does not know the format `{other}`"),
    }
}

/// Every document that differs from this one by one damage which the schema must see: a required member is missing, a
/// value has another type, a word or a format is wrong, a member is added.
pub(crate) fn damaged(schema: &Value, document: &Value) -> Vec<(String, Value)> {
    let mut damages = Vec::new();
    damage(schema, schema, document, String::new(), &mut |place, replaced| {
        let mut copy = document.clone();
        *copy.pointer_mut(&place).unwrap() = replaced;
        damages.push((place, copy));
    });
    damages
}

fn damage(root: &Value, schema: &Value, value: &Value, at: String, replace: &mut impl FnMut(String, Value)) {
    if let Some(target) = schema.get("$ref") {
        let schema = root.pointer(target.as_str().unwrap().trim_start_matches('#')).unwrap();
        return damage(root, schema, value, at, replace);
    }
    if schema.get("type").is_some() {
        let other = if value.is_object() { json!([]) } else { json!({}) };
        replace(at.clone(), other);
    }
    for keyword in ["const", "enum", "format"] {
        if schema.get(keyword).is_some() {
            replace(at.clone(), json!("\u{7}"));
            replace(at.clone(), json!(99));
        }
    }
    if schema.get("minItems").is_some() {
        replace(at.clone(), json!([]));
    }
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        let mut without: Map<String, Value> = value.as_object().unwrap().clone();
        without.remove(name.as_str().unwrap()).unwrap();
        replace(at.clone(), Value::Object(without));
    }
    if let (Some(properties), Some(members)) = (schema.get("properties"), value.as_object()) {
        if schema.get("additionalProperties") != Some(&Value::Bool(true)) {
            let mut with = members.clone();
            with.insert("notKnown".to_owned(), Value::Null);
            replace(at.clone(), Value::Object(with));
        }
        for (name, member) in members {
            if let Some(schema) = properties.get(name) {
                damage(root, schema, member, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), replace);
            }
        }
    }
    if let (Some(schema), Some(items)) = (schema.get("items"), value.as_array()) {
        for (index, item) in items.iter().enumerate() {
            damage(root, schema, item, format!("{at}/{index}"), replace);
        }
    }
}
