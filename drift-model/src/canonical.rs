//! Canonical JSON: one text for each value, under every build of `serde_json`.
//!
//! The *exact* profile: RFC 8785 (keys in UTF-16 order, shortest escapes, ECMAScript numbers), except that integers keep
//! all their digits where RFC 8785 would round them to a double. Where no integer exceeds 2^53 the two are the same
//! bytes; where one does, [`rfc8785_text`](crate::rfc8785_text) refuses it. `serde_json::to_string` will not do: any crate
//! in the tree can switch on `preserve_order` or `arbitrary_precision`, and change its bytes.

use std::convert::Infallible;

use serde::Serialize;
use serde_json::{Map, Number, Value};

use crate::number::Decimal;

/// The canonical text of a value.
///
/// ```
/// use serde_json::json;
///
/// assert_eq!(drift_model::canonical_text(&json!({"b": 1.0, "a": [true, null]})), r#"{"a":[true,null],"b":1}"#);
/// ```
#[must_use]
pub fn text(value: &Value) -> String {
    let mut out = String::new();
    let Ok(()) = write(value, &mut out, |number, out| {
        match Decimal::of(number) {
            Some(decimal) => out.push_str(&decimal.to_string()),
            None => out.push_str(&number.to_string()),
        }
        Ok::<(), Infallible>(())
    });
    out
}

/// The canonical text of anything that serializes to JSON.
///
/// # Errors
///
/// What `serde_json::to_value` refuses: a map whose keys are not strings.
pub fn text_of<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    serde_json::to_value(value).map(|value| text(&value))
}

/// A value that serializes in canonical order and spelling through any serializer.
///
/// What a person or a program reads goes through this, so that outputs are the same bytes under every build.
pub(crate) struct Canonical<'a>(pub(crate) &'a Value);

impl Serialize for Canonical<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Number(number) => canonical_number(number).serialize(serializer),
            Value::Array(items) => serializer.collect_seq(items.iter().map(Canonical)),
            Value::Object(map) => {
                serializer.collect_map(sorted(map).into_iter().map(|(key, value)| (key, Canonical(value))))
            }
            Value::Null | Value::Bool(_) | Value::String(_) => self.0.serialize(serializer),
        }
    }
}

/// The number in the form that prints the same under every build: an integer where it is one, else the double that
/// it is, else (under `arbitrary_precision` alone) its exact text.
fn canonical_number(number: &Number) -> Number {
    if number.is_i64() || number.is_u64() {
        return number.clone();
    }
    let Some(decimal) = Decimal::of(number) else { return number.clone() };
    let text = decimal.to_string();
    if let Ok(integer) = text.parse::<i64>() {
        return integer.into();
    }
    let double = number.as_f64().and_then(Number::from_f64);
    match double {
        Some(double) if Decimal::of(&double).as_ref() == Some(&decimal) => double,
        _ => serde_json::from_str(&text).unwrap_or_else(|_| number.clone()),
    }
}

pub(crate) fn sorted(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    entries
}

/// What is still to be written, the next last. A list of its own rather than recursion: values have any depth.
enum Todo<'v> {
    Value(&'v Value),
    Name(&'v str),
    Text(&'static str),
}

/// Writes a value in canonical form, its numbers as `write_number` does.
pub(crate) fn write<E>(
    value: &Value,
    out: &mut String,
    write_number: impl Fn(&Number, &mut String) -> Result<(), E>,
) -> Result<(), E> {
    let mut todo = vec![Todo::Value(value)];
    while let Some(next) = todo.pop() {
        match next {
            Todo::Text(text) => out.push_str(text),
            Todo::Name(name) => {
                write_string(name, out);
                out.push(':');
            }
            Todo::Value(Value::Null) => out.push_str("null"),
            Todo::Value(Value::Bool(true)) => out.push_str("true"),
            Todo::Value(Value::Bool(false)) => out.push_str("false"),
            Todo::Value(Value::Number(number)) => write_number(number, out)?,
            Todo::Value(Value::String(text)) => write_string(text, out),
            Todo::Value(Value::Array(items)) => {
                out.push('[');
                todo.push(Todo::Text("]"));
                for (index, item) in items.iter().enumerate().rev() {
                    todo.push(Todo::Value(item));
                    if index > 0 {
                        todo.push(Todo::Text(","));
                    }
                }
            }
            Todo::Value(Value::Object(map)) => {
                out.push('{');
                todo.push(Todo::Text("}"));
                for (index, (name, member)) in sorted(map).into_iter().enumerate().rev() {
                    todo.push(Todo::Value(member));
                    todo.push(Todo::Name(name));
                    if index > 0 {
                        todo.push(Todo::Text(","));
                    }
                }
            }
        }
    }
    Ok(())
}

pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    // Whole runs at once: what has to be escaped is rare, and one byte long.
    while let Some((plain, from)) = rest
        .bytes()
        .position(|byte| byte < b' ' || matches!(byte, b'"' | b'\\'))
        .and_then(|at| rest.split_at_checked(at))
    {
        out.push_str(plain);
        let mut following = from.chars();
        match following.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\u{8}') => out.push_str("\\b"),
            Some('\u{c}') => out.push_str("\\f"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(control) => {
                use std::fmt::Write as _;
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            None => break,
        }
        rest = following.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_in_utf_16_order() {
        // U+E000 sorts after U+10000 in UTF-16 and before it in UTF-8.
        let value: Value = serde_json::from_str("{\"\u{e000}\": 1, \"\u{10000}\": 2}").unwrap();
        assert_eq!(text(&value), "{\"\u{10000}\":2,\"\u{e000}\":1}");
    }

    #[test]
    fn strings_have_the_shortest_escapes() {
        assert_eq!(text(&json!("\u{0}\u{1f}\n\"\\/\u{7f}é")), "\"\\u0000\\u001f\\n\\\"\\\\/\u{7f}é\"");
    }

    #[test]
    fn integers_keep_all_their_digits() {
        assert_eq!(
            text(&json!([9_007_199_254_740_993_u64, i64::MIN, u64::MAX])),
            "[9007199254740993,-9223372036854775808,18446744073709551615]"
        );
    }

    #[test]
    fn law_9_same_in_same_out_numbers_print_canonically_under_every_build() {
        let value: Value = serde_json::from_str(r#"{"z":4.50,"b":1.0,"a":[1e3,-0.0,0.000001]}"#).unwrap();
        let expected = r#"{"a":[1000,0,0.000001],"b":1,"z":4.5}"#;
        assert_eq!(text(&value), expected);
        let shown = serde_json::to_string(&Canonical(&value)).unwrap();
        assert_eq!(text(&serde_json::from_str(&shown).unwrap()), expected);
        assert!(shown.starts_with(r#"{"a":[1000,0,"#), "{shown}");
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_string_is_escaped_as_one_would_character_by_character(text in "[ -~é\\x00-\\x20\"\\\\\u{1f600}]{0,24}") {
            let escaped: String = text.chars().map(|c| match c {
                '"' => "\\\"".to_owned(),
                '\\' => "\\\\".to_owned(),
                '\u{8}' => "\\b".to_owned(),
                '\u{c}' => "\\f".to_owned(),
                '\n' => "\\n".to_owned(),
                '\r' => "\\r".to_owned(),
                '\t' => "\\t".to_owned(),
                c if c < ' ' => format!("\\u{:04x}", u32::from(c)),
                c => c.to_string(),
            }).collect();
            prop_assert_eq!(super::text(&json!(text)), format!("\"{escaped}\""));
        }

        #[test]
        fn canonical_text_reads_back_and_stays(value in json_value()) {
            let once = text(&value);
            let read: Value = serde_json::from_str(&once).unwrap();
            prop_assert_eq!(text(&read), once);
        }
    }
}
