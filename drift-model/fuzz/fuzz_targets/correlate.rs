//! Signals and an observation: the same facts in any order, and no fact that cannot be written and read.
//!
//! The input is `{"observation", "kubernetes": log, "cloudtrail": log, "statuses": [{"at", "facts"}]}`.
#![no_main]

mod common;

use std::sync::LazyLock;

use drift_model::source::{cloudtrail, kubernetes_audit};
use drift_model::{
    ChangeNotice, Facts, IncidentNotice, Observation, Register, RegisterCoverage, Report, Scope, Signal, Windows,
    candidates, correlate, from_value,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

static KUBERNETES: LazyLock<kubernetes_audit::Reader> = LazyLock::new(kubernetes_audit::Reader::new);
static CLOUDTRAIL: LazyLock<cloudtrail::Reader> = LazyLock::new(cloudtrail::Reader::new);

/// What the facts of a status say, as its reports.
fn reports(facts: &Facts) -> Vec<Report> {
    let mut reports = Vec::new();
    reports.extend(facts.sync.known().copied().map(Report::Sync));
    reports.extend(facts.health.known().copied().map(Report::Health));
    reports.extend(facts.source.known().cloned().map(Report::Source));
    reports.extend(facts.reconcile.known().cloned().map(Report::Reconcile));
    reports.extend(facts.suspended.known().cloned().map(Report::Suspended));
    reports.extend(facts.violations.known().cloned().map(Report::Violations));
    reports.extend(facts.secret_sync.known().cloned().map(Report::SecretSync));
    reports.extend(facts.last_upgrade.known().cloned().map(Report::Upgrade));
    reports.extend(facts.exception.known().cloned().map(Report::Exception));
    if let Some((id, at)) = facts.incident.known().and_then(|it| it.id.clone()).zip(facts.last_applied_at.known()) {
        reports.push(Report::Incident(IncidentNotice::open(id, *at)));
    }
    if let Some((id, at)) = facts.change_record.known().and_then(|it| it.id.clone()).zip(facts.last_applied_at.known())
    {
        reports.push(Report::Change(ChangeNotice::merged(id, *at)));
    }
    let complete = |register| Report::Coverage(RegisterCoverage::complete(register));
    reports.extend(facts.log_coverage.known().map(|_| complete(Register::AuditLog)));
    reports.extend(facts.freeze.known().map(|_| complete(Register::Incidents)));
    reports.extend(facts.cost.known().map(|_| complete(Register::ChangeRecords)));
    reports
}

fuzz_target!(|text: &str| {
    let Ok(input) = serde_json::from_str::<Value>(text) else { return };
    let part = |name: &str| input.get(name).unwrap_or(&Value::Null);
    let Ok(observation) = Observation::from_json(&part("observation").to_string()) else { return };
    let mut signals: Vec<Signal> =
        KUBERNETES.read_document(part("kubernetes")).events.into_iter().map(Signal::from).collect();
    let mut records = CLOUDTRAIL.read_document(part("cloudtrail")).events;
    cloudtrail::chain(&mut records);
    signals.extend(records.into_iter().map(|record| Signal::from(record.event)));
    for status in part("statuses").as_array().into_iter().flatten() {
        let Ok(facts) = from_value::<Facts>(status.get("facts").cloned().unwrap_or_default()) else { continue };
        let at = status.get("at").and_then(Value::as_str).and_then(|at| at.parse().ok());
        let scope = || match status.get("unit").and_then(Value::as_str) {
            Some(unit) => Scope::unit(unit),
            None => Scope::of([observation.resource.clone()]),
        };
        signals.extend(reports(&facts).into_iter().map(|report| match at {
            Some(at) => Signal::new(at, scope(), report),
            None => Signal::timeless(scope(), report),
        }));
    }
    let windows = Windows::default();
    let found = correlate(&observation, &signals, &windows);
    common::facts(&found);
    let named = candidates(&observation, &signals, &windows);
    signals.reverse();
    assert_eq!(correlate(&observation, &signals, &windows), found);
    assert_eq!(candidates(&observation, &signals, &windows), named);
    // Nobody is named who is not in a log.
    if signals.is_empty() {
        assert!(named.is_empty() && found.actors.is_unknown());
    }
});
