//! `policy`: policy documents checked, compared, tested and explained.
//!
//! ```text
//! cargo run --release --example policy -- check examples/policy/shop
//! cargo run --release --example policy -- compare OLD NEW
//! ```

#![forbid(unsafe_code)]

use std::process::ExitCode;

use drift_examples::console::{Streams, Surroundings};
use drift_examples::policy;

fn main() -> ExitCode {
    let mut streams =
        Streams { input: &mut std::io::stdin(), output: &mut std::io::stdout(), errors: &mut std::io::stderr() };
    policy::run(std::env::args_os(), &mut streams, Surroundings::of_this_process().now).into()
}
