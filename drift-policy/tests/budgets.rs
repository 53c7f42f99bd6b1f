//! Budgets: the rows of the seeds as documents, and what a history makes of them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "numbers and lists of tests are small")]
#![allow(clippy::needless_pass_by_value, reason = "`json!` makes values to give away")]

use drift_model::{AuditCorrelation, Digest, DriftClass, Finding, Risk, Timestamp};
use drift_policy::{Authored, BudgetState, Diagnostics, Episode, Policy, Tree};
use proptest::prelude::*;
use serde_json::{Value, json};

const START: i64 = 1_783_000_000;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_unix_seconds(START + minutes * 60).unwrap()
}

fn budget(name: &str, spec: Value) -> Authored {
    let content =
        json!({"apiVersion": "drift.example/v1", "kind": "DriftBudget", "metadata": {"name": name}, "spec": spec});
    Authored::new(format!("{name}.yaml"), content.into())
}

fn policy(specs: &[(&str, Value)]) -> Policy {
    let documents = specs.iter().map(|(name, spec)| budget(name, spec.clone())).collect();
    let (policy, warnings) = Policy::read(documents).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(warnings, Diagnostics::default());
    policy
}

fn said(spec: Value) -> String {
    match Policy::read(vec![budget("budget", spec)]) {
        Ok((_, warnings)) => warnings.to_string(),
        Err(problems) => problems.to_string(),
    }
}

fn finding(class: DriftClass, risk: Risk, domain: &str, detected: Option<i64>) -> Finding {
    let prints = (Digest::of(b"finding"), Digest::of(b"cause"));
    let mut finding = Finding::new("drift-1".into(), "aws_iam_role.deploy".into(), (class, risk), prints);
    domain.clone_into(&mut finding.domain);
    finding.environment = Some("prod".into());
    finding.detected_at = detected.map(at);
    finding
}

/// The rows of seeds S0.10 and the objectives of S0.10.1.
fn of_the_seeds() -> Vec<(&'static str, Value)> {
    vec![
        (
            "iam-classified",
            json!({"match": {"domain": "iam", "environment": "prod*", "class": "UNCLASSIFIED",
                                            "risk": ["HIGH", "CRITICAL"]}, "maxOpen": 0}),
        ),
        ("iam-detected", json!({"match": {"domain": "iam", "environment": "prod*"}, "detectWithin": "15m"})),
        (
            "ingress",
            json!({"domain": "NETWORK", "match": {"class": "UNAUTHORIZED_RUNTIME_DRIFT"}, "maxOpen": 0,
                           "detectWithin": "1m"}),
        ),
        ("metadata", json!({"domain": "metadata", "reconcileWithin": "10m"})),
        (
            "non-prod-cost",
            json!({"match": {"domain": "COST", "environment": "{dev,staging}"}, "detectWithin": "1d",
                                 "reconcileWithin": "7d"}),
        ),
        (
            "legacy-policy",
            json!({"match": {"class": "POLICY_DRIFT"}, "maxAge": "30d",
                                 "because": "a migration is planned work"}),
        ),
        ("image-digests", json!({"domain": "workload-image", "match": {"environment": "prod*"}, "maxOpen": 0})),
        ("secret-sync", json!({"match": {"class": "SECRET_DELIVERY_DRIFT"}, "maxAge": "5m"})),
        (
            "gitops-converges",
            json!({"match": {"class": "PENDING_CHANGE", "environment": "prod*"},
                                    "reconcileWithin": "5m", "objective": "99%", "window": "30d"}),
        ),
        (
            "iam-within-30m",
            json!({"match": {"domain": "iam", "risk": "CRITICAL"}, "classifyWithin": "30m",
                                  "objective": "100%"}),
        ),
        (
            "settled-in-a-week",
            json!({"match": {"risk": ["INFO", "LOW", "MEDIUM", "HIGH"]}, "reconcileWithin": "7d",
                                     "objective": "95%", "window": "90d"}),
        ),
    ]
}

#[test]
fn s0_10_every_budget_and_objective_of_the_seeds_can_be_written() {
    let policy = policy(&of_the_seeds());
    assert_eq!(policy.budgets().len(), 11);
    assert_ne!(policy.digest(), Policy::shipped().digest(), "budgets are part of the policy");
    let again =
        policy.documents().iter().map(|line| Authored::new("again", serde_json::from_str::<Tree>(line).unwrap()));
    let (again, _) = Policy::read(again.collect()).unwrap();
    assert_eq!((again.documents(), again.digest()), (policy.documents(), policy.digest()));
    // Nothing was found, and everything was seen.
    assert!(policy.measure(&[], 0, at(0)).iter().all(|report| report.state == BudgetState::Within));
}

#[test]
fn s0_10_a_history_is_held_against_each_of_them_with_the_numbers() {
    let policy = policy(&of_the_seeds());
    let mut widened = finding(DriftClass::UnauthorizedRuntimeDrift, Risk::Critical, "iam", Some(20));
    let mut correlation: AuditCorrelation = serde_json::from_value(json!({"actor": "ana@example.com"})).unwrap();
    correlation.event_time = Some(at(0));
    widened.audit_correlation = Some(correlation);
    let nobody = finding(DriftClass::Unclassified, Risk::High, "iam", Some(30));
    let pending: Vec<Finding> =
        (0..20).map(|_| finding(DriftClass::PendingChange, Risk::Info, "workload", Some(0))).collect();
    let mut history: Vec<Episode<'_>> = pending.iter().map(|finding| Episode::open(finding).settled(at(4))).collect();
    history.pop();
    history.push(Episode::open(&pending[19]).settled(at(6)));
    history.push(Episode::open(&widened).settled(at(50)));
    history.push(Episode::open(&nobody));
    let lines: Vec<String> = policy.measure(&history, 0, at(40)).iter().map(ToString::to_string).collect();
    assert_eq!(
        lines.join("\n"),
        "\
EXCEEDED gitops-converges
  EXCEEDED reconcileWithin 5m for 99%: 19 kept, 1 broken
EXCEEDED iam-classified
  EXCEEDED maxOpen 0: 1 open
EXCEEDED iam-detected
  EXCEEDED detectWithin 15m: 0 kept, 1 broken, 1 unknown
WITHIN iam-within-30m
  WITHIN classifyWithin 30m: 1 kept, 0 broken
WITHIN image-digests
  WITHIN maxOpen 0: 0 open
WITHIN ingress
  WITHIN maxOpen 0: 0 open
  WITHIN detectWithin 1m: 0 kept, 0 broken
WITHIN legacy-policy
  WITHIN maxAge 30d: 0 kept, 0 broken
WITHIN metadata
  WITHIN reconcileWithin 10m: 0 kept, 0 broken
WITHIN non-prod-cost
  WITHIN detectWithin 1d: 0 kept, 0 broken
  WITHIN reconcileWithin 7d: 0 kept, 0 broken
WITHIN secret-sync
  WITHIN maxAge 5m: 0 kept, 0 broken
WITHIN settled-in-a-week
  WITHIN reconcileWithin 7d for 95%: 20 kept, 0 broken, 1 pending"
    );
}

#[test]
fn law_3_no_result_is_not_no_drift_what_was_not_seen_is_within_no_budget() {
    let policy = policy(&[("iam", json!({"domain": "iam", "maxOpen": 0, "maxAge": "1h"}))]);
    let [report] = policy.measure(&[], 1, at(0)).try_into().unwrap();
    let expected =
        "UNKNOWN iam (1 resource not seen)\n  UNKNOWN maxOpen 0: 0 open\n  UNKNOWN maxAge 1h: 0 kept, 0 broken";
    assert_eq!(report.to_string(), expected);
    let expected = json!({
        "budget": "iam", "state": "UNKNOWN", "unseen": 1,
        "limits": [
            {"limit": "maxOpen", "allows": "0", "objective": "100%", "state": "UNKNOWN", "kept": 0, "broken": 0,
             "pending": 0, "unknown": 0},
            {"limit": "maxAge", "allows": "1h", "objective": "100%", "state": "UNKNOWN", "kept": 0, "broken": 0,
             "pending": 0, "unknown": 0}],
    });
    assert_eq!(serde_json::to_value(&report).unwrap(), expected);
    // What is exceeded is exceeded, whatever else was not seen.
    let open = finding(DriftClass::StateDrift, Risk::Low, "iam", Some(0));
    assert_eq!(policy.measure(&[Episode::open(&open)], 9, at(0))[0].state, BudgetState::Exceeded);
}

#[test]
fn law_3_a_finding_that_a_budget_may_be_about_leaves_it_unknown() {
    let policy = policy(&[("gold", json!({"match": {"customerTier": "gold"}, "maxOpen": 0}))]);
    let open = finding(DriftClass::StateDrift, Risk::Low, "state", Some(0));
    let state = |episode: Episode<'_>| policy.measure(&[episode], 0, at(0))[0].state;
    assert_eq!(state(Episode::open(&open)), BudgetState::Unknown);
    let gold = serde_json::from_value(json!({"customerTier": "gold"})).unwrap();
    assert_eq!(state(Episode::open(&open).knowing(&gold)), BudgetState::Exceeded);
    let free = serde_json::from_value(json!({"customerTier": "free"})).unwrap();
    assert_eq!(state(Episode::open(&open).knowing(&free)), BudgetState::Within);
    // A path belongs to a change, and not to a finding.
    let path = policy_of_path();
    assert_eq!(path.measure(&[Episode::open(&open)], 0, at(0))[0].state, BudgetState::Unknown);
}

fn policy_of_path() -> Policy {
    policy(&[("path", json!({"match": {"path": ["/spec/replicas"]}, "maxOpen": 0}))])
}

#[test]
fn a_window_leaves_out_what_was_settled_before_it() {
    let policy = policy(&[("week", json!({"domain": "state", "reconcileWithin": "1h", "window": "1d"}))]);
    let late = finding(DriftClass::StateDrift, Risk::Low, "state", Some(0));
    let settled = Episode::open(&late).settled(at(120));
    let state = |now: i64| policy.measure(&[settled], 0, at(now))[0].state;
    assert_eq!(
        (state(180), state(120 + 24 * 60), state(121 + 24 * 60)),
        (BudgetState::Exceeded, BudgetState::Exceeded, BudgetState::Within)
    );
    // What is still open counts, however old it is.
    assert_eq!(policy.measure(&[Episode::open(&late)], 0, at(100_000))[0].state, BudgetState::Exceeded);
}

#[test]
fn everything_that_is_wrong_with_a_budget_is_said_at_once() {
    let found = said(json!({"domain": "iamm", "match": {"domain": ["iam"], "enviroment": "prod"}, "maxOpen": -1,
                            "maxAge": "soon", "objective": "all", "windw": "7d"}));
    let mut lines: Vec<&str> = found.lines().filter(|line| !line.starts_with("  help")).collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "error[bad-duration] budget /spec/maxAge: bad duration `soon`",
            "error[bad-share] budget /spec/objective: bad share `all`",
            "error[duplicate-column] budget /spec/domain: `domain` is asked twice",
            "error[out-of-range] budget /spec/maxOpen: the number `-1` is out of range",
            "error[unknown-field] budget /spec/windw: unknown field `windw`",
            "error[unknown-word] budget /spec/domain: unknown label `iamm`",
        ]
    );
    assert_eq!(
        said(json!({"because": "b"})),
        "error[missing-field] budget /spec: the budget does not say what it is about\n  help: add `domain` or `match`\n\
         error[missing-field] budget /spec: the budget has no limit\n  help: add one of `maxOpen`, `maxAge`, \
         `detectWithin`, `classifyWithin`, `reconcileWithin`"
    );
    assert_eq!(
        said(json!({"match": {"freeze": ["ON", "OFFF"]}, "maxOpen": 1})),
        "error[unknown-value] budget /spec/match/freeze/1: unknown freeze `OFFF`; did you mean `OFF`?\n  \
         help: use a word of this column"
    );
}

/// An episode in small numbers: when it was detected and settled, if known, and whether the budget is about it.
type Small = (Option<i64>, Option<i64>, Option<bool>);

fn state_of(episodes: &[Small], limit: &str, now: i64) -> BudgetState {
    let policy = policy(&[(
        "b",
        json!({"match": {"customerTier": "gold"}, limit: "10m",
                                       "objective": if limit == "maxAge" { "100%" } else { "60%" }}),
    )]);
    let facts = |about: &Option<bool>| {
        let tier = about.map(|about| if about { "gold" } else { "free" });
        serde_json::from_value(json!({ "customerTier": tier })).unwrap()
    };
    let findings: Vec<Finding> = episodes
        .iter()
        .map(|(detected, _, _)| finding(DriftClass::StateDrift, Risk::Low, "state", *detected))
        .collect();
    let facts: Vec<_> = episodes.iter().map(|(_, _, about)| facts(about)).collect();
    let history: Vec<Episode<'_>> = episodes
        .iter()
        .zip(&findings)
        .zip(&facts)
        .map(|(((_, settled, _), finding), facts)| {
            let episode = Episode::open(finding).knowing(facts);
            settled.map_or(episode, |settled| episode.settled(at(settled)))
        })
        .collect();
    policy.measure(&history, 0, at(now))[0].state
}

/// Every way in which what is not known may be: WITHIN if all of them are, EXCEEDED if all of them are not.
fn naively(episodes: &[Small], limit: &str, now: i64) -> BudgetState {
    let mut worlds: Vec<(usize, usize)> = vec![(0, 0)];
    for (detected, settled, about) in episodes {
        let ended = settled.filter(|settled| *settled <= now);
        // Kept, broken, or not told yet.
        let outcomes: Vec<Option<bool>> = match (limit, detected, ended) {
            ("maxAge", _, Some(_)) => vec![Some(true)],
            (_, None, _) => vec![Some(true), Some(false)],
            (_, Some(detected), Some(end)) => vec![Some((end - detected).max(0) <= 10)],
            (_, Some(detected), None) if now - detected > 10 => vec![Some(false)],
            (_, Some(_), None) => vec![None],
        };
        let meant: Vec<bool> = about.map_or(vec![true, false], |about| vec![about]);
        let mut next = Vec::new();
        for (kept, broken) in worlds {
            for meant in &meant {
                for outcome in &outcomes {
                    next.push(match outcome {
                        Some(true) if *meant => (kept + 1, broken),
                        Some(false) if *meant => (kept, broken + 1),
                        Some(_) | None => (kept, broken),
                    });
                }
            }
        }
        worlds = next;
    }
    let share = if limit == "maxAge" { 100 } else { 60 };
    let exceeded = |(kept, broken): &(usize, usize)| broken * 100 > (100 - share) * (kept + broken);
    match (worlds.iter().all(exceeded), worlds.iter().any(exceeded)) {
        (true, _) => BudgetState::Exceeded,
        (false, true) => BudgetState::Unknown,
        (false, false) => BudgetState::Within,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_budget_stands_as_in_every_way_that_the_unknown_may_be(
        episodes in proptest::collection::vec(
            (proptest::option::weighted(0.8, 0..30_i64), proptest::option::of(0..60_i64), proptest::option::weighted(0.8, any::<bool>())),
            0..5,
        ),
        limit in proptest::sample::select(vec!["reconcileWithin", "maxAge"]),
        forget in any::<proptest::sample::Index>(),
    ) {
        let before = state_of(&episodes, limit, 40);
        prop_assert_eq!(before, naively(&episodes, limit, 40));
        if !episodes.is_empty() {
            let mut forgotten = episodes.clone();
            let index = forget.index(forgotten.len());
            forgotten[index].0 = None;
            forgotten[index].2 = None;
            let after = state_of(&forgotten, limit, 40);
            prop_assert!(after == before || after == BudgetState::Unknown, "{before} became {after}");
        }
    }
}
