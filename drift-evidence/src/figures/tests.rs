//! The figures of one small fleet, whole, and what is not known of an empty one.

use std::collections::BTreeMap;

use drift_model::{DriftManagedUnit, Method, Timestamp, UnknownReason, Verdict};
use serde_json::Value;

use crate::figures::Burn;
use crate::sample::{self, at};
use crate::{Event, Figures, Look, Reading, Record, Summary};

/// A case that was closed and came back, one that nobody classified, looks of two detectors, a job that failed and exceptions.
pub(crate) fn fleet() -> Summary {
    let mut unclassified = sample::finding();
    unclassified.finding_id = "drift-20260703-000190".to_owned();
    unclassified.fingerprint = drift_model::Digest::of(b"another");
    unclassified.domain = "tenant-roles".to_owned();
    unclassified.drift_class = drift_model::DriftClass::Unclassified;
    unclassified.risk = drift_model::Risk::Medium;
    (unclassified.environment, unclassified.owner, unclassified.audit_correlation) = (None, None, None);
    unclassified.resource_ref = "aws_iam_role.deploy".to_owned();

    let records = [sample::record(11), Record::open(&unclassified, at(30))];
    let mut summary = Summary::of_records(&records);
    let mut look = |name: &str, unit: &str, verdict, minutes, changes: &[(&str, &str)]| {
        let mut report = sample::report(changes);
        report.resource = name.parse().unwrap();
        report.unit = Some(unit.to_owned());
        report.verdict = verdict;
        report.reason = (verdict == Verdict::Unknown).then_some(UnknownReason::InFlight);
        report.last_reconciliation = Some(at(minutes));
        summary.add_look(Look::of(&report, Some(Method::ScheduledPlan), at(minutes)).through("aws 6.2.0"));
    };
    let noise =
        [("/containers/[name=a]/image", "IGNORED"), ("/containers/[name=b]/image", "IGNORED"), ("/arn", "EQUIVALENT")];
    look("ConfigMap/prod/app", "checkout", Verdict::InSync, 50, &noise);
    look("ConfigMap/prod/app", "checkout", Verdict::Unknown, 70, &[]);
    look("ConfigMap/prod/flags", "checkout", Verdict::InSync, 70, &noise);
    look("aws_security_group.app_public", "payments", Verdict::Drifted, -6_000, &[("/a", "DRIFT")]);
    let failed = Event::DetectorFailed {
        resource: "ConfigMap/prod/app".parse().unwrap(),
        unit: None,
        method: Some(Method::GitopsDiff),
        reason: UnknownReason::Failed,
        detail: None,
    };
    summary.add_event(&failed, at(5));
    summary.add_exception("x-1", Some("platform-network"), at(1_000), at(0));
    summary.add_exception("x-2", Some("checkout-team"), at(61), at(0));
    summary
}

pub(crate) fn registry() -> BTreeMap<String, DriftManagedUnit> {
    let unit = |owner: &str| {
        let text = format!(
            r#"{{"type": "opentofu-stack", "owner": "{owner}", "environment": "prod", "riskTier": "critical",
                "source": {{"repo": "github.com/acme/infra-live"}}, "schedule": {{"frequency": "hourly"}}}}"#
        );
        drift_model::from_json(&text).unwrap()
    };
    let units = [("checkout", "checkout-team"), ("payments", "platform-network"), ("ledger", "platform-data")];
    units.into_iter().map(|(name, owner)| (name.to_owned(), unit(owner))).collect()
}

pub(crate) fn burn() -> Vec<Burn> {
    vec![Burn {
        budget: "public-ingress".to_owned(),
        limit: "maxOpen".to_owned(),
        state: "EXCEEDED".to_owned(),
        kept: 2,
        broken: 1,
        open: 0,
    }]
}

pub(crate) fn now() -> Timestamp {
    at(90)
}

#[test]
fn s0_21_the_figures_of_a_small_fleet_are_these() {
    let (units, burn) = (registry(), burn());
    let reading = Reading::at(now())
        .registry(&units)
        .budgets(&burn)
        .sync_interval("15m".parse().unwrap())
        .label("tenant-roles", drift_model::Domain::Identity);
    let figures = serde_json::to_value(Figures::read(&fleet(), &reading)).unwrap();
    let expected: Value = serde_json::from_str(include_str!("../../tests/data/figures.json")).unwrap();
    assert_eq!(figures, expected, "{}", serde_json::to_string_pretty(&figures).unwrap());
}

/// The table of the rustdoc names a figure for every line of the seeds' four views and measures: each is where it says, once the
/// summary and the reading were told all.
#[test]
fn s0_21_s1_7_every_figure_of_the_table_is_where_it_says() {
    let (units, burn) = (registry(), burn());
    let reading = Reading::at(now())
        .registry(&units)
        .budgets(&burn)
        .sync_interval("15m".parse().unwrap())
        .unverified_artifacts("workload-image");
    let figures = Figures::read(&fleet(), &reading);
    assert_eq!(figures.not_known, []);
    let figures = serde_json::to_value(figures).unwrap();
    let rows = include_str!("../figures.rs").lines().filter(|line| line.starts_with("/// | ") && line.contains('`'));
    let mut named = 0;
    for row in rows {
        let cell = row.split(" | ").nth(2).unwrap();
        for figure in cell.split('`').skip(1).step_by(2) {
            let path: Vec<&str> = figure.split('.').map(|member| member.trim_end_matches("[]")).collect();
            // What stands without its view is of the view that the row has named before.
            assert!(is_at(&figures, &path) || path.len() == 1 && is_within(&figures, path[0]), "{figure} of {row}");
            named += 1;
        }
    }
    assert!(named > 35, "{named}");
}

fn is_at(value: &Value, path: &[&str]) -> bool {
    match (path, value) {
        ([], _) => true,
        (_, Value::Array(items)) => items.iter().any(|item| is_at(item, path)),
        ([member, rest @ ..], _) => value.get(member).is_some_and(|value| is_at(value, rest)),
    }
}

fn is_within(value: &Value, member: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| is_within(item, member)),
        Value::Object(members) => {
            members.contains_key(member) || members.values().any(|value| is_within(value, member))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[test]
fn of_an_empty_summary_everything_is_not_known_and_nothing_is_zero() {
    let figures = serde_json::to_value(Figures::read(&Summary::default(), &Reading::at(now()))).unwrap();
    let expected: Value = serde_json::from_str(
        r#"{
            "at": "2026-07-03T11:52:31Z",
            "platform": {},
            "notKnown": [
                {"figure": "/executive", "because": "the summary was told of no records"},
                {"figure": "/platform/looks", "because": "the summary was told of no looks; a ledger does not say what was found clean"},
                {"figure": "/platform/staleUnits", "because": "the summary was told of no looks; a ledger does not say what was found clean"},
                {"figure": "/platform/failedJobs", "because": "the summary was told of no looks, and of no ledger's events"},
                {"figure": "/platform/failedBecause", "because": "the summary was told of no looks, and of no ledger's events"},
                {"figure": "/platform/lockContention", "because": "the summary was told of no looks, and of no ledger's events"},
                {"figure": "/platform/noisyProviders", "because": "no look names the version of its provider"},
                {"figure": "/platform/topIgnoredFields", "because": "the summary was told of no looks; a ledger does not say what was found clean"},
                {"figure": "/platform/longestUnresolved", "because": "the summary was told of no records"},
                {"figure": "/platform/autoHeal", "because": "the summary was told of no records"},
                {"figure": "/services", "because": "the summary was told of no records"},
                {"figure": "/exceptions", "because": "the summary was told of no exceptions"},
                {"figure": "/security", "because": "the summary was told of no records"},
                {"figure": "/measures", "because": "the summary was told of no records"},
                {"figure": "/evidence", "because": "the summary was told of no records"}
            ]
        }"#,
    )
    .unwrap();
    assert_eq!(figures, expected);
    // A ledger without records is known to have none.
    let told = Figures::read(&Summary::of_records([]), &Reading::at(now()));
    assert_eq!(told.executive.unwrap().open_critical, 0);
}

/// Two ledgers opened a case each for the same drift; one was closed since, the other says it was there before that.
#[test]
fn what_two_ledgers_tell_of_one_drift_is_one_finding() {
    let mut other = sample::finding();
    other.finding_id = "drift-20260703-000999".to_owned();
    let other = Record::open(&other, at(2));
    let open = |count: usize| {
        let summary = Summary::of(&sample::record(count)).merge(Summary::of(&other));
        let figures = Figures::read(&summary, &Reading::at(now()));
        let executive = figures.executive.unwrap();
        (executive.open, executive.time_to_reconcile.count, executive.time_to_reconcile.not_known)
    };
    assert_eq!(open(1), (1, 0, 1));
    assert_eq!(open(8), (0, 1, 0), "a later look shows it gone");
    assert_eq!(open(9), (1, 1, 1), "and then it was there again");
}

#[test]
fn a_failed_run_turns_no_resource_green_and_a_look_of_no_unit_is_of_each() {
    let mut summary = Summary::default();
    let mut look = |unit: Option<&str>, verdict, minutes| {
        let mut report = sample::report(&[]);
        report.unit = unit.map(str::to_owned);
        report.verdict = verdict;
        summary.add_report(&report, None, at(minutes));
    };
    look(Some("a"), Verdict::InSync, 1);
    look(Some("b"), Verdict::InSync, 9);
    look(None, Verdict::Unknown, 5);
    let looks = Figures::read(&summary, &Reading::at(now())).platform.looks.unwrap();
    assert_eq!((looks.resources, looks.in_sync, looks.unknown), (2, 1, 1));
}
