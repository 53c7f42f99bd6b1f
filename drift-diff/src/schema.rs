//! What is known of the shape of documents: which lists have keys, which texts are quantities, what absence stands for.

mod custom_resource;
mod defaults;
mod problem;
mod provider;
mod shape;
mod table;

use std::borrow::Cow;
use std::collections::BTreeMap;

use drift_model::{Digest, ResourceRef};
use serde_json::Value;

use crate::equivalence::equal;

pub use self::problem::SchemaError;
pub use self::shape::{Leaf, ListKey, ListKind, Shape};

/// The shapes of the kinds of a system.
///
/// Hints, not a validator: a document that does not fit, or a kind that is not known, has an unknown shape there, and is
/// compared without help.
///
/// ```
/// use drift_diff::{Leaf, ListKind, Schema};
///
/// let schema = Schema::kubernetes();
/// let deployment = schema.kind("apps", "v1", "Deployment").unwrap();
/// let pod = deployment.field("spec").field("template").field("spec");
/// let ListKind::Keyed(keys) = pod.field("containers").list() else { panic!() };
/// assert_eq!(keys[0].name, "name");
/// assert_eq!(pod.field("containers").element().field("resources").field("limits").field("cpu").leaf(), Leaf::Quantity);
/// assert_eq!(pod.default("restartPolicy"), ["Always"]);
/// ```
/// The built-in kinds of Kubernetes are known from the start ([`Schema::kubernetes`], which is the default). Hand over the
/// CustomResourceDefinitions of a cluster ([`add_custom_resource`](Self::add_custom_resource)) and the provider schemas of a
/// plan ([`add_provider_schemas`](Self::add_provider_schemas)), and their lists, sets, keys and defaults are known as well.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The kinds of Kubernetes by name: every group and version of it, the best version of a group first.
    kinds: BTreeMap<Name, Vec<Kind>>,
    /// The types of resources of Terraform's providers.
    resource_types: BTreeMap<Name, Node>,
    /// The types of their data sources.
    data_sources: BTreeMap<Name, Node>,
    types: Vec<Type>,
    /// How many of the types the library knows by itself: they come first.
    built_in: usize,
    collections: Vec<Collection>,
    /// What was added to the built-in tables.
    added: Vec<Digest>,
}

/// A name of the built-in tables, or of a document.
type Name = Cow<'static, str>;

impl Schema {
    /// The built-in kinds of Kubernetes: the shapes that server-side apply knows, and the defaults of the API server.
    ///
    /// Reads two tables that the crate carries; build it once and keep it.
    #[must_use]
    pub fn kubernetes() -> Self {
        let (mut schema, _) = table::read(include_str!("schema/kubernetes.txt"));
        let _ = defaults::read(include_str!("schema/kubernetes-defaults.json"), &mut schema.types);
        for (name, field) in EMPTY_IS_MEANT {
            if let Some(owner) = schema.type_named(name) {
                owner.empty_is_meant.push(field);
            }
        }
        for owner in &mut schema.types {
            owner.empty_is_absent = owner.name.ends_with("Status") || EMPTY_IS_ABSENT.contains(&owner.name.as_str());
        }
        schema.built_in = schema.types.len();
        schema
    }

    /// A schema that knows nothing.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            kinds: BTreeMap::new(),
            resource_types: BTreeMap::new(),
            data_sources: BTreeMap::new(),
            types: Vec::new(),
            built_in: 0,
            collections: Vec::new(),
            added: Vec::new(),
        }
    }

    /// The digests of the documents that were added, in order: what a digest of the rules must cover.
    #[must_use]
    pub fn added(&self) -> &[Digest] {
        &self.added
    }

    /// The shape of a resource: by group, version and kind in Kubernetes, by type in Terraform and `OpenTofu`.
    #[must_use]
    pub fn of(&self, resource: &ResourceRef) -> Shape<'_> {
        let known = if resource.system.is_kubernetes() {
            self.kind(&resource.group, &resource.version, &resource.kind)
        } else if resource.system.is_terraform() {
            self.resource_type(resource.mode.as_deref() == Some("data"), &resource.resource_type)
        } else {
            None
        };
        known.unwrap_or(self.unknown())
    }

    /// The shape of a kind; `group` is empty for the core group.
    ///
    /// A version that is not known is answered with the best that is: a released one before a beta, a beta before an alpha.
    #[must_use]
    pub fn kind(&self, group: &str, version: &str, kind: &str) -> Option<Shape<'_>> {
        let mut versions = self.kinds.get(kind)?.iter().filter(|known| known.group == group).peekable();
        let best = versions.peek().copied();
        let known = versions.find(|known| known.version == version).or(best)?;
        Some(Shape { schema: self, node: Node::Named { id: known.id, granular: false }, omittable: false })
    }

    /// The shape of a type of resource of a Terraform provider, or of a type of data source.
    #[must_use]
    pub fn resource_type(&self, data: bool, name: &str) -> Option<Shape<'_>> {
        let types = if data { &self.data_sources } else { &self.resource_types };
        let node = types.get(name)?;
        Some(Shape { schema: self, node: *node, omittable: false })
    }

    /// A shape of which nothing is known, for kinds without an entry.
    #[must_use]
    pub const fn unknown(&self) -> Shape<'_> {
        Shape { schema: self, node: Node::Unknown, omittable: false }
    }

    /// Do the built-in tables have this value as the default of a field of this name, in whatever struct?
    pub(crate) fn is_built_in_default(&self, field: &str, value: &Value) -> bool {
        let defaults = self.types.iter().take(self.built_in).filter_map(|owner| owner.defaults.get(field));
        defaults.into_iter().any(|filled| match filled {
            Filled::OneOf(values) => values.iter().any(|default| equal(default, value).is_same()),
            Filled::SameAs(_) => false,
        })
    }

    fn type_named(&mut self, name: &str) -> Option<&mut Type> {
        self.types.iter_mut().find(|owner| owner.name == name)
    }

    fn owner(&self, node: Node) -> Option<&Type> {
        match node {
            Node::Named { id: TypeId(index), .. } => self.types.get(index),
            Node::Collection(_) | Node::Leaf(_) | Node::Unknown => None,
        }
    }

    fn collection(&self, node: Node) -> Option<&Collection> {
        match node {
            Node::Collection(index) => self.collections.get(index),
            Node::Named { .. } | Node::Leaf(_) | Node::Unknown => None,
        }
    }

    /// The node that a type stands for, if it is no struct.
    fn resolved(&self, node: Node) -> Node {
        self.owner(node).and_then(|owner| owner.alias).unwrap_or(node)
    }
}

impl Default for Schema {
    /// [`Schema::kubernetes`].
    fn default() -> Self {
        Self::kubernetes()
    }
}

/// A kind in one version.
#[derive(Clone, Debug)]
struct Kind {
    group: Name,
    version: Name,
    id: TypeId,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct TypeId(usize);

/// A type expression, resolved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Node {
    Unknown,
    Leaf(Leaf),
    Named { id: TypeId, granular: bool },
    Collection(usize),
}

#[derive(Clone, Debug)]
struct Collection {
    element: Node,
    kind: CollectionKind,
}

#[derive(Clone, Debug)]
enum CollectionKind {
    List,
    Set,
    Keyed(Vec<ListKey>),
    Ordered,
    Unordered,
    /// A list of which nobody says how its items relate.
    Unsaid,
    Map {
        atomic: bool,
    },
}

#[derive(Clone, Debug)]
struct Type {
    /// `core.v1.Container`.
    name: String,
    atomic: bool,
    /// Sorted by name.
    fields: Vec<(Name, Node)>,
    /// What a field is that is not among them.
    unlisted: Node,
    /// For a type that is no struct.
    alias: Option<Node>,
    defaults: BTreeMap<String, Filled>,
    /// Does the server leave out fields that are empty?
    drops_empty: bool,
    empty_is_absent: bool,
    empty_is_meant: Vec<&'static str>,
}

impl Type {
    /// A struct of a document that was added, of which no more is known than its fields.
    fn of(name: String, fields: Vec<(Name, Node)>) -> Self {
        Self {
            name,
            atomic: false,
            fields,
            unlisted: Node::Unknown,
            alias: None,
            defaults: BTreeMap::new(),
            drops_empty: false,
            empty_is_absent: false,
            empty_is_meant: Vec::new(),
        }
    }
}

impl Schema {
    fn add_type(&mut self, mut added: Type) -> Node {
        added.fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        let id = TypeId(self.types.len());
        self.types.push(added);
        Node::Named { id, granular: false }
    }

    fn add_collection(&mut self, element: Node, kind: CollectionKind) -> Node {
        let index = self.collections.len();
        self.collections.push(Collection { element, kind });
        Node::Collection(index)
    }
}

/// What stands for a field that is left out.
#[derive(Clone, Debug)]
enum Filled {
    OneOf(Vec<Value>),
    SameAs(String),
}

/// The structs that say nothing when they are empty, besides everything called `…Status`.
///
/// The API server keeps some of them as `{}`, and fills in others; a reader of the object cannot tell them from absence.
const EMPTY_IS_ABSENT: [&str; 17] = [
    "apps.v1.DaemonSetUpdateStrategy",
    "apps.v1.DeploymentStrategy",
    "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
    "apps.v1.StatefulSetUpdateStrategy",
    "core.v1.Affinity",
    "core.v1.Capabilities",
    "core.v1.Lifecycle",
    "core.v1.NodeAffinity",
    "core.v1.PodAffinity",
    "core.v1.PodAntiAffinity",
    "core.v1.PodDNSConfig",
    "core.v1.PodSecurityContext",
    "core.v1.ResourceRequirements",
    "core.v1.SecurityContext",
    "core.v1.VolumeResourceRequirements",
    "meta.v1.ListMeta",
    "meta.v1.ObjectMeta",
];

/// The strings whose emptiness says something: no class at all, rather than the cluster's default class.
const EMPTY_IS_MEANT: [(&str, &str); 5] = [
    ("core.v1.PersistentVolumeClaimSpec", "storageClassName"),
    ("core.v1.PersistentVolumeClaimSpec", "volumeAttributesClassName"),
    ("core.v1.PodSpec", "runtimeClassName"),
    ("networking.v1.IngressSpec", "ingressClassName"),
    ("extensions.v1beta1.IngressSpec", "ingressClassName"),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Schema {
        Schema::kubernetes()
    }

    #[test]
    fn a_container_is_known_all_the_way_down() {
        let schema = schema();
        let pod = schema.kind("", "v1", "Pod").unwrap();
        let containers = pod.field("spec").field("containers");
        let ListKind::Keyed([name]) = containers.list() else { panic!("{containers:?}") };
        assert_eq!((name.name.as_ref(), &name.default), ("name", &Some(json!(""))));
        let container = containers.element();
        assert_eq!(container.type_name(), Some("core.v1.Container"));
        let ListKind::Keyed([port, protocol]) = container.field("ports").list() else { panic!() };
        assert_eq!((port.name.as_ref(), port.default.as_ref()), ("containerPort", Some(&json!(0))));
        assert_eq!((protocol.name.as_ref(), protocol.default.as_ref()), ("protocol", Some(&json!("TCP"))));
        assert_eq!(container.field("args").list(), ListKind::Atomic);
        assert_eq!(container.field("image").leaf(), Leaf::Scalar);
        assert_eq!(container.field("resources").field("limits").field("example.com/gpu").leaf(), Leaf::Quantity);
        assert_eq!(container.field("livenessProbe").field("httpGet").field("port").leaf(), Leaf::IntOrString);
        assert_eq!(container.field("securityContext").leaf(), Leaf::Branch);
    }

    #[test]
    fn lists_maps_and_leaves_say_what_they_are() {
        let schema = schema();
        let metadata = schema.kind("", "v1", "ConfigMap").unwrap().field("metadata");
        assert_eq!(metadata.field("finalizers").list(), ListKind::Set);
        assert!(metadata.field("labels").is_map() && !metadata.field("labels").is_atomic());
        assert_eq!(metadata.field("creationTimestamp").leaf(), Leaf::Time);
        assert_eq!(schema.kind("", "v1", "Secret").unwrap().field("data").field("x").leaf(), Leaf::Bytes);
        let service = schema.kind("", "v1", "Service").unwrap().field("spec");
        assert!(service.field("selector").is_map() && service.field("selector").is_atomic());
        let deployment = schema.kind("apps", "v1", "Deployment").unwrap().field("spec");
        assert!(deployment.field("selector").is_atomic());
        assert_eq!(deployment.field("selector").field("matchLabels").field("app").leaf(), Leaf::Scalar);
        let volume = schema.kind("", "v1", "PersistentVolume").unwrap().field("spec");
        assert!(!volume.field("claimRef").is_atomic());
        assert_eq!(volume.field("claimRef").type_name(), Some("core.v1.ObjectReference"));
        let accounts = schema.kind("", "v1", "ServiceAccount").unwrap();
        assert!(matches!(accounts.field("secrets").list(), ListKind::Keyed([key]) if key.default.is_none()));
    }

    #[test]
    fn what_is_not_known_is_unknown_and_never_fails() {
        let schema = schema();
        assert!(schema.kind("example.com", "v1", "Widget").is_none());
        assert!(schema.kind("apps", "v1", "Pod").is_none());
        let spec = schema.kind("apps", "v1", "Deployment").unwrap().field("spec");
        for shape in [
            schema.unknown().field("a").element(),
            spec.field("replicas").field("a"),
            spec.element(),
            spec.field("paused").element(),
        ] {
            assert!(!shape.is_known() && !shape.is_atomic() && !shape.empty_is_absent());
            assert_eq!((shape.leaf(), shape.list()), (Leaf::Unknown, ListKind::Unknown));
            assert!(shape.default("a").is_empty() && shape.default_from("a").is_none() && shape.type_name().is_none());
        }
        let raw = schema.kind("apps", "v1", "ControllerRevision").unwrap().field("data");
        assert!(!raw.field("anything").is_known());
    }

    #[test]
    fn a_version_that_is_not_known_is_answered_with_the_best_that_is() {
        let schema = schema();
        let name = |group, version, kind| schema.kind(group, version, kind).and_then(Shape::type_name);
        assert_eq!(name("apps", "v1beta2", "Deployment"), Some("apps.v1.Deployment"));
        assert_eq!(
            name("autoscaling", "v2beta2", "HorizontalPodAutoscaler"),
            Some("autoscaling.v2.HorizontalPodAutoscaler")
        );
        assert_eq!(
            name("autoscaling", "v1", "HorizontalPodAutoscaler"),
            Some("autoscaling.v1.HorizontalPodAutoscaler")
        );
        assert_eq!(name("batch", "v1beta1", "CronJob"), Some("batch.v1.CronJob"));
        assert_eq!(name("scheduling.k8s.io", "v9", "PodGroup"), Some("scheduling.v1beta1.PodGroup"));
        assert_eq!(name("extensions", "v1beta1", "Ingress"), Some("extensions.v1beta1.Ingress"));
    }

    #[test]
    fn emptiness_is_absence_where_nothing_is_meant_by_it() {
        let schema = schema();
        let deployment = schema.kind("apps", "v1", "Deployment").unwrap();
        let spec = deployment.field("spec");
        let pod = spec.field("template").field("spec");
        let container = pod.field("containers").element();
        for shape in [
            deployment.field("metadata"),
            deployment.field("metadata").field("labels"),
            deployment.field("status"),
            spec.field("strategy"),
            pod.field("securityContext"),
            pod.field("nodeSelector"),
            pod.field("tolerations"),
            pod.field("hostname"),
            pod.field("affinity").field("nodeAffinity"),
            container.field("resources"),
            container.field("resources").field("limits"),
            container.field("securityContext").field("capabilities"),
            container.field("env").element().field("value"),
            pod.field("volumes").element().field("emptyDir").field("medium"),
        ] {
            assert!(shape.empty_is_absent(), "{:?}", shape.type_name());
        }
        let policy = schema.kind("networking.k8s.io", "v1", "NetworkPolicy").unwrap().field("spec");
        let claim = schema.kind("", "v1", "PersistentVolumeClaim").unwrap().field("spec");
        let data = schema.kind("", "v1", "ConfigMap").unwrap().field("data");
        for shape in [
            deployment,
            deployment.field("metadata").field("labels").field("app"),
            deployment.field("metadata").field("finalizers").element(),
            spec.field("selector"),
            pod.field("volumes").element().field("emptyDir"),
            policy.field("podSelector"),
            policy.field("ingress").element(),
            policy.field("ingress").element().field("from").element().field("namespaceSelector"),
            claim.field("storageClassName"),
            data.field("key"),
            container.field("resources").field("limits").field("cpu"),
        ] {
            assert!(!shape.empty_is_absent(), "{:?}", shape.type_name());
        }
    }

    #[test]
    fn the_api_server_s_defaults_are_known() {
        let schema = schema();
        let spec = schema.kind("apps", "v1", "Deployment").unwrap().field("spec");
        assert_eq!(spec.default("revisionHistoryLimit"), [json!(10)]);
        assert_eq!(
            spec.default("strategy"),
            [json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}})]
        );
        let container = spec.field("template").field("spec").field("containers").element();
        assert_eq!(container.default("imagePullPolicy"), [json!("IfNotPresent"), json!("Always")]);
        assert_eq!(container.default("image"), [json!(null); 0]);
        let port = schema.kind("", "v1", "Service").unwrap().field("spec").field("ports").element();
        assert_eq!(port.default_from("targetPort"), Some("port"));
        assert!(port.default("targetPort").is_empty());
    }

    #[test]
    fn what_the_api_server_fills_in_is_known_with_all_that_it_holds() {
        let schema = schema();
        let spec = schema.kind("apps", "v1", "Deployment").unwrap().field("spec");
        let pod = spec.field("template").field("spec");
        let beside = json!({"port": 80, "limits": {"cpu": "1"}});
        let fills = |shape: Shape<'_>, field, value| shape.fills_in(field, &value, beside.as_object().unwrap());
        let port = schema.kind("", "v1", "Service").unwrap().field("spec").field("ports").element();
        assert!(fills(port, "targetPort", json!(80)) && !fills(port, "targetPort", json!(8080)));
        assert!(fills(pod.field("containers").element().field("resources"), "requests", json!({"cpu": "1"})));
        assert!(fills(spec, "strategy", json!({"type": "RollingUpdate"})));
        assert!(!fills(spec, "strategy", json!({"type": "Recreate"})));
        assert!(!fills(spec, "strategy", json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "30%"}})));
        assert!(fills(spec.field("template"), "metadata", json!({"creationTimestamp": null, "labels": {}})));
        assert!(!fills(spec.field("template"), "metadata", json!({"labels": {"a": ""}})));
        let container = pod.field("containers").element();
        assert!(fills(container, "securityContext", json!({"procMount": "Default", "capabilities": {"add": []}})));
        assert!(!fills(container, "securityContext", json!({"procMount": "Default", "privileged": true})));
        assert!(!fills(container, "securityContext", json!({"allowPrivilegeEscalation": false})));
        assert!(fills(pod, "hostNetwork", json!(false)) && !fills(pod, "hostNetwork", json!(true)));
        assert!(!fills(schema.unknown(), "a", json!({})));
    }

    #[test]
    fn no_type_that_says_nothing_when_empty_holds_itself() {
        fn descend(schema: &Schema, node: Node, depth: usize) {
            assert!(depth < 16, "a cycle");
            if let Some(owner) = schema.owner(node).filter(|owner| owner.empty_is_absent) {
                owner.fields.iter().for_each(|(_, node)| descend(schema, *node, depth + 1));
            }
        }
        let schema = schema();
        for index in 0..schema.types.len() {
            descend(&schema, Node::Named { id: TypeId(index), granular: false }, 0);
        }
    }

    #[test]
    fn no_default_switches_a_safeguard_off() {
        // What makes a workload or a policy more powerful is never what absence stands for.
        let schema = schema();
        let pod = schema.kind("", "v1", "Pod").unwrap().field("spec");
        for name in ["hostNetwork", "hostPID", "hostIPC"] {
            assert_eq!(pod.default(name), [json!(false)], "{name}");
        }
        let security = pod.field("containers").element().field("securityContext");
        for name in [
            "privileged",
            "allowPrivilegeEscalation",
            "runAsNonRoot",
            "readOnlyRootFilesystem",
            "runAsUser",
            "capabilities",
        ] {
            assert!(security.default(name).is_empty(), "{name}");
        }
        assert!(pod.default("automountServiceAccountToken").is_empty());
        let policy = schema.kind("networking.k8s.io", "v1", "NetworkPolicy").unwrap().field("spec");
        for name in ["policyTypes", "ingress", "egress", "podSelector"] {
            assert!(policy.default(name).is_empty(), "{name}");
        }
        let webhooks = schema.kind("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration").unwrap();
        assert_eq!(webhooks.field("webhooks").element().default("failurePolicy"), [json!("Fail")]);
    }
}
