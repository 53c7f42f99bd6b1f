//! `assess opentofu`: a plan, with the state and the schemas that complete it.

use std::io::Read;
use std::path::Path;

use drift_model::Observation;
use serde_json::Value;

use super::cli::Opentofu;
use super::input::{self, Source};
use super::problem::Problem;
use super::yaml::Dialect;

/// The observations of a plan, in address order, and what is wrong with the files.
pub(super) fn observations(of: &Opentofu, stdin: &mut dyn Read) -> (Vec<Observation>, Vec<Problem>) {
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
    let schema = of.schema.as_deref().map(&mut one);
    let (Some(plan), true) = (plan, problems.is_empty()) else { return (Vec::new(), problems) };
    match read(of, &plan, state.flatten().as_ref(), schema.flatten().as_ref()) {
        Ok((observations, found)) => (observations, found),
        Err(problem) => (Vec::new(), vec![problem]),
    }
}

/// Hands the documents to the reader of plans.
fn read(
    of: &Opentofu,
    _plan: &Value,
    _state: Option<&Value>,
    _schema: Option<&Value>,
) -> Result<(Vec<Observation>, Vec<Problem>), Problem> {
    Err(Problem::new(of.plan.display().to_string(), "plans are not read yet"))
}
