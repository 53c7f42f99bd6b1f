//! The program `policy` as its users run it: arguments and streams in, text and exit code out.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use drift_examples::console::Streams;
use drift_examples::policy::{self, Exit};

/// What a run printed, and how it ended.
struct Run {
    exit: Exit,
    output: String,
    errors: String,
}

fn run(arguments: &[&str]) -> Run {
    run_on("", arguments)
}

fn run_on(input: &str, arguments: &[&str]) -> Run {
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let mut streams = Streams { input: &mut input.as_bytes(), output: &mut output, errors: &mut errors };
    let arguments = std::iter::once("policy").chain(arguments.iter().copied()).map(OsString::from);
    let exit = policy::run(arguments, &mut streams, "2026-07-03T11:00:00Z".parse().unwrap());
    Run { exit, output: String::from_utf8(output).unwrap(), errors: String::from_utf8(errors).unwrap() }
}

/// The folder that ships.
fn shop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("policy/shop")
}

/// The shop's folder with its decisions rewritten.
fn edited(name: &str, edit: impl FnOnce(String) -> String) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("policy").join(name);
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    for file in ["decisions.yaml", "healing.yaml", "tests.yaml"] {
        std::fs::copy(shop().join(file), folder.join(file)).unwrap();
    }
    let decisions = folder.join("decisions.yaml");
    let text = std::fs::read_to_string(&decisions).unwrap();
    let new = edit(text.clone());
    assert_ne!(text, new, "the edit found nothing");
    std::fs::write(decisions, new).unwrap();
    folder.to_str().unwrap().to_owned()
}

fn shop_path() -> String {
    shop().to_str().unwrap().to_owned()
}

#[test]
fn the_policy_that_ships_is_clean_and_its_tests_pass() {
    let check = run(&["check", &shop_path()]);
    assert_eq!((check.exit, check.output.as_str()), (Exit::Fine, ""));
    assert!(check.errors.starts_with("4 documents: nothing to say; policy sha256:"), "{}", check.errors);
    let tests = run(&["test", &shop_path()]);
    assert_eq!(tests.exit, Exit::Fine);
    assert!(tests.output.starts_with("3 cases, 0 failed\n"), "{}", tests.output);
}

#[test]
fn everything_that_is_wrong_is_said_in_document_order_with_what_to_do() {
    let folder = edited("faults", |text| {
        let dead = "    - id: dead\n      when: {class: [RENDER_NOISE], environment: [dev]}\n      decide: {recommend: NONE, autoHeal: DENY}\n      because: nobody gets here\n    - id: emergency\n";
        text.replace("class: [EMERGENCY_DRIFT]}", "class: [EMERGENCY_DRFT]}").replace("    - id: emergency\n", dead)
    });
    let check = run(&["check", &folder]);
    assert_eq!((check.exit, check.errors.as_str()), (Exit::Problem, "4 documents: 1 error\n"));
    insta::assert_snapshot!(check.output, @r"
    error[unknown-value] shop-decisions /spec/rules/6/when/class/0: unknown class `EMERGENCY_DRFT`; did you mean `EMERGENCY_DRIFT`?
      help: use a word of this column
    ");
}

#[test]
fn a_gap_is_shown_as_facts_for_a_test_and_a_dead_rule_with_what_comes_first() {
    let folder = edited("gap", |text| {
        let dead = "    - id: dead\n      when: {class: [RENDER_NOISE], environment: [dev]}\n      decide: {recommend: NONE, autoHeal: DENY}\n      because: nobody gets here\n    - id: otherwise\n      when: {exception: [EXPIRED, NONE, UNKNOWN], environment: [\"*\"]}\n";
        text.replace("    - id: otherwise\n      when: {}\n", dead)
    });
    let check = run(&["check", &folder]);
    assert_eq!((check.exit, check.errors.as_str()), (Exit::Problem, "4 documents: 1 error, 1 warning\n"));
    insta::assert_snapshot!(check.output);
    let json = run(&["check", "--format", "json", &folder]);
    assert_eq!((json.exit, json.errors.as_str()), (Exit::Problem, ""));
    let lines: Vec<serde_json::Value> = json.output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let keys = ["severity", "code", "document", "pointer", "message", "help"];
    assert!(
        lines.len() == 2 && lines.iter().all(|line| keys.iter().all(|key| line[key].is_string())),
        "{}",
        json.output
    );
    assert!(json.output.starts_with(
        r#"{"severity":"error","code":"gap","document":"shop-decisions","pointer":"/spec/rules","message":"#
    ));
}

#[test]
fn a_file_that_cannot_be_read_is_a_diagnostic_and_quotes_nothing() {
    let check = run_on("{\"kind\": CANARY", &["check", "-", "/nowhere.yaml"]);
    assert_eq!((check.exit, check.errors.as_str()), (Exit::Problem, "0 documents: 2 errors\n"));
    insta::assert_snapshot!(check.output, @r"
    error[unreadable] standard input line 1 column 10: not JSON
      help: check the text there; YAML files are known by their ending .yaml
    error[unreadable] /nowhere.yaml: no such file
      help: check the path; `-` reads standard input
    ");
    assert_eq!(run(&["check"]).exit, Exit::Problem);
    assert_eq!(run(&["--help"]).exit, Exit::Fine);
}

#[test]
fn a_key_that_stands_twice_hides_nothing_of_what_comes_after_it() {
    let exception = |name: &str, spec: &str| {
        format!("apiVersion: d/v1\nkind: DriftException\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n---\n")
    };
    let twice = "match: {kind: Pod, kind: Job}, owner: a, owner: b, expires: 2027-01-01";
    let text = [exception("twice", twice), exception("later", "match: {kind: Pod}, owner: a, reason: r")].concat();
    let check = run_on(&text, &["check", "-"]);
    assert_eq!((check.exit, check.errors.as_str()), (Exit::Problem, "2 documents: 4 errors\n"));
    insta::assert_snapshot!(check.output, @r"
    error[duplicate-key] twice /spec/match/kind: the key is written more than once
      help: keep one of them
    error[duplicate-key] twice /spec/owner: the key is written more than once
      help: keep one of them
    error[missing-field] twice /spec: the field `reason` is missing
      help: add `reason`
    error[missing-field] later /spec: the field `expires` is missing
      help: add `expires`
    ");
}

#[test]
fn a_comparison_lists_every_region_with_a_case_of_it() {
    let same = run(&["compare", &shop_path(), &shop_path()]);
    assert_eq!(same.exit, Exit::Fine);
    assert!(same.output.starts_with("no difference: policy sha256:"), "{}", same.output);
    // The order of keys and the names of rules decide nothing.
    let renamed = edited("renamed", |text| text.replace("id: noise", "id: read-noise"));
    assert_eq!(run(&["compare", &shop_path(), &renamed]).exit, Exit::Fine);
    let folder = edited("wider", |text| {
        text.replace("environment: [\"staging*\", dev]", "environment: [\"staging*\", dev, prod-canary]")
    });
    let wider = run(&["compare", &shop_path(), &folder]);
    assert_eq!((wider.exit, wider.errors.as_str()), (Exit::Different, ""));
    insta::assert_snapshot!(wider.output);
    // Documents that are no tables are told by name.
    let healing = Path::new(&folder).join("healing.yaml");
    let text = std::fs::read_to_string(&healing).unwrap();
    std::fs::write(&healing, text.replace("maxObjectsPerReconcile: 5", "maxObjectsPerReconcile: 50")).unwrap();
    let more = run(&["compare", &shop_path(), &folder]);
    assert!(
        more.output.ends_with("\nother documents: 1\n  AutoHealPolicy shop-staging: says something else\n"),
        "{}",
        more.output
    );
    assert_eq!(run(&["compare", &shop_path(), "/nowhere"]).exit, Exit::Problem);
}

#[test]
fn what_differs_for_certain_differs_also_where_not_everything_can_be_proven() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("policy").join("entangled");
    std::fs::create_dir_all(&folder).unwrap();
    let written = |name: &str, recommend: &str| {
        let globs: Vec<String> = (0..30).map(|index| format!("*a{index}*a*a*a*b")).collect();
        let rule = |id: &str, when: serde_json::Value, recommend: &str| serde_json::json!({"id": id, "when": when, "decide": {"recommend": recommend, "autoHeal": "DENY"}, "because": "b"});
        let asked = globs.iter().map(|glob| rule(glob, serde_json::json!({"name": glob}), recommend));
        let rules: Vec<_> = asked.chain([rule("rest", serde_json::json!({}), "NONE")]).collect();
        let spec = serde_json::json!({"rules": rules, "onUnknown": {"recommend": "INCIDENT", "autoHeal": "DENY"}});
        let document = serde_json::json!({"apiVersion": "d/v1", "kind": "ReconciliationPolicy", "metadata": {"name": "r"}, "spec": spec});
        let file = folder.join(name);
        std::fs::write(&file, document.to_string()).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let (old, new) = (written("old.json", "INCIDENT"), written("new.json", "IGNORE"));
    let compare = run(&["compare", &old, &new]);
    assert_eq!(compare.exit, Exit::Different, "{}", compare.errors);
    assert!(compare.errors.starts_with("error: the tables are too entangled to find every difference\n"));
    assert_eq!(run(&["compare", &old, &old]).exit, Exit::Fine, "the same documents need no proof");
    let renamed = folder.join("renamed.json");
    let text = std::fs::read_to_string(&old).unwrap();
    std::fs::write(&renamed, text.replace(r#""metadata":{"name":"r"}"#, r#""metadata":{"name":"s"}"#)).unwrap();
    let compare = run(&["compare", &old, renamed.to_str().unwrap()]);
    assert_eq!(compare.exit, Exit::Problem, "nothing is found, and nothing is proven: {}", compare.output);
}

#[test]
fn an_explanation_names_for_each_table_what_decided_and_what_refused_the_rules_before_it() {
    let observations = Path::new(env!("CARGO_MANIFEST_DIR")).join("assess/incident/observations.jsonl");
    let explain =
        run(&["explain", "--policy", &shop_path(), observations.to_str().unwrap(), "--now", "2026-07-03T11:00:00Z"]);
    assert_eq!((explain.exit, explain.errors.as_str()), (Exit::Fine, ""));
    insta::assert_snapshot!(explain.output);
    let broken = run_on("{\"id\": CANARY}\n", &["explain", "-"]);
    assert_eq!((broken.exit, broken.output.as_str()), (Exit::Problem, ""));
    assert!(
        broken.errors.starts_with("error: standard input line 1: ") && !broken.errors.contains("CANARY"),
        "{}",
        broken.errors
    );
    assert_eq!(run(&["explain"]).exit, Exit::Problem);
    assert!(run_on("", &["explain", "-"]).errors.contains("holds no observation"));
}
