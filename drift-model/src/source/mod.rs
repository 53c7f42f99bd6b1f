//! Readers: documents of real systems in, observations and facts out.
//!
//! | document | reader | gives |
//! |---|---|---|
//! | manifests and live objects, Helm manifests, last-applied | [`kubernetes`] | observations |
//! | `metadata.managedFields` | [`managed_fields`] | claims |
//! | `show -json` of a plan, state file, provider schemas | [`opentofu`] | observations |
//! | any other JSON | [`generic`] | an observation |
//! | Argo CD `Application` | [`argocd`] | facts, opt-outs |
//! | Flux `Kustomization`, `HelmRelease`, sources | [`flux`] | facts, opt-outs |
//! | `ExternalSecret` | [`external_secrets`] | facts |
//! | Kubernetes audit log | [`kubernetes_audit`] | [events](crate::AuditEvent), which [`correlate`](crate::correlate) joins into facts |
//! | CloudTrail log | [`cloudtrail`] | the same |
//! | rules about identities in such logs | [`actors`] | what the two above go by |
//!
//! All of them take documents that were parsed already, or text, and read no file. They keep what they do not know and are
//! strict about what they read: a part that cannot be read makes that part unknown and is told with its place, never with
//! its value, and the parts beside it are answered. What a document cannot say is an argument, and is unknown without it.

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
