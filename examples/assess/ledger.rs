//! `--ledger`: where findings are kept as evidence.

use std::path::Path;

use drift_model::AssessmentReport;

use super::problem::Problem;

/// A ledger that is open for appending.
#[derive(Debug)]

pub enum Ledger {}

impl Ledger {
    /// Opens or continues a ledger.
    ///
    /// # Errors
    ///
    /// A [`Problem`]: ledgers are not written yet.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        Err(Problem::new(path.display().to_string(), "ledgers are not written yet").help("leave out --ledger"))
    }

    /// Records what was found on one resource. Called in input order, once for each answer.
    ///
    /// # Errors
    ///
    /// A [`Problem`] if the line cannot be written.
    pub fn append(&mut self, _report: &AssessmentReport) -> Result<(), Problem> {
        match *self {}
    }
}
