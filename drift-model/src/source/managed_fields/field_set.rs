//! `FieldSet`: a set of paths in the form in which Kubernetes keeps who owns what.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::element::{PathElement, PathElementError, quoted};
use crate::document::MAX_DEPTH;
use crate::read::{self, ReadError};

/// A set of paths, read from and printed as FieldsV1 (structured-merge-diff, `fieldpath/serialize.go`).
///
/// Under each key stands an object. An empty one says that the path is a member; one with a `.` says that the path is a
/// member beside what is below; any other speaks only of what is below. `null` or `{}` at the root is the empty set.
/// Keys of an unknown one-letter type are skipped with all that is under them; everything else that the grammar does
/// not have is an error.
///
/// ```
/// use drift_model::source::managed_fields::FieldSet;
///
/// let set: FieldSet = r#"{"f:spec": {"f:replicas": {}, "f:ports": {".": {}, "k:{\"port\":80}": {".": {}, "f:port": {}}}}}"#.parse()?;
/// let autoscaler: FieldSet = r#"{"f:spec":{"f:replicas":{}}}"#.parse()?;
/// assert_eq!(set.intersection(&autoscaler), autoscaler);
/// assert_eq!(set.difference(&autoscaler).len(), 3);
/// // It prints without white space, in the order of structured-merge-diff.
/// assert_eq!(
///     set.to_string(),
///     r#"{"f:spec":{"f:ports":{".":{},"k:{\"port\":80}":{".":{},"f:port":{}}},"f:replicas":{}}}"#,
/// );
/// # Ok::<(), drift_model::source::managed_fields::FieldSetError>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FieldSet {
    // INVARIANT: each entry is a member or has something under it; nothing lies deeper than `MAX_DEPTH`.
    entries: BTreeMap<PathElement, Entry>,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Entry {
    member: bool,
    under: FieldSet,
}

impl FieldSet {
    /// Reads a set from a value that has been parsed already. Of equal keys the parser has kept one.
    ///
    /// # Errors
    ///
    /// [`FieldSetError`] for what the grammar does not have, and for sets nested more than [`MAX_DEPTH`] deep.
    pub fn from_value(value: &Value) -> Result<Self, FieldSetError> {
        match value {
            Value::Null => Ok(Self::default()),
            _ => read_fields(value, MAX_DEPTH).map(|(set, _)| set),
        }
    }

    /// Has the set no member?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        let mut len = 0_usize;
        self.visit(&mut |_, _| len = len.saturating_add(1));
        len
    }

    /// The members, each as its elements, in the order in which they print.
    #[must_use]
    pub fn members(&self) -> Vec<Vec<&PathElement>> {
        let mut members = Vec::new();
        self.visit(&mut |path, _| members.push(path.to_vec()));
        members
    }

    /// The members that have no other member below them.
    #[must_use]
    pub fn leaves(&self) -> Vec<Vec<&PathElement>> {
        let mut leaves = Vec::new();
        self.visit(&mut |path, leaf| {
            if leaf {
                leaves.push(path.to_vec());
            }
        });
        leaves
    }

    /// Is this path a member?
    #[must_use]
    pub fn contains(&self, path: &[PathElement]) -> bool {
        let Some((last, above)) = path.split_last() else { return false };
        let mut here = self;
        for element in above {
            let Some(entry) = here.entries.get(element) else { return false };
            here = &entry.under;
        }
        here.entries.get(last).is_some_and(|entry| entry.member)
    }

    /// The members of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, |mine, theirs| mine || theirs)
    }

    /// The members of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |mine, theirs| mine && theirs)
    }

    /// The members of this set that are not members of the other. What lies below one of those stays.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, |mine, theirs| mine && !theirs)
    }

    fn combine(&self, other: &Self, keep: fn(bool, bool) -> bool) -> Self {
        let none = Entry::default();
        let elements: BTreeSet<&PathElement> = self.entries.keys().chain(other.entries.keys()).collect();
        let mut entries = BTreeMap::new();
        for element in elements {
            let mine = self.entries.get(element).unwrap_or(&none);
            let theirs = other.entries.get(element).unwrap_or(&none);
            let entry =
                Entry { member: keep(mine.member, theirs.member), under: mine.under.combine(&theirs.under, keep) };
            if entry.member || !entry.under.is_empty() {
                entries.insert(element.clone(), entry);
            }
        }
        Self { entries }
    }

    /// Calls `see` with each member, and whether nothing lies below it.
    pub(super) fn visit<'s>(&'s self, see: &mut impl FnMut(&[&'s PathElement], bool)) {
        self.visit_under(&mut Vec::new(), see);
    }

    fn visit_under<'s>(&'s self, path: &mut Vec<&'s PathElement>, see: &mut impl FnMut(&[&'s PathElement], bool)) {
        for (element, entry) in &self.entries {
            path.push(element);
            if entry.member {
                see(path, entry.under.is_empty());
            }
            entry.under.visit_under(path, see);
            path.pop();
        }
    }

    fn write(&self, member: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        // A member with nothing below is an empty object, without the dot.
        let mut comma = member && !self.is_empty();
        if comma {
            f.write_str("\".\":{}")?;
        }
        for (element, entry) in &self.entries {
            if comma {
                f.write_str(",")?;
            }
            comma = true;
            write!(f, "{}:", quoted(&element.to_string()))?;
            entry.under.write(entry.member, f)?;
        }
        f.write_str("}")
    }
}

/// Reads the object under a key: what is below, and whether the key itself is a member.
fn read_fields(value: &Value, depth: usize) -> Result<(FieldSet, bool), FieldSetError> {
    let fields = value.as_object().ok_or(FieldSetErrorKind::NotAnObject)?;
    let below = depth.checked_sub(1).ok_or(FieldSetErrorKind::TooDeep)?;
    let mut set = FieldSet::default();
    let mut member = false;
    for (key, value) in fields {
        if key == "." {
            value.as_object().ok_or(FieldSetErrorKind::NotAnObject)?;
            member = true;
            continue;
        }
        let element: PathElement = match key.parse() {
            Ok(element) => element,
            Err(PathElementError::UnknownType) => continue,
            Err(error) => return Err(FieldSetErrorKind::Element(error).into()),
        };
        let (under, inner_member) = read_fields(value, below).map_err(|error| error.under(element.name_alone()))?;
        // Two spellings of one key (`v:1` and `v:1.0`) are one entry.
        let entry = set.entries.entry(element).or_default();
        entry.member |= inner_member;
        entry.under = if entry.under.is_empty() { under } else { entry.under.union(&under) };
    }
    let member = member || set.is_empty();
    Ok((set, member))
}

impl fmt::Display for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(false, f)
    }
}

impl FromStr for FieldSet {
    type Err = FieldSetError;

    fn from_str(text: &str) -> Result<Self, FieldSetError> {
        let value: Value = read::from_json(text).map_err(FieldSetErrorKind::Json)?;
        Self::from_value(&value)
    }
}

/// A document that is no field set.
///
/// It names the place by the fields that lead to it, `*` for keys, values and indexes, and never repeats a value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}{kind}", if .at.is_empty() { String::new() } else { format!("under `{at}`: ") })]
#[non_exhaustive]
pub struct FieldSetError {
    /// Where: `/spec/containers/*`, empty for the root.
    pub at: String,
    /// What is wrong there.
    pub kind: FieldSetErrorKind,
}

impl FieldSetError {
    fn under(mut self, name: &str) -> Self {
        self.at = format!("/{}{}", name.replace('~', "~0").replace('/', "~1"), self.at);
        self
    }
}

impl From<FieldSetErrorKind> for FieldSetError {
    fn from(kind: FieldSetErrorKind) -> Self {
        Self { at: String::new(), kind }
    }
}

/// What is wrong with a field set.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldSetErrorKind {
    /// The text is not JSON.
    #[error(transparent)]
    Json(ReadError),
    /// Something else than an object stands there.
    #[error("expected an object of keys such as `f:name`, or `null` at the root")]
    NotAnObject,
    /// A key is no path element.
    #[error(transparent)]
    Element(PathElementError),
    /// Nested too deeply.
    #[error("TOO_DEEP: nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn set(text: &str) -> FieldSet {
        text.parse().unwrap()
    }

    #[test]
    fn membership_is_by_the_dot_or_by_having_nothing_below() {
        let read = set(r#"{".":{},"f:a":{},"f:b":{".":{}},"f:c":{".":{},"f:d":{}},"f:e":{"f:f":{}},"f:g":{"x:y":{}}}"#);
        let members: Vec<String> = read
            .members()
            .iter()
            .map(|path| path.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(members, ["f:a", "f:b", "f:c", "f:c f:d", "f:e f:f", "f:g"]);
        assert_eq!(read.to_string(), r#"{"f:a":{},"f:b":{},"f:c":{".":{},"f:d":{}},"f:e":{"f:f":{}},"f:g":{}}"#);
        assert_eq!(read.leaves().len(), 5);
        let path = |text: &[&str]| text.iter().map(|element| element.parse().unwrap()).collect::<Vec<PathElement>>();
        assert!(read.contains(&path(&["f:c", "f:d"])));
        assert!(read.contains(&path(&["f:c"])));
        assert!(!read.contains(&path(&["f:e"])));
        assert!(!read.contains(&[]));
    }

    #[test]
    fn errors_say_where_by_names_alone() {
        for (text, message) in [
            (
                r#"{"f:spec":{"k:{\"name\":\"CANARY\"}":{"f:a/b":1}}}"#,
                "under `/spec/*/a~1b`: expected an object of keys such as `f:name`, or `null` at the root",
            ),
            (r#"{"f:a":{"v:CANARY":{}}}"#, "under `/a`: expected one JSON value after `v:`"),
            (r#"{"f:a":null}"#, "under `/a`: expected an object of keys such as `f:name`, or `null` at the root"),
            (r#"{".":"CANARY"}"#, "expected an object of keys such as `f:name`, or `null` at the root"),
            ("CANARY", "not JSON at line 1 column 1"),
        ] {
            assert_eq!(text.parse::<FieldSet>().unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn law_2_total_depth_is_refused_rather_than_followed() {
        let nested = |depth| (0..depth).fold(json!({}), |inner, _| json!({ "f:a": inner }));
        let deep = FieldSet::from_value(&nested(MAX_DEPTH - 1)).unwrap();
        assert_eq!(deep.union(&deep).to_string(), deep.to_string());
        assert_eq!(FieldSet::from_value(&nested(MAX_DEPTH)).unwrap_err().kind, FieldSetErrorKind::TooDeep);
        assert_eq!(FieldSet::from_value(&nested(1_500)).unwrap_err().kind, FieldSetErrorKind::TooDeep);
        let text = "{\"f:a\":".repeat(10_000);
        let FieldSetErrorKind::Json(error) = text.parse::<FieldSet>().unwrap_err().kind else { panic!("accepted") };
        assert_eq!(error.code(), "too-deep");
    }

    type Model = BTreeSet<Vec<PathElement>>;

    fn of(model: &Model) -> FieldSet {
        model.iter().fold(FieldSet::default(), |sum, path| {
            let text = path
                .iter()
                .rev()
                .fold("{}".to_owned(), |inner, element| format!("{{{}:{inner}}}", quoted(&element.to_string())));
            sum.union(&set(&text))
        })
    }

    fn model(set: &FieldSet) -> Model {
        set.members().into_iter().map(|path| path.into_iter().cloned().collect()).collect()
    }

    fn element() -> impl Strategy<Value = PathElement> {
        prop_oneof![
            prop_oneof![
                Just("f:a"),
                Just("f:b"),
                Just("f:"),
                Just("k:{\"n\":1}"),
                Just("k:{\"n\":1,\"p\":\"\\\"\"}"),
                Just("v:1"),
                Just("v:\"1\""),
                Just("v:null"),
                Just("i:2")
            ]
            .prop_map(|text| text.parse().unwrap()),
            ".{0,4}".prop_map(|name| format!("f:{name}").parse().unwrap()),
        ]
    }

    fn paths() -> impl Strategy<Value = Model> {
        proptest::collection::btree_set(proptest::collection::vec(element(), 1..4), 0..8)
    }

    proptest! {
        #[test]
        fn the_algebra_is_that_of_sets_of_paths(a in paths(), b in paths()) {
            let (x, y) = (of(&a), of(&b));
            prop_assert_eq!(&model(&x), &a);
            prop_assert_eq!(model(&x.union(&y)), a.union(&b).cloned().collect::<Model>());
            prop_assert_eq!(model(&x.intersection(&y)), a.intersection(&b).cloned().collect::<Model>());
            prop_assert_eq!(model(&x.difference(&y)), a.difference(&b).cloned().collect::<Model>());
            prop_assert_eq!(x.len(), a.len());
            prop_assert!(a.iter().all(|path| x.contains(path)));
            prop_assert_eq!(b.iter().all(|path| x.contains(path)), b.is_subset(&a));
            prop_assert_eq!(x.difference(&y).union(&x.intersection(&y)), x);
        }

        #[test]
        fn parse_undoes_print(a in paths()) {
            let x = of(&a);
            let text = x.to_string();
            let read = set(&text);
            prop_assert_eq!(&read, &x);
            prop_assert_eq!(read.to_string(), text);
        }

        #[test]
        fn any_text_is_a_set_or_an_error(text in "[{}:\",.fkvi0 a\\\\]{0,24}") {
            if let Ok(read) = text.parse::<FieldSet>() {
                prop_assert_eq!(set(&read.to_string()), read);
            }
        }
    }
}
