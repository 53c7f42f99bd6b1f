//! JSON written into a string.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::equal::equal;
use super::number;

/// Do both hold strings, whose texts are JSON objects or arrays that are equal?
///
/// White space, the order of members, escapes and the spelling of numbers have no meaning; a member that is `null` is
/// absent. A text that is a scalar (`"1"`), that repeats a name, or that is nested more than 127 levels deep is no JSON
/// document here: it is the same as itself alone.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    let (Value::String(a), Value::String(b)) = (a, b) else { return false };
    matches!((parse(a), parse(b)), (Some(a), Some(b)) if equal(&a, &b).is_same())
}

/// Is one a text, and the other the value that it is the JSON text of: `40` and `"40.0"`, `true` and `"true"`, an object
/// and its text?
///
/// That is how a value is met where a document and the system that keeps it disagree about the type of a field. Two texts
/// are never compared here, and `null` has no text.
pub(super) fn same_value_or_text(a: &Value, b: &Value) -> bool {
    let (value, text) = match (a, b) {
        (Value::String(_), Value::String(_)) => return false,
        (Value::String(text), value) | (value, Value::String(text)) => (value, text),
        _ => return false,
    };
    match value {
        Value::Bool(value) => text == if *value { "true" } else { "false" },
        Value::Number(_) => number::same_number(a, b),
        Value::Array(_) | Value::Object(_) => parse(text).is_some_and(|parsed| equal(value, &parsed).is_same()),
        Value::Null | Value::String(_) => false,
    }
}

/// The object or array that a text is, read strictly.
pub(super) fn parse(text: &str) -> Option<Value> {
    // The name under which `serde_json` hands numbers through would be read as one.
    if !text.trim_start().starts_with(['{', '[']) || text.contains("$serde_json::private::") {
        return None;
    }
    serde_json::from_str::<NamesAreUnique>(text).ok()?;
    serde_json::from_str(text).ok()
}

/// Reads any JSON, keeps nothing, and refuses an object that repeats a name.
struct NamesAreUnique;

impl<'de> Deserialize<'de> for NamesAreUnique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> DeserializeSeed<'de> for NamesAreUnique {
    type Value = Self;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NamesAreUnique {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated names")
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element_seed(Self)?.is_some() {}
        Ok(self)
    }

    // Under `arbitrary_precision` a number comes as a map with one name, which is unique.
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("a name is repeated"));
            }
            members.next_value_seed(Self)?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn layout_order_and_number_spelling_have_no_meaning() {
        assert!(same(&json!("{\"a\": [1.0, 2],\n \"b\": {}}"), &json!(r#"{"b":{},"a":[1,2]}"#)));
        assert!(same(&json!(r#" ["\u0061"]"#), &json!(r#"["a"] "#)));
    }

    #[test]
    fn numbers_are_exact() {
        assert!(!same(&json!("[9007199254740993]"), &json!("[9007199254740992]")));
    }

    #[test]
    fn what_is_no_document_is_not_compared() {
        for (a, b) in [
            (json!(r#"{"a":1,"a":2}"#), json!(r#"{"a":2}"#)),
            (json!(r#"[{"a":1,"\u0061":2}]"#), json!(r#"[{"a":2}]"#)),
            (json!("1"), json!("1.0")),
            (json!("{"), json!("{ ")),
            (json!("[1] x"), json!("[1]  x")),
            (json!({"a": 1}), json!(r#"{"a":1}"#)),
            (json!(r#"[{"$serde_json::private::Number":"1"}]"#), json!("[1]")),
        ] {
            assert!(!same(&a, &b) && !same(&b, &a), "{a} {b}");
        }
    }

    #[test]
    fn a_value_and_its_text_but_never_two_texts() {
        for (value, text) in [
            (json!(40), "40.0"),
            (json!(-1), "-1"),
            (json!(0.5), "0.50"),
            (json!(true), "true"),
            (json!({"a": [1]}), "{\n \"a\": [1.0]}"),
            (json!([]), "[ ]"),
        ] {
            assert!(same_value_or_text(&value, &json!(text)) && same_value_or_text(&json!(text), &value), "{value}");
        }
        for (a, b) in [
            (json!("1.1"), json!("1.10")),
            (json!("{}"), json!("{ }")),
            (json!(true), json!("True")),
            (json!(true), json!("1")),
            (json!(7), json!("007")),
            (json!(1), json!(true)),
            (json!({"a": 1}), json!(r#"{"a":1,"b":2}"#)),
            (json!({"a": 2}), json!(r#"{"a":1,"a":2}"#)),
        ] {
            assert!(!same_value_or_text(&a, &b), "{a} {b}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |spaces: &str| json!(format!("{}{spaces}{}", "[".repeat(100_000), "]".repeat(100_000)));
        assert!(!same(&deep(""), &deep(" ")));
    }
}
