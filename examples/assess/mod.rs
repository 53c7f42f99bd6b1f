//! `assess`: documents in, decisions out.

mod audit;
mod cli;
mod engine;
mod facts;
pub(crate) mod incident;
mod kubernetes;
mod ledger;
mod opentofu;
mod output;
mod policy;
mod stream;
mod who;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read;
use std::process::ExitCode;

use drift_diff::Schema;
use drift_model::Observation;

use self::cli::{Cli, Command, FailOn, Format};
use self::facts::FactsFile;
use self::ledger::Ledger;
use self::output::table::Table;
use self::stream::{Session, Stop, Tally};
use crate::console::input::Source;
use crate::console::paint::Paint;
use crate::console::problem::Problem;
use crate::console::{self, Streams, Surroundings};

/// What a run comes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// In sync, or all that differs is excused; or nobody asked to fail.
    Fine = 0,
    /// Bad input.
    Problem = 1,
    /// Drift.
    Drift = 2,
    /// Unknown, and no drift.
    Unknown = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    const fn of(tally: &Tally, fail_on: FailOn) -> Self {
        let (on_drift, on_unknown) = match fail_on {
            FailOn::Never => (false, false),
            FailOn::Drift => (true, false),
            FailOn::Unknown => (true, true),
        };
        if tally.problems > 0 {
            Self::Problem
        } else if on_drift && tally.drifted > 0 {
            Self::Drift
        } else if on_unknown && tally.unknown > 0 {
            Self::Unknown
        } else {
            Self::Fine
        }
    }
}

/// Runs the program.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    streams: &mut Streams<'_>,
    surroundings: &Surroundings,
) -> Exit {
    let cli: Cli = match console::parsed(arguments, streams) {
        Ok(cli) => cli,
        Err(wrong) => return if wrong { Exit::Problem } else { Exit::Fine },
    };
    // What makes it impossible to go on is said at once, all of it.
    let mut problems = Vec::new();
    let (engine, mut said) = match policy::engine(&cli.common.policy, streams.input) {
        Ok((engine, said)) => (Some(engine), said),
        Err(found) => {
            problems.extend(found);
            (None, Vec::new())
        }
    };
    let facts = cli.common.facts.as_deref().map(|path| FactsFile::read(path, streams.input)).transpose();
    // Facts that cannot be read are unknown, which makes no decision bolder.
    let facts = facts.unwrap_or_else(|found| {
        said.extend(found);
        None
    });
    let ledger = cli.common.ledger.as_deref().map(Ledger::open).transpose().unwrap_or_else(|problem| {
        problems.push(problem);
        None
    });
    let Some(engine) = engine.filter(|_| problems.is_empty()) else {
        for problem in problems {
            drop(writeln!(streams.errors, "{problem}"));
        }
        return Exit::Problem;
    };
    let paint = Paint { colour: surroundings.colour, width: surroundings.width };
    let now = if cli.command.is_some() { surroundings.now } else { incident::now() };
    let mut session = Session {
        engine,
        facts: facts.unwrap_or_default(),
        now: cli.common.now.unwrap_or(now),
        format: cli.common.format,
        detail: cli.common.detail,
        ledger,
        table: Table::new(paint, cli.common.detail),
        tally: Tally::default(),
        output: streams.output,
        errors: streams.errors,
        // Lines that are written as they come would be torn apart by a bar.
        progress: surroundings.progress && (cli.common.format == Format::Table || !surroundings.terminal),
    };
    // A policy document that is wrong does not keep the good inputs from being answered; the run has failed all the same.
    for problem in &said {
        session.complain(problem);
    }
    let recovered = match &mut session.ledger {
        Some(ledger) => ledger.recover(session.now).map_err(Stop::Broken),
        None => Ok(()),
    };
    let stopped = recovered.and_then(|()| session.command(&cli, streams.input)).and_then(|()| session.finish(&cli));
    if let Err(Stop::Broken(problem)) = stopped {
        session.complain(&problem);
    }
    let default = if cli.command.is_some() { FailOn::Unknown } else { FailOn::Never };
    Exit::of(&session.tally, cli.common.fail_on.unwrap_or(default))
}

impl Session<'_> {
    fn command(&mut self, cli: &Cli, stdin: &mut dyn Read) -> Result<(), Stop> {
        match &cli.command {
            None => self.lines(&Source::Stdin, &mut incident::OBSERVATIONS.as_bytes()),
            Some(Command::Observations(of)) => {
                of.files.iter().try_for_each(|path| self.lines(&Source::new(path), stdin))
            }
            Some(Command::Kubernetes(of)) => {
                let (observations, schema, problems) = kubernetes::observations(of, &self.facts, self.now, stdin);
                self.documents(observations, schema, &problems)
            }
            Some(Command::Opentofu(of)) => {
                let (observations, schema, problems) = opentofu::observations(of, stdin);
                self.documents(observations, schema, &problems)
            }
        }
    }

    fn documents(&mut self, observations: Vec<Observation>, schema: Schema, problems: &[Problem]) -> Result<(), Stop> {
        if !schema.added().is_empty() {
            match self.engine.knowing(schema) {
                Ok(engine) => self.engine = engine,
                Err(found) => found.iter().for_each(|problem| self.complain(problem)),
            }
        }
        // A file of another kind than was meant says the same of every document in it.
        let mut by_file: BTreeMap<&str, u64> = BTreeMap::new();
        for problem in problems {
            let said = by_file.entry(problem.file()).or_default();
            *said = said.saturating_add(1);
            if *said <= stream::MAX_COMPLAINTS { self.complain(problem) } else { self.count(problem) }
        }
        for (file, said) in by_file {
            self.more(file, said, "documents have problems");
        }
        self.observations(observations)
    }

    fn finish(&mut self, cli: &Cli) -> Result<(), Stop> {
        if self.format == Format::Table {
            let paint = Table::new(Paint { colour: false, width: 0 }, self.detail);
            let table = std::mem::replace(&mut self.table, paint);
            let title = cli.command.is_none().then_some(incident::TITLE);
            let page = table.page(title, &self.tally, &self.engine.policy_digest());
            self.output.write_all(page.as_bytes())?;
        }
        self.output.flush()?;
        Ok(())
    }
}
