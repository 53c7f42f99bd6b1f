//! Equality of JSON values below the level at which rules are asked.

use drift_model::{Decimal, MAX_DEPTH, NumberRelation};
use serde_json::{Map, Value};

/// How two JSON values compare, all the way down.
///
/// The order is that of the answers: of several parts, the greatest answer is the answer for the whole.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "the four answers to a comparison")]
pub enum Equality {
    /// The same value in the same spelling. The order of an object's members has no meaning.
    Same,
    /// The same value, spelled differently: `1` and `1.0`, or a member that is `null` on one side and absent on the other.
    SameValue,
    /// Nobody can tell: numbers that were rounded on reading, or parts deeper than [`MAX_DEPTH`].
    Unknowable,
    /// Different values.
    Different,
}

impl Equality {
    /// Is it the same value, in whatever spelling?
    #[must_use]
    pub const fn is_same(self) -> bool {
        matches!(self, Self::Same | Self::SameValue)
    }
}

/// Compares two values. Total, and without allocation where they are equal.
///
/// Strings are compared byte by byte, numbers by their exact value ([`NumberRelation`]), arrays by position, objects by
/// name in whatever order; no kind equals another kind.
///
/// ```
/// use drift_diff::{Equality, equal};
/// use serde_json::json;
///
/// assert_eq!(equal(&json!({"a": 1, "b": [true]}), &json!({"b": [true], "a": 1})), Equality::Same);
/// assert_eq!(equal(&json!({"a": 1, "b": null}), &json!({"a": 1.0})), Equality::SameValue);
/// assert_eq!(equal(&json!(1), &json!("1")), Equality::Different);
/// ```
#[must_use]
pub fn equal(a: &Value, b: &Value) -> Equality {
    below(a, b, 0)
}

/// Compares two values of which either may be absent: absence is the same value as `null`.
#[must_use]
pub fn equal_or_absent(a: Option<&Value>, b: Option<&Value>) -> Equality {
    match (a, b) {
        (None, None) => Equality::Same,
        (Some(a), Some(b)) => equal(a, b),
        (Some(Value::Null), None) | (None, Some(Value::Null)) => Equality::SameValue,
        (Some(_), None) | (None, Some(_)) => Equality::Different,
    }
}

fn below(a: &Value, b: &Value, depth: usize) -> Equality {
    match (a, b) {
        (Value::Null, Value::Null) => Equality::Same,
        (Value::Bool(a), Value::Bool(b)) => same_if(a == b),
        (Value::String(a), Value::String(b)) => same_if(a == b),
        (Value::Number(a), Value::Number(b)) => match NumberRelation::of(a, b) {
            NumberRelation::Same => Equality::Same,
            NumberRelation::SameValue => Equality::SameValue,
            NumberRelation::Different => Equality::Different,
            NumberRelation::Unknowable => Equality::Unknowable,
        },
        (Value::Array(a), Value::Array(b)) if a.len() != b.len() => Equality::Different,
        (Value::Array(a), Value::Array(b)) if depth >= MAX_DEPTH => same_if_empty(a.is_empty(), b.is_empty()),
        (Value::Array(a), Value::Array(b)) => worst(a.iter().zip(b).map(|(a, b)| below(a, b, depth.saturating_add(1)))),
        (Value::Object(a), Value::Object(b)) if depth >= MAX_DEPTH => same_if_empty(a.is_empty(), b.is_empty()),
        (Value::Object(a), Value::Object(b)) => members(a, b, depth.saturating_add(1)),
        (
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_),
            _,
        ) => Equality::Different,
    }
}

/// Compares the members of two objects.
fn members(a: &Map<String, Value>, b: &Map<String, Value>, depth: usize) -> Equality {
    // Nearly always both sides have the same names in the same order.
    let mut worst_yet = Equality::Same;
    let mut paired = 0_usize;
    for ((name, a), (other, b)) in a.iter().zip(b) {
        if name != other {
            break;
        }
        worst_yet = worst_yet.max(below(a, b, depth));
        if worst_yet == Equality::Different {
            return worst_yet;
        }
        paired = paired.saturating_add(1);
    }
    // INVARIANT: the first `paired` names are the same on both sides, so the rest of either is looked up in the rest of the other.
    let left = a.iter().skip(paired).map(|(name, a)| match b.get(name) {
        Some(b) => below(a, b, depth),
        None => null_is_absent(a),
    });
    let right = b.iter().skip(paired).filter(|(name, _)| !a.contains_key(*name)).map(|(_, b)| null_is_absent(b));
    worst_yet.max(worst(left)).max(worst(right))
}

/// The worst of the answers, asking no further than the first difference.
fn worst(answers: impl Iterator<Item = Equality>) -> Equality {
    let mut worst = Equality::Same;
    for answer in answers {
        worst = worst.max(answer);
        if worst == Equality::Different {
            break;
        }
    }
    worst
}

const fn same_if(same: bool) -> Equality {
    if same { Equality::Same } else { Equality::Different }
}

const fn same_if_empty(a: bool, b: bool) -> Equality {
    match (a, b) {
        (true, true) => Equality::Same,
        (true, false) | (false, true) => Equality::Different,
        (false, false) => Equality::Unknowable,
    }
}

fn null_is_absent(value: &Value) -> Equality {
    if value.is_null() { Equality::SameValue } else { Equality::Different }
}

/// The one text of all values that are [`equal`] to this one: canonical JSON without the members that are `null`.
///
/// `None` where equality is unknowable: a number that was rounded on reading, or a value deeper than [`MAX_DEPTH`].
pub(crate) fn key(value: &Value) -> Option<String> {
    let mut out = String::new();
    write_key(value, 0, &mut out).then_some(out)
}

/// The keys of the items, sorted: the same for two lists that hold the same items in any order.
pub(crate) fn sorted_keys(items: &[Value]) -> Option<Vec<String>> {
    let mut keys = items.iter().map(key).collect::<Option<Vec<_>>>()?;
    keys.sort_unstable();
    Some(keys)
}

fn write_key(value: &Value, depth: usize, out: &mut String) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => out.push_str(&drift_model::canonical_text(value)),
        Value::Number(number) => {
            if NumberRelation::of(number, number) != NumberRelation::Same {
                return false;
            }
            let text = Decimal::of(number).map_or_else(|| number.to_string(), |decimal| decimal.to_string());
            out.push_str(&text);
        }
        Value::Array(items) => {
            if depth >= MAX_DEPTH && !items.is_empty() {
                return false;
            }
            out.push('[');
            for item in items {
                if !write_key(item, depth.saturating_add(1), out) {
                    return false;
                }
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(map) => {
            if depth >= MAX_DEPTH && !map.is_empty() {
                return false;
            }
            let mut members: Vec<_> = map.iter().filter(|(_, value)| !value.is_null()).collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            out.push('{');
            for (name, value) in members {
                out.push_str(&drift_model::canonical_text(&Value::from(name.as_str())));
                out.push(':');
                if !write_key(value, depth.saturating_add(1), out) {
                    return false;
                }
                out.push(',');
            }
            out.push('}');
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::equivalence::tests::json_value;

    fn nested(depth: usize, core: Value) -> Value {
        (0..depth).fold(core, |inner, _| Value::Array(vec![inner]))
    }

    #[test]
    fn the_kinds_never_equal_each_other() {
        let kinds = [json!(null), json!(false), json!(0), json!(""), json!([]), json!({})];
        for (i, a) in kinds.iter().enumerate() {
            for (j, b) in kinds.iter().enumerate() {
                assert_eq!(equal(a, b) == Equality::Same, i == j, "{a} {b}");
                assert_eq!(equal(a, b) == Equality::Different, i != j, "{a} {b}");
            }
        }
    }

    #[test]
    fn the_order_of_members_has_no_meaning_and_null_is_absence() {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let (a, b) = (read(r#"{"x":1,"b":2,"c":{"d":1},"e":null}"#), read(r#"{"x":1,"c":{"d":1},"f":null,"b":2}"#));
        assert_eq!(equal(&a, &b), Equality::SameValue);
        assert_eq!(equal(&read(r#"{"x":1,"y":2}"#), &read(r#"{"y":2,"x":1}"#)), Equality::Same);
        assert_eq!(equal(&read(r#"{"x":1,"y":2}"#), &read(r#"{"y":2,"x":2}"#)), Equality::Different);
        assert_eq!(equal(&json!([null]), &json!([])), Equality::Different);
        assert_eq!(equal_or_absent(Some(&json!(null)), None), Equality::SameValue);
        assert_eq!(equal_or_absent(Some(&json!([])), None), Equality::Different);
    }

    #[test]
    fn a_difference_wins_over_what_nobody_can_tell() {
        let (deep, other) = (nested(MAX_DEPTH + 8, json!(1)), nested(MAX_DEPTH + 8, json!(2)));
        assert_eq!(equal(&deep, &other), Equality::Unknowable);
        assert_eq!(equal(&json!([deep, 1]), &json!([other, 2])), Equality::Different);
        assert_eq!(key(&deep), None);
        assert_eq!(equal(&nested(MAX_DEPTH, json!(1)), &nested(MAX_DEPTH, json!(1))), Equality::Same);
    }

    #[test]
    fn numbers_that_were_rounded_are_unknowable_and_have_no_key() {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let (a, b) = (read("1180591620717411303424"), read("1180591620717411303425"));
        assert!(!equal(&a, &b).is_same());
        assert_eq!(key(&a).is_some(), equal(&a, &a) == Equality::Same);
    }

    #[test]
    fn deep_objects_with_shuffled_members_are_compared_in_linear_time() {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let build = |head: &str, tail: &str| {
            let open = format!("{{{head}\"n\":").repeat(100);
            read(&format!("{open}1{}", format!("{tail}}}").repeat(100)))
        };
        // Different orders on the two sides where maps keep them; two to the power of a hundred, if a level were done twice.
        assert_eq!(equal(&build("\"a\":1,", ""), &build("", ",\"a\":1")), Equality::Same);
        assert_eq!(equal(&build("", ",\"z\":null"), &build("\"y\":null,", "")), Equality::SameValue);
    }

    proptest! {
        #[test]
        fn equality_is_an_equivalence_and_agrees_with_the_key(a in json_value(), b in json_value()) {
            prop_assert_eq!(equal(&a, &a), Equality::Same);
            prop_assert_eq!(equal(&a, &b), equal(&b, &a));
            prop_assert_eq!(equal(&a, &b).is_same(), key(&a) == key(&b));
        }
    }
}
