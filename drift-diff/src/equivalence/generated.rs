//! Values that the system makes up, keeps to itself, or resolves.

use serde_json::Value;

use super::collection::is_empty;
use super::equal::equal;

/// Is one left out, and the other a text or number that the system can have made up?
///
/// Left out is absent, `null` or the empty string. Two values that are both given are not the same, however alike.
pub(super) fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    let left_out =
        |value: Option<&Value>| is_empty(value) && !matches!(value, Some(Value::Array(_) | Value::Object(_)));
    let made_up = |value: Option<&Value>| match value {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Number(_)) => true,
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => false,
    };
    left_out(a) && (left_out(b) || made_up(b)) || left_out(b) && made_up(a)
}

/// Is one side silent about what the other says? `null` is silence.
pub(super) fn not_read_back(a: Option<&Value>, b: Option<&Value>) -> bool {
    let silent = |value: Option<&Value>| value.is_none_or(Value::is_null);
    silent(a) || silent(b)
}

/// Is one the word that the system resolves, and the other a text or number that it can have been resolved to?
pub(super) fn floats(a: &Value, b: &Value, word: &Value) -> bool {
    let is_word = |value: &Value| equal(value, word).is_same();
    let resolved = |value: &Value| match value {
        Value::String(text) => !text.is_empty(),
        Value::Number(_) => true,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    };
    is_word(a) && resolved(b) || is_word(b) && resolved(a)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_left_out_may_be_made_up() {
        assert!(same(None, Some(&json!("stack-queue-1X2Y3Z"))));
        assert!(same(Some(&json!(1)), Some(&json!(null))));
        for (a, b) in
            [(json!("a"), json!("b")), (json!(""), json!(true)), (json!(null), json!(["a"])), (json!([]), json!("a"))]
        {
            assert!(!same(Some(&a), Some(&b)) && !same(Some(&b), Some(&a)), "{a} {b}");
        }
    }

    #[test]
    fn what_is_never_answered_is_no_removal_and_a_change_is_one() {
        assert!(not_read_back(Some(&json!("hunter2")), None) && not_read_back(None, Some(&json!({"a": [true]}))));
        assert!(!not_read_back(Some(&json!("hunter2")), Some(&json!("hunter3"))));
        assert!(!not_read_back(Some(&json!(["a"])), Some(&json!([]))));
    }

    #[test]
    fn a_word_floats_and_two_results_differ() {
        let word = json!("LATEST");
        assert!(floats(&word, &json!("1.4.0"), &word) && floats(&json!(7), &word, &word));
        for (a, b) in [(json!("1.4.0"), json!("1.3.0")), (json!("LATEST"), json!("")), (json!("latest"), json!("1"))] {
            assert!(!floats(&a, &b, &word), "{a} {b}");
        }
    }
}
