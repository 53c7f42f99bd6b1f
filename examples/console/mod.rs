//! What all programs of this folder share: streams, files, YAML and JSON, problems and paint.

pub(crate) mod input;
pub(crate) mod paint;
pub(crate) mod problem;
pub mod yaml;

use std::ffi::OsString;
use std::io::{IsTerminal, Read, Write};
use std::time::SystemTime;

use clap::Parser;
use drift_model::Timestamp;

/// Where text comes from and goes to.
#[expect(missing_debug_implementations, reason = "streams have none")]
pub struct Streams<'a> {
    /// Standard input.
    pub input: &'a mut dyn Read,
    /// Standard output.
    pub output: &'a mut dyn Write,
    /// Standard error.
    pub errors: &'a mut dyn Write,
}

/// What a process finds around itself.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The time.
    pub now: Timestamp,
    /// May the page be coloured?
    pub colour: bool,
    /// How many columns the page may take.
    pub width: usize,
    /// Is standard output a terminal?
    pub terminal: bool,
    /// May a progress bar be shown on standard error?
    pub progress: bool,
}

impl Surroundings {
    /// What this process finds: colour on a terminal unless `NO_COLOR` is set, its width, and the time.
    #[must_use]
    pub fn of_this_process() -> Self {
        let terminal = std::io::stdout().is_terminal();
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let width = terminal.then(terminal_size::terminal_size).flatten().map(|(width, _)| usize::from(width.0));
        let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self {
            now: i64::try_from(seconds)
                .ok()
                .and_then(Timestamp::from_unix_seconds)
                .unwrap_or(crate::assess::incident::now()),
            colour: terminal && !dumb && !set("NO_COLOR"),
            width: width.unwrap_or(100).clamp(60, 160),
            terminal,
            progress: std::io::stderr().is_terminal(),
        }
    }
}

/// The command line, or whether what was printed in its place is an error: `--help` is none.
pub(crate) fn parsed<C: Parser>(
    arguments: impl IntoIterator<Item = OsString>,
    streams: &mut Streams<'_>,
) -> Result<C, bool> {
    C::try_parse_from(arguments).map_err(|error| {
        let stream: &mut dyn Write = if error.use_stderr() { streams.errors } else { streams.output };
        drop(write!(stream, "{}", error.render()));
        error.use_stderr()
    })
}
