//! Plans with labelled truth, read and compared: the relation of every labelled field, and the verdict on what is in sync.
//!
//! Noise that value and schema prove is excused by what the library knows; noise that takes knowledge of a provider is
//! excused by rules as its users would write them, in `terraform-rules.json`. Where the answer is not the labelled one, that
//! is written down here with the reason and with the answer that is given instead; anything else fails.
//!
//! Reads the whole corpus where it lies beside the checkout, else the choice of cases that the reader's tests hold.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reads files, and says what it counted"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use drift_diff::{Comparer, Delta, EquivalenceRule, FieldChange, Mandate, Named, PatchKind, Rules, Schema, Why};
use drift_model::source::opentofu::{PlanContext, PlanMode, PlanReading, read_plan};
use drift_model::{Disposition, Existence, Facts, Observation, Relation, System, Verdict, from_json};
use serde::Deserialize;
use serde_json::{Value, json};

/// What is answered instead of the label.
#[derive(Clone, Copy, Debug)]
enum Instead {
    /// The change at the root: the resource is to be pruned, and its fields are not compared.
    PrunePending,
    /// The difference is listed, UNDETERMINED: a plane is unknown.
    Undetermined,
    /// Nothing: no input shows it.
    Nothing,
}

/// Case, address, pointer, the answer instead, and why.
const EXCEPTIONS: [(&str, &str, &str, Instead, &str); 4] = [
    (
        "deposed-instance-of-count",
        "fake_instance.app[1]",
        "/state",
        Instead::PrunePending,
        "fields are compared only where desired and actual are both there; the change at the root holds both values",
    ),
    (
        "orphan-block-removed-drifted",
        "fake_queue.b",
        "/delay_seconds",
        Instead::PrunePending,
        "fields are compared only where desired and actual are both there; the change at the root holds both values",
    ),
    (
        "destroy-over-undeclared-drift",
        "fake_queue.left",
        "/delay_seconds",
        Instead::Undetermined,
        "a destroy plan has no desired plane, and with an unknown plane every relation is UNDETERMINED",
    ),
    (
        "ignore-changes-function",
        "fake_pipeline.ci",
        "/definition",
        Instead::Nothing,
        "tagged hard: a plan shows neither `ignore_changes` nor what a call of a function yields",
    ),
];

/// A rule as its document has it, without the envelope.
#[derive(Deserialize)]
struct Document {
    name: String,
    spec: EquivalenceRule,
}

fn rules_of_the_provider() -> Rules {
    let documents: Vec<Document> = from_json(include_str!("terraform-rules.json")).unwrap();
    let named = documents.into_iter().map(|document| Named::new(document.name, document.spec));
    Rules { equivalences: named.collect(), ..Rules::default() }
}

fn json(path: &Path) -> Option<Value> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

fn corpus() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["../../shared/corpus/terraform", "../../../shared/corpus/terraform", "../drift-model/tests/terraform"]
        .iter()
        .map(|path| here.join(path))
        .find(|path| path.is_dir())
}

/// Does the change stand at the labelled place, or below it?
fn is_at(change: &FieldChange<'_>, pointer: &str) -> bool {
    let below = |known: &str| known == pointer || known.strip_prefix(pointer).is_some_and(|rest| rest.starts_with('/'));
    [&change.pointers.desired, &change.pointers.recorded, &change.pointers.actual]
        .into_iter()
        .flatten()
        .any(|known| below(known))
        || below(&change.path.to_string())
}

/// One labelled case.
struct Case {
    name: String,
    expected: Value,
    plan: Value,
    refresh_only: Value,
    state: Value,
    schema: Value,
}

fn cases() -> Vec<Case> {
    let corpus = corpus().unwrap();
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let case = |folder: &PathBuf| {
        let part = |name: &str| json(&folder.join(name)).unwrap();
        Case {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            expected: part("expected.json"),
            plan: part("plan.json"),
            refresh_only: part("refresh-only.json"),
            state: part("state.raw.json"),
            schema: json(&folder.join("schema.json")).or_else(|| json(&corpus.join("schema.json"))).unwrap(),
        }
    };
    folders.iter().filter(|folder| folder.is_dir()).map(case).collect()
}

impl Case {
    fn read(&self) -> PlanReading {
        let context = &self.expected["context"];
        let mode = match context["mode"].as_str().unwrap() {
            "normal" => PlanMode::Normal,
            "refresh-only" => PlanMode::RefreshOnly,
            "destroy" => PlanMode::Destroy,
            other => panic!("{other}"),
        };
        let said = |name: &str| context[name].as_bool();
        self.read_as(&self.plan, mode, said("refreshed"), said("targeted"))
    }

    fn read_refresh_only(&self) -> PlanReading {
        self.read_as(&self.refresh_only, PlanMode::RefreshOnly, Some(true), Some(false))
    }

    fn read_as(&self, plan: &Value, mode: PlanMode, refreshed: Option<bool>, targeted: Option<bool>) -> PlanReading {
        let context = PlanContext {
            mode,
            refreshed,
            targeted,
            engine: &System::Terraform,
            state: Some(&self.state),
            schema: Some(&self.schema),
            ..PlanContext::default()
        };
        read_plan(plan, &context).unwrap()
    }

    /// Every labelled resource, with what was read of it. A refresh-only plan holds what is recorded, and
    /// no more.
    fn resources<'c>(&'c self, reading: &'c PlanReading) -> impl Iterator<Item = (&'c Value, &'c Observation)> {
        self.expected["resources"].as_array().unwrap().iter().filter_map(|resource| {
            let deposed = resource.get("deposed").and_then(Value::as_str);
            let same = |observation: &&Observation| {
                observation.resource.address == resource["address"].as_str().unwrap()
                    && observation.resource.deposed.as_deref() == deposed
            };
            let found = reading.observations.iter().find(same);
            let recorded = resource["existence"]["recorded"] != "absent";
            let refresh_only = reading.observations.iter().all(|one| one.planes.desired.observed.unknown().is_some());
            assert!(found.is_some() || !recorded && refresh_only, "{} {}: not read", self.name, resource["address"]);
            Some((resource, found?))
        })
    }
}

fn fields(resource: &Value) -> &[Value] {
    resource["fields"].as_array().unwrap()
}

fn pointer(field: &Value) -> &str {
    field["pointer"].as_str().unwrap()
}

fn at<'d, 'a>(delta: &'d Delta<'a>, pointer: &str) -> Vec<&'d FieldChange<'a>> {
    delta.changes.iter().filter(|change| is_at(change, pointer)).collect()
}

fn is_open(change: &FieldChange<'_>) -> bool {
    change.disposition != Disposition::Equivalent
}

/// Is the answer the labelled one?
fn agrees(field: &Value, delta: &Delta<'_>) -> bool {
    let here = at(delta, pointer(field));
    let mut open = here.iter().filter(|change| is_open(change));
    match field["relation"].as_str().unwrap() {
        "IN_SYNC" => open.next().is_none(),
        "UNDECLARED_CHANGE" => open.any(|change| change.relation.word().starts_with("UNDECLARED")),
        relation => {
            let undetermined = field["declared"] == "undetermined";
            open.any(|change| {
                change.relation.word() == relation || undetermined && change.relation == Relation::Undetermined
            })
        }
    }
}

/// Is this answer given instead?
fn gives_instead(instead: Instead, field: &Value, delta: &Delta<'_>) -> bool {
    let here = at(delta, pointer(field));
    match instead {
        Instead::PrunePending => {
            let [root] = delta.changes.as_slice() else { return false };
            (delta.existence, delta.verdict) == (Existence::PrunePending, Verdict::Pending)
                && root.path.is_root()
                && root.pointers.recorded.is_some()
                && root.pointers.actual.is_some()
        }
        Instead::Undetermined => {
            delta.verdict == Verdict::Unknown
                && here.iter().any(|change| {
                    (change.relation, change.disposition) == (Relation::Undetermined, Disposition::Undetermined)
                })
        }
        Instead::Nothing => here.is_empty(),
    }
}

#[test]
fn relations_of_labelled_plans() {
    relations("without its schema", |_| Schema::kubernetes());
}

#[test]
fn relations_of_labelled_plans_by_the_schema_of_their_provider() {
    relations("by its schema", |case| {
        let mut schema = Schema::kubernetes();
        schema.add_provider_schemas(&case.schema).unwrap();
        schema
    });
}

fn relations(title: &str, schema: impl Fn(&Case) -> Schema) {
    let rules = rules_of_the_provider();
    let (mut labelled, mut by_itself, mut by_rules, mut excepted, mut otherwise) = (0, 0, 0, Vec::new(), Vec::new());
    for case in cases() {
        let reading = case.read();
        let schema = schema(&case);
        let bare = Comparer::compile(&Rules { schema: schema.clone(), ..Rules::default() }).unwrap();
        let comparer = Comparer::compile(&Rules { schema, ..rules.clone() }).unwrap();
        for (resource, observation) in case.resources(&reading) {
            let deltas = [&bare, &comparer].map(|comparer| comparer.compare(observation, &Facts::default()));
            let [without, with] = &deltas;
            let address = resource["address"].as_str().unwrap();
            for field in fields(resource) {
                labelled += 1;
                let (known, place) = (agrees(field, without), pointer(field));
                let exception = EXCEPTIONS
                    .iter()
                    .find(|(name, at, pointer, ..)| (*name, *at, *pointer) == (case.name.as_str(), address, place));
                let line = format!("{} {address} {place}: labelled {}", case.name, field["relation"]);
                match (agrees(field, with), exception) {
                    (true, None) => {
                        by_itself += usize::from(known);
                        by_rules += usize::from(!known);
                        // What can be proved must not take a rule.
                        let generic = field["noiseScope"] == "generic";
                        assert!(known || !generic, "{line}: a rule excuses what the library should know");
                    }
                    (false, Some((.., instead, why))) if gives_instead(*instead, field, with) => {
                        excepted.push(format!("{line}, answered {instead:?}: {why}"));
                    }
                    (true, Some(_)) => otherwise.push(format!("{line}: as labelled, so it is no exception any more")),
                    (false, _) => {
                        let found: Vec<_> = at(with, place)
                            .iter()
                            .map(|change| format!("{} {} {}", change.path, change.relation, change.disposition))
                            .collect();
                        otherwise.push(format!("{line}, noise {}, found {found:?}", field["noise"]));
                    }
                }
                // No rule hides a difference that is one.
                if field["relation"] != "IN_SYNC" {
                    assert_eq!(known, agrees(field, with), "{line}: a rule changes the answer");
                }
            }
            // Whatever is not labelled is in sync.
            for change in with.changes.iter().filter(|change| !change.path.is_root() && change.is_drift()) {
                if resource["otherFieldsInSync"] == true
                    && !fields(resource).iter().any(|field| is_at(change, pointer(field)))
                {
                    otherwise.push(format!("{} {address} {}: drift that no label knows", case.name, change.path));
                }
            }
        }
    }
    println!(
        "terraform, plan.json {title}: {} of {labelled} labelled relations agree: {by_itself} by what the library knows, {by_rules} \
         by rules of the provider; {} are answered otherwise:",
        by_itself + by_rules,
        excepted.len()
    );
    for line in excepted.iter().chain(&otherwise) {
        println!("  {line}");
    }
    assert!(otherwise.is_empty(), "{otherwise:#?}");
    assert_eq!(excepted.len(), EXCEPTIONS.len());
    assert!(labelled >= 75, "labelled fields are gone");
}

/// What the labels call in sync in every field is so as a whole, and what they call different is not.
#[test]
fn verdicts_on_labelled_plans() {
    let comparer = Comparer::compile(&rules_of_the_provider()).unwrap();
    let (mut asked, mut otherwise) = (0, Vec::new());
    for case in cases() {
        let reading = case.read();
        for (resource, observation) in case.resources(&reading) {
            let existence = |plane: &str| resource["existence"][plane].as_str().unwrap();
            if ["desired", "recorded", "actual"].map(existence) != ["present"; 3] {
                continue;
            }
            let verdict = comparer.compare(observation, &Facts::default()).verdict;
            let has = |relation: &str| fields(resource).iter().any(|field| field["relation"] == relation);
            let undetermined = fields(resource)
                .iter()
                .any(|field| field["declared"] == "undetermined" || field["relation"] == "UNDETERMINED");
            let expected: &[Verdict] = if ["RUNTIME_CHANGED", "CONFLICT", "STALE_RECORD"].into_iter().any(has) {
                &[Verdict::Drifted]
            } else if undetermined {
                &[Verdict::Unknown, Verdict::Drifted]
            } else if has("NOT_APPLIED") || resource["tainted"] == true {
                &[Verdict::Pending]
            } else if has("UNDECLARED_CHANGE") {
                // DRIFTED where it is counted: where it exposes something.
                &[Verdict::InSync, Verdict::Drifted]
            } else {
                &[Verdict::InSync]
            };
            asked += 1;
            let excepted = EXCEPTIONS.iter().any(|(name, ..)| *name == case.name);
            if !excepted && !expected.contains(&verdict) {
                otherwise.push(format!("{} {}: {verdict}, not {expected:?}", case.name, resource["address"]));
            }
        }
    }
    println!("terraform, verdicts: {} of {asked} agree", asked - otherwise.len());
    assert!(otherwise.is_empty(), "{otherwise:#?}");
}

/// In a refresh-only plan there is no desired plane: nothing is in sync, and what was changed in the runtime is listed.
#[test]
fn refresh_only_plans_list_what_moved_and_call_nothing_in_sync() {
    let comparer = Comparer::compile(&rules_of_the_provider()).unwrap();
    let (mut asked, mut otherwise) = (0, Vec::new());
    for case in cases() {
        let reading = case.read_refresh_only();
        for (resource, observation) in case.resources(&reading) {
            let delta = comparer.compare(observation, &Facts::default());
            let label = format!("{} {}", case.name, resource["address"]);
            let all = |change: &FieldChange<'_>| change.disposition == Disposition::Undetermined;
            if (delta.existence, delta.verdict) != (Existence::Undetermined, Verdict::Unknown)
                || !delta.changes.iter().all(all)
            {
                otherwise.push(format!("{label}: {} {}", delta.existence, delta.verdict));
            }
            // Whether the fields of an object that is on one side only differ is not asked.
            let planes = [&observation.planes.recorded, &observation.planes.actual];
            if !planes.iter().all(|plane| plane.observed.present().is_some()) {
                continue;
            }
            let hidden = resource.get("hidden").and_then(|hidden| hidden["fields"].as_array()).into_iter().flatten();
            // What no reading returns is in no plan.
            let returned = |field: &&Value| {
                field.get("actual").is_some()
                    && case.name != "never-read-back"
                    && case.name != "write-only-changed-outside"
            };
            let moved = hidden.filter(returned).map(|field| (pointer(field), Some(true)));
            let labelled = fields(resource).iter().map(|field| {
                let moved = match field["relation"].as_str().unwrap() {
                    "RUNTIME_CHANGED" | "CONFLICT" | "STALE_RECORD" | "UNDECLARED_CHANGE" => Some(true),
                    "NOT_APPLIED" => Some(false),
                    // Spelled otherwise perhaps.
                    "IN_SYNC" => None,
                    _ => field.get("recorded").zip(field.get("actual")).map(|(recorded, actual)| recorded != actual),
                };
                (pointer(field), moved)
            });
            for (pointer, moved) in moved.chain(labelled) {
                let Some(moved) = moved else { continue };
                asked += 1;
                if at(&delta, pointer).is_empty() == moved {
                    otherwise.push(format!("{label} {pointer}: moved {moved}, which is not what was listed"));
                }
            }
        }
    }
    println!("terraform, refresh-only.json: {} of {asked} agree", asked - otherwise.len());
    assert!(otherwise.is_empty(), "{otherwise:#?}");
}

/// A rule that excuses nothing in any case is not known to be right; some are here to show that they excuse too little.
#[test]
fn every_rule_of_the_provider_is_one_that_is_needed() {
    // Their noise is met together with a genuine difference alone: another target, a longer retention.
    let idle = ["fake-record-case", "fake-record-dot", "fake-pipeline-retention"];
    let rules = rules_of_the_provider();
    let comparer = Comparer::compile(&rules).unwrap();
    let mut used = BTreeSet::new();
    for case in cases() {
        let reading = case.read();
        for (_, observation) in case.resources(&reading) {
            let delta = comparer.compare(observation, &Facts::default());
            used.extend(delta.changes.iter().filter_map(|change| change.rule.as_deref().map(str::to_owned)));
        }
    }
    let unused: Vec<&str> =
        rules.equivalences.iter().map(|rule| rule.name.as_str()).filter(|name| !used.contains(*name)).collect();
    assert_eq!(unused, idle);
}

/// A provisioner failed: every field is as declared, and the next apply destroys the object all the same.
#[test]
fn what_is_tainted_is_pending_although_every_field_is_in_sync() {
    let values = json!({"id": "i-0ab", "ami": "ami-1", "tags": {"team": "shop"}});
    let mut after = values.clone();
    after.as_object_mut().unwrap().remove("id");
    let named = |mut entry: Value| {
        let name = json!({"address": "aws_instance.web", "mode": "managed", "type": "aws_instance", "name": "web",
            "provider_name": "registry.opentofu.org/hashicorp/aws"});
        entry.as_object_mut().unwrap().extend(name.as_object().unwrap().clone());
        entry
    };
    let plan = |tainted: bool| {
        let mut prior = named(json!({"schema_version": 1, "values": values, "sensitive_values": {"tags": {}}}));
        let mut change =
            named(json!({"change": {"actions": ["no-op"], "before": values, "after": values, "after_unknown": {}}}));
        if tainted {
            prior["tainted"] = json!(true);
            change["action_reason"] = json!("replace_because_tainted");
            change["change"]["actions"] = json!(["delete", "create"]);
            change["change"]["after"] = after.clone();
            change["change"]["after_unknown"] = json!({"id": true, "tags": {}});
        }
        json!({"format_version": "1.2", "terraform_version": "1.8.2",
            "prior_state": {"format_version": "1.0", "values": {"root_module": {"resources": [prior]}}},
            "resource_changes": [change],
            "configuration": {"root_module": {"resources": [named(json!({"expressions": {
                "ami": {"constant_value": "ami-1"}, "tags": {"constant_value": {"team": "shop"}}}}))]}}})
    };
    let context = PlanContext { refreshed: Some(true), targeted: Some(false), ..PlanContext::default() };
    let comparer = Comparer::compile(&Rules::default()).unwrap();
    let sound = read_plan(&plan(false), &context).unwrap();
    let delta = comparer.compare(&sound.observations[0], &Facts::default());
    assert_eq!((delta.verdict, delta.changes.len()), (Verdict::InSync, 0));

    let reading = read_plan(&plan(true), &context).unwrap();
    let delta = comparer.compare(&reading.observations[0], &Facts::default());
    assert_eq!(delta.verdict, Verdict::Pending);
    let changes: Vec<Value> =
        delta.changes.iter().map(|change| serde_json::to_value(change.to_change()).unwrap()).collect();
    assert_eq!(
        changes,
        [json!({"path": "", "kind": "CHANGED", "relation": "NOT_APPLIED", "disposition": "PENDING", "owner": "GIT",
            "sensitive": false, "note": "not sound as it is: the next apply destroys it and makes another"})]
    );
    // No patch of fields settles it, on whatever plane.
    let settle = |kind| delta.patch(kind, &Mandate::everything(), |_| true);
    for (kind, why) in [
        (PatchKind::Revert, Why::NeedsReplacement),
        (PatchKind::Accept, Why::AlreadySo),
        (PatchKind::Refresh, Why::AlreadySo),
    ] {
        let patch = settle(kind);
        assert!(patch.settles.is_empty());
        assert_eq!(patch.left.iter().map(|left| left.why).collect::<Vec<_>>(), [why]);
    }
}
