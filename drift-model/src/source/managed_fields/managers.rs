//! `ManagerRules`: which owner stands behind the name of a field manager.

use serde::{Deserialize, Serialize};

use crate::owner::OwnerKind;
use crate::path::FieldPath;
use crate::pattern::PathPattern;
use crate::source::first_match::FirstMatch;
use crate::vocabulary::vocabulary;

/// The rules that come with the library, one a line.
const BUILT_IN: &str = include_str!("managers.json");

vocabulary! {
    /// How a manager came by its fields.
    pub enum Operation as "operation" {
        /// Server-side apply: the manager declared them.
        Apply = "Apply",
        /// Anything else.
        Update = "Update",
    }
}

/// Which owner stands behind a manager, for some of its fields.
///
/// The name of a manager is chosen by whoever sends the request (`kubectl --field-manager=…`), so it is never more than
/// a hint. A rule whose owner excuses differences should name the `paths` that this manager is known to write.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct ManagerRule {
    /// Names of managers; a trailing `*` stands for any ending.
    pub managers: Vec<String>,
    /// Only fields that were come by in this way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// Only fields that were written through this subresource: `scale`, `status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subresource: Option<String>,
    /// Only fields that one of these covers. Left out, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<PathPattern>,
    /// The owner.
    pub owner: OwnerKind,
    /// Its name, where it is not the manager's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Why.
    pub because: String,
}

impl ManagerRule {
    fn applies(&self, manager: &str, operation: Option<Operation>, subresource: &str, path: &FieldPath) -> bool {
        self.managers.iter().any(|name| match name.strip_suffix('*') {
            Some(start) => manager.starts_with(start),
            None => manager == name,
        }) && (self.operation.is_none() || self.operation == operation)
            && self.subresource.as_ref().is_none_or(|wanted| wanted == subresource)
            && (self.paths.is_empty() || self.paths.iter().any(|pattern| pattern.covers(path)))
    }
}

/// The [`ManagerRule`]s that are asked, in order: a [`FirstMatch`] list. Where none applies, the field is UNCLAIMED.
///
/// The rules that come with the library give fields to GIT (appliers), HUMAN (imperative commands, consoles), RUNTIME
/// (the status endpoint), CONTROLLER and POLICY. The last three excuse differences, and hold for named paths alone:
/// nothing about images, commands, rights or network is given to a controller on the strength of a manager's name,
/// except for the sidecar containers of known meshes.
///
/// ```
/// use drift_model::source::managed_fields::{ManagerRule, ManagerRules};
///
/// let rule: ManagerRule = serde_json::from_str(
///     r#"{"managers": ["shop-operator"], "paths": ["/spec/template/spec/nodeSelector"], "owner": "CONTROLLER", "because": "zone failover"}"#,
/// )?;
/// let rules = ManagerRules::built_in().preceded_by([rule]);
/// assert_eq!(rules.as_slice()[0].managers, ["shop-operator"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub type ManagerRules = FirstMatch<ManagerRule>;

impl ManagerRules {
    /// The rules that come with the library.
    #[must_use]
    pub fn built_in() -> Self {
        Self::shipped(BUILT_IN)
    }

    /// The rule that says who stands behind this manager at this path.
    #[must_use]
    pub fn find(
        &self,
        manager: &str,
        operation: Option<Operation>,
        subresource: &str,
        path: &FieldPath,
    ) -> Option<&ManagerRule> {
        self.first(|rule| rule.applies(manager, operation, subresource, path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(manager: &str, operation: Operation, subresource: &str, path: &str) -> (OwnerKind, Option<String>) {
        let rules = ManagerRules::built_in();
        match rules.find(manager, Some(operation), subresource, &path.parse().unwrap()) {
            Some(rule) => (rule.owner, rule.name.clone()),
            None => (OwnerKind::Unclaimed, None),
        }
    }

    #[test]
    fn the_built_in_rules_read_and_each_that_excuses_names_its_paths() {
        let rules = ManagerRules::from_json(BUILT_IN).unwrap();
        assert!(rules.as_slice().len() > 10);
        for rule in rules.as_slice().iter().filter(|rule| rule.owner.excuses()) {
            assert!(!rule.paths.is_empty(), "{rule:?}");
        }
    }

    #[test]
    fn known_managers_have_known_owners() {
        use Operation::{Apply, Update};
        for (manager, operation, subresource, path, kind, name) in [
            ("argocd-controller", Apply, "", "/spec/replicas", OwnerKind::Git, None),
            ("helm", Update, "", "/spec/replicas", OwnerKind::Git, None),
            ("flux-client-side-apply", Update, "", "/spec/replicas", OwnerKind::Git, None),
            ("kubectl", Apply, "", "/spec/replicas", OwnerKind::Git, None),
            ("kubectl-client-side-apply", Update, "", "/spec/replicas", OwnerKind::Git, None),
            ("kubectl", Update, "scale", "/spec/replicas", OwnerKind::Human, None),
            ("kubectl-edit", Update, "", "/spec/replicas", OwnerKind::Human, None),
            ("Mozilla", Update, "", "/data/x", OwnerKind::Human, None),
            (
                "kube-controller-manager",
                Update,
                "scale",
                "/spec/replicas",
                OwnerKind::Controller,
                Some("horizontal-pod-autoscaler"),
            ),
            ("kube-controller-manager", Update, "", "/spec/replicas", OwnerKind::Controller, None),
            ("kube-controller-manager", Update, "status", "/status/replicas", OwnerKind::Runtime, None),
            ("shop-operator", Update, "status", "/status/phase", OwnerKind::Runtime, None),
            ("kyverno-background-controller", Update, "", "/metadata/labels/team", OwnerKind::Policy, None),
        ] {
            assert_eq!(owner(manager, operation, subresource, path), (kind, name.map(str::to_owned)), "{manager}");
        }
    }

    #[test]
    fn a_name_alone_never_excuses_what_matters() {
        use Operation::Update;
        const IMAGE: &str = "/spec/template/spec/containers/[name=app]/image";
        for (manager, subresource, path) in [
            ("curl", "", "/spec/replicas"),
            ("", "", "/spec/replicas"),
            ("before-first-apply", "", "/spec/replicas"),
            ("ancient-changes", "", "/spec/replicas"),
            ("kube-controller-manager", "", IMAGE),
            ("kube-controller-manager-x", "", "/spec/replicas"),
            ("horizontal-pod-autoscaler", "", IMAGE),
            ("istio-sidecar-injector", "", IMAGE),
            ("kyverno", "", "/spec/template/spec/containers/[name=app]/securityContext/privileged"),
            ("shop-operator", "status", "/spec/replicas"),
            ("clusterrole-aggregation-controller", "", "/rules"),
        ] {
            assert_eq!(owner(manager, Update, subresource, path), (OwnerKind::Unclaimed, None), "{manager} {path}");
        }
    }
}
