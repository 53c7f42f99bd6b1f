//! `Scopes`: which kinds live in a namespace.

use std::collections::BTreeMap;

use serde_json::Value;

use super::object::Object;
use crate::read;

/// The API groups of Kubernetes itself, each with its cluster-wide kinds. All other kinds of these groups are namespaced.
const CLUSTER_WIDE: &str = include_str!("cluster_wide.json");

/// Whether objects of a kind live in a namespace.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scope {
    ClusterWide,
    Namespaced,
    /// Neither the kind nor any object of it tells.
    Untold,
}

/// What is known of the scope of kinds: from the built-in table, then from the custom resource definitions among the
/// objects, then from the objects themselves: a live one with a namespace says "namespaced", else a live one without says
/// "cluster-wide", else a declared one with a namespace says "namespaced".
#[derive(Debug, Default)]
pub(super) struct Scopes {
    built_in: BTreeMap<String, Vec<String>>,
    defined: BTreeMap<(String, String), Scope>,
    seen: BTreeMap<(String, String), Scope>,
}

impl Scopes {
    /// Learns from the objects of all sides.
    pub(super) fn of(declared: &[&[Object]], actual: &[Object]) -> Self {
        // The table is part of the build, and a test reads it.
        let mut scopes = Self { built_in: read::from_json(CLUSTER_WIDE).unwrap_or_default(), ..Self::default() };
        // A live object has a namespace exactly if its kind has one, and speaks before what somebody declared.
        let (with, without): (Vec<&Object>, Vec<&Object>) =
            actual.iter().partition(|object| !object.namespace.is_empty());
        let declared: Vec<&Object> = declared.iter().copied().flatten().collect();
        let named = declared.iter().copied().filter(|object| !object.namespace.is_empty());
        scopes.see(with.into_iter(), Scope::Namespaced);
        scopes.see(without.into_iter(), Scope::ClusterWide);
        scopes.see(named, Scope::Namespaced);
        for object in declared.iter().copied().chain(actual) {
            scopes.define(object);
        }
        scopes
    }

    /// Takes the word of these objects on their kinds, where nobody has said anything yet.
    fn see<'o>(&mut self, objects: impl Iterator<Item = &'o Object>, scope: Scope) {
        for object in objects {
            self.seen.entry((object.group.clone(), object.kind.clone())).or_insert(scope);
        }
    }

    fn define(&mut self, object: &Object) {
        if object.group == "apiextensions.k8s.io"
            && object.kind == "CustomResourceDefinition"
            && let Some((kind, scope)) = definition(&object.value)
        {
            self.defined.insert(kind, scope);
        }
    }

    /// The scope of the object's kind.
    pub(super) fn scope(&self, object: &Object) -> Scope {
        if let Some(cluster_wide) = self.built_in.get(&object.group) {
            return if cluster_wide.contains(&object.kind) { Scope::ClusterWide } else { Scope::Namespaced };
        }
        let kind = (object.group.clone(), object.kind.clone());
        self.defined.get(&kind).or_else(|| self.seen.get(&kind)).copied().unwrap_or(Scope::Untold)
    }
}

/// The kind that a custom resource definition defines, and its scope.
fn definition(value: &Value) -> Option<((String, String), Scope)> {
    let spec = value.get("spec")?;
    let group = spec.get("group")?.as_str()?.to_owned();
    let kind = spec.get("names")?.get("kind")?.as_str()?.to_owned();
    let scope = match spec.get("scope")?.as_str()? {
        "Cluster" => Scope::ClusterWide,
        "Namespaced" => Scope::Namespaced,
        _ => return None,
    };
    Some(((group, kind), scope))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::objects;
    use super::*;

    fn object(api_version: &str, kind: &str, namespace: &str) -> Object {
        let metadata =
            if namespace.is_empty() { json!({"name": "x"}) } else { json!({"name": "x", "namespace": namespace}) };
        objects(vec![json!({"apiVersion": api_version, "kind": kind, "metadata": metadata})]).objects.remove(0)
    }

    #[test]
    fn built_in_kinds_are_known() {
        let scopes = Scopes::of(&[], &[]);
        assert!(scopes.built_in.len() > 20);
        for (api_version, kind, scope) in [
            ("v1", "Namespace", Scope::ClusterWide),
            ("v1", "ConfigMap", Scope::Namespaced),
            ("rbac.authorization.k8s.io/v1beta1", "ClusterRole", Scope::ClusterWide),
            ("rbac.authorization.k8s.io/v1", "Role", Scope::Namespaced),
            ("apiextensions.k8s.io/v1", "CustomResourceDefinition", Scope::ClusterWide),
            ("acme.io/v1", "ClusterRole", Scope::Untold),
        ] {
            assert_eq!(scopes.scope(&object(api_version, kind, "")), scope, "{kind}");
        }
    }

    #[test]
    fn custom_kinds_are_known_by_their_definition_or_by_what_is_seen() {
        let definition = objects(vec![json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "issuers.acme.io"},
            "spec": {"group": "acme.io", "names": {"kind": "Issuer"}, "scope": "Cluster"},
        })]);
        let declared = [
            object("acme.io/v1", "Issuer", "typo"),
            object("acme.io/v1", "Shop", "typo"),
            object("acme.io/v1", "Box", ""),
            object("acme.io/v1", "Bag", "prod"),
            object("acme.io/v1", "Tin", ""),
        ];
        let actual =
            [object("acme.io/v1", "Shop", ""), object("acme.io/v1", "Box", ""), object("acme.io/v1", "Box", "prod")];
        let scopes = Scopes::of(&[&declared, &definition.objects], &actual);
        for (kind, scope) in [
            ("Issuer", Scope::ClusterWide),
            ("Shop", Scope::ClusterWide),
            ("Box", Scope::Namespaced),
            ("Bag", Scope::Namespaced),
            ("Tin", Scope::Untold),
            ("Other", Scope::Untold),
        ] {
            assert_eq!(scopes.scope(&object("acme.io/v2", kind, "")), scope, "{kind}");
        }
    }
}
