//! `Facts`: what is known beside the change, each of it known, stale or unknown.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::secret_sync::SecretSync;
use crate::taxonomy::Risk;
use crate::texts::Texts;
use crate::time::Timestamp;
use crate::vocabulary::vocabulary;

/// One fact. A fact that nobody supplied is unknown, and unknown is not a default.
///
/// On the wire a known fact is its value, a stale one `{"value": …, "staleSince": "…"}`, an unknown one is left out.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "what can be known of a fact is the model")]
pub enum Fact<T> {
    /// Nobody said.
    #[default]
    Unknown,
    /// So it is.
    Known(T),
    /// So it was; nobody looked since then.
    Stale {
        /// How it was.
        value: T,
        /// The last moment for which it was known.
        since: Timestamp,
    },
}

impl<T> Fact<T> {
    /// The value, if it is known now. What is stale decides nothing.
    #[must_use]
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown | Self::Stale { .. } => None,
        }
    }

    /// The value, known or stale: for showing, not for deciding.
    #[must_use]
    pub const fn last_known(&self) -> Option<&T> {
        match self {
            Self::Known(value) | Self::Stale { value, .. } => Some(value),
            Self::Unknown => None,
        }
    }

    /// Did nobody say?
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    fn or(self, other: &Self) -> Self
    where
        T: Clone,
    {
        if self.is_unknown() { other.clone() } else { self }
    }
}

impl<T> From<T> for Fact<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: Serialize> Serialize for Fact<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Stale<'a, T> {
            value: &'a T,
            stale_since: &'a Timestamp,
        }
        match self {
            Self::Unknown => serializer.serialize_none(),
            Self::Known(value) => value.serialize(serializer),
            Self::Stale { value, since } => Stale { value, stale_since: since }.serialize(serializer),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Fact<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut value = Value::deserialize(deserializer)?;
        // The text of these errors may repeat a value; the readers of this crate strip that.
        let read = |value: Value| serde_json::from_value::<T>(value).map_err(D::Error::custom);
        let since = value.as_object_mut().and_then(|map| map.remove("staleSince"));
        match since {
            Some(since) => {
                let since = serde_json::from_value(since).map_err(D::Error::custom)?;
                let inner = value.as_object_mut().and_then(|map| map.remove("value"));
                Ok(Self::Stale { value: read(inner.ok_or_else(|| D::Error::missing_field("value"))?)?, since })
            }
            None if value.is_null() => Ok(Self::Unknown),
            None => read(value).map(Self::Known),
        }
    }
}

/// A fact with a state and particulars may be given as the state alone: `"incident": "NONE"`.
fn state_or_object<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<Fact<T>, D::Error> {
    let fact = <Fact<Value>>::deserialize(deserializer)?;
    let read = |value: Value| {
        let value = if value.is_string() { serde_json::json!({ "state": value }) } else { value };
        serde_json::from_value::<T>(value).map_err(D::Error::custom)
    };
    Ok(match fact {
        Fact::Unknown => Fact::Unknown,
        Fact::Known(value) => Fact::Known(read(value)?),
        Fact::Stale { value, since } => Fact::Stale { value: read(value)?, since },
    })
}

macro_rules! facts {
    ($( $(#[$meta:meta])* $name:ident : $Type:ty, )+) => {
        /// What is known beside the change: the thirteen kinds of context of seeds S0.11.1, and what the detection
        /// points report.
        ///
        /// ```
        /// use drift_model::{Facts, IncidentState};
        ///
        /// let facts: Facts = serde_json::from_str(r#"{"environment": "prod", "incident": "NONE"}"#)?;
        /// assert_eq!(facts.environment.known().map(String::as_str), Some("prod"));
        /// assert_eq!(facts.incident.known().map(|incident| incident.state), Some(IncidentState::None));
        /// // Nobody said anything about a freeze.
        /// assert!(facts.freeze.is_unknown());
        /// # Ok::<(), serde_json::Error>(())
        /// ```
        #[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
        #[serde(rename_all = "camelCase", default)]
        #[non_exhaustive]
        pub struct Facts {
            /// The moment for which all of this holds. Not on the wire: whoever calls knows what time it is.
            #[serde(skip)]
            pub now: Option<Timestamp>,
            $( $(#[$meta])* #[serde(skip_serializing_if = "Fact::is_unknown")] pub $name: Fact<$Type>, )+
        }

        impl Facts {
            /// These facts, and for those that are unknown the ones of `other`.
            #[must_use]
            pub fn or(self, other: &Self) -> Self {
                Self { now: self.now.or(other.now), $( $name: self.$name.or(&other.$name), )+ }
            }
        }

        impl Texts for Facts {
            fn texts(&mut self, see: &mut dyn FnMut(&mut String)) {
                $( self.$name.texts(see); )+
            }
        }
    };
}

facts! {
    /// `prod`, `staging` …
    environment: String,
    /// The platform's tier of the workload.
    tier: String,
    /// The tier of risk that the unit is registered with.
    risk_tier: String,
    /// How critical the service is.
    service_criticality: String,
    /// How the data is classified.
    data_classification: String,
    /// Which customers are affected.
    customer_tier: String,
    /// The accountable team.
    owner: String,
    /// The frameworks that the resource is in scope of.
    compliance_scope: Vec<String>,
    /// Who may have caused the change. Several are candidates, none is picked.
    actors: Vec<Actor>,
    /// Does the log that the actors come from cover the window?
    log_coverage: LogCoverage,
    /// A matching incident.
    #[serde(deserialize_with = "state_or_object")]
    incident: Incident,
    /// A matching pull request or change record.
    #[serde(deserialize_with = "state_or_object")]
    change_record: ChangeRecord,
    /// An exception in whose window this falls.
    exception: ExceptionWindow,
    /// Is there a change freeze?
    freeze: Freeze,
    /// Desired against live, as the GitOps controller says.
    sync: SyncStatus,
    /// Operational health, which is another axis than sync.
    health: HealthStatus,
    /// How far the controller came with its source.
    source: SourceStatus,
    /// The last reconciliation.
    #[serde(deserialize_with = "state_or_object")]
    reconcile: Reconcile,
    /// Is reconciliation paused?
    #[serde(deserialize_with = "state_or_object")]
    suspended: Suspension,
    /// Is the desired plane current?
    desired_freshness: Freshness,
    /// Is the actual plane current?
    actual_freshness: Freshness,
    /// The last successful apply.
    last_applied_at: Timestamp,
    /// The last successful reconciliation.
    last_reconciled_at: Timestamp,
    /// The last provider or controller upgrade.
    last_upgrade: Upgrade,
    /// Policies that the resource violates now.
    violations: Vec<Violation>,
    /// How far a secret came.
    secret_sync: SecretSync,
    /// Did something that this resource depends on change?
    dependency: Dependency,
    /// Can the action be taken back?
    reversible: YesNo,
    /// Is cost within its model?
    cost: CostStatus,
    /// The named conditions of ownership rules.
    conditions: BTreeMap<String, bool>,
    /// The labels of the namespace, by which an auto-heal policy is scoped.
    namespace_labels: BTreeMap<String, String>,
    /// The version of the policy in force.
    policy_version: String,
}

impl Facts {
    /// Nothing known but the time.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self { now: Some(now), ..Self::default() }
    }

    /// Does a named condition hold? `None` where nobody said.
    #[must_use]
    pub fn condition(&self, name: &str) -> Option<bool> {
        self.conditions.known().and_then(|conditions| conditions.get(name)).copied()
    }
}

vocabulary! {
    /// What kind of actor changed something.
    pub enum ActorKind as "actor kind" {
        /// A person.
        Human = "HUMAN",
        /// A delivery pipeline.
        Pipeline = "PIPELINE",
        /// A controller.
        Controller = "CONTROLLER",
        /// Another service.
        Service = "SERVICE",
        /// An emergency identity.
        BreakGlass = "BREAK_GLASS",
        /// The root of an account.
        Root = "ROOT",
        /// The log covers the window, and names nobody.
        Unattributed = "UNATTRIBUTED",
    }
}

/// Somebody who may have caused a change.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Actor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// Who, in the terms of the source.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The log that says so: `kubernetes-audit`, `cloudtrail`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// When the change was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Through whom: the role assumed, the user impersonated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
}

impl Actor {
    /// An actor of this kind with this identity.
    #[must_use]
    pub fn new(kind: ActorKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into(), source: String::new(), at: None, via: None }
    }
}

macro_rules! words {
    ($( $(#[$meta:meta])* $Name:ident as $noun:literal { $( $(#[$vmeta:meta])* $Variant:ident = $word:literal, )+ } )+) => { $(
        vocabulary! {
            $(#[$meta])*
            pub enum $Name as $noun { $( $(#[$vmeta])* $Variant = $word, )+ }
        }
    )+ };
}

words! {
    /// Does a log cover the window in question?
    LogCoverage as "log coverage" {
        /// All of it.
        Complete = "COMPLETE",
        /// Some of it.
        Partial = "PARTIAL",
    }
    /// The state of an incident.
    IncidentState as "incident state" {
        /// There is one, and it is open.
        Open = "OPEN",
        /// There was one.
        Closed = "CLOSED",
        /// There is none.
        None = "NONE",
    }
    /// Is there a change record for this change?
    ChangeRecordState as "change record state" {
        /// One that matches.
        Matched = "MATCHED",
        /// One for the resource, but for something else.
        Unmatched = "UNMATCHED",
        /// None.
        None = "NONE",
    }
    /// Is there a change freeze?
    Freeze as "freeze" {
        /// Yes.
        On = "ON",
        /// No.
        Off = "OFF",
    }
    /// Desired against live, as the controller says.
    SyncStatus as "sync status" {
        /// Equal.
        Synced = "SYNCED",
        /// Different.
        OutOfSync = "OUT_OF_SYNC",
    }
    /// Operational health.
    HealthStatus as "health" {
        /// Works.
        Healthy = "HEALTHY",
        /// On its way.
        Progressing = "PROGRESSING",
        /// Paused.
        Suspended = "SUSPENDED",
        /// Not there.
        Missing = "MISSING",
        /// Does not work.
        Degraded = "DEGRADED",
    }
    /// How a step of the source went.
    SourceStep as "source step" {
        /// It succeeded.
        Ok = "OK",
        /// It failed.
        Failed = "FAILED",
    }
    /// How a reconciliation went.
    ReconcileState as "reconcile state" {
        /// It converged.
        Succeeded = "SUCCEEDED",
        /// It gave up.
        Failed = "FAILED",
        /// It is running.
        InProgress = "IN_PROGRESS",
        /// It failed and tries again.
        Retrying = "RETRYING",
        /// It cannot make progress.
        Stalled = "STALLED",
    }
    /// Yes or no.
    YesNo as "answer" {
        /// Yes.
        Yes = "YES",
        /// No.
        No = "NO",
    }
    /// Is an observation current?
    Freshness as "freshness" {
        /// Current.
        Fresh = "FRESH",
        /// Too old.
        Stale = "STALE",
    }
    /// What was upgraded.
    Upgraded as "upgraded part" {
        /// A provider.
        Provider = "PROVIDER",
        /// A controller.
        Controller = "CONTROLLER",
    }
    /// Did a dependency change?
    Dependency as "dependency" {
        /// Yes.
        Changed = "CHANGED",
        /// No.
        Unchanged = "UNCHANGED",
    }
    /// Is cost within its model?
    CostStatus as "cost" {
        /// Yes.
        Within = "WITHIN",
        /// No.
        Over = "OVER",
    }
}

/// A matching incident.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Incident {
    /// Its state.
    pub state: IncidentState,
    /// Its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// A matching pull request or change record.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ChangeRecord {
    /// Does it match?
    pub state: ChangeRecordState,
    /// Its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Does it accept what runs as what should be?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepts_runtime: Option<bool>,
}

/// An exception in whose window a change falls.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ExceptionWindow {
    /// Its name.
    pub id: String,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
}

/// How far a controller came with its source.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SourceStatus {
    /// Could it fetch?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetched: Option<SourceStep>,
    /// Could it render?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rendered: Option<SourceStep>,
    /// Could it decrypt?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decrypted: Option<SourceStep>,
    /// Could it apply?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<SourceStep>,
    /// Could it observe the result?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<SourceStep>,
}

impl SourceStatus {
    /// FAILED if a step failed, OK if all went well, `None` if a step is unknown and none failed.
    #[must_use]
    pub fn overall(&self) -> Option<SourceStep> {
        let steps = [self.fetched, self.rendered, self.decrypted, self.applied, self.observed];
        if steps.contains(&Some(SourceStep::Failed)) {
            Some(SourceStep::Failed)
        } else {
            steps.iter().all(|step| *step == Some(SourceStep::Ok)).then_some(SourceStep::Ok)
        }
    }
}

/// The last reconciliation.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Reconcile {
    /// How it went.
    pub state: ReconcileState,
    /// How often it was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u64>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Why it cannot converge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A pause of reconciliation.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Suspension {
    /// Is it paused?
    pub state: YesNo,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// An upgrade of a provider or controller.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Upgrade {
    /// What was upgraded.
    pub what: Upgraded,
    /// Its name.
    pub name: String,
    /// The version before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The version after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// A policy that a resource violates.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Violation {
    /// Which policy.
    pub policy: String,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// How bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Risk>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_state_may_stand_for_the_object() {
        let read = |value| serde_json::from_value::<Facts>(value).unwrap();
        assert_eq!(read(json!({"incident": "OPEN"})), read(json!({"incident": {"state": "OPEN"}})));
        assert_eq!(
            read(json!({"suspended": "NO", "reconcile": "STALLED"})).suspended.known().unwrap().state,
            YesNo::No
        );
    }

    #[test]
    fn law_3_no_result_is_not_no_drift_a_stale_fact_decides_nothing() {
        let facts: Facts =
            serde_json::from_value(json!({"freeze": {"value": "OFF", "staleSince": "2026-07-01T00:00:00Z"}})).unwrap();
        assert_eq!(facts.freeze.known(), None);
        assert_eq!(facts.freeze.last_known(), Some(&Freeze::Off));
        assert_eq!(
            serde_json::to_value(&facts).unwrap(),
            json!({"freeze": {"value": "OFF", "staleSince": "2026-07-01T00:00:00Z"}})
        );
    }

    #[test]
    fn facts_of_the_observation_win_and_the_rest_is_filled_in() {
        let mine: Facts = serde_json::from_value(json!({"environment": "prod"})).unwrap();
        let rest: Facts = serde_json::from_value(json!({"environment": "dev", "owner": "payments"})).unwrap();
        assert_eq!(serde_json::to_value(mine.or(&rest)).unwrap(), json!({"environment": "prod", "owner": "payments"}));
    }

    #[test]
    fn a_source_is_ok_only_when_every_step_is_known_to_be() {
        let read = |value| serde_json::from_value::<SourceStatus>(value).unwrap().overall();
        assert_eq!(read(json!({"fetched": "OK", "applied": "FAILED"})), Some(SourceStep::Failed));
        assert_eq!(read(json!({"fetched": "OK"})), None);
        let all = json!({"fetched": "OK", "rendered": "OK", "decrypted": "OK", "applied": "OK", "observed": "OK"});
        assert_eq!(read(all), Some(SourceStep::Ok));
    }
}
