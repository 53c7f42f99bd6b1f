//! `FieldPath`: where in a resource, by key rather than by position.

use std::fmt;
use std::str::FromStr;

use jsonptr::PointerBuf;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical;

/// A place in a resource that stays the same when a list is reordered.
///
/// Written `/spec/template/spec/containers/[name=app]/image`; the root is the empty string. Steps go by field name, by
/// the key fields of a list item, by the value of a set item, or by index. Escapes are those of RFC 6901 (`~0` for `~`,
/// `~1` for `/`), plus `~2` for `*` and `~3` for `[`, which mean something to a [`PathPattern`](crate::PathPattern).
///
/// ```
/// use drift_model::FieldPath;
/// use serde_json::json;
///
/// let path: FieldPath = "/containers/[name=app]/image".parse()?;
/// let live = json!({"containers": [{"name": "proxy"}, {"name": "app", "image": "shop:1"}]});
/// // The key-aware path resolves to an RFC 6901 pointer in one plane's document.
/// assert_eq!(path.resolve(&live).unwrap().as_str(), "/containers/1/image");
/// assert_eq!(path.to_string(), "/containers/[name=app]/image");
/// # Ok::<(), drift_model::PathError>(())
/// ```
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FieldPath(Vec<Step>);

impl FieldPath {
    /// The root of a document.
    #[must_use]
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// The steps, outermost first.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Is this the root?
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The same path with one more step.
    #[must_use]
    pub fn join(&self, step: Step) -> Self {
        self.0.iter().cloned().chain([step]).collect()
    }

    /// The RFC 6901 pointer of this place in `document`; `None` where the document has no such place.
    ///
    /// A keyed step takes the first item that has these keys.
    #[must_use]
    pub fn resolve(&self, document: &Value) -> Option<PointerBuf> {
        let mut pointer = PointerBuf::new();
        let mut here = document;
        for step in &self.0 {
            let token;
            (token, here) = step.find(here)?;
            pointer.push_back(token);
        }
        Some(pointer)
    }
}

impl FromIterator<Step> for FieldPath {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| write!(f, "/{step}"))
    }
}

impl FromStr for FieldPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        segments(text)?.map(|segment| Step::parse(segment).map_err(|kind| PathError::new(text, kind))).collect()
    }
}

impl Serialize for FieldPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FieldPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

/// Reads a path-like type from a string, without repeating the string in an error.
pub(crate) fn from_text<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err = PathError>,
    D: serde::Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|error: PathError| serde::de::Error::custom(format_args!("bad path, expected {}", error.kind)))
}

/// One step of a [`FieldPath`].
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
pub(crate) fn has_keys(item: &Value, keys: &[(String, Literal)]) -> bool {
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

/// The segments of a path or pattern: none for the root, else what follows each slash.
pub(crate) fn segments(text: &str) -> Result<std::iter::Skip<std::str::Split<'_, char>>, PathError> {
    if text.is_empty() || text.starts_with('/') {
        Ok(text.split('/').skip(1))
    } else {
        Err(PathError::new(text, PathErrorKind::NoLeadingSlash))
    }
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

/// A text that is not a path or a pattern.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("bad path `{path}`: expected {kind}")]
#[non_exhaustive]
pub struct PathError {
    /// The text.
    pub path: String,
    /// What it lacks.
    pub kind: PathErrorKind,
}

impl PathError {
    pub(crate) fn new(path: &str, kind: PathErrorKind) -> Self {
        Self { path: path.to_owned(), kind }
    }
}

/// What a bad path lacks.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PathErrorKind {
    /// It is neither empty nor begins with a slash.
    #[error("a slash at the start (the root is the empty string)")]
    NoLeadingSlash,
    /// A tilde is followed by something else than 0 to 3.
    #[error("`~0`, `~1`, `~2` or `~3` after each tilde (`~0` is a literal `~`)")]
    Escape,
    /// A step that begins with `[` is no selector.
    #[error("a selector such as `[name=app]` or `[=item]` (`~3` is a literal `[`)")]
    Selector,
    /// `**` stands somewhere else than at the end.
    #[error("`**` at the end only (`*` is one step)")]
    DoubleStar,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
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

    #[test]
    fn a_number_step_is_an_index_or_a_field_as_the_document_decides() {
        let path: FieldPath = "/data/0".parse().unwrap();
        assert_eq!(path.resolve(&json!({"data": ["x"]})).unwrap().as_str(), "/data/0");
        assert_eq!(path.resolve(&json!({"data": {"0": "x"}})).unwrap().as_str(), "/data/0");
        assert_eq!(path.resolve(&json!({"data": "x"})), None);
    }

    #[test]
    fn bad_paths_are_refused_with_what_they_lack() {
        for (text, message) in [
            ("spec", "bad path `spec`: expected a slash at the start (the root is the empty string)"),
            ("/a~b", "bad path `/a~b`: expected `~0`, `~1`, `~2` or `~3` after each tilde (`~0` is a literal `~`)"),
            (
                "/a/[name=app",
                "bad path `/a/[name=app`: expected a selector such as `[name=app]` or `[=item]` (`~3` is a literal `[`)",
            ),
        ] {
            assert_eq!(text.parse::<FieldPath>().unwrap_err().to_string(), message);
        }
        for text in ["/[]", "/[=]", "/[name]", "/[name=]", "/[name=a,]", "/[a=1,a=2]", "/[=a]b", "/[=\"a\"b]"] {
            assert!(text.parse::<FieldPath>().is_err(), "{text}");
        }
    }

    fn scalar() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<String>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            Just(Value::Null),
            Just(json!({"a": [1, "x/y"]})),
        ]
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            any::<String>().prop_map(Step::field),
            any::<usize>().prop_map(Step::Index),
            scalar().prop_map(|value| Step::item(&value)),
            proptest::collection::btree_map(any::<String>(), scalar(), 1..3)
                .prop_map(|keys| Step::key(keys.iter().map(|(name, value)| (name.as_str(), value)))),
        ]
    }

    proptest! {
        #[test]
        fn parse_undoes_print(steps in proptest::collection::vec(step(), 0..5)) {
            let path: FieldPath = steps.into_iter().collect();
            prop_assert_eq!(path.to_string().parse::<FieldPath>(), Ok(path));
        }

        #[test]
        fn any_text_is_a_path_or_an_error(text in any::<String>()) {
            if let Ok(path) = text.parse::<FieldPath>() {
                prop_assert_eq!(path.to_string().parse::<FieldPath>(), Ok(path));
            }
        }
    }
}
