//! The built-in incident, decided by the shipped policy.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::ffi::OsString;

use drift_examples::assess::{self, Exit};
use drift_examples::console::{Streams, Surroundings};
use drift_model::{AssessmentReport, Change, Disposition, DriftClass, Existence, Finding, UnknownReason, Verdict};

fn print(arguments: &[&str]) -> String {
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let mut streams = Streams { input: &mut std::io::empty(), output: &mut output, errors: &mut errors };
    let surroundings = Surroundings {
        now: "2030-01-01".parse().unwrap(),
        colour: false,
        width: 100,
        terminal: false,
        progress: false,
    };
    let arguments = std::iter::once("assess").chain(arguments.iter().copied()).map(OsString::from);
    assert_eq!(assess::run(arguments, &mut streams, &surroundings), Exit::Fine);
    assert_eq!(String::from_utf8(errors).unwrap(), "");
    String::from_utf8(output).unwrap()
}

fn answers() -> BTreeMap<String, AssessmentReport> {
    let read = |line| serde_json::from_str::<AssessmentReport>(line).unwrap();
    print(&["--format", "jsonl"]).lines().map(read).map(|report| (report.id.clone(), report)).collect()
}

/// The findings of drift: those of what is excused are left aside.
fn drift(report: &AssessmentReport) -> Vec<&Finding> {
    report.findings.iter().filter(|finding| finding.changes.iter().any(Change::is_drift)).collect()
}

fn disposition(report: &AssessmentReport, path: &str) -> Disposition {
    report.changes.iter().find(|change| change.path.to_string() == path).unwrap().disposition
}

#[test]
fn the_page_of_the_incident() {
    let page = print(&[]);
    assert!(page.lines().count() <= 50, "more than a screen:\n{page}");
    insta::assert_snapshot!(page);
    assert!(include_str!("../../README.md").contains(&page), "the README shows another page:\n{page}");
}

#[test]
fn the_edited_config_map_is_found_though_the_dashboards_are_green() {
    let report = &answers()["configmap-payments-tuning"];
    assert_eq!((report.verdict, report.existence), (Verdict::Drifted, Existence::Unmanaged));
    let [finding] = drift(report).try_into().unwrap();
    assert_eq!(finding.audit_correlation.as_ref().unwrap().actor, "lena@shop.example");
    assert!(print(&[]).contains("the dashboards are green: SYNCED and HEALTHY"));
}

#[test]
fn of_the_deployment_the_image_alone_is_drift() {
    let report = &answers()["deployment-checkout"];
    let image = "/spec/template/spec/containers/[name=app]/image";
    let drifted: Vec<String> =
        report.changes.iter().filter(|change| change.is_drift()).map(|change| change.path.to_string()).collect();
    assert_eq!(drifted, [image]);
    assert_eq!(disposition(report, "/spec/replicas"), Disposition::OwnedBy);
    assert_eq!(disposition(report, "/spec/template/spec/containers/[name=istio-proxy]"), Disposition::OwnedBy);
    let cpu = "/spec/template/spec/containers/[name=app]/resources/requests/cpu";
    assert_eq!(disposition(report, cpu), Disposition::Equivalent);
    let [finding] = drift(report).try_into().unwrap();
    assert_eq!(finding.drift_class, DriftClass::UnauthorizedRuntimeDrift);
    assert!(!finding.auto_heal_allowed);
}

#[test]
fn the_port_that_was_opened_in_an_emergency_is_emergency_drift() {
    let report = &answers()["sg-checkout-public"];
    let [finding] = drift(report).try_into().unwrap();
    assert_eq!((finding.drift_class, finding.domain.as_str()), (DriftClass::EmergencyDrift, "cloud-network"));
    assert!(!finding.auto_heal_allowed);
}

#[test]
fn the_widened_iam_policy_is_never_healed_by_a_machine() {
    let report = &answers()["iam-payments-export"];
    let [finding] = drift(report).try_into().unwrap();
    assert_eq!(finding.domain, "iam");
    assert!(!finding.auto_heal_allowed && finding.audit_correlation.is_none());
}

#[test]
fn law_3_no_result_is_not_no_drift_what_nobody_could_read_is_unknown() {
    let answers = answers();
    for (id, reason) in [("deployment-search", UnknownReason::Failed), ("db-parameters", UnknownReason::NotRefreshed)] {
        assert_eq!((answers[id].verdict, answers[id].reason), (Verdict::Unknown, Some(reason)), "{id}");
    }
}

#[test]
fn what_git_has_not_applied_yet_is_pending_and_what_is_equal_is_in_sync() {
    let answers = answers();
    assert_eq!(answers["service-checkout"].verdict, Verdict::Pending);
    assert_eq!(answers["configmap-catalog"].verdict, Verdict::InSync);
}
