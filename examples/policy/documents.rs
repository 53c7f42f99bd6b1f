//! Reading policy documents: what cannot be read is a diagnostic like any other.

use std::io::{Read, Write};
use std::path::PathBuf;

use drift_diff::Rules;
use drift_model::{Action, Method, Timestamp};
use drift_policy::{Authored, Contract, Diagnostic, Engine, Policy, Severity};

use crate::console::input::{self, Located};
use crate::console::paint::clean;
use crate::console::problem::Problem;

/// Documents as far as they could be read, and what is to be said of them.
pub(super) struct Documents {
    pub(super) read: Vec<Authored>,
    pub(super) said: Vec<Diagnostic>,
}

impl Documents {
    /// Every document of these files and folders, in order.
    pub(super) fn of(paths: &[PathBuf], stdin: &mut dyn Read) -> Self {
        let mut documents = Self { read: Vec::new(), said: Vec::new() };
        for path in paths {
            match input::files(path) {
                Ok(files) => {
                    for file in files {
                        let (read, problems) = input::authored(&file, stdin);
                        let authored = |Located { place, content, .. }| Authored::new(place, content);
                        documents.read.extend(read.into_iter().map(authored));
                        documents.said.extend(problems.iter().map(unreadable));
                    }
                }
                Err(problem) => documents.said.push(unreadable(&problem)),
            }
        }
        documents
    }

    /// The engine, if nothing is wrong with the documents, and everything that is to be said of them.
    pub(super) fn engine(self, now: Option<Timestamp>) -> (Option<Engine>, Vec<Diagnostic>) {
        let Self { read, mut said } = self;
        let engine = match Policy::read_at(read, now) {
            Ok((policy, warnings)) => {
                said.extend(warnings);
                engine(policy).map_err(|found| said.extend(found)).ok()
            }
            Err(found) => {
                said.extend(found);
                None
            }
        };
        let usable = said.iter().all(|found| found.severity == Severity::Warning);
        (engine.filter(|_| usable), said)
    }
}

/// An engine for looking at a policy: what the contract names besides is nobody's in particular.
fn engine(policy: Policy) -> Result<Engine, drift_policy::Diagnostics> {
    let contract = Contract::new()
        .owner("unowned")
        .source_of_truth("unstated")
        .observed_by(Method::ALL.iter().copied())
        .diffed_by(Rules::default())
        .decided_by(policy)
        .may(Action::ALL.iter().copied())
        .evidence_in("evidence://policy");
    Engine::compile(contract)
}

fn unreadable(problem: &Problem) -> Diagnostic {
    let severity = if problem.warning { Severity::Warning } else { Severity::Error };
    let found = Diagnostic::new(severity, "unreadable", problem.place.as_str(), "", problem.message.as_str());
    match &problem.help {
        Some(help) => found.with_help(help.as_str()),
        None => found,
    }
}

/// Prints diagnostics for people. What a document says must not steer the terminal.
pub(super) fn print(said: &[Diagnostic], output: &mut dyn Write) -> std::io::Result<()> {
    for line in said.iter().map(ToString::to_string).flat_map(|text| text.lines().map(clean).collect::<Vec<_>>()) {
        writeln!(output, "{line}")?;
    }
    Ok(())
}
