//! Senses in which collections, and their absence, are the same.

use serde_json::Value;

use super::equal::{equal, key, sorted_keys};

/// Is the value absent, `null`, or an empty string, array or object? A member that is `null` is absent.
pub(crate) fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(map)) => map.values().all(Value::is_null),
        Some(Value::Bool(_) | Value::Number(_)) => false,
    }
}

/// Is one a list that holds just the other, as `["a"]` and `"a"` do? A list in a list is no scalar, and `null` is
/// absence, of which there is no list.
pub(super) fn same_scalar_or_list(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(_), Value::Array(_)) => false,
        (Value::Array(items), single) | (single, Value::Array(items)) => {
            !single.is_null() && matches!(items.as_slice(), [item] if equal(item, single).is_same())
        }
        _ => false,
    }
}

/// Do both lists hold the same items? Neither order nor repetition has a meaning.
pub(super) fn same_set(a: &Value, b: &Value) -> bool {
    let (Value::Array(a), Value::Array(b)) = (a, b) else { return false };
    let (Some(mut a), Some(mut b)) = (sorted_keys(a), sorted_keys(b)) else { return false };
    a.dedup();
    b.dedup();
    a == b
}

/// Do both lists hold the same objects, known by their key fields? Order has no meaning.
///
/// Never where there are no `keys`, where an item is no object or lacks a key, or where two items have the same keys.
pub(super) fn same_keyed(a: &Value, b: &Value, keys: &[String]) -> bool {
    let (Value::Array(a), Value::Array(b)) = (a, b) else { return false };
    a.len() == b.len()
        && is_keyed(a, keys)
        && is_keyed(b, keys)
        && matches!((sorted_keys(a), sorted_keys(b)), (Some(a), Some(b)) if a == b)
}

fn is_keyed(items: &[Value], keys: &[String]) -> bool {
    let of_item = |item: &Value| -> Option<Vec<String>> {
        let map = item.as_object()?;
        keys.iter().map(|name| map.get(name).filter(|value| !value.is_null()).and_then(key)).collect()
    };
    let Some(mut found) = items.iter().map(of_item).collect::<Option<Vec<_>>>() else { return false };
    let count = found.len();
    found.sort_unstable();
    found.dedup();
    !keys.is_empty() && found.len() == count
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn emptiness_is_shallow_and_not_zero() {
        for value in [json!(null), json!(""), json!([]), json!({}), json!({"a": null})] {
            assert!(is_empty(Some(&value)), "{value}");
        }
        assert!(is_empty(None));
        for value in [json!(0), json!(false), json!([[]]), json!([null]), json!({"a": {}}), json!(" ")] {
            assert!(!is_empty(Some(&value)), "{value}");
        }
    }

    #[test]
    fn a_list_of_one_is_its_item() {
        assert!(same_scalar_or_list(&json!(["a"]), &json!("a")));
        assert!(same_scalar_or_list(&json!({"a": 1}), &json!([{"a": 1.0}])));
        for (a, b) in [
            (json!([["a"]]), json!(["a"])),
            (json!(["a", "a"]), json!("a")),
            (json!([]), json!("a")),
            (json!([null]), json!(null)),
        ] {
            assert!(!same_scalar_or_list(&a, &b) && !same_scalar_or_list(&b, &a), "{a} {b}");
        }
    }

    #[test]
    fn sets_have_no_order_and_no_repetition() {
        assert!(same_set(&json!([1, "a", 1.0]), &json!(["a", 1])));
        assert!(same_set(&json!([{"a": 1, "b": null}, 2]), &json!([2, {"a": 1}])));
        assert!(!same_set(&json!(["1"]), &json!([1])));
        assert!(!same_set(&json!("a"), &json!(["a"])));
    }

    #[test]
    fn keyed_lists_have_no_order_but_one_item_a_key() {
        let keys = ["name".to_owned()];
        let (a, b) = (json!([{"name": "x", "v": 1}, {"name": "y"}]), json!([{"name": "y"}, {"v": 1, "name": "x"}]));
        assert!(same_keyed(&a, &b, &keys));
        assert!(!same_keyed(&a, &b, &[]));
        assert!(!same_keyed(&json!([{"name": "x"}, {"name": "x"}]), &json!([{"name": "x"}, {"name": "x"}]), &keys));
        assert!(!same_keyed(&json!([{"v": 1}]), &json!([{"v": 1}]), &keys));
        assert!(!same_keyed(&json!([{"name": "x", "v": 1}]), &json!([{"name": "x", "v": 2}]), &keys));
    }
}
