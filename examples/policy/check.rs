//! `policy check`: everything there is to be said about a set of documents.

use drift_model::Timestamp;
use drift_policy::{Diagnostic, Severity};

use super::Exit;
use super::cli::{Check, Format};
use super::documents::{self, Documents};
use crate::console::Streams;

pub(super) fn run(check: &Check, streams: &mut Streams<'_>, now: Timestamp) -> Exit {
    let documents = Documents::of(&check.paths, streams.input);
    let count = documents.read.len();
    let (engine, said) = documents.engine(Some(check.now.unwrap_or(now)));
    // Where nobody reads, the exit code still says it.
    drop(match check.format {
        Format::Text => documents::print(&said, streams.output),
        Format::Json => said.iter().try_for_each(|found| {
            let line = serde_json::to_string(found)?;
            writeln!(streams.output, "{line}")
        }),
    });
    let digest = engine.as_ref().map(|engine| format!("; policy {}", engine.policy().digest()));
    if check.format == Format::Text {
        drop(writeln!(streams.errors, "{}: {}{}", many(count, "document"), summary(&said), digest.unwrap_or_default()));
    }
    if engine.is_some() { Exit::Fine } else { Exit::Problem }
}

fn summary(said: &[Diagnostic]) -> String {
    let count = |severity| said.iter().filter(|found| found.severity == severity).count();
    match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => "nothing to say".to_owned(),
        (0, warnings) => many(warnings, "warning"),
        (errors, 0) => many(errors, "error"),
        (errors, warnings) => format!("{}, {}", many(errors, "error"), many(warnings, "warning")),
    }
}

fn many(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
