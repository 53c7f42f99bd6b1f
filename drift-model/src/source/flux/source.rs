//! `Source`: where Flux fetches from.

use serde_json::Value;

use super::super::node::{Node, noting};
use super::super::status::{StatusError, StatusProblem};
use super::{ConditionStatus, FluxObject};
use crate::facts::SourceStep;
use crate::time::Timestamp;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What kind of source.
    pub enum SourceKind as "source kind" {
        /// A Git repository.
        GitRepository = "GitRepository",
        /// Artifacts in a registry.
        OciRepository = "OCIRepository",
        /// A repository of charts.
        HelmRepository = "HelmRepository",
        /// A chart out of a repository.
        HelmChart = "HelmChart",
        /// A bucket.
        Bucket = "Bucket",
    }
}

/// A source and its status. Its address is left aside: it may hold credentials.
///
/// ```
/// use drift_model::SourceStep;
/// use drift_model::source::flux::Source;
/// use serde_json::json;
///
/// let mut repository = json!({
///     "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
///     "metadata": {"name": "app", "namespace": "flux-system", "generation": 1},
///     "status": {"observedGeneration": 1, "artifact": {"revision": "main@sha1:363a6a8f"}, "conditions": [
///         {"type": "Ready", "status": "False", "reason": "GitOperationFailed", "observedGeneration": 1}]},
/// });
/// // The artifact is still there, and what is delivered from it stays green.
/// assert_eq!(Source::read(&repository)?.fetched(), Some(SourceStep::Failed));
///
/// // A paused source says nothing of what can be fetched now.
/// repository["spec"] = json!({"suspend": true});
/// assert_eq!(Source::read(&repository)?.fetched(), None);
/// # Ok::<(), drift_model::source::StatusError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Source {
    /// What it has in common with every object of Flux.
    pub object: FluxObject,
    /// What kind of source.
    pub kind: SourceKind,
    /// The revision of the artifact that it holds.
    pub revision: Option<String>,
    /// When that artifact was stored: when it last changed, not when it was last looked for.
    pub artifact_at: Option<Timestamp>,
    /// What could not be read.
    pub problems: Vec<StatusProblem>,
}

impl Source {
    /// Reads a source as the API server answers it.
    ///
    /// # Errors
    ///
    /// [`StatusError`] for a document that is no source of Flux with a name. Members that cannot be read are unknown, and
    /// listed in [`problems`](Self::problems).
    pub fn read(value: &Value) -> Result<Self, StatusError> {
        let (read, problems) = noting(value, |root| Self::of(value, root));
        Ok(Self { problems, ..read? })
    }

    fn of(value: &Value, root: &Node<'_, '_>) -> Result<Self, StatusError> {
        let object = FluxObject::read(value, root, "source.toolkit.fluxcd.io", SourceKind::WORDS)?;
        let artifact = root.at("status").at("artifact");
        Ok(Self {
            // INVARIANT: the kind is one of the words that were asked for.
            kind: object.kind.parse().unwrap_or(SourceKind::GitRepository),
            revision: artifact.at("revision").name(),
            artifact_at: artifact.at("lastUpdateTime").time().ok(),
            problems: Vec::new(),
            object,
        })
    }

    /// Could it be fetched, as it is declared now? `None` while nobody knows, and for as long as it may be suspended.
    #[must_use]
    pub fn fetched(&self) -> Option<SourceStep> {
        let object = &self.object;
        if object.may_be_suspended() {
            return None;
        }
        let failed = ["FetchFailed", "StorageOperationFailed", "BuildFailed"].iter().any(|kind| {
            object
                .condition(kind)
                .is_some_and(|found| found.status == ConditionStatus::True && object.is_current(found))
        });
        let unverified = object
            .condition("SourceVerified")
            .is_some_and(|found| found.status == ConditionStatus::False && object.is_current(found));
        if failed || unverified {
            return Some(SourceStep::Failed);
        }
        if object.ready()?.is_err() {
            return Some(SourceStep::Failed);
        }
        // It may be ready and hold an artifact that is older than what is there.
        let stored = object.conditions.iter().all(|condition| {
            !matches!(condition.kind.as_str(), "ArtifactInStorage" | "SourceVerified")
                || condition.status == ConditionStatus::True
        });
        let doubts = ["FetchFailed", "StorageOperationFailed", "BuildFailed", "ArtifactOutdated"];
        let holds = self.revision.is_some() && stored && !doubts.iter().any(|kind| object.is_amiss(kind));
        holds.then_some(SourceStep::Ok)
    }
}
