//! The reader of plans against labelled plans: existence of each plane, values of each labelled field, and no secret in
//! anything that is written.
//!
//! `tests/terraform/` holds a choice of cases; where the whole corpus lies beside the repository, it is read as well.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reads files, fails by panicking, and says what it counted"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use drift_model::source::opentofu::{PlanContext, PlanCoverage, PlanMode, PlanReading, Planned, read_plan};
use drift_model::{Document, FieldPath, NumberRelation, Observation, Observed, Plane, Relation, StepView, System};
use serde_json::Value;

/// One labelled case.
struct Case {
    name: String,
    expected: Value,
    plan: Value,
    refresh_only: Value,
    state: Value,
    schema: Value,
}

fn json(path: &Path) -> Option<Value> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

fn cases_in(folder: &Path) -> Vec<Case> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort();
    folders
        .iter()
        .filter_map(|case| {
            Some(Case {
                name: case.file_name()?.to_str()?.to_owned(),
                expected: json(&case.join("expected.json"))?,
                plan: json(&case.join("plan.json"))?,
                refresh_only: json(&case.join("refresh-only.json"))?,
                state: json(&case.join("state.raw.json"))?,
                schema: json(&case.join("schema.json")).or_else(|| json(&folder.join("schema.json")))?,
            })
        })
        .collect()
}

/// The whole corpus where it is there, else the choice that the repository holds.
fn cases() -> Vec<Case> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for beside in ["../../shared/corpus/terraform", "../../../shared/corpus/terraform"] {
        let cases = cases_in(&here.join(beside));
        if !cases.is_empty() {
            println!("terraform: the whole corpus, {} cases", cases.len());
            return cases;
        }
    }
    let cases = cases_in(&here.join("tests/terraform"));
    println!("terraform: the corpus is not beside the repository; {} cases of its own", cases.len());
    assert!(cases.len() >= 25, "the repository's own cases are gone");
    cases
}

impl Case {
    fn context(&self) -> PlanContext<'_> {
        let context = self.expected.get("context").unwrap();
        PlanContext {
            mode: match context["mode"].as_str().unwrap() {
                "normal" => PlanMode::Normal,
                "refresh-only" => PlanMode::RefreshOnly,
                "destroy" => PlanMode::Destroy,
                other => panic!("{other}"),
            },
            refreshed: context["refreshed"].as_bool(),
            targeted: context["targeted"].as_bool(),
            engine: &System::Terraform,
            state: Some(&self.state),
            schema: Some(&self.schema),
            ..PlanContext::default()
        }
    }

    fn refresh_only_context(&self) -> PlanContext<'_> {
        PlanContext { mode: PlanMode::RefreshOnly, refreshed: Some(true), targeted: Some(false), ..self.context() }
    }

    fn resources(&self) -> &[Value] {
        self.expected["resources"].as_array().unwrap()
    }

    fn canaries(&self) -> Vec<&str> {
        ["canaries", "encodedCanaries"]
            .iter()
            .filter_map(|name| self.expected.get(*name)?.as_array())
            .flatten()
            .map(|canary| canary.as_str().or_else(|| canary.get("value")?.as_str()).unwrap())
            .collect()
    }
}

fn find<'r>(reading: &'r PlanReading, resource: &Value) -> Option<(&'r Observation, &'r Planned)> {
    let same = |observation: &&Observation| {
        observation.resource.address == resource["address"].as_str().unwrap()
            && observation.resource.deposed.as_deref() == resource.get("deposed").and_then(Value::as_str)
    };
    let index = reading.observations.iter().position(|observation| same(&observation))?;
    Some((&reading.observations[index], &reading.planned[index]))
}

fn existence<T>(plane: &Observed<T>) -> &'static str {
    match plane {
        Observed::Present(_) => "present",
        Observed::Absent => "absent",
        Observed::Unknown(_) => "unknown",
        Observed::NotKept => "not kept",
        Observed::Released => "released",
    }
}

const PLANES: [(&str, Plane); 3] =
    [("desired", Plane::Desired), ("recorded", Plane::Recorded), ("actual", Plane::Actual)];

/// What was compared, and what came out otherwise than labelled.
#[derive(Debug, Default)]
struct Score {
    compared: usize,
    otherwise: Vec<String>,
}

impl Score {
    fn add(&mut self, agrees: bool, what: impl FnOnce() -> String) {
        self.compared += 1;
        if !agrees {
            self.otherwise.push(what());
        }
    }

    fn report(&self, title: &str) {
        println!("{title}: {} of {} agree", self.compared - self.otherwise.len(), self.compared);
        for line in &self.otherwise {
            println!("  otherwise: {line}");
        }
    }
}

#[test]
fn existence_is_as_labelled_in_normal_and_other_plans() {
    let mut score = Score::default();
    for case in cases() {
        let reading = read_plan(&case.plan, &case.context()).unwrap();
        assert!(reading.problems.is_empty(), "{}: {:?}", case.name, reading.problems);
        assert_eq!(reading.errored, case.expected["errored"].as_bool().unwrap(), "{}", case.name);
        let coverage = if case.expected["coverage"] == "full" { PlanCoverage::Full } else { PlanCoverage::Partial };
        assert_eq!(reading.coverage, coverage, "{}", case.name);
        for resource in case.resources() {
            let label = format!("{} {}", case.name, resource["address"]);
            let Some((observation, planned)) = find(&reading, resource) else {
                score.add(false, || format!("{label}: not listed"));
                continue;
            };
            for (name, plane) in PLANES {
                let expected = resource["existence"][name].as_str().unwrap();
                let found = existence(&observation.planes.get(plane).observed);
                score.add(expected == found, || format!("{label} {name}: {expected} came out as {found}"));
            }
            let actions: Vec<&str> = resource["plannedActions"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|word| word.as_str().unwrap())
                .collect();
            assert_eq!(planned.actions, actions, "{label}");
            assert_eq!(planned.reason.as_deref(), resource.get("actionReason").and_then(Value::as_str), "{label}");
            let previous = resource.get("previousAddress").and_then(Value::as_str);
            assert_eq!(planned.previous_address.as_deref(), previous, "{label}");
            assert_eq!(planned.tainted, resource.get("tainted") == Some(&Value::Bool(true)), "{label}");
            let invalid = observation.facts.validity.known() == Some(&drift_model::Validity::Invalid);
            assert_eq!(invalid, planned.tainted, "{label}: what is tainted is not sound, and of the rest nobody knows");
            assert_eq!(observation.resource.mode.as_deref(), (resource["mode"] == "data").then_some("data"), "{label}");
        }
        let listed: Vec<_> = reading.observations.iter().map(|observation| observation.id.clone()).collect();
        score.add(listed.len() == case.resources().len(), || format!("{}: lists {listed:?}", case.name));
        let ordered: BTreeSet<_> = reading
            .observations
            .iter()
            .map(|observation| (&observation.resource.address, &observation.resource.deposed))
            .collect();
        assert!(
            ordered.iter().copied().eq(reading
                .observations
                .iter()
                .map(|observation| (&observation.resource.address, &observation.resource.deposed)))
        );
    }
    score.report("existence, plan.json");
    assert!(score.otherwise.is_empty());
}

#[test]
fn existence_is_as_labelled_in_refresh_only_plans() {
    let mut score = Score::default();
    for case in cases() {
        let reading = read_plan(&case.refresh_only, &case.refresh_only_context()).unwrap();
        for resource in case.resources() {
            let label = format!("{} {}", case.name, resource["address"]);
            let Some((observation, _)) = find(&reading, resource) else {
                score.add(false, || format!("{label}: not listed"));
                continue;
            };
            for (name, plane) in PLANES {
                let labelled = resource["existence"][name].as_str().unwrap();
                let found = existence(&observation.planes.get(plane).observed);
                // A refresh-only plan has no desired plane, and shows what the other one hid.
                let agrees = match plane {
                    Plane::Desired => found == "unknown",
                    Plane::Recorded => found == labelled,
                    Plane::Actual => found == labelled || labelled == "unknown",
                };
                score.add(agrees, || format!("{label} {name}: {labelled} came out as {found}"));
            }
        }
    }
    score.report("existence, refresh-only.json");
    // An import is no part of a refresh-only plan; and a plan that failed does not show what it did not get to.
    let told = |line: &String| {
        line.starts_with("import-for-each ") && line.ends_with(": not listed")
            || line.starts_with("errored-read-denied-in-module ") && line.ends_with("came out as unknown")
    };
    assert!(score.otherwise.iter().all(told), "{:#?}", score.otherwise);
}

/// Equal as the labels mean it: numbers by value, sets and missing members aside.
fn equal(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Number(a), Value::Number(b)) => NumberRelation::of(a, b) != NumberRelation::Different,
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| equal(a, b))),
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            names
                .into_iter()
                .all(|name| equal(a.get(name).unwrap_or(&Value::Null), b.get(name).unwrap_or(&Value::Null)))
        }
        (a, b) => a == b,
    }
}

/// The value at the pointer as the labels write it: what is known after apply as `<unknown>`.
fn labelled(document: &Document, pointer: &str) -> Value {
    fn walk<'v>(document: &Document, place: &mut Vec<StepView<'v>>, value: &'v Value) -> Value {
        if document.marks().at(place).unknown {
            return Value::from("<unknown>");
        }
        match value {
            Value::Array(items) => {
                let mut all = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    place.push(StepView::Element { index: Some(index), step: None });
                    all.push(walk(document, place, item));
                    place.pop();
                }
                Value::Array(all)
            }
            Value::Object(map) => {
                let mut all = serde_json::Map::new();
                for (name, member) in map {
                    place.push(StepView::Field(name));
                    all.insert(name.clone(), walk(document, place, member));
                    place.pop();
                }
                Value::Object(all)
            }
            other => other.clone(),
        }
    }
    walk(document, &mut Vec::new(), document.value()).pointer(pointer).cloned().unwrap_or_else(|| "<absent>".into())
}

#[test]
fn labelled_fields_have_the_labelled_values() {
    let mut score = Score::default();
    let mut owned = Score::default();
    for case in cases() {
        let reading = read_plan(&case.plan, &case.context()).unwrap();
        for resource in case.resources() {
            let Some((observation, _)) = find(&reading, resource) else { continue };
            for labels in resource["fields"].as_array().unwrap() {
                let pointer = labels["pointer"].as_str().unwrap();
                for (name, plane) in PLANES {
                    let document = observation.planes.get(plane).observed.present();
                    let (Some(expected), Some(document)) = (labels.get(name), document) else { continue };
                    let found = labelled(document, pointer);
                    let null = |value: &Value| value.is_null() || *value == "<absent>";
                    let agrees = equal(expected, &found) || null(expected) && null(&found);
                    score.add(agrees, || {
                        let what = format!("{} {} {pointer} {name}", case.name, resource["address"]);
                        format!("{what}: {expected} came out as {found} ({})", labels["relation"])
                    });
                }
                if let Some(desired) = observation.planes.desired.observed.present() {
                    let path: FieldPath = pointer.replace('[', "~3").replace('*', "~2").parse().unwrap();
                    let exact = observation.planes.exact.iter().any(|pattern| pattern.covers(&path));
                    let declared = &labels["declared"];
                    let silent = labelled(desired, pointer) == "<absent>" && !exact;
                    let agrees = match declared.as_bool() {
                        Some(declared) => declared != silent,
                        None => !exact || labelled(desired, pointer) == "<unknown>",
                    };
                    owned.add(agrees, || {
                        let what = format!("{} {} {pointer}", case.name, resource["address"]);
                        format!("{what}: declared {declared}, silent {silent}, exact {exact}")
                    });
                }
            }
        }
    }
    score.report("values of labelled fields");
    owned.report("ownership of labelled fields");
    // What an ignored attribute was to become is not in the plan; and a provider that holds a text for the same as the
    // recorded one plans the recorded one.
    let told = ["ignore-changes-function ", "noise-json-format-recorded-suppressed "];
    assert!(score.otherwise.iter().all(|line| told.iter().any(|case| line.starts_with(case))), "{score:#?}");
    assert!(owned.otherwise.is_empty(), "{owned:#?}");
}

/// The relation of a field, by the truth table alone: what the planes that were read hold at the pointer, spelling included.
fn relation(observation: &Observation, pointer: &str) -> Relation {
    let path: FieldPath = pointer.replace('[', "~3").replace('*', "~2").parse().unwrap();
    let at =
        |plane: Plane| observation.planes.get(plane).observed.present().map(|document| labelled(document, pointer));
    let null = |value: &Value| value.is_null() || *value == "<absent>";
    let same = |a: &Value, b: &Value| equal(a, b) || null(a) && null(b);
    let exact = observation.planes.exact.iter().any(|pattern| pattern.covers(&path));
    let silent = |desired: &Value| *desired == "<absent>" && !exact;
    let known = |value: &Value| !value.to_string().contains("<unknown>");
    if PLANES.iter().any(|(_, plane)| observation.planes.get(*plane).observed.unknown().is_some()) {
        return Relation::Undetermined;
    }
    match PLANES.map(|(_, plane)| at(plane)) {
        [desired, Some(recorded), Some(actual)] if desired.as_ref().is_none_or(silent) => {
            if same(&recorded, &actual) {
                Relation::InSync
            } else {
                Relation::UndeclaredChange
            }
        }
        [Some(desired), Some(recorded), Some(actual)]
            if [&desired, &recorded, &actual].iter().all(|value| known(value)) =>
        {
            Relation::of_declared(same(&desired, &recorded), same(&recorded, &actual), same(&desired, &actual))
        }
        _ => Relation::Undetermined,
    }
}

/// Where a field is not merely spelled otherwise, the planes as read say how it is labelled; the rest takes equivalences,
/// which are a comparer's, and are counted by its tests.
#[test]
fn labelled_relations_follow_from_the_planes() {
    // A destroy plan has no desired plane, so nobody knows what it would say; the other is hidden from every plan.
    let told = ["destroy-over-undeclared-drift ", "ignore-changes-function "];
    let mut score = Score::default();
    for case in cases() {
        let reading = read_plan(&case.plan, &case.context()).unwrap();
        for resource in case.resources() {
            let Some((observation, _)) = find(&reading, resource) else { continue };
            for labels in resource["fields"].as_array().unwrap().iter().filter(|labels| labels["noise"].is_null()) {
                let pointer = labels["pointer"].as_str().unwrap();
                let (wanted, found) = (labels["relation"].as_str().unwrap(), relation(observation, pointer));
                let honest = labels["declared"] == "undetermined" && found == Relation::Undetermined;
                score.add(wanted == found.word() || honest, || {
                    format!("{} {} {pointer}: {wanted} came out as {found}", case.name, resource["address"])
                });
            }
        }
    }
    score.report("relations of labelled fields, by the planes alone");
    assert!(score.otherwise.iter().all(|line| told.iter().any(|case| line.starts_with(case))), "{score:#?}");
}

/// What is in sync by its labels must not look otherwise: equal planes at every owned path that no label names.
#[test]
fn what_is_in_sync_is_so_in_every_owned_path() {
    let mut score = Score::default();
    for case in cases() {
        let reading = read_plan(&case.plan, &case.context()).unwrap();
        for resource in case.resources() {
            let Some((observation, _)) = find(&reading, resource) else { continue };
            let planes = [&observation.planes.desired, &observation.planes.recorded, &observation.planes.actual];
            let [Some(desired), Some(recorded), Some(actual)] = planes.map(|plane| plane.observed.present()) else {
                continue;
            };
            let labels: Vec<String> = resource["fields"]
                .as_array()
                .unwrap()
                .iter()
                .map(|field| field["pointer"].as_str().unwrap().split('/').nth(1).unwrap().to_owned())
                .collect();
            for (name, wanted) in desired.value().as_object().unwrap() {
                let pointer = format!("/{name}");
                if labels.contains(name) {
                    continue;
                }
                let silent = |wanted: &Value, there: &Value| includes(wanted, there);
                let there = |document: &Document| labelled(document, &pointer);
                let agrees = [recorded, actual].iter().all(|document| silent(wanted, &there(document)))
                    && labelled(desired, &pointer) != "<unknown>";
                score.add(agrees, || format!("{} {} {pointer}: {wanted}", case.name, resource["address"]));
            }
        }
    }
    score.report("owned paths without a label");
    assert!(score.otherwise.is_empty());
}

/// Is everything that is wanted there, where the wanted value speaks?
fn includes(wanted: &Value, there: &Value) -> bool {
    match (wanted, there) {
        (Value::Object(wanted), Value::Object(there)) => {
            wanted.iter().all(|(name, wanted)| includes(wanted, there.get(name).unwrap_or(&Value::Null)))
        }
        (Value::Array(wanted), Value::Array(there)) => {
            wanted.len() == there.len() && wanted.iter().all(|wanted| there.iter().any(|there| includes(wanted, there)))
        }
        (Value::Null, there) => there.is_null() || *there == "<absent>",
        (wanted, there) => equal(wanted, there),
    }
}

#[test]
fn law_8_a_secret_never_leaves_a_reading() {
    let (mut cases_with, mut looked) = (0, 0);
    for case in cases() {
        let canaries = case.canaries();
        cases_with += usize::from(!canaries.is_empty());
        let contexts = [case.context(), case.refresh_only_context()];
        for (plan, context) in [&case.plan, &case.refresh_only].into_iter().zip(contexts) {
            for context in [
                context,
                PlanContext { state: None, ..context },
                PlanContext { schema: None, ..context },
                PlanContext { state: None, schema: None, ..context },
                PlanContext { refreshed: None, targeted: None, ..context },
            ] {
                let reading = read_plan(plan, &context).unwrap();
                let mut written = format!("{reading:?} {reading:#?}");
                for observation in &reading.observations {
                    write!(written, "{observation} {}", serde_json::to_string(observation).unwrap()).unwrap();
                }
                for canary in &canaries {
                    looked += 1;
                    assert!(
                        !written.contains(canary),
                        "{}: {canary} (schema: {})",
                        case.name,
                        context.schema.is_some()
                    );
                }
            }
        }
    }
    println!("secrets: {looked} searches in {cases_with} cases, none found");
    assert!(cases_with >= 5);
}

#[test]
fn law_3_no_result_is_not_no_drift_an_unstated_refresh_is_no_refresh() {
    for case in cases() {
        let context = PlanContext { refreshed: None, ..case.context() };
        let reading = read_plan(&case.plan, &context).unwrap();
        for observation in reading.observations.iter().filter(|observation| observation.resource.mode.is_none()) {
            assert!(observation.planes.actual.observed.unknown().is_some(), "{} {}", case.name, observation.id);
            assert!(observation.planes.actual.detail.as_ref().unwrap().contains("refreshed"), "{}", observation.id);
        }
    }
}

#[test]
fn law_9_same_in_same_out() {
    for case in cases() {
        let write = |reading: &PlanReading| serde_json::to_string(&reading.observations).unwrap();
        let once = write(&read_plan(&case.plan, &case.context()).unwrap());
        let mut turned = case.plan.clone();
        for member in ["resource_changes", "resource_drift"] {
            if let Some(Value::Array(items)) = turned.get_mut(member) {
                items.reverse();
            }
        }
        assert_eq!(once, write(&read_plan(&turned, &case.context()).unwrap()), "{}", case.name);
    }
}

mod mutated {
    //! Plans in which anything may be missing or something else.

    use proptest::prelude::*;

    use super::*;

    /// The pointers of every node of a document.
    fn pointers(value: &Value, here: &str, all: &mut Vec<String>) {
        all.push(here.to_owned());
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    pointers(item, &format!("{here}/{index}"), all);
                }
            }
            Value::Object(map) => {
                let mut names: Vec<&String> = map.keys().collect();
                names.sort();
                for name in names {
                    pointers(&map[name], &format!("{here}/{}", name.replace('~', "~0").replace('/', "~1")), all);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn mutate(document: &mut Value, at: prop::sample::Index, to: Option<&Value>) {
        let mut all = Vec::new();
        pointers(document, "", &mut all);
        let pointer = at.get(&all);
        if let Some(value) = to {
            *document.pointer_mut(pointer).unwrap() = value.clone();
        } else if let Some((parent, token)) = pointer.rsplit_once('/') {
            match document.pointer_mut(parent).unwrap() {
                Value::Object(map) => drop(map.remove(&token.replace("~1", "/").replace("~0", "~"))),
                Value::Array(items) => drop(items.remove(token.parse().unwrap())),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => unreachable!("a parent"),
            }
        }
    }

    fn anything() -> impl Strategy<Value = Option<Value>> {
        prop_oneof![
            4 => Just(None),
            6 => prop::sample::select(vec![
                Value::Null,
                Value::from(true),
                Value::from(-1),
                Value::from(1.5),
                Value::from(u64::MAX),
                Value::from(""),
                Value::from("module."),
                Value::from("a.b[\"\\"),
                Value::from("CANARY-SECRET-mutated"),
                serde_json::json!([]),
                serde_json::json!({}),
                serde_json::json!([[], {}, null, true]),
                serde_json::json!({"constant_value": [{}]}),
                serde_json::json!({"references": ["var.x", "module.a.b", 1]}),
                serde_json::json!({"": {"a": true}}),
            ]).prop_map(Some),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn law_2_total_a_mutated_plan_is_read_or_refused(
            case in any::<prop::sample::Index>(),
            changes in prop::collection::vec((0_u8..4, any::<prop::sample::Index>(), anything()), 1..6),
            refreshed in any::<Option<bool>>(),
            with_state in any::<bool>(),
            with_schema in any::<bool>(),
        ) {
            thread_local! {
                static CASES: Vec<Case> = cases_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/terraform"));
            }
            CASES.with(|cases| {
                let case = case.get(cases);
                let (mut plan, mut state, mut schema) = (case.plan.clone(), case.state.clone(), case.schema.clone());
                for (which, at, to) in &changes {
                    let document = match which { 0 | 1 => &mut plan, 2 => &mut state, _ => &mut schema };
                    mutate(document, *at, to.as_ref());
                }
                let context = PlanContext {
                    refreshed,
                    state: with_state.then_some(&state),
                    schema: with_schema.then_some(&schema),
                    ..case.context()
                };
                match read_plan(&plan, &context) {
                    Ok(reading) => {
                        prop_assert_eq!(reading.observations.len(), reading.planned.len());
                        for observation in &reading.observations {
                            serde_json::to_string(observation).unwrap();
                            prop_assert!(observation.planes.existence().word() != "");
                        }
                        let problems: String = reading.problems.iter().map(ToString::to_string).collect();
                        prop_assert!(!problems.contains("CANARY"), "{}", problems);
                    }
                    Err(error) => {
                        let text = format!("{error} {error:?} {}", error.code());
                        prop_assert!(!text.contains("CANARY"), "{}", text);
                    }
                }
                Ok(())
            })?;
        }
    }
}
