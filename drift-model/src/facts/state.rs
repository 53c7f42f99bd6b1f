//! What a fact may say: its state, and the particulars that go with it.

use serde::{Deserialize, Serialize};

use crate::taxonomy::Risk;
use crate::time::Timestamp;
use crate::vocabulary::vocabulary;

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
    /// Does the record know a resource by the address under which it is declared?
    RecordAddress as "record address" {
        /// Yes.
        Current = "CURRENT",
        /// No, by one from before a refactor.
        Former = "FORMER",
    }
    /// Is a resource sound as it is?
    Validity as "validity" {
        /// Yes.
        Valid = "VALID",
        /// No: it is tainted, or half made, and nothing but another in its place puts that right.
        Invalid = "INVALID",
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
    fn a_source_is_ok_only_when_every_step_is_known_to_be() {
        let read = |value| serde_json::from_value::<SourceStatus>(value).unwrap().overall();
        assert_eq!(read(json!({"fetched": "OK", "applied": "FAILED"})), Some(SourceStep::Failed));
        assert_eq!(read(json!({"fetched": "OK"})), None);
        let all = json!({"fetched": "OK", "rendered": "OK", "decrypted": "OK", "applied": "OK", "observed": "OK"});
        assert_eq!(read(all), Some(SourceStep::Ok));
    }
}
