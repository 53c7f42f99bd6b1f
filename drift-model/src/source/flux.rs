//! Flux: what its controllers say of sources and of what they deliver.
//!
//! Flux is a graph. A source (`GitRepository`, `OCIRepository`, `HelmRepository`, `HelmChart`, `Bucket`) is fetched by one
//! controller; a [`Kustomization`] or a [`HelmRelease`] takes what it fetched, and renders, decrypts, applies and observes.
//! A drift alert without the status of the source is incomplete: the facts of a delivery alone never say `fetched: OK`,
//! because a source that can no longer be fetched leaves its last artifact in place, and whatever is delivered from it
//! stays green. [`graph`] joins the two.
//!
//! **A status counts for its generation.** Green counts only where both the status and the condition have observed the
//! generation of the declaration. A failure counts where its condition has: controllers leave the status's own generation
//! behind while they fail.
//!
//! **Suspension freezes the status.** The last conditions stay, `Ready` too, so what a suspended object says is stale as of
//! the last moment that it proves, or unknown where it proves none, and its freshness is unknown.
//!
//! **Few statuses tell when they were last looked at.** A Kustomization does (its history, and `Ready`, which changes with
//! every run). A HelmRelease and a source do not: their conditions stay as they are while nothing changes. So `sync` is
//! SYNCED only where a time within the caller's window proves it, and the steps of a HelmRelease or a source are what its
//! conditions say, for as long as its controller runs. That it runs, no document can tell.
//! # What is read
//!
//! | an object's | becomes | left out |
//! |---|---|---|
//! | `apiVersion`, `kind`, `metadata.name` | who it is | refused |
//! | `metadata.generation`, `status.observedGeneration` | whether the status is about the declaration | no condition counts as green |
//! | `spec.suspend` | `suspended` | it runs |
//! | `status.conditions` | `reconcile`, and how far it came | unknown |
//! | a Kustomization's `spec.wait`, `healthChecks`, `healthCheckExprs` | whether health was awaited | `health` is unknown |
//! | its `status.lastAppliedRevision`, `lastAttemptedRevision` | `sync`, where both are the same | unknown |
//! | its `status.history[].lastReconciled` | when it last ran | the time of `Ready` |
//! | its `status.inventory` | [`Kustomization::delivers`] | unknown |
//! | a HelmRelease's `spec.driftDetection.mode` | whether anybody looks for drift | disabled: `sync` is unknown |
//! | its condition `Drifted` | `sync` | SYNCED, where drift is looked for and it is ready |
//! | its `status.history[0]` | what is deployed, and since when | unknown |
//! | its `status.failures` | the attempts of `reconcile` | unknown |
//! | a source's `status.artifact` | the revision that is there | whether it was fetched is unknown |
//! | `spec.ignore`, `spec.driftDetection.ignore`, `spec.prune` | `opt_outs`; those of a live object by [`opt_outs`] | it looks away from nothing |
//!
//! A member that is there and cannot be read is unknown, and the object's `problems` say where.

mod condition;
mod graph;
mod helm_release;
mod inventory;
mod kustomization;
mod opt_outs;
mod source;

use serde_json::Value;

pub use self::condition::{Condition, ConditionStatus};
pub use self::graph::{Delivery, graph};
pub use self::helm_release::{DriftMode, HelmRelease};
pub use self::inventory::{InventoryError, inventory_id, parse_inventory_id};
pub use self::kustomization::Kustomization;
pub use self::opt_outs::opt_outs;
pub use self::source::{Source, SourceKind};
use super::node::{Node, Read};
use super::status::{Identity, Setting, StatusError, identify, who_set};
use crate::facts::{Reconcile, ReconcileState, Suspension, YesNo};
use crate::time::{Span, Timestamp};

/// What every object of Flux has: who it is, whether it is paused, and its conditions.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FluxObject {
    /// The kind.
    pub kind: &'static str,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The generation of the declaration.
    pub generation: Option<u64>,
    /// The generation that the status is about.
    pub observed_generation: Option<u64>,
    /// Is it paused?
    pub suspend: Setting,
    /// How often it is reconciled.
    pub interval: Option<Span>,
    /// The conditions, in the order of the document.
    pub conditions: Vec<Condition>,
    suspend_owner: Option<String>,
    /// A condition is there that could not be read.
    lost_conditions: bool,
}

impl FluxObject {
    fn read(
        value: &Value,
        root: &Node<'_, '_>,
        group: &'static str,
        kinds: &'static [&'static str],
    ) -> Result<Self, StatusError> {
        let Identity { kind, namespace, name, generation, .. } = identify(root, group, kinds)?;
        let (spec, status) = (root.at("spec"), root.at("status"));
        let conditions = status.at("conditions");
        let read: Vec<_> = conditions.items().iter().map(Condition::read).collect();
        Ok(Self {
            kind,
            namespace,
            name,
            generation: generation.ok(),
            // Controllers write -1 before the first run.
            observed_generation: match status.at("observedGeneration").count_or_minus_one() {
                Read::Is(generation) => generation,
                Read::Absent | Read::Unreadable => None,
            },
            suspend: spec.at("suspend").setting(),
            interval: spec.at("interval").duration().ok(),
            lost_conditions: conditions.is_no_list() || read.iter().any(Option::is_none),
            conditions: read.into_iter().flatten().collect(),
            suspend_owner: who_set(value, &["spec", "suspend"]),
        })
    }

    /// The condition of this type, if there is exactly one.
    #[must_use]
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        let mut all = self.conditions.iter().filter(|condition| condition.kind == kind);
        all.next().filter(|_| all.next().is_none())
    }

    /// Is a condition that is there only when something is amiss there, or could it be?
    fn is_amiss(&self, kind: &str) -> bool {
        self.conditions.iter().any(|condition| condition.kind == kind && condition.status != ConditionStatus::False)
    }

    /// Has the condition seen the declaration as it is now?
    fn is_current(&self, condition: &Condition) -> bool {
        let observed = condition.observed_generation.or(self.observed_generation);
        self.generation.is_some() && observed == self.generation
    }

    /// Is it ready, as it is declared now? `Ok` with the condition, `Err` with the one that says no, `None` where nobody
    /// knows.
    fn ready(&self) -> Option<Result<&Condition, &Condition>> {
        let ready = self.condition("Ready").filter(|ready| self.is_current(ready))?;
        match ready.status {
            ConditionStatus::True => {
                let proven = self.observed_generation == self.generation
                    && !self.lost_conditions
                    && !self.is_amiss("Stalled")
                    && !self.is_amiss("Reconciling");
                proven.then_some(Ok(ready))
            }
            ConditionStatus::False => Some(Err(ready)),
            ConditionStatus::Unknown => None,
        }
    }

    /// How the last reconciliation went; `None` where nobody knows.
    fn reconcile(&self) -> Option<Reconcile> {
        let current = |kind: &str| {
            self.condition(kind).filter(|found| found.status == ConditionStatus::True && self.is_current(found))
        };
        let made = |state, condition: &Condition, reason: Option<String>| {
            Some(Reconcile { state, attempts: None, at: condition.at, reason })
        };
        if let Some(stalled) = current("Stalled") {
            return made(ReconcileState::Stalled, stalled, Some(stalled.explained()));
        }
        match (self.ready(), current("Reconciling")) {
            (Some(Err(ready)), Some(again)) if again.reason == "ProgressingWithRetry" => {
                made(ReconcileState::Retrying, ready, Some(ready.explained()))
            }
            // Waiting for others is no failure, and is tried again.
            (Some(Err(ready)), _) if ready.reason == "DependencyNotReady" => {
                made(ReconcileState::Retrying, ready, Some(ready.explained()))
            }
            (Some(Err(ready)), _) => made(ReconcileState::Failed, ready, Some(ready.explained())),
            (_, Some(running)) => made(ReconcileState::InProgress, running, None),
            (Some(Ok(ready)), None) => made(ReconcileState::Succeeded, ready, None),
            (None, None) => None,
        }
    }

    /// Is reconciliation paused? `None` where that cannot be read.
    #[must_use]
    pub fn suspension(&self) -> Option<Suspension> {
        let (state, owner, reason) = if self.suspend.or(false)? {
            (YesNo::Yes, self.suspend_owner.clone(), Some(format!("{} is suspended", self.shown())))
        } else {
            (YesNo::No, None, None)
        };
        Some(Suspension { state, owner, reason, until: None })
    }

    /// Is it paused, or may it be?
    fn may_be_suspended(&self) -> bool {
        self.suspend.or(false) != Some(false)
    }

    /// `Kustomization/flux-system/app`.
    fn shown(&self) -> String {
        format!("{}/{}/{}", self.kind, self.namespace, self.name)
    }

    /// The last moment at which the status is proven to have held.
    fn proven_at(&self) -> Option<Timestamp> {
        self.condition("Ready").and_then(|ready| ready.at)
    }
}

/// A reference to another object of Flux.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct FluxRef {
    /// The kind.
    pub kind: String,
    /// The namespace; that of the object that refers, where it names none.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl FluxRef {
    fn read(node: &Node<'_, '_>, kind: &str, namespace: &str) -> Option<Self> {
        let text = |name| node.at(name).name();
        if node.is_object() && !node.at("name").is_there() {
            node.at("name").note("no-name", "the name of an object of Flux");
        }
        Some(Self {
            kind: text("kind").unwrap_or_else(|| kind.to_owned()),
            namespace: text("namespace").unwrap_or_else(|| namespace.to_owned()),
            name: text("name")?,
        })
    }

    /// Does it mean this object?
    fn means(&self, object: &FluxObject) -> bool {
        (self.kind.as_str(), &self.namespace, &self.name) == (object.kind, &object.namespace, &object.name)
    }
}

#[cfg(test)]
mod tests;
