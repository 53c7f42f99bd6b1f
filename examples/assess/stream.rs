//! From lines and observations to answers: in bounded batches, on all cores, in order, written as they come.

use std::io::{BufRead, Read, Write};
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use drift_diff::Excuses;
use drift_model::{AssessmentReport, Facts, Method, Observation, Timestamp, Verdict};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::cli::{Detail, Format};
use super::engine::{self, Engine};
use super::facts::FactsFile;
use super::ledger::Ledger;
use super::output::{jsonl, table::Table};
use super::who::Who;
use crate::console::input::Source;
use crate::console::problem::Problem;

/// How many lines are read before they are assessed together.
const BATCH_LINES: usize = 1024;
/// How many bytes are read before they are assessed together.
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// How long a line may be. An API server stores objects of at most 1.5 MiB; three planes of that are well below.
const MAX_LINE: usize = 64 * 1024 * 1024;
/// How many lines of one file are complained of one by one.
pub(super) const MAX_COMPLAINTS: u64 = 20;

/// One run: what decides, where answers go, and how they count.
pub(super) struct Session<'a> {
    pub(super) engine: Engine,
    pub(super) facts: FactsFile,
    pub(super) now: Timestamp,
    pub(super) format: Format,
    pub(super) detail: Detail,
    pub(super) ledger: Option<Ledger>,
    pub(super) table: Table,
    pub(super) tally: Tally,
    pub(super) output: &'a mut dyn Write,
    pub(super) errors: &'a mut dyn Write,
    /// May a progress bar be shown?
    pub(super) progress: bool,
}

/// How many resources have each verdict, and how much of the input was bad.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// DRIFTED.
    pub drifted: u64,
    /// UNKNOWN.
    pub unknown: u64,
    /// PENDING.
    pub pending: u64,
    /// IN_SYNC.
    pub in_sync: u64,
    /// Bad lines, files and documents.
    pub problems: u64,
}

impl Tally {
    pub(super) fn count(&mut self, verdict: Verdict) {
        let counter = match verdict {
            Verdict::Drifted => &mut self.drifted,
            Verdict::Unknown => &mut self.unknown,
            Verdict::Pending => &mut self.pending,
            Verdict::InSync => &mut self.in_sync,
        };
        *counter = counter.saturating_add(1);
    }

    /// All resources.
    #[must_use]
    pub const fn resources(&self) -> u64 {
        self.drifted.saturating_add(self.unknown).saturating_add(self.pending).saturating_add(self.in_sync)
    }
}

/// Why a run ends before its input does.
pub(super) enum Stop {
    /// Whoever reads the output went away.
    Quietly,
    /// The output cannot be written.
    Broken(Problem),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::Quietly;
        }
        Self::Broken(Problem::new("standard output", format!("cannot be written: {}", error.kind())))
    }
}

/// A line of a file, or an observation that was made of documents.
enum Item {
    Line { number: u64, bytes: Vec<u8> },
    Made(Box<Observation>, Excuses<'static>),
}

struct Answer {
    report: AssessmentReport,
    method: Option<Method>,
    observed_at: Option<Timestamp>,
    who: Who,
    /// What is printed of it, where that is a line.
    text: String,
}

impl Session<'_> {
    /// Says what is wrong, and goes on.
    pub(super) fn complain(&mut self, problem: &Problem) {
        self.count(problem);
        self.warn(&problem.to_string());
    }

    /// Lets a problem count that is not said again.
    pub(super) fn count(&mut self, problem: &Problem) {
        if !problem.warning {
            self.tally.problems = self.tally.problems.saturating_add(1);
        }
    }

    /// Says how many problems of a file were not said one by one.
    pub(super) fn more(&mut self, file: &str, said: u64, what: &str) {
        if let Some(more) = said.checked_sub(MAX_COMPLAINTS).filter(|more| *more > 0) {
            self.warn(&Problem::new(file, format!("{more} more {what}")).to_string());
        }
    }

    fn warn(&mut self, text: &str) {
        // Where nobody hears, the exit code still says it.
        drop(writeln!(self.errors, "{text}"));
    }

    /// Answers the lines of a file.
    pub(super) fn lines(&mut self, source: &Source, stdin: &mut dyn Read) -> Result<(), Stop> {
        let mut reader = match source.open(stdin) {
            Ok(reader) => reader,
            Err(problem) => {
                self.complain(&problem);
                return Ok(());
            }
        };
        let mut bar = Progress::new(self.progress, source.size());
        let (mut number, mut complaints) = (0_u64, 0_u64);
        let mut batch = Vec::new();
        let mut bytes = 0_usize;
        let mut empty = true;
        loop {
            let next = next_line(&mut *reader);
            let ended = !matches!(next, Ok(Some(_)));
            let problem = match next {
                Ok(None) => None,
                Ok(Some(line)) => {
                    number = number.saturating_add(1);
                    let length = line.len();
                    bytes = bytes.saturating_add(length);
                    bar.read(length);
                    if length > MAX_LINE {
                        Some(
                            Problem::new(format!("{source} line {number}"), "longer than 64 MiB")
                                .help("is this a file of lines?"),
                        )
                    } else if number == 1 && matches!(line.trim_ascii(), b"{" | b"[") {
                        let place = format!("{source} line 1");
                        self.complain(&Problem::new(place, "a document over several lines").help(
                            "observations stand one a line (`jq -c .`); a plan is read by `assess opentofu --plan`",
                        ));
                        return Ok(());
                    } else {
                        if !line.trim_ascii().is_empty() {
                            empty = false;
                            batch.push(Item::Line { number, bytes: line });
                        }
                        None
                    }
                }
                Err(error) => Some(Problem::unreadable(&format!("{source} line {}", number.saturating_add(1)), &error)),
            };
            if ended || problem.is_some() || batch.len() >= BATCH_LINES || bytes >= BATCH_BYTES {
                complaints = self.batch(&std::mem::take(&mut batch), &source.to_string(), complaints)?;
                bytes = 0;
            }
            if let Some(problem) = problem {
                self.complain(&problem);
            }
            if ended {
                break;
            }
        }
        if empty {
            // No result is not no drift.
            self.complain(
                &Problem::new(source.to_string(), "holds no observation").help("one stands on each line, as JSON"),
            );
        }
        self.more(&source.to_string(), complaints, "lines could not be read");
        Ok(())
    }

    /// Answers observations that were made of documents.
    pub(super) fn observations(&mut self, observations: Vec<Observation>) -> Result<(), Stop> {
        let mut bar = Progress::counting(self.progress, observations.len());
        let excuses = engine::excuses(&observations);
        let made = |(observation, excuses)| Item::Made(Box::new(observation), excuses);
        let mut rest = observations.into_iter().zip(excuses).map(made).peekable();
        while rest.peek().is_some() {
            let batch: Vec<Item> = rest.by_ref().take(BATCH_LINES).collect();
            bar.read(batch.len());
            self.batch(&batch, "", 0)?;
        }
        Ok(())
    }

    /// Assesses a batch on all cores and writes the answers in order. Answers how many lines were bad so far.
    fn batch(&mut self, items: &[Item], file: &str, complaints: u64) -> Result<u64, Stop> {
        let complaints = self.batch_in_order(items, file, complaints)?;
        if let Some(ledger) = &mut self.ledger {
            ledger.sync().map_err(Stop::Broken)?;
        }
        Ok(complaints)
    }

    fn batch_in_order(&mut self, items: &[Item], file: &str, mut complaints: u64) -> Result<u64, Stop> {
        for result in self.assessed(items, file) {
            match result {
                Ok(answer) => self.write(answer)?,
                Err(problem) => {
                    complaints = complaints.saturating_add(1);
                    if complaints <= MAX_COMPLAINTS {
                        self.complain(&problem);
                    } else {
                        self.count(&problem);
                    }
                }
            }
        }
        Ok(complaints)
    }

    fn assessed(&self, items: &[Item], file: &str) -> Vec<Result<Answer, Problem>> {
        let worker = Worker {
            engine: &self.engine,
            facts: &self.facts,
            now: self.now,
            format: self.format,
            detail: self.detail,
            file,
        };
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        // A thread costs more than a few small documents.
        let share = items.len().div_ceil(cores.max(1)).max(16);
        if items.len() <= share {
            return items.iter().map(|item| worker.answer(item)).collect();
        }
        std::thread::scope(|scope| {
            let threads: Vec<_> = items
                .chunks(share)
                .map(|part| {
                    let worker = &worker;
                    scope.spawn(move || part.iter().map(|item| worker.answer(item)).collect::<Vec<_>>())
                })
                .collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        })
    }

    fn write(&mut self, answer: Answer) -> Result<(), Stop> {
        self.tally.count(answer.report.verdict);
        if let Some(ledger) = &mut self.ledger {
            let observed_at = answer.observed_at.unwrap_or(self.now);
            ledger.append(&answer.report, answer.method, observed_at, self.now).map_err(Stop::Broken)?;
        }
        match self.format {
            Format::Table => self.table.add(answer.report, &answer.who),
            Format::Jsonl | Format::Findings => self.output.write_all(answer.text.as_bytes())?,
        }
        Ok(())
    }
}

/// What a thread needs to answer.
struct Worker<'a> {
    engine: &'a Engine,
    facts: &'a FactsFile,
    now: Timestamp,
    format: Format,
    detail: Detail,
    file: &'a str,
}

impl Worker<'_> {
    fn answer(&self, item: &Item) -> Result<Answer, Problem> {
        match item {
            Item::Line { number, bytes } => self.assess(&observation(bytes, self.file, *number)?, None),
            Item::Made(observation, excuses) => self.assess(observation, Some(excuses)),
        }
    }

    fn assess(&self, observation: &Observation, excuses: Option<&Excuses<'_>>) -> Result<Answer, Problem> {
        let mut facts = self.facts.of(observation);
        facts.now = Some(self.now);
        let report = match excuses {
            Some(excuses) => self.engine.assess_among(observation, &facts, excuses),
            None => self.engine.assess(observation, &facts),
        };
        let text = match self.format {
            Format::Table => Ok(String::new()),
            Format::Jsonl => jsonl::assessment(&report, self.detail),
            Format::Findings => jsonl::findings(&report),
        };
        let text =
            text.map_err(|_| Problem::new(observation.resource.to_string(), "the answer cannot be written as JSON"))?;
        Ok(Answer {
            method: observation.method,
            observed_at: observation.observed_at,
            // Only a page names them; findings have their own words, redacted.
            who: match self.format {
                Format::Table => Who::of(&whole(observation, &facts)).without(&observation.secrets()),
                Format::Jsonl | Format::Findings => Who::Unknown,
            },
            report,
            text,
        })
    }
}

/// The facts of an observation, and what else is known.
fn whole(observation: &Observation, facts: &Facts) -> Facts {
    observation.facts.clone().or(facts)
}

fn observation(bytes: &[u8], file: &str, number: u64) -> Result<Observation, Problem> {
    let place = format!("{file} line {number}");
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Problem::new(&place, format!("not UTF-8 after byte {}", error.valid_up_to())).help("save the file as UTF-8")
    })?;
    Observation::from_json(text).map_err(|error| {
        // The line is the file's, not the text's.
        let message = error.to_string().replacen("at line 1 column", "at column", 1);
        let help = match error.code() {
            "syntax" => "one observation a line, as JSON",
            "too-deep" => "leave out what need not be compared",
            _ => "an observation has `id`, `resource` and `planes`; plans and manifests have commands of their own",
        };
        Problem::new(&place, message).help(help)
    })
}

/// The next line without its end; nothing at the end of the file. Of a line that is too long, the beginning.
fn next_line(reader: &mut dyn BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX).saturating_add(1);
    if (&mut *reader).take(limit).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() > MAX_LINE && line.last() != Some(&b'\n') {
        skip_line(reader)?;
    } else if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok(Some(line))
}

fn skip_line(reader: &mut dyn BufRead) -> std::io::Result<()> {
    loop {
        let block = reader.fill_buf()?;
        let end = block.iter().position(|byte| *byte == b'\n');
        let skipped = end.map_or(block.len(), |end| end.saturating_add(1));
        reader.consume(skipped);
        if end.is_some() || skipped == 0 {
            return Ok(());
        }
    }
}

/// A progress bar that shows itself when reading takes longer than a second.
struct Progress {
    bar: ProgressBar,
    begun: Instant,
    /// Not shown yet, but may be.
    waits: bool,
}

impl Progress {
    fn new(allowed: bool, bytes: Option<u64>) -> Self {
        let bar = bytes.map_or_else(ProgressBar::no_length, ProgressBar::new);
        let style = match bytes {
            Some(_) => "{bar:32.cyan/dim} {bytes} of {total_bytes}, {eta} left",
            None => "{spinner} {bytes} read",
        };
        Self::styled(allowed, bar, style)
    }

    fn counting(allowed: bool, count: usize) -> Self {
        let bar = ProgressBar::new(u64::try_from(count).unwrap_or(u64::MAX));
        Self::styled(allowed, bar, "{bar:32.cyan/dim} {pos} of {len} resources, {eta} left")
    }

    fn styled(allowed: bool, bar: ProgressBar, style: &str) -> Self {
        bar.set_draw_target(ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self { bar, begun: Instant::now(), waits: allowed }
    }

    fn read(&mut self, more: usize) {
        if self.waits && self.begun.elapsed() > Duration::from_secs(1) {
            self.waits = false;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(u64::try_from(more).unwrap_or(0));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_they_end() {
        let mut text: &[u8] = b"a\n\nb";
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut text).unwrap() {
            lines.push(String::from_utf8(line).unwrap());
        }
        assert_eq!(lines, ["a", "", "b"]);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_to_its_end() {
        let mut text = vec![b'x'; MAX_LINE + 10];
        text.extend_from_slice(b"\nnext\n");
        let mut reader = text.as_slice();
        assert!(next_line(&mut reader).unwrap().unwrap().len() > MAX_LINE);
        assert_eq!(next_line(&mut reader).unwrap().unwrap(), b"next");
    }
}
