//! `Kinds`: which kind a plural in the path of a request stands for.

use std::collections::BTreeMap;

use serde_json::Value;

/// Group, plural, kind: those of Kubernetes itself.
const BUILT_IN: &str = include_str!("kinds.json");

#[derive(Clone, Debug, Default)]
pub(super) struct Kinds(BTreeMap<String, BTreeMap<String, String>>);

impl Kinds {
    pub(super) fn built_in() -> Self {
        // The document is part of the build and a test reads it; without it, kinds would be unknown.
        Self(crate::read::from_json(BUILT_IN).unwrap_or_default())
    }

    /// The kind, for a request that names a version.
    pub(super) fn find(&self, group: &str, version: &str, plural: &str) -> Option<&str> {
        let kind = self.0.get(group)?.get(plural)?;
        is_version(version).then_some(kind)
    }
}

/// The kind of a body, if the body is the object that the request is about.
pub(super) fn of_body(body: &Value, group: &str, version: &str, plural: &str) -> Option<String> {
    let text = |name| body.get(name).and_then(Value::as_str);
    let of_group = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let kind = text("kind").filter(|_| text("apiVersion") == Some(of_group.as_str()))?;
    crate::signal::is_plural_of(plural, kind).then(|| kind.to_owned())
}

fn is_version(text: &str) -> bool {
    text.strip_prefix('v').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plural_of_the_table_is_one_of_its_kind() {
        let kinds = Kinds::built_in();
        assert!(kinds.0.len() > 15);
        for (plural, kind) in kinds.0.values().flatten() {
            assert!(crate::signal::is_plural_of(plural, kind), "{plural} {kind}");
        }
        assert_eq!(kinds.find("apps", "v1", "deployments"), Some("Deployment"));
        assert_eq!(kinds.find("", "apps/v1", "pods"), None);
        assert_eq!(kinds.find("", "", "pods"), None);
    }
}
