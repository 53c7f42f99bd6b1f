//! Readers: documents of real systems in, observations out.

pub mod actors;
pub mod cloudtrail;
pub mod kubernetes;
pub mod kubernetes_audit;
pub mod managed_fields;
pub mod opentofu;
