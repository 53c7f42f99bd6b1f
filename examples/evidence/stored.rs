//! `Stored`: a ledger as it lies in a file, verified and read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use drift_evidence::export::{Context, Exhibit, Product};
use drift_evidence::{Entry, Event, Ledger, LedgerError, Record, Summary};
use drift_model::{Timestamp, UnknownReason};

use super::Stop;
use super::cli::Whose;
use crate::console::problem::Problem;

/// The bytes of a file, or of standard input for `-`.
pub(super) fn bytes(path: &Path, stdin: &mut dyn Read) -> Result<Vec<u8>, Stop> {
    let place = path.display().to_string();
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        stdin.read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map_err(|error| Stop::Problem(Problem::unreadable(&place, &error)))?;
    if bytes.is_empty() {
        return Err(Stop::Problem(
            Problem::new(place, "is empty").help("was it written? `assess --ledger` writes one"),
        ));
    }
    Ok(bytes)
}

/// A ledger with the lines that its records end with.
#[derive(Debug)]
pub(super) struct Stored {
    place: String,
    bytes: Vec<u8>,
    pub(super) ledger: Ledger,
    /// Where the last line of each record lies.
    last: BTreeMap<String, std::ops::Range<usize>>,
    unseen: Unseen,
    /// What the lines tell that belong to no record.
    failures: Summary,
}

impl Stored {
    /// Reads a ledger. What is left of a cut last line is a warning.
    pub(super) fn read(path: &Path, stdin: &mut dyn Read, warn: &mut dyn FnMut(&Problem)) -> Result<Self, Stop> {
        let place = path.display().to_string();
        let bytes = bytes(path, stdin)?;
        let (ledger, cut) = Ledger::resume(&bytes).map_err(|error| {
            let problem = Problem::new(place.as_str(), error.to_string());
            match error {
                LedgerError::Broken(_) => {
                    Stop::Broken(problem.help("nothing is told of a ledger that does not verify; `evidence verify` it"))
                }
                LedgerError::Unreadable { .. } => {
                    Stop::Problem(problem.help("the chain holds, so it was written by a newer version; use that"))
                }
                _ => Stop::Problem(problem.help("the chain holds, and tells a story that cannot be; ask who wrote it")),
            }
        })?;
        let keep = cut.as_ref().map_or(bytes.len(), |cut| cut.keep);
        if cut.is_some() {
            let message =
                format!("the last line is cut, and {} bytes of it are left out", bytes.len().saturating_sub(keep));
            warn(
                &Problem::new(place.as_str(), message)
                    .help("the next `assess --ledger` drops them and says so")
                    .warning(),
            );
        }
        let mut stored = Self {
            place,
            bytes,
            ledger,
            last: BTreeMap::new(),
            unseen: Unseen::default(),
            failures: Summary::default(),
        };
        stored.look_through(keep);
        Ok(stored)
    }

    fn look_through(&mut self, keep: usize) {
        let mut from = 0_usize;
        for line in self.bytes.get(..keep).unwrap_or_default().split_inclusive(|byte| *byte == b'\n') {
            let to = from.saturating_add(line.len());
            // What does not read back, the ledger has refused before.
            if let Ok(entry) = Entry::read(line.strip_suffix(b"\n").unwrap_or(line)) {
                self.failures.add_event(&entry.event, entry.at);
                self.unseen.take(&entry.event, &self.ledger);
                if let Some(record) = entry.event.record() {
                    self.last.insert(record.to_owned(), from..to);
                }
            }
            from = to;
        }
    }

    /// The record of this id, or the one whose finding has it now.
    pub(super) fn record(&self, id: &str) -> Result<&Record, Stop> {
        // A later scan prints another id for the finding of the same case, under which it may have been updated.
        let updated = || self.ledger.records().find(|record| record.finding().finding_id == id);
        self.ledger.record(id).or_else(updated).ok_or_else(|| {
            let known: Vec<&str> = self.ledger.records().map(Record::id).collect();
            let ending = known.iter().filter(|known| known.ends_with(id) || known.starts_with(id));
            let (few, rest) = match ending.copied().collect::<Vec<_>>() {
                near if near.is_empty() => (known.iter().copied().take(5).collect::<Vec<_>>(), known.len()),
                near => (near.iter().copied().take(5).collect(), near.len()),
            };
            let more =
                if rest > few.len() { format!(" and {} more", rest.saturating_sub(few.len())) } else { String::new() };
            let help = if few.is_empty() {
                "it holds no record".to_owned()
            } else {
                format!("it holds {}{more}", few.join(", "))
            };
            Stop::Problem(Problem::new(self.place.as_str(), format!("holds no record `{id}`")).help(help))
        })
    }

    /// A record with what the ledger knows beside it.
    pub(super) fn exhibit<'r>(&self, record: &'r Record) -> Exhibit<'r> {
        let exhibit = Exhibit::of(record);
        let line = self.last.get(record.id()).and_then(|range| self.bytes.get(range.clone()));
        let exhibit = line.and_then(|line| exhibit.clone().attested(line).ok()).unwrap_or(exhibit);
        match self.unseen.of(record) {
            Some(reason) => exhibit.unseen(reason),
            None => exhibit,
        }
    }

    /// What figures are made of.
    pub(super) fn summary(&self) -> Summary {
        Summary::of_records(self.ledger.records()).merge(self.failures.clone())
    }

    /// All records, with what the ledger knows beside them.
    pub(super) fn exhibits(&self) -> Vec<Exhibit<'_>> {
        self.ledger.records().map(|record| self.exhibit(record)).collect()
    }

    /// Who exports, from where, for whom, when.
    pub(super) fn context(&self, whose: &Whose, now: Timestamp) -> Context {
        let product = Product::new("drift", env!("CARGO_PKG_VERSION"), "drift");
        let source = whose.source.clone().unwrap_or_else(|| format!("drift://{}", self.ledger.chain().id()));
        let context = Context::new(product, source, whose.now.unwrap_or(now));
        match &whose.tenant {
            Some(tenant) => context.tenant(tenant),
            None => context,
        }
    }
}

/// Why a detector failed to see a resource that none has seen since: by resource, then by unit.
#[derive(Debug, Default)]
struct Unseen(BTreeMap<String, BTreeMap<Option<String>, UnknownReason>>);

impl Unseen {
    /// Takes the next event. The order is that of the lines: a failure tells when it was recorded, and a sighting when it
    /// was made.
    fn take(&mut self, event: &Event, ledger: &Ledger) {
        match event {
            Event::DetectorFailed { resource, unit, reason, .. } => {
                self.0.entry(resource.to_string()).or_default().insert(unit.clone(), *reason);
            }
            Event::Detected { .. }
            | Event::Persisted { .. }
            | Event::Updated { .. }
            | Event::Verified { .. }
            | Event::Reopened { .. } => {
                if let Some(finding) = event.record().and_then(|id| ledger.record(id)).map(Record::finding)
                    && let Some(unseen) = self.0.get_mut(&finding.resource_ref)
                {
                    unseen.retain(|unit, _| !same_unit(unit.as_ref(), finding.unit.as_ref()));
                }
            }
            // Nobody looked.
            _ => {}
        }
    }

    fn of(&self, record: &Record) -> Option<UnknownReason> {
        let finding = record.finding();
        let units = self.0.get(&finding.resource_ref).into_iter().flatten();
        units
            .rev()
            .filter(|(unit, _)| same_unit(unit.as_ref(), finding.unit.as_ref()))
            .map(|(_, reason)| *reason)
            .next()
    }
}

/// Whoever does not say which unit may mean any.
fn same_unit(a: Option<&String>, b: Option<&String>) -> bool {
    a.zip(b).is_none_or(|(a, b)| a == b)
}
