//! `Kustomization`: manifests that Flux renders and applies.

use serde_json::Value;

use super::super::node::{Node, noting};
use super::super::opt_out::OptOut;
use super::super::status::{Setting, StatusError, StatusProblem};
use super::{FluxObject, FluxRef, opt_outs};
use crate::facts::{SourceStatus, SourceStep, SyncStatus};
use crate::resource::ResourceRef;
use crate::time::Timestamp;

/// A Kustomization and its status.
///
/// ```
/// use drift_model::source::flux::{Kustomization, graph};
/// use drift_model::{Span, SourceStep};
/// use serde_json::json;
///
/// let kustomization = Kustomization::read(&json!({
///     "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
///     "metadata": {"name": "app", "namespace": "flux-system", "generation": 3},
///     "spec": {"prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
///     "status": {"observedGeneration": 3, "conditions": [
///         {"type": "Ready", "status": "False", "reason": "BuildFailed", "observedGeneration": 3,
///          "lastTransitionTime": "2026-07-03T10:20:00Z"}]},
/// }))?;
/// let facts = graph(&kustomization, None, "2026-07-03T10:22:31Z".parse()?, Span::from_seconds(600));
/// let source = facts.source.known().unwrap();
/// assert_eq!((source.rendered, source.fetched), (Some(SourceStep::Failed), None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Kustomization {
    /// What it has in common with every object of Flux.
    pub object: FluxObject,
    /// Where the manifests come from.
    pub source: Option<FluxRef>,
    /// Which others must be ready first.
    pub depends_on: Vec<FluxRef>,
    /// Is what Git lets go deleted?
    pub prune: Setting,
    /// Is what cannot be changed created anew?
    pub force: Setting,
    /// Is health awaited: by `wait`, or by a list of checks? `None` where that cannot be read.
    pub observes: Option<bool>,
    /// Is there something to decrypt?
    pub decrypts: bool,
    /// The revision that was last applied.
    pub applied_revision: Option<String>,
    /// The revision that was last tried.
    pub attempted_revision: Option<String>,
    /// What it applied; `None` where it does not say.
    pub inventory: Option<Vec<ResourceRef>>,
    /// Is the inventory all there, with no entry that could not be read?
    pub inventory_complete: bool,
    /// Where it looks away.
    pub opt_outs: Vec<OptOut>,
    /// What could not be read.
    pub problems: Vec<StatusProblem>,
    last_run: Option<Timestamp>,
}

impl Kustomization {
    /// Reads a Kustomization as the API server answers it.
    ///
    /// # Errors
    ///
    /// [`StatusError`] for a document that is no Kustomization of Flux with a name. Members that cannot be read are
    /// unknown, and listed in [`problems`](Self::problems).
    pub fn read(value: &Value) -> Result<Self, StatusError> {
        let (read, problems) = noting(value, |root| Self::of(value, root));
        Ok(Self { problems, ..read? })
    }

    fn of(value: &Value, root: &Node<'_, '_>) -> Result<Self, StatusError> {
        let object = FluxObject::read(value, root, "kustomize.toolkit.fluxcd.io", &["Kustomization"])?;
        let (spec, status) = (root.at("spec"), root.at("status"));
        let namespace = object.namespace.clone();
        let depends_on = spec.at("dependsOn").items();
        let checks = ["healthChecks", "healthCheckExprs"].map(|name| spec.at(name));
        let listed = checks.iter().any(|node| !node.items().is_empty());
        let entries = status.at("inventory").at("entries");
        let inventory: Vec<Option<ResourceRef>> = entries.items().iter().map(inventory_entry).collect();
        let runs = status.at("history").items();
        Ok(Self {
            source: FluxRef::read(&spec.at("sourceRef"), "", &namespace),
            depends_on: depends_on.iter().filter_map(|it| FluxRef::read(it, "Kustomization", &namespace)).collect(),
            prune: spec.at("prune").setting(),
            force: spec.at("force").setting(),
            observes: match spec.at("wait").setting().or(false) {
                Some(true) => Some(true),
                wait if listed => wait.or(Some(true)),
                wait => wait.filter(|_| !checks.iter().any(Node::is_no_list)),
            }
            .map(|wait| wait || listed),
            decrypts: spec.at("decryption").is_there(),
            applied_revision: status.at("lastAppliedRevision").name(),
            attempted_revision: status.at("lastAttemptedRevision").name(),
            inventory_complete: entries.is_there() && !entries.is_no_list() && inventory.iter().all(Option::is_some),
            inventory: entries.is_there().then(|| inventory.into_iter().flatten().collect()),
            opt_outs: opt_outs::of_kustomization(&spec),
            problems: Vec::new(),
            last_run: runs.iter().filter_map(|run| run.at("lastReconciled").time().ok()).max(),
            object,
        })
    }

    /// Does it deliver this resource? `None` where its inventory does not settle that.
    #[must_use]
    pub fn delivers(&self, resource: &ResourceRef) -> Option<bool> {
        let same = |other: &ResourceRef| {
            (&other.group, &other.kind, &other.namespace, &other.name)
                == (&resource.group, &resource.kind, &resource.namespace, &resource.name)
        };
        let listed = resource.system.is_kubernetes() && self.inventory.as_ref()?.iter().any(same);
        if listed { Some(true) } else { self.inventory_complete.then_some(false) }
    }

    /// How far it came. Whether the source could be fetched is not its to say, unless it could not take what was fetched.
    pub(super) fn steps(&self) -> Option<SourceStatus> {
        let (done, failed) = (Some(SourceStep::Ok), Some(SourceStep::Failed));
        let none = SourceStatus::default();
        let built = SourceStatus { rendered: done, decrypted: done, ..none.clone() };
        Some(match self.object.ready()? {
            Ok(_) if self.is_up_to_date() => {
                let observed = done.filter(|_| self.observes == Some(true) && self.is_healthy());
                SourceStatus { applied: done, observed, ..built }
            }
            Ok(_) => return None,
            Err(ready) => match ready.reason.as_str() {
                "ArtifactFailed" => SourceStatus { fetched: failed, ..none },
                "BuildFailed" => SourceStatus { rendered: failed, ..none },
                "DecryptionFailed" => SourceStatus { decrypted: failed, ..none },
                // It fails to connect, too, under this name: nothing says that it had rendered before.
                "ReconciliationFailed" | "ValidationFailed" => SourceStatus { applied: failed, ..none },
                "PruneFailed" => SourceStatus { applied: failed, ..built },
                "HealthCheckFailed" => SourceStatus { applied: done, observed: failed, ..built },
                "HealthCheckCanceled" => SourceStatus { applied: done, ..built },
                _ => return None,
            },
        })
    }

    /// Is what was tried last what was applied last?
    fn is_up_to_date(&self) -> bool {
        self.applied_revision.is_some() && self.applied_revision == self.attempted_revision
    }

    fn is_healthy(&self) -> bool {
        self.object.conditions.iter().all(|condition| {
            condition.kind != "Healthy"
                || (condition.status == super::ConditionStatus::True && self.object.is_current(condition))
        })
    }

    /// What a run of it proves: it detects and corrects in one act.
    pub(super) fn sync(&self) -> Option<SyncStatus> {
        matches!(self.object.ready(), Some(Ok(_)) if self.is_up_to_date()).then_some(SyncStatus::Synced)
    }

    /// When it last ran, as far as the status proves it.
    #[must_use]
    pub fn last_run(&self) -> Option<Timestamp> {
        self.last_run.max(self.object.proven_at())
    }
}

fn inventory_entry(node: &Node<'_, '_>) -> Option<ResourceRef> {
    let id = node.at("id");
    let version = node.at("v").text().ok().unwrap_or_default();
    let read = id.text().ok().and_then(|id| super::parse_inventory_id(id, version).ok());
    if read.is_none() {
        id.note("bad-inventory-id", "an inventory id, `<namespace>_<name>_<group>_<kind>`");
    }
    read
}
