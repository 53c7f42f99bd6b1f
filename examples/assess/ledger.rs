//! `--ledger`: where findings are kept as evidence.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use drift_evidence::{Event, Line};
use drift_model::{AssessmentReport, Method, Timestamp};

use crate::console::problem::Problem;

/// A ledger that is open for appending. A crash loses at most the lines since the last [`Ledger::sync`], and what is
/// there of them still verifies.
#[derive(Debug)]
pub struct Ledger {
    place: String,
    file: File,
    chained: drift_evidence::Ledger,
    /// Lines that are written and not yet on disk for certain.
    unsynced: u32,
    /// Written first, once it is known what time it is.
    recovered: Option<Event>,
}

impl Ledger {
    /// Opens or continues a ledger. What is left of a line that was cut is dropped.
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
        let (ledger, cut) = if stored.is_empty() {
            let chain = "assess".parse().map_err(|_| Problem::new(place.as_str(), "has no name"))?;
            (drift_evidence::Ledger::start(chain), None)
        } else {
            drift_evidence::Ledger::resume(&stored).map_err(|error| {
                Problem::new(place.as_str(), error.to_string())
                    .help("nothing is appended to a ledger that does not verify; keep it, and name another file")
            })?
        };
        if let Some(cut) = &cut {
            file.set_len(u64::try_from(cut.keep).unwrap_or(u64::MAX)).map_err(failed)?;
        }
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Self { place, file, chained: ledger, unsynced: 0, recovered: cut.map(|cut| cut.event) })
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
        if let Some(event) = self.recovered.take() {
            self.write(&event, now)?;
        }
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
        let synced = self.file.sync_data();
        synced.map_err(|error| Problem::new(self.place.as_str(), format!("cannot be written: {}", error.kind())))
    }

    fn write(&mut self, event: &Event, now: Timestamp) -> Result<(), Problem> {
        let line: Line =
            self.chained.append(event, now).map_err(|error| Problem::new(self.place.as_str(), error.to_string()))?;
        self.unsynced = self.unsynced.saturating_add(1);
        let written = self.file.write_all(line.stored().as_bytes());
        written.map_err(|error| Problem::new(self.place.as_str(), format!("cannot be written: {}", error.kind())))
    }
}
