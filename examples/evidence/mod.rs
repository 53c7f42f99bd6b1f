//! `evidence`: ledgers verified, shown, exported and summed up.

mod cli;
mod export;
mod pr;
mod show;
mod stored;
mod summary;
mod verify;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use drift_evidence::Summary;
use drift_model::Timestamp;

use self::cli::{Cli, Command};
use self::stored::Stored;
use crate::console::problem::Problem;
use crate::console::{self, Streams};

/// What a run comes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// The ledger is intact, and what was asked for is printed.
    Fine = 0,
    /// Bad input.
    Problem = 1,
    /// A ledger is not what was written.
    Broken = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a run ends early.
#[derive(Debug)]
enum Stop {
    /// Something is wrong with the input.
    Problem(Problem),
    /// A ledger is not what was written.
    Broken(Problem),
    /// Nobody reads what is printed any more.
    Closed,
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<std::io::Error> for Stop {
    fn from(_: std::io::Error) -> Self {
        Self::Closed
    }
}

/// Runs the program.
pub fn run(arguments: impl IntoIterator<Item = OsString>, streams: &mut Streams<'_>, now: Timestamp) -> Exit {
    let cli: Cli = match console::parsed(arguments, streams) {
        Ok(cli) => cli,
        Err(wrong) => return if wrong { Exit::Problem } else { Exit::Fine },
    };
    let (problem, exit) = match command(&cli.command, streams, now).and_then(|()| Ok(streams.output.flush()?)) {
        Ok(()) | Err(Stop::Closed) => return Exit::Fine,
        Err(Stop::Problem(problem)) => (problem, Exit::Problem),
        Err(Stop::Broken(problem)) => (problem, Exit::Broken),
    };
    drop(writeln!(streams.errors, "{problem}"));
    exit
}

fn command(command: &Command, streams: &mut Streams<'_>, now: Timestamp) -> Result<(), Stop> {
    match command {
        Command::Verify(verify) => verify::run(verify, streams),
        Command::Checkpoint(of) => verify::checkpoint(of, streams),
        Command::Show(show) => show::run(show, &read(&show.ledger, streams)?, streams, now),
        Command::Export(export) => export::run(export, &read(&export.ledger, streams)?, streams, now),
        Command::Pr(pr) => pr::run(pr, &read(&pr.ledger, streams)?, streams),
        Command::Summary(of) => {
            let mut summary = Summary::default();
            for ledger in &of.ledgers {
                summary = summary.merge(read(ledger, streams)?.summary());
            }
            summary::run(of, &summary, streams, now)
        }
    }
}

/// A ledger for what it says.
fn read(path: &Path, streams: &mut Streams<'_>) -> Result<Stored, Stop> {
    let errors = &mut *streams.errors;
    Stored::read(path, streams.input, &mut |warning| drop(writeln!(errors, "{warning}")))
}
