//! The configuration section: who declares what, and in which terms.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::address::{InstanceAddress, InstanceKey};
use super::plan::members;
use crate::document::MAX_DEPTH;

/// The configuration section, by the address of each block without instance keys.
#[derive(Debug)]
pub(super) struct Config<'a> {
    pub(super) blocks: BTreeMap<String, ConfigBlock<'a>>,
    root: Option<&'a Value>,
    providers: Option<&'a Map<String, Value>>,
    variables: Option<&'a Value>,
}

/// One `resource` or `data` block.
#[derive(Debug)]
pub(super) struct ConfigBlock<'a> {
    pub(super) data: bool,
    pub(super) resource_type: &'a str,
    /// The full name of its provider, where that can be told.
    pub(super) provider: Option<&'a str>,
    pub(super) expressions: Option<&'a Map<String, Value>>,
    count: Option<&'a Value>,
    for_each: bool,
    /// The calls that lead to its module, outermost first.
    pub(super) calls: Vec<&'a Value>,
}

/// Does the configuration declare one instance?
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Declares {
    Yes,
    No,
    /// Only evaluating an expression would tell.
    Perhaps,
}

impl<'a> Config<'a> {
    pub(super) fn read(configuration: &'a Map<String, Value>, variables: Option<&'a Value>) -> Self {
        let mut this = Self {
            blocks: BTreeMap::new(),
            root: configuration.get("root_module"),
            providers: configuration.get("provider_config").and_then(Value::as_object),
            variables,
        };
        if let Some(root) = this.root {
            this.read_module(root, "", &mut Vec::new());
        }
        this
    }

    fn read_module(&mut self, module: &'a Value, prefix: &str, calls: &mut Vec<&'a Value>) {
        if calls.len() > MAX_DEPTH {
            return;
        }
        for resource in members(module.get("resources")) {
            let text = |name: &str| resource.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
            let (Some(resource_type), Some(name)) = (text("type"), text("name")) else { continue };
            let data = match text("mode") {
                Some("data") => true,
                Some("managed") | None => false,
                // Ephemeral, or something newer.
                Some(_) => continue,
            };
            let mode = if data { "data." } else { "" };
            let block = ConfigBlock {
                data,
                resource_type,
                provider: text("provider_config_key").and_then(|key| self.provider_of(key)),
                expressions: resource.get("expressions").and_then(Value::as_object),
                count: resource.get("count_expression"),
                for_each: resource.get("for_each_expression").is_some(),
                calls: calls.clone(),
            };
            self.blocks.insert(format!("{prefix}{mode}{resource_type}.{name}"), block);
        }
        for (name, call) in module.get("module_calls").and_then(Value::as_object).into_iter().flatten() {
            if let Some(inner) = call.get("module") {
                calls.push(call);
                self.read_module(inner, &format!("{prefix}module.{name}."), calls);
                calls.pop();
            }
        }
    }

    fn provider_of(&self, key: &str) -> Option<&'a str> {
        self.providers?.get(key)?.get("full_name")?.as_str()
    }

    /// The block that declares the instance.
    pub(super) fn block(&self, address: &InstanceAddress) -> Option<&ConfigBlock<'a>> {
        self.blocks.get(&address.declaration())
    }

    /// Does the configuration declare this very instance?
    pub(super) fn declares(&self, address: &InstanceAddress) -> Declares {
        let Some(block) = self.block(address) else { return Declares::No };
        let repeated = |node: &Value, name: &str| node.get(name).is_some();
        let calls = address.modules.iter().zip(&block.calls).map(|((_, key), call)| {
            instance(call.get("count_expression"), repeated(call, "for_each_expression"), key.as_ref())
        });
        let own = instance(block.count, block.for_each, address.key.as_ref());
        calls.chain([own]).fold(Declares::Yes, |all, one| match (all, one) {
            (Declares::No, _) | (_, Declares::No) => Declares::No,
            (Declares::Perhaps, _) | (_, Declares::Perhaps) => Declares::Perhaps,
            (Declares::Yes, Declares::Yes) => Declares::Yes,
        })
    }

    /// The instances of a block that need no evaluation to be known: the only one, or those of a constant `count`.
    pub(super) fn certain_instances(declaration: &str, block: &ConfigBlock<'_>) -> Vec<String> {
        // More than that is not a configuration that somebody wrote.
        const MOST: u64 = 10_000;
        let repeated =
            |call: &&Value| call.get("count_expression").is_some() || call.get("for_each_expression").is_some();
        if block.calls.iter().any(repeated) || block.for_each {
            return Vec::new();
        }
        match block.count {
            // An expression that the plan leaves out (`for_each = toset([...])`) shows in what the block refers to.
            None if block.refers_to_instances() => Vec::new(),
            None => vec![declaration.to_owned()],
            Some(count) => {
                let count = constant(count).and_then(Value::as_u64).unwrap_or(0).min(MOST);
                (0..count).map(|index| format!("{declaration}{}", InstanceKey::Index(index))).collect()
            }
        }
    }

    /// Is the expression nothing but a variable whose value is null? Such an argument declares nothing.
    pub(super) fn is_null_variable(&self, expression: &Value, calls: &[&'a Value]) -> bool {
        let mut expression = expression;
        let mut calls = calls;
        loop {
            let [Value::String(reference)] = members(expression.get("references")) else { return false };
            let Some(name) = reference.strip_prefix("var.").filter(|name| !name.contains(['.', '['])) else {
                return false;
            };
            let null_default = |module: Option<&Value>| {
                let declared = module.and_then(|module| module.get("variables")).and_then(|all| all.get(name));
                declared.is_some_and(|variable| variable.get("default").is_none_or(Value::is_null))
            };
            let Some((call, outer)) = calls.split_last() else {
                return match self.variables.and_then(|variables| variables.get(name)) {
                    Some(variable) => variable.get("value").is_none_or(Value::is_null),
                    None => null_default(self.root),
                };
            };
            match call.get("expressions").and_then(|expressions| expressions.get(name)) {
                None => return null_default(call.get("module")),
                Some(argument) => match constant(argument) {
                    Some(value) => return value.is_null(),
                    None => expression = argument,
                },
            }
            calls = outer;
        }
    }

    /// Does the expression refer to a variable or a module output that is declared sensitive?
    ///
    /// A refresh-only plan has no mask for what the configuration alone makes secret.
    pub(super) fn refers_to_secret(&self, expression: &Value, calls: &[&'a Value]) -> bool {
        self.secret_at(expression, calls, &mut 1_000)
    }

    fn secret_at(&self, expression: &Value, calls: &[&'a Value], work: &mut u32) -> bool {
        let is_secret = |node: Option<&Value>, name: &str| {
            node.and_then(|node| node.get(name)).and_then(|one| one.get("sensitive")) == Some(&Value::Bool(true))
        };
        for reference in members(expression.get("references")).iter().filter_map(Value::as_str) {
            let Some(left) = work.checked_sub(1) else { return true };
            *work = left;
            let module = calls.last().map_or(self.root, |call| call.get("module"));
            let mut parts = reference.split(['.', '[']);
            match (parts.next(), parts.next()) {
                (Some("var"), Some(name)) => {
                    if is_secret(module.and_then(|module| module.get("variables")), name) {
                        return true;
                    }
                    let argument = calls.split_last().and_then(|(call, outer)| {
                        Some((call.get("expressions").and_then(|expressions| expressions.get(name))?, outer))
                    });
                    if argument.is_some_and(|(argument, outer)| self.secret_at(argument, outer, work)) {
                        return true;
                    }
                }
                // `module.name.output`, perhaps with a key that may hold anything: then the output comes last.
                (Some("module"), Some(name)) => {
                    let called = module.and_then(|module| module.get("module_calls")).and_then(|calls| calls.get(name));
                    let outputs = called.and_then(|call| call.get("module")).and_then(|module| module.get("outputs"));
                    let output = reference.rsplit('.').next().unwrap_or_default();
                    if is_secret(outputs, output) {
                        return true;
                    }
                }
                _ => {}
            }
        }
        false
    }

    /// Calls `see` with every module of the configuration and the variables that it was called with.
    pub(super) fn each_module(&self, see: &mut impl FnMut(&'a Value, Option<&'a Value>)) {
        fn walk<'a>(
            module: &'a Value,
            arguments: Option<&'a Value>,
            depth: usize,
            see: &mut impl FnMut(&'a Value, Option<&'a Value>),
        ) {
            see(module, arguments);
            if depth > MAX_DEPTH {
                return;
            }
            for (_, call) in module.get("module_calls").and_then(Value::as_object).into_iter().flatten() {
                if let Some(inner) = call.get("module") {
                    walk(inner, call.get("expressions"), depth.saturating_add(1), see);
                }
            }
        }
        if let Some(root) = self.root {
            walk(root, None, 0, see);
        }
    }

    /// The provider configurations: full name of the provider, and its expressions.
    pub(super) fn providers(&self) -> impl Iterator<Item = (&'a str, &'a Map<String, Value>)> {
        self.providers.into_iter().flatten().filter_map(|(name, provider)| {
            let full = provider.get("full_name").and_then(Value::as_str).unwrap_or(name);
            Some((full, provider.get("expressions")?.as_object()?))
        })
    }
}

impl ConfigBlock<'_> {
    fn refers_to_instances(&self) -> bool {
        fn refers(value: &Value, depth: usize) -> bool {
            match value {
                Value::String(text) => text.starts_with("each.") || text.starts_with("count."),
                _ if depth > MAX_DEPTH => false,
                Value::Array(items) => items.iter().any(|item| refers(item, depth.saturating_add(1))),
                Value::Object(map) => {
                    map.iter().any(|(name, inner)| name != "constant_value" && refers(inner, depth.saturating_add(1)))
                }
                Value::Null | Value::Bool(_) | Value::Number(_) => false,
            }
        }
        self.expressions.is_some_and(|expressions| expressions.values().any(|value| refers(value, 0)))
    }
}

/// Does a block with these repetitions have an instance of this key?
fn instance(count: Option<&Value>, for_each: bool, key: Option<&InstanceKey>) -> Declares {
    match (count, key) {
        (Some(_), Some(InstanceKey::Name(_)) | None) => Declares::No,
        (Some(count), Some(InstanceKey::Index(index))) => match constant(count).and_then(Value::as_u64) {
            Some(count) if *index < count => Declares::Yes,
            Some(_) => Declares::No,
            None => Declares::Perhaps,
        },
        (None, None | Some(InstanceKey::Index(_))) if for_each => Declares::No,
        (None, None) => Declares::Yes,
        // The expression may have been left out of the plan.
        (None, Some(_)) => Declares::Perhaps,
    }
}

/// The value of an expression that is one.
pub(super) fn constant(expression: &Value) -> Option<&Value> {
    expression.get("constant_value")
}
