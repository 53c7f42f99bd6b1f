//! `--ledger`: where findings are kept as evidence.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use drift_evidence::{Event, Line};
use drift_model::{AssessmentReport, Digest, Method, Timestamp};

use crate::console::problem::Problem;

/// A ledger that is open for appending. A crash loses at most the lines since the last [`Ledger::sync`], and what is
/// there of them still verifies.
#[derive(Debug)]
pub struct Ledger {
    place: String,
    file: File,
    chained: drift_evidence::Ledger,
    /// How long the file is, as far as this process wrote it.
    length: u64,
    /// Lines that are written and not yet on disk for certain.
    unsynced: u32,
    /// What [`Ledger::recover`] keeps, and the event that tells of the rest.
    cut: Option<(usize, Event)>,
}

impl Ledger {
    /// Opens or continues a ledger, and changes nothing of it yet.
    ///
    /// # Errors
    ///
    /// A [`Problem`]: the file cannot be opened, or its chain is broken.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let place = path.display().to_string();
        let failed = |error: std::io::Error| Problem::unreadable(&place, &error);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        let mut stored = Vec::new();
        file.read_to_end(&mut stored).map_err(failed)?;
        let (chained, cut) = if stored.is_empty() || is_torn_first_line(&stored) {
            let chain = CHAIN.parse().map_err(|_| Problem::new(place.as_str(), "has no name"))?;
            let dropped = u64::try_from(stored.len()).unwrap_or(u64::MAX);
            let event = Event::Recovered { dropped, digest: Digest::of(&stored) };
            (drift_evidence::Ledger::start(chain), (dropped > 0).then_some((0, event)))
        } else {
            let (ledger, cut) = drift_evidence::Ledger::resume(&stored).map_err(|error| {
                Problem::new(place.as_str(), error.to_string())
                    .help("nothing is appended to a ledger that does not verify; keep it, and name another file")
            })?;
            (ledger, cut.map(|cut| (cut.keep, cut.event)))
        };
        let length = u64::try_from(stored.len()).unwrap_or(u64::MAX);
        Ok(Self { place, file, chained, length, unsynced: 0, cut })
    }

    /// Drops what is left of a line that was cut, and records that. Called once, before anything is appended.
    ///
    /// # Errors
    ///
    /// A [`Problem`] if the line that says so cannot be written.
    pub fn recover(&mut self, now: Timestamp) -> Result<(), Problem> {
        let Some((keep, event)) = self.cut.take() else { return Ok(()) };
        let keep = u64::try_from(keep).unwrap_or(u64::MAX);
        self.file.seek(SeekFrom::Start(keep)).map_err(|error| self.unwritable(&error))?;
        // What is dropped ends only behind the line that tells of it: a crash in between leaves a cut line again, and
        // never a ledger that looks as if nothing had been there.
        let end = keep.saturating_add(self.write(&event, now)?);
        self.file.set_len(end).map_err(|error| self.unwritable(&error))?;
        self.length = end;
        self.sync()
    }

    /// Records what follows from a look at one resource. Called in input order, once for each answer.
    ///
    /// # Errors
    ///
    /// A [`Problem`] if a line cannot be written.
    pub fn append(
        &mut self,
        report: &AssessmentReport,
        method: Option<Method>,
        observed_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Problem> {
        for event in self.chained.tracker().follow(report, method, observed_at) {
            self.write(&event, now)?;
        }
        Ok(())
    }

    /// Makes sure that everything written so far is on disk.
    ///
    /// # Errors
    ///
    /// A [`Problem`] if the disk refuses.
    pub fn sync(&mut self) -> Result<(), Problem> {
        if std::mem::take(&mut self.unsynced) == 0 {
            return Ok(());
        }
        self.file.sync_data().map_err(|error| self.unwritable(&error))
    }

    /// Writes the next line where the file stands. Returns how many bytes it has.
    fn write(&mut self, event: &Event, now: Timestamp) -> Result<u64, Problem> {
        // Two runs that take turns at one file would write over each other's lines.
        let length = self.file.metadata().map_err(|error| self.unwritable(&error))?.len();
        if length != self.length {
            return Err(Problem::new(self.place.as_str(), "was written by another process since it was opened")
                .help("let one run at a time append to a ledger, and run this one again"));
        }
        let line: Line =
            self.chained.append(event, now).map_err(|error| Problem::new(self.place.as_str(), error.to_string()))?;
        let stored = line.stored().as_bytes();
        self.unsynced = self.unsynced.saturating_add(1);
        self.file.write_all(stored).map_err(|error| self.unwritable(&error))?;
        let written = u64::try_from(stored.len()).unwrap_or(u64::MAX);
        self.length = self.length.saturating_add(written);
        Ok(written)
    }

    fn unwritable(&self, error: &std::io::Error) -> Problem {
        Problem::new(self.place.as_str(), format!("cannot be written: {}", error.kind()))
    }
}

/// The name of the chains that this program starts.
const CHAIN: &str = "assess";

/// Is this the beginning of the first line of a ledger of this program, and nothing else? Any other file is left alone,
/// whoever has named it by mistake.
fn is_torn_first_line(stored: &[u8]) -> bool {
    let at = r#"{"at":""#.as_bytes();
    let chain = format!(r#"","chain":"{CHAIN}","event":""#).into_bytes();
    let chain_from = at.len().saturating_add("2026-07-03T11:00:00Z".len());
    let begins = |from: usize, expected: &[u8]| {
        stored.get(from..).unwrap_or_default().iter().zip(expected).all(|(stored, expected)| stored == expected)
    };
    !stored.contains(&b'\n') && begins(0, at) && begins(chain_from, &chain)
}
