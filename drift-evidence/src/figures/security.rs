//! `Security`: the view of those who keep it safe.

use drift_model::{Domain, DriftClass};
use serde::Serialize;

use super::distinct::Distinct;
use super::reading::Reading;
use super::spread::count;

/// Open findings that make something less safe (seeds S0.21.4).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Security {
    /// Who may do what: findings whose label stands for the domain IDENTITY.
    pub identity: u64,
    /// What can be reached from where: those of the domain NETWORK.
    pub network: u64,
    /// Secrets that were not delivered, or not taken up: class SECRET_DELIVERY_DRIFT.
    pub secret_freshness: u64,
    /// Artifacts that nobody signed or verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unverified_artifacts: Option<u64>,
    /// Changes through broken glass that are still there: class EMERGENCY_DRIFT, or one of those who may have made it is a
    /// BREAK_GLASS actor.
    pub break_glass_open: u64,
    /// Findings whose label stands for no domain that the reading knows. They may belong to any of the above.
    pub domain_not_known: u64,
}

impl Security {
    pub(super) fn read(findings: &[Distinct<'_>], reading: &Reading<'_>) -> Self {
        let open = || findings.iter().filter(|finding| finding.is_open()).map(|finding| finding.case);
        let domain = |label: &str| reading.labels.get(label).copied();
        let of = |wanted: Option<Domain>| count(open().filter(|case| domain(&case.domain) == wanted));
        Self {
            identity: of(Some(Domain::Identity)),
            network: of(Some(Domain::Network)),
            secret_freshness: count(open().filter(|case| case.drift_class == DriftClass::SecretDeliveryDrift)),
            unverified_artifacts: (!reading.unverified.is_empty())
                .then(|| count(open().filter(|case| reading.unverified.contains(case.domain.as_str())))),
            break_glass_open: count(open().filter(|case| case.is_break_glass())),
            domain_not_known: of(None),
        }
    }
}
