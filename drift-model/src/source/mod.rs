//! Readers: documents of real systems in, observations out.
