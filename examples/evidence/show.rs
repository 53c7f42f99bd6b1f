//! `evidence show`: records as pages for people.

use drift_evidence::export::markdown;
use drift_model::Timestamp;

use super::Stop;
use super::cli::Show;
use super::stored::Stored;
use crate::console::Streams;

pub(super) fn run(show: &Show, stored: &Stored, streams: &mut Streams<'_>, now: Timestamp) -> Result<(), Stop> {
    let context = stored.context(&show.whose, now);
    if let Some(id) = &show.finding {
        let record = stored.record(id)?;
        write!(streams.output, "{}", markdown(&stored.exhibit(record), &context))?;
        return Ok(());
    }
    let exhibits = stored.exhibits();
    writeln!(streams.output, "# {} records of `{}`\n", exhibits.len(), stored.ledger.chain().id())?;
    writeln!(streams.output, "| record | state | class | risk | last seen |\n|---|---|---|---|---|")?;
    for record in stored.ledger.records() {
        let finding = record.finding();
        writeln!(
            streams.output,
            "| `{}` | {} | {} | {} | {} |",
            record.id().replace(['`', '|', '\n'], " "),
            record.state(),
            finding.drift_class,
            finding.risk,
            record.seen()
        )?;
    }
    for exhibit in &exhibits {
        write!(streams.output, "\n---\n\n{}", markdown(exhibit, &context))?;
    }
    Ok(())
}
