//! `policy`: policy documents checked, compared, tested and explained.

mod check;
mod cli;
mod compare;
mod documents;
mod explain;
pub mod test;

use std::ffi::OsString;
use std::process::ExitCode;

use drift_model::Timestamp;

use self::cli::{Cli, Command};
use crate::assess;
use crate::console::{self, Streams};

/// What a run comes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// Nothing is wrong, nothing failed, nothing differs.
    Fine = 0,
    /// Documents that cannot be used, a failed test, bad input.
    Problem = 1,
    /// Two policies decide differently.
    Different = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Runs the program.
pub fn run(arguments: impl IntoIterator<Item = OsString>, streams: &mut Streams<'_>, now: Timestamp) -> Exit {
    let cli: Cli = match console::parsed(arguments, streams) {
        Ok(cli) => cli,
        Err(wrong) => return if wrong { Exit::Problem } else { Exit::Fine },
    };
    match &cli.command {
        Command::Check(check) => check::run(check, streams, now),
        Command::Compare(compare) => compare::run(compare, streams),
        Command::Explain(explain) => explain::run(explain, streams, now),
        Command::Test(of) => match test::run(&of.paths, streams) {
            assess::Exit::Fine => Exit::Fine,
            assess::Exit::Problem | assess::Exit::Drift | assess::Exit::Unknown => Exit::Problem,
        },
    }
}
