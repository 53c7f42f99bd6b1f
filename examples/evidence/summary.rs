//! `evidence summary`: the figures of the four views, over all ledgers together.

use drift_evidence::{Figures, Reading};
use drift_model::{Timestamp, canonical_text};

use super::Stop;
use super::cli::{self, Format};
use crate::console::Streams;

pub(super) fn run(
    command: &cli::Summary,
    summary: &drift_evidence::Summary,
    streams: &mut Streams<'_>,
    now: Timestamp,
) -> Result<(), Stop> {
    let figures = Figures::read(summary, &Reading::at(command.now.unwrap_or(now)));
    match command.format {
        Format::Json => {
            let figures = serde_json::to_value(&figures).unwrap_or_default();
            writeln!(streams.output, "{}", canonical_text(&figures))?;
        }
        Format::Openmetrics => write!(streams.output, "{}", figures.open_metrics())?,
    }
    Ok(())
}
