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
/// single value where a list may stand; `"*"` for `{"AWS": "*"}`, and an account's number for the ARN of its root, which as a
/// principal stands for the account; the case of actions and of condition keys; a condition value that is a boolean or a
/// number for its text; an empty `Condition`, `Sid` or `Id`; and a missing `Version`, which means `2008-10-17`.
///
/// What is not decided here: wildcards that cover each other, and what a policy would grant together with others. A name of
/// an operator or an element has its case. A value without `Statement` is no policy.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    matches!((normal(a), normal(b)), (Some(a), Some(b)) if a == b)
}

/// Does the object hold statements, of which one has an effect? Other documents have a `Statement`, too.
pub(crate) fn is_policy(members: &Map<String, Value>) -> bool {
    let has_effect = |statement: &Value| statement.get("Effect").is_some();
    match members.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().any(has_effect),
        Some(single) => has_effect(single),
        None => false,
    }
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
            "Action" | "NotAction" => set(value, |action| key(&lower_case(action)))?,
            "Resource" | "NotResource" => set(value, key)?,
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
        Value::String(all) if all == "*" => Some(Value::Object(Map::from_iter([("AWS".to_owned(), set(value, key)?)]))),
        Value::Object(members) => each(members, |name, value| {
            let principals =
                if name == "AWS" { set(value, |principal| key(&account(principal)))? } else { set(value, key)? };
            Some((name.to_owned(), principals))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Some(value.clone()),
    }
}

/// The account, where its root is named: `arn:aws:iam::123456789012:root` and `123456789012` are one principal.
fn account(principal: &Value) -> Cow<'_, Value> {
    let root = |arn: &str| {
        let (_partition, account) = arn.strip_prefix("arn:")?.split_once(":iam::")?;
        let account = account.strip_suffix(":root")?;
        (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then(|| Value::from(account))
    };
    principal.as_str().and_then(root).map_or(Cow::Borrowed(principal), Cow::Owned)
}

fn lower_case(action: &Value) -> Cow<'_, Value> {
    action.as_str().map_or(Cow::Borrowed(action), |text| Cow::Owned(Value::from(text.to_ascii_lowercase())))
}

/// Operator, then condition key, then values. Condition keys have no case, and their values are texts, whatever they were
/// written as.
fn condition(value: &Value) -> Option<Value> {
    each(value.as_object()?, |operator, keys| {
        let normal = match keys {
            Value::Object(keys) => each(keys, |name, values| Some((name.to_ascii_lowercase(), set(values, text)?)))?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => keys.clone(),
        };
        Some((operator.to_owned(), normal))
    })
}

/// Every member in its normal form. `None` where two of them then have one name: which of them counts, nobody says.
fn each(members: &Map<String, Value>, normal: impl Fn(&str, &Value) -> Option<(String, Value)>) -> Option<Value> {
    let mut all = Map::new();
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        let (name, value) = normal(name, value)?;
        if all.insert(name, value).is_some() {
            return None;
        }
    }
    Some(Value::Object(all))
}

/// A value or a list of values, as the sorted list of their keys.
fn set(value: &Value, key: impl Fn(&Value) -> Option<String>) -> Option<Value> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            std::slice::from_ref(value)
        }
    };
    let mut keys = items.iter().map(key).collect::<Option<Vec<_>>>()?;
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
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// A statement as somebody writes it, in few enough words that two of them meet.
    fn statement() -> impl Strategy<Value = Value> {
        let action = prop_oneof![Just("s3:GetObject"), Just("s3:PutObject"), Just("sqs:*")];
        let principal = prop_oneof![
            Just(json!("*")),
            Just(json!({"AWS": "123456789012"})),
            Just(json!({"AWS": "arn:aws:iam::123456789012:role/x"})),
            Just(json!({"Service": ["a.amazonaws.com", "b.amazonaws.com"]})),
        ];
        let condition = prop_oneof![
            Just(json!({})),
            Just(json!({"Bool": {"aws:SecureTransport": true}})),
            Just(json!({"StringEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}})),
        ];
        (any::<bool>(), proptest::collection::vec(action, 1..3), principal, condition).prop_map(
            |(allow, actions, principal, condition)| {
                json!({"Effect": if allow { "Allow" } else { "Deny" }, "Action": actions, "Resource": ["r"],
                       "Principal": principal, "Condition": condition})
            },
        )
    }

    fn policy() -> impl Strategy<Value = Value> {
        proptest::collection::vec(statement(), 1..4)
            .prop_map(|statements| json!({"Version": "2012-10-17", "Statement": statements}))
    }

    /// The same policy as a policy store may answer it.
    fn retold(policy: &Value) -> Value {
        let mut policy = policy.clone();
        let statements = policy["Statement"].as_array_mut().unwrap();
        statements.reverse();
        for statement in statements.iter_mut() {
            let actions = statement["Action"].as_array_mut().unwrap();
            actions.reverse();
            actions.push(Value::from(actions[0].as_str().unwrap().to_ascii_uppercase()));
            statement["Resource"] = json!("r");
            if statement["Principal"] == json!("*") {
                statement["Principal"] = json!({"AWS": ["*"]});
            } else if statement["Principal"] == json!({"AWS": "123456789012"}) {
                statement["Principal"] = json!({"AWS": ["arn:aws:iam::123456789012:root"]});
            }
            if statement["Condition"] == json!({}) {
                statement.as_object_mut().unwrap().remove("Condition");
            } else if statement["Condition"] == json!({"Bool": {"aws:SecureTransport": true}}) {
                statement["Condition"] = json!({"Bool": {"AWS:SecureTransport": ["true"]}});
            }
        }
        policy
    }

    proptest! {
        #[test]
        fn a_policy_told_in_other_words_is_the_same_as_json_and_as_text(policy in policy()) {
            let retold = retold(&policy);
            for (a, b) in [(&policy, &retold), (&policy, &json!(retold.to_string())), (&json!(policy.to_string()), &retold)] {
                prop_assert!(same(a, b) && same(b, a));
            }
        }

        #[test]
        fn one_more_grant_is_another_policy(policy in policy(), which in any::<proptest::sample::Index>(), member in 0..5_usize) {
            let mut other = retold(&policy);
            let statements = other["Statement"].as_array_mut().unwrap();
            let at = which.index(statements.len());
            match member {
                0 => statements[at]["Action"].as_array_mut().unwrap().push(json!("iam:PassRole")),
                1 => statements[at]["Resource"] = json!(["r", "*"]),
                2 => statements[at]["Principal"] = json!({"AWS": "arn:aws:iam::210987654321:root"}),
                3 => statements[at]["Condition"] = json!({"Bool": {"aws:SecureTransport": false}}),
                _ => statements.push(json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"})),
            }
            prop_assert!(!same(&policy, &other));
        }
    }

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
    fn an_account_is_its_root_and_actions_and_condition_keys_have_no_case() {
        let policy = |principal: Value, action: &str, keys: Value| json!({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": action, "Condition": {"StringEquals": keys}}]});
        let base = policy(json!({"AWS": "123456789012"}), "s3:GetObject", json!({"aws:SourceVpc": "vpc-1"}));
        let root = json!({"AWS": ["arn:aws-cn:iam::123456789012:root"]});
        assert!(same(&base, &policy(root.clone(), "S3:getobject", json!({"AWS:sourcevpc": ["vpc-1"]}))));
        for other in [
            policy(
                json!({"AWS": "arn:aws:iam::123456789012:user/root"}),
                "s3:GetObject",
                json!({"aws:SourceVpc": "vpc-1"}),
            ),
            policy(json!({"AWS": "arn:aws:iam::210987654321:root"}), "s3:GetObject", json!({"aws:SourceVpc": "vpc-1"})),
            policy(json!({"Federated": "123456789012"}), "s3:GetObject", json!({"aws:SourceVpc": "vpc-1"})),
            policy(root.clone(), "s3:GetObject", json!({"aws:SourceVpc": "VPC-1"})),
            policy(root, "s3:GetObject", json!({"aws:SourceVpc": "vpc-1", "aws:sourcevpc": "vpc-2"})),
        ] {
            assert!(!same(&base, &other), "{other}");
        }
    }

    #[test]
    fn a_policy_has_statements_with_effects() {
        let is = |value: Value| is_policy(value.as_object().unwrap());
        assert!(is(json!({"Statement": {"Effect": "Deny"}})) && is(json!({"Statement": [{}, {"Effect": null}]})));
        assert!(!is(json!({"Statement": {"ByteMatchStatement": {}}})) && !is(json!({"Statement": "Effect"})));
        assert!(!is(json!({"Effect": "Allow"})));
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
