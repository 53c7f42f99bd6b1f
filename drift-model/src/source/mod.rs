//! Readers: documents of real systems in, observations out.

pub mod kubernetes;
pub mod managed_fields;
