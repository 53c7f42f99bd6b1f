//! What leaves the evidence crate, against readers that are not ours: types made from the schema of SARIF, and a YAML parser.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic, and need not be fast"
)]

use std::cell::Cell;

use drift_evidence::{DesiredPatch, NoLines, Operation, Source};
use drift_examples::console::yaml::{Dialect, read};
use drift_model::Secrets;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

#[test]
fn a_sarif_log_is_what_the_types_of_its_schema_read_and_write() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../drift-evidence/tests/data/exports");
    let mut logs = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_string_lossy().ends_with(".sarif.json") {
            continue;
        }
        let log: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let typed: serde_sarif::sarif::Sarif = serde_json::from_value(log.clone()).unwrap();
        // A member that the schema does not know would be lost on the way.
        assert_eq!(serde_json::to_value(typed).unwrap(), log, "{}", path.display());
        logs += 1;
    }
    assert_eq!(logs, 4);
}

/// The first document with content, as YAML 1.2 has it and as Kubernetes has it.
fn parsed(text: &str, dialect: Dialect) -> Option<Value> {
    let (mut documents, error) = read(text, dialect);
    (error.is_none() && !documents.is_empty()).then(|| documents.remove(0).value)
}

fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                pointers(member, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), all);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{index}"), all);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// An operation somewhere in the document, as two numbers choose it.
fn operation(document: &Value, place: usize, kind: usize, value: Value) -> Operation {
    let mut all = Vec::new();
    pointers(document, "", &mut all);
    let path = all[place % all.len()].clone();
    match (kind % 4, document.pointer(&path).unwrap()) {
        (0, _) => Operation::Replace { path, value },
        (1, _) => Operation::Remove { path },
        (2, Value::Array(items)) => Operation::Add { path: format!("{path}/{}", place % (items.len() + 1)), value },
        (_, Value::Array(_)) => Operation::Add { path: format!("{path}/-"), value },
        (_, Value::Object(_)) => Operation::Add { path: format!("{path}/new~1key"), value },
        (_, _) => Operation::Replace { path, value },
    }
}

/// The document that a patch makes, by another crate.
fn expected(document: &Value, operations: &[Operation]) -> Option<Value> {
    let patch = DesiredPatch::from(operations.to_vec()).to_string();
    let patch: json_patch::Patch = serde_json::from_str(&patch).unwrap();
    let mut document = document.clone();
    json_patch::patch(&mut document, &patch).ok().map(|()| document)
}

/// What a diff makes of a text, as `patch` does it.
fn applied(text: &str, diff: &str) -> String {
    let old: Vec<&str> = text.split_inclusive('\n').collect();
    let (mut out, mut at) = (String::new(), 0);
    let lines: Vec<&str> = diff.split('\n').skip(2).collect();
    for (index, line) in lines.iter().enumerate() {
        let ends = if lines.get(index + 1).is_some_and(|next| next.starts_with('\\')) { "" } else { "\n" };
        if let Some(header) = line.strip_prefix("@@ -") {
            let (from, rest) = header.split_once(',').unwrap();
            let (count, _) = rest.split_once(' ').unwrap();
            let from: usize = from.parse::<usize>().unwrap() - usize::from(count != "0");
            out.extend(old[at..from].iter().copied());
            at = from;
        } else if let Some(line) = line.strip_prefix([' ', '-']) {
            assert_eq!(old[at], format!("{line}{ends}"));
            if lines[index].starts_with(' ') {
                out += old[at];
            }
            at += 1;
        } else if let Some(line) = line.strip_prefix('+') {
            out = out + line + ends;
        }
    }
    out.extend(old[at..].iter().copied());
    out
}

/// The one property: what the editor writes, each parser reads as the document patched; what the diff says is what it
/// wrote; and no guard that holds is said not to.
fn check(text: &str, operations: &[Operation]) -> Result<bool, TestCaseError> {
    let patch = DesiredPatch::from(operations.to_vec());
    let none = Secrets::default();
    let source = Source::yaml("f.yaml", text).without(&none);
    let mut answered = false;
    for dialect in [Dialect::Core, Dialect::Kubernetes] {
        let Some(before) = parsed(text, dialect) else { return Ok(false) };
        let moved_on = |path: &str, value: &Value| {
            let guard = Operation::Test { path: path.to_owned(), value: value.clone() };
            matches!(source.patched(&vec![guard].into()), Err(NoLines::MovedOn { .. }))
        };
        let mut all = Vec::new();
        pointers(&before, "", &mut all);
        for path in all {
            let value = before.pointer(&path).unwrap();
            prop_assert!(!moved_on(&path, value), "{} {}\n{}", path, value, text);
        }
        let Some(after) = expected(&before, operations) else { return Ok(false) };
        if let Ok(written) = source.patched(&patch) {
            prop_assert_eq!(parsed(&written, dialect), Some(after), "{:?}\n{}\n=>\n{}", operations, text, written);
            prop_assert_eq!(applied(text, &source.lines(&patch).unwrap()), written);
            answered = true;
        }
    }
    Ok(answered)
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-5_i64..5000).prop_map(Value::from),
        prop_oneof![Just(1.5), Just(-0.25), Just(1e21), Just(1e-7)].prop_map(Value::from),
        "[a-z]{1,6}".prop_map(Value::from),
        prop_oneof![
            Just(""),
            Just(" "),
            Just("yes"),
            Just("NO"),
            Just("null"),
            Just("~"),
            Just("0644"),
            Just("1e3"),
            Just("- a"),
            Just("a: b"),
            Just("a #b"),
            Just("#"),
            Just("it's"),
            Just("\"q\""),
            Just("a\nb\n"),
            Just("x\t"),
            Just("{a}"),
            Just("[1]"),
            Just("&a"),
            Just("*a"),
            Just("!t"),
            Just("%d"),
            Just("@u"),
            Just("`c`"),
            Just("a:"),
            Just(":"),
            Just("? k"),
            Just("---"),
            Just("..."),
            Just("|"),
            Just(">"),
            Just("é\u{1f600}"),
            Just("\u{85}\u{2028}\u{feff}\u{7}"),
            Just("registry.example/app:1.2@sha256:00"),
            Just("10.0.0.1"),
            Just("2026-07-03"),
            Just("1:30"),
            Just(".inf"),
            Just("0x1F"),
            Just("+1"),
            Just("=")
        ]
        .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ]
}

fn document() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![
            "[a-z]{1,4}",
            Just("a b".to_owned()),
            Just("a/b".to_owned()),
            Just("1".to_owned()),
            Just("yes".to_owned()),
            Just("k: v".to_owned())
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key, inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A writer of YAML with many hands: each choice is the next number.
struct Writer<'n> {
    choices: std::iter::Cycle<std::slice::Iter<'n, u8>>,
    step: usize,
}

impl Writer<'_> {
    fn choose(&mut self, among: u8) -> u8 {
        self.choices.next().unwrap() % among
    }

    fn scalar(&mut self, value: &Value) -> String {
        let json = drift_model::canonical_text(value);
        let Value::String(text) = value else {
            return json.replace('e', ".0e").replace("tru.0e", "true").replace("fals.0e", "false");
        };
        let printable = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        let word = text.chars().all(|c| c.is_ascii_lowercase())
            && !["yes", "no", "on", "off", "null", "true", "false", "y", "n"].contains(&text.as_str());
        match self.choose(3) {
            0 if printable && word => text.clone(),
            1 if printable => format!("'{}'", text.replace('\'', "''")),
            _ => ascii(value),
        }
    }

    /// What follows a key or a dash at this column.
    fn after(&mut self, value: &Value, column: usize, in_list: bool, out: &mut String) {
        let comment = |writer: &mut Self| if writer.choose(5) == 0 { " # a: comment" } else { "" };
        match value {
            Value::Array(items) if !items.is_empty() && self.choose(6) > 0 => {
                let compact = !in_list && self.choose(2) == 0;
                let inner = if compact { column } else { column + self.step };
                let note = comment(self);
                *out += &format!("{note}\n");
                self.items(items, inner, out);
            }
            Value::Object(members) if !members.is_empty() && self.choose(6) > 0 => {
                if in_list && self.choose(4) > 0 {
                    *out += " ";
                    self.members(members, column + 2, false, out);
                } else {
                    let note = comment(self);
                    *out += &format!("{note}\n");
                    self.members(members, column + self.step, true, out);
                }
            }
            Value::Array(_) | Value::Object(_) => *out += &format!(" {}\n", ascii(value)),
            Value::Null if self.choose(2) == 0 => *out += &format!("{}\n", comment(self)),
            Value::String(text) if text.ends_with("b\n") && !in_list => {
                let pad = " ".repeat(column + self.step);
                *out += " |\n";
                for line in text.lines() {
                    *out += &format!("{pad}{line}\n");
                }
                if self.choose(2) == 0 {
                    *out += "\n";
                }
            }
            scalar => {
                let text = self.scalar(scalar);
                *out += &format!(" {text}{}\n", comment(self));
            }
        }
    }

    fn noise(&mut self, out: &mut String) {
        match self.choose(9) {
            0 => *out += "\n",
            1 => *out += "# - a: comment\n",
            2 => *out += "      # deep\n",
            _ => {}
        }
    }

    fn items(&mut self, items: &[Value], column: usize, out: &mut String) {
        for item in items {
            self.noise(out);
            *out += &format!("{}-", " ".repeat(column));
            self.after(item, column, true, out);
        }
    }

    fn members(&mut self, members: &serde_json::Map<String, Value>, column: usize, mut padded: bool, out: &mut String) {
        for (name, value) in members {
            if padded {
                self.noise(out);
                *out += &" ".repeat(column);
            }
            padded = true;
            let plain = name.chars().all(|c| c.is_ascii_lowercase() || c == '/');
            *out += &(if plain { name.clone() } else { format!("\"{name}\"") } + ":");
            self.after(value, column, false, out);
        }
    }
}

/// JSON, in ASCII: a quoted scalar or a flow collection on one line of YAML.
fn ascii(value: &Value) -> String {
    let escaped = |c: char| c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    let kept = |c: char| if c.is_ascii() && c != '\u{7f}' { c.to_string() } else { escaped(c) };
    drift_model::canonical_text(value).chars().map(kept).collect()
}

fn written(value: &Value, choices: &[u8]) -> Option<String> {
    let mut writer = Writer { choices: choices.iter().cycle(), step: 2 + 2 * usize::from(choices[0] % 2) };
    let mut out = String::new();
    if writer.choose(4) == 0 {
        out += "# head\n---\n";
    }
    match value {
        Value::Object(members) if !members.is_empty() => writer.members(members, 0, true, &mut out),
        Value::Array(items) if !items.is_empty() => writer.items(items, 0, &mut out),
        _ => return None,
    }
    match writer.choose(8) {
        0 => out += "---\nother: document\n",
        1 => out = out.trim_end_matches('\n').to_owned(),
        2 => out = out.replace('\n', "\r\n"),
        _ => {}
    }
    Some(out)
}

/// Fragments of which most orders are no YAML, and some are YAML of the kind that nobody expects.
const FRAGMENTS: [&str; 44] = [
    "a:",
    "b: 1",
    "- x",
    "- c: 2",
    "# n",
    "k: |",
    "k: >-",
    "text",
    "'q'",
    "\"d\"",
    "f: {a: 1}",
    "g: [1, 2]",
    "h: &x 1",
    "i: *x",
    "j: 'it''s'",
    "l: \"a # b\"",
    "- - 1",
    "---",
    "? k",
    "<<: *x",
    "-",
    "m: b: c",
    "n: a # c",
    "o: |2",
    "p: |+",
    "- |",
    "q : 1",
    "\"r\": 1",
    "'s' : 1",
    "t: [1,",
    "2]",
    "u: !!str 1",
    "v: \"a",
    "b\"",
    "w: -",
    "- # c",
    "x: # c",
    "y: a:b",
    "z: http://e",
    "a: 2",
    "...",
    "{}",
    "- {a: &b 1}",
    "\tc: 1",
];

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) }
}

/// Runs a property whose cases say whether the editor answered; and it does so at least this often in a hundred cases.
fn answers<S: Strategy>(
    percent: u32,
    strategy: &S,
    property: impl Fn(S::Value) -> Result<Option<bool>, TestCaseError>,
) {
    let (asked, answered) = (Cell::new(0_u32), Cell::new(0_u32));
    let property = |value| {
        if let Some(did) = property(value)? {
            asked.set(asked.get() + 1);
            answered.set(answered.get() + u32::from(did));
        }
        Ok(())
    };
    TestRunner::new(config()).run(strategy, property).unwrap_or_else(|error| panic!("{error}"));
    assert!(asked.get() > 100 && answered.get() * 100 > asked.get() * percent, "{} of {}", answered.get(), asked.get());
}

#[test]
fn lines_of_yaml_say_what_the_patch_says() {
    let edits = proptest::collection::vec((any::<usize>(), any::<usize>(), document()), 1..4);
    let choices = proptest::collection::vec(any::<u8>(), 8..64);
    answers(50, &(document(), choices, edits), |(document, choices, edits)| {
        let Some(text) = written(&document, &choices) else { return Ok(None) };
        let Some(mut now) = parsed(&text, Dialect::Core) else { return Err(TestCaseError::fail(text)) };
        let mut operations = Vec::new();
        for (place, kind, value) in edits {
            let next = operation(&now, place, kind, value);
            if let Some(after) = expected(&now, std::slice::from_ref(&next)).filter(|_| !next.path().is_empty()) {
                operations.push(next);
                now = after;
            }
        }
        if operations.is_empty() { Ok(None) } else { check(&text, &operations).map(Some) }
    });
}

#[test]
fn a_soup_of_yaml_gives_no_wrong_line() {
    let lines = proptest::collection::vec((0_usize..4, 0..FRAGMENTS.len()), 1..7);
    answers(20, &(lines, any::<usize>(), any::<usize>(), document()), |(lines, place, kind, value)| {
        let line = |(indent, fragment): &(usize, usize)| format!("{}{}\n", "  ".repeat(*indent), FRAGMENTS[*fragment]);
        let text: String = lines.iter().map(line).collect();
        let Some(before) = parsed(&text, Dialect::Core) else { return Ok(None) };
        check(&text, &[operation(&before, place, kind, value)]).map(Some)
    });
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn lines_of_json_say_what_the_patch_says(
        document in document(),
        pretty: bool,
        edits in proptest::collection::vec((any::<usize>(), any::<usize>(), document()), 1..4),
    ) {
        let text = if pretty { serde_json::to_string_pretty(&document).unwrap() + "\n" } else { document.to_string() };
        let mut now: Value = serde_json::from_str(&text).unwrap();
        let mut operations = Vec::new();
        for (place, kind, value) in edits {
            let next = operation(&now, place, kind, value);
            if let Some(after) = expected(&now, std::slice::from_ref(&next)).filter(|_| !next.path().is_empty()) {
                operations.push(next);
                now = after;
            }
        }
        if operations.is_empty() {
            return Ok(());
        }
        let patch = DesiredPatch::from(operations);
        let none = Secrets::default();
        let source = Source::json("f.json", &text).without(&none);
        let written = source.patched(&patch).map_err(|why| TestCaseError::fail(format!("{why}: {text}")))?;
        prop_assert_eq!(drift_model::canonical_text(&serde_json::from_str(&written).unwrap()), drift_model::canonical_text(&now));
        prop_assert_eq!(applied(&text, &source.lines(&patch).unwrap()), written);
    }
}

/// The property would hold of an editor that answers nothing: so this counts that it answers.
#[test]
fn the_editor_answers_for_plain_configuration() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: 3 # agreed\n  template:\n    spec:\n      containers:\n      - name: app\n        image: \"shop:1\"\n        args: [\"-v\"]\n        env:\n          - {name: A, value: b}\n      - name: proxy\n        image: 'envoy:1'\n  labels: {}\n  note: |\n    several\n    lines\n";
    let before = parsed(text, Dialect::Core).unwrap();
    let mut all = Vec::new();
    pointers(&before, "", &mut all);
    let (mut answered, mut refused) = (0, Vec::new());
    for path in all.iter().filter(|path| !path.is_empty()) {
        for operation in [
            Operation::Replace { path: path.clone(), value: json!("new") },
            Operation::Replace { path: path.clone(), value: json!({"a": [1, {"b": []}]}) },
            Operation::Remove { path: path.clone() },
        ] {
            if check(text, std::slice::from_ref(&operation)).unwrap() {
                answered += 1;
            } else {
                let why: NoLines = Source::yaml("f", text).patched(&vec![operation].into()).unwrap_err();
                refused.push(format!("{path}: {why}"));
            }
        }
    }
    refused.dedup();
    assert_eq!(answered, 54, "{refused:#?}");
    assert_eq!(
        refused,
        [
            "/spec/template/spec/containers/0/args/0: line 10 is written in flow style",
            "/spec/template/spec/containers/0/env/0/name: line 12 is written in flow style",
            "/spec/template/spec/containers/0/env/0/value: line 12 is written in flow style",
        ]
    );
}
