//! `HelmRelease`: a chart that Flux installs and upgrades.

use serde_json::Value;

use super::super::node::{Node, Read, noting};
use super::super::opt_out::OptOut;
use super::super::status::{StatusError, StatusProblem};
use super::{ConditionStatus, FluxObject, FluxRef, opt_outs};
use crate::facts::{SourceStatus, SourceStep, SyncStatus};
use crate::time::Timestamp;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What Flux does about drift of a release.
    pub enum DriftMode as "drift detection mode" {
        /// It looks for it and corrects it.
        Enabled = "enabled",
        /// It looks for it.
        Warn = "warn",
        /// It does not look: the default.
        Disabled = "disabled",
    }
}

/// A HelmRelease and its status.
///
/// Its drift detection compares the cluster with the manifest that Helm stored, not with Git, and is off by default.
///
/// ```
/// use drift_model::source::flux::{HelmRelease, graph};
/// use drift_model::{Span, SyncStatus};
/// use serde_json::json;
///
/// let release = HelmRelease::read(&json!({
///     "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
///     "metadata": {"name": "podinfo", "namespace": "default", "generation": 2},
///     "spec": {"driftDetection": {"mode": "warn"}},
///     "status": {"observedGeneration": 2, "conditions": [{"type": "Drifted", "status": "True", "reason": "DriftDetected",
///         "lastTransitionTime": "2026-07-03T10:20:00Z", "observedGeneration": 2}]},
/// }))?;
/// let facts = graph(&release, None, "2026-07-03T10:22:31Z".parse()?, Span::from_seconds(600));
/// assert_eq!(facts.sync.known(), Some(&SyncStatus::OutOfSync));
/// // It looks for drift, and leaves it.
/// assert_eq!(release.enforces(), Some(false));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HelmRelease {
    /// What it has in common with every object of Flux.
    pub object: FluxObject,
    /// Where the chart comes from: the repository that the chart names, or the chart that is referred to.
    pub source: Option<FluxRef>,
    /// Which others must be ready first.
    pub depends_on: Vec<FluxRef>,
    /// What is done about drift; `None` where that cannot be read.
    pub drift_mode: Option<DriftMode>,
    /// Does it wait for what it applies? Helm does, unless it is told not to.
    pub waits: bool,
    /// The version of the chart that was last tried.
    pub attempted_revision: Option<String>,
    /// The version of the chart that the newest release in the history is of, if that release is deployed.
    pub applied_revision: Option<String>,
    /// When that was deployed.
    pub deployed_at: Option<Timestamp>,
    /// How often it failed in a row.
    pub failures: Option<u64>,
    /// Where it looks away.
    pub opt_outs: Vec<OptOut>,
    /// What could not be read.
    pub problems: Vec<StatusProblem>,
}

impl HelmRelease {
    /// Reads a HelmRelease as the API server answers it.
    ///
    /// # Errors
    ///
    /// [`StatusError`] for a document that is no HelmRelease of Flux with a name. Members that cannot be read are unknown,
    /// and listed in [`problems`](Self::problems).
    pub fn read(value: &Value) -> Result<Self, StatusError> {
        let (read, problems) = noting(value, |root| Self::of(value, root));
        Ok(Self { problems, ..read? })
    }

    fn of(value: &Value, root: &Node<'_, '_>) -> Result<Self, StatusError> {
        let object = FluxObject::read(value, root, "helm.toolkit.fluxcd.io", &["HelmRelease"])?;
        let (spec, status) = (root.at("spec"), root.at("status"));
        let namespace = object.namespace.clone();
        let (chart, chart_ref) = (spec.at("chart").at("spec").at("sourceRef"), spec.at("chartRef"));
        let referred = FluxRef::read(&chart_ref, "", &namespace);
        let mode = spec.at("driftDetection").at("mode");
        let hurried = |action: &str| spec.at(action).at("disableWait").setting().or(false) != Some(false);
        // The newest release stands first.
        let releases = status.at("history").items();
        let newest = releases.first();
        let deployed = newest.filter(|release| release.at("status").text() == Read::Is("deployed"));
        Ok(Self {
            source: referred.or_else(|| FluxRef::read(&chart, "HelmRepository", &namespace)),
            depends_on: spec
                .at("dependsOn")
                .items()
                .iter()
                .filter_map(|it| FluxRef::read(it, "HelmRelease", &namespace))
                .collect(),
            drift_mode: match mode.word("a drift detection mode", |word| word.parse().ok()) {
                Read::Absent => Some(DriftMode::Disabled),
                read @ (Read::Is(_) | Read::Unreadable) => read.ok(),
            },
            waits: !hurried("install") && !hurried("upgrade"),
            attempted_revision: status.at("lastAttemptedRevision").name(),
            applied_revision: deployed.and_then(|release| release.at("chartVersion").name()),
            deployed_at: deployed.and_then(|release| release.at("lastDeployed").time().ok()),
            failures: status.at("failures").count().ok(),
            opt_outs: opt_outs::of_helm_release(&spec),
            problems: Vec::new(),
            object,
        })
    }

    /// Is drift corrected? `None` where that cannot be read.
    #[must_use]
    pub fn enforces(&self) -> Option<bool> {
        let suspended = self.object.suspend.or(false);
        match self.drift_mode {
            Some(DriftMode::Warn | DriftMode::Disabled) => Some(false),
            _ if suspended == Some(true) => Some(false),
            Some(DriftMode::Enabled) => suspended.map(|suspended| !suspended),
            None => None,
        }
    }

    /// How far it came. Helm decrypts nothing.
    pub(super) fn steps(&self) -> Option<SourceStatus> {
        let (done, failed) = (Some(SourceStep::Ok), Some(SourceStep::Failed));
        let none = SourceStatus::default();
        let applied = SourceStatus { rendered: done, decrypted: done, applied: done, ..none.clone() };
        Some(match self.object.ready()? {
            Ok(_) => SourceStatus { observed: done.filter(|_| self.waits && self.tests_pass()), ..applied },
            Err(ready) => match ready.reason.as_str() {
                "ArtifactFailed" | "SourceNotReady" => SourceStatus { fetched: failed, ..none },
                "ValuesError" => SourceStatus { rendered: failed, ..none },
                // Helm renders, applies and waits in one act, and names the act.
                "InstallFailed"
                | "UpgradeFailed"
                | "RollbackFailed"
                | "UninstallFailed"
                | "RollbackSucceeded"
                | "UninstallSucceeded"
                | "ReconciliationFailed" => SourceStatus { applied: failed, ..none },
                "TestFailed" => SourceStatus { observed: failed, ..applied },
                _ => return None,
            },
        })
    }

    fn tests_pass(&self) -> bool {
        !self.object.is_amiss("Remediated")
            && self.object.conditions.iter().all(|condition| {
                condition.kind != "TestSuccess"
                    || (condition.status == ConditionStatus::True && self.object.is_current(condition))
            })
    }

    /// What its drift detection says. Where it is off nobody has looked.
    pub(super) fn sync(&self) -> Option<SyncStatus> {
        match self.drift_mode? {
            DriftMode::Disabled => return None,
            DriftMode::Enabled | DriftMode::Warn => {}
        }
        let drifted = self.object.conditions.iter().filter(|condition| condition.kind == "Drifted");
        let drifted: Vec<_> = drifted.collect();
        match drifted.as_slice() {
            [] => matches!(self.object.ready(), Some(Ok(_))).then_some(SyncStatus::Synced),
            [one] if !self.object.is_current(one) => None,
            [one] => match one.status {
                ConditionStatus::True => Some(SyncStatus::OutOfSync),
                ConditionStatus::False => matches!(self.object.ready(), Some(Ok(_))).then_some(SyncStatus::Synced),
                ConditionStatus::Unknown => None,
            },
            _ => None,
        }
    }

    /// The last moment at which the status is proven to have held.
    #[must_use]
    pub fn last_run(&self) -> Option<Timestamp> {
        let drifted = self.object.condition("Drifted").and_then(|drifted| drifted.at);
        self.object.proven_at().max(drifted).max(self.deployed_at)
    }
}
