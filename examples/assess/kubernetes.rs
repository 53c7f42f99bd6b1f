//! `assess kubernetes`: manifests and live objects.

use std::io::Read;
use std::path::PathBuf;

use drift_diff::Schema;
use drift_model::source::kubernetes::{Place, ProblemKind, Reader};
use drift_model::{Observation, Plane, Timestamp};
use serde_json::Value;

use super::audit::Log;
use super::cli::Kubernetes;
use super::facts::FactsFile;
use crate::console::input;
use crate::console::problem::Problem;
use crate::console::yaml::Dialect;

/// The observations of all objects on any side, in order of their names, with the shapes of the custom resources that are
/// defined among them, and what is wrong with the files.
pub(super) fn observations(
    of: &Kubernetes,
    facts: &FactsFile,
    now: Timestamp,
    stdin: &mut dyn Read,
) -> (Vec<Observation>, Schema, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut side = |paths: &[PathBuf]| Side::read(paths, stdin, &mut problems);
    let (desired, recorded, actual) = (side(&of.desired), side(&of.recorded), side(&of.actual));
    // What the cluster has governs what runs in it.
    let mut schema = Schema::kubernetes();
    for side in [&desired, &actual] {
        side.define(&mut schema, &mut problems);
    }
    let mut reader = Reader::new()
        .desired(desired.documents)
        .recorded(recorded.documents)
        .actual(actual.documents)
        // What could not be read is not absent.
        .desired_complete(desired.whole)
        .actual_complete(of.complete && actual.whole);
    if let Some(namespace) = &of.namespace {
        reader = reader.default_namespace(namespace);
    }
    let log = of.audit.as_deref().map(|path| Log::read(path, stdin, &mut problems));
    if log.is_some() {
        // The window in which a cause may lie ends at the observation.
        reader = reader.observed_at(now);
    }
    let mut reading = reader.read();
    if let Some(log) = log {
        for observation in &mut reading.observations {
            let told = log.facts(observation, facts.of(observation).log_coverage.known());
            observation.facts = std::mem::take(&mut observation.facts).or(&told);
        }
    }
    let place = |place: &Place| {
        let places = match place.plane {
            Some(Plane::Desired) => &desired.places,
            Some(Plane::Recorded) => &recorded.places,
            Some(Plane::Actual) => &actual.places,
            None => return place.to_string(),
        };
        let file = places.get(place.document).cloned().unwrap_or_else(|| place.to_string());
        if place.pointer.is_empty() { file } else { format!("{file} at `{}`", place.pointer) }
    };
    for found in reading.problems {
        let mut problem = Problem::of_text(place(&found.place), &found.kind.to_string());
        if let ProblemKind::Duplicate { resource, first } = &found.kind {
            problem.message = format!("`{resource}` is there already, in {}, which is used", place(first));
        }
        if let ProblemKind::NoNamespace { .. } = &found.kind {
            problem = problem.help("name it there, or say which it is with --namespace");
        }
        if problem.help.is_none() {
            problem = problem.help("hand over rendered manifests, or what `kubectl get -o json` prints");
        }
        problems.push(if found.loses_object() { problem } else { problem.warning() });
    }
    (reading.observations, schema, problems)
}

/// The documents of one side, and where each of them stands.
struct Side {
    documents: Vec<Value>,
    places: Vec<String>,
    /// Could all of it be read?
    whole: bool,
}

impl Side {
    fn read(paths: &[PathBuf], stdin: &mut dyn Read, problems: &mut Vec<Problem>) -> Self {
        let before = problems.len();
        let mut side = Self { documents: Vec::new(), places: Vec::new(), whole: true };
        for path in paths {
            match input::files(path) {
                Ok(files) => {
                    for file in files {
                        let (documents, mut found) = input::documents(&file, Dialect::Kubernetes, stdin);
                        problems.append(&mut found);
                        for document in documents {
                            side.documents.push(document.content);
                            side.places.push(document.place);
                        }
                    }
                }
                Err(problem) => problems.push(problem),
            }
        }
        side.whole = problems.len() == before;
        side
    }

    /// Adds the custom resources that are defined on this side.
    fn define(&self, schema: &mut Schema, problems: &mut Vec<Problem>) {
        let objects = self.documents.iter().zip(&self.places).flat_map(|(document, place)| {
            let items = document.get("items").and_then(Value::as_array);
            items
                .map_or_else(|| std::slice::from_ref(document), Vec::as_slice)
                .iter()
                .map(move |object| (object, place))
        });
        for (object, place) in objects {
            if object.get("kind").and_then(Value::as_str) != Some("CustomResourceDefinition") {
                continue;
            }
            if let Err(error) = schema.add_custom_resource(object) {
                let place =
                    if error.pointer.is_empty() { place.clone() } else { format!("{place} at `{}`", error.pointer) };
                let said = format!("{}: its kind is compared as one without a definition", error.message);
                problems.push(Problem::new(place, said).help(error.help).warning());
            }
        }
    }
}
