#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod diagnostics;
mod documents;
mod policy;
mod table;
mod tree;

pub use crate::diagnostics::{Diagnostic, Diagnostics, Severity};
pub use crate::documents::{
    Acknowledgement, AppliesTo, AutoHealPolicy, Classified, Domained, DriftException, HealMode, NamespaceSelector, Ruling,
};
pub use crate::policy::Policy;
pub use crate::table::{Case, Column, Columns, Condition, ConditionError, Decided, Rule, Table, TableError, When};
pub use crate::tree::{Authored, Tree};
