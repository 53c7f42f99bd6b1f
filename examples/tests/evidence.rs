//! The program `evidence` as its users run it: a ledger that `assess` has written, and everything that is read from it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use std::ffi::OsString;
use std::path::Path;

use drift_examples::assess;
use drift_examples::console::{Streams, Surroundings};
use drift_examples::evidence::{self, Exit};
use serde_json::Value;

const NOW: &str = "2026-07-03T12:00:00Z";

/// What a run printed, and how it ended.
struct Run {
    exit: Exit,
    output: String,
    errors: String,
}

fn run(arguments: &[&str]) -> Run {
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let mut streams = Streams { input: &mut std::io::empty(), output: &mut output, errors: &mut errors };
    let arguments = std::iter::once("evidence").chain(arguments.iter().copied()).map(OsString::from);
    let exit = evidence::run(arguments, &mut streams, NOW.parse().unwrap());
    Run { exit, output: String::from_utf8(output).unwrap(), errors: String::from_utf8(errors).unwrap() }
}

fn assess(arguments: &[&str]) -> assess::Exit {
    assess_reading(arguments, &mut std::io::empty()).0
}

/// How `assess` ends that reads this from its standard input, and of what it complains.
fn assess_reading(arguments: &[&str], input: &mut dyn std::io::Read) -> (assess::Exit, String) {
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let mut streams = Streams { input, output: &mut output, errors: &mut errors };
    let surroundings =
        Surroundings { now: NOW.parse().unwrap(), colour: false, width: 100, terminal: false, progress: false };
    let exit = assess::run(
        std::iter::once("assess").chain(arguments.iter().copied()).map(OsString::from),
        &mut streams,
        &surroundings,
    );
    (exit, String::from_utf8(errors).unwrap())
}

/// A path in a folder of its own, without a file.
fn path(name: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("evidence");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    drop(std::fs::remove_file(&path));
    path.to_str().unwrap().to_owned()
}

fn file(name: &str, content: impl AsRef<[u8]>) -> String {
    let path = path(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// The ledger of the built-in incident.
fn incident(name: &str) -> String {
    let ledger = path(name);
    assert_eq!(assess(&["--ledger", &ledger]), assess::Exit::Fine);
    ledger
}

/// The ids of the records of a ledger.
fn records(ledger: &str) -> Vec<String> {
    let ledger = drift_evidence::Ledger::resume(&std::fs::read(ledger).unwrap()).unwrap().0;
    ledger.records().map(|record| record.id().to_owned()).collect()
}

/// Everything that a ledger can be asked for.
fn everything(ledger: &str) -> String {
    let mut printed = std::fs::read_to_string(ledger).unwrap();
    let mut commands: Vec<Vec<&str>> = vec![vec!["verify", ledger], vec!["checkpoint", ledger], vec!["show", ledger]];
    for form in ["ocsf", "in-toto", "cloudevents", "sarif", "oscal"] {
        commands.push(vec!["export", "--to", form, ledger]);
    }
    let ids = records(ledger);
    for id in &ids {
        commands.extend([vec!["show", ledger, id], vec!["pr", ledger, id]]);
    }
    commands.extend([vec!["summary", ledger], vec!["summary", "--format", "openmetrics", ledger]]);
    for command in commands {
        let done = run(&command);
        assert_eq!(done.exit, Exit::Fine, "{command:?}: {}", done.errors);
        assert!(!done.output.is_empty(), "{command:?}");
        printed.extend([done.output, done.errors]);
    }
    printed
}

#[test]
fn the_ledger_of_the_incident_goes_through_every_command() {
    let ledger = incident("whole.jsonl");
    let printed = everything(&ledger);
    for id in records(&ledger) {
        // A line of the ledger, five forms, two pages, a pull request.
        assert!(printed.matches(&id).count() > 9, "{id}");
    }
    let figures: Value = serde_json::from_str(&run(&["summary", &ledger]).output).unwrap();
    assert_eq!(figures["executive"]["openCritical"], 2);
    // Told of both ledgers, which hold the same: nothing is counted twice, and in any order.
    let copy = file("copy.jsonl", std::fs::read(&ledger).unwrap());
    let other = path("other.jsonl");
    let facts = file("one.jsonl", SECRETS);
    assert_eq!(assess(&["observations", &facts, "--ledger", &other]), assess::Exit::Drift);
    let merged = run(&["summary", &ledger, &copy, &other]).output;
    assert_eq!(merged, run(&["summary", &other, &copy, &ledger]).output);
    assert_eq!(merged, run(&["summary", &ledger, &other]).output);
    assert_ne!(merged, run(&["summary", &ledger]).output);
    let metrics = run(&["summary", "--format", "openmetrics", &ledger]).output;
    assert!(metrics.contains("\ndrift_open_findings{risk=\"CRITICAL\"} 2\n") && metrics.ends_with("\n# EOF\n"));
}

/// A Secret that was changed, a Deployment that quotes it, and a database whose password a document marks.
const SECRETS: &str = concat!(
    r#"{"id":"1","observedAt":"2026-07-03T10:00:00Z","resource":{"system":"KUBERNETES","version":"v1","kind":"Secret","namespace":"prod","name":"db"},"planes":{"desired":{"status":"PRESENT","document":{"data":{"password":"Q0FOQVJZLW9sZC1odW50ZXIy"}}},"actual":{"status":"PRESENT","document":{"data":{"password":"Q0FOQVJZLW5ldy1odW50ZXIz"}}}}}"#,
    "\n",
    r#"{"id":"2","observedAt":"2026-07-03T10:00:00Z","resource":{"system":"AWS","type":"AWS::RDS::DBInstance","name":"main"},"planes":{"desired":{"status":"PRESENT","document":{"MasterUserPassword":"CANARY-desired-4711","Tags":{"was":"CANARY-desired-4711 by mail"}},"sensitive":["/MasterUserPassword"]},"actual":{"status":"PRESENT","document":{"MasterUserPassword":"CANARY-actual-4712","Tags":{"was":"CANARY-actual-4712 by mail"}},"sensitive":["/MasterUserPassword"]}}}"#,
    "\n",
);

#[test]
fn law_8_no_secret_leaves_a_ledger_in_any_form() {
    let (observations, ledger) = (file("secrets-in.jsonl", SECRETS), path("secrets.jsonl"));
    assert_eq!(assess(&["observations", &observations, "--ledger", &ledger]), assess::Exit::Drift);
    assert_eq!(records(&ledger).len(), 2);
    let printed = everything(&ledger);
    for canary in ["CANARY", "hunter", "Q0FOQVJZ"] {
        assert!(!printed.contains(canary), "{canary}");
    }
}

#[test]
fn what_is_not_what_was_written_ends_with_two_and_names_its_line() {
    let ledger = incident("sound.jsonl");
    let text = std::fs::read_to_string(&ledger).unwrap();
    let checkpoint = run(&["checkpoint", &ledger]).output;
    assert_eq!(checkpoint.lines().collect::<Vec<_>>()[..2], ["assess", "6"]);
    let checkpoint = file("checkpoint.txt", checkpoint);
    let sound = run(&["verify", &ledger, "--checkpoint", &checkpoint]);
    assert_eq!(sound.exit, Exit::Fine);
    assert!(sound.output.starts_with("intact: 6 events of chain `assess`, the last sha256:"), "{}", sound.output);
    assert!(sound.output.ends_with(", and grew out of its checkpoint\n"));

    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let damage = [
        ("changed", text.replacen("payments-tuning", "payments-turning", 1), "[changed] broken at sequence 0: "),
        ("dropped", [&lines[..2], &lines[3..]].concat().concat(), "broken at sequence 2: "),
        ("swapped", [lines[0], lines[2], lines[1]].concat(), "broken at sequence 1: "),
        ("twice", [&lines[..2], &lines[1..]].concat().concat(), "broken at sequence 2: "),
        ("cut", text.get(..text.len() - 9).unwrap().to_owned(), "[cut] broken at sequence 5: "),
        ("spelling", text.replacen(':', ": ", 1), "[not-canonical] broken at sequence 0: "),
    ];
    for (name, damaged, expected) in damage {
        let broken = run(&["verify", &file(&format!("{name}.jsonl"), damaged)]);
        assert_eq!((broken.exit, broken.output.as_str()), (Exit::Broken, ""), "{name}");
        assert!(broken.errors.contains(expected), "{name}: {}", broken.errors);
    }
    let tail = file("tail.jsonl", lines[..4].concat());
    assert_eq!(run(&["verify", &tail]).exit, Exit::Fine, "a chain alone does not show it");
    let cut = run(&["verify", &tail, "--checkpoint", &checkpoint]);
    assert_eq!(cut.exit, Exit::Broken);
    assert!(cut.errors.contains("[cut-tail] broken at sequence 4: "), "{}", cut.errors);

    // What is told of a ledger is told of one that verifies.
    let swapped = path("../evidence/swapped.jsonl");
    std::fs::write(&swapped, [lines[0], lines[2], lines[1]].concat()).unwrap();
    for command in [vec!["show"], vec!["export", "--to", "ocsf"], vec!["summary"]] {
        assert_eq!(run(&[&command[..], &[swapped.as_str()]].concat()).exit, Exit::Broken, "{command:?}");
    }
}

#[test]
fn what_cannot_be_opened_or_is_empty_ends_with_one() {
    let empty = file("empty.jsonl", "");
    for ledger in [path("missing.jsonl"), empty] {
        for command in ["verify", "checkpoint", "show", "summary"] {
            let done = run(&[command, &ledger]);
            assert_eq!((done.exit, done.output.as_str()), (Exit::Problem, ""), "{command}");
            assert!(done.errors.contains("help: "), "{}", done.errors);
        }
    }
    let ledger = incident("for-checkpoints.jsonl");
    let done = run(&["verify", &ledger, "--checkpoint", &file("bad.txt", "assess\n06\nx\n")]);
    assert_eq!(done.exit, Exit::Problem);
    assert!(done.errors.contains("bad checkpoint at line 2"), "{}", done.errors);
    assert!(run(&["show", &ledger, "drift-1"]).errors.contains("holds no record `drift-1`"));
}

#[test]
fn a_crash_in_the_middle_of_a_line_loses_nothing_that_was_whole() {
    let ledger = incident("crash.jsonl");
    let whole = std::fs::read(&ledger).unwrap();
    for cut in 1..400 {
        std::fs::write(&ledger, &whole[..whole.len() - cut]).unwrap();
        if cut % 57 != 1 {
            continue;
        }
        let shown = run(&["show", &ledger]);
        assert_eq!(shown.exit, Exit::Fine);
        assert!(shown.errors.contains("the last line is cut"), "{}", shown.errors);
        // The next run drops what was cut, says so, and finds what the lost line told again.
        assert_eq!(assess(&["--ledger", &ledger]), assess::Exit::Fine);
        let now = std::fs::read(&ledger).unwrap();
        let kept = whole[..whole.len() - cut].iter().rposition(|byte| *byte == b'\n').unwrap();
        assert_eq!(now[..=kept], whole[..=kept]);
        assert!(String::from_utf8_lossy(&now).contains(r#""event":"RECOVERED""#));
        assert_eq!(run(&["verify", &ledger]).exit, Exit::Fine);
        assert_eq!(records(&ledger).len(), 4);
    }
}

#[test]
fn a_fleet_that_drifts_alike_at_one_moment_is_recorded_whole() {
    let one = SECRETS.lines().next().unwrap();
    let fleet: String =
        (1..=12).map(|n| one.replacen('{', &format!("{{\"unit\":\"cluster-{n}\","), 1) + "\n").collect();
    let (observations, ledger) = (file("fleet.jsonl", fleet), path("fleet-ledger.jsonl"));
    assert_eq!(assess(&["observations", &observations, "--ledger", &ledger]), assess::Exit::Drift);
    assert_eq!(records(&ledger).len(), 12);
}

#[test]
fn a_failed_look_is_shown_until_one_succeeds_and_in_its_unit_alone() {
    let observed = |unit: &str, minute: u8, document: &str| {
        format!(
            r#"{{"id":"{unit}","unit":"{unit}","observedAt":"2026-07-03T10:0{minute}:00Z","resource":{{"system":"KUBERNETES","version":"v1","kind":"ConfigMap","namespace":"shop","name":"app"}},"planes":{{"desired":{{"status":"PRESENT","document":{{"data":{{"a":"1"}}}}}},"actual":{document}}}}}"#
        ) + "\n"
    };
    let drift = r#"{"status":"PRESENT","document":{"data":{"a":"2"}}}"#;
    let failed = r#"{"status":"UNKNOWN","reason":"FAILED"}"#;
    let ledger = path("failed-looks.jsonl");
    let looked = |lines: &[String]| {
        let observations = file("failed-looks-in.jsonl", lines.concat());
        assess(&["observations", &observations, "--ledger", &ledger]);
        let page = run(&["show", &ledger]).output;
        page.matches("| last look | saw nothing: FAILED |").count()
    };
    let both = |minute| [observed("east", minute, drift), observed("west", minute, drift)];
    assert_eq!(looked(&both(0)), 0);
    assert_eq!(looked(&[observed("east", 1, failed)]), 1, "the west was not looked at");
    assert_eq!(looked(&both(2)), 0, "somebody has seen it since");
}

#[test]
fn a_case_is_found_by_the_id_that_it_was_updated_under_and_goes_by_its_own() {
    let observed = |minute: u8, live: &str| {
        let line = format!(
            r#"{{"id":"1","observedAt":"2026-07-03T10:0{minute}:00Z","resource":{{"system":"KUBERNETES","version":"v1","kind":"ConfigMap","namespace":"shop","name":"app"}},"planes":{{"desired":{{"status":"PRESENT","document":{{"data":{{"a":"1"}}}}}},"actual":{{"status":"PRESENT","document":{{"data":{{"a":"{live}"}}}}}}}}}}"#
        );
        file("updated-in.jsonl", line + "\n")
    };
    let ledger = path("updated.jsonl");
    assess(&["observations", &observed(0, "2"), "--ledger", &ledger]);
    assess(&["observations", &observed(1, "3"), "--ledger", &ledger]);
    let stored = drift_evidence::Ledger::resume(&std::fs::read(&ledger).unwrap()).unwrap().0;
    let record = stored.records().next().unwrap();
    let (own, later) = (record.id(), record.finding().finding_id.as_str());
    assert_ne!(own, later);
    let request = run(&["pr", &ledger, later]).output;
    assert!(request.starts_with(&format!("Accept drift of ConfigMap/shop/app ({own})\n")), "{request}");
    assert!(request.contains(&format!("- Finding: `{own}`\n")), "{request}");
    assert_eq!(request, run(&["pr", &ledger, own]).output);
}

#[test]
fn what_is_cut_is_never_dropped_without_a_word() {
    let ledger = incident("cut-and-nothing-more.jsonl");
    let whole = std::fs::read(&ledger).unwrap();
    let torn = &whole[..whole.len() - 20];
    let empty = file("no-observation.jsonl", "");
    std::fs::write(&ledger, torn).unwrap();
    // A run that has nothing to record records that much.
    assert_eq!(assess(&["observations", &empty, "--ledger", &ledger]), assess::Exit::Problem);
    let now = std::fs::read_to_string(&ledger).unwrap();
    let last = now.lines().last().unwrap();
    assert!(last.contains(r#""event":"RECOVERED""#) && last.contains(r#""dropped":"#), "{last}");
    assert_eq!(run(&["verify", &ledger]).exit, Exit::Fine);
}

/// Standard input that lets another run append to the ledger before it says anything.
struct Meanwhile<'a>(&'a str, &'a [u8]);

impl std::io::Read for Meanwhile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let ledger = std::mem::take(&mut self.0);
        if !ledger.is_empty() {
            let other = file("other-writer.jsonl", SECRETS);
            assert_eq!(assess(&["observations", &other, "--ledger", ledger]), assess::Exit::Drift);
        }
        self.1.read(buffer)
    }
}

#[test]
fn two_runs_do_not_write_over_each_other() {
    let (one, ledger) = (file("one-writer.jsonl", SECRETS), path("two-writers.jsonl"));
    let mut input = Meanwhile(&ledger, SECRETS.as_bytes());
    let (exit, errors) = assess_reading(&["observations", "-", "--ledger", &ledger], &mut input);
    assert_eq!(exit, assess::Exit::Problem);
    assert!(errors.contains("was written by another process since it was opened"), "{errors}");
    assert!(run(&["verify", &ledger]).output.starts_with("intact: 2 events"));
    // Alone, it finds what the other one has recorded.
    assert_eq!(assess(&["observations", &one, "--ledger", &ledger]), assess::Exit::Drift);
    assert!(run(&["verify", &ledger]).output.starts_with("intact: 4 events"));
}

#[test]
fn a_crash_in_the_very_first_line_is_recovered_and_no_other_file_is_taken_for_one() {
    let whole = std::fs::read(incident("first.jsonl")).unwrap();
    for length in [1, 3, 7, 20, 40, 60, 900] {
        let torn = file("torn.jsonl", &whole[..length]);
        assert_eq!(run(&["verify", &torn]).exit, Exit::Broken);
        assert_eq!(assess(&["--ledger", &torn]), assess::Exit::Fine, "{length}");
        let stored = std::fs::read_to_string(&torn).unwrap();
        assert!(stored.lines().next().unwrap().contains(r#""event":"RECOVERED""#), "{stored}");
        assert_eq!((run(&["verify", &torn]).exit, records(&torn).len()), (Exit::Fine, 4));
    }
    for other in ["{\"at\":\"home\", \"notes\": \"keep\"}", "notes", "[]", "\n"] {
        let path = file("notes.txt", other);
        assert_eq!(assess(&["--ledger", &path]), assess::Exit::Problem, "{other}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), other);
    }
}

#[test]
fn an_export_is_one_document_a_line_and_the_same_each_time() {
    let ledger = incident("exports.jsonl");
    for (form, documents) in [("ocsf", 4), ("in-toto", 4), ("cloudevents", 4), ("sarif", 1), ("oscal", 1)] {
        let once = run(&["export", "--to", form, &ledger]);
        assert_eq!(once.output.lines().count(), documents, "{form}");
        assert!(once.output.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{form}");
        assert_eq!(once.output, run(&["export", "--to", form, &ledger]).output, "{form}");
    }
    let detections = run(&["export", "--to", "ocsf", "--detections", &ledger]).output;
    assert!(detections.lines().all(|line| line.contains(r#""class_uid":2004"#)));
    let tenant =
        run(&["export", "--to", "cloudevents", "--source", "drift://shop/eu", "--tenant", "shop", &ledger]).output;
    assert!(tenant.lines().all(|line| line.contains(r#""source":"drift://shop/eu""#)));
}

#[test]
fn a_pull_request_shows_the_lines_that_change() {
    let manifest = "# tuned in May\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app\n  namespace: shop\ndata:\n  \
                    retries: \"3\" # agreed\n";
    let live = manifest.replace("\"3\"", "\"9\"");
    let (desired, actual) = (file("app.yaml", manifest), file("live.yaml", live));
    let ledger = path("pr.jsonl");
    let drift = assess(&["kubernetes", "--desired", &desired, "--actual", &actual, "--ledger", &ledger]);
    assert_eq!(drift, assess::Exit::Drift);
    let id = &records(&ledger)[0];
    let request = run(&[
        "pr",
        &ledger,
        id,
        "--file",
        &desired,
        "--reason",
        "Three were too few in INC-7.",
        "--expires",
        "2026-08-01T00:00:00Z",
        "--rollback",
        "Set it to 3.",
        "--reviewer",
        "team-shop",
    ]);
    assert_eq!(request.exit, Exit::Fine, "{}", request.errors);
    let (title, body) = request.output.split_once("\n\n").unwrap();
    assert!(title.starts_with("Accept drift of ConfigMap/shop/app (drift-"), "{title}");
    for part in [
        "/app.yaml\n@@ -8,1 +8,1 @@\n-  retries: \"3\" # agreed\n+  retries: \"9\" # agreed\n",
        "Three were too few in INC-7.",
        "Expires at 2026-08-01T00:00:00Z",
        "Set it to 3.",
        "team-shop",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
}
