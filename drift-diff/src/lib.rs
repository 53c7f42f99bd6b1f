#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod builtin;
mod change;
mod compare;
mod delta;
mod equivalence;
mod exposing;
#[cfg(feature = "schemars")]
mod json_schema;
mod likeness;
mod list;
mod mask;
mod patch;
mod place;
mod relational;
mod rules;
mod schema;
mod shipped;
mod walk;

pub use drift_model;
pub use json_patch;

pub use crate::compare::{Comparer, RuleError, Rules};
pub use crate::delta::{Delta, FieldChange};
pub use crate::equivalence::{
    Equality, Parameters, Quantity, QuantityError, QuantityFormat, Same, equal, equal_or_absent,
};
pub use crate::patch::{
    ApplyBody, Left, LeftOut, Mandate, NoApplyBody, Patch, PatchError, PatchErrorKind, PatchKind, Settled,
    ShownOperation, ShownPatch, Why,
};
pub use crate::relational::{Excuses, Relations};
pub use crate::rules::{
    ControllerClaim, EquivalenceRule, IgnoreRule, Named, OwnershipRule, ResourceSelector, Selector, SelectorError,
};
pub use crate::schema::{Leaf, ListKey, ListKind, Schema, SchemaError, Shape};
pub use crate::shipped::{AWS_RULES, KUBERNETES_RULES};
