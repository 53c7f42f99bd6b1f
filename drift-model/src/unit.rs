//! `DriftManagedUnit`: one entry of the registry of what is watched.

mod frequency;
mod problem;
mod validate;

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

pub use self::frequency::Frequency;
pub use self::problem::UnitProblem;
use crate::facts::{Fact, Facts, Freshness};
use crate::taxonomy::Risk;
use crate::time::{Span, Timestamp};

/// One unit that is watched for drift, and how: `spec` of a `DriftManagedUnit` (seeds S0.22, S0.7.2).
///
/// A registry of units makes drift detection something that can be reasoned about, and lets every unit be read with a
/// credential of its own instead of one that reads them all.
///
/// ```
/// use drift_model::{DriftManagedUnit, Freshness, Span};
///
/// let unit: DriftManagedUnit = drift_model::from_json(r#"{
///     "type": "opentofu-stack", "owner": "platform-network", "environment": "prod", "riskTier": "critical",
///     "source": {"repo": "github.com/acme/infra-live", "path": "prod/eu-west-1/payments/network"},
///     "schedule": {"frequency": "hourly"}}"#)?;
/// assert_eq!(unit.schedule.frequency.span(), Span::from_seconds(3_600));
/// assert!(unit.validate().is_empty());
/// // No result is not no drift: a detector that was silent for too long is stale, not green.
/// assert_eq!(unit.freshness(None, "2026-07-03T10:00:00Z".parse()?), Freshness::Stale);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct DriftManagedUnit {
    /// What kind of unit it is: `opentofu-stack`, `argocd-application`.
    #[serde(rename = "type")]
    pub unit_type: String,
    /// The accountable team.
    pub owner: String,
    /// The environment: `prod`, `staging`.
    pub environment: String,
    /// The tier of risk. One of `info`, `low`, `medium`, `high` and `critical`, in any case, is checked against the
    /// schedule.
    pub risk_tier: String,
    /// Where the desired state is kept.
    pub source: UnitSource,
    /// Where the record is kept, for units that keep one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<UnitState>,
    /// As whom the unit is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<UnitCredentials>,
    /// How often the unit is looked at.
    pub schedule: UnitSchedule,
    /// What may be done alone, and what must be done by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<UnitPolicies>,
    /// Where the evidence is kept, and for how long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<UnitEvidence>,
}

/// Where the desired state of a unit is kept.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct UnitSource {
    /// The repository.
    pub repo: String,
    /// The folder in the repository; its root if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The branch or tag that is authoritative; the repository's own choice if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

/// Where the record of a unit is kept.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct UnitState {
    /// The backend: `s3`, `gcs`, `http`.
    pub backend: String,
    /// The key of the record in the backend.
    pub key: String,
}

/// As whom a unit is read.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct UnitCredentials {
    /// The role that the detector assumes for this unit, and for this unit alone.
    pub oidc_role: String,
}

/// How often a unit is looked at, and what keeps the looking from doing harm (seeds S0.7.2).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct UnitSchedule {
    /// The time from one look to the next.
    pub frequency: Frequency,
    /// How old a result may be before it is stale; two looks if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_after: Option<Span>,
    /// How long a look waits for the lock of the record before it gives up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_timeout: Option<Span>,
    /// How many requests a minute a look may send to the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<NonZeroU32>,
}

/// What may be done alone in a unit, and what must be done by hand.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct UnitPolicies {
    /// May a machine heal here at all? No, unless it is said.
    #[serde(default)]
    pub auto_heal: bool,
    /// Must a change by hand have an incident? No, unless it is said.
    #[serde(default)]
    pub require_incident_for_manual_change: bool,
}

/// Where the evidence of a unit is kept, and for how long.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct UnitEvidence {
    /// For how long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Span>,
    /// Where: `s3://evidence/iac-drift`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
}

impl DriftManagedUnit {
    /// Everything that is wrong with the unit by itself, in the order of its fields.
    #[must_use]
    pub fn validate(&self) -> Vec<UnitProblem> {
        validate::one(self)
    }

    /// Everything that is wrong with the units of a registry, each by itself and beside the others; every problem with the
    /// position of its unit. Sorted by position; what a unit has in common with an earlier one comes last.
    ///
    /// Credentials are a boundary: a role that reads the units of several owners or environments is one that nobody should
    /// have. So are records: two units on one record wait for each other's lock.
    #[must_use]
    pub fn validate_all(units: &[&Self]) -> Vec<(usize, UnitProblem)> {
        validate::all(units)
    }

    /// The tier of risk, where it is one of the five words.
    #[must_use]
    pub fn risk(&self) -> Option<Risk> {
        self.risk_tier.to_ascii_uppercase().parse().ok()
    }

    /// How old a result may be: what the schedule says, or two looks.
    #[must_use]
    pub fn stale_after(&self) -> Span {
        self.schedule
            .stale_after
            .unwrap_or_else(|| Span::from_seconds(self.schedule.frequency.span().seconds().saturating_mul(2)))
    }

    /// Is the last result current? None at all is STALE, and so is one that is further in the future than it may be old.
    #[must_use]
    pub fn freshness(&self, last_result: Option<Timestamp>, now: Timestamp) -> Freshness {
        let limit = self.stale_after();
        let fresh = last_result.is_some_and(|last| now.since(last) <= limit && last.since(now) <= limit);
        if fresh { Freshness::Fresh } else { Freshness::Stale }
    }

    /// What the registry knows of every resource of the unit: environment, tier of risk and owner.
    #[must_use]
    pub fn facts(&self) -> Facts {
        Facts {
            environment: Fact::Known(self.environment.clone()),
            risk_tier: Fact::Known(self.risk_tier.clone()),
            owner: Fact::Known(self.owner.clone()),
            ..Facts::default()
        }
    }
}

#[cfg(test)]
mod tests;
