//! The program `assess` as its users run it: arguments and streams in, text and exit code out.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use drift_examples::assess::{self, Exit};
use drift_examples::console::{Streams, Surroundings};

/// What a run printed, and how it ended.
#[derive(Debug, Eq, PartialEq)]
struct Run {
    exit: Exit,
    output: String,
    errors: String,
}

impl Run {
    /// Nothing of what is secret or misplaced in an input may come out again.
    fn is_silent_about(&self, canary: &str) -> bool {
        !self.output.contains(canary) && !self.errors.contains(canary)
    }
}

fn run(arguments: &[&str]) -> Run {
    run_on("", arguments)
}

fn run_on(input: &str, arguments: &[&str]) -> Run {
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let mut streams = Streams { input: &mut input.as_bytes(), output: &mut output, errors: &mut errors };
    let surroundings = Surroundings {
        now: "2026-07-03T11:00:00Z".parse().unwrap(),
        colour: false,
        width: 100,
        terminal: false,
        progress: false,
    };
    let arguments = std::iter::once("assess").chain(arguments.iter().copied()).map(OsString::from);
    let exit = assess::run(arguments, &mut streams, &surroundings);
    Run { exit, output: String::from_utf8(output).unwrap(), errors: String::from_utf8(errors).unwrap() }
}

/// A folder for the files of one test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// An observation whose live side could not be read.
fn unknown(id: &str) -> String {
    format!(
        r#"{{"id": "{id}", "resource": {{"system": "KUBERNETES", "version": "v1", "kind": "ConfigMap", "namespace": "shop", "name": "{id}"}}, "planes": {{"desired": {{"status": "PRESENT", "document": {{"data": {{"a": "b"}}}}}}, "actual": {{"status": "UNKNOWN", "reason": "FAILED", "detail": "no answer"}}}}}}"#
    )
}

/// The ids of the lines that were answered.
fn ids(output: &str) -> Vec<String> {
    output
        .lines()
        .map(|line| {
            let answer: drift_model::AssessmentReport = serde_json::from_str(line).unwrap();
            answer.id
        })
        .collect()
}

#[test]
fn without_a_command_the_incident_is_told_and_the_exit_is_0() {
    let run = run(&[]);
    assert_eq!((run.exit, run.errors.as_str()), (Exit::Fine, ""));
    assert!(run.output.contains("8 resources"), "{}", run.output);
    let again = self::run(&["--format", "jsonl"]);
    assert_eq!(ids(&again.output).len(), 8);
}

#[test]
fn a_broken_line_is_named_and_the_others_are_answered() {
    let folder = Folder::new("broken-line");
    let mut lines: Vec<String> = (1..=10).map(|n| unknown(&format!("obs-{n}"))).collect();
    lines[6] = r#"{"id": "obs-7", "resource": CANARY-7}"#.to_owned();
    lines[8] = r#"{"id": "obs-9", "resource": {"system": "CANARY-9"}, "planes": {}}"#.to_owned();
    let file = folder.file("in.jsonl", lines.join("\n"));
    let run = run(&["observations", &file, "--format", "jsonl"]);
    assert_eq!(run.exit, Exit::Problem);
    assert_eq!(ids(&run.output), ["obs-1", "obs-2", "obs-3", "obs-4", "obs-5", "obs-6", "obs-8", "obs-10"]);
    assert_eq!(
        run.errors,
        format!(
            "error: {file} line 7: not JSON at column 29\n  help: one observation a line, as JSON\n\
             error: {file} line 9: at `/resource/system`: unknown system, expected one of `KUBERNETES`, `OPENTOFU`, \
             `TERRAFORM`, `ARGOCD`, `FLUX`, `AWS`, `DATABASE`, `GENERIC` or `GENERIC:name`\n  \
             help: an observation has `id`, `resource` and `planes`; plans and manifests have commands of their own\n"
        )
    );
    assert!(run.is_silent_about("CANARY"));
}

#[test]
fn a_file_that_is_no_list_of_observations_is_said_to_be_none_once() {
    let folder = Folder::new("wrong-kind");
    let plan = folder.file("plan.json", "{\n  \"format_version\": \"1.2\",\n  \"x\": \"CANARY\"\n}\n");
    let run = run(&["observations", &plan]);
    assert_eq!(run.exit, Exit::Problem);
    assert_eq!(
        run.errors,
        format!(
            "error: {plan} line 1: a document over several lines\n  help: observations stand one a line (`jq -c .`); a \
             plan is read by `assess opentofu --plan`\n"
        )
    );
    assert!(run.is_silent_about("CANARY"));
}

#[test]
fn an_unreadable_file_does_not_hold_up_a_good_one() {
    let folder = Folder::new("unreadable");
    let good = folder.file("good.jsonl", unknown("good"));
    let none = folder.0.join("none.jsonl").to_str().unwrap().to_owned();
    let run = run(&["observations", &none, &good, "--format", "jsonl"]);
    assert_eq!(run.exit, Exit::Problem);
    assert_eq!(ids(&run.output), ["good"]);
    assert_eq!(run.errors, format!("error: {none}: no such file\n  help: check the path; `-` reads standard input\n"));
    let folder_run = self::run(&["observations", folder.0.to_str().unwrap()]);
    assert!(folder_run.errors.contains("is a folder\n  help: name a file"), "{}", folder_run.errors);
}

#[test]
fn many_broken_lines_are_counted_after_the_first() {
    let run = run_on(&"CANARY\n".repeat(5000), &["observations", "-"]);
    assert_eq!(run.exit, Exit::Problem);
    assert_eq!(run.errors.matches("error: standard input line").count(), 20);
    assert!(run.errors.ends_with("error: standard input: 4980 more lines could not be read\n"), "{}", run.errors);
    assert!(run.output.contains("5,000 unreadable"), "{}", run.output);
    assert!(run.is_silent_about("CANARY"));
}

#[test]
fn exit_codes_follow_what_one_fails_on() {
    let line = unknown("a");
    assert_eq!(run_on(&line, &["observations", "-"]).exit, Exit::Unknown);
    assert_eq!(run_on(&line, &["observations", "-", "--fail-on", "drift"]).exit, Exit::Fine);
    assert_eq!(run_on(&line, &["observations", "-", "--fail-on", "never"]).exit, Exit::Fine);
    // An empty input is no answer.
    let empty = run_on("", &["observations", "-"]);
    assert!(empty.exit == Exit::Problem && empty.errors.contains("holds no observation"), "{}", empty.errors);
    // Bad input beats whatever else was found, and nobody can ask it away.
    assert_eq!(run_on(&format!("{line}\nx"), &["observations", "-", "--fail-on", "never"]).exit, Exit::Problem);
    assert_eq!(run(&["--fail-on", "sometimes"]).exit, Exit::Problem);
    assert_eq!(run(&["observations"]).exit, Exit::Problem);
    assert_eq!(run(&["--now", "yesterday"]).exit, Exit::Problem);
    assert_eq!(run(&["--help"]).exit, Exit::Fine);
}

#[test]
fn ten_thousand_lines_are_answered_in_order() {
    let mut input = String::new();
    for number in 0..10_000 {
        writeln!(input, "{}", unknown(&format!("obs-{number}"))).unwrap();
    }
    let run = run_on(&input, &["observations", "-", "--format", "jsonl"]);
    assert!(ids(&run.output).into_iter().eq((0..10_000).map(|number| format!("obs-{number}"))));
    let page = run_on(&input, &["observations", "-"]).output;
    assert!(page.contains("10,000 resources") && page.lines().count() < 40, "{page}");
}

#[test]
fn byte_order_marks_and_windows_lines_are_read() {
    let folder = Folder::new("marks");
    let text = format!("{}\r\n{}\r\n", unknown("one"), unknown("two"));
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let utf8 = [&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat();
    for file in [folder.file("utf16.jsonl", utf16), folder.file("utf8.jsonl", utf8)] {
        let run = run(&["observations", &file, "--format", "jsonl"]);
        assert_eq!((ids(&run.output).len(), run.errors.as_str()), (2, ""), "{file}");
    }
}

#[test]
fn facts_with_a_mistake_are_named_and_unknown() {
    let folder = Folder::new("facts");
    let facts = folder.file("facts.yaml", "environment: prod\nincidnt: CANARY\n");
    let run = run_on(&unknown("a"), &["observations", "-", "--facts", &facts]);
    assert!(run.exit == Exit::Problem && run.output.contains("1 unknown"), "{}", run.output);
    assert_eq!(run.errors, format!("error: {facts}: unknown fact `incidnt`\n  help: did you mean `incident`?\n"));
}

#[test]
fn a_policy_that_is_not_yaml_is_named_and_the_rest_is_answered() {
    let folder = Folder::new("policy-syntax");
    let policy = folder.file("policy/a.yaml", "apiVersion: drift.example/v1\nkind: [CANARY\n");
    let run = run_on(&unknown("a"), &["observations", "-", "--policy", folder.0.to_str().unwrap()]);
    assert!(run.exit == Exit::Problem && run.output.contains("1 unknown"), "{}", run.output);
    assert!(run.errors.starts_with(&format!("error: {policy} line 2 column 7: not YAML")), "{}", run.errors);
    assert!(run.is_silent_about("CANARY"));
    let empty = Folder::new("policy-empty");
    let run = self::run(&["--policy", empty.0.to_str().unwrap()]);
    assert!(run.errors.contains("holds no YAML or JSON file"), "{}", run.errors);
}

const DRIFTED: &str = r#"{"id":"a","resource":{"system":"KUBERNETES","group":"apps","version":"v1","kind":"Deployment","namespace":"shop","name":"a"},"planes":{"desired":{"status":"PRESENT","document":{"metadata":{"labels":{"team":"x"}}}},"actual":{"status":"PRESENT","document":{"metadata":{"labels":{"team":"y"}}}}},"facts":{"incident":"NONE","changeRecord":"NONE","actors":[{"kind":"HUMAN"}],"desiredFreshness":"FRESH","reversible":"YES","freeze":"OFF","suspended":"NO","sync":"OUT_OF_SYNC"}}
"#;

const HEAL: &str = "\
apiVersion: drift.example/v1
kind: AutoHealPolicy
metadata: {name: labels}
spec:
  appliesTo: {resourceKinds: [Deployment]}
  allowedPaths: [/metadata/labels]
  maxObjectsPerReconcile: 5
  requireHealthyBeforeHeal: false
";

#[test]
fn a_policy_with_a_mistake_is_named_with_its_place_and_no_machine_heals_by_what_remains() {
    let heals = |run: &Run| run.output.contains("\"autoHealAllowed\":true");
    let folder = Folder::new("policy-mistakes");
    folder.file("policy/heal.yaml", HEAL);
    let policy = folder.0.join("policy").to_str().unwrap().to_owned();
    let arguments = ["observations", "-", "--policy", &policy, "--format", "findings"];
    let run = run_on(DRIFTED, &arguments);
    assert!(run.exit == Exit::Drift && heals(&run), "{} {}", run.errors, run.output);
    for (name, text, message) in [
        (
            "unknown field",
            "spec: {resource: {kind: Deployment}, paths: [/status], owner: a, reason: b, expirs: 2027-01-01}",
            "mistake.yaml: mistake /spec/expirs: unknown field `expirs` [unknown-field]\n  help: did you mean `expires`?",
        ),
        (
            "bad path",
            "spec: {resource: {kind: Deployment}, paths: [status], owner: a, reason: b, expires: 2027-01-01}",
            "mistake.yaml: mistake /spec/paths/0: ",
        ),
    ] {
        let document = format!("apiVersion: drift.example/v1\nkind: IgnoreRule\nmetadata: {{name: mistake}}\n{text}\n");
        folder.file("policy/mistake.yaml", &document);
        let run = run_on(DRIFTED, &arguments);
        assert!(run.errors.contains(message), "{name}: {}", run.errors);
        assert!(run.exit == Exit::Problem && !run.output.is_empty() && !heals(&run), "{name}: {}", run.output);
    }
    let gap = "apiVersion: drift.example/v1\nkind: ReconciliationPolicy\nmetadata: {name: mistake}\nspec:\n  rules:\n    \
               - {id: one, when: {class: [POLICY_DRIFT]}, decide: {recommend: NONE, autoHeal: DENY}, because: x}\n  \
               onUnknown: {recommend: INCIDENT, autoHeal: DENY}\n";
    folder.file("policy/mistake.yaml", gap);
    let run = run_on(DRIFTED, &arguments);
    assert!(run.errors.contains("mistake.yaml: mistake /spec/rules: no rule decides `class="), "{}", run.errors);
    assert!(run.errors.contains("warning: policy: documents with errors are left out"), "{}", run.errors);
    assert!(run.errors.contains("[gap]\n  help: "), "{}", run.errors);
    assert!(run.exit == Exit::Problem && !run.output.is_empty() && !heals(&run));
}

const MANIFESTS: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: app}
data: {mode: live}
---
apiVersion: v1
kind: Secret
metadata: {name: token, namespace: shop}
stringData: {token: CANARY-desired}
";

const LIVE: &str = r#"{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app", "namespace": "shop"}, "data": {"mode": "live"}},
  {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token", "namespace": "shop"}, "data": {"token": "Q0FOQVJZ"}}]}"#;

#[test]
fn objects_are_joined_by_name_and_every_side_is_answered() {
    let folder = Folder::new("kubernetes");
    folder.file("git/10-app.yaml", MANIFESTS);
    folder.file(
        "git/sub/20-gone.yml",
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: gone, namespace: shop}}",
    );
    folder.file("git/.hidden.yaml", "nonsense");
    let live = folder.file("live.json", LIVE);
    let git = folder.0.join("git").to_str().unwrap().to_owned();
    let run = run(&["kubernetes", "--desired", &git, "--actual", &live, "--namespace", "shop", "--format", "jsonl"]);
    assert_eq!(run.errors, "");
    assert_eq!(ids(&run.output), ["ConfigMap/shop/app", "Secret/shop/token", "Deployment.apps/shop/gone"]);
    let gone: serde_json::Value = serde_json::from_str(run.output.lines().nth(2).unwrap()).unwrap();
    assert_eq!((&gone["verdict"], &gone["reason"]), (&"UNKNOWN".into(), &"NOT_OBSERVED".into()));
    assert!(run.is_silent_about("CANARY") && run.is_silent_about("Q0FOQVJZ"));
    let complete =
        ["kubernetes", "--desired", &git, "--actual", &live, "--namespace", "shop", "--complete", "--format", "jsonl"];
    let complete = self::run(&complete);
    let gone: serde_json::Value = serde_json::from_str(complete.output.lines().nth(2).unwrap()).unwrap();
    assert_eq!(gone["existence"], "NOT_CREATED");
}

#[test]
fn what_is_no_object_is_named_and_the_objects_beside_it_are_answered() {
    let folder = Folder::new("kubernetes-bad");
    let git = folder.file("git.yaml", format!("{MANIFESTS}---\nreplicaCount: 3\npassword: CANARY\n"));
    let live = folder.file("live.json", LIVE);
    let broken = folder.file("broken.json", "{\"kind\": CANARY}");
    let run =
        run(&["kubernetes", "--desired", &git, "--actual", &live, &broken, "--namespace", "shop", "--format", "jsonl"]);
    assert_eq!(run.exit, Exit::Problem);
    assert_eq!(ids(&run.output).len(), 2);
    assert_eq!(
        run.errors,
        format!(
            "error: {broken} line 1 column 10: not JSON\n  help: check the text there; YAML files are known by their \
             ending .yaml\n\
             error: {git} line 11: expected an API version such as `v1` or `apps/v1`, as text at `/apiVersion`\n  \
             help: hand over rendered manifests, or what `kubectl get -o json` prints\n"
        )
    );
    assert!(run.is_silent_about("CANARY"));
}

/// An audit event for an object of the kind that `MANIFESTS` declares.
fn patched(id: &str, who: &str, plural: &str, name: &str) -> String {
    format!(
        r#"{{"kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "{id}", "stage": "ResponseComplete", "verb": "update", "user": {{"username": "{who}"}}, "objectRef": {{"resource": "{plural}", "namespace": "shop", "name": "{name}", "apiVersion": "v1"}}, "responseStatus": {{"code": 200}}, "requestObject": {{"data": {{"token": "CANARY"}}}}, "stageTimestamp": "2026-07-03T10:11:02Z"}}"#
    )
}

#[test]
fn an_audit_log_says_who_did_it_and_a_line_that_is_no_event_is_named() {
    let folder = Folder::new("audit");
    let git = folder.file(
        "git.yaml",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: app, namespace: shop}, data: {mode: live}}",
    );
    let live = folder.file(
        "live.json",
        r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app", "namespace": "shop"}, "data": {"mode": "debug"}}"#,
    );
    let assess = |log: &str, more: &[&str]| {
        let events = folder.file("events.jsonl", log);
        let mut arguments = vec!["kubernetes", "--desired", &git, "--actual", &live, "--audit", &events];
        arguments.extend(["--format", "findings"]);
        arguments.extend(more);
        run(&arguments)
    };
    let both = format!(
        "{}\n\n{}\n",
        patched("a-1", "ana@shop.example", "configmaps", "app"),
        patched("a-2", "ben@shop.example", "secrets", "app")
    );
    let named = assess(&both, &[]);
    assert_eq!((named.exit, named.errors.as_str()), (Exit::Drift, ""));
    let correlation = r#""auditCorrelation":{"actor":"ana@shop.example","source":"kubernetes-audit","eventTime":"2026-07-03T10:11:02Z"}"#;
    assert!(named.output.contains(correlation), "{}", named.output);
    assert!(named.is_silent_about("CANARY") && named.is_silent_about("ben@shop.example"));

    let broken = assess(&format!("{both}{{\"verb\": \"CANARY\", \"user\": \"CANARY\"}}\nCANARY\n"), &[]);
    assert_eq!(broken.exit, Exit::Problem);
    assert!(broken.errors.contains("events.jsonl line 4: at `/user`: expected an object"), "{}", broken.errors);
    assert!(broken.errors.contains("events.jsonl line 5: not JSON at line 1 column 1"), "{}", broken.errors);
    assert!(broken.output.contains(correlation) && broken.is_silent_about("CANARY"));

    // A batch as a webhook writes it, on a line or over several, is read as its events are.
    let batch = |second: &str| {
        let (first, version) = (patched("a-1", "ana@shop.example", "configmaps", "app"), "audit.k8s.io/v1beta1");
        format!(r#"{{"kind": "EventList", "apiVersion": "{version}", "metadata": {{}}, "items": [{first}, {second}]}}"#)
    };
    let ben = patched("a-2", "ben@shop.example", "secrets", "app");
    let pretty =
        |text: &str| serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text).unwrap()).unwrap();
    for log in [batch(&ben), pretty(&batch(&ben)), format!("\n{}\n{ben}", batch(&ben))] {
        assert_eq!(assess(&log, &[]), named, "{log}");
    }
    let broken = batch(r#"{"verb": "CANARY", "user": "CANARY"}"#);
    for (log, place) in [
        (pretty(&broken), "events.jsonl: at `/items/1/user`: expected an object"),
        (format!("\n{broken}"), "events.jsonl line 2: at `/items/1/user`: expected an object"),
        (format!("{ben}\n{broken}"), "events.jsonl line 2: at `/items/1/user`: expected an object"),
    ] {
        let run = assess(&log, &[]);
        assert_eq!(run.exit, Exit::Problem);
        assert!(run.errors.contains(place), "{}", run.errors);
        assert!(run.output.contains(correlation) && run.is_silent_about("CANARY"));
    }

    // A log that names nobody says so only if it is said to be complete, and is.
    let complete = folder.file("facts.json", r#"{"logCoverage": "COMPLETE", "changeRecord": "NONE"}"#);
    let elsewhere = patched("a-2", "ben@shop.example", "secrets", "app");
    let class = |run: &Run| run.output.contains(r#""driftClass":"UNAUTHORIZED_RUNTIME_DRIFT""#);
    assert!(!class(&assess(&elsewhere, &[])));
    assert!(class(&assess(&elsewhere, &["--facts", &complete])));
    assert!(!class(&assess(&format!("{elsewhere}\n{{}}"), &["--facts", &complete])));
}

#[test]
fn a_definition_beside_the_objects_says_how_their_lists_relate() {
    let folder = Folder::new("definition");
    let definition = r#"{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "queues.shop.example"},
        "spec": {"group": "shop.example", "names": {"kind": "Queue"}, "versions": [{"name": "v1", "schema": {"openAPIV3Schema": {"type": "object",
            "properties": {"spec": {"type": "object", "properties": {"tags": {"type": "array", "x-kubernetes-list-type": "set"}}}}}}}]}}"#;
    let queue = |tags: &str| {
        format!(
            r#"{{"apiVersion": "shop.example/v1", "kind": "Queue", "metadata": {{"name": "orders", "namespace": "shop"}}, "spec": {{"tags": {tags}}}}}"#
        )
    };
    let desired = folder.file("desired.json", queue(r#"["a", "b"]"#));
    let live = format!(r#"{{"kind": "List", "items": [{definition}, {}]}}"#, queue(r#"["b", "a"]"#));
    let (with, without) = (folder.file("live.json", live), folder.file("bare.json", queue(r#"["b", "a"]"#)));
    let ask = |actual: &str| run(&["kubernetes", "--desired", &desired, "--actual", actual, "--format", "jsonl"]);
    let answer = |run: &Run| run.output.lines().find(|line| line.contains("Queue.shop.example/")).unwrap().to_owned();
    assert!(answer(&ask(&with)).contains(r#""verdict":"IN_SYNC""#), "{}", ask(&with).output);
    assert!(answer(&ask(&without)).contains(r#""verdict":"DRIFTED""#), "{}", ask(&without).output);
    // One that is none is said to be none, and the objects are answered as without it.
    let broken = definition.replace(r#""group": "shop.example""#, r#""group": 1"#);
    let broken =
        folder.file("broken.json", format!(r#"{{"kind": "List", "items": [{broken}, {}]}}"#, queue("[\"b\", \"a\"]")));
    let run = ask(&broken);
    assert!(
        run.errors.contains("at `/spec/group`: a text is expected here: its kind is compared as one without"),
        "{}",
        run.errors
    );
    assert!(answer(&run).contains(r#""verdict":"DRIFTED""#));
}

#[test]
fn a_broken_plan_is_named() {
    let folder = Folder::new("plan");
    let plan = folder.file("plan.json", "{\"format_version\": \"1.2\", \"x\": \"CANARY");
    let run = run(&["opentofu", "--plan", &plan, "--refreshed", "true"]);
    assert_eq!(run.exit, Exit::Problem);
    assert!(
        run.errors.ends_with("not JSON: the text ends too early\n  help: is the file complete?\n"),
        "{}",
        run.errors
    );
    assert!(run.is_silent_about("CANARY"));
}

#[test]
fn a_file_of_another_kind_does_not_drown_the_rest() {
    let folder = Folder::new("kubernetes-flood");
    let git = folder.file("git.yaml", MANIFESTS);
    let lines = folder.file("lines.jsonl", format!("{}\n", unknown("a")).repeat(1000));
    let twice = folder.file("twice.json", format!("{LIVE} {LIVE}"));
    let run = run(&["kubernetes", "--desired", &git, "--actual", &lines, &twice, "--namespace", "shop"]);
    assert_eq!(run.exit, Exit::Problem);
    assert!(run.errors.contains(&format!("error: {lines}: 980 more documents have problems\n")), "{}", run.errors);
    let already = format!("`ConfigMap/shop/app` is there already, in {twice} line 1 at `/items/0`, which is used");
    assert!(run.errors.contains(&already), "{}", run.errors);
    assert!(run.errors.lines().count() < 60);
}

#[test]
fn a_warning_is_said_and_does_not_fail_the_run() {
    let folder = Folder::new("kubernetes-warning");
    let (git, live) = (folder.file("git.yaml", MANIFESTS), folder.file("live.json", LIVE));
    let run = run(&["kubernetes", "--desired", &git, "--actual", &live, "--fail-on", "never"]);
    assert_eq!(run.exit, Exit::Fine);
    assert_eq!(
        run.errors,
        format!(
            "warning: {git} line 1: `ConfigMap/app` names no namespace\n  help: name it there, or say which it is with \
             --namespace\n"
        )
    );
}

/// A file of the folder beside this one.
fn data(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name).to_str().unwrap().to_owned()
}

#[test]
fn a_plan_is_answered_with_its_state_in_address_order() {
    let run = run(&[
        "opentofu",
        "--plan",
        &data("plan.json"),
        "--state",
        &data("state.json"),
        "--refreshed",
        "true",
        "--format",
        "jsonl",
    ]);
    assert_eq!(run.errors, "");
    let answers: Vec<drift_model::AssessmentReport> =
        run.output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<String> = answers.iter().map(|answer| answer.resource.to_string()).collect();
    assert_eq!(names, ["fake_instance.app"]);
}

/// A rule that is declared beside its group is read back within the group as well: nobody opened anything.
#[test]
fn resources_of_one_plan_explain_each_other() {
    let folder = Folder::new("relations");
    let rule = r#"{"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"]}"#;
    let (before, after) = (r#"{"id": "sg-1", "ingress": []}"#, format!(r#"{{"id": "sg-1", "ingress": [{rule}]}}"#));
    let declared = r#"{"id": "r-1", "type": "ingress", "security_group_id": "sg-1", "from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"]}"#;
    let named = |kind: &str, part: &str, content: &str| {
        format!(r#"{{"address": "{kind}.a", "mode": "managed", "type": "{kind}", "name": "a", "{part}": {content}}}"#)
    };
    let change = |actions: &str, before: &str, after: &str| {
        format!(r#"{{"actions": ["{actions}"], "before": {before}, "after": {after}, "after_unknown": {{}}}}"#)
    };
    let (group, other) = ("aws_security_group", "aws_security_group_rule");
    let plan = |beside: bool| {
        let both = |a: String, b: String| if beside { format!("{a}, {b}") } else { a };
        let changes = both(
            named(group, "change", &change("no-op", &after, &after)),
            named(other, "change", &change("no-op", declared, declared)),
        );
        let resources = both(named(group, "values", &after), named(other, "values", declared));
        let expressions = r#"{"type": {"constant_value": "ingress"}, "security_group_id": {"references": ["aws_security_group.a.id"]}, "from_port": {"constant_value": 443}, "to_port": {"constant_value": 443}, "protocol": {"constant_value": "tcp"}, "cidr_blocks": {"constant_value": ["10.0.0.0/8"]}}"#;
        let configured = both(named(group, "expressions", "{}"), named(other, "expressions", expressions));
        format!(
            r#"{{"format_version": "1.2", "resource_changes": [{changes}], "resource_drift": [{}],
                "prior_state": {{"values": {{"root_module": {{"resources": [{resources}]}}}}}},
                "configuration": {{"root_module": {{"resources": [{configured}]}}}}}}"#,
            named(group, "change", &change("update", before, &after)),
        )
    };
    let ask = |beside| {
        let file = folder.file(&format!("{beside}.json"), plan(beside));
        run(&["opentofu", "--plan", &file, "--refreshed", "true", "--targeted", "false", "--format", "jsonl"])
    };
    let (alone, beside) = (ask(false), ask(true));
    assert_eq!(alone.exit, Exit::Drift, "{}{}", alone.output, alone.errors);
    assert_eq!(beside.exit, Exit::Fine, "{}{}", beside.output, beside.errors);
    assert!(
        beside.output.contains(r#""disposition":"EQUIVALENT","owner":"UNCLAIMED","rule":"aws/security-group-rule/1""#),
        "{}",
        beside.output
    );
}

#[test]
fn a_plan_that_does_not_say_whether_it_was_refreshed_leaves_the_runtime_unknown() {
    let run = run(&["opentofu", "--plan", &data("plan.json"), "--format", "jsonl"]);
    let answer: drift_model::AssessmentReport = serde_json::from_str(run.output.lines().next().unwrap()).unwrap();
    assert_eq!(answer.reason, Some(drift_model::UnknownReason::NotRefreshed));
    assert_eq!(run.exit, Exit::Unknown);
}

#[test]
fn a_document_of_the_wrong_kind_is_said_to_be_one() {
    let state = data("state.json");
    let run = run(&["opentofu", "--plan", &state]);
    assert_eq!((run.exit, run.output.contains("0 resources")), (Exit::Problem, true));
    assert!(
        run.errors.starts_with(&format!("error: {state}: this is a state, not a plan\n  help: ")),
        "{}",
        run.errors
    );
    let plan = self::run(&["kubernetes", "--desired", &data("plan.json"), "--actual", &data("plan.json")]);
    assert!(plan.errors.contains("plan.json: expected an API version such as `v1`"), "{}", plan.errors);
    assert_eq!(plan.exit, Exit::Problem);
}

#[test]
fn every_plan_of_the_corpus_is_answered_in_full() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = ["../../shared/corpus/terraform", "../../../shared/corpus/terraform"].map(|place| root.join(place));
    let Some(corpus) = places.iter().find(|place| place.is_dir()) else {
        println!("skipped: the corpus is not beside the workspace");
        return;
    };
    let (mut agreed, mut all) = (0, 0);
    for entry in std::fs::read_dir(corpus).unwrap() {
        let case = entry.unwrap().path();
        let Ok(expected) = std::fs::read_to_string(case.join("expected.json")) else { continue };
        let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
        let context = &expected["context"];
        let plan = case.join("plan.json").to_str().unwrap().to_owned();
        let flag = |name: &str| context[name].as_bool().unwrap_or_default().to_string();
        let mode = context["mode"].as_str().unwrap_or("normal");
        let (refreshed, targeted) = (flag("refreshed"), flag("targeted"));
        let state = case.join("state.raw.json").to_str().unwrap().to_owned();
        let mut arguments =
            vec!["opentofu", "--plan", &plan, "--refreshed", &refreshed, "--targeted", &targeted, "--mode", mode];
        if Path::new(&state).is_file() {
            arguments.extend(["--state", &state]);
        }
        let page = self::run(&arguments);
        arguments.extend(["--format", "jsonl"]);
        let run = run(&arguments);
        for canary in expected["canaries"].as_array().into_iter().flatten() {
            let canary = canary.as_str().unwrap();
            assert!(run.is_silent_about(canary) && page.is_silent_about(canary), "{plan}");
        }
        all += 1;
        let resources = expected["resources"].as_array().unwrap().len();
        if run.exit != Exit::Problem && run.output.lines().count() == resources {
            agreed += 1;
        } else {
            println!("{plan}: {} answers for {resources} resources\n{}", run.output.lines().count(), run.errors);
        }
    }
    println!("{agreed} of {all} plans answered in full");
    assert!(all > 100 && agreed == all);
}

/// Fails as a pipe does when its reader went away.
struct ClosedPipe;

impl std::io::Write for ClosedPipe {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_went_away_ends_the_run_quietly() {
    let mut errors = Vec::new();
    let line = unknown("a");
    let mut streams = Streams { input: &mut line.as_bytes(), output: &mut ClosedPipe, errors: &mut errors };
    let surroundings = Surroundings {
        now: "2026-07-03".parse().unwrap(),
        colour: false,
        width: 100,
        terminal: false,
        progress: false,
    };
    let arguments = ["assess", "observations", "-", "--format", "jsonl"].map(OsString::from);
    assert_eq!(assess::run(arguments, &mut streams, &surroundings), Exit::Unknown);
    assert_eq!(String::from_utf8(errors).unwrap(), "");
}

#[test]
fn one_case_goes_through_many_scans_and_is_closed_by_one_that_saw_the_runtime() {
    let folder = Folder::new("scans");
    let ledger = folder.file("ledger.jsonl", "");
    let scan = |at: &str, actual: &str| {
        let observation = format!(
            r#"{{"id": "obs", "resource": {{"system": "KUBERNETES", "version": "v1", "kind": "ConfigMap", "namespace": "shop", "name": "app"}}, "observedAt": "{at}", "planes": {{"desired": {{"status": "PRESENT", "document": {{"data": {{"mode": "live"}}}}}}, "actual": {actual}}}}}"#
        );
        let file = folder.file("scan.jsonl", observation);
        run(&["observations", &file, "--ledger", &ledger, "--fail-on", "never"])
    };
    let live = |mode: &str| format!(r#"{{"status": "PRESENT", "document": {{"data": {{"mode": "{mode}"}}}}}}"#);
    for (at, actual) in [
        ("2026-07-01T10:00:00Z", live("debug")),
        ("2026-07-02T10:00:00Z", live("debug")),
        ("2026-07-03T10:00:00Z", live("trace")),
        ("2026-07-04T10:00:00Z", r#"{"status": "UNKNOWN", "reason": "FAILED"}"#.to_owned()),
        ("2026-07-05T10:00:00Z", live("live")),
        ("2026-07-06T10:00:00Z", live("live")),
        ("2026-07-07T10:00:00Z", live("trace")),
    ] {
        assert_eq!(scan(at, &actual).exit, Exit::Fine, "{at}");
    }
    let stored = std::fs::read(&ledger).unwrap();
    let (ledger, _) = drift_evidence::Ledger::resume(&stored).unwrap();
    let told: Vec<_> = stored
        .split(|byte| *byte == b'\n')
        .filter_map(|line| drift_evidence::Entry::read(line).ok())
        .map(|entry| entry.event.kind().word())
        .collect();
    assert_eq!(told, ["DETECTED", "PERSISTED", "UPDATED", "DETECTOR_FAILED", "VERIFIED", "CLOSED", "REOPENED"]);
    assert_eq!(ledger.records().count(), 1);
}
