//! The reconciliation pull request: its ten parts as a whole output, its patch, its lines, and no secret in any of it.
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic, and reads files"
)]

use drift_evidence::{DesiredPatch, Event, LeftOut, NoLines, Proposal, Record, Source};
use drift_model::{Action, Finding, Secrets};
use serde_json::{Value, json};

const SECRET: &str = "CANARY-hunter2";

fn change(path: &str, kind: &str, rest: Value) -> Value {
    let mut change = json!({
        "path": path, "kind": kind, "relation": "RUNTIME_CHANGED", "disposition": "DRIFT", "owner": "GIT", "sensitive": false,
    });
    let Value::Object(rest) = rest else { panic!("{rest}") };
    change.as_object_mut().unwrap().extend(rest);
    change
}

/// Somebody widened an ingress, changed a list, dropped a label and a password during an incident.
fn finding() -> Finding {
    let mut wire: Value = serde_json::from_str(include_str!("data/finding.json")).unwrap();
    wire["driftClass"] = json!("EMERGENCY_DRIFT");
    wire["evidenceUri"] = json!("s3://platform-evidence/drift-20260703-000184");
    wire["approvers"] = json!(["security-oncall"]);
    wire["reconcileBy"] = json!("2026-07-04T10:22:31Z");
    wire["trace"][0]["because"] = json!("an incident was open");
    wire["changes"] = json!([
        change(
            "/ingress/[from=443]",
            "ADDED",
            json!({"pointers": {"actual": "/ingress/1"}, "actual": {"from": 443, "cidr": "0.0.0.0/0"}})
        ),
        change(
            "/ingress/[from=80]/cidr",
            "CHANGED",
            json!({
                "pointers": {"desired": "/ingress/0/cidr", "actual": "/ingress/0/cidr"}, "desired": "10.0.0.0/8", "actual": "0.0.0.0/0",
            })
        ),
        change("/tags/owner", "REMOVED", json!({"pointers": {"desired": "/tags/owner"}, "desired": "platform"})),
        change(
            "/tags/password",
            "CHANGED",
            json!({
                "sensitive": true, "masked": {"desired": "class-1", "actual": "class-2"},
                "pointers": {"desired": "/tags/password", "actual": "/tags/password"},
            })
        ),
        change(
            "/timeout",
            "CHANGED",
            json!({
                "pointers": {"desired": "/timeout", "actual": "/timeout"}, "desired": 30, "actual": 9_007_199_254_740_993_u64,
            })
        ),
    ]);
    serde_json::from_value(wire).unwrap()
}

const TEXT: &str = "\
# Public entry of the shop.
ingress:
  - from: 80
    cidr: 10.0.0.0/8 # office only
tags:
  owner: platform
  password: CANARY-hunter2
timeout: 30
";

fn record(finding: &Finding) -> Record {
    let mut record = Record::open(finding, "2026-07-03T10:22:40Z".parse().unwrap());
    let approved = Event::Approved {
        record: finding.finding_id.clone(),
        action: Action::GitUpdatePr,
        by: "security-oncall".to_owned(),
        reference: Some("INC-9127".to_owned()),
    };
    record.apply(&approved, "2026-07-03T11:00:00Z".parse().unwrap()).unwrap();
    record
}

fn desired() -> Value {
    json!({"ingress": [{"from": 80, "cidr": "10.0.0.0/8"}], "tags": {"owner": "platform", "password": "(sensitive)"}, "timeout": 30})
}

/// Compares with the file, which `UPDATE_EXPORTS=1` writes.
fn expect(name: &str, text: &str) {
    let path = format!("{}/tests/data/exports/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var("UPDATE_EXPORTS").is_ok() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap_or_default(), "{name}");
}

#[test]
fn s0_23_a_pull_request_has_all_its_parts() {
    let (record, desired) = (record(&finding()), desired());
    let mut secrets = Secrets::default();
    secrets.add(SECRET);
    let request =
        Proposal::of(&record, "Runtime change restored customer traffic during the regional incident INC-9127.")
            .expires("2026-07-10T00:00:00Z".parse().unwrap())
            .rollback("Close the listener at the load balancer first.")
            .reviewer("platform-network")
            .evidence("Incident", "INC-9127")
            .evidence("Drift plan", "s3://platform-evidence/plan.json")
            .desired(&desired)
            .source(Source::yaml("prod/network.yaml", TEXT).without(&secrets))
            .pull_request();
    expect("pull-request.md", &format!("{}\n\n{}", request.title, request.body));
    assert!(!format!("{request:?}").contains("CANARY"));
}

#[test]
fn the_patch_of_a_finding_is_what_its_changes_say() {
    let patch = DesiredPatch::accept(&finding(), Some(&desired()));
    let written: Vec<Value> = serde_json::from_str(&patch.to_string()).unwrap();
    assert_eq!(
        written,
        [
            json!({"op": "test", "path": "/ingress/0/cidr", "value": "10.0.0.0/8"}),
            json!({"op": "test", "path": "/tags/owner", "value": "platform"}),
            json!({"op": "test", "path": "/timeout", "value": 30}),
            json!({"op": "replace", "path": "/ingress/0/cidr", "value": "0.0.0.0/0"}),
            json!({"op": "replace", "path": "/timeout", "value": 9_007_199_254_740_993_u64}),
            json!({"op": "add", "path": "/ingress/-", "value": {"from": 443, "cidr": "0.0.0.0/0"}}),
            json!({"op": "remove", "path": "/tags/owner"}),
        ]
    );
    assert_eq!(serde_json::to_value(&patch).unwrap(), json!(written));
    let left: Vec<_> = patch.left.iter().map(|(path, why)| format!("{path} {why}")).collect();
    assert_eq!(left, ["/tags/password SECRET"]);
}

#[test]
fn each_change_that_cannot_be_accepted_says_why() {
    let both = json!({"pointers": {"desired": "/a", "actual": "/a"}, "desired": 1, "actual": 2});
    let with = |path: &str, kind: &str, base: &Value, more: Value| {
        let mut rest = base.clone();
        rest.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut finding = serde_json::to_value(finding()).unwrap();
        finding["changes"] = json!([change(path, kind, rest)]);
        let patch = DesiredPatch::accept(&serde_json::from_value(finding).unwrap(), None);
        assert!(patch.is_empty(), "{patch}");
        patch.left[0].1
    };
    for (path, kind, more, why) in [
        ("/a", "CHANGED", json!({"disposition": "OWNED_BY"}), LeftOut::NotDrift),
        ("/a", "CHANGED", json!({"disposition": "UNDECLARED"}), LeftOut::NotDrift),
        ("/a", "CHANGED", json!({"actual": {"b": ["(sensitive)"]}}), LeftOut::Secret),
        ("/a", "CHANGED", json!({"desired": "(sensitive)"}), LeftOut::Secret),
        ("/a", "CHANGED", json!({"sensitive": true}), LeftOut::Secret),
        ("", "ADDED", json!({}), LeftOut::WholeResource),
        ("/a", "CHANGED", json!({"desired": 2}), LeftOut::AlreadySo),
        ("/a/[name=x]/b", "ADDED", json!({"pointers": {"actual": "/a/0/b"}}), LeftOut::NoPlace),
        ("/a/0", "ADDED", json!({"pointers": {"actual": "/a/0"}}), LeftOut::NoPlace),
    ] {
        assert_eq!(with(path, kind, &both, more), why, "{path} {why}");
    }
    let removed = json!({"pointers": {"desired": "/a", "actual": "/a"}, "desired": 1});
    assert_eq!(with("/a", "CHANGED", &removed, json!({})), LeftOut::NotKnown);
    let gone = json!({"pointers": {"recorded": "/a"}, "recorded": 1});
    assert_eq!(with("/a", "REMOVED", &gone, json!({})), LeftOut::AlreadySo);
}

#[test]
fn items_of_lists_keep_their_places_while_others_come_and_go() {
    let desired = json!({"list": ["a", "b", "c", "d"], "more": [{"in": [1, 2]}, 0]});
    let item = |path: &str, value: i64| change(path, "ADDED", json!({"pointers": {"actual": path}, "actual": value}));
    let gone = |path: &str| change(path, "REMOVED", json!({"pointers": {"desired": path}}));
    let mut finding = serde_json::to_value(finding()).unwrap();
    finding["changes"] =
        json!([gone("/list/1"), gone("/list/3"), item("/more/0/in/1", 7), item("/more/0/in/2", 8), gone("/more/1"),]);
    let patch = DesiredPatch::accept(&serde_json::from_value(finding).unwrap(), Some(&desired));
    let operations: Vec<_> = patch.to_string().split("},{").map(str::to_owned).collect();
    assert_eq!(
        operations,
        [
            r#"[{"op":"remove","path":"/more/1""#,
            r#""op":"add","path":"/more/0/in/1","value":8"#,
            r#""op":"add","path":"/more/0/in/1","value":7"#,
            r#""op":"remove","path":"/list/3""#,
            r#""op":"remove","path":"/list/1"}]"#,
        ]
    );
}

#[test]
fn a_secret_in_the_source_is_neither_context_nor_a_changed_line() {
    let patch = DesiredPatch::accept(&finding(), Some(&desired()));
    let mut secrets = Secrets::default();
    secrets.add(SECRET);
    // Unless somebody says what is secret, nothing is shown but what changes.
    let bare = Source::yaml("f.yaml", TEXT).lines(&patch).unwrap();
    assert!(!bare.contains("CANARY") && !bare.contains("Public entry"), "{bare}");
    let shown = Source::yaml("f.yaml", TEXT).without(&secrets).lines(&patch).unwrap();
    assert!(!shown.contains("CANARY") && shown.contains("Public entry"), "{shown}");
    let beside = TEXT.replace("office only", SECRET);
    assert_eq!(Source::yaml("f.yaml", &beside).without(&secrets).lines(&patch), Err(NoLines::Secret));
}

#[test]
fn what_cannot_be_shown_as_lines_says_why() {
    let lines = |text: &str| Source::yaml("f.yaml", text).lines(&DesiredPatch::accept(&finding(), Some(&desired())));
    for (from, to, why) in [
        (
            "  - from: 80\n    cidr: 10.0.0.0/8 # office only",
            "  [{from: 80, cidr: 10.0.0.0/8}]",
            "line 3 is written in flow style",
        ),
        ("timeout: 30", "timeout: &t 30", "line 8 has an anchor, an alias, a tag or a merge key"),
        ("timeout: 30", "timeout: 30\ntimeout: 31", "line 9 has a key that stands twice"),
        ("timeout: 30", "", "the file has no `/timeout`"),
        ("timeout: 30", "timeout: 31", "the file moved on: at `/timeout` it no longer says what the finding says"),
        ("  owner", "\towner", "line 6 is indented with tabs"),
        ("owner: platform", "owner: \"plat\n    form\"", "line 6 begins a text over several lines"),
        ("owner: platform", "? owner", "line 6 is not understood"),
        (TEXT, "# nothing\n", "the file has no such document"),
    ] {
        let error = lines(&TEXT.replace(from, to)).unwrap_err();
        assert_eq!(error.to_string(), why);
    }
    let request = Proposal::of(&record(&finding()), "r").source(Source::yaml("f", "a: {b")).pull_request();
    assert!(
        request.body.contains("In `f` it cannot be shown as lines, because line 1 begins a text over several lines."),
        "{}",
        request.body
    );
    let mut finding = finding();
    finding.changes.clear();
    assert_eq!(Source::yaml("f", TEXT).lines(&DesiredPatch::accept(&finding, None)), Err(NoLines::Nothing));
}

#[test]
fn hostile_texts_change_nothing_of_the_body_but_themselves() {
    let body = |text: &str| {
        let mut finding = finding();
        for part in [&mut finding.environment, &mut finding.owner, &mut finding.evidence_uri] {
            *part = Some(text.to_owned());
        }
        text.clone_into(&mut finding.resource_ref);
        finding.approvers = vec![text.to_owned()];
        finding.trace[0].because = Some(text.to_owned());
        finding.audit_correlation.as_mut().unwrap().actor = text.to_owned();
        let record = Record::open(&finding, "2026-07-03T10:22:40Z".parse().unwrap());
        let request = Proposal::of(&record, text).rollback(text).reviewer(text).evidence(text, text).pull_request();
        assert!(!request.title.contains(['\n', '\0']), "{}", request.title);
        request.body
    };
    let headings =
        |body: &str| body.lines().filter(|line| line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
    let calm = body("calm");
    assert_eq!(headings(&calm).len(), 12);
    for text in
        ["x\n### Reviewers\n\nnobody", "a|b", "](javascript:x)", "<script>", "\0", "'", "# a", "@team ![x](http://e)"]
    {
        let hostile = body(text);
        assert_eq!(hostile.lines().count(), calm.lines().count(), "{text}");
        assert_eq!(headings(&hostile), headings(&calm), "{text}");
        assert!(!hostile.contains('\0'));
        // What stands outside of code has no markup.
        let reason = hostile.split("### Reason\n\n").nth(1).unwrap().lines().next().unwrap();
        assert!(!reason.contains(['<', '[', ']', '|', '`', '*']) && !reason.contains("://"), "{reason}");
    }
}
