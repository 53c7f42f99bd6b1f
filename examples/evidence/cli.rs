//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use drift_model::Timestamp;

/// Verifies ledgers, and shows, exports and sums up what they hold.
#[derive(Clone, Debug, Parser)]
#[command(name = "evidence", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Says whether a ledger is what was written, or the first line of it that is not.
    #[command(after_help = "Exit codes: 0 intact; 2 tampered, cut or reordered; 1 cannot be opened, or empty.")]
    Verify(Verify),
    /// Prints what to keep where the writer of the ledger cannot write: name, size and root, unsigned.
    #[command(after_help = "Exit codes: 0 printed; 2 the ledger does not verify; 1 cannot be opened, or empty.")]
    Checkpoint(OfLedger),
    /// Prints a record as a page in Markdown: what drifted, the ten answers, what happened.
    #[command(after_help = READING)]
    Show(Show),
    /// Prints the records in the form of another system, one JSON document a line (SARIF and OSCAL: one document).
    #[command(after_help = READING)]
    Export(Export),
    /// Prints the pull request that makes the drift of a record the desired state: title, empty line, body.
    #[command(after_help = READING)]
    Pr(Pr),
    /// Prints the figures of the four views of a dashboard, over all ledgers together.
    #[command(after_help = READING)]
    Summary(Summary),
}

/// How the commands end that read a ledger for what it says.
const READING: &str = "Exit codes: 0 printed; 2 a ledger does not verify; 1 any other bad input.\nA cut last line is \
                       left out, with a warning; the next `assess --ledger` drops it.";

/// A ledger.
#[derive(Args, Clone, Debug)]
pub struct OfLedger {
    /// The ledger; `-` is standard input.
    pub ledger: PathBuf,
}

/// A ledger, and what it was.
#[derive(Args, Clone, Debug)]
pub struct Verify {
    /// The ledger; `-` is standard input.
    pub ledger: PathBuf,
    /// A checkpoint that was kept elsewhere. With several, the place of a fault is told more closely.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Vec<PathBuf>,
}

/// A record to show.
#[derive(Args, Clone, Debug)]
pub struct Show {
    /// The ledger; `-` is standard input.
    pub ledger: PathBuf,
    /// The record, by the id of its finding. Left out, an index and all records.
    pub finding: Option<String>,
    #[command(flatten)]
    pub whose: Whose,
}

/// For whom something is exported, and when.
#[derive(Args, Clone, Debug)]
pub struct Whose {
    /// The URI that names the installation. Left out, it is made of the name of the chain.
    #[arg(long, value_name = "URI")]
    pub source: Option<String>,
    /// Whose records they are, where one installation serves several.
    #[arg(long)]
    pub tenant: Option<String>,
    /// The moment of the export. Left out, it is now.
    #[arg(long, value_name = "RFC3339")]
    pub now: Option<Timestamp>,
}

/// Where records go.
#[derive(Args, Clone, Debug)]
pub struct Export {
    /// The form.
    #[arg(long, value_enum, value_name = "FORM")]
    pub to: Form,
    /// The ledger; `-` is standard input.
    pub ledger: PathBuf,
    /// OCSF: write Detection Findings (2004), which more pipelines read than Compliance Findings (2003).
    #[arg(long)]
    pub detections: bool,
    #[command(flatten)]
    pub whose: Whose,
}

/// A form that other systems read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Form {
    /// OCSF findings, for SIEMs.
    Ocsf,
    /// in-toto Statements, to be signed in DSSE.
    InToto,
    /// CloudEvents, for brokers.
    Cloudevents,
    /// A SARIF log, for code scanning.
    Sarif,
    /// OSCAL assessment results, for audit packages.
    Oscal,
}

/// A pull request to make.
#[derive(Args, Clone, Debug)]
pub struct Pr {
    /// The ledger; `-` is standard input.
    pub ledger: PathBuf,
    /// The record, by the id of its finding.
    pub finding: String,
    /// Why runtime is right and Git is to follow. Left out, what the decision said.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Until when it is accepted.
    #[arg(long, value_name = "RFC3339")]
    pub expires: Option<Timestamp>,
    /// How to undo it, besides reverting the commit.
    #[arg(long, value_name = "TEXT")]
    pub rollback: Option<String>,
    /// Who is to review it, besides those that may approve.
    #[arg(long = "reviewer", value_name = "WHO")]
    pub reviewers: Vec<String>,
    /// The file that declares the resource, YAML or JSON: the lines that change are shown.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Which document of that file declares it, from 0.
    #[arg(long, default_value_t = 0, value_name = "N", requires = "file")]
    pub document: usize,
}

/// Figures to print.
#[derive(Args, Clone, Debug)]
pub struct Summary {
    /// The ledgers; their figures are merged, in whatever order.
    #[arg(required = true, value_name = "LEDGER")]
    pub ledgers: Vec<PathBuf>,
    /// The moment for which ages hold. Left out, it is now.
    #[arg(long, value_name = "RFC3339")]
    pub now: Option<Timestamp>,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub format: Format,
}

/// How figures are printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// One JSON object.
    Json,
    /// OpenMetrics text, to be scraped.
    Openmetrics,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
