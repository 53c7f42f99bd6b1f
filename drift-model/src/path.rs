//! `FieldPath`: where in a resource, by key rather than by position.

mod step;

use std::fmt;
use std::str::FromStr;

use jsonptr::PointerBuf;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::step::decimal;
pub use self::step::{Literal, Step};

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

/// The segments of a path or pattern: none for the root, else what follows each slash.
pub(crate) fn segments(text: &str) -> Result<std::iter::Skip<std::str::Split<'_, char>>, PathError> {
    if text.is_empty() || text.starts_with('/') {
        Ok(text.split('/').skip(1))
    } else {
        Err(PathError::new(text, PathErrorKind::NoLeadingSlash))
    }
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
