//! `policy test PATH…`: runs the `DriftPolicyTest` documents among the documents of a policy.
//!
//! Failed expectations are printed as a diff, then the coverage. The run has failed where a case failed, where a document
//! cannot be used, and where there is no case at all: what was not tried has not passed.

use std::io::Read;
use std::path::PathBuf;

use drift_diff::Rules;
use drift_model::{Action, Method};
use drift_policy::{Authored, Contract, Diagnostics, Engine, Policy, Tree, testing};

use crate::assess::Exit;
use crate::console::Streams;
use crate::console::input;
use crate::console::paint::clean;
use crate::console::yaml::Dialect;

/// Runs the tests of the documents in these files and folders.
pub fn run(paths: &[PathBuf], streams: &mut Streams<'_>) -> Exit {
    let Some(documents) = documents(paths, streams) else { return Exit::Problem };
    let read = Policy::read(documents).and_then(|(policy, warnings)| Ok((engine(policy)?, warnings)));
    let (engine, warnings) = match read {
        Ok(read) => read,
        Err(problems) => {
            complain(&problems, streams);
            return Exit::Problem;
        }
    };
    complain(&warnings, streams);
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

/// Every document, in the order of the paths; `None` if one cannot be read, once everything that is wrong has been said.
fn documents(paths: &[PathBuf], streams: &mut Streams<'_>) -> Option<Vec<Authored>> {
    let mut stdin: &mut dyn Read = streams.input;
    let (mut read, mut whole) = (Vec::new(), true);
    for path in paths {
        let files = input::files(path).unwrap_or_else(|problem| {
            drop(writeln!(streams.errors, "{problem}"));
            whole = false;
            Vec::new()
        });
        for file in files {
            let (documents, problems) = input::documents::<Tree>(&file, Dialect::Core, &mut stdin);
            read.extend(documents.into_iter().map(|located| Authored::new(located.place, located.content)));
            for problem in problems {
                drop(writeln!(streams.errors, "{problem}"));
                whole &= problem.warning;
            }
        }
    }
    whole.then_some(read)
}

/// An engine for tests: what the contract names besides the policy is nobody's in particular.
fn engine(policy: Policy) -> Result<Engine, Diagnostics> {
    let contract = Contract::new()
        .owner("unowned")
        .source_of_truth("unstated")
        .observed_by(Method::ALL.iter().copied())
        .diffed_by(Rules::default())
        .decided_by(policy)
        .may(Action::ALL.iter().copied())
        .evidence_in("evidence://policy-test");
    Engine::compile(contract)
}

fn complain(problems: &Diagnostics, streams: &mut Streams<'_>) {
    for line in problems.to_string().lines() {
        drop(writeln!(streams.errors, "{}", clean(line)));
    }
}
