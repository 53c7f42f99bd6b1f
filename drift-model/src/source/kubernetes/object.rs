//! `Object`: one Kubernetes object out of a pile of documents.

use std::fmt;

use serde_json::{Map, Value};

use super::problem::{Problem, ProblemKind};
use crate::document::MAX_DEPTH;
use crate::plane::Plane;

/// Where an object stands in what was handed over.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Place {
    /// The side, where it is known.
    pub plane: Option<Plane>,
    /// The index of the document on that side, from 0.
    pub document: usize,
    /// Where in the document, as an RFC 6901 pointer; empty for the whole of it.
    pub pointer: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.plane {
            Some(Plane::Desired) => f.write_str("desired ")?,
            Some(Plane::Recorded) => f.write_str("recorded ")?,
            Some(Plane::Actual) => f.write_str("actual ")?,
            None => {}
        }
        write!(f, "document {}", self.document)?;
        if self.pointer.is_empty() { Ok(()) } else { write!(f, " at `{}`", self.pointer) }
    }
}

/// A document that names itself: it has an `apiVersion`, a `kind` and a `metadata.name`.
///
/// The document is private: it may hold secrets, and is not masked before the [`Reader`](super::Reader) has it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Object {
    /// Where it stands.
    pub place: Place,
    /// The API group, empty for the core group.
    pub group: String,
    /// The API version, without the group.
    pub version: String,
    /// The kind.
    pub kind: String,
    /// The namespace that it names; empty if it names none.
    pub namespace: String,
    /// The name.
    pub name: String,
    pub(super) value: Value,
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, group, version, kind, namespace, name, value: _ } = self;
        f.debug_struct("Object")
            .field("place", place)
            .field("group", group)
            .field("version", version)
            .field("kind", kind)
            .field("namespace", namespace)
            .field("name", name)
            .finish_non_exhaustive()
    }
}

/// What a pile of documents holds.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Objects {
    /// The objects, in the order of the documents.
    pub objects: Vec<Object>,
    /// What is no object, in the same order.
    pub problems: Vec<Problem>,
}

/// Takes documents apart into objects.
///
/// Empty documents (`null`) are skipped. Lists are flattened: `kind: List`, and any other kind that ends in `List` and
/// has `items` and no `metadata.name` (what the API answers; its items leave out their kind and API version, and are
/// given those of the list). What is no object is reported with its place, and its siblings are still answered.
///
/// ```
/// use drift_model::source::kubernetes::objects;
/// use serde_json::json;
///
/// let read = objects(vec![
///     json!({"apiVersion": "v1", "kind": "List", "items": [
///         {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app", "namespace": "prod"}},
///         {"apiVersion": "v1", "kind": "ConfigMap"},
///     ]}),
///     json!(null),
/// ]);
/// assert_eq!(read.objects[0].name, "app");
/// assert_eq!(
///     read.problems[0].to_string(),
///     "document 0 at `/items/1`: expected a name as text at `/metadata/name`; an object that has only `generateName` \
///      cannot be found again",
/// );
/// ```
#[must_use]
pub fn objects(documents: Vec<Value>) -> Objects {
    read(documents, None)
}

pub(super) fn read(documents: Vec<Value>, plane: Option<Plane>) -> Objects {
    let mut read = Objects::default();
    for (document, value) in documents.into_iter().enumerate() {
        // Lists within lists are taken from a stack, so that none is too deep for it; the last pushed is the next.
        let mut pending = vec![(Place { plane, document, pointer: String::new() }, value, 0_usize)];
        while let Some((place, value, depth)) = pending.pop() {
            match Part::of(value) {
                Ok(Part::Nothing) => {}
                Ok(Part::List(_)) if depth >= MAX_DEPTH => {
                    read.problems.push(Problem { place, kind: ProblemKind::TooDeep });
                }
                Ok(Part::List(items)) => {
                    for (index, item) in items.into_iter().enumerate().rev() {
                        let pointer = format!("{}/items/{index}", place.pointer);
                        pending.push((Place { pointer, ..place.clone() }, item, depth.saturating_add(1)));
                    }
                }
                Ok(Part::Object(map)) => match Object::of(place.clone(), map) {
                    Ok(object) => read.objects.push(object),
                    Err(kind) => read.problems.push(Problem { place, kind }),
                },
                Err(kind) => read.problems.push(Problem { place, kind }),
            }
        }
    }
    read
}

/// What a document is.
enum Part {
    Nothing,
    List(Vec<Value>),
    Object(Map<String, Value>),
}

impl Part {
    fn of(value: Value) -> Result<Self, ProblemKind> {
        let mut map = match value {
            Value::Null => return Ok(Self::Nothing),
            Value::Object(map) => map,
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                return Err(ProblemKind::NotAnObject);
            }
        };
        let Some(item_kind) = map.get("kind").and_then(Value::as_str).and_then(|kind| kind.strip_suffix("List")) else {
            return Ok(Self::Object(map));
        };
        let item_kind = item_kind.to_owned();
        let named = map.get("metadata").and_then(|metadata| metadata.get("name")).is_some();
        if !item_kind.is_empty() && (named || !map.contains_key("items")) {
            return Ok(Self::Object(map));
        }
        let items = match map.remove("items") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(ProblemKind::Items),
        };
        let api_version = map.remove("apiVersion");
        Ok(Self::List(items.into_iter().map(|item| named_as(item, &item_kind, api_version.as_ref())).collect()))
    }
}

/// The item of a typed list, with the kind and API version that the list says for it.
fn named_as(mut item: Value, kind: &str, api_version: Option<&Value>) -> Value {
    if let (Value::Object(map), false, Some(api_version)) = (&mut item, kind.is_empty(), api_version)
        && !map.contains_key("kind")
        && !map.contains_key("apiVersion")
    {
        map.insert("kind".to_owned(), kind.into());
        map.insert("apiVersion".to_owned(), api_version.clone());
    }
    item
}

/// A text that is not empty.
fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty())
}

impl Object {
    fn of(place: Place, map: Map<String, Value>) -> Result<Self, ProblemKind> {
        let api_version = text(map.get("apiVersion")).ok_or(ProblemKind::ApiVersion)?;
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        if version.is_empty() || version.contains('/') || api_version.starts_with('/') {
            return Err(ProblemKind::ApiVersion);
        }
        let kind = text(map.get("kind")).ok_or(ProblemKind::Kind)?;
        let metadata = map.get("metadata");
        let member = |name| metadata.and_then(|metadata| metadata.get(name));
        let nameless = || (group.to_owned(), kind.to_owned());
        let name = text(member("name")).ok_or_else(|| ProblemKind::Name { of: nameless() })?;
        let namespace = match member("namespace") {
            None | Some(Value::Null) => "",
            Some(Value::String(namespace)) => namespace,
            Some(_) => return Err(ProblemKind::Namespace { of: nameless() }),
        };
        Ok(Self {
            place,
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            value: Value::Object(map),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(name: &str) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}})
    }

    #[test]
    fn lists_of_every_form_are_flattened_in_order() {
        let read = objects(vec![
            named("a"),
            json!({"apiVersion": "v1", "kind": "List", "items": [named("b"), {"kind": "List", "items": [named("c"), null]}, named("d")]}),
            json!({"apiVersion": "apps/v1", "kind": "DeploymentList", "metadata": {"resourceVersion": "7"}, "items": [{"metadata": {"name": "e"}}]}),
            json!({"apiVersion": "v1", "kind": "List", "items": null}),
            json!({"apiVersion": "acme.io/v1", "kind": "AllowList", "metadata": {"name": "f"}, "items": ["x"]}),
            json!({"apiVersion": "acme.io/v1", "kind": "BlockList", "metadata": {"name": "g"}}),
        ]);
        assert_eq!(read.problems, []);
        let shown: Vec<String> =
            read.objects.iter().map(|o| format!("{} {}/{} {}", o.name, o.group, o.kind, o.place)).collect();
        assert_eq!(
            shown,
            [
                "a apps/Deployment document 0",
                "b apps/Deployment document 1 at `/items/0`",
                "c apps/Deployment document 1 at `/items/1/items/0`",
                "d apps/Deployment document 1 at `/items/2`",
                "e apps/Deployment document 2 at `/items/0`",
                "f acme.io/AllowList document 4",
                "g acme.io/BlockList document 5",
            ]
        );
    }

    #[test]
    fn what_is_no_object_says_what_it_lacks_and_never_a_value() {
        for (document, message) in [
            (json!("CANARY"), "expected an object with `apiVersion`, `kind` and `metadata.name`"),
            (json!({"kind": "CANARY"}), "expected an API version such as `v1` or `apps/v1`, as text at `/apiVersion`"),
            (
                json!({"apiVersion": "a/CANARY/c", "kind": "X"}),
                "expected an API version such as `v1` or `apps/v1`, as text at `/apiVersion`",
            ),
            (
                json!({"apiVersion": "/v1", "kind": "X"}),
                "expected an API version such as `v1` or `apps/v1`, as text at `/apiVersion`",
            ),
            (json!({"apiVersion": "v1", "kind": ["CANARY"]}), "expected a kind as text at `/kind`"),
            (
                json!({"apiVersion": "v1", "kind": "X", "metadata": "CANARY"}),
                "expected a name as text at `/metadata/name`; an object that has only `generateName` cannot be found again",
            ),
            (
                json!({"apiVersion": "v1", "kind": "X", "metadata": {"name": "x", "namespace": ["CANARY"]}}),
                "expected a namespace as text at `/metadata/namespace`",
            ),
            (json!({"kind": "List", "items": "CANARY"}), "expected a list at `/items`"),
        ] {
            let read = objects(vec![document, named("sibling")]);
            let [problem] = &read.problems[..] else { panic!("{:?}", read.problems) };
            assert_eq!(problem.to_string(), format!("document 0: {message}"));
            assert!(!format!("{read:?}").contains("CANARY"));
            assert!(problem.loses_object());
            assert_eq!(read.objects.len(), 1);
        }
    }

    #[test]
    fn law_2_total_lists_in_lists_are_bounded() {
        let mut list = named("deep");
        for _ in 0..MAX_DEPTH + 2 {
            let mut outer = Map::new();
            outer.insert("kind".to_owned(), "List".into());
            outer.insert("items".to_owned(), Value::Array(vec![list]));
            list = Value::Object(outer);
        }
        let read = objects(vec![list]);
        assert_eq!(read.objects.len(), 0);
        assert_eq!(read.problems[0].code(), "too-deep");
    }
}
