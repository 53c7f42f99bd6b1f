//! Senses in which scalars of different JSON kinds are the same.

use drift_model::{Decimal, NumberRelation};
use serde_json::{Number, Value};

/// Do both hold the same number, as JSON numbers or as texts of JSON numbers: `1`, `1.0`, `"1.0"`, `"1e0"`?
///
/// Texts with white space, a plus sign, a bare point or leading zeros are no numbers: `"007"` is a name.
pub(super) fn same_number(a: &Value, b: &Value) -> bool {
    match (a, b) {
        // What was rounded on reading may not be compared by its text.
        (Value::Number(a), Value::Number(b)) => {
            matches!(NumberRelation::of(a, b), NumberRelation::Same | NumberRelation::SameValue)
        }
        _ => matches!((decimal(a), decimal(b)), (Some(a), Some(b)) if a == b),
    }
}

fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => exact(number),
        Value::String(text) if is_json_number(text) => Decimal::parse(text),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The number, unless it was rounded on reading.
fn exact(number: &Number) -> Option<Decimal> {
    (NumberRelation::of(number, number) == NumberRelation::Same).then(|| Decimal::of(number))?
}

/// RFC 8259 §6.
fn is_json_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

/// Do both hold the same integer, as a JSON number or as its decimal text: `80` and `"80"`? Texts such as `"25%"` are the
/// same as themselves alone.
pub(super) fn same_integer(a: &Value, b: &Value) -> bool {
    matches!((integer(a), integer(b)), (Some(a), Some(b)) if a == b)
}

fn integer(value: &Value) -> Option<Decimal> {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') && is_json_number(text);
    match value {
        Value::Number(number) => exact(number).filter(Decimal::is_integer),
        Value::String(text) if text != "-0" && plain(text) => Decimal::parse(text),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Do both hold the same boolean, as a JSON boolean or as its text: `true`, `"true"`, `"True"`, `"TRUE"`, `"1"`?
///
/// Those are the spellings of YAML 1.2's core schema, and the digits that Terraform and Go's `strconv.ParseBool` turn into
/// booleans. `yes` and `on` are texts, and the number `1` is a number.
pub(super) fn same_boolean(a: &Value, b: &Value) -> bool {
    matches!((boolean(a), boolean(b)), (Some(a), Some(b)) if a == b)
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) => match text.as_str() {
            "true" | "True" | "TRUE" | "1" => Some(true),
            "false" | "False" | "FALSE" | "0" => Some(false),
            _ => None,
        },
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_and_their_texts() {
        assert!(same_number(&json!("1.50"), &json!(1.5)));
        assert!(same_number(&json!("1e2"), &json!("100")));
        assert!(same_number(&json!("18446744073709551616"), &json!("18446744073709551616.0")));
        for (a, b) in [("007", "7"), ("+1", "1"), (" 1", "1"), (".5", "0.5"), ("0x10", "16"), ("", "0"), ("1.", "1")] {
            assert!(!same_number(&json!(a), &json!(b)), "{a} {b}");
        }
        assert!(!same_number(&json!(true), &json!(1)));
    }

    #[test]
    fn integers_and_their_texts_but_not_percentages() {
        assert!(same_integer(&json!(80), &json!("80")));
        assert!(same_integer(&json!(-1), &json!("-1")));
        for (a, b) in [
            (json!("25%"), json!(25)),
            (json!("1.0"), json!(1)),
            (json!("080"), json!(80)),
            (json!("http"), json!("http")),
        ] {
            assert!(!same_integer(&a, &b), "{a} {b}");
        }
    }

    #[test]
    fn booleans_and_their_texts() {
        for (a, b) in [(json!(true), json!("True")), (json!("1"), json!(true)), (json!("0"), json!("false"))] {
            assert!(same_boolean(&a, &b), "{a} {b}");
        }
        for (a, b) in [
            (json!("yes"), json!(true)),
            (json!(1), json!(true)),
            (json!(1), json!("1")),
            (json!("01"), json!("1")),
            (json!("0"), json!(true)),
            (json!("tRue"), json!(true)),
            (json!("false"), json!(true)),
        ] {
            assert!(!same_boolean(&a, &b), "{a} {b}");
        }
    }
}
