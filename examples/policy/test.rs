//! `policy test PATH…`: runs the `DriftPolicyTest` documents among the documents of a policy.
//!
//! Failed expectations are printed as a diff, then the coverage. The run has failed where a case failed, where a document
//! cannot be used, and where there is no case at all: what was not tried has not passed.

use std::path::PathBuf;

use drift_policy::testing;

use super::documents::{self, Documents};
use crate::assess::Exit;
use crate::console::Streams;
use crate::console::paint::clean;

/// Runs the tests of the documents in these files and folders.
pub fn run(paths: &[PathBuf], streams: &mut Streams<'_>) -> Exit {
    let (engine, said) = Documents::of(paths, streams.input).engine(None);
    // Where nobody reads, the exit code still says it.
    drop(documents::print(&said, streams.errors));
    let Some(engine) = engine else { return Exit::Problem };
    let report = testing::run_documents(&engine);
    if report.cases.is_empty() {
        let help = "add a `DriftPolicyTest` document with `spec.cases`";
        drop(writeln!(streams.errors, "error: there is no test among these documents\n  help: {help}"));
        return Exit::Problem;
    }
    for line in report.to_string().lines() {
        drop(writeln!(streams.output, "{}", clean(line)));
    }
    if report.failed() == 0 { Exit::Fine } else { Exit::Problem }
}
