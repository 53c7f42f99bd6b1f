//! What is known of the shape of documents: which lists have keys, which texts are quantities, what absence stands for.

mod defaults;
mod table;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::equivalence::{equal, is_empty};

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
#[derive(Clone, Debug)]
pub struct Schema {
    /// The versions of a kind, best first.
    kinds: BTreeMap<(&'static str, &'static str), Vec<(&'static str, TypeId)>>,
    types: Vec<Type>,
    collections: Vec<Collection>,
}

/// What is known of one place in a document. Cheap to copy and to descend into; never fails.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'s> {
    schema: &'s Schema,
    node: Node,
    /// May the value be left out, and does its emptiness mean no more than that?
    omittable: bool,
}

/// How the items of a list relate.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the list types of server-side apply, and not knowing")]
pub enum ListKind<'s> {
    /// Ordered, and one value.
    Atomic,
    /// An item is its value; neither order nor repetition has a meaning.
    Set,
    /// An item is known by its key fields, at least one; order has no meaning.
    Keyed(&'s [ListKey]),
    /// Nothing is known, or this is no list.
    Unknown,
}

/// A key field of a keyed list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ListKey {
    /// The name of the field.
    pub name: Cow<'static, str>,
    /// What the key is where the field is left out; `None` if it must be there.
    pub default: Option<Value>,
}

/// How a value that is not compared part by part is to be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the leaves of the Kubernetes API")]
pub enum Leaf {
    /// A resource quantity, as text or number.
    Quantity,
    /// A number, or a text such as `25%`.
    IntOrString,
    /// RFC 3339 text.
    Time,
    /// Base64 text.
    Bytes,
    /// Text, number or boolean.
    Scalar,
    /// Anything, one value, never looked into.
    Opaque,
    /// No leaf: a list, a map or a struct.
    Branch,
    /// Nothing is known.
    Unknown,
}

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
        schema
    }

    /// A schema that knows nothing.
    #[must_use]
    pub const fn empty() -> Self {
        Self { kinds: BTreeMap::new(), types: Vec::new(), collections: Vec::new() }
    }

    /// The shape of a kind; `group` is empty for the core group.
    ///
    /// A version that is not known is answered with the best that is: a released one before a beta, a beta before an alpha.
    #[must_use]
    pub fn kind(&self, group: &str, version: &str, kind: &str) -> Option<Shape<'_>> {
        let versions = self.kinds.get(&(group, kind))?;
        let (_, id) = versions.iter().find(|(known, _)| *known == version).or(versions.first())?;
        Some(Shape { schema: self, node: Node::Named { id: *id, granular: false }, omittable: false })
    }

    /// A shape of which nothing is known, for kinds without an entry.
    #[must_use]
    pub const fn unknown(&self) -> Shape<'_> {
        Shape { schema: self, node: Node::Unknown, omittable: false }
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

impl<'s> Shape<'s> {
    /// The shape of a field of a struct, or of an entry of a map.
    ///
    /// A field that a known struct does not list is a plain scalar; if the document holds something else there, its shape is
    /// unknown from there on.
    #[must_use]
    pub fn field(self, name: &str) -> Self {
        if let Some(Collection { element, kind: CollectionKind::Map { .. } }) = self.schema.collection(self.node) {
            return self.at(*element, false);
        }
        let Some(owner) = self.schema.owner(self.node) else { return self.at(Node::Unknown, false) };
        let listed = owner.fields.binary_search_by(|(field, _)| (*field).cmp(name)).ok();
        let node = listed.and_then(|at| owner.fields.get(at)).map_or(Node::Leaf(Leaf::Scalar), |(_, node)| *node);
        self.at(node, !owner.empty_is_meant.contains(&name))
    }

    /// The shape of the items of a list, or of the values of a map.
    #[must_use]
    pub fn element(self) -> Self {
        let node = self.schema.collection(self.node).map_or(Node::Unknown, |collection| collection.element);
        self.at(node, false)
    }

    fn at(self, node: Node, omittable: bool) -> Self {
        Self { schema: self.schema, node: self.schema.resolved(node), omittable }
    }

    /// How the items of this list relate.
    #[must_use]
    pub fn list(self) -> ListKind<'s> {
        match self.schema.collection(self.node).map(|collection| &collection.kind) {
            Some(CollectionKind::List) => ListKind::Atomic,
            Some(CollectionKind::Set) => ListKind::Set,
            Some(CollectionKind::Keyed(keys)) => ListKind::Keyed(keys),
            Some(CollectionKind::Map { .. }) | None => ListKind::Unknown,
        }
    }

    /// How the value is to be read, if it is a leaf.
    #[must_use]
    pub fn leaf(self) -> Leaf {
        match self.node {
            Node::Leaf(leaf) => leaf,
            Node::Named { .. } | Node::Collection(_) => Leaf::Branch,
            Node::Unknown => Leaf::Unknown,
        }
    }

    /// Is this a struct or map that is one value, or something that is never looked into? Of lists, [`Self::list`] says it.
    #[must_use]
    pub fn is_atomic(self) -> bool {
        match self.node {
            Node::Named { granular, .. } => !granular && self.schema.owner(self.node).is_some_and(|owner| owner.atomic),
            Node::Collection(_) => {
                let kind = self.schema.collection(self.node).map(|collection| &collection.kind);
                matches!(kind, Some(CollectionKind::Map { atomic: true }))
            }
            Node::Leaf(leaf) => leaf == Leaf::Opaque,
            Node::Unknown => false,
        }
    }

    /// Is anything known of this place?
    #[must_use]
    pub const fn is_known(self) -> bool {
        !matches!(self.node, Node::Unknown)
    }

    /// Is this a map, whose entries have names that people choose?
    #[must_use]
    pub fn is_map(self) -> bool {
        matches!(self.schema.collection(self.node).map(|found| &found.kind), Some(CollectionKind::Map { .. }))
    }

    /// Does an empty string, list or object mean the same as leaving this field out?
    ///
    /// True of the strings, maps and lists of known structs, because the API server drops them (`storageClassName: ""` and its
    /// like excepted). Of structs, it is true of a short list: `resources`, `strategy`, `updateStrategy`, `securityContext`,
    /// `metadata`, `status`, `affinity`, `capabilities` and their kin. `emptyDir: {}` and `podSelector: {}` mean something. Never
    /// true of the entries of a map or the items of a list: a label with an empty value is a label.
    #[must_use]
    pub fn empty_is_absent(self) -> bool {
        self.omittable
            && match self.node {
                Node::Named { .. } => self.schema.owner(self.node).is_some_and(|owner| owner.empty_is_absent),
                Node::Collection(_) => true,
                Node::Leaf(leaf) => matches!(leaf, Leaf::Scalar | Leaf::Bytes | Leaf::Time),
                Node::Unknown => false,
            }
    }

    /// The values that the API server fills in where this field is left out, any one of them; mostly one, often none.
    #[must_use]
    pub fn default(self, field: &str) -> &'s [Value] {
        match self.filled(field) {
            Some(Filled::OneOf(values)) => values,
            Some(Filled::SameAs(_)) | None => &[],
        }
    }

    /// The field beside it whose value this field takes where it is left out: the `targetPort` of a Service is its `port`.
    #[must_use]
    pub fn default_from(self, field: &str) -> Option<&'s str> {
        match self.filled(field) {
            Some(Filled::SameAs(sibling)) => Some(sibling),
            Some(Filled::OneOf(_)) | None => None,
        }
    }

    /// Would the API server have put this value here, had the field been left out? `beside` is the object that holds the field.
    ///
    /// So it is with `null`, with emptiness where it is absence, with each [`default`](Self::default), with a copy of the
    /// field it is [taken from](Self::default_from), and with those structs that say nothing when they are empty, if all that
    /// they hold is of this kind: `securityContext: {procMount: Default}`.
    #[must_use]
    pub fn fills_in(self, field: &str, value: &Value, beside: &Map<String, Value>) -> bool {
        let same = |default: &Value| equal(default, value).is_same();
        let here = self.field(field);
        value.is_null()
            || here.empty_is_absent() && is_empty(Some(value))
            || self.default(field).iter().any(same)
            || self.default_from(field).and_then(|sibling| beside.get(sibling)).is_some_and(same)
            // Structs that say nothing when they are empty do not hold themselves, so this ends.
            || here.schema.owner(here.node).is_some_and(|owner| owner.empty_is_absent)
                && value.as_object().is_some_and(|map| map.iter().all(|(name, value)| here.fills_in(name, value, map)))
    }

    fn filled(self, field: &str) -> Option<&'s Filled> {
        self.schema.owner(self.node)?.defaults.get(field)
    }

    /// The name of the type, `core.v1.Container`, where there is one.
    #[must_use]
    pub fn type_name(self) -> Option<&'s str> {
        self.schema.owner(self.node).map(|owner| owner.name.as_str())
    }
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
    Map { atomic: bool },
}

#[derive(Clone, Debug)]
struct Type {
    /// `core.v1.Container`.
    name: String,
    atomic: bool,
    /// Sorted by name.
    fields: Vec<(&'static str, Node)>,
    /// For a type that is no struct.
    alias: Option<Node>,
    defaults: BTreeMap<String, Filled>,
    empty_is_absent: bool,
    empty_is_meant: Vec<&'static str>,
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
