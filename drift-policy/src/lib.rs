#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod assessment;
mod budget;
mod contract;
mod diagnostics;
mod documents;
mod engine;
mod finding;
mod heal;
mod policy;
mod route;
mod seen;
mod table;
pub mod testing;
mod tree;

pub use drift_diff;
pub use drift_diff::drift_model;

pub use crate::assessment::Assessment;
pub use crate::budget::{BudgetReport, BudgetState, Episode, LimitReport};
pub use crate::contract::Contract;
pub use crate::diagnostics::{Diagnostic, Diagnostics, Severity};
pub use crate::documents::{
    Acknowledgement, AppliesTo, AutoHealPolicy, Classified, Domained, DriftBudget, DriftException, HealMode,
    HealSuspension, NamespaceSelector, Route, Ruling, Share, ShareError,
};
#[cfg(feature = "schemars")]
pub use crate::documents::{
    AcknowledgementSpec, AlertRoutingSpec, CaseSpec, ChangeSpec, ClassificationRuleSpec, ClassifiedSpec,
    DecisionRuleSpec, DomainedSpec, DriftBudgetSpec, DriftClassificationSpec, DriftExceptionSpec, DriftPolicyTestSpec,
    DriftTaxonomySpec, ExpectSpec, Extends, GivenSpec, ReconciliationPolicySpec, RouteSpec, RulingSpec,
    TaxonomyRuleSpec, ValuesSpec, WhenSpec, json_schema,
};
pub use crate::engine::Engine;
pub use crate::heal::{
    Batch, Candidate, Deed, DeedKind, FieldWrite, Fight, Flapping, Governor, HealPreview, Held, History, Overwritten,
    Untouched, fights,
};
pub use crate::policy::Policy;
pub use crate::route::Routed;
pub use crate::table::{
    Analysis, Case, Column, Columns, Comparison, Condition, ConditionError, Conflict, Decided, Difference, Need, Rule,
    Shadowed, Table, TableError, When, Witness,
};
pub use crate::tree::{Authored, Tree};
