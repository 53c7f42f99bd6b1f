//! Provider schemas, as far as they say who owns an attribute and what is secret.

use serde_json::{Map, Value};

use super::problem::{PlanError, PlanErrorKind};

/// `providers schema -json`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schemas<'a>(Option<&'a Map<String, Value>>);

impl<'a> Schemas<'a> {
    pub(super) fn read(schema: &'a Value) -> Result<Self, PlanError> {
        match schema.get("provider_schemas") {
            Some(Value::Object(providers)) => Ok(Self(Some(providers))),
            // A run without any provider has none to tell of.
            None if schema.get("format_version").is_some() => Ok(Self(None)),
            Some(_) => {
                let kind = PlanErrorKind::Shape { expected: "an object" };
                Err(PlanError::new("schema", "/provider_schemas", kind))
            }
            None => Err(PlanError::new("schema", "", PlanErrorKind::NotASchema)),
        }
    }

    /// The schema of a type. Without the name of a provider, the only one that has the type.
    pub(super) fn block(self, provider: &str, data: bool, resource_type: &str) -> Option<Block<'a>> {
        let member = if data { "data_source_schemas" } else { "resource_schemas" };
        let of = |schemas: &'a Value| schemas.get(member)?.get(resource_type)?.get("block");
        let block = match self.0?.get(provider) {
            Some(schemas) => of(schemas),
            None if provider.is_empty() => {
                let mut having = self.0?.values().filter_map(of);
                having.next().filter(|_| having.next().is_none())
            }
            None => None,
        };
        block.map(Block)
    }

    /// The schema of a provider's own configuration.
    pub(super) fn provider(self, provider: &str) -> Option<Block<'a>> {
        self.0?.get(provider)?.get("provider")?.get("block").map(Block)
    }
}

/// A block of a schema: attributes, and blocks within it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'a>(&'a Value);

/// How the elements of a block or a nested attribute are kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Nesting {
    Single,
    List,
    Set,
    Map,
}

impl<'a> Block<'a> {
    fn members(self, name: &str) -> Vec<(&'a str, &'a Value)> {
        self.0.get(name).and_then(Value::as_object).map(super::masks::sorted).unwrap_or_default()
    }

    pub(super) fn attributes(self) -> impl Iterator<Item = (&'a str, Attribute<'a>)> {
        self.members("attributes").into_iter().map(|(name, attribute)| (name, Attribute(attribute)))
    }

    pub(super) fn attribute(self, name: &str) -> Option<Attribute<'a>> {
        self.0.get("attributes")?.get(name).map(Attribute)
    }

    pub(super) fn blocks(self) -> impl Iterator<Item = (&'a str, Nesting, Self)> {
        self.members("block_types").into_iter().filter_map(|(name, block)| {
            let nesting = nesting(block.get("nesting_mode"))?;
            Some((name, nesting, Block(block.get("block").unwrap_or(&Value::Null))))
        })
    }
}

/// An attribute of a schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute<'a>(&'a Value);

impl<'a> Attribute<'a> {
    fn is(self, word: &str) -> bool {
        self.0.get(word) == Some(&Value::Bool(true))
    }

    pub(super) fn required(self) -> bool {
        self.is("required")
    }

    pub(super) fn optional(self) -> bool {
        self.is("optional")
    }

    pub(super) fn computed(self) -> bool {
        self.is("computed")
    }

    pub(super) fn sensitive(self) -> bool {
        self.is("sensitive")
    }

    pub(super) fn write_only(self) -> bool {
        self.is("write_only")
    }

    /// The type, for attributes that are not nested.
    pub(super) fn kind(self) -> Option<&'a Value> {
        self.0.get("type")
    }

    pub(super) fn is_map(self) -> bool {
        matches!(self.kind(), Some(Value::Array(of)) if of.first().and_then(Value::as_str) == Some("map"))
    }

    /// Can it be written as blocks, and so as a `dynamic` block that leaves no trace in a plan?
    pub(super) fn takes_blocks(self) -> bool {
        let Some(Value::Array(of)) = self.kind() else { return false };
        matches!(of.first().and_then(Value::as_str), Some("list" | "set"))
            && matches!(of.get(1), Some(Value::Array(inner)) if inner.first().and_then(Value::as_str) == Some("object"))
    }

    pub(super) fn nested(self) -> Option<(Nesting, Block<'a>)> {
        let nested = self.0.get("nested_type")?;
        Some((nesting(nested.get("nesting_mode"))?, Block(nested)))
    }
}

fn nesting(mode: Option<&Value>) -> Option<Nesting> {
    match mode.and_then(Value::as_str) {
        Some("single" | "group") => Some(Nesting::Single),
        Some("list") => Some(Nesting::List),
        Some("set") => Some(Nesting::Set),
        Some("map") => Some(Nesting::Map),
        _ => None,
    }
}
