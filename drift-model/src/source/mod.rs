//! Readers: documents of real systems in, observations out.

pub mod managed_fields;
