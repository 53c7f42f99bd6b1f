//! Do two values say the same, as far as the engine's own type system blurs them?

use serde_json::Value;

use super::schema::Nesting;
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

/// Are both texts JSON, and the same JSON, the order of lists and lists of one aside?
///
/// That is how stores of policies rewrite them.
pub(super) fn same_json_text(a: Option<&Value>, b: Option<&Value>) -> bool {
    let parse = |value: Option<&Value>| match value {
        Some(Value::String(text)) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str::<Value>(text).ok()
        }
        _ => None,
    };
    match (parse(a), parse(b)) {
        (Some(a), Some(b)) => loose_text(&a, 0) == loose_text(&b, 0),
        _ => false,
    }
}

/// A text that is the same for values that are the same, the order of lists and lists of one aside.
fn loose_text(value: &Value, depth: usize) -> String {
    let deeper = depth.saturating_add(1);
    match value {
        Value::Array(items) => match items.as_slice() {
            [only] if depth <= MAX_DEPTH => loose_text(only, deeper),
            _ if depth <= MAX_DEPTH => {
                let mut texts: Vec<String> = items.iter().map(|item| loose_text(item, deeper)).collect();
                texts.sort_unstable();
                format!("[{}]", texts.join(","))
            }
            _ => String::new(),
        },
        Value::Object(map) if depth <= MAX_DEPTH => {
            let members = super::masks::sorted(map).into_iter().map(|(name, member)| {
                format!("{}:{}", crate::canonical::text(&Value::from(name)), loose_text(member, deeper))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Object(_) => String::new(),
        scalar => crate::canonical::text(scalar),
    }
}

/// Could a constant of the configuration have become this planned value by conversion alone?
///
/// The engine converts between texts, numbers and booleans, orders sets, and fills in members that the constant leaves
/// out. Only what cannot come about in this way shows that the plan does not follow the configuration.
pub(super) fn agrees(constant: &Value, planned: Option<&Value>, ordered: bool) -> bool {
    agrees_at(constant, planned.unwrap_or(&Value::Null), ordered, &mut 100_000, 0)
}

/// Sets are matched element by element, so the work is bounded: what is not shown to agree counts as disagreeing, and
/// then the constant stands for itself.
fn agrees_at(constant: &Value, planned: &Value, ordered: bool, work: &mut u32, depth: usize) -> bool {
    let Some(left) = work.checked_sub(1).filter(|_| depth <= MAX_DEPTH) else { return false };
    let deeper = depth.saturating_add(1);
    *work = left;
    match (constant, planned) {
        (Value::Array(wanted), Value::Array(items)) => {
            let in_order = wanted.len() == items.len()
                && wanted.iter().zip(items).all(|(wanted, item)| agrees_at(wanted, item, false, work, deeper));
            if in_order || ordered {
                return in_order;
            }
            // A set has no order, and each of its elements once.
            if let (Some(wanted), Some(items)) = (texts(wanted), texts(items)) {
                return wanted == items;
            }
            wanted.iter().all(|wanted| items.iter().any(|item| agrees_at(wanted, item, false, work, deeper)))
                && items.iter().all(|item| wanted.iter().any(|wanted| agrees_at(wanted, item, false, work, deeper)))
        }
        (Value::Object(wanted), Value::Object(members)) => wanted
            .iter()
            .all(|(name, wanted)| agrees_at(wanted, members.get(name).unwrap_or(&Value::Null), false, work, deeper)),
        (
            Value::Number(_) | Value::String(_) | Value::Bool(_),
            Value::Number(_) | Value::String(_) | Value::Bool(_),
        ) => same_scalar(constant, planned),
        (a, b) => a == b,
    }
}

/// The elements of an array of texts, as a set.
fn texts(items: &[Value]) -> Option<std::collections::BTreeSet<&str>> {
    items.iter().map(Value::as_str).collect()
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

/// Does a nested attribute follow the constant? Its members may be filled in, entries of a map may not.
pub(super) fn follows(value: &Value, after: Option<&Value>, nesting: Option<Nesting>) -> bool {
    match nesting {
        Some(Nesting::Map) => agrees_in_keys(value, after),
        Some(Nesting::List) => agrees(value, after, true),
        Some(Nesting::Single | Nesting::Set) | None => agrees(value, after, false),
    }
}

/// As [`agrees`], and a map holds no more than what is written.
pub(super) fn agrees_in_type(value: &Value, after: Option<&Value>, kind: Option<&Value>, ordered: bool) -> bool {
    let map = matches!(kind, Some(Value::Array(of)) if of.first().and_then(Value::as_str) == Some("map"));
    agrees(value, after, ordered) && (!map || agrees_in_keys(value, after))
}

/// As [`agrees`], and an object has no members but those that are written, unless they are null.
fn agrees_in_keys(value: &Value, after: Option<&Value>) -> bool {
    let more = match (value, after) {
        (Value::Object(written), Some(Value::Object(planned))) => {
            planned.iter().any(|(name, member)| !member.is_null() && !written.contains_key(name))
        }
        _ => false,
    };
    !more && agrees(value, after, false)
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
    fn a_store_of_policies_may_rewrite_a_text() {
        let same = |a: &str, b: &str| same_json_text(Some(&json!(a)), Some(&json!(b)));
        assert!(same(r#"{"a":[1,2],"b":"x"}"#, "{\n \"b\": [\"x\"],\n \"a\": [2, 1.0]\n}"));
        assert!(!same(r#"{"a":"s3:Get"}"#, r#"{"a":"s3:*"}"#));
        assert!(!same(r#"{"n":9007199254740992}"#, r#"{"n":9007199254740993}"#));
        assert!(!same("plain", "plain"));
        let nested = |leaf: &str| format!("{}{leaf}{}", "[[".repeat(50), "]]".repeat(50));
        assert!(same(&nested("[1,2]"), &nested("[2,1]")));
    }

    #[test]
    fn agreement_is_bounded_work() {
        let mut constant = json!(["a", 1]);
        let mut planned = json!([1, "a"]);
        for _ in 0..60 {
            (constant, planned) = (json!([constant, 0]), json!([0, planned]));
        }
        let _ = agrees(&constant, Some(&planned), false);
    }

    #[test]
    fn a_constant_takes_the_type_of_its_attribute() {
        let kind = json!(["set", ["object", {"port": "number", "note": "string"}]]);
        assert_eq!(converted(&json!([{"port": "80"}]), Some(&kind)), json!([{"port": 80, "note": null}]));
        assert_eq!(converted(&json!({"a": 1}), Some(&json!(["map", "string"]))), json!({"a": "1"}));
    }
}
