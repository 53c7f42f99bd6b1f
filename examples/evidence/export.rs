//! `evidence export`: records in the forms of other systems.

use drift_evidence::export::{Context, Exhibit, OcsfClass, cloudevents, in_toto, ocsf, oscal, sarif};
use drift_model::{Timestamp, canonical_text};
use serde_json::Value;

use super::Stop;
use super::cli::{Export, Form};
use super::stored::Stored;
use crate::console::Streams;

pub(super) fn run(export: &Export, stored: &Stored, streams: &mut Streams<'_>, now: Timestamp) -> Result<(), Stop> {
    let context = stored.context(&export.whose, now);
    let exhibits = stored.exhibits();
    let class = if export.detections { OcsfClass::Detection } else { OcsfClass::Compliance };
    let one_each = |document: &dyn Fn(&Exhibit<'_>, &Context) -> Value| -> Vec<Value> {
        exhibits.iter().map(|exhibit| document(exhibit, &context)).collect()
    };
    let documents = match export.to {
        Form::Ocsf => one_each(&|exhibit, context| ocsf(exhibit, class, context)),
        Form::InToto => one_each(&in_toto),
        Form::Cloudevents => one_each(&cloudevents),
        Form::Sarif => vec![sarif(&exhibits, &context)],
        Form::Oscal => vec![oscal(&exhibits, &context)],
    };
    for document in documents {
        writeln!(streams.output, "{}", canonical_text(&document))?;
    }
    Ok(())
}
