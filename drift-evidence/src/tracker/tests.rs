use drift_model::{ChangeKind, Disposition, DriftClass, Existence, FingerprintKey, Relation, Risk};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Ledger, sample};

const ID: &str = "drift-20260703-000184";

/// What a scan finds on the resource of the sample.
fn drifted(findings: Vec<Finding>) -> AssessmentReport {
    let mut report = sample::report(&[]);
    report.verdict = Verdict::Drifted;
    report.changes = findings.iter().flat_map(|finding| finding.changes.clone()).collect();
    report.findings = findings;
    report
}

fn unknown() -> AssessmentReport {
    let mut report = sample::report(&[]);
    (report.verdict, report.reason) = (Verdict::Unknown, Some(UnknownReason::Failed));
    report
}

fn with(change: impl FnOnce(&mut Finding)) -> Finding {
    let mut finding = sample::finding();
    // As on another day: neither id, time nor address is what it was.
    finding.finding_id = "drift-20260704-000007".to_owned();
    finding.detected_at = Some(sample::at(1440));
    finding.evidence_uri = Some("s3://evidence/2026/07/04/drift-20260704-000007".to_owned());
    change(&mut finding);
    finding
}

/// Feeds a look, and says what came of it.
fn look(tracker: &mut Tracker, report: &AssessmentReport, minutes: i64) -> Vec<&'static str> {
    look_by(tracker, report, None, minutes)
}

fn look_by(
    tracker: &mut Tracker,
    report: &AssessmentReport,
    method: Option<Method>,
    minutes: i64,
) -> Vec<&'static str> {
    let events = tracker.follow(report, method, sample::at(minutes));
    for event in &events {
        tracker.apply(event, sample::at(minutes)).unwrap();
    }
    let again = tracker.follow(report, method, sample::at(minutes));
    let nothing_new = [EventKind::DetectorFailed, EventKind::Persisted];
    assert!(again.iter().all(|event| nothing_new.contains(&event.kind())), "the same report twice is the same story");
    events.iter().map(|event| event.kind().word()).collect()
}

fn opened() -> Tracker {
    let mut tracker = Tracker::default();
    assert_eq!(look(&mut tracker, &drifted(vec![sample::finding()]), 0), ["DETECTED"]);
    tracker
}

#[test]
fn s1_4_the_same_drift_on_another_day_persists_whatever_its_id() {
    let mut tracker = opened();
    assert_eq!(look(&mut tracker, &drifted(vec![with(|_| {})]), 1440), ["PERSISTED"]);
    let record = tracker.record(ID).unwrap();
    assert_eq!((record.state(), record.seen(), tracker.records().count()), (State::Open, sample::at(1440), 1));
    // Pointers move when a list is reordered, and a rule more that did not decide decides nothing.
    let moved = with(|finding| {
        finding.changes[0].pointers.actual = Some("/ingress/7".to_owned());
        finding.changed_fields[0] = "/ingress/7".to_owned();
        finding.trace.clear();
        finding.auto_heal.refused_by.push("freeze".to_owned());
        finding.policy_digest = Digest::of(b"with one more rule");
    });
    assert_eq!(look(&mut tracker, &drifted(vec![moved]), 2880), ["PERSISTED"]);
}

#[test]
fn drift_that_is_no_longer_what_it_was_updates_its_case() {
    let value = |text: &str| {
        with(|finding| {
            let mut change = serde_json::to_value(&finding.changes[0]).unwrap();
            change["actual"] = serde_json::from_str(text).unwrap();
            finding.changes[0] = serde_json::from_value(change).unwrap();
        })
    };
    for (what, finding, expected) in [
        ("another value", value(r#"{"cidr": "10.0.0.0/8"}"#), "UPDATED"),
        (
            "the same value in other words",
            value(r#"{"weight": 1.50, "from": 443.0, "cidr": "0.0.0.0/0"}"#),
            "PERSISTED",
        ),
        ("another risk", with(|finding| finding.risk = Risk::Low), "UPDATED"),
        ("another decision", with(|finding| finding.approvers.push("ana".to_owned())), "UPDATED"),
        (
            "another class, and with it another fingerprint",
            with(|finding| {
                finding.drift_class = DriftClass::EmergencyDrift;
                finding.fingerprint = Digest::of(b"emergency");
            }),
            "UPDATED",
        ),
        ("a path more", sample::wider(), "UPDATED"),
        (
            "all around it",
            with(|finding| {
                finding.fingerprint = Digest::of(b"deleted");
                finding.changes.truncate(1);
                finding.changes[0].path = drift_model::FieldPath::root();
            }),
            "UPDATED",
        ),
    ] {
        let mut tracker = opened();
        assert_eq!(look(&mut tracker, &drifted(vec![finding.clone()]), 9), [expected], "{what}");
        let record = tracker.record(ID).unwrap();
        assert_eq!((record.seen(), tracker.records().count()), (sample::at(9), 1), "{what}");
        if expected == "UPDATED" {
            assert_eq!(record.finding().changes, finding.changes, "{what}");
        }
        // It is known by its new fingerprint from now on, and ends as any other.
        assert_eq!(look(&mut tracker, &drifted(vec![finding]), 10), ["PERSISTED"], "{what}");
        assert_eq!(look(&mut tracker, &sample::report(&[]), 11), ["VERIFIED", "CLOSED"], "{what}");
    }
}

#[test]
fn what_is_gone_is_closed_only_by_a_look_that_could_have_seen_it() {
    let mut released = sample::report(&[]);
    released.existence = Existence::Released;
    let mut undetermined = sample::report(&[]);
    undetermined.existence = Existence::Undetermined;
    let mut elsewhere = sample::report(&[]);
    elsewhere.resource = "aws_security_group.other".parse().unwrap();
    for (what, report, method, minutes, expected) in [
        ("a look", sample::report(&[]), None, 5, &["VERIFIED", "CLOSED"][..]),
        ("a scheduled plan", sample::report(&[]), Some(Method::ScheduledPlan), 5, &["VERIFIED", "CLOSED"]),
        ("the plan of a pull request", sample::report(&[]), Some(Method::PrPlan), 5, &[]),
        ("a failed detector", unknown(), None, 5, &["DETECTOR_FAILED"]),
        ("a released resource", released, None, 5, &[]),
        ("an undetermined existence", undetermined, None, 5, &[]),
        ("another resource", elsewhere, None, 5, &[]),
        ("an older look", sample::report(&[]), None, -5, &[]),
        ("the same moment", sample::report(&[]), None, 0, &[]),
        ("pending at its path", sample::report(&[("/ingress/[from=443]", "PENDING")]), None, 5, &[]),
        ("unknown at its path", sample::report(&[("/ingress", "UNDETERMINED")]), None, 5, &[]),
        ("excused by a rule since", sample::report(&[("/ingress", "IGNORED")]), None, 5, &["VERIFIED", "CLOSED"]),
        ("drift at another path", sample::report(&[("/egress", "DRIFT")]), None, 5, &["VERIFIED", "CLOSED"]),
    ] {
        let mut tracker = opened();
        let before = tracker.clone();
        assert_eq!(look_by(&mut tracker, &report, method, minutes), expected, "{what}");
        assert_eq!(tracker == before, !expected.contains(&"CLOSED"), "{what}");
    }
}

#[test]
fn a_closed_case_is_opened_again_by_a_later_look_alone() {
    let mut tracker = opened();
    assert_eq!(look(&mut tracker, &sample::report(&[]), 10), ["VERIFIED", "CLOSED"]);
    assert_eq!(look(&mut tracker, &drifted(vec![with(|_| {})]), 7), [""; 0], "it was known to be gone later");
    assert_eq!(look(&mut tracker, &drifted(vec![with(|_| {})]), 1440), ["REOPENED"]);
    let record = tracker.record(ID).unwrap();
    assert_eq!((record.state(), record.detected_at()), (State::Open, sample::at(1440)));
    assert_eq!(tracker.records().count(), 1);
}

#[test]
fn an_action_is_proven_by_a_look_after_it() {
    let mut tracker = opened();
    let acted = sample::story().into_iter().find(|(event, _)| event.kind() == EventKind::Acted).unwrap();
    tracker.apply(&acted.0, sample::at(20)).unwrap();
    assert_eq!(look(&mut tracker, &sample::report(&[]), 15), [""; 0]);
    assert_eq!(look(&mut tracker, &sample::report(&[]), 21), ["VERIFIED", "CLOSED"]);
}

#[test]
fn s1_4_findings_that_are_excused_open_no_case() {
    let owned = with(|finding| finding.changes.iter_mut().for_each(|change| change.disposition = Disposition::OwnedBy));
    assert_eq!(look(&mut Tracker::default(), &drifted(vec![owned]), 0), [""; 0]);
}

#[test]
fn units_may_have_resources_of_one_name() {
    let of = |unit: Option<&str>, id: &str, findings: bool| {
        let finding = with(|finding| {
            finding.unit = unit.map(str::to_owned);
            finding.finding_id = id.to_owned();
        });
        let mut report = if findings { drifted(vec![finding]) } else { sample::report(&[]) };
        report.unit = unit.map(str::to_owned);
        report
    };
    let mut tracker = Tracker::default();
    assert_eq!(look(&mut tracker, &of(Some("east"), "drift-1", true), 0), ["DETECTED"]);
    assert_eq!(look(&mut tracker, &of(Some("west"), "drift-2", true), 0), ["DETECTED"]);
    assert_eq!(look(&mut tracker, &of(Some("west"), "", false), 1), ["VERIFIED", "CLOSED"]);
    assert_eq!(look(&mut tracker, &of(Some("east"), "drift-3", true), 1), ["PERSISTED"]);
    assert_eq!(look(&mut tracker, &of(None, "drift-4", true), 2), ["PERSISTED"]);
    let states: Vec<_> = tracker.records().map(|record| (record.id(), record.state())).collect();
    assert_eq!(states, [("drift-1", State::Open), ("drift-2", State::Closed)]);
}

#[test]
fn a_failed_look_is_one_at_its_unit() {
    let mut report = unknown();
    report.unit = Some("east".to_owned());
    let events = Tracker::default().follow(&report, None, sample::at(0));
    let [Event::DetectorFailed { unit, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(unit.as_deref(), Some("east"));
    // A later look of that unit and detector makes up for it, in figures too.
    let mut summary = crate::Summary::default();
    summary.add_event(&events[0], sample::at(0));
    let mut clean = sample::report(&[]);
    (clean.unit, clean.resource) = (report.unit, report.resource);
    summary.add_look(crate::Look::of(&clean, None, sample::at(1)));
    let platform = crate::Figures::read(&summary, &crate::Reading::at(sample::at(2))).platform;
    assert_eq!(platform.failed_jobs.map(|jobs| jobs.count), Some(0));
}

#[test]
fn a_rotated_key_is_no_change_and_another_secret_is_one() {
    let key = |id: &str| FingerprintKey::new(id, "acme", vec![7; 32]).unwrap();
    let of = |key: &FingerprintKey, word: &str| {
        let print = key.fingerprint("u", &"/tags/password".parse().unwrap(), &json!(word)).to_string();
        with(|finding| finding.changes[1].masked.as_mut().unwrap().actual = Some(print))
    };
    let mut tracker = Tracker::default();
    assert_eq!(look(&mut tracker, &drifted(vec![of(&key("k1"), "a")]), 0), ["DETECTED"]);
    assert_eq!(look(&mut tracker, &drifted(vec![of(&key("k2"), "a")]), 1), ["PERSISTED"]);
    assert_eq!(look(&mut tracker, &drifted(vec![of(&key("k1"), "b")]), 2), ["UPDATED"]);
    assert_eq!(look(&mut tracker, &drifted(vec![sample::finding()]), 3), ["PERSISTED"]);
}

#[test]
fn what_cannot_follow_is_refused_and_changes_nothing() {
    let mut tracker = opened();
    let before = tracker.clone();
    for event in [
        Event::Closed { record: ID.to_owned(), because: None },
        Event::Closed { record: "other".to_owned(), because: None },
        Event::detected(with(|finding| finding.finding_id = ID.to_owned())),
    ] {
        tracker.apply(&event, sample::at(1)).unwrap_err();
        assert_eq!(tracker, before);
    }
}

/// What one look at one resource sees: nothing, or which of its three fields drift, with which value.
#[derive(Clone, Debug)]
struct Look {
    resource: usize,
    fields: Option<[Option<(u8, DriftClass)>; 3]>,
}

impl Look {
    fn report(&self) -> AssessmentReport {
        let resource = format!("ConfigMap/prod/app-{}", self.resource).parse().unwrap();
        let policy = Digest::of(b"policy");
        let mut report = AssessmentReport::new("obs", resource, Verdict::InSync, Existence::Managed, policy);
        let Some(fields) = self.fields else {
            (report.verdict, report.reason) = (Verdict::Unknown, Some(UnknownReason::Failed));
            return report;
        };
        for class in [DriftClass::EmergencyDrift, DriftClass::PolicyDrift] {
            let of_class = fields.iter().enumerate().filter_map(|(field, seen)| {
                let (value, _) = seen.filter(|(_, own)| *own == class)?;
                let path = format!("/data/f{field}").parse().unwrap();
                let change = Change::new(path, ChangeKind::Changed, Relation::Differs, Disposition::Drift);
                let mut change: Value = serde_json::to_value(change).unwrap();
                change["actual"] = json!(value);
                Some(serde_json::from_value(change).unwrap())
            });
            let changes: Vec<Change> = of_class.collect();
            if !changes.is_empty() {
                let paths: Vec<_> = changes.iter().map(|change| change.path.to_string()).collect();
                let resource = report.resource.to_string();
                let parts = [resource.as_str(), class.word()].into_iter().chain(paths.iter().map(String::as_str));
                let print = Digest::of_parts(parts);
                let mut finding = Finding::new(String::new(), resource.clone(), (class, Risk::Low), (print, print));
                finding.changes.clone_from(&changes);
                report.changes.extend(changes);
                report.findings.push(finding);
                report.verdict = Verdict::Drifted;
            }
        }
        report
    }
}

fn looks() -> impl Strategy<Value = Vec<Look>> {
    let class = prop_oneof![Just(DriftClass::EmergencyDrift), Just(DriftClass::PolicyDrift)];
    let field = prop_oneof![2 => Just(None), 3 => (0..2_u8, class).prop_map(Some)];
    let fields = prop_oneof![1 => Just(None), 4 => proptest::array::uniform3(field).prop_map(Some)];
    proptest::collection::vec((0..3_usize, fields).prop_map(|(resource, fields)| Look { resource, fields }), 1..24)
}

/// The same by going through all records there are, as one would at first.
fn open_cases<'t>(tracker: &'t Tracker, resource: &str) -> Vec<&'t Record> {
    let open = |record: &&Record| record.state() != State::Closed && record.finding().resource_ref == resource;
    tracker.records().filter(open).collect()
}

proptest! {
    #[test]
    fn after_every_look_what_is_open_is_what_was_last_seen(looks in looks()) {
        let mut ledger = Ledger::start("a".parse().unwrap());
        let mut stored = String::new();
        for (minutes, look) in (1..).zip(looks) {
            let at = sample::at(minutes);
            let mut report = look.report();
            for (number, finding) in report.findings.iter_mut().enumerate() {
                finding.finding_id = format!("drift-{minutes}-{number}");
            }
            let before = ledger.tracker().clone();
            for event in ledger.tracker().follow(&report, None, at) {
                // Nothing that the tracker says is refused.
                stored.push_str(ledger.append(&event, at).unwrap().stored());
            }
            let tracker = ledger.tracker();
            let resource = report.resource.to_string();
            let others = |tracker: &Tracker| {
                tracker.records().filter(|record| record.finding().resource_ref != resource).cloned().collect::<Vec<_>>()
            };
            prop_assert_eq!(others(&before), others(tracker), "a look at one resource says nothing of another");
            if look.fields.is_none() {
                prop_assert_eq!(&before, tracker, "what is unknown changes nothing");
                continue;
            }
            let open = open_cases(tracker, &resource);
            for finding in &report.findings {
                let cases = open.iter().filter(|record| record.finding().fingerprint == finding.fingerprint);
                let seen: Vec<_> = cases.map(|record| (record.seen(), record.finding().changes.clone())).collect();
                prop_assert_eq!(seen, vec![(at, finding.changes.clone())], "one case for each finding, as it is now");
            }
            for record in open.iter().filter(|record| record.seen() < at) {
                let drifting = |change: &Change| report.changes.iter().any(|now| now.path == change.path);
                prop_assert!(record.finding().changes.iter().any(drifting), "open, and nothing of it is left");
            }
            for record in tracker.records().filter(|record| record.state() == State::Closed) {
                prop_assert!(record.gone().is_some_and(Verification::sees_actual));
            }
            let again = tracker.follow(&report, None, at);
            prop_assert!(again.iter().all(|event| event.kind() == EventKind::Persisted), "{:?}", again);
        }
        if !stored.is_empty() {
            // Whoever starts again from what was stored goes on in the same way.
            let (resumed, _) = Ledger::resume(stored.as_bytes()).unwrap();
            prop_assert_eq!(resumed.tracker(), ledger.tracker());
        }
    }
}
