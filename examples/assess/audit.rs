//! `--audit`: who did it, according to the audit log of the cluster.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::path::Path;

use drift_model::source::kubernetes_audit::{LOG, Reader, latest};
use drift_model::{
    Facts, LogCoverage, Observation, Register, RegisterCoverage, Report, Scope, Signal, Windows, correlate,
};

use super::input::Source;
use super::problem::Problem;

/// The events of a log.
#[derive(Debug)]
pub(super) struct Log {
    /// By the name of what they are about; under the empty name those about something without one.
    by_name: BTreeMap<String, Vec<Signal>>,
    /// Could every line be read?
    whole: bool,
}

impl Log {
    /// Reads a file of events, one a line. A line that is none is a problem, and the others are read all the same.
    pub(super) fn read(path: &Path, stdin: &mut dyn Read, problems: &mut Vec<Problem>) -> Self {
        let source = Source::new(path);
        let before = problems.len();
        let mut events = Vec::new();
        match source.open(stdin) {
            Err(problem) => problems.push(problem),
            Ok(lines) => {
                let reader = Reader::new();
                for (number, line) in (1_u64..).zip(lines.lines()) {
                    let place = format!("{source} line {number}");
                    match line {
                        Err(error) => {
                            problems.push(Problem::unreadable(&place, &error));
                            break;
                        }
                        Ok(line) if line.trim().is_empty() => {}
                        Ok(line) => match reader.read_line(&line) {
                            Ok(event) => events.push(event),
                            Err(error) => problems.push(
                                Problem::new(place, error.to_string())
                                    .help("an audit log has one event of `audit.k8s.io` a line"),
                            ),
                        },
                    }
                }
            }
        }
        let mut by_name: BTreeMap<String, Vec<Signal>> = BTreeMap::new();
        for event in latest(events).into_iter().filter(drift_model::AuditEvent::may_have_changed) {
            let name = event.target.as_ref().map(|target| target.resource.name.clone()).unwrap_or_default();
            by_name.entry(name).or_default().push(event.into());
        }
        Self { by_name, whole: problems.len() == before }
    }

    /// What the log tells of an observation. That it is complete, somebody has to say.
    pub(super) fn facts(&self, observation: &Observation, asserted: Option<&LogCoverage>) -> Facts {
        let of = |name: &str| self.by_name.get(name).into_iter().flatten().cloned();
        let mut signals: Vec<Signal> = of(&observation.resource.name).chain(of("")).collect();
        if let Some(coverage) = asserted {
            let mut said = RegisterCoverage::complete(Register::AuditLog);
            said.log = Some(LOG.to_owned());
            said.coverage = if self.whole { *coverage } else { LogCoverage::Partial };
            signals.push(Signal::timeless(Scope::everything(), Report::Coverage(said)));
        }
        correlate(observation, &signals, &Windows::default())
    }
}
