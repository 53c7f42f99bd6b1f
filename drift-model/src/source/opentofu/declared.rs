//! What the configuration section says of arguments and blocks, as far as it says it.

use serde_json::{Map, Value};

/// What the configuration says of one argument or block.
#[derive(Clone, Copy, Debug)]
pub(super) enum Declared<'a> {
    Nothing,
    /// This value.
    Constant(&'a Value),
    /// Something that only evaluation would tell.
    Expression(&'a Value),
    /// Blocks: an array of them, or a single one.
    Blocks(&'a Value),
    /// Something, but not where it could be seen.
    Something,
    /// Something or nothing.
    Perhaps,
}

/// What the configuration says of the members of one object.
#[derive(Debug)]
pub(super) enum Scope<'a> {
    Expressions(&'a Map<String, Value>),
    /// One of these blocks, and nobody knows which.
    OneOf(Vec<&'a Map<String, Value>>),
    Constant(&'a Map<String, Value>),
    Perhaps,
}

impl<'a> Scope<'a> {
    pub(super) fn get(&self, name: &str) -> Declared<'a> {
        match self {
            Self::Expressions(map) => declared(map.get(name)),
            Self::OneOf(blocks) => match blocks.iter().filter(|block| block.contains_key(name)).count() {
                0 => Declared::Nothing,
                count if count == blocks.len() => Declared::Something,
                _ => Declared::Perhaps,
            },
            Self::Constant(map) => map.get(name).map_or(Declared::Nothing, Declared::Constant),
            Self::Perhaps => Declared::Perhaps,
        }
    }

    pub(super) fn names(&self) -> Vec<&'a str> {
        match self {
            Self::Expressions(map) | Self::Constant(map) => map.keys().map(String::as_str).collect(),
            Self::OneOf(blocks) => blocks.iter().flat_map(|block| block.keys().map(String::as_str)).collect(),
            Self::Perhaps => Vec::new(),
        }
    }
}

pub(super) fn declared(expression: Option<&Value>) -> Declared<'_> {
    match expression {
        None => Declared::Nothing,
        Some(Value::Object(map)) if map.is_empty() || map.contains_key("references") => {
            // A call without references is written as an empty object.
            expression.map_or(Declared::Nothing, Declared::Expression)
        }
        Some(Value::Object(map)) => match map.get("constant_value") {
            Some(value) => Declared::Constant(value),
            None => expression.map_or(Declared::Nothing, Declared::Blocks),
        },
        Some(Value::Array(_)) => expression.map_or(Declared::Nothing, Declared::Blocks),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => Declared::Something,
    }
}

/// What is said of the members of a single nested object.
pub(super) fn single(said: Declared<'_>) -> Scope<'_> {
    match said {
        Declared::Constant(Value::Object(map)) => Scope::Constant(map),
        Declared::Blocks(Value::Object(map)) => Scope::Expressions(map),
        Declared::Blocks(Value::Array(blocks)) => match blocks.as_slice() {
            [Value::Object(map)] => Scope::Expressions(map),
            _ => Scope::Perhaps,
        },
        Declared::Nothing
        | Declared::Constant(_)
        | Declared::Expression(_)
        | Declared::Blocks(_)
        | Declared::Something
        | Declared::Perhaps => Scope::Perhaps,
    }
}

/// What is said of the members of one element. Where a `dynamic` block may have made it, perhaps nothing.
pub(super) fn element(said: Declared<'_>, index: usize, count: usize, set: bool) -> Scope<'_> {
    let (blocks, written) = match said {
        Declared::Constant(Value::Array(items)) => (items, false),
        Declared::Blocks(Value::Array(blocks)) => (blocks, true),
        _ => return Scope::Perhaps,
    };
    if blocks.len() != count {
        return Scope::Perhaps;
    }
    if set {
        return Scope::OneOf(blocks.iter().filter_map(Value::as_object).collect());
    }
    match blocks.get(index).and_then(Value::as_object) {
        Some(map) if written => Scope::Expressions(map),
        Some(map) => Scope::Constant(map),
        None => Scope::Perhaps,
    }
}
