//! `--audit`: who did it, according to the audit log of the cluster.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::path::Path;

use drift_model::source::kubernetes_audit::{LOG, Reader, latest};
use drift_model::source::{LogProblem, LogReading};
use drift_model::{
    AuditEvent, Facts, LogCoverage, Observation, Register, RegisterCoverage, Report, Scope, Signal, Windows, correlate,
};

use crate::console::input::Source;
use crate::console::problem::Problem;

/// The events of a log.
#[derive(Debug)]
pub(super) struct Log {
    /// By the name of what they are about; under the empty name those about something without one.
    by_name: BTreeMap<String, Vec<Signal>>,
    /// Could every line be read?
    whole: bool,
}

impl Log {
    /// Reads a file of events: one document a line, or one over all lines. What is no event is a problem, and the others
    /// are read all the same.
    pub(super) fn read(path: &Path, stdin: &mut dyn Read, problems: &mut Vec<Problem>) -> Self {
        let source = Source::new(path);
        let before = problems.len();
        let mut events = Vec::new();
        let read = source.open(stdin).and_then(|text| read(&source, text, &mut events, problems));
        problems.extend(read.err());
        let mut by_name: BTreeMap<String, Vec<Signal>> = BTreeMap::new();
        for event in latest(events).into_iter().filter(AuditEvent::may_have_changed) {
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

fn read(
    source: &Source,
    mut text: Box<dyn BufRead + '_>,
    events: &mut Vec<AuditEvent>,
    problems: &mut Vec<Problem>,
) -> Result<(), Problem> {
    let reader = Reader::new();
    let place = |line: Option<usize>| line.map_or(source.to_string(), |line| format!("{source} line {line}"));
    let mut take = |log: LogReading<AuditEvent>, number: Option<usize>| {
        events.extend(log.events);
        problems.extend(log.problems.into_iter().map(|mut problem| {
            let line = problem.line.take();
            Problem::new(place(number.or(line)), problem.to_string())
                .help("an audit log has events of `audit.k8s.io`, one a line, or in an `EventList`")
        }));
    };
    let unreadable = |line| move |error: std::io::Error| Problem::unreadable(&place(line), &error);

    let mut head = String::new();
    while head.trim().is_empty() && text.read_line(&mut head).map_err(unreadable(None))? > 0 {}
    let begins_a_document = reader.read_text(&head).problems.iter().any(LogProblem::is_cut_short);
    if begins_a_document {
        text.read_to_string(&mut head).map_err(unreadable(None))?;
    }
    take(reader.read_text(&head), None);
    for (number, line) in (head.lines().count().saturating_add(1)..).zip(text.lines()) {
        take(reader.read_text(&line.map_err(unreadable(Some(number)))?), Some(number));
    }
    Ok(())
}
