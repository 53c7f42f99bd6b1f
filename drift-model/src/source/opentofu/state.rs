//! The raw state file, version 4: the only record of data sources, deposed objects and destroy plans.

use std::collections::BTreeMap;

use serde_json::Value;

use super::address::{InstanceAddress, InstanceKey};
use super::plan::{Key, members};
use super::problem::{PlanError, PlanErrorKind};

/// A state file, by address and deposed key.
#[derive(Debug)]
pub(super) struct RawState<'a> {
    pub(super) objects: BTreeMap<Key, RawObject<'a>>,
    /// Outputs that are called sensitive.
    pub(super) secret_outputs: Vec<&'a Value>,
    /// Lineage and serial, where the file says them.
    pub(super) revision: Option<String>,
    /// Places of objects that could not be read.
    pub(super) unreadable: Vec<String>,
}

/// One object of a state file.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawObject<'a> {
    pub(super) data: bool,
    pub(super) resource_type: &'a str,
    pub(super) provider: &'a str,
    pub(super) values: &'a Value,
    pub(super) sensitive: Option<&'a Value>,
    pub(super) tainted: bool,
}

impl<'a> RawState<'a> {
    pub(super) fn read(state: &'a Value) -> Result<Self, PlanError> {
        if state.get("version").and_then(Value::as_u64) != Some(4) {
            return Err(PlanError::new("state", "/version", PlanErrorKind::StateVersion));
        }
        let resources = match state.get("resources") {
            None | Some(Value::Null) => &[],
            Some(Value::Array(resources)) => resources.as_slice(),
            Some(_) => {
                let kind = PlanErrorKind::Shape { expected: "an array" };
                return Err(PlanError::new("state", "/resources", kind));
            }
        };
        let text = |name: &str| state.get(name).and_then(Value::as_str);
        let serial = state.get("serial").and_then(Value::as_u64);
        let mut this = Self {
            objects: BTreeMap::new(),
            secret_outputs: Vec::new(),
            revision: text("lineage").zip(serial).map(|(lineage, serial)| format!("{lineage}#{serial}")),
            unreadable: Vec::new(),
        };
        for (index, resource) in resources.iter().enumerate() {
            this.read_resource(resource, index);
        }
        for output in state.get("outputs").and_then(Value::as_object).into_iter().flat_map(serde_json::Map::values) {
            if output.get("sensitive") == Some(&Value::Bool(true)) {
                this.secret_outputs.extend(output.get("value"));
            }
        }
        Ok(this)
    }

    fn read_resource(&mut self, resource: &'a Value, index: usize) {
        let text = |name: &str| resource.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (Some(resource_type), Some(name)) = (text("type"), text("name")) else {
            self.unreadable.push(format!("/resources/{index}"));
            return;
        };
        let data = match text("mode") {
            Some("data") => true,
            Some("managed") | None => false,
            Some(_) => return,
        };
        for (number, instance) in members(resource.get("instances")).iter().enumerate() {
            // `attributes_flat` is how version 3 wrote them: nobody reads that without the provider.
            let Some(values) = instance.get("attributes").filter(|values| values.is_object()) else {
                self.unreadable.push(format!("/resources/{index}/instances/{number}"));
                continue;
            };
            let address = InstanceAddress {
                modules: Vec::new(),
                data,
                resource_type: resource_type.to_owned(),
                name: name.to_owned(),
                key: instance.get("index_key").and_then(InstanceKey::of),
            };
            let mut address = address.to_string();
            if let Some(module) = text("module") {
                address = format!("{module}.{address}");
            }
            let word = |name: &str| instance.get(name).and_then(Value::as_str);
            let object = RawObject {
                data,
                resource_type,
                provider: text("provider").map_or("", provider_name),
                values,
                sensitive: instance.get("sensitive_attributes"),
                tainted: word("status") == Some("tainted"),
            };
            self.objects.insert((address, word("deposed").map(str::to_owned)), object);
        }
    }
}

/// `provider["registry.terraform.io/local/fake"].west`, perhaps behind a module: the quoted part.
fn provider_name(text: &str) -> &str {
    text.split('"').nth(1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_are_built_as_the_engine_writes_them() {
        let state = json!({"version": 4, "serial": 3, "lineage": "l", "resources": [{
            "module": "module.a[\"x.y\"]", "mode": "managed", "type": "t", "name": "n",
            "provider": "module.a.provider[\"registry.example/x/t\"].west",
            "instances": [
                {"index_key": "a\"${b}", "attributes": {"id": "1"}},
                {"index_key": 1, "deposed": "0badcafe", "attributes": {"id": "2"}},
                {"index_key": 2, "attributes_flat": {"id": "3"}},
            ],
        }]});
        let read = RawState::read(&state).unwrap();
        let keys: Vec<_> =
            read.objects.keys().map(|(address, deposed)| (address.as_str(), deposed.as_deref())).collect();
        assert_eq!(
            keys,
            [("module.a[\"x.y\"].t.n[\"a\\\"$${b}\"]", None), ("module.a[\"x.y\"].t.n[1]", Some("0badcafe"))]
        );
        assert!(read.objects.values().all(|object| object.provider == "registry.example/x/t"));
        assert_eq!(read.unreadable, ["/resources/0/instances/2"]);
        assert_eq!(read.revision.as_deref(), Some("l#3"));
    }

    #[test]
    fn another_version_is_refused() {
        let error = RawState::read(&json!({"version": 3})).unwrap_err();
        assert_eq!(error.code(), "unsupported-state-version");
    }
}
