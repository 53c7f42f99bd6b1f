//! Do two values say the same, as far as the engine's own type system blurs them?

use serde_json::Value;

use crate::document::MAX_DEPTH;
use crate::number::{Decimal, NumberRelation};

/// Are the values equal, numbers by value, a missing member and `null` alike?
pub(super) fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    same_at(a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null), 0)
}

fn same_at(a: &Value, b: &Value, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let deeper = depth.saturating_add(1);
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => NumberRelation::of(a, b) != NumberRelation::Different,
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_at(a, b, deeper)),
        (Value::Object(a), Value::Object(b)) => {
            a.iter().all(|(name, value)| same_at(value, b.get(name).unwrap_or(&Value::Null), deeper))
                && b.iter().all(|(name, value)| a.contains_key(name) || value.is_null())
        }
        (a, b) => a == b,
    }
}

/// Is the value what stands where nothing was written?
pub(super) fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
        Some(Value::Bool(_) | Value::Number(_)) => false,
    }
}

/// Are both texts JSON, and the same JSON?
pub(super) fn same_json_text(a: Option<&Value>, b: Option<&Value>) -> bool {
    let parse = |value: Option<&Value>| match value {
        Some(Value::String(text)) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str::<Value>(text).ok()
        }
        _ => None,
    };
    match (parse(a), parse(b)) {
        (Some(a), Some(b)) => same(Some(&a), Some(&b)),
        _ => false,
    }
}

/// Could a constant of the configuration have become this planned value by conversion alone?
///
/// The engine converts between texts, numbers and booleans, orders sets, and fills in members that the constant leaves
/// out. Only what cannot come about in this way shows that the plan does not follow the configuration.
pub(super) fn agrees(constant: &Value, planned: Option<&Value>, ordered: bool) -> bool {
    agrees_at(constant, planned.unwrap_or(&Value::Null), ordered, 0)
}

fn agrees_at(constant: &Value, planned: &Value, ordered: bool, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let deeper = depth.saturating_add(1);
    match (constant, planned) {
        (Value::Array(wanted), Value::Array(items)) => {
            let in_order = wanted.len() == items.len()
                && wanted.iter().zip(items).all(|(wanted, item)| agrees_at(wanted, item, false, deeper));
            // A set has no order, and each of its elements once.
            in_order
                || !ordered
                    && wanted.iter().all(|wanted| items.iter().any(|item| agrees_at(wanted, item, false, deeper)))
                    && items.iter().all(|item| wanted.iter().any(|wanted| agrees_at(wanted, item, false, deeper)))
        }
        (Value::Object(wanted), Value::Object(members)) => wanted
            .iter()
            .all(|(name, wanted)| agrees_at(wanted, members.get(name).unwrap_or(&Value::Null), false, deeper)),
        (
            Value::Number(_) | Value::String(_) | Value::Bool(_),
            Value::Number(_) | Value::String(_) | Value::Bool(_),
        ) => same_scalar(constant, planned),
        (a, b) => a == b,
    }
}

fn same_scalar(a: &Value, b: &Value) -> bool {
    fn decimal(value: &Value) -> Option<Decimal> {
        match value {
            Value::Number(number) => Decimal::of(number),
            Value::String(text) => Decimal::parse(text),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => same(Some(a), Some(b)),
        (Value::Bool(flag), Value::String(text)) | (Value::String(text), Value::Bool(flag)) => {
            text == if *flag { "true" } else { "false" }
        }
        (Value::Number(_), Value::String(_)) | (Value::String(_), Value::Number(_)) => {
            decimal(a).is_some_and(|a| decimal(b) == Some(a))
        }
        (a, b) => a == b,
    }
}

/// The constant in the type of the attribute, as far as the type is known.
pub(super) fn converted(constant: &Value, kind: Option<&Value>) -> Value {
    converted_at(constant, kind, 0)
}

fn converted_at(constant: &Value, kind: Option<&Value>, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return constant.clone();
    }
    let deeper = depth.saturating_add(1);
    let (name, of) = match kind {
        Some(Value::String(name)) => (name.as_str(), None),
        Some(Value::Array(parts)) => (parts.first().and_then(Value::as_str).unwrap_or_default(), parts.get(1)),
        _ => return constant.clone(),
    };
    match (name, constant) {
        ("string", Value::Number(number)) => Value::String(number.to_string()),
        ("string", Value::Bool(flag)) => Value::String(flag.to_string()),
        ("number", Value::String(text)) => {
            serde_json::from_str(text).ok().filter(Value::is_number).unwrap_or_else(|| constant.clone())
        }
        ("bool", Value::String(text)) if text == "true" || text == "false" => Value::Bool(text == "true"),
        ("list" | "set", Value::Array(items)) => {
            Value::Array(items.iter().map(|item| converted_at(item, of, deeper)).collect())
        }
        ("map", Value::Object(members)) => {
            members.iter().map(|(name, member)| (name.clone(), converted_at(member, of, deeper))).collect()
        }
        ("object", Value::Object(members)) => {
            let Some(Value::Object(kinds)) = of else { return constant.clone() };
            let member = |name: &String, kind| {
                let value = members.get(name).map_or(Value::Null, |value| converted_at(value, Some(kind), deeper));
                (name.clone(), value)
            };
            kinds.iter().map(|(name, kind)| member(name, kind)).collect()
        }
        _ => constant.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conversion_alone_is_no_disagreement() {
        for (constant, planned, ordered, expected) in [
            (json!("80"), json!(80), false, true),
            (json!(80), json!("80.0"), false, true),
            (json!(true), json!("true"), false, true),
            (json!(1), json!(true), false, false),
            (json!(["b", "a"]), json!(["a", "b"]), false, true),
            (json!(["b", "a"]), json!(["a", "b"]), true, false),
            (json!(["a"]), json!(["a", "b"]), false, false),
            (json!({"port": 80}), json!({"port": 80, "protocol": null}), false, true),
            (json!({"port": 80}), json!({"port": 81}), false, false),
            (json!("private"), json!("PRIVATE"), false, false),
        ] {
            assert_eq!(agrees(&constant, Some(&planned), ordered), expected, "{constant} {planned}");
        }
    }

    #[test]
    fn a_constant_takes_the_type_of_its_attribute() {
        let kind = json!(["set", ["object", {"port": "number", "note": "string"}]]);
        assert_eq!(converted(&json!([{"port": "80"}]), Some(&kind)), json!([{"port": 80, "note": null}]));
        assert_eq!(converted(&json!({"a": 1}), Some(&json!(["map", "string"]))), json!({"a": "1"}));
    }
}
