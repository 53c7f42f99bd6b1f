//! External Secrets: how far a secret came, in metadata only.
//!
//! An `ExternalSecret` says which store a secret comes from, whether it was synced, and when. It doesn't say which version
//! the backend holds: that comes from the backend, and is the caller's to add. No value is read, and the unkeyed hash that
//! the target Secret carries is treated as one: of a weak secret it can be guessed.
//!
//! | an ExternalSecret's | becomes | left out |
//! |---|---|---|
//! | `apiVersion`, `kind`, `metadata.name` | who it is | refused |
//! | `metadata.generation` | the declaration that a status must be about | nothing is proven to be synced |
//! | `spec.secretStoreRef` | `store` | unknown |
//! | `spec.target.name` | `target` | the name of the ExternalSecret |
//! | `spec.refreshInterval` | `refresh_interval` | an hour, as the API has it |
//! | `status.refreshTime` | the age of the secret; how old the status is | nothing is known as current but a failure |
//! | `status.syncedResourceVersion` | whether the declaration was synced as it stands | unknown |
//! | `status.conditions[type=Ready]` | the condition; `reconcile`: FAILED, or SUCCEEDED where it was synced as declared | unknown, as where there are two |
//!
//! A member that is there and cannot be read is unknown, and a [problem](ExternalSecret::problems) says where.

mod delivery;

use std::fmt;

use serde_json::Value;

use super::flux::{Condition, ConditionStatus};
use super::node::{Node, Read, noting};
use super::status::{Age, Identity, StatusError, StatusProblem, identify};
use crate::facts::{Fact, Facts, Freshness, Reconcile, ReconcileState};
use crate::secret_sync::SecretSync;
use crate::time::{Span, Timestamp};

/// The annotation in which the target Secret carries a hash of its data.
const DATA_HASH: &str = "reconcile.external-secrets.io/data-hash";

/// An ExternalSecret and its status.
///
/// ```
/// use drift_model::Span;
/// use drift_model::source::external_secrets::ExternalSecret;
/// use serde_json::json;
///
/// let secret = ExternalSecret::read(&json!({
///     "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
///     "metadata": {"name": "db", "namespace": "prod", "generation": 1},
///     "spec": {"refreshInterval": "1m", "secretStoreRef": {"kind": "SecretStore", "name": "vault"}},
///     "status": {"refreshTime": "2026-07-03T09:45:31Z", "syncedResourceVersion": "1-519a61da",
///                "conditions": [{"type": "Ready", "status": "False", "reason": "SecretSyncedError"}]},
/// }))?;
/// let facts = secret.facts("2026-07-03T10:22:31Z".parse()?, Span::from_seconds(300));
/// let sync = facts.secret_sync.known().unwrap();
/// assert_eq!((sync.refresh_age_minutes, sync.condition.as_deref()), (Some(37), Some("SecretSyncedError")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExternalSecret {
    /// The version of the API.
    pub version: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The generation of the declaration.
    pub generation: Option<u64>,
    /// The store that the secret comes from.
    pub store: Option<StoreRef>,
    /// The Secret that is made; of the same name, where it names none.
    pub target: String,
    /// How often it is refreshed; zero is never.
    pub refresh_interval: Option<Span>,
    /// When it was last refreshed.
    pub refresh_time: Option<Timestamp>,
    /// The version of the declaration that was synced: its generation and a hash of its labels and annotations.
    pub synced_resource_version: Option<String>,
    /// The conditions, in the order of the document.
    pub conditions: Vec<Condition>,
    /// What could not be read.
    pub problems: Vec<StatusProblem>,
}

/// A store of secrets.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct StoreRef {
    /// `SecretStore` or `ClusterSecretStore`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

impl ExternalSecret {
    /// Reads an ExternalSecret as the API server answers it.
    ///
    /// # Errors
    ///
    /// [`StatusError`] for a document that is no ExternalSecret with a name. Members that cannot be read are unknown, and
    /// listed in [`problems`](Self::problems).
    pub fn read(value: &Value) -> Result<Self, StatusError> {
        let (read, problems) = noting(value, Self::of);
        Ok(Self { problems, ..read? })
    }

    fn of(root: &Node<'_, '_>) -> Result<Self, StatusError> {
        let Identity { version, namespace, name, generation, .. } =
            identify(root, "external-secrets.io", &["ExternalSecret"])?;
        let (spec, status) = (root.at("spec"), root.at("status"));
        let store = spec.at("secretStoreRef");
        Ok(Self {
            version,
            namespace,
            generation: generation.ok(),
            store: store.at("name").name().map(|name| StoreRef {
                kind: store.at("kind").name().unwrap_or_else(|| "SecretStore".to_owned()),
                name,
            }),
            target: spec.at("target").at("name").name().unwrap_or_else(|| name.clone()),
            refresh_interval: match spec.at("refreshInterval").duration() {
                // The default of the API.
                Read::Absent => Some(Span::from_seconds(3_600)),
                read @ (Read::Is(_) | Read::Unreadable) => read.ok(),
            },
            refresh_time: status.at("refreshTime").time().ok(),
            synced_resource_version: status.at("syncedResourceVersion").name().filter(|text| is_version(text)),
            conditions: status.at("conditions").items().iter().filter_map(Condition::read).collect(),
            problems: Vec::new(),
            name,
        })
    }

    /// The condition `Ready`, if there is exactly one.
    #[must_use]
    pub fn ready(&self) -> Option<&Condition> {
        let mut ready = self.conditions.iter().filter(|condition| condition.kind == "Ready");
        ready.next().filter(|_| ready.next().is_none())
    }

    /// Was the declaration synced as it stands now? `None` where the status does not say.
    #[must_use]
    pub fn is_synced_as_declared(&self) -> Option<bool> {
        let (generation, _) = self.synced_resource_version.as_ref()?.split_once('-')?;
        Some(generation.parse().ok() == Some(self.generation?))
    }

    /// How far the secret came, in metadata. Versions of the backend and the state of the consumers are not in this
    /// document; without them nobody can call the secret current.
    #[must_use]
    pub fn secret_sync(&self, now: Timestamp) -> SecretSync {
        let past = self.refresh_time.filter(|at| *at <= now);
        SecretSync {
            refreshed_at: past,
            refresh_age_minutes: past.and_then(|at| now.since(at).seconds().checked_div(60)),
            condition: self.ready().and_then(condition),
            synced_resource_version: self.synced_resource_version.clone(),
            ..SecretSync::default()
        }
    }

    /// What it says, at `now`. A refresh older than `window` is stale.
    #[must_use]
    pub fn facts(&self, now: Timestamp, window: Span) -> Facts {
        let mut facts = Facts::at(now);
        let sync = self.secret_sync(now);
        if sync != SecretSync::default() {
            facts.secret_sync = sync.into();
        }
        let age = Age::of(self.refresh_time, now, window);
        let made = |state, ready: &Condition, reason| Reconcile { state, attempts: None, at: ready.at, reason };
        facts.reconcile = match self.ready() {
            Some(ready) if ready.status == ConditionStatus::False => {
                let reason = if ready.reason.is_empty() { "Ready=False" } else { ready.reason.as_str() };
                Fact::Known(made(
                    ReconcileState::Failed,
                    ready,
                    Some(format!("{reason}: the secret was not delivered")),
                ))
            }
            Some(ready) if ready.status == ConditionStatus::True && self.is_delivered(ready) => {
                age.fact(Some(made(ReconcileState::Succeeded, ready, None)))
            }
            _ => Fact::Unknown,
        };
        facts.actual_freshness = match age {
            Age::Fresh => Fact::Known(Freshness::Fresh),
            Age::Since(_) => Fact::Known(Freshness::Stale),
            Age::Untold => Fact::Unknown,
        };
        if facts.reconcile.known().is_some_and(|reconcile| reconcile.state == ReconcileState::Succeeded)
            && let Some(at) = self.refresh_time
        {
            facts.last_reconciled_at = at.into();
        }
        facts
    }

    /// Ready is true, too, where the secret is gone by intention, or the target to merge into is missing.
    fn is_delivered(&self, ready: &Condition) -> bool {
        matches!(ready.reason.as_str(), "SecretSynced" | "ResourceSynced") && self.is_synced_as_declared() == Some(true)
    }
}

/// The condition in one word. One that is not met always says so in it.
fn condition(ready: &Condition) -> Option<String> {
    let says_so = ready.reason.to_ascii_lowercase();
    match ready.status {
        ConditionStatus::True => Some(ready.reason.clone()).filter(|reason| !reason.is_empty()),
        ConditionStatus::False if says_so.contains("error") || says_so.contains("fail") => Some(ready.reason.clone()),
        ConditionStatus::False => Some(format!("{}Error", ready.reason)),
        ConditionStatus::Unknown => None,
    }
}

/// `<generation>-<hash>`.
fn is_version(text: &str) -> bool {
    text.split_once('-').is_some_and(|(generation, hash)| {
        !generation.is_empty()
            && generation.bytes().all(|byte| byte.is_ascii_digit())
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    }) && text.len() <= 128
}

/// The hash that a target Secret carries of its data. Two can be compared, and none can be seen.
///
/// ```
/// use drift_model::source::external_secrets::DataHash;
/// use serde_json::json;
///
/// let secret = |hash: &str| json!({"metadata": {"annotations": {"reconcile.external-secrets.io/data-hash": hash}}});
/// let (before, after) = (DataHash::of(&secret("a1")).unwrap(), DataHash::of(&secret("b2")).unwrap());
/// assert!(before != after);
/// assert_eq!(format!("{before:?}"), "DataHash(sensitive)");
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct DataHash(String);

impl DataHash {
    /// The hash on this Secret, if there is one.
    #[must_use]
    pub fn of(secret: &Value) -> Option<Self> {
        let hash = secret.get("metadata")?.get("annotations")?.get(DATA_HASH)?.as_str()?;
        (!hash.is_empty()).then(|| Self(hash.to_owned()))
    }
}

impl fmt::Debug for DataHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataHash(sensitive)")
    }
}

#[cfg(test)]
mod tests;
