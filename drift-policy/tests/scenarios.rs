//! Policies that are tested: `DriftPolicyTest` documents, failed expectations as a diff, coverage, and made-up cases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![allow(clippy::indexing_slicing, clippy::needless_pass_by_value, reason = "`json!` makes values to give away")]

use drift_diff::Rules;
use drift_model::{Action, DriftClass, Method, Recommend, ResourceRef, Risk, Verdict};
use drift_policy::testing::{self, Expectation, Given, Scenario};
use drift_policy::{Authored, Contract, Diagnostics, Engine, Policy, Tree};
use proptest::prelude::*;
use serde_json::{Value, json};

fn document(kind: &str, name: &str, spec: Value) -> Authored {
    let content = json!({"apiVersion": "drift.example/v1", "kind": kind, "metadata": {"name": name}, "spec": spec});
    Authored::new(format!("{name}.yaml"), content.into())
}

fn engine(documents: Vec<Authored>) -> Engine {
    let (policy, warnings) = Policy::read(documents).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(warnings, Diagnostics::default());
    let contract = Contract::new()
        .owner("platform")
        .source_of_truth("git://shop/infra")
        .observed_by([Method::GitopsDiff])
        .diffed_by(Rules::default())
        .decided_by(policy)
        .may(Action::ALL.iter().copied())
        .evidence_in("s3://evidence/drift");
    Engine::compile(contract).unwrap()
}

fn tests(cases: Value) -> Authored {
    document("DriftPolicyTest", "shop-tests", json!({"cases": cases}))
}

/// A small decision table, with room for what scenarios do not try.
fn decisions() -> Authored {
    let decide = |recommend: &str| json!({"recommend": recommend, "autoHeal": "DENY"});
    let rules = json!([
        {"id": "iam-never-alone", "when": {"domain": ["iam", "cluster-rbac"], "environment": ["prod*"]},
         "decide": decide("INCIDENT_AND_REVERT"), "because": "identity changes keep their forensic context"},
        {"id": "emergency", "when": {"class": ["EMERGENCY_DRIFT"]}, "decide": decide("OPEN_RECONCILIATION_PR"),
         "because": "after the incident"},
        {"id": "otherwise", "when": {}, "decide": decide("INCIDENT"), "because": "somebody should look"},
    ]);
    document("ReconciliationPolicy", "shop", json!({"rules": rules, "onUnknown": decide("INCIDENT")}))
}

fn by_hand(environment: &str) -> Value {
    json!({"environment": environment, "actors": [{"kind": "HUMAN", "id": "ana@example.com"}], "incident": "NONE",
           "changeRecord": "NONE"})
}

#[test]
fn a_document_of_tests_runs_and_what_fails_is_a_diff() {
    let role =
        json!({"system": "KUBERNETES", "group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"});
    let observation = json!({
        "id": "obs", "observedAt": "2026-07-03T10:22:31Z",
        "resource": {"system": "KUBERNETES", "group": "apps", "version": "v1", "kind": "Deployment", "namespace": "prod", "name": "web"},
        "planes": {"desired": {"status": "PRESENT", "document": {"spec": {"paused": false}}},
                   "actual": {"status": "PRESENT", "document": {"spec": {"paused": true}}}},
    });
    let cases = json!([
        {"name": "a widened role is an incident",
         "given": {"resource": role, "changes": [{"path": "/rules"}], "facts": by_hand("prod")},
         "expect": {"verdict": "DRIFTED", "class": "UNAUTHORIZED_RUNTIME_DRIFT", "risk": "CRITICAL",
                    "action": "RUNTIME_REVERT", "recommend": "INCIDENT_AND_REVERT", "autoHealAllowed": false,
                    "rule": "iam-never-alone", "refusedBy": ["protected-domain", "no-auto-heal-policy"],
                    "routes": ["security-oncall", "platform-identity-oncall", "platform"]}},
        {"name": "a pause in an incident is kept",
         "given": {"observation": observation, "facts": {"incident": "OPEN", "actors": [{"kind": "HUMAN"}]}},
         "expect": {"verdict": "IN_SYNC", "class": "POLICY_DRIFT", "action": "NONE", "autoHealAllowed": true,
                    "refusedBy": [], "routes": ["nobody-at-all"]}},
        {"name": "what a controller owns is quiet",
         "given": {"resource": "Deployment/prod/web", "facts": {"environment": "prod"},
                   "changes": [{"path": "/spec/replicas", "disposition": "OWNED_BY"}]},
         "expect": {"verdict": "IN_SYNC", "class": "CONTROLLER_OWNED_DRIFT", "routes": []}},
        {"name": "nothing drifts where nothing changed",
         "given": {"resource": "Deployment/prod/web", "changes": [{"path": "/spec", "disposition": "UNDETERMINED"}]},
         "expect": {"verdict": "UNKNOWN", "class": "UNCLASSIFIED"}},
    ]);
    let engine = engine(vec![decisions(), tests(cases)]);
    let report = testing::run_documents(&engine);
    assert_eq!(report.failed(), 2);
    let expected = "\
FAILED shop-tests: a pause in an incident is kept
  verdict
    - IN_SYNC
    + DRIFTED
  class
    - POLICY_DRIFT
    + EMERGENCY_DRIFT
  action
    - NONE
    + GIT_UPDATE_PR
  autoHealAllowed
    - true
    + false
  refusedBy
    - nothing
    + decision-denies, not-a-revert, unknown-facts, desired-not-fresh, not-reversible, freeze, suspended, incident, \
no-auto-heal-policy
  routes
    - nobody-at-all
    + incident-commander, platform
  decided by taxonomy `workloads`, classification `by-hand-in-an-incident` (not known: accepted), decision `emergency`
FAILED shop-tests: nothing drifts where nothing changed
  class
    - UNCLASSIFIED
    + no finding
4 cases, 2 failed
coverage:
  decision: 3 of 3 rules decided, 2 of 3 columns refused
    missing: decision `iam-never-alone` is refused by environment";
    assert_eq!(report.to_string(), expected);
}

#[test]
fn everything_that_is_wrong_with_tests_is_said_at_once() {
    let cases = json!([
        {"given": {"resource": {"kind": "ConfigMap", "nmae": "x"}, "facts": {"enviroment": "prod"}},
         "expect": {"klass": "POLICY_DRIFT"}},
        {"name": "b", "given": {"observation": {"id": "x"}, "changes": [{"path": "/a"}], "now": "soon"}, "expect": {}},
        {"name": "c", "given": {"resource": "what is this", "changes": [{"path": "a", "disposition": "DRFT"}, {}]},
         "expect": {"class": "POLICY_DRFT", "refusedBy": "freeze", "autoHealAllowed": "no"}},
        {"name": "d", "given": {"facts": {"incident": "OPN"}}, "expect": {"verdict": "DRIFTED"}},
    ]);
    let problems = Policy::read(vec![tests(cases)]).unwrap_err();
    let mut found: Vec<_> = problems.iter().map(|found| (found.pointer.as_str(), found.code)).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("/spec/cases/0", "missing-field"),
            ("/spec/cases/0/expect/klass", "unknown-field"),
            ("/spec/cases/0/given/facts/enviroment", "unknown-field"),
            ("/spec/cases/0/given/resource/nmae", "unknown-field"),
            ("/spec/cases/1/expect", "empty-expect"),
            ("/spec/cases/1/given/changes", "needless-field"),
            ("/spec/cases/1/given/now", "bad-time"),
            ("/spec/cases/1/given/observation", "wrong-shape"),
            ("/spec/cases/2/expect/autoHealAllowed", "wrong-type"),
            ("/spec/cases/2/expect/class", "unknown-word"),
            ("/spec/cases/2/expect/refusedBy", "wrong-type"),
            ("/spec/cases/2/given/changes/0/disposition", "unknown-word"),
            ("/spec/cases/2/given/changes/0/path", "bad-path"),
            ("/spec/cases/2/given/changes/1", "missing-field"),
            ("/spec/cases/2/given/resource", "bad-resource"),
            ("/spec/cases/3/given/facts/incident", "wrong-shape"),
        ],
        "{problems}"
    );
    let twice = json!([{"name": "a", "given": {}, "expect": {"verdict": "DRIFTED"}},
                       {"name": "a", "given": {}, "expect": {"verdict": "DRIFTED"}}]);
    let problems = Policy::read(vec![tests(twice)]).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "error[duplicate-case] shop-tests /spec/cases/1/name: another case has the name `a`\n  \
         help: give each a name of its own"
    );
}

#[test]
fn law_8_an_observation_that_cannot_be_read_is_not_quoted() {
    let given = json!({"observation": {"id": "x", "resource": {"system": "KUBERNETES"},
                                       "planes": {"desired": {"status": "CANARY", "document": {"password": "CANARY"}}}}});
    let cases = json!([{"name": "a", "given": given, "expect": {"verdict": "DRIFTED"}}]);
    let problems = Policy::read(vec![tests(cases)]).unwrap_err();
    assert!(!problems.to_string().contains("CANARY"), "{problems}");
}

#[test]
fn tests_decide_nothing() {
    let cases = json!([{"name": "a", "given": {}, "expect": {"verdict": "DRIFTED"}}]);
    let (policy, _) = Policy::read(vec![tests(cases)]).unwrap();
    assert_eq!(policy.digest(), Policy::shipped().digest());
    assert_eq!((policy.tests().len(), policy.tests()[0].spec.len()), (1, 1));
}

#[test]
fn a_scenario_is_written_in_rust_as_well() {
    let engine = engine(vec![decisions()]);
    let role = ResourceRef::kubernetes("rbac.authorization.k8s.io", "v1", "ClusterRole", "", "admin");
    let given =
        Given::change(role, "/rules".parse().unwrap()).knowing(serde_json::from_value(by_hand("prod")).unwrap());
    let expect = Expectation::default()
        .verdict(Verdict::Drifted)
        .class(DriftClass::UnauthorizedRuntimeDrift)
        .risk(Risk::Critical)
        .recommend(Recommend::IncidentAndRevert)
        .rule("iam-never-alone")
        .healing(false)
        .refused_by(["protected-domain"])
        .told(["security-oncall"]);
    Scenario::new("nobody widens a role alone", given.clone(), expect).assert(&engine).unwrap();
    let wrong = Scenario::new("somebody does", given, Expectation::default().healing(true));
    assert_eq!(
        wrong.assert(&engine).unwrap_err(),
        "FAILED somebody does\n  autoHealAllowed\n    - true\n    + false\n  decided by taxonomy `rbac-cluster`, \
         classification `outside-the-approved-flow`, decision `iam-never-alone`"
    );
}

#[test]
fn of_several_findings_the_one_of_the_class_is_meant() {
    let engine = engine(Vec::new());
    let changes = json!([{"name": "both", "given": {"resource": "Deployment/prod/web", "facts": by_hand("prod"), "changes": [
        {"path": "/spec/replicas", "disposition": "OWNED_BY"},
        {"path": "/spec/template/spec/containers/[name=web]/image"}]},
        "expect": {"class": "CONTROLLER_OWNED_DRIFT", "action": "IGNORE"}}]);
    let (policy, _) = Policy::read(vec![tests(changes)]).unwrap();
    policy.tests()[0].spec[0].assert(&engine).unwrap();
    assert_eq!(policy.tests()[0].spec[0].given.run(&engine).findings.len(), 2);
}

/// The cases that are made up, read again.
fn read_again(cases: &str) -> Policy {
    let document = Authored::new("missing.json", serde_json::from_str::<Tree>(cases).unwrap());
    let (policy, warnings) = Policy::read(vec![document]).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(warnings, Diagnostics::default());
    policy
}

#[test]
fn missing_cases_are_made_up_and_hold_today() {
    let engine = engine(vec![decisions()]);
    let cases = testing::missing_cases(&engine, &[]).unwrap();
    let again = read_again(&cases);
    let names: Vec<&str> = again.tests()[0].spec.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "decision `iam-never-alone` decides",
            "decision `iam-never-alone` is refused by environment",
            "decision `emergency` decides",
        ]
    );
    let report = testing::run(&engine, &again.tests()[0].spec);
    assert_eq!(
        report.to_string(),
        "3 cases, 0 failed\ncoverage:\n  decision: 3 of 3 rules decided, 3 of 3 columns refused"
    );
    assert_eq!(testing::missing_cases(&engine, &again.tests()[0].spec), None, "nothing is missing any more");
}

#[test]
fn for_the_shipped_tables_nearly_every_case_can_be_made_up() {
    let engine = engine(Vec::new());
    let cases = testing::missing_cases(&engine, &[]).unwrap();
    let again = read_again(&cases);
    let report = testing::run(&engine, &again.tests()[0].spec);
    assert_eq!(report.failed(), 0, "{report}");
    let covered: Vec<_> = report
        .coverage
        .tables
        .iter()
        .map(|table| (table.table, table.decided(), table.rules(), table.refused(), table.columns()))
        .collect();
    for (table, decided, rules, _, _) in covered {
        assert!(decided * 10 >= rules * 9, "{table}: {decided} of {rules}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Tables of a few rules over facts: what is made up parses, passes, and decides what its name says.
    #[test]
    fn what_is_made_up_is_never_wrong(
        rules in proptest::collection::vec(
            proptest::collection::btree_map(
                proptest::sample::select(vec!["environment", "tier", "incident", "freeze", "kind", "path", "class"]),
                0..2_usize,
                1..3,
            ),
            1..4,
        ),
    ) {
        let values = |column: &str, index: usize| match column {
            "incident" => ["OPEN", "NONE"][index],
            "freeze" => ["ON", "OFF"][index],
            "kind" => ["Deploy*", "{Secret,ConfigMap}"][index],
            "path" => ["/spec/*/image", "/data/**"][index],
            "class" => ["EMERGENCY_DRIFT", "STATE_DRIFT"][index],
            _ => ["prod*", "[ds]ev?"][index],
        };
        let decide = json!({"recommend": "INCIDENT", "autoHeal": "DENY"});
        let mut written: Vec<Value> = rules.iter().enumerate().map(|(index, when)| {
            let when: serde_json::Map<String, Value> =
                when.iter().map(|(column, value)| ((*column).to_owned(), json!([values(column, *value)]))).collect();
            let approvers = [format!("team-{index}")];
            let decide = json!({"recommend": "INCIDENT", "autoHeal": "DENY", "approvers": approvers});
            json!({"id": format!("r{index}"), "when": when, "decide": decide, "because": "b"})
        }).collect();
        written.push(json!({"id": "otherwise", "when": {}, "decide": decide, "because": "b"}));
        let spec = json!({"rules": written, "onUnknown": decide});
        let (policy, _) = Policy::read(vec![document("ReconciliationPolicy", "any", spec)]).unwrap();
        let contract = Contract::new().owner("o").source_of_truth("s").observed_by([Method::GitopsDiff])
            .diffed_by(Rules::default()).decided_by(policy).may(Action::ALL.iter().copied()).evidence_in("e");
        let engine = Engine::compile(contract).unwrap();
        if let Some(cases) = testing::missing_cases(&engine, &[]) {
            let again = read_again(&cases);
            for scenario in &again.tests()[0].spec {
                prop_assert_eq!(scenario.assert(&engine), Ok(()));
                if let Some(rule) = scenario.name.strip_prefix("decision `").and_then(|name| name.strip_suffix("` decides")) {
                    prop_assert_eq!(scenario.expect.rule.as_deref(), Some(rule));
                }
            }
        }
    }
}
