//! `PathElement`: one key of a field set, in the spelling of FieldsV1.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Number, Value};

use crate::canonical;
use crate::number::Decimal;
use crate::path::Step;

/// One key of a [`FieldSet`](super::FieldSet): `f:name`, `k:{"name":"app"}`, `v:"item"` or `i:3`.
///
/// What follows `f:` is raw text, may be empty and is not unescaped a second time; what follows `k:` is one JSON
/// object, `v:` one JSON value, `i:` a decimal integer. It prints in one spelling: keys sorted by name, no white space,
/// canonical numbers and the shortest escapes. Elements sort as structured-merge-diff sorts them: fields, keys, values,
/// indexes; values by kind (numbers, strings, booleans, lists, objects, null) and then by content.
///
/// ```
/// use drift_model::source::managed_fields::PathElement;
///
/// let port: PathElement = r#"k:{ "protocol": "TCP", "containerPort": 80 }"#.parse()?;
/// assert_eq!(port.to_string(), r#"k:{"containerPort":80,"protocol":"TCP"}"#);
/// assert_eq!(port.step().unwrap().to_string(), "[containerPort=80,protocol=TCP]");
/// # Ok::<(), drift_model::source::managed_fields::PathElementError>(())
/// ```
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct PathElement(Kind);

/// Declared in the order in which elements sort.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Kind {
    Field(String),
    Key(Vec<(String, Json)>),
    Item(Json),
    Index(i64),
}

impl PathElement {
    /// The step of a path that this element is; `None` for a negative index, which no document has.
    #[must_use]
    pub fn step(&self) -> Option<Step> {
        match &self.0 {
            Kind::Field(name) => Some(Step::field(name)),
            Kind::Key(keys) => Some(Step::key(keys.iter().map(|(name, value)| (name.as_str(), &value.0)))),
            Kind::Item(value) => Some(Step::item(&value.0)),
            Kind::Index(index) => usize::try_from(*index).ok().map(Step::Index),
        }
    }

    /// The field of this name.
    #[must_use]
    pub fn field(name: impl Into<String>) -> Self {
        Self(Kind::Field(name.into()))
    }

    /// The list item at this position; `None` beyond 2^63.
    #[must_use]
    pub fn index(index: usize) -> Option<Self> {
        i64::try_from(index).ok().map(|index| Self(Kind::Index(index)))
    }

    /// The list item with these key fields.
    pub(crate) fn key(keys: impl IntoIterator<Item = (String, Value)>) -> Self {
        let mut keys: Vec<_> = keys.into_iter().map(|(name, value)| (name, Json(value))).collect();
        keys.sort();
        Self(Kind::Key(keys))
    }

    /// The list item of this value.
    pub(crate) const fn item(value: Value) -> Self {
        Self(Kind::Item(Json(value)))
    }

    /// Does it select an item of a list, by key or by value?
    #[must_use]
    pub const fn is_item(&self) -> bool {
        match self.0 {
            Kind::Key(_) | Kind::Item(_) => true,
            Kind::Field(_) | Kind::Index(_) => false,
        }
    }

    /// The field's name; `*` for whatever holds values of the document. For errors.
    pub(super) fn name_alone(&self) -> &str {
        match &self.0 {
            Kind::Field(name) => name,
            Kind::Key(_) | Kind::Item(_) | Kind::Index(_) => "*",
        }
    }
}

impl FromStr for PathElement {
    type Err = PathElementError;

    fn from_str(text: &str) -> Result<Self, PathElementError> {
        let Some((letter, body)) =
            text.split_at_checked(1).and_then(|(letter, rest)| Some((letter, rest.strip_prefix(':')?)))
        else {
            return Err(PathElementError::NoType);
        };
        let kind = match letter {
            "f" => Kind::Field(body.to_owned()),
            "k" => {
                let fields: Map<String, Value> = serde_json::from_str(body).map_err(|_| PathElementError::Key)?;
                let mut keys: Vec<_> = fields.into_iter().map(|(name, value)| (name, Json(value))).collect();
                keys.sort();
                Kind::Key(keys)
            }
            "v" => Kind::Item(Json(serde_json::from_str(body).map_err(|_| PathElementError::Value)?)),
            "i" => Kind::Index(body.parse().map_err(|_| PathElementError::Index)?),
            _ => return Err(PathElementError::UnknownType),
        };
        Ok(Self(kind))
    }
}

impl fmt::Display for PathElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Field(name) => write!(f, "f:{name}"),
            Kind::Item(value) => write!(f, "v:{}", canonical::text(&value.0)),
            Kind::Index(index) => write!(f, "i:{index}"),
            Kind::Key(keys) => {
                f.write_str("k:{")?;
                for (position, (name, value)) in keys.iter().enumerate() {
                    if position > 0 {
                        f.write_str(",")?;
                    }
                    write!(f, "{}:{}", quoted(name), canonical::text(&value.0))?;
                }
                f.write_str("}")
            }
        }
    }
}

/// The text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    canonical::text(&Value::from(text))
}

/// A text that is no path element. The text itself is left out: it may hold values of the document.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PathElementError {
    /// There is no letter with a colon after it.
    #[error("expected a key such as `f:name`, `k:{{…}}`, `v:…`, `i:0` or `.`")]
    NoType,
    /// A letter that this grammar does not know. Inside of a set the whole entry is skipped.
    #[error("expected one of the types `f`, `k`, `v` and `i` before the colon")]
    UnknownType,
    /// `k:` is followed by something else than one JSON object.
    #[error("expected one JSON object after `k:`")]
    Key,
    /// `v:` is followed by something else than one JSON value.
    #[error("expected one JSON value after `v:`")]
    Value,
    /// `i:` is followed by something else than a decimal integer.
    #[error("expected a decimal integer after `i:`")]
    Index,
}

/// A JSON value in the order of structured-merge-diff.
#[derive(Clone, Debug)]
struct Json(Value);

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Json {}

impl PartialOrd for Json {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Json {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.0, &other.0)
    }
}

/// Compares two values. They come out of a JSON parser, which bounds their depth.
fn compare(a: &Value, b: &Value) -> Ordering {
    const fn rank(value: &Value) -> u8 {
        match value {
            Value::Number(_) => 0,
            Value::String(_) => 1,
            Value::Bool(_) => 2,
            Value::Array(_) => 3,
            Value::Object(_) => 4,
            Value::Null => 5,
        }
    }
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare_numbers(a, b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => {
            a.iter().zip(b).map(|(a, b)| compare(a, b)).find(|order| order.is_ne()).unwrap_or(a.len().cmp(&b.len()))
        }
        (Value::Object(a), Value::Object(b)) => {
            let (left, right) = (by_name(a), by_name(b));
            left.iter()
                .zip(&right)
                .map(|((a, x), (b, y))| a.cmp(b).then_with(|| compare(x, y)))
                .find(|order| order.is_ne())
                .unwrap_or(left.len().cmp(&right.len()))
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

fn compare_numbers(a: &Number, b: &Number) -> Ordering {
    match (Decimal::of(a), Decimal::of(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        // Exponents beyond ±10^17: any order will do, as long as it is one.
        (None, None) => a.to_string().cmp(&b.to_string()),
    }
}

fn by_name(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut members: Vec<_> = map.iter().collect();
    members.sort_by_key(|(name, _)| *name);
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(text: &str) -> PathElement {
        text.parse().unwrap()
    }

    #[test]
    fn elements_sort_as_structured_merge_diff_sorts_them() {
        let sorted = [
            "f:",
            "f:a",
            "f:b",
            "k:{\"a\":1}",
            "k:{\"a\":1,\"b\":0}",
            "k:{\"b\":0}",
            "v:-1",
            "v:1",
            "v:1.5",
            "v:2",
            "v:\"1\"",
            "v:\"a\"",
            "v:false",
            "v:true",
            "v:[]",
            "v:[1]",
            "v:[1,2]",
            "v:[2]",
            "v:{}",
            "v:{\"a\":1}",
            "v:{\"a\":2}",
            "v:{\"b\":0}",
            "v:null",
            "i:-1",
            "i:0",
            "i:10",
        ];
        for pair in sorted.windows(2) {
            assert_eq!(element(pair[0]).cmp(&element(pair[1])), Ordering::Less, "{pair:?}");
            assert_eq!(element(pair[1]).cmp(&element(pair[0])), Ordering::Greater, "{pair:?}");
        }
    }

    #[test]
    fn equal_numbers_are_one_element_whatever_their_spelling() {
        assert_eq!(element("v:1.0"), element("v:1"));
        assert_eq!(element("v:1e3").to_string(), "v:1000");
        assert_ne!(element("v:\"1\""), element("v:1"));
        assert_ne!(element("v:9007199254740993"), element("v:9007199254740992"));
    }

    #[test]
    fn an_element_is_a_step_of_a_path() {
        for (text, step) in [
            ("f:a/b", Some("a~1b")),
            ("f:0", Some("0")),
            ("k:{\"name\":\"app\"}", Some("[name=app]")),
            ("v:\"x\"", Some("[=x]")),
            ("i:3", Some("3")),
            ("i:-3", None),
        ] {
            assert_eq!(element(text).step().map(|step| step.to_string()).as_deref(), step, "{text}");
        }
    }

    #[test]
    fn law_8_an_error_never_repeats_the_element() {
        for (text, message) in [
            ("k:CANARY", "expected one JSON object after `k:`"),
            ("v:CANARY", "expected one JSON value after `v:`"),
            ("i:CANARY", "expected a decimal integer after `i:`"),
            ("x:CANARY", "expected one of the types `f`, `k`, `v` and `i` before the colon"),
            ("CANARY", "expected a key such as `f:name`, `k:{…}`, `v:…`, `i:0` or `.`"),
            ("é:CANARY", "expected a key such as `f:name`, `k:{…}`, `v:…`, `i:0` or `.`"),
        ] {
            assert_eq!(text.parse::<PathElement>().unwrap_err().to_string(), message);
        }
    }
}
