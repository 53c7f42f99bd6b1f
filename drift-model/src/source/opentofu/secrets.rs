//! Secrets that stand in a plan outside of its resources: variables, outputs, the configuration of providers and blocks.

use serde_json::{Map, Value};

use super::derive::Inputs;
use super::masks::collect_all;
use super::plan::members;
use crate::redact::Secrets;

/// Adds the secrets of everything but the resources themselves.
pub(super) fn collect(inputs: &Inputs<'_>, secrets: &mut Secrets) {
    variables(inputs, secrets);
    outputs(inputs, secrets);
    providers(inputs, secrets);
    blocks(inputs, secrets);
}

fn is_secret(declaration: &Value) -> bool {
    declaration.get("sensitive") == Some(&Value::Bool(true))
}

/// Variables carry no mask; their declarations say which of them are secret.
fn variables(inputs: &Inputs<'_>, secrets: &mut Secrets) {
    let values = inputs.plan.root.get("variables");
    let Some(config) = &inputs.plan.config else { return };
    config.each_module(&mut |module, arguments| {
        for (name, declaration) in module.get("variables").and_then(Value::as_object).into_iter().flatten() {
            if !is_secret(declaration) {
                continue;
            }
            let argument = match arguments {
                None => values.and_then(|values| values.get(name)).and_then(|variable| variable.get("value")),
                Some(arguments) => arguments.get(name).and_then(|argument| argument.get("constant_value")),
            };
            for value in [declaration.get("default"), argument].into_iter().flatten() {
                collect_all(value, secrets);
            }
        }
    });
}

fn outputs(inputs: &Inputs<'_>, secrets: &mut Secrets) {
    let all = |map: Option<&Value>, see: &mut dyn FnMut(&Value)| {
        map.and_then(Value::as_object).into_iter().flat_map(Map::values).for_each(see);
    };
    all(inputs.plan.root.get("output_changes"), &mut |change| {
        for side in ["before", "after"] {
            let mask = change.get(format!("{side}_sensitive"));
            if let (Some(mask), Some(value)) = (mask, change.get(side)) {
                under_mask(value, mask, 0, secrets);
            }
        }
    });
    let states = [("prior_state", true), ("planned_values", false)];
    for (member, nested) in states {
        let state = inputs.plan.root.get(member);
        let values = if nested { state.and_then(|state| state.get("values")) } else { state };
        all(values.and_then(|values| values.get("outputs")), &mut |output| {
            if let (true, Some(value)) = (is_secret(output), output.get("value")) {
                collect_all(value, secrets);
            }
        });
    }
    for value in inputs.state.iter().flat_map(|state| &state.secret_outputs) {
        collect_all(value, secrets);
    }
}

fn under_mask(value: &Value, mask: &Value, depth: usize, secrets: &mut Secrets) {
    if depth > crate::document::MAX_DEPTH {
        return;
    }
    let deeper = depth.saturating_add(1);
    match (mask, value) {
        (Value::Bool(true), _) => collect_all(value, secrets),
        (Value::Array(masks), Value::Array(items)) => {
            masks.iter().zip(items).for_each(|(mask, item)| under_mask(item, mask, deeper, secrets));
        }
        (Value::Object(masks), Value::Object(map)) => {
            for (name, mask) in masks {
                if let Some(member) = map.get(name) {
                    under_mask(member, mask, deeper, secrets);
                }
            }
        }
        _ => {}
    }
}

/// Constants of provider configurations carry no mask either: their schema says which are secret, else their names do.
fn providers(inputs: &Inputs<'_>, secrets: &mut Secrets) {
    let Some(config) = &inputs.plan.config else { return };
    for (provider, expressions) in config.providers() {
        let schema = inputs.schemas.and_then(|schemas| schemas.provider(provider));
        for (name, expression) in expressions {
            let secret = match schema.and_then(|schema| schema.attribute(name)) {
                Some(attribute) => attribute.sensitive() || attribute.write_only(),
                None => sounds_secret(name),
            };
            if secret && let Some(value) = expression.get("constant_value") {
                collect_all(value, secrets);
            }
        }
    }
}

/// Constants of attributes that the schema calls sensitive or write-only: the latter stand nowhere else.
fn blocks(inputs: &Inputs<'_>, secrets: &mut Secrets) {
    let (Some(config), Some(schemas)) = (&inputs.plan.config, inputs.schemas) else { return };
    for block in config.blocks.values() {
        let schema = schemas.block(block.provider.unwrap_or_default(), block.data, block.resource_type);
        let (Some(schema), Some(expressions)) = (schema, block.expressions) else { continue };
        of_block(schema, expressions, 0, secrets);
    }
}

fn of_block(schema: super::schema::Block<'_>, expressions: &Map<String, Value>, depth: usize, secrets: &mut Secrets) {
    if depth > crate::document::MAX_DEPTH {
        return;
    }
    for (name, attribute) in schema.attributes() {
        let constant = expressions.get(name).and_then(|expression| expression.get("constant_value"));
        if let (true, Some(value)) = (attribute.sensitive() || attribute.write_only(), constant) {
            collect_all(value, secrets);
        }
    }
    for (name, _, inner) in schema.blocks() {
        let written = expressions.get(name);
        let one = written.and_then(Value::as_object).into_iter();
        for map in members(written).iter().filter_map(Value::as_object).chain(one) {
            of_block(inner, map, depth.saturating_add(1), secrets);
        }
    }
}

/// Without a schema: an argument of this name is taken for a secret.
fn sounds_secret(name: &str) -> bool {
    let words = ["token", "secret", "password", "passphrase", "credential", "private_key", "api_key", "access_key"];
    words.iter().any(|word| name.contains(word))
}
