//! Readers: documents of real systems in, observations out.

mod opentofu;

pub use self::opentofu::{
    InstanceAddress, InstanceKey, PlanContext, PlanCoverage, PlanError, PlanErrorKind, PlanMode, PlanProblem,
    PlanReading, Planned, read_plan,
};
