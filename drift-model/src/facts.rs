//! `Facts`: what is known beside the change, each of it known, stale or unknown.

mod actor;
mod state;

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

pub use self::actor::{Actor, ActorKind};
pub use self::state::{
    ChangeRecord, ChangeRecordState, CostStatus, Dependency, ExceptionWindow, Freeze, Freshness, HealthStatus,
    Incident, IncidentState, LogCoverage, Reconcile, ReconcileState, RecordAddress, SourceStatus, SourceStep,
    Suspension, SyncStatus, Upgrade, Upgraded, Validity, Violation, YesNo,
};
use crate::secret_sync::SecretSync;
use crate::texts::Texts;
use crate::time::Timestamp;

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
    /// Does the record know the resource by the address under which it is declared?
    record_address: RecordAddress,
    /// Is the resource sound as it is?
    validity: Validity,
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
}
