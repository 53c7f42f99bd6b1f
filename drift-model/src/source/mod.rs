//! Readers: documents of real systems in, observations and facts out.

pub mod actors;
pub mod argocd;
pub mod cloudtrail;
pub mod external_secrets;
pub mod flux;
pub mod generic;
pub mod kubernetes;
pub mod kubernetes_audit;
pub mod managed_fields;
pub mod opentofu;

mod audit_log;
mod first_match;
#[cfg(test)]
mod mutation;
mod node;
mod opt_out;
mod status;

pub use self::audit_log::{LogProblem, LogReading};
pub use self::first_match::FirstMatch;
pub use self::opt_out::{Extent, OptOut, OptOutKind, Reach};
pub use self::status::{Prose, Setting, StatusError, StatusErrorKind, StatusProblem};
