//! The envelope of every document that people write: `{apiVersion, kind, metadata, spec}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The kinds of document that people write.
    pub enum DocumentKind as "document kind" {
        /// Who owns which paths.
        DriftOwnershipRule = "DriftOwnershipRule",
        /// When two values mean the same.
        EquivalenceRule = "EquivalenceRule",
        /// Which differences are left aside.
        IgnoreRule = "IgnoreRule",
        /// Which domain a path belongs to.
        DriftTaxonomy = "DriftTaxonomy",
        /// Which class a change is of.
        DriftClassification = "DriftClassification",
        /// What to do.
        ReconciliationPolicy = "ReconciliationPolicy",
        /// What a machine may do alone.
        AutoHealPolicy = "AutoHealPolicy",
        /// How much drift is tolerated.
        DriftBudget = "DriftBudget",
        /// Who hears of it.
        AlertRouting = "AlertRouting",
        /// What is accepted, until when.
        DriftException = "DriftException",
        /// What is watched.
        DriftManagedUnit = "DriftManagedUnit",
        /// What the policy is expected to say.
        DriftPolicyTest = "DriftPolicyTest",
    }
}

/// `metadata` of a document.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Metadata {
    /// The name, by which diagnostics and traces call the document.
    pub name: String,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// Is this an API version that documents may have: any group, `v1` and later versions?
///
/// ```
/// assert!(drift_model::is_api_version("platform.example.com/v1"));
/// assert!(drift_model::is_api_version("drift.example/v1beta1"));
/// assert!(!drift_model::is_api_version("v1"));
/// ```
#[must_use]
pub fn is_api_version(text: &str) -> bool {
    let Some((group, version)) = text.rsplit_once('/') else { return false };
    let digit_after_v =
        version.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| ('1'..='9').contains(&c)));
    let alphanumeric = version.bytes().all(|byte| byte.is_ascii_alphanumeric());
    !group.is_empty() && !group.contains('/') && digit_after_v && alphanumeric
}
