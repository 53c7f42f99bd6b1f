#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod assessment;
mod contract;
mod diagnostics;
mod documents;
mod engine;
mod finding;
mod heal;
mod policy;
mod table;
mod tree;

pub use drift_diff;
pub use drift_diff::drift_model;

pub use crate::assessment::Assessment;
pub use crate::contract::Contract;
pub use crate::diagnostics::{Diagnostic, Diagnostics, Severity};
pub use crate::documents::{
    Acknowledgement, AppliesTo, AutoHealPolicy, Classified, Domained, DriftException, HealMode, NamespaceSelector,
    Ruling,
};
#[cfg(feature = "schemars")]
pub use crate::documents::{
    AcknowledgementSpec, ClassificationRuleSpec, ClassifiedSpec, DecisionRuleSpec, DomainedSpec,
    DriftClassificationSpec, DriftExceptionSpec, DriftTaxonomySpec, Extends, ReconciliationPolicySpec, RulingSpec,
    TaxonomyRuleSpec, ValuesSpec, WhenSpec, json_schema,
};
pub use crate::engine::Engine;
pub use crate::policy::Policy;
pub use crate::table::{Case, Column, Columns, Condition, ConditionError, Decided, Rule, Table, TableError, When};
pub use crate::tree::{Authored, Tree};
