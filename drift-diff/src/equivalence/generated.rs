//! Values that the system makes up.

use serde_json::Value;

use super::collection::is_empty;

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
}
