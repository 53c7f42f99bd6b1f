//! The programs of this folder, as functions of their arguments and streams, so that tests can run them in process.

#![forbid(unsafe_code)]

pub mod assess;
pub mod console;
pub mod evidence;
pub mod policy;

/// The README's program is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
