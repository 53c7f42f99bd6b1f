//! The parts of a plan, found and named, but not yet understood.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::address::{InstanceAddress, InstanceKey};
use super::config::Config;
use super::problem::{PlanError, PlanErrorKind, PlanProblem};
use crate::document::MAX_DEPTH;
use crate::path::FieldPath;
use crate::time::Timestamp;

/// What names an object: its address, and the key of a deposed one.
pub(super) type Key = (String, Option<String>);

/// One entry of `resource_changes`, `resource_drift` or `deferred_changes`.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    pub(super) previous: Option<&'a str>,
    pub(super) data: bool,
    pub(super) resource_type: &'a str,
    pub(super) provider: &'a str,
    pub(super) actions: Vec<&'a str>,
    pub(super) reason: Option<&'a str>,
    pub(super) change: &'a Value,
    /// Where the entry stands in the plan.
    pub(super) pointer: String,
    /// The same object is listed twice.
    pub(super) twice: bool,
}

impl<'a> Entry<'a> {
    /// A member of `change`.
    pub(super) fn part(&self, name: &str) -> Option<&'a Value> {
        self.change.get(name)
    }

    /// The same, where `null` is nothing.
    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.part(name).filter(|value| !value.is_null())
    }

    /// What the object is replaced for. A path that cannot be read is that of the whole object.
    pub(super) fn replace_paths(&self) -> Vec<FieldPath> {
        let document = self.value("before").or(self.value("after")).unwrap_or(&Value::Null);
        let paths = members(self.part("replace_paths")).iter();
        paths.map(|path| FieldPath::from_attribute_path(path, document).unwrap_or_default()).collect()
    }

    /// Does an `import` block bring the object in?
    pub(super) fn imports(&self) -> bool {
        self.value("importing").is_some()
    }

    /// Is it not known yet which object the `import` block brings in?
    pub(super) fn imports_unknown(&self) -> bool {
        self.value("importing").is_some_and(|importing| importing.get("unknown") == Some(&Value::Bool(true)))
    }

    pub(super) fn does(&self, action: &str) -> bool {
        self.actions.contains(&action)
    }

    pub(super) fn only(&self, action: &str) -> bool {
        self.actions == [action]
    }
}

/// One object of `prior_state`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prior<'a> {
    pub(super) data: bool,
    pub(super) resource_type: &'a str,
    pub(super) provider: &'a str,
    pub(super) values: &'a Value,
    pub(super) sensitive: Option<&'a Value>,
    pub(super) tainted: bool,
}

/// A plan, taken apart.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) root: &'a Map<String, Value>,
    pub(super) major: u64,
    pub(super) changes: BTreeMap<Key, Entry<'a>>,
    pub(super) drift: BTreeMap<Key, Entry<'a>>,
    pub(super) deferred: BTreeMap<Key, Entry<'a>>,
    pub(super) prior: BTreeMap<Key, Prior<'a>>,
    pub(super) config: Option<Config<'a>>,
    pub(super) errored: bool,
    /// What the engine says of itself; OpenTofu does not.
    pub(super) complete: Option<bool>,
    pub(super) timestamp: Option<Timestamp>,
    pub(super) problems: Vec<PlanProblem>,
}

const ARRAY: PlanErrorKind = PlanErrorKind::Shape { expected: "an array" };
const OBJECT: PlanErrorKind = PlanErrorKind::Shape { expected: "an object" };

impl<'a> Plan<'a> {
    pub(super) fn read(plan: &'a Value) -> Result<Self, PlanError> {
        let Value::Object(root) = plan else { return Err(error("", PlanErrorKind::NotAPlan)) };
        let known = ["resource_changes", "resource_drift", "planned_values", "configuration", "prior_state"];
        if !known.iter().any(|name| root.contains_key(*name)) {
            let state = root.contains_key("values") || root.contains_key("lineage") || root.contains_key("serial");
            return Err(error("", if state { PlanErrorKind::StateInstead } else { PlanErrorKind::NotAPlan }));
        }
        let major = major(root.get("format_version"))?;
        let mut problems = Vec::new();
        if !root.contains_key("format_version") {
            problems.push(PlanProblem {
                document: "plan",
                pointer: String::new(),
                code: "no-format-version",
                message: "the plan does not say its format version, and is read as version 1",
                help: "hand over the whole of what `show -json` prints",
            });
        }
        let mut this = Self {
            root,
            major,
            changes: BTreeMap::new(),
            drift: BTreeMap::new(),
            deferred: BTreeMap::new(),
            prior: BTreeMap::new(),
            config: None,
            errored: root.get("errored") == Some(&Value::Bool(true)),
            complete: root.get("complete").and_then(Value::as_bool),
            timestamp: root.get("timestamp").and_then(Value::as_str).and_then(|text| text.parse().ok()),
            problems,
        };
        this.changes = this.entries("resource_changes", None)?;
        this.drift = this.entries("resource_drift", None)?;
        this.deferred = this.entries("deferred_changes", Some("resource_change"))?;
        this.read_prior()?;
        this.config = match root.get("configuration") {
            None | Some(Value::Null) => None,
            Some(Value::Object(configuration)) => Some(Config::read(configuration, root.get("variables"))),
            Some(_) => return Err(error("/configuration", OBJECT)),
        };
        Ok(this)
    }

    /// Does any part of the plan know an object of this address?
    pub(super) fn mentions(&self, address: &str) -> bool {
        let current = (address.to_owned(), None);
        self.changes.contains_key(&current) || self.drift.contains_key(&current) || self.prior.contains_key(&current)
    }

    pub(super) fn problem(
        &mut self,
        pointer: impl Into<String>,
        code: &'static str,
        message: &'static str,
        help: &'static str,
    ) {
        self.problems.push(PlanProblem { document: "plan", pointer: pointer.into(), code, message, help });
    }

    fn entries(&mut self, member: &str, within: Option<&str>) -> Result<BTreeMap<Key, Entry<'a>>, PlanError> {
        let items = match self.root.get(member) {
            None | Some(Value::Null) => return Ok(BTreeMap::new()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(error(format!("/{member}"), ARRAY)),
        };
        let mut entries: BTreeMap<Key, Entry<'a>> = BTreeMap::new();
        for (index, item) in items.iter().enumerate() {
            let mut pointer = format!("/{member}/{index}");
            let item = match within {
                None => Some(item),
                Some(name) => {
                    pointer.push('/');
                    pointer.push_str(name);
                    item.get(name)
                }
            };
            // Ephemeral resources are not kept by anybody.
            if item.and_then(|item| item.get("mode")).and_then(Value::as_str) == Some("ephemeral") {
                continue;
            }
            let Some((key, entry)) = item.and_then(|item| entry(item, pointer.clone())) else {
                self.problem(
                    pointer,
                    "unreadable-entry",
                    "an entry without an address or without a change, which nobody can read",
                    "print the plan again with the engine that made it",
                );
                continue;
            };
            if entry.part("actions").is_none_or(|actions| !actions.is_array()) {
                self.problem(
                    format!("{}/change/actions", entry.pointer),
                    "no-actions",
                    "a change that does not say what it does",
                    "print the plan again with the engine that made it",
                );
            }
            if let Some(known) = entries.get_mut(&key) {
                known.twice = true;
                self.problem(
                    pointer,
                    "listed-twice",
                    "an object that has an entry already",
                    "print the plan again with the engine that made it",
                );
            } else {
                entries.insert(key, entry);
            }
        }
        Ok(entries)
    }

    fn read_prior(&mut self) -> Result<(), PlanError> {
        let prior = match self.root.get("prior_state") {
            None | Some(Value::Null) => return Ok(()),
            Some(Value::Object(prior)) => prior,
            Some(_) => return Err(error("/prior_state", OBJECT)),
        };
        if let Some(module) = prior.get("values").and_then(|values| values.get("root_module")) {
            self.read_module(module, "/prior_state/values/root_module", "", 0);
        }
        Ok(())
    }

    fn read_module(&mut self, module: &'a Value, pointer: &str, address: &str, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for (index, resource) in members(module.get("resources")).iter().enumerate() {
            let at = format!("{pointer}/resources/{index}");
            if resource.get("mode").and_then(Value::as_str) == Some("ephemeral") {
                continue;
            }
            let Some(found) = prior_address(resource, address) else {
                self.problem(
                    at,
                    "unreadable-entry",
                    "an object without an address, which nobody can read",
                    "print the plan again with the engine that made it",
                );
                continue;
            };
            let text = |name: &str| resource.get(name).and_then(Value::as_str);
            let prior = Prior {
                data: text("mode") == Some("data"),
                resource_type: text("type").unwrap_or_default(),
                provider: text("provider_name").unwrap_or_default(),
                values: resource.get("values").unwrap_or(&Value::Null),
                sensitive: resource.get("sensitive_values"),
                tainted: resource.get("tainted") == Some(&Value::Bool(true)),
            };
            let key = (found, text("deposed_key").map(str::to_owned));
            if self.prior.insert(key, prior).is_some() {
                self.problem(
                    at,
                    "listed-twice",
                    "an object that has an entry already",
                    "print the plan again with the engine that made it",
                );
            }
        }
        for (index, child) in members(module.get("child_modules")).iter().enumerate() {
            let address = child.get("address").and_then(Value::as_str).unwrap_or(address);
            self.read_module(child, &format!("{pointer}/child_modules/{index}"), address, depth.saturating_add(1));
        }
    }
}

/// The address of an object of `prior_state`. Format 0.1 wrote neither the module nor the key into it.
fn prior_address(resource: &Value, module: &str) -> Option<String> {
    let text = |name: &str| resource.get(name).and_then(Value::as_str);
    let full = |address: &str| address.starts_with("module.") || module.is_empty();
    let address = text("address");
    let index = resource.get("index").and_then(InstanceKey::of);
    if let Some(address) = address
        && full(address)
        && (index.is_none() || address.ends_with(']'))
    {
        return Some(address.to_owned());
    }
    let mut rebuilt = rebuilt(resource)?;
    if !module.is_empty() {
        rebuilt.insert(0, '.');
        rebuilt.insert_str(0, module);
    }
    Some(rebuilt)
}

/// `type.name[index]`, from the members that say so.
fn rebuilt(resource: &Value) -> Option<String> {
    let text = |name: &str| resource.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let address = InstanceAddress {
        modules: Vec::new(),
        data: text("mode") == Some("data"),
        resource_type: text("type")?.to_owned(),
        name: text("name")?.to_owned(),
        key: resource.get("index").and_then(InstanceKey::of),
    };
    Some(address.to_string())
}

fn entry(item: &Value, pointer: String) -> Option<(Key, Entry<'_>)> {
    let text = |name: &str| item.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let address = match text("address") {
        Some(address) => address.to_owned(),
        None => match text("module_address") {
            Some(module) => format!("{module}.{}", rebuilt(item)?),
            None => rebuilt(item)?,
        },
    };
    let change = item.get("change").filter(|change| change.is_object())?;
    let previous = text("previous_address").filter(|previous| *previous != address);
    let entry = Entry {
        previous,
        data: text("mode") == Some("data"),
        resource_type: text("type").unwrap_or_default(),
        provider: text("provider_name").unwrap_or_default(),
        actions: members(change.get("actions")).iter().filter_map(Value::as_str).collect(),
        reason: text("action_reason"),
        change,
        pointer,
        twice: false,
    };
    Some(((address, text("deposed").map(str::to_owned)), entry))
}

/// The elements of an array; none of anything else.
pub(super) fn members(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn major(version: Option<&Value>) -> Result<u64, PlanError> {
    let wrong = || error("/format_version", PlanErrorKind::Version);
    match version {
        None => Ok(1),
        Some(Value::String(text)) => {
            let major = text.split('.').next().and_then(|major| major.parse().ok()).ok_or_else(wrong)?;
            if major <= 1 { Ok(major) } else { Err(wrong()) }
        }
        Some(_) => Err(wrong()),
    }
}

fn error(pointer: impl Into<String>, kind: PlanErrorKind) -> PlanError {
    PlanError::new("plan", pointer, kind)
}
