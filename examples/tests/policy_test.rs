//! `policy test` as its users run it: paths and streams in, text and exit code out.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::path::{Path, PathBuf};

use drift_examples::assess::Exit;
use drift_examples::console::Streams;
use drift_examples::policy::test as policy_test;

/// Runs the tests of these files, written into a folder of their own.
fn run(test: &str, files: &[(&str, &str)]) -> (Exit, String, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("policy-test").join(test);
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let (exit, output, errors) = run_on(std::slice::from_ref(&folder));
    let place = format!("{}/", folder.display());
    (exit, output, errors.replace(&place, ""))
}

fn run_on(paths: &[PathBuf]) -> (Exit, String, String) {
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let mut streams = Streams { input: &mut std::io::empty(), output: &mut output, errors: &mut errors };
    let exit = policy_test::run(paths, &mut streams);
    (exit, String::from_utf8(output).unwrap(), String::from_utf8(errors).unwrap())
}

const POLICY: &str = "\
apiVersion: drift.example/v1
kind: ReconciliationPolicy
metadata: {name: shop}
spec:
  rules:
    - id: iam-never-alone
      when: {domain: [iam, cluster-rbac], environment: [\"prod*\"]}
      decide: {recommend: INCIDENT_AND_REVERT, autoHeal: DENY}
      because: identity changes keep their forensic context
    - id: otherwise
      when: {}
      decide: {recommend: INCIDENT, autoHeal: DENY}
      because: undecided drift is somebody's to look at
  onUnknown: {recommend: INCIDENT, autoHeal: DENY}
---
apiVersion: drift.example/v1
kind: AlertRouting
metadata: {name: shop-routes}
spec:
  routes:
    - match: {domain: IDENTITY, severity: critical}
      notify: [security-oncall]
      createIncident: true
    - match: {}
      notify: [platform-oncall]
";

const TESTS: &str = "\
apiVersion: drift.example/v1
kind: DriftPolicyTest
metadata: {name: shop-tests}
spec:
  cases:
    - name: a widened role is an incident, and security hears of it
      given:
        resource: {system: KUBERNETES, group: rbac.authorization.k8s.io, kind: ClusterRole, name: admin}
        changes: [{path: /rules}]
        facts: {environment: prod-eu, incident: NONE, changeRecord: NONE, actors: [{kind: HUMAN}]}
      expect: {class: UNAUTHORIZED_RUNTIME_DRIFT, action: RUNTIME_REVERT, rule: iam-never-alone, routes: [security-oncall]}
    - name: a config map is the platform's
      given:
        resource: ConfigMap/shop/tuning
        facts: {environment: dev}
      expect: {verdict: DRIFTED, action: INCIDENT, routes: [platform-oncall]}
";

#[test]
fn tests_that_pass_print_their_coverage_with_the_cases_that_are_missing() {
    let (exit, output, errors) = run("pass", &[("policy.yaml", POLICY), ("tests.yaml", TESTS)]);
    assert_eq!(errors, "");
    assert_eq!(
        output,
        "2 cases, 0 failed
coverage:
  decision: 2 of 2 rules decided, 1 of 2 columns refused
    missing: decision `iam-never-alone` is refused by environment
  routes: 2 of 2 rules decided, 1 of 2 columns refused
    missing: routes `routes/0` is refused by severity
"
    );
    assert_eq!(exit, Exit::Fine);
}

#[test]
fn a_failed_expectation_is_a_diff_and_the_run_has_failed() {
    let tests = TESTS.replace("action: INCIDENT, routes: [platform-oncall]", "action: IGNORE, routes: []");
    let (exit, output, _) = run("fail", &[("policy.yaml", POLICY), ("tests.yaml", &tests)]);
    let expected = "\
FAILED shop-tests: a config map is the platform's
  action
    - IGNORE
    + INCIDENT
  routes
    - nothing
    + platform-oncall
  decided by taxonomy `config-maps`, classification `onUnknown` (not known: actor, incident, changeRecord, accepted, sync, \
reconcile, violation, dependency), decision `otherwise`
2 cases, 1 failed
coverage:
  decision: 2 of 2 rules decided, 1 of 2 columns refused
    missing: decision `iam-never-alone` is refused by environment
  routes: 2 of 2 rules decided, 1 of 2 columns refused
    missing: routes `routes/0` is refused by severity
";
    assert_eq!(output, expected);
    assert_eq!(exit, Exit::Problem);
}

#[test]
fn no_test_is_no_success() {
    let (exit, output, errors) = run("none", &[("policy.yaml", POLICY)]);
    assert_eq!((exit, output.as_str()), (Exit::Problem, ""));
    assert_eq!(
        errors,
        "error: there is no test among these documents\n  help: add a `DriftPolicyTest` document with `spec.cases`\n"
    );
}

#[test]
fn documents_that_are_wrong_are_named_and_nothing_runs() {
    let tests = TESTS.replace("class: UNAUTHORIZED_RUNTIME_DRIFT", "class: UNAUTHORISED_RUNTIME_DRIFT");
    let (exit, output, errors) = run("wrong", &[("policy.yaml", POLICY), ("tests.yaml", &tests)]);
    assert_eq!((exit, output.as_str()), (Exit::Problem, ""));
    assert_eq!(
        errors,
        "error[unknown-word] shop-tests /spec/cases/0/expect/class: unknown drift class `UNAUTHORISED_RUNTIME_DRIFT`\n  \
           help: did you mean `UNAUTHORIZED_RUNTIME_DRIFT`?\n"
    );
    let (exit, _, errors) = run("syntax", &[("policy.yaml", POLICY), ("tests.json", "{\"kind\": ")]);
    assert_eq!(exit, Exit::Problem);
    assert!(errors.starts_with("error[unreadable] tests.json line 1 column "), "{errors}");
    let (exit, _, errors) = run_on(&["/nowhere/at/all.yaml".into()]);
    assert_eq!(exit, Exit::Problem);
    assert!(errors.starts_with("error[unreadable] /nowhere/at/all.yaml: no such file"), "{errors}");
}
