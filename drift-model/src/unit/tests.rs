use serde_json::{Value, json};

use super::*;

/// The unit of the seeds (S0.22), letter by letter.
fn seed() -> Value {
    json!({
        "type": "opentofu-stack", "owner": "platform-network", "environment": "prod", "riskTier": "critical",
        "source": {"repo": "github.com/acme/infra-live", "path": "prod/eu-west-1/payments/network"},
        "state": {"backend": "s3", "key": "prod/eu-west-1/payments/network.tfstate"},
        "credentials": {"oidcRole": "arn:aws:iam::123456789012:role/iac-drift-payments-network"},
        "schedule": {"frequency": "hourly"},
        "policies": {"autoHeal": false, "requireIncidentForManualChange": true},
        "evidence": {"retention": "7y"},
    })
}

fn unit(changes: &[(&str, Value)]) -> DriftManagedUnit {
    let mut value = seed();
    for (pointer, changed) in changes {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        value.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), changed.clone());
    }
    crate::from_value(value).unwrap()
}

fn codes(problems: &[UnitProblem]) -> Vec<(&str, &str)> {
    problems.iter().map(|problem| (problem.code, problem.pointer)).collect()
}

#[test]
fn the_unit_of_the_seeds_reads_as_it_stands() {
    let read = unit(&[]);
    assert_eq!(read.validate(), []);
    assert_eq!(read.risk(), Some(Risk::Critical));
    let mut expected = seed();
    expected["evidence"]["retention"] = json!("2555d");
    assert_eq!(serde_json::to_value(&read).unwrap(), expected);
    assert_eq!(read.facts().owner.known().map(String::as_str), Some("platform-network"));
}

#[test]
fn a_unit_without_a_required_field_or_with_an_unknown_one_is_refused() {
    for field in ["type", "owner", "environment", "riskTier", "source", "schedule"] {
        let mut value = seed();
        value.as_object_mut().unwrap().remove(field);
        let error = crate::from_value::<DriftManagedUnit>(value).unwrap_err().to_string();
        assert!(error.contains(&format!("missing field `{field}`")), "{error}");
    }
    for field in ["state", "credentials", "policies", "evidence"] {
        let mut value = seed();
        value.as_object_mut().unwrap().remove(field);
        assert!(crate::from_value::<DriftManagedUnit>(value).is_ok(), "{field} is optional");
    }
    for parent in ["", "/source", "/state", "/credentials", "/schedule", "/policies", "/evidence"] {
        let mut value = seed();
        value.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert("extra".into(), json!(1));
        assert!(crate::from_value::<DriftManagedUnit>(value).is_err(), "{parent}");
    }
}

#[test]
fn all_problems_are_found_at_once() {
    let broken = unit(&[
        ("/owner", json!(" ")),
        ("/source/repo", json!("")),
        ("/credentials/oidcRole", json!("arn:aws:iam::123456789012:role/drift-*-Admin")),
        ("/schedule/frequency", json!("2d")),
        ("/schedule/staleAfter", json!("1d")),
        ("/schedule/lockTimeout", json!("2d")),
        ("/policies/autoHeal", json!(true)),
        ("/evidence/retention", json!("0s")),
    ]);
    assert_eq!(
        codes(&broken.validate()),
        [
            ("empty-text", "/owner"),
            ("empty-text", "/source/repo"),
            ("wildcard-role", "/credentials/oidcRole"),
            ("powerful-role", "/credentials/oidcRole"),
            ("slow-schedule", "/schedule/frequency"),
            ("stale-too-soon", "/schedule/staleAfter"),
            ("lock-too-long", "/schedule/lockTimeout"),
            ("critical-auto-heal", "/policies/autoHeal"),
            ("zero-duration", "/evidence/retention"),
        ]
    );
}

#[test]
fn a_problem_says_where_what_and_what_now() {
    let weekly = unit(&[("/schedule/frequency", json!("weekly"))]);
    assert_eq!(
        weekly.validate().first().unwrap().to_string(),
        "warning[slow-schedule] /schedule/frequency: every 7d is seldom for a unit of tier `critical`\n  \
         help: look at it every 1d at least, or register it with a lower tier"
    );
}

#[test]
fn what_a_tier_allows_follows_its_risk_in_any_case() {
    for (tier, frequency, slow) in [
        ("critical", "daily", false),
        ("CRITICAL", "25h", true),
        ("High", "weekly", false),
        ("high", "8d", true),
        ("low", "52w", false),
        ("tier-1", "52w", false),
    ] {
        let unit = unit(&[("/riskTier", json!(tier)), ("/schedule/frequency", json!(frequency))]);
        assert_eq!(unit.validate().iter().any(|problem| problem.code == "slow-schedule"), slow, "{tier} {frequency}");
    }
}

#[test]
fn one_global_role_is_flagged_on_every_unit_that_it_reads() {
    let network = unit(&[]);
    let apps = unit(&[("/owner", json!("apps")), ("/state/key", json!("apps.tfstate"))]);
    let own = unit(&[("/credentials/oidcRole", json!("arn:aws:iam::1:role/drift-own")), ("/state/key", json!("own"))]);
    let found = DriftManagedUnit::validate_all(&[&network, &own, &apps]);
    let told: Vec<_> = found.iter().map(|(index, problem)| (*index, problem.code, problem.warning)).collect();
    assert_eq!(told, [(0, "global-role", false), (2, "global-role", false)]);

    let sibling = unit(&[("/state/key", json!("sibling.tfstate"))]);
    let found = DriftManagedUnit::validate_all(&[&network, &sibling]);
    let told: Vec<_> = found.iter().map(|(index, problem)| (*index, problem.code, problem.warning)).collect();
    assert_eq!(told, [(0, "shared-role", true), (1, "shared-role", true)]);
}

#[test]
fn two_units_on_one_record_wait_for_each_other() {
    let other = unit(&[("/credentials/oidcRole", json!("arn:aws:iam::1:role/drift-other"))]);
    let found = DriftManagedUnit::validate_all(&[&unit(&[]), &other]);
    let told: Vec<_> = found.iter().map(|(index, problem)| (*index, problem.code)).collect();
    assert_eq!(told, [(0, "shared-record"), (1, "shared-record")]);
    assert_eq!(DriftManagedUnit::validate_all(&[&unit(&[])]), []);
}

#[test]
fn law_3_no_result_is_not_no_drift_a_silent_detector_is_stale() {
    let unit = unit(&[]);
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let now = at("2026-07-03T12:00:00Z");
    for (last, fresh) in [
        (Some(at("2026-07-03T11:30:00Z")), Freshness::Fresh),
        (Some(at("2026-07-03T10:00:00Z")), Freshness::Fresh),
        (Some(at("2026-07-03T09:59:59Z")), Freshness::Stale),
        (Some(at("2026-07-03T14:00:01Z")), Freshness::Stale),
        (None, Freshness::Stale),
    ] {
        assert_eq!(unit.freshness(last, now), fresh, "{last:?}");
    }
}

#[test]
fn a_frequency_is_a_word_or_a_duration() {
    for (text, seconds) in [("hourly", 3_600), ("daily", 86_400), ("weekly", 604_800), ("15m", 900), ("24h", 86_400)] {
        let frequency: Frequency = text.parse().unwrap();
        assert_eq!(frequency.span().seconds(), seconds, "{text}");
        assert_eq!(frequency.to_string().parse(), Ok(frequency), "{text}");
    }
    for text in ["", "Hourly", "monthly", "1.5h", "*/5 * * * *"] {
        let error = text.parse::<Frequency>().unwrap_err().to_string();
        assert!(error.contains("`hourly`, `daily`, `weekly`"), "{error}");
    }
}
