//! `Step`: one step of a path, and how it is written.

use std::fmt;

use serde_json::Value;

use super::PathErrorKind;
use crate::canonical;

/// One step of a [`FieldPath`](crate::FieldPath).
///
/// A field whose name is a decimal number and an index print alike, and only a document can tell them apart; so they
/// are the same step, [`Step::Index`].
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "the four path elements of structured-merge-diff")]
pub enum Step {
    /// A field or map entry by name. Made by [`Step::field`], which keeps numbers out.
    Field(String),
    /// A list item by its key fields, sorted by name.
    Key(Vec<(String, Literal)>),
    /// A set item by its value.
    Item(Literal),
    /// A list item by position, or a map entry whose name is a number.
    Index(usize),
}

impl Step {
    /// The step to a field or map entry.
    #[must_use]
    pub fn field(name: impl Into<String>) -> Self {
        let name = name.into();
        match decimal(&name) {
            Some(index) => Self::Index(index),
            None => Self::Field(name),
        }
    }

    /// The step to the list item with these key fields.
    #[must_use]
    pub fn key<'k>(keys: impl IntoIterator<Item = (&'k str, &'k Value)>) -> Self {
        let mut keys: Vec<_> = keys.into_iter().map(|(name, value)| (name.to_owned(), Literal::of(value))).collect();
        keys.sort();
        Self::Key(keys)
    }

    /// The step to the set item with this value.
    #[must_use]
    pub fn item(value: &Value) -> Self {
        Self::Item(Literal::of(value))
    }

    pub(crate) fn parse(segment: &str) -> Result<Self, PathErrorKind> {
        let text = unescape(segment)?;
        if segment.starts_with('[') { selector(&text) } else { Ok(Self::field(text)) }
    }

    /// The child that this step leads to, with its RFC 6901 token.
    pub(crate) fn find<'v>(&self, parent: &'v Value) -> Option<(String, &'v Value)> {
        match (self, parent) {
            (Self::Field(name), Value::Object(map)) => map.get(name).map(|value| (name.clone(), value)),
            (Self::Index(index), Value::Object(map)) => {
                let name = index.to_string();
                map.get(&name).map(|value| (name, value))
            }
            (Self::Index(index), Value::Array(items)) => items.get(*index).map(|item| (index.to_string(), item)),
            (Self::Key(keys), Value::Array(items)) => items
                .iter()
                .enumerate()
                .find(|(_, item)| has_keys(item, keys))
                .map(|(index, item)| (index.to_string(), item)),
            (Self::Item(literal), Value::Array(items)) => items
                .iter()
                .enumerate()
                .find(|(_, item)| literal.is(item))
                .map(|(index, item)| (index.to_string(), item)),
            _ => None,
        }
    }
}

/// Does the item have these key fields? A key that the item leaves out does not match.
fn has_keys(item: &Value, keys: &[(String, Literal)]) -> bool {
    keys.iter().all(|(name, literal)| item.get(name).is_some_and(|value| literal.is(value)))
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => escape(f, name, &['~', '/', '*', '[']),
            Self::Index(index) => write!(f, "{index}"),
            Self::Item(literal) => {
                f.write_str("[=")?;
                escape(f, &literal.shown(), &['~', '/'])?;
                f.write_str("]")
            }
            Self::Key(keys) => {
                let pairs: Vec<_> =
                    keys.iter().map(|(name, value)| format!("{}={}", shown_name(name), value.shown())).collect();
                f.write_str("[")?;
                escape(f, &pairs.join(","), &['~', '/'])?;
                f.write_str("]")
            }
        }
    }
}

/// A JSON value inside a path, held as its canonical text: equal values are equal literals, whatever their spelling.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Literal(String);

impl Literal {
    /// The literal of a value.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        Self(canonical::text(value))
    }

    /// The value; `None` for one that this build of `serde_json` cannot hold.
    #[must_use]
    pub fn value(&self) -> Option<Value> {
        serde_json::from_str(&self.0).ok()
    }

    /// Is this the literal of `value`?
    #[must_use]
    pub fn is(&self, value: &Value) -> bool {
        match value {
            // Nearly every key is a plain string: compare without writing it out.
            Value::String(text) if text.bytes().all(is_bare) => {
                self.0.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) == Some(text)
            }
            _ => self.0 == canonical::text(value),
        }
    }

    /// As it stands in a path: bare where that reads back as the same value, else as JSON.
    fn shown(&self) -> std::borrow::Cow<'_, str> {
        match self.0.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(inner) if !inner.is_empty() && inner.bytes().all(is_bare) && !reads_as_scalar(inner) => inner.into(),
            _ => self.0.as_str().into(),
        }
    }
}

fn shown_name(name: &str) -> std::borrow::Cow<'_, str> {
    if !name.is_empty() && name.bytes().all(is_bare) {
        name.into()
    } else {
        canonical::text(&Value::String(name.to_owned())).into()
    }
}

const fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-')
}

fn reads_as_scalar(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok()
}

/// The index that a canonical decimal stands for; `007` is a name.
pub(crate) fn decimal(text: &str) -> Option<usize> {
    let canonical = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    if canonical { text.parse().ok() } else { None }
}

fn escape(f: &mut fmt::Formatter<'_>, text: &str, special: &[char]) -> fmt::Result {
    use fmt::Write as _;
    for c in text.chars() {
        match c {
            '~' if special.contains(&c) => f.write_str("~0")?,
            '/' if special.contains(&c) => f.write_str("~1")?,
            '*' if special.contains(&c) => f.write_str("~2")?,
            '[' if special.contains(&c) => f.write_str("~3")?,
            _ => f.write_char(c)?,
        }
    }
    Ok(())
}

fn unescape(segment: &str) -> Result<String, PathErrorKind> {
    let mut text = String::with_capacity(segment.len());
    let mut chars = segment.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '~' => match chars.next() {
                Some('0') => '~',
                Some('1') => '/',
                Some('2') => '*',
                Some('3') => '[',
                _ => return Err(PathErrorKind::Escape),
            },
            other => other,
        });
    }
    Ok(text)
}

/// Parses `[name=app]`, `[containerPort=80,protocol=TCP]` or `[=item]`, unescaped.
fn selector(text: &str) -> Result<Step, PathErrorKind> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).ok_or(PathErrorKind::Selector)?;
    if let Some(item) = inner.strip_prefix('=') {
        let (literal, rest) = literal(item)?;
        return if rest.is_empty() { Ok(Step::Item(literal)) } else { Err(PathErrorKind::Selector) };
    }
    let mut keys = Vec::new();
    let mut rest = inner;
    loop {
        let (name, after_name) = key_name(rest)?;
        let after_equals = after_name.strip_prefix('=').ok_or(PathErrorKind::Selector)?;
        let (value, after_value) = literal(after_equals)?;
        keys.push((name, value));
        match after_value.strip_prefix(',') {
            Some(next) => rest = next,
            None if after_value.is_empty() => break,
            None => return Err(PathErrorKind::Selector),
        }
    }
    keys.sort();
    if keys.windows(2).any(|pair| matches!(pair, [(a, _), (b, _)] if a == b)) {
        return Err(PathErrorKind::Selector);
    }
    Ok(Step::Key(keys))
}

fn key_name(text: &str) -> Result<(String, &str), PathErrorKind> {
    if text.starts_with('"') {
        let (value, rest) = json_prefix(text)?;
        return match value {
            Value::String(name) => Ok((name, rest)),
            _ => Err(PathErrorKind::Selector),
        };
    }
    let (name, rest) = bare_prefix(text);
    if name.is_empty() { Err(PathErrorKind::Selector) } else { Ok((name.to_owned(), rest)) }
}

fn literal(text: &str) -> Result<(Literal, &str), PathErrorKind> {
    if text.starts_with(['"', '{', '[']) {
        let (value, rest) = json_prefix(text)?;
        return Ok((Literal::of(&value), rest));
    }
    // Numbers may have a sign of the exponent, which is not bare.
    let end = text.find(',').unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).ok_or(PathErrorKind::Selector)?;
    match serde_json::from_str::<Value>(word) {
        Ok(value @ (Value::Number(_) | Value::Bool(_) | Value::Null)) => Ok((Literal::of(&value), rest)),
        _ if !word.is_empty() && word.bytes().all(is_bare) => Ok((Literal::of(&Value::String(word.to_owned())), rest)),
        _ => Err(PathErrorKind::Selector),
    }
}

fn bare_prefix(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !is_bare(byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn json_prefix(text: &str) -> Result<(Value, &str), PathErrorKind> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = stream.next().and_then(Result::ok).ok_or(PathErrorKind::Selector)?;
    text.split_at_checked(stream.byte_offset()).map(|(_, rest)| (value, rest)).ok_or(PathErrorKind::Selector)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_print_as_the_wire_says() {
        for (step, text) in [
            (Step::key([("name", &json!("app"))]), "[name=app]"),
            (
                Step::key([("protocol", &json!("TCP")), ("containerPort", &json!(80))]),
                "[containerPort=80,protocol=TCP]",
            ),
            (Step::key([("port", &json!("80"))]), "[port=\"80\"]"),
            (Step::key([("key", &json!("a b"))]), "[key=\"a b\"]"),
            (Step::key([("mountPath", &json!("/var/run"))]), "[mountPath=\"~1var~1run\"]"),
            (Step::item(&json!("foregroundDeletion")), "[=foregroundDeletion]"),
            (Step::item(&json!("null")), "[=\"null\"]"),
            (Step::item(&json!(null)), "[=null]"),
            (Step::field("a/b~c*d[e"), "a~1b~0c~2d~3e"),
            (Step::field("10"), "10"),
            (Step::field("007"), "007"),
        ] {
            assert_eq!(step.to_string(), text);
            assert_eq!(Step::parse(text), Ok(step), "{text}");
        }
    }
}
