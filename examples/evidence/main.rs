//! `evidence`: ledgers verified, shown, exported and summed up.
//!
//! ```text
//! cargo run --release --example assess -- --ledger incident.jsonl
//! cargo run --release --example evidence -- verify incident.jsonl
//! ```

#![forbid(unsafe_code)]

use std::process::ExitCode;

use drift_examples::console::{Streams, Surroundings};
use drift_examples::evidence;

fn main() -> ExitCode {
    let mut streams =
        Streams { input: &mut std::io::stdin(), output: &mut std::io::stdout(), errors: &mut std::io::stderr() };
    evidence::run(std::env::args_os(), &mut streams, Surroundings::of_this_process().now).into()
}
