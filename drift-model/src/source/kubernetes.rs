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
//! # What is read
//!
//! Of each document `apiVersion`, `kind` and `metadata.name`, without which it is no object (a problem says so), and
//! `metadata.namespace`. The whole of it is the document of its plane. Lists are flattened ([`objects`]). Of a live object also:
//!
//! | member | becomes | left out |
//! |---|---|---|
//! | `metadata.resourceVersion` | the revision of the actual plane | none |
//! | `metadata.managedFields` | claims ([`managed_fields`](crate::source::managed_fields)) | no claims |
//! | the last-applied annotation | the recorded plane | NOT_KEPT |
//! | the marks of Argo CD, Flux and Helm | [`trackers`] | nobody tracks it |

mod object;
mod problem;
mod run;
mod scope;
pub(crate) mod secret;
mod tracking;

use serde_json::Value;

pub use self::object::{Object, Objects, Place, objects};
pub use self::problem::{Problem, ProblemKind};
use self::run::Run;
pub use self::tracking::{TrackedBy, Tracker, trackers};
use crate::observation::{Method, Observation};
use crate::pattern::PathPattern;
use crate::source::managed_fields::ManagerRules;
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

    /// Hides what the pattern covers, in every plane of every object, and with it the last-applied annotations and the
    /// managed fields, which may repeat it.
    #[must_use]
    pub fn hide(mut self, pattern: PathPattern) -> Self {
        self.hidden.push(pattern);
        self
    }

    /// Reads the documents.
    #[must_use]
    pub fn read(self) -> Reading {
        let (observations, mut problems) = Run::new(self).observe_all();
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        Reading { observations, problems }
    }
}

#[cfg(test)]
mod tests;
