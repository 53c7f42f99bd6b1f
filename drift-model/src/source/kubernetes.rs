//! Kubernetes objects: manifests, live objects and records in, one [`Observation`] for every object out.
//!
//! # Which object is which
//!
//! Objects are paired by group, kind, namespace and name. The version may differ between the sides: the observation
//! is named by the version of the actual object (the managed fields and the schema are of that version), else by that
//! of the desired, else of the recorded one. Where declared and observed versions differ, a problem says so, because
//! fields may have moved between them.
//!
//! The namespace of a cluster-wide kind is left aside. Which kinds those are is known for Kubernetes itself, read from
//! the custom resource definitions among the documents, and otherwise told from the objects of that kind: a live one with
//! a namespace says "namespaced", else a live one without says "cluster-wide". An object of any other kind that names no
//! namespace is taken to be in the [default namespace](Reader::default_namespace). Without a default it's paired with
//! one that names none either. Failing that a problem says so, and where there are live objects of that kind and name in
//! some namespace, nobody can tell whether it means one of them: its actual plane, and their desired ones, are UNKNOWN
//! (INCONSISTENT) rather than absent.
//!
//! # What a missing object means
//!
//! An object that the actual side lacks is ABSENT if that side is [complete](Reader::actual_complete), and otherwise
//! UNKNOWN (NOT_OBSERVED). One that the desired side lacks is ABSENT, as of an incomplete plane (which reads as UNKNOWN,
//! PARTIAL) if [Git was rendered in part](Reader::desired_complete). A document that could not be read may have been any
//! object: where its kind could be read, the side counts as incomplete for that kind, and otherwise for all.
//!
//! # The record
//!
//! A recorded object that was handed over (a Helm manifest) is the recorded plane. Without one, the last-applied
//! annotation of the live object is. Both record what was declared. Without either, the plane is NOT_KEPT. An annotation
//! that is unreadable, or that describes another object (people copy objects together with their annotations), is no
//! record: the plane is NOT_KEPT too, and a problem says so. UNKNOWN would be worse, because it would hide what desired
//! and actual alone can tell.
//!
//! # Secrets
//!
//! `data`, `stringData` and the last-applied annotation of a Secret are sensitive, and whatever they hold is masked in
//! all planes of that object, wherever it stands, also as plain text. In desired and recorded Secrets `stringData` is
//! moved over `data` in base64, as the API server does. Nothing else is rewritten: what the server defaults and
//! normalizes is a matter of equivalences.

mod object;
mod problem;
mod scope;
mod secret;
mod tracking;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use self::object::{Object, Objects, Place, objects};
pub use self::problem::{Problem, ProblemKind};
pub use self::tracking::{TrackedBy, Tracker, trackers};
use crate::document::{Document, Mark};
use crate::observation::{Method, Observation};
use crate::owner::Claim;
use crate::pattern::PathPattern;
use crate::plane::{Observed, Plane, PlaneState, Planes, RecordOf, UnknownReason};
use crate::redact::Secrets;
use crate::resource::ResourceRef;
use crate::source::managed_fields::{ManagedFields, ManagerRules};
use crate::time::Timestamp;

/// Reads Kubernetes objects of up to three sides.
///
/// ```
/// use drift_model::Existence;
/// use drift_model::source::kubernetes::Reader;
/// use serde_json::json;
///
/// let config = |mode| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app", "namespace": "prod"}, "data": {"mode": mode}});
/// let shadow = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "by-hand", "namespace": "prod"}});
/// let reading = Reader::new()
///     .desired(vec![config("live")])
///     .actual(vec![json!({"kind": "List", "items": [shadow, config("debug")]})])
///     .actual_complete(true)
///     .read();
/// assert!(reading.problems.is_empty());
/// let found: Vec<_> = reading.observations.iter().map(|o| (o.id.as_str(), o.planes.existence())).collect();
/// assert_eq!(found, [("ConfigMap/prod/app", Existence::Managed), ("ConfigMap/prod/by-hand", Existence::Unmanaged)]);
/// ```
#[derive(Default)]
pub struct Reader {
    desired: Vec<Value>,
    recorded: Vec<Value>,
    actual: Vec<Value>,
    desired_partial: bool,
    actual_complete: bool,
    default_namespace: Option<String>,
    desired_revision: Option<String>,
    source_of_truth: Option<String>,
    unit: Option<String>,
    observed_at: Option<Timestamp>,
    method: Option<Method>,
    managers: Option<ManagerRules>,
    hidden: Vec<PathPattern>,
}

/// The documents are left out: they may hold secrets.
impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("desired", &self.desired.len())
            .field("recorded", &self.recorded.len())
            .field("actual", &self.actual.len())
            .finish_non_exhaustive()
    }
}

/// What a [`Reader`] found.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Reading {
    /// One for every object on any side, sorted by group, kind, namespace and name.
    pub observations: Vec<Observation>,
    /// What could not be used, sorted by side and place.
    pub problems: Vec<Problem>,
}

impl Reader {
    /// A reader without documents, of method GITOPS_DIFF.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what Git declares: rendered manifests.
    #[must_use]
    pub fn desired(mut self, documents: Vec<Value>) -> Self {
        self.desired.extend(documents);
        self
    }

    /// Adds what the engine remembers: the manifest of a Helm release.
    #[must_use]
    pub fn recorded(mut self, documents: Vec<Value>) -> Self {
        self.recorded.extend(documents);
        self
    }

    /// Adds what was observed: live objects.
    #[must_use]
    pub fn actual(mut self, documents: Vec<Value>) -> Self {
        self.actual.extend(documents);
        self
    }

    /// Is all of Git there? It is unless said otherwise.
    #[must_use]
    pub const fn desired_complete(mut self, complete: bool) -> Self {
        self.desired_partial = !complete;
        self
    }

    /// Is every live object there that could be declared? It isn't unless said so.
    #[must_use]
    pub const fn actual_complete(mut self, complete: bool) -> Self {
        self.actual_complete = complete;
        self
    }

    /// The namespace of objects that need one and name none, on every side.
    #[must_use]
    pub fn default_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.default_namespace = Some(namespace.into()).filter(|namespace| !namespace.is_empty());
        self
    }

    /// The revision of Git that was rendered. (The actual plane's is the object's `resourceVersion`.)
    #[must_use]
    pub fn desired_revision(mut self, revision: impl Into<String>) -> Self {
        self.desired_revision = Some(revision.into());
        self
    }

    /// Where the desired state is kept, as findings will call it.
    #[must_use]
    pub fn source_of_truth(mut self, source: impl Into<String>) -> Self {
        self.source_of_truth = Some(source.into());
        self
    }

    /// The registered unit that the objects belong to.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// When the live objects were read.
    #[must_use]
    pub const fn observed_at(mut self, at: Timestamp) -> Self {
        self.observed_at = Some(at);
        self
    }

    /// How the objects were observed, if not by [`Method::GitopsDiff`].
    #[must_use]
    pub const fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// The rules that say who stands behind a field manager, if not [`ManagerRules::built_in`].
    #[must_use]
    pub fn managers(mut self, rules: ManagerRules) -> Self {
        self.managers = Some(rules);
        self
    }

    /// Hides what the pattern covers, in every plane of every object, and the last-applied annotations with it.
    #[must_use]
    pub fn hide(mut self, pattern: PathPattern) -> Self {
        self.hidden.push(pattern);
        self
    }

    /// Reads the documents.
    #[must_use]
    pub fn read(self) -> Reading {
        let Self { desired, recorded, actual, .. } = &self;
        let sizes = desired.len().saturating_add(recorded.len()).saturating_add(actual.len());
        let mut reader = Run::new(self);
        let mut observations = Vec::with_capacity(sizes);
        for key in reader.keys() {
            observations.push(reader.observe(&key));
        }
        let mut problems = reader.problems;
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        Reading { observations, problems }
    }
}

/// What makes two objects the same one.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Key {
    group: String,
    kind: String,
    namespace: String,
    name: String,
}

impl Key {
    fn resource(&self, version: &str) -> ResourceRef {
        ResourceRef::kubernetes(&self.group, version, &self.kind, &self.namespace, &self.name)
    }

    /// `Deployment.apps/prod/checkout`, `ConfigMap/prod/app`, `ClusterRole.rbac.authorization.k8s.io/admin`.
    fn id(&self) -> String {
        let dot = if self.group.is_empty() { "" } else { "." };
        let slash = if self.namespace.is_empty() { "" } else { "/" };
        format!("{}{dot}{}/{}{slash}{}", self.kind, self.group, self.namespace, self.name)
    }

    /// The same in whatever namespace.
    fn anywhere(&self) -> (String, String, String) {
        (self.group.clone(), self.kind.clone(), self.name.clone())
    }
}

/// The objects of one side.
#[derive(Default)]
struct Side {
    objects: BTreeMap<Key, Object>,
    /// A document was lost that may have been any object.
    lost_any: bool,
    /// Documents were lost that may have been any object of these groups and kinds.
    lost_kinds: BTreeSet<(String, String)>,
}

impl Side {
    /// Could one of the documents that were lost have been this object?
    fn may_have_lost(&self, key: &Key) -> bool {
        self.lost_any || self.lost_kinds.contains(&(key.group.clone(), key.kind.clone()))
    }
}

/// One run of a reader.
struct Run {
    options: Reader,
    managers: ManagerRules,
    desired: Side,
    recorded: Side,
    actual: Side,
    /// Declared without the namespace that they need, while live ones of the same name are in some namespace.
    adrift: BTreeSet<(String, String, String)>,
    problems: Vec<Problem>,
}

impl Run {
    fn new(mut options: Reader) -> Self {
        let managers = options.managers.take().unwrap_or_else(ManagerRules::built_in);
        let desired = object::read(std::mem::take(&mut options.desired), Some(Plane::Desired));
        let recorded = object::read(std::mem::take(&mut options.recorded), Some(Plane::Recorded));
        let actual = object::read(std::mem::take(&mut options.actual), Some(Plane::Actual));
        let scopes = scope::Scopes::of(&[&desired.objects, &recorded.objects], &actual.objects);
        let mut run = Self {
            options,
            managers,
            desired: Side::default(),
            recorded: Side::default(),
            actual: Side::default(),
            adrift: BTreeSet::new(),
            problems: Vec::new(),
        };
        run.desired = run.side(desired, &scopes);
        run.recorded = run.side(recorded, &scopes);
        run.actual = run.side(actual, &scopes);
        run.find_adrift(&scopes);
        run
    }

    fn side(&mut self, read: Objects, scopes: &scope::Scopes) -> Side {
        let mut side = Side::default();
        for problem in read.problems {
            match &problem.kind {
                ProblemKind::Name { of } | ProblemKind::Namespace { of } => {
                    side.lost_kinds.insert(of.clone());
                }
                ProblemKind::NotAnObject
                | ProblemKind::ApiVersion
                | ProblemKind::Kind
                | ProblemKind::Items
                | ProblemKind::TooDeep => side.lost_any = true,
                ProblemKind::Duplicate { .. }
                | ProblemKind::NoNamespace { .. }
                | ProblemKind::VersionDiffers { .. }
                | ProblemKind::LastApplied { .. }
                | ProblemKind::LastAppliedOfAnother { .. }
                | ProblemKind::ManagedFields { .. } => {}
            }
            self.problems.push(problem);
        }
        for object in read.objects {
            let key = self.key(&object, scopes);
            match side.objects.get(&key) {
                None => {
                    side.objects.insert(key, object);
                }
                Some(first) => {
                    let resource = Box::new(key.resource(&object.version));
                    let kind = ProblemKind::Duplicate { resource, first: first.place.clone() };
                    self.problems.push(Problem { place: object.place, kind });
                }
            }
        }
        side
    }

    fn key(&self, object: &Object, scopes: &scope::Scopes) -> Key {
        let namespace = match scopes.scope(object) {
            scope::Scope::ClusterWide => "",
            scope::Scope::Namespaced | scope::Scope::Untold if object.namespace.is_empty() => {
                self.options.default_namespace.as_deref().unwrap_or_default()
            }
            scope::Scope::Namespaced | scope::Scope::Untold => &object.namespace,
        };
        Key {
            group: object.group.clone(),
            kind: object.kind.clone(),
            namespace: namespace.to_owned(),
            name: object.name.clone(),
        }
    }

    /// Finds the declared objects that lack a namespace, and that no live object without one answers to.
    fn find_adrift(&mut self, scopes: &scope::Scopes) {
        let live: BTreeSet<_> = self.actual.objects.keys().map(Key::anywhere).collect();
        for side in [&self.desired, &self.recorded] {
            for (key, object) in &side.objects {
                if key.namespace.is_empty()
                    && scopes.scope(object) == scope::Scope::Namespaced
                    && !self.actual.objects.contains_key(key)
                {
                    let kind = ProblemKind::NoNamespace { resource: Box::new(key.resource(&object.version)) };
                    self.problems.push(Problem { place: object.place.clone(), kind });
                    let anywhere = key.anywhere();
                    if live.contains(&anywhere) {
                        self.adrift.insert(anywhere);
                    }
                }
            }
        }
    }

    /// Every object on any side, in order.
    fn keys(&self) -> BTreeSet<Key> {
        [&self.desired, &self.recorded, &self.actual]
            .into_iter()
            .flat_map(|side| side.objects.keys().cloned())
            .collect()
    }

    fn observe(&mut self, key: &Key) -> Observation {
        let adrift = !self.adrift.is_empty() && self.adrift.contains(&key.anywhere());
        let desired = self.desired.objects.remove(key);
        let recorded = self.recorded.objects.remove(key);
        let actual = self.actual.objects.remove(key);
        let version = [&actual, &desired, &recorded].into_iter().flatten().next().map_or("", |object| &object.version);
        let resource = key.resource(version);
        if let (Some(declared), Some(observed)) = (&desired, &actual)
            && declared.version != observed.version
        {
            let kind = ProblemKind::VersionDiffers {
                resource: Box::new(resource.clone()),
                declared: declared.version.clone(),
                observed: observed.version.clone(),
            };
            self.problems.push(Problem { place: declared.place.clone(), kind });
        }
        let claims = actual.as_ref().map(|object| self.claims(object, &resource)).unwrap_or_default();
        let (recorded, useless) = match recorded {
            Some(object) => (Some(object.value), false),
            None => self.last_applied(actual.as_ref(), &resource),
        };
        let mut planes = Planes::new(self.desired_plane(key, desired, adrift), self.actual_plane(key, actual, adrift));
        if let Some(record) = recorded {
            planes = planes.with_recorded(self.declared(record, key), RecordOf::Declaration);
        }
        if useless || !self.options.hidden.is_empty() {
            hide_last_applied(&mut planes);
        }
        hide_everywhere(&mut planes, secret::is_secret(&key.kind));
        let mut observation = Observation::new(key.id(), resource, planes);
        observation.unit.clone_from(&self.options.unit);
        observation.method = Some(self.options.method.unwrap_or(Method::GitopsDiff));
        observation.observed_at = self.options.observed_at;
        observation.source_of_truth.clone_from(&self.options.source_of_truth);
        observation.claims = claims;
        observation
    }

    fn claims(&mut self, actual: &Object, resource: &ResourceRef) -> Vec<Claim> {
        let read = ManagedFields::read(&actual.value);
        let claims = read.claims(&self.managers);
        for error in read.errors {
            let kind = ProblemKind::ManagedFields { resource: Box::new(resource.clone()), error };
            self.problems.push(Problem { place: actual.place.clone(), kind });
        }
        claims
    }

    /// The record that the live object carries, and whether it carries one that is of no use.
    fn last_applied(&mut self, actual: Option<&Object>, resource: &ResourceRef) -> (Option<Value>, bool) {
        let Some(actual) = actual else { return (None, false) };
        let annotations = actual.value.get("metadata").and_then(|metadata| metadata.get("annotations"));
        let Some(annotation) = annotations.and_then(|annotations| annotations.get(secret::LAST_APPLIED)) else {
            return (None, false);
        };
        let boxed = || Box::new(resource.clone());
        let kind = match crate::read::from_json::<Value>(annotation.as_str().unwrap_or_default()) {
            Ok(record) if describes(&record, actual) => return (Some(record), false),
            Ok(_) => ProblemKind::LastAppliedOfAnother { resource: boxed() },
            Err(error) => ProblemKind::LastApplied { resource: boxed(), error },
        };
        self.problems.push(Problem { place: actual.place.clone(), kind });
        (None, true)
    }

    /// A plane of something that was declared.
    fn declared(&self, mut value: Value, key: &Key) -> PlaneState {
        if secret::is_secret(&key.kind) {
            secret::store(&mut value);
        }
        PlaneState::present(self.document(value, key))
    }

    fn document(&self, value: Value, key: &Key) -> Document {
        let mut document = Document::new(value);
        if secret::is_secret(&key.kind) {
            secret::conceal(&mut document);
        }
        for pattern in &self.options.hidden {
            document.mark(Mark::Sensitive, pattern.clone());
        }
        document
    }

    fn desired_plane(&self, key: &Key, object: Option<Object>, adrift: bool) -> PlaneState {
        let mut plane = match object {
            Some(object) => self.declared(object.value, key),
            None if adrift && !key.namespace.is_empty() => PlaneState::unknown(UnknownReason::Inconsistent)
                .because("an object of this kind and name is declared without a namespace, and may be this one"),
            None => {
                let mut plane = PlaneState::new(Observed::Absent);
                plane.complete = !self.options.desired_partial && !self.desired.may_have_lost(key);
                plane
            }
        };
        plane.revision.clone_from(&self.options.desired_revision);
        plane
    }

    fn actual_plane(&self, key: &Key, object: Option<Object>, adrift: bool) -> PlaneState {
        let Some(object) = object else {
            return if adrift && key.namespace.is_empty() {
                PlaneState::unknown(UnknownReason::Inconsistent)
                    .because("the declaration names no namespace, so nobody can tell which object it means")
            } else if self.actual.may_have_lost(key) {
                PlaneState::unknown(UnknownReason::Failed)
                    .because("an observed document could not be read, and may have been this object")
            } else if self.options.actual_complete {
                let mut plane = PlaneState::new(Observed::Absent);
                plane.observed_at = self.options.observed_at;
                plane
            } else {
                PlaneState::unknown(UnknownReason::NotObserved)
                    .because("it is not among the observed objects, which are not said to be all there are")
            };
        };
        let revision = object
            .value
            .get("metadata")
            .and_then(|metadata| metadata.get("resourceVersion"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        let mut plane = PlaneState::present(self.document(object.value, key));
        plane.revision = revision;
        plane.observed_at = self.options.observed_at;
        plane
    }
}

/// Does the record name the object that carries it? Its namespace may be left out, and its API version be an older one.
fn describes(record: &Value, object: &Object) -> bool {
    let metadata =
        |name| record.get("metadata").and_then(|metadata: &Value| metadata.get(name)).and_then(Value::as_str);
    record.get("kind").and_then(Value::as_str) == Some(&object.kind)
        && metadata("name") == Some(&object.name)
        && metadata("namespace").is_none_or(|namespace| {
            namespace.is_empty() || object.namespace.is_empty() || namespace == object.namespace
        })
}

/// Masks the last-applied annotation as a whole: nobody knows what it holds.
fn hide_last_applied(planes: &mut Planes) {
    for plane in [&mut planes.desired, &mut planes.recorded, &mut planes.actual] {
        if let Observed::Present(document) = &mut plane.observed {
            document.mark(Mark::Sensitive, secret::annotation(secret::LAST_APPLIED));
        }
    }
}

/// Masks by value what is masked by path, in all planes; for a Secret also the plain texts behind its base64.
fn hide_everywhere(planes: &mut Planes, is_secret: bool) {
    if !is_secret {
        planes.redact();
        return;
    }
    let mut secrets = Secrets::default();
    planes.collect_secrets(&mut secrets);
    for plane in [&planes.desired, &planes.recorded, &planes.actual] {
        if let Some(document) = plane.observed.present() {
            secret::reveal_to(&mut secrets, document);
        }
    }
    planes.redact_with(&secrets);
}

#[cfg(test)]
mod tests;
