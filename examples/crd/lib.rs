//! The documents of drift as custom resources: each `spec` that the library reads, in a kind of its own.
//!
//! A controller lists these objects, hands what it finds to `Policy::read`, and writes the diagnostics into their status;
//! what has the wrong shape the API server has refused before that.

use drift_diff::{EquivalenceRule, IgnoreRule, OwnershipRule};
use drift_model::DriftManagedUnit;
use drift_policy::{
    AlertRoutingSpec, AutoHealPolicy, DriftBudgetSpec, DriftClassificationSpec, DriftExceptionSpec,
    DriftPolicyTestSpec, DriftTaxonomySpec, ReconciliationPolicySpec,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{CustomResource, CustomResourceExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! resources {
    ($( $Resource:ident, $kind:literal: $Spec:ident($Inner:ty); )+) => {
        $(
            #[doc = concat!("`spec` of the custom resource `", $kind, "`.")]
            #[derive(Clone, CustomResource, Debug, Deserialize, JsonSchema, Serialize)]
            #[kube(group = "drift.example", version = "v1", kind = $kind, doc = "A document of drift.")]
            #[serde(transparent)]
            pub struct $Spec(pub $Inner);
        )+

        /// The definitions of all kinds.
        #[must_use]
        pub fn definitions() -> Vec<CustomResourceDefinition> {
            vec![ $( $Resource::crd(), )+ ]
        }
    };
}

resources! {
    DriftOwnershipRule, "DriftOwnershipRule": OwnershipRuleSpec(OwnershipRule);
    DriftEquivalenceRule, "DriftEquivalenceRule": EquivalenceRuleSpec(EquivalenceRule);
    DriftIgnoreRule, "DriftIgnoreRule": IgnoreRuleSpec(IgnoreRule);
    DriftTaxonomy, "DriftTaxonomy": TaxonomySpec(DriftTaxonomySpec);
    DriftClassification, "DriftClassification": ClassificationSpec(DriftClassificationSpec);
    DriftReconciliationPolicy, "DriftReconciliationPolicy": PolicySpec(ReconciliationPolicySpec);
    DriftAutoHealPolicy, "DriftAutoHealPolicy": AutoHealSpec(AutoHealPolicy);
    DriftException, "DriftException": ExceptionSpec(DriftExceptionSpec);
    DriftUnit, "DriftUnit": UnitSpec(DriftManagedUnit);
    DriftBudget, "DriftBudget": BudgetSpec(DriftBudgetSpec);
    DriftAlertRouting, "DriftAlertRouting": RoutingSpec(AlertRoutingSpec);
    DriftPolicyTest, "DriftPolicyTest": TestSpec(DriftPolicyTestSpec);
}
