//! `Resources`: which resource a record is about, by a table of pointers.

use serde::Deserialize;
use serde_json::Value;

use crate::read;
use crate::resource::ResourceRef;
use crate::signal::Target;
use crate::source::actors::glob;

/// One kind of resource a line; the first line that finds something decides.
const BUILT_IN: &str = include_str!("resources.json");

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Resources {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
    /// The service, or `*`.
    service: String,
    /// What it is in that service.
    #[serde(rename = "type")]
    of_type: String,
    /// Only events whose name matches one of these.
    #[serde(default)]
    events: Vec<String>,
    /// Where the request names the resource. A step `*` takes every item of a list.
    #[serde(default)]
    named: Vec<String>,
    /// Where the answer names what was made; asked first, of calls that make something.
    #[serde(default)]
    created: Vec<String>,
    /// All of `named` together are the name, joined by `/`.
    #[serde(default)]
    joined: bool,
    /// The types under which others know it.
    #[serde(default)]
    kinds: Vec<String>,
}

/// Calls whose answer names what they made.
const CREATES: [&str; 5] = ["Create", "Run", "Allocate", "Copy", "Import"];

impl Resources {
    pub(super) fn built_in() -> Self {
        // The document is part of the build and a test reads it; without it, records would be about nothing.
        read::from_json(BUILT_IN).unwrap_or_default()
    }

    pub(super) fn find(&self, record: &Value, service: &str, event: &str) -> Option<Target> {
        let rules = || {
            self.rules.iter().filter(|rule| {
                (rule.service == "*" || rule.service == service)
                    && (rule.events.is_empty() || rule.events.iter().any(|pattern| glob(pattern, event)))
            })
        };
        let creates = CREATES.iter().any(|verb| event.starts_with(verb));
        let made = || rules().map(|rule| (rule, rule.texts(record, &rule.created))).find(|(_, keys)| !keys.is_empty());
        let named = || rules().map(|rule| (rule, rule.keys(record))).find(|(_, keys)| !keys.is_empty());
        let (rule, mut keys) = Some(()).filter(|()| creates).and_then(|()| made()).or_else(named).or_else(made)?;
        let name = keys.first()?.clone();
        // The record may list the ARN beside the name; where it lists several, nobody knows which is whose.
        if let [arn] = texts(record, "/resources/*/ARN").as_slice()
            && !keys.contains(arn)
        {
            keys.push(arn.clone());
        }
        let at = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let resource_type = rule.kinds.iter().find(|kind| !kind.contains('*') && kind.starts_with("AWS::"));
        let mut target = Target::of(ResourceRef::aws(resource_type.map_or("", String::as_str), &name));
        service.clone_into(&mut target.service);
        target.of_type.clone_from(&rule.of_type);
        target.kinds.clone_from(&rule.kinds);
        target.keys = keys;
        target.account = at("/recipientAccountId").or_else(|| at("/userIdentity/accountId"));
        target.region = at("/awsRegion");
        Some(target)
    }
}

impl Rule {
    fn keys(&self, record: &Value) -> Vec<String> {
        let keys = self.texts(record, &self.named);
        if !self.joined {
            return keys;
        }
        if keys.len() == self.named.len() { vec![keys.join("/")] } else { Vec::new() }
    }

    fn texts(&self, record: &Value, pointers: &[String]) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for pointer in pointers {
            for text in texts(record, pointer) {
                if self.joined || !found.contains(&text) {
                    found.push(text);
                }
            }
        }
        found
    }
}

/// The texts at a pointer in which `*` stands for every item of a list.
fn texts(record: &Value, pointer: &str) -> Vec<String> {
    let mut values = vec![record];
    for step in pointer.split('/').skip(1) {
        values = values
            .into_iter()
            .flat_map(|value| match (step, value) {
                ("*", Value::Array(items)) => items.iter().collect(),
                ("*", _) => Vec::new(),
                (name, value) => value.get(name).into_iter().collect::<Vec<_>>(),
            })
            .collect();
    }
    values.into_iter().filter_map(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_table_reads_and_every_line_of_it_points_somewhere() {
        let table: Resources = read::from_json(BUILT_IN).unwrap();
        assert!(table.rules.len() > 40);
        for rule in &table.rules {
            assert!(!rule.named.is_empty() || !rule.created.is_empty(), "{rule:?}");
            for pointer in rule.named.iter().chain(&rule.created) {
                assert!(pointer.starts_with('/'), "{pointer}");
            }
        }
    }

    #[test]
    fn what_a_call_makes_is_named_by_its_answer() {
        let table = Resources::built_in();
        let record = json!({"requestParameters": {"instanceId": "i-1"}, "responseElements": {"imageId": "ami-1"}});
        let found = |event| {
            let target = table.find(&record, "ec2", event).unwrap();
            (target.of_type, target.resource.name)
        };
        assert_eq!(found("CreateImage"), ("image".into(), "ami-1".into()));
        assert_eq!(found("StopInstances"), ("instance".into(), "i-1".into()));
        let several =
            json!({"requestParameters": {"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}}});
        assert_eq!(table.find(&several, "ec2", "StopInstances").unwrap().keys, ["i-1", "i-2"]);
    }
}
