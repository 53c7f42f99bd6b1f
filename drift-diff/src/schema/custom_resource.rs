//! The schemas of custom resources: structural schemas of `OpenAPI` v3, with the extensions of Kubernetes.
//!
//! What is read of them: `x-kubernetes-list-type` and `x-kubernetes-list-map-keys`, `x-kubernetes-map-type`,
//! `x-kubernetes-int-or-string`, `x-kubernetes-preserve-unknown-fields`, `format` and `default`
//! (<https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/>).

use std::collections::BTreeMap;

use drift_model::{Digest, MAX_DEPTH, canonical_text};
use serde_json::{Map, Value};

use super::{CollectionKind, Filled, Kind, Leaf, ListKey, Name, Node, Schema, SchemaError, Type};

/// The pattern by which generators of definitions mark a resource quantity: there is no format of that name.
const QUANTITY: &str = r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$";

fn wrong(pointer: &str, code: &'static str, message: &'static str) -> SchemaError {
    let help =
        "hand over an apiextensions.k8s.io/v1 CustomResourceDefinition, as `kubectl get crd NAME -o json` prints it";
    SchemaError { document: "CustomResourceDefinition", pointer: pointer.to_owned(), code, message, help }
}

impl Schema {
    /// Adds the kind that a CustomResourceDefinition defines, in every version that has a schema. A version that is known
    /// already is replaced.
    ///
    /// A list without `x-kubernetes-list-type` is one value to server-side apply, but most definitions say nothing because
    /// nobody thought of it: its items are told apart as those of any list without a schema.
    ///
    /// ```
    /// use drift_diff::{ListKind, Schema};
    /// use serde_json::json;
    ///
    /// let mut schema = Schema::kubernetes();
    /// schema.add_custom_resource(&json!({
    ///     "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    ///     "spec": {"group": "shop.example", "names": {"kind": "Queue"}, "versions": [{"name": "v1", "schema": {"openAPIV3Schema": {
    ///         "type": "object", "properties": {"spec": {"type": "object", "properties": {
    ///             "retries": {"type": "integer", "default": 3},
    ///             "consumers": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["team"],
    ///                 "items": {"type": "object", "properties": {"team": {"type": "string"}}}}}}}}}}]}
    /// }))?;
    /// let spec = schema.kind("shop.example", "v1", "Queue").unwrap().field("spec");
    /// assert!(matches!(spec.field("consumers").list(), ListKind::Keyed([key]) if key.name == "team"));
    /// assert_eq!(spec.default("retries"), [3]);
    /// # Ok::<(), drift_diff::SchemaError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The document is no definition of this version of the API. Parts of a schema that mean nothing to this reader are of an
    /// unknown shape, and no error.
    pub fn add_custom_resource(&mut self, definition: &Value) -> Result<(), SchemaError> {
        let is = |name: &str, text: &str| definition.get(name).and_then(Value::as_str) == Some(text);
        if !is("kind", "CustomResourceDefinition") || !is("apiVersion", "apiextensions.k8s.io/v1") {
            return Err(wrong(
                "",
                "not-a-definition",
                "this is no CustomResourceDefinition of apiextensions.k8s.io/v1",
            ));
        }
        let text = |pointer: &str| {
            let found = definition.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
            found.ok_or_else(|| wrong(pointer, "wrong-shape", "a text is expected here"))
        };
        let (group, kind) = (text("/spec/group")?, text("/spec/names/kind")?);
        let versions = definition.pointer("/spec/versions").and_then(Value::as_array);
        let versions = versions.ok_or_else(|| wrong("/spec/versions", "wrong-shape", "a list is expected here"))?;
        for version in versions {
            let (Some(name), Some(root)) =
                (version.get("name").and_then(Value::as_str), version.pointer("/schema/openAPIV3Schema"))
            else {
                continue;
            };
            let Node::Named { id, .. } = self.root(&format!("{group}.{name}.{kind}"), root) else { continue };
            let known = self.kinds.entry(Name::Owned(kind.to_owned())).or_default();
            known.retain(|known| known.group != group || known.version != name);
            known.push(Kind { group: group.to_owned().into(), version: name.to_owned().into(), id });
        }
        self.sort_versions();
        self.added.push(Digest::of_parts(["custom-resource/1", &canonical_text(definition)]));
        Ok(())
    }

    /// The object itself: its metadata is that of any other.
    fn root(&mut self, name: &str, schema: &Value) -> Node {
        let mut fields = self.properties(name, schema, 0);
        fields.retain(|(field, _)| !matches!(field.as_ref(), "apiVersion" | "kind" | "metadata"));
        let metadata = self.types.iter().position(|known| known.name == "meta.v1.ObjectMeta");
        let metadata = metadata.map_or(Node::Unknown, |id| Node::Named { id: super::TypeId(id), granular: false });
        let scalar = Node::Leaf(Leaf::Scalar);
        fields.extend([("apiVersion".into(), scalar), ("kind".into(), scalar), ("metadata".into(), metadata)]);
        let root = Type { defaults: defaults(schema), ..Type::of(name.to_owned(), fields) };
        self.add_type(root)
    }

    fn properties(&mut self, name: &str, schema: &Value, depth: usize) -> Vec<(Name, Node)> {
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        properties
            .map(|(field, schema)| {
                let node = self.structural(&format!("{name}.{field}"), schema, depth.saturating_add(1));
                (Name::Owned(field.clone()), node)
            })
            .collect()
    }

    /// A place of a structural schema, and what is below it.
    fn structural(&mut self, name: &str, schema: &Value, depth: usize) -> Node {
        let is = |extension: &str| schema.get(extension) == Some(&Value::Bool(true));
        let word = |extension: &str| schema.get(extension).and_then(Value::as_str);
        if depth > MAX_DEPTH {
            return Node::Unknown;
        }
        if is("x-kubernetes-int-or-string") {
            let quantity = word("pattern") == Some(QUANTITY);
            return Node::Leaf(if quantity { Leaf::Quantity } else { Leaf::IntOrString });
        }
        let atomic = word("x-kubernetes-map-type") == Some("atomic");
        let entries = schema.get("additionalProperties").filter(|entries| entries.is_object() || **entries == true);
        match (word("type"), entries) {
            (Some("array"), _) => {
                let items = schema.get("items").unwrap_or(&Value::Null);
                let element = self.structural(name, items, depth.saturating_add(1));
                self.add_collection(element, list_kind(schema, items))
            }
            (Some("object"), _) if schema.get("properties").is_some() => {
                let fields = self.properties(name, schema, depth);
                let owner = Type { atomic, defaults: defaults(schema), ..Type::of(name.to_owned(), fields) };
                self.add_type(owner)
            }
            (Some("object"), None) if atomic => Node::Leaf(Leaf::Opaque),
            (Some("object"), Some(entries)) => {
                let element = self.structural(name, entries, depth.saturating_add(1));
                self.add_collection(element, CollectionKind::Map { atomic })
            }
            (Some("string"), _) => Node::Leaf(match (word("format"), word("pattern")) {
                (Some("date-time"), _) => Leaf::Time,
                (Some("byte"), _) => Leaf::Bytes,
                (_, Some(QUANTITY)) => Leaf::Quantity,
                _ => Leaf::Scalar,
            }),
            (Some("integer" | "number" | "boolean"), _) => Node::Leaf(Leaf::Scalar),
            // Whatever is preserved without a schema, and whatever has no type.
            _ => Node::Unknown,
        }
    }
}

fn list_kind(schema: &Value, items: &Value) -> CollectionKind {
    let names = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
    let keys: Vec<ListKey> =
        names.into_iter().flatten().filter_map(Value::as_str).map(|name| key(items, name)).collect();
    match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
        Some("atomic") => CollectionKind::List,
        Some("set") => CollectionKind::Set,
        Some("map") if !keys.is_empty() => CollectionKind::Keyed(keys),
        _ => CollectionKind::Unsaid,
    }
}

fn key(items: &Value, name: &str) -> ListKey {
    let default = items.get("properties").and_then(|properties| properties.get(name)?.get("default"));
    ListKey { name: name.to_owned().into(), default: default.cloned() }
}

fn defaults(schema: &Value) -> BTreeMap<String, Filled> {
    let properties: Option<&Map<String, Value>> = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .filter_map(|(field, schema)| Some((field.clone(), Filled::OneOf(vec![schema.get("default")?.clone()]))))
        .collect()
}
