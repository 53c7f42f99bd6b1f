//! The schemas of Terraform's providers, as `providers schema -json` prints them: which collections are lists, sets and maps.
//!
//! Source: <https://developer.hashicorp.com/terraform/cli/commands/providers/schema>.

use drift_model::{Digest, MAX_DEPTH, canonical_text};
use serde_json::{Map, Value};

use super::{CollectionKind, Leaf, Name, Node, Schema, SchemaError, Type};

fn wrong(pointer: &str, code: &'static str, message: &'static str) -> SchemaError {
    let help = "hand over what `terraform providers schema -json` or `tofu providers schema -json` prints";
    SchemaError { document: "provider schemas", pointer: pointer.to_owned(), code, message, help }
}

impl Schema {
    /// Adds the types of resources and data sources of the providers of a stack.
    ///
    /// A type that two providers have, in shapes of their own, is of the last of them by name.
    ///
    /// ```
    /// use drift_diff::{ListKind, Schema};
    /// use serde_json::json;
    ///
    /// let mut schema = Schema::kubernetes();
    /// schema.add_provider_schemas(&json!({"format_version": "1.0", "provider_schemas": {"registry.terraform.io/hashicorp/aws": {
    ///     "resource_schemas": {"aws_security_group": {"block": {"attributes": {
    ///         "tags": {"type": ["map", "string"]}}, "block_types": {
    ///         "ingress": {"nesting_mode": "set", "block": {"attributes": {"ports": {"type": ["list", "number"]}}}}}}}}}}}))?;
    /// let group = schema.resource_type(false, "aws_security_group").unwrap();
    /// assert_eq!(group.field("ingress").list(), ListKind::Unordered);
    /// assert_eq!(group.field("ingress").element().field("ports").list(), ListKind::Ordered);
    /// assert!(group.field("tags").is_map());
    /// # Ok::<(), drift_diff::SchemaError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The document holds no provider schemas. Parts of a schema that mean nothing to this reader are of an unknown shape, and
    /// no error.
    pub fn add_provider_schemas(&mut self, schemas: &Value) -> Result<(), SchemaError> {
        let providers = match schemas.get("provider_schemas") {
            Some(Value::Object(providers)) => Some(providers),
            // A stack without providers has none to tell of.
            None if schemas.get("format_version").is_some() => None,
            Some(_) => return Err(wrong("/provider_schemas", "wrong-shape", "an object is expected here")),
            None => return Err(wrong("", "not-a-schema", "this holds no provider schemas")),
        };
        for (_, provider) in sorted(providers) {
            for (member, data) in [("resource_schemas", false), ("data_source_schemas", true)] {
                for (name, schema) in sorted(provider.get(member).and_then(Value::as_object)) {
                    let node = schema.get("block").map_or(Node::Unknown, |block| self.block(name, block, 0));
                    let types = if data { &mut self.data_sources } else { &mut self.resource_types };
                    types.insert(Name::Owned(name.clone()), node);
                }
            }
        }
        self.added.push(Digest::of_parts(["provider-schemas/1", &canonical_text(schemas)]));
        Ok(())
    }

    /// A block, or the object of a nested attribute: both have attributes, and a block has blocks.
    fn block(&mut self, name: &str, block: &Value, depth: usize) -> Node {
        if depth > MAX_DEPTH {
            return Node::Unknown;
        }
        let depth = depth.saturating_add(1);
        let mut fields = Vec::new();
        for (field, attribute) in sorted(block.get("attributes").and_then(Value::as_object)) {
            let node = match (attribute.get("nested_type"), attribute.get("type")) {
                (Some(nested), _) => {
                    let element = self.block(&format!("{name}.{field}"), nested, depth);
                    self.nested(nested, element)
                }
                (None, Some(of)) => self.attribute(name, of, depth),
                (None, None) => Node::Unknown,
            };
            fields.push((Name::Owned(field.clone()), node));
        }
        for (field, nested) in sorted(block.get("block_types").and_then(Value::as_object)) {
            let inner = nested.get("block").unwrap_or(&Value::Null);
            let element = self.block(&format!("{name}.{field}"), inner, depth);
            fields.push((Name::Owned(field.clone()), self.nested(nested, element)));
        }
        self.add_type(Type::of(name.to_owned(), fields))
    }

    fn nested(&mut self, nested: &Value, element: Node) -> Node {
        match nested.get("nesting_mode").and_then(Value::as_str) {
            Some("single" | "group") => element,
            Some("list") => self.add_collection(element, CollectionKind::Ordered),
            Some("set") => self.add_collection(element, CollectionKind::Unordered),
            Some("map") => self.add_collection(element, CollectionKind::Map { atomic: false }),
            _ => Node::Unknown,
        }
    }

    /// A type constraint: `"string"`, `["list", …]`, `["object", {…}]`.
    fn attribute(&mut self, name: &str, of: &Value, depth: usize) -> Node {
        if depth > MAX_DEPTH {
            return Node::Unknown;
        }
        let depth = depth.saturating_add(1);
        if let Value::String(primitive) = of {
            let known = matches!(primitive.as_str(), "string" | "number" | "bool");
            return if known { Node::Leaf(Leaf::Scalar) } else { Node::Unknown };
        }
        let (head, inner) = (of.get(0).and_then(Value::as_str), of.get(1).unwrap_or(&Value::Null));
        let kind = match head {
            Some("list") => CollectionKind::Ordered,
            // An item that is no scalar is seldom the same as another but for one of its parts.
            Some("set") => {
                if inner.is_string() {
                    CollectionKind::Set
                } else {
                    CollectionKind::Unordered
                }
            }
            Some("map") => CollectionKind::Map { atomic: false },
            Some("object") => {
                let fields = sorted(inner.as_object())
                    .into_iter()
                    .map(|(field, of)| (Name::Owned(field.clone()), self.attribute(name, of, depth)))
                    .collect();
                return self.add_type(Type::of(name.to_owned(), fields));
            }
            // A tuple has a type for each place.
            _ => return Node::Unknown,
        };
        let element = self.attribute(name, inner, depth);
        self.add_collection(element, kind)
    }
}

/// By name, whatever order the map is kept in.
fn sorted(map: Option<&Map<String, Value>>) -> Vec<(&String, &Value)> {
    let mut members: Vec<(&String, &Value)> = map.into_iter().flatten().collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    members
}
