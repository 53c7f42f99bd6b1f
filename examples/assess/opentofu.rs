//! `assess opentofu`: a plan, with the state and the schemas that complete it.

use std::io::Read;
use std::path::Path;

use drift_diff::Schema;
use drift_model::Observation;
use drift_model::source::opentofu::{PlanContext, PlanMode, read_plan};
use serde_json::Value;

use super::cli::{Mode, Opentofu};
use crate::console::input::{self, Source};
use crate::console::problem::Problem;
use crate::console::yaml::Dialect;

/// The observations of a plan, in address order, with the shapes of its resources as far as `--schema` tells them, and what is
/// wrong with the files.
pub(super) fn observations(of: &Opentofu, stdin: &mut dyn Read) -> (Vec<Observation>, Schema, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut one = |path: &Path| {
        let source = Source::new(path);
        let (mut documents, mut found) = input::documents::<Value>(&source, Dialect::Core, stdin);
        if documents.len() > 1 && found.is_empty() {
            found.push(
                Problem::new(source.to_string(), "several documents, where one is read")
                    .help("hand over what `show -json PLANFILE` prints (not the stream of `plan -json`)"),
            );
            documents.clear();
        }
        problems.append(&mut found);
        documents.pop().map(|document| document.content)
    };
    let plan = one(&of.plan);
    // Without what was named, the answers would be others than were asked for.
    let state = of.state.as_deref().map(&mut one);
    let schemas = of.schema.as_deref().and_then(&mut one);
    let mut shapes = Schema::kubernetes();
    let (Some(plan), true) = (plan, problems.is_empty()) else { return (Vec::new(), shapes, problems) };
    match read(of, &plan, state.flatten().as_ref(), schemas.as_ref()) {
        Ok((observations, mut found)) => {
            if let Some(Err(error)) = schemas.as_ref().map(|schemas| shapes.add_provider_schemas(schemas)) {
                found.push(Problem::new(error.document, error.message).help(error.help).warning());
            }
            (observations, shapes, found)
        }
        Err(problem) => (Vec::new(), shapes, vec![problem]),
    }
}

/// Hands the documents to the reader of plans.
fn read(
    of: &Opentofu,
    plan: &Value,
    state: Option<&Value>,
    schema: Option<&Value>,
) -> Result<(Vec<Observation>, Vec<Problem>), Problem> {
    let mode = match of.mode {
        Mode::Normal => PlanMode::Normal,
        Mode::RefreshOnly => PlanMode::RefreshOnly,
        Mode::Destroy => PlanMode::Destroy,
    };
    let context =
        PlanContext { mode, refreshed: of.refreshed, targeted: of.targeted, state, schema, ..PlanContext::default() };
    let place = |document: &str, pointer: &str| {
        let file = match document {
            "state" => of.state.as_ref(),
            "schema" => of.schema.as_ref(),
            _ => Some(&of.plan),
        };
        let file = file.map_or_else(|| document.to_owned(), |file| Source::new(file).to_string());
        if pointer.is_empty() { file } else { format!("{file} at `{pointer}`") }
    };
    let reading = read_plan(plan, &context).map_err(|error| {
        Problem::new(place(error.document, &error.pointer), error.kind.to_string()).help(error.kind.help())
    })?;
    let mut problems: Vec<Problem> = reading
        .problems
        .iter()
        .map(|found| Problem::new(place(found.document, &found.pointer), found.message).help(found.help))
        .collect();
    if reading.errored {
        let failed = Problem::new(place("plan", ""), "the plan failed: it does not mention all that it should");
        problems.push(failed.help("mend the plan, and hand over the whole of it").warning());
    }
    Ok((reading.observations, problems))
}
