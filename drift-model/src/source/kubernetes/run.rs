//! `Run`: one run of a reader. It pairs the objects of the sides and observes each of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::object::{self, Object, Objects};
use super::problem::{Problem, ProblemKind};
use super::scope::{Scope, Scopes};
use super::{Reader, secret};
use crate::document::{Document, Mark};
use crate::observation::{Method, Observation};
use crate::owner::Claim;
use crate::path::Step;
use crate::pattern::{PathPattern, PatternStep};
use crate::plane::{Observed, Plane, PlaneState, RecordOf, UnknownReason};
use crate::planes::Planes;
use crate::redact::Secrets;
use crate::resource::ResourceRef;
use crate::source::managed_fields::{ManagedFields, ManagerRules};

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
pub(super) struct Run {
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
    pub(super) fn new(mut options: Reader) -> Self {
        let managers = options.managers.take().unwrap_or_else(ManagerRules::built_in);
        let desired = object::read(std::mem::take(&mut options.desired), Some(Plane::Desired));
        let recorded = object::read(std::mem::take(&mut options.recorded), Some(Plane::Recorded));
        let actual = object::read(std::mem::take(&mut options.actual), Some(Plane::Actual));
        let scopes = Scopes::of(&[&desired.objects, &recorded.objects], &actual.objects);
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

    fn side(&mut self, read: Objects, scopes: &Scopes) -> Side {
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

    fn key(&self, object: &Object, scopes: &Scopes) -> Key {
        let namespace = match scopes.scope(object) {
            Scope::ClusterWide => "",
            Scope::Namespaced | Scope::Untold if object.namespace.is_empty() => {
                self.options.default_namespace.as_deref().unwrap_or_default()
            }
            Scope::Namespaced | Scope::Untold => &object.namespace,
        };
        Key {
            group: object.group.clone(),
            kind: object.kind.clone(),
            namespace: namespace.to_owned(),
            name: object.name.clone(),
        }
    }

    /// Finds the declared objects that lack a namespace, and that no live object without one answers to.
    fn find_adrift(&mut self, scopes: &Scopes) {
        let live: BTreeSet<_> = self.actual.objects.keys().map(Key::anywhere).collect();
        for side in [&self.desired, &self.recorded] {
            for (key, object) in &side.objects {
                if key.namespace.is_empty()
                    && scopes.scope(object) == Scope::Namespaced
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
    pub(super) fn observe_all(mut self) -> (Vec<Observation>, Vec<Problem>) {
        let mut observations: Vec<Observation> = self.keys().iter().map(|key| self.observe(key)).collect();
        // What one object of the batch keeps secret is a secret in all the others.
        let mut secrets = Secrets::default();
        for secret in observations.iter().filter(|observation| secret::is_secret(&observation.resource.kind)) {
            secret.planes.collect_secrets(&mut secrets);
            for plane in [&secret.planes.desired, &secret.planes.recorded, &secret.planes.actual] {
                plane.observed.present().into_iter().for_each(|document| secret::reveal_to(&mut secrets, document));
            }
        }
        if !secrets.is_empty() {
            for observation in &mut observations {
                observation.planes.redact_with(&secrets);
            }
        }
        (observations, self.problems)
    }

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
            mark_all(&mut planes, Mark::Sensitive, &secret::annotation(secret::LAST_APPLIED));
        }
        if !self.options.hidden.is_empty() {
            // Its names hold the items of sets and the keys of lists.
            mark_all(&mut planes, Mark::Opaque, &secret::at(&["metadata", "managedFields"]));
        }
        let secrets = hide_everywhere(&mut planes, secret::is_secret(&key.kind));
        let mut observation = Observation::new(key.id(), resource, planes);
        observation.unit.clone_from(&self.options.unit);
        observation.method = Some(self.options.method.unwrap_or(Method::GitopsDiff));
        observation.observed_at = self.options.observed_at;
        observation.source_of_truth.clone_from(&self.options.source_of_truth);
        observation.claims = claims.into_iter().filter_map(|claim| self.without_secrets(claim, &secrets)).collect();
        observation.claims.sort_by(|a, b| (&a.path, a.owner, &a.name).cmp(&(&b.path, b.owner, &b.name)));
        observation.claims.dedup();
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

    /// The claim without a path that tells a secret: the items of sets and the keys of lists stand in paths with their
    /// values. Such a path ends before them. What would excuse more in this way is left out instead.
    fn without_secrets(&self, mut claim: Claim, secrets: &Secrets) -> Option<Claim> {
        let tells = |(index, step): (usize, &PatternStep)| {
            let PatternStep::Exactly(step) = step else { return false };
            let holds_values = matches!(step, Step::Key(_) | Step::Item(_));
            let above = || PathPattern { steps: claim.path.steps.iter().take(index).cloned().collect(), below: false };
            let plain = step.to_string().replace("~1", "/").replace("~2", "*").replace("~3", "[").replace("~0", "~");
            secrets.are_in(&plain) || holds_values && self.options.hidden.iter().any(|hidden| hidden.contains(&above()))
        };
        let cut = claim.path.steps.iter().enumerate().position(tells);
        if let Some(cut) = cut {
            if claim.owner.excuses() {
                return None;
            }
            claim.path.steps.truncate(cut);
        }
        Some(claim)
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

/// Marks the same place in every plane.
fn mark_all(planes: &mut Planes, mark: Mark, pattern: &PathPattern) {
    for plane in [&mut planes.desired, &mut planes.recorded, &mut planes.actual] {
        if let Observed::Present(document) = &mut plane.observed {
            document.mark(mark, pattern.clone());
        }
    }
}

/// Masks by value what is masked by path, in all planes; for a Secret also the plain texts behind its base64.
fn hide_everywhere(planes: &mut Planes, is_secret: bool) -> Secrets {
    let mut secrets = Secrets::default();
    planes.collect_secrets(&mut secrets);
    if is_secret {
        for plane in [&planes.desired, &planes.recorded, &planes.actual] {
            if let Some(document) = plane.observed.present() {
                secret::reveal_to(&mut secrets, document);
            }
        }
    }
    planes.redact_with(&secrets);
    secrets
}
