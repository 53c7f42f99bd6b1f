//! `assess`: documents in, decisions out.
//!
//! ```text
//! cargo run --release --example assess
//! cargo run --release --example assess -- observations FILE.jsonl
//! ```

#![forbid(unsafe_code)]

use std::process::ExitCode;

use drift_examples::assess;
use drift_examples::console::{Streams, Surroundings};

fn main() -> ExitCode {
    let mut streams =
        Streams { input: &mut std::io::stdin(), output: &mut std::io::stdout(), errors: &mut std::io::stderr() };
    assess::run(std::env::args_os(), &mut streams, &Surroundings::of_this_process()).into()
}
