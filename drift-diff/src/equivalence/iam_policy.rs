//! IAM policy documents.

use std::borrow::Cow;

use drift_model::{Decimal, NumberRelation};
use serde_json::{Map, Value};

use super::collection::is_empty;
use super::equal::key;
use super::json_text;

/// Do both hold IAM policy documents, as JSON or as its text, that grant and deny the same?
///
/// What has no meaning: the order of statements, and one statement where a list may stand; repetition and order in `Action`,
/// `NotAction`, `Resource`, `NotResource`, in the members of `Principal` and `NotPrincipal`, and in condition values, and a
/// single value where a list may stand; `"*"` for `{"AWS": "*"}`; a condition value that is a boolean or a number for its
/// text; an empty `Condition`, `Sid` or `Id`; and a missing `Version`, which means `2008-10-17`.
///
/// What is not decided here: wildcards that cover each other, the case of actions, an account number for its root ARN.
/// A value without `Statement` is no policy.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    matches!((normal(a), normal(b)), (Some(a), Some(b)) if a == b)
}

/// The one text of all policies that are the same as this one.
fn normal(value: &Value) -> Option<String> {
    let document = match value {
        Value::String(text) => Cow::Owned(json_text::parse(text)?),
        Value::Object(_) => Cow::Borrowed(value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => return None,
    };
    let policy = document.as_object()?;
    let mut statements = match policy.get("Statement")? {
        Value::Array(items) => items.iter().map(|item| statement(item.as_object()?)).collect::<Option<Vec<_>>>()?,
        Value::Object(single) => vec![statement(single)?],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    };
    statements.sort_unstable();
    statements.dedup();
    let mut normal = Map::new();
    normal.insert("Version".to_owned(), Value::from("2008-10-17"));
    for (name, value) in policy.iter().filter(|(name, value)| *name != "Statement" && !is_left_out(name, value)) {
        normal.insert(name.clone(), value.clone());
    }
    normal.insert("Statement".to_owned(), Value::from(statements));
    key(&Value::Object(normal))
}

fn is_left_out(name: &str, value: &Value) -> bool {
    match name {
        "Sid" | "Id" => value.as_str() == Some("") || value.is_null(),
        "Condition" => value.is_object() && is_empty(Some(value)) || value.is_null(),
        _ => value.is_null(),
    }
}

fn statement(members: &Map<String, Value>) -> Option<String> {
    let mut normal = Map::new();
    for (name, value) in members.iter().filter(|(name, value)| !is_left_out(name, value)) {
        let value = match name.as_str() {
            "Action" | "NotAction" | "Resource" | "NotResource" => set(value, false)?,
            "Principal" | "NotPrincipal" => principal(value)?,
            "Condition" => condition(value)?,
            _ => value.clone(),
        };
        normal.insert(name.clone(), value);
    }
    key(&Value::Object(normal))
}

fn principal(value: &Value) -> Option<Value> {
    match value {
        Value::String(all) if all == "*" => {
            Some(Value::Object(Map::from_iter([("AWS".to_owned(), set(value, false)?)])))
        }
        Value::Object(members) => each(members, |value| set(value, false)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Some(value.clone()),
    }
}

/// Operator, then condition key, then values. Condition values are texts, whatever they were written as.
fn condition(value: &Value) -> Option<Value> {
    each(value.as_object()?, |keys| match keys {
        Value::Object(keys) => each(keys, |values| set(values, true)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Some(keys.clone()),
    })
}

fn each(members: &Map<String, Value>, normal: impl Fn(&Value) -> Option<Value>) -> Option<Value> {
    members
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| Some((name.clone(), normal(value)?)))
        .collect::<Option<Map<_, _>>>()
        .map(Value::Object)
}

/// A value or a list of values, as the sorted list of their keys.
fn set(value: &Value, as_text: bool) -> Option<Value> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            std::slice::from_ref(value)
        }
    };
    let mut keys = items.iter().map(|item| if as_text { text(item) } else { key(item) }).collect::<Option<Vec<_>>>()?;
    keys.sort_unstable();
    keys.dedup();
    Some(Value::from(keys))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => key(&Value::from(if *value { "true" } else { "false" })),
        Value::Number(number) if NumberRelation::of(number, number) == NumberRelation::Same => {
            key(&Value::from(Decimal::of(number)?.to_string()))
        }
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => key(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn policies_compare_by_what_they_say() {
        let declared = json!({
            "Version": "2012-10-17",
            "Statement": [
                {"Sid": "", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": ["b", "a", "b"]},
                {"Effect": "Deny", "Principal": {"AWS": ["x"]}, "NotAction": ["s3:*"], "Resource": "*",
                 "Condition": {"Bool": {"aws:SecureTransport": false}, "NumericLessThan": {"s3:max-keys": [10]}}},
            ],
        });
        let live = json!({
            "Statement": [
                {"Effect": "Deny", "Principal": {"AWS": "x"}, "NotAction": "s3:*", "Resource": ["*"],
                 "Condition": {"NumericLessThan": {"s3:max-keys": "10"}, "Bool": {"aws:SecureTransport": ["false"]}}},
                {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["s3:GetObject"], "Resource": ["a", "b"], "Condition": {}},
            ],
            "Version": "2012-10-17",
        });
        assert!(same(&declared, &live) && same(&live, &declared));
        assert!(same(&declared, &json!(live.to_string())));
        let single = json!({"Statement": {"Effect": "Allow", "Action": "a", "Resource": "r"}});
        assert!(same(
            &single,
            &json!({"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Action": ["a"], "Resource": "r"}]})
        ));
    }

    #[test]
    fn what_changes_the_meaning_is_not_the_same() {
        let policy = |statement: Value| json!({"Version": "2012-10-17", "Statement": [statement]});
        let base = json!({"Effect": "Allow", "Action": ["a", "b"], "Resource": "r", "Principal": {"AWS": "x"}});
        let changed = |name: &str, value: Value| {
            let mut statement = base.clone();
            statement[name] = value;
            policy(statement)
        };
        for other in [
            changed("Effect", json!("Deny")),
            changed("Action", json!(["a"])),
            changed("Action", json!("a,b")),
            changed("Resource", json!("*")),
            changed("Principal", json!("*")),
            changed("Principal", json!({"Service": "x"})),
            changed("NotAction", json!("c")),
            changed("Condition", json!({"Bool": {"k": true}})),
            changed("Sid", json!("one")),
            json!({"Version": "2008-10-17", "Statement": [base.clone()]}),
            json!({"Version": "2012-10-17", "Statement": []}),
        ] {
            assert!(!same(&policy(base.clone()), &other), "{other}");
        }
        assert!(!same(&json!({"Version": "2012-10-17"}), &json!({"Version": "2012-10-17"})));
        assert!(!same(&json!(["a"]), &json!("[\"a\"]")));
    }
}
