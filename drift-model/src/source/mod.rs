//! Readers: documents of real systems in, observations out.

pub mod kubernetes;
pub mod managed_fields;
mod opentofu;

pub use self::opentofu::{
    InstanceAddress, InstanceKey, PlanContext, PlanCoverage, PlanError, PlanErrorKind, PlanMode, PlanProblem,
    PlanReading, Planned, read_plan,
};
