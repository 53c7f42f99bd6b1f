//! The figures as an embedder gets them: two shards with a ledger each, merged on a third machine.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use drift_evidence::{
    Artifact, ArtifactKind, Event, Figures, Ledger, LedgerError, Look, Outcome, Reading, Summary, Told, drift_model,
};
use drift_model::{
    Action, AssessmentReport, AutoHeal, Digest, DriftClass, Existence, Finding, Method, Risk, Span, Timestamp,
    UnknownReason, Verdict, canonical_text_of,
};
use serde_json::json;

const SECRET: &str = "CANARY-hunter2";

fn at(minutes: u64) -> Timestamp {
    let start: Timestamp = "2026-07-03T10:00:00Z".parse().unwrap();
    start.plus(Span::from_seconds(minutes.checked_mul(60).unwrap())).unwrap()
}

/// A finding on the resource of this name, which drifted when the reading is zero.
fn finding(name: &str, class: DriftClass, risk: Risk) -> Finding {
    let mut wire: serde_json::Value = serde_json::from_str(include_str!("data/finding.json")).unwrap();
    for plane in ["desired", "recorded", "actual"] {
        wire["changes"][1][plane] = json!({"nested": [SECRET]});
    }
    let mut finding: Finding = serde_json::from_value(wire).unwrap();
    finding.finding_id = format!("drift-{name}");
    finding.resource_ref = format!("aws_security_group.{name}");
    finding.fingerprint = Digest::of_parts([name, class.word()]);
    (finding.drift_class, finding.risk) = (class, risk);
    finding.reconcile_within = Some("1h".parse().unwrap());
    finding
}

fn report(name: &str, verdict: Verdict, findings: Vec<Finding>) -> AssessmentReport {
    let resource = format!("aws_security_group.{name}").parse().unwrap();
    let mut report = AssessmentReport::new("obs", resource, verdict, Existence::Managed, Digest::of(b"policy"));
    report.changes = findings.iter().flat_map(|finding| finding.changes.clone()).collect();
    report.findings = findings;
    report.reason = (verdict == Verdict::Unknown).then_some(UnknownReason::Failed);
    report
}

/// A shard: what it looked at becomes events of its ledger, and rows of its summary.
struct Shard {
    ledger: Ledger,
    stored: String,
    looks: Summary,
}

impl Shard {
    fn start(name: &str) -> Self {
        Self { ledger: Ledger::start(name.parse().unwrap()), stored: String::new(), looks: Summary::default() }
    }

    fn append(&mut self, event: &Event, now: Timestamp) {
        self.stored.push_str(self.ledger.append(event, now).unwrap().stored());
    }

    fn look(&mut self, report: &AssessmentReport, minutes: u64) {
        let method = Some(Method::ScheduledPlan);
        for event in self.ledger.tracker().follow(report, method, at(minutes)) {
            self.append(&event, at(minutes));
        }
        self.looks.add_look(Look::of(report, method, at(minutes)).through("aws 6.2.0"));
    }

    fn act(&mut self, name: &str, action: Action, outcome: Outcome, minutes: u64) {
        let (record, by) = (format!("drift-{name}"), "controller".to_owned());
        self.append(&Event::Acted { record, action, by, outcome, reference: None }, at(minutes));
    }

    fn summary(&self) -> Summary {
        Summary::of_ledger(self.stored.as_bytes()).unwrap().merge(self.looks.clone())
    }
}

/// An emergency change that Git says now, one that a machine healed at the second attempt, one with a pull request, and one that
/// both shards see.
fn shards() -> [Shard; 2] {
    let hotfix = finding("hotfix", DriftClass::EmergencyDrift, Risk::High);
    let waiting = finding("waiting", DriftClass::EmergencyDrift, Risk::Critical);
    let shared = finding("shared", DriftClass::UnauthorizedRuntimeDrift, Risk::Critical);
    let mut healed = finding("healed", DriftClass::UnauthorizedRuntimeDrift, Risk::Low);
    healed.auto_heal = AutoHeal::refused_by(Vec::new());
    let drifted = |finding: &Finding, name: &str| report(name, Verdict::Drifted, vec![finding.clone()]);
    let clean = |name: &str| report(name, Verdict::InSync, Vec::new());

    let mut a = Shard::start("drift.example/a");
    a.look(&drifted(&hotfix, "hotfix"), 20);
    a.look(&drifted(&healed, "healed"), 20);
    a.look(&drifted(&shared, "shared"), 20);
    a.act("hotfix", Action::GitUpdatePr, Outcome::Succeeded, 25);
    a.act("healed", Action::RuntimeRevert, Outcome::Failed, 21);
    a.act("healed", Action::RuntimeRevert, Outcome::Succeeded, 22);
    a.look(&clean("hotfix"), 40);
    a.look(&clean("healed"), 40);
    a.look(&clean("quiet"), 40);

    let mut b = Shard::start("drift.example/b");
    b.look(&drifted(&waiting, "waiting"), 30);
    let mut again = shared;
    again.finding_id.push_str("-seen-by-b");
    b.look(&drifted(&again, "shared"), 30);
    let pull_request = Artifact::new(ArtifactKind::PullRequest, "text/html", "https://git.example/pulls/7").unwrap();
    b.append(&Event::ArtifactKept { record: "drift-waiting".to_owned(), artifact: pull_request }, at(35));
    b.look(&report("quiet", Verdict::Unknown, Vec::new()), 50);
    [a, b]
}

#[test]
fn two_shards_are_merged_elsewhere_and_tell_what_one_would_have_told() {
    let [a, b] = shards().map(|shard| canonical_text_of(&shard.summary()).unwrap());
    let read = |text: &str| drift_model::from_json::<Summary>(text).unwrap();
    let merged: Summary = [&a, &b, &a].into_iter().map(|text| read(text)).collect();
    assert_eq!(merged, read(&b).merge(read(&a)));
    assert_eq!(merged.told().iter().copied().collect::<Vec<_>>(), [Told::Records, Told::Looks, Told::Failures]);

    let figures = Figures::read(&merged, &Reading::at(at(91)).sync_interval("15m".parse().unwrap()));
    let executive = figures.executive.unwrap();
    assert_eq!((executive.open, executive.open_critical), (2, 2), "both shards see one of them");
    assert_eq!(executive.time_to_reconcile.mean_seconds, Some(1_200));

    let measures = figures.measures.unwrap();
    assert_eq!(measures.this_week.to_string(), "2026-W27: 4 resources");
    assert_eq!((measures.backfilled.part, measures.backfilled.of, measures.backfilled.per_mille), (1, 4, Some(250)));
    assert_eq!((measures.reverted.part, measures.manual_open, measures.emergency_not_backfilled), (1, 2, 1));
    let older = measures.older_than_sync_interval.unwrap();
    assert_eq!((older[0].name.as_deref(), older[0].findings), (Some("prod"), 2));

    let platform = figures.platform;
    let heals = platform.auto_heal.unwrap();
    assert_eq!((heals.attempts, heals.succeeded, heals.failed), (2, 1, 1));
    let oldest = &platform.longest_unresolved.unwrap().first[0];
    assert_eq!((oldest.resource_ref.as_str(), oldest.age.to_string()), ("aws_security_group.shared", "71m".to_owned()));
    let looks = platform.looks.unwrap();
    assert_eq!((looks.resources, looks.drifted, looks.in_sync, looks.unknown), (5, 2, 2, 1));
    let failed = platform.failed_jobs.unwrap();
    assert_eq!((failed.count, failed.first[0].last_known), (1, Some(at(40))), "it was clean before, and is not now");

    let services = figures.services.unwrap();
    let network = &services[0];
    assert_eq!(network.owner.as_deref(), Some("platform-network"));
    assert_eq!((network.open, network.overdue, network.pull_requests), (2, 2, 1));
    assert_eq!(network.last_reconciliation, Some(at(40)));
    assert_eq!(figures.security.unwrap().break_glass_open, 1);
}

#[test]
fn law_8_a_secret_never_leaves_through_summaries_figures_or_metrics() {
    for shard in shards() {
        let summary = shard.summary();
        let figures = Figures::read(&summary, &Reading::at(at(90)));
        for out in [
            canonical_text_of(&summary).unwrap(),
            canonical_text_of(&figures).unwrap(),
            figures.open_metrics(),
            format!("{summary:?}{figures:?}"),
        ] {
            assert!(!out.contains(SECRET) && !out.contains("hunter2"), "{out}");
        }
    }
}

#[test]
fn a_ledger_that_was_changed_makes_no_figures() {
    let [a, _] = shards();
    let changed = a.stored.replace("GIT_UPDATE_PR", "RUNTIME_REVERT");
    let error = Summary::of_ledger(changed.as_bytes()).unwrap_err();
    assert!(matches!(error, LedgerError::Broken(_)), "{error}");
}

#[test]
fn a_summary_that_is_none_is_refused_and_nothing_of_it_repeated() {
    let [a, _] = shards();
    let mut emptied = serde_json::to_value(a.summary()).unwrap();
    emptied["cases"][0]["episodes"] = json!([]);
    let without_episodes = emptied.to_string();
    for (text, expected) in [
        (r#"{"told": ["RUMOURS-hunter2"]}"#, "at `/told/0`: unknown kind of source"),
        (r#"{"cases": {"hunter2": 1}}"#, "at `/cases`: expected a list of rows"),
        (r#"{"looks": [{"resource": "hunter2"}]}"#, "at `/looks/0`: "),
        (&without_episodes, "at `/cases/0/episodes`: bad case, expected one that was opened at least once"),
    ] {
        let error = drift_model::from_json::<Summary>(text).unwrap_err().to_string();
        assert!(error.starts_with(expected) && !error.contains("hunter2"), "{error}");
    }
}
