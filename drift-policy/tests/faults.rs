//! A set of documents with planted faults: all of them are found in one run, each where it is, and nothing else is.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use drift_policy::{Authored, Diagnostics, Policy, Severity, Tree};

/// A programme's documents as they lie in a repository. Everything that is wrong with them was put there; what stands
/// beside it is as it should be.
const DOCUMENTS: &[(&str, &str)] = &[
    (
        "taxonomy.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "DriftTaxonomy", "metadata": {"name": "shop-taxonomy"}, "spec": {
             "extends": "shipped", "labels": {"streams": "DATABASE", "iam": "CONFIGURATION"},
             "rules": [
               {"id": "kafka", "when": {"kind": ["Kafka*"]}, "domain": "streams", "risk": "HIGH", "because": "data in flight"},
               {"id": "images", "when": {"path": ["spec/image"]}, "domain": "workload-image", "risk": "HIGH", "because": "b"}]}}"#,
    ),
    (
        "classes.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "DriftClassification", "metadata": {"name": "shop-classes"}, "spec": {
             "rules": [
               {"id": "hotfix", "when": {"incident": ["OPEN"]}, "classify": {"class": "EMERGENCY_DRIFT"}, "because": "b"},
               {"id": "hotfix-in-prod", "when": {"incident": ["OPEN"], "environment": ["prod"]},
                "classify": {"class": "EMERGENCY_DRIFT", "risk": "CRITICAL"}, "because": "b"},
               {"id": "calm", "when": {"incident": ["NONE", "CLOSED"]}, "classify": {"class": "UNAUTHORIZED_RUNTIME_DRIFT"},
                "because": "b"}]}}"#,
    ),
    (
        "decisions.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "ReconciliationPolicy", "metadata": {"name": "shop-decisions"}, "spec": {
             "rules": [
               {"id": "emergency", "when": {"class": ["EMERGENCY_DRFT"]},
                "decide": {"recommend": "INCIDENT", "autoHeal": "DENY"}, "because": "b"},
               {"id": "heal-roles", "when": {"domain": ["iam"]},
                "decide": {"recommend": "RUNTIME_REVERT", "autoHeal": "ALLOW"}, "because": "b"},
               {"id": "otherwise", "when": {}, "decide": {"recommend": "INCIDENT", "autoHeal": "DENY"}, "because": "b"}],
             "onUnknown": {"recommend": "RUNTIME_REVERT", "autoHeal": "DENY"}}}"#,
    ),
    (
        "routes.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "AlertRouting", "metadata": {"name": "shop-routes"}, "spec": {
             "routes": [
               {"id": "identity", "match": {"domain": "IDENTITY", "severity": "critical"}, "notify": ["security-oncall"],
                "createIncident": true},
               {"id": "production", "match": {"environment": "prod"}, "notify": ["platform-oncall"]}]}}"#,
    ),
    (
        "owners-git.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "DriftOwnershipRule", "metadata": {"name": "git-owns-scale"}, "spec": {
             "resource": {"group": "apps", "kind": "Deployment"}, "gitOwned": ["/spec/template", "/spec/replicas"]}}"#,
    ),
    (
        "owners-hpa.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "DriftOwnershipRule", "metadata": {"name": "hpa-owns-scale"}, "spec": {
             "resource": {"kind": "Deploy*", "namespaces": ["shop"]},
             "controllerOwned": [{"path": "/spec/replicas", "owner": "horizontal-pod-autoscaler"}]}}"#,
    ),
    (
        "ignore-broad.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "IgnoreRule", "metadata": {"name": "quiet"}, "spec": {
             "resource": {"group": "apps", "kind": "Deployment"}, "paths": ["/metadata/annotations/mesh", "/spec/template/spec/containers"],
             "owner": "platform", "reason": "noise", "expires": "2026-12-01"}}"#,
    ),
    (
        "ignore-forever.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "IgnoreRule", "metadata": {"name": "forever"}, "spec": {
             "resource": {"kind": "Service"}, "paths": ["/metadata/annotations/lb"], "owner": "network", "reason": "noise"}}"#,
    ),
    (
        "exception.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "DriftException", "metadata": {"name": "legacy"}, "spec": {
             "match": {"namespace": ["legacy"]}, "owner": "payments", "reason": "migration", "expires": "2026-06-30"}}"#,
    ),
    (
        "exception-for-all.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "DriftException", "metadata": {"name": "peace"}, "spec": {
             "match": {}, "owner": "payments", "reason": "sale", "expires": "2026-12-31"}}"#,
    ),
    (
        "same.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "EquivalenceRule", "metadata": {"name": "ingress-order"}, "spec": {
             "resource": {"kind": "NetworkPolicy"}, "path": "/spec/ingress", "same": "SET", "reason": "order"}}"#,
    ),
    (
        "heal.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "AutoHealPolicy", "metadata": {"name": "safe-fields"}, "spec": {
             "appliesTo": {"resourceKinds": ["Deployment", "Deployment"], "resourceKinds": ["Deployment"]},
             "allowedPaths": ["/metadata/labels", "/spec/template/spec/containers/*/image"],
             "deniedPaths": ["/spec/template/spec/containers"], "maxObjectsPerReconcile": 0}}"#,
    ),
    (
        "heal-again.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "AutoHealPolicy", "metadata": {"name": "safe-fields"}, "spec": {
             "appliesTo": {"resourceKinds": ["ConfigMap"]}, "allowedPaths": ["/data"], "maxObjectsPerReconcile": 1}}"#,
    ),
    (
        "budget.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "DriftBudget", "metadata": {"name": "iam"}, "spec": {
             "domain": "iam", "match": {"environment": ["prod*"]}, "objective": "99%"}}"#,
    ),
    (
        "unit.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "DriftManagedUnit", "metadata": {"name": "shop-network"}, "spec": {
             "type": "opentofu-stack", "environment": "prod", "riskTier": "high",
             "source": {"repo": "github.com/shop/infra", "path": "prod/network"}, "schedule": {"frequency": "hourly"}}}"#,
    ),
    (
        "tests.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "DriftPolicyTest", "metadata": {"name": "roles"}, "spec": {"cases": [
             {"name": "roles", "given": {"resource": "ClusterRole/admin", "facts": {"enviroment": "prod"}},
              "expect": {"class": "UNAUTHORIZED_RUNTIME_DRIFT"}}]}}"#,
    ),
    (
        "typo.json",
        r#"{"apiVersion": "drift.example/v1", "kind": "ReconcilationPolicy", "metadata": {"name": "second"}, "spec": {}}"#,
    ),
];

/// What was planted: severity, code, document, pointer.
const PLANTED: &[(&str, &str, &str, &str)] = &[
    ("error", "reserved-label", "shop-taxonomy", "/spec/labels/iam"),
    ("error", "bad-path", "shop-taxonomy", "/spec/rules/1/when/path/0"),
    ("error", "gap", "shop-classes", "/spec/rules"),
    ("warning", "unreachable-rule", "shop-classes", "/spec/rules/1"),
    ("error", "unknown-value", "shop-decisions", "/spec/rules/0/when/class/0"),
    ("error", "protected-domain", "shop-decisions", "/spec/rules/1"),
    ("error", "bold-on-unknown", "shop-decisions", "/spec/onUnknown"),
    ("error", "missing-default-route", "shop-routes", "/spec/routes"),
    ("error", "contradictory-owners", "hpa-owns-scale", "/spec/controllerOwned/0"),
    ("warning", "broad-ignore", "quiet", "/spec/paths/1"),
    ("warning", "no-expiry", "forever", "/spec"),
    ("warning", "expired", "legacy", "/spec/expires"),
    ("warning", "broad-exception", "peace", "/spec/match"),
    ("error", "security-path", "ingress-order", "/spec/path"),
    ("error", "duplicate-key", "safe-fields", "/spec/appliesTo/resourceKinds"),
    ("warning", "denied-path", "safe-fields", "/spec/allowedPaths/1"),
    ("error", "out-of-range", "safe-fields", "/spec/maxObjectsPerReconcile"),
    ("error", "duplicate-name", "safe-fields", "/metadata/name"),
    ("error", "missing-field", "iam", "/spec"),
    ("error", "missing-field", "shop-network", "/spec"),
    ("error", "unknown-field", "roles", "/spec/cases/0/given/facts/enviroment"),
    ("error", "unknown-kind", "typo", "/kind"),
];

fn documents(texts: &[(&str, &str)]) -> Vec<Authored> {
    let read = |(place, text): &(&str, &str)| Authored::new(*place, serde_json::from_str::<Tree>(text).unwrap());
    texts.iter().map(read).collect()
}

fn checked(texts: &[(&str, &str)]) -> Diagnostics {
    let now = "2026-07-03T00:00:00Z".parse().unwrap();
    match Policy::read_at(documents(texts), Some(now)) {
        Ok((_, warnings)) => warnings,
        Err(problems) => problems,
    }
}

fn places(problems: &Diagnostics) -> Vec<(String, &'static str, String, String)> {
    let place = |found: &drift_policy::Diagnostic| {
        (found.severity.to_string(), found.code, found.document.clone(), found.pointer.clone())
    };
    let mut places: Vec<_> = problems.iter().map(place).collect();
    places.sort();
    places
}

#[test]
fn twenty_planted_faults_are_found_in_one_run_each_where_it_is_and_nothing_else() {
    let mut expected: Vec<(String, &str, String, String)> = PLANTED
        .iter()
        .map(|(severity, code, document, pointer)| {
            // A document whose kind is not known has a name all the same.
            let document = if *document == "typo" { "second" } else { document };
            ((*severity).to_owned(), *code, document.to_owned(), (*pointer).to_owned())
        })
        .collect();
    expected.sort();
    assert!(expected.len() >= 20);
    let found = checked(DOCUMENTS);
    assert_eq!(places(&found), expected, "{found}");
    assert!(found.iter().all(|problem| problem.help.is_some()), "each says what to do about it");
}

#[test]
fn each_fault_is_found_without_the_others_as_well() {
    // What needs another document to be a fault: two owners, two names.
    let together = ["owners-hpa.json", "heal-again.json"];
    for (index, (place, text)) in DOCUMENTS.iter().enumerate() {
        if together.contains(place) {
            continue;
        }
        let alone = checked(&DOCUMENTS[index..=index]);
        let name = text.split("\"name\": \"").nth(1).unwrap().split('"').next().unwrap();
        let planted = PLANTED.iter().filter(|(_, code, document, _)| {
            (*document == name || (*document == "typo" && name == "second")) && *code != "duplicate-name"
        });
        assert_eq!(alone.len(), planted.count(), "{place}: {alone}");
    }
}

#[test]
fn what_a_fault_says_is_worth_reading() {
    let routes = checked(&DOCUMENTS[3..4]);
    assert_eq!(
        routes.to_string(),
        "error[missing-default-route] shop-routes /spec/routes: the last route does not take everything, so that \
         somebody's finding may be heard by nobody\n  \
           help: end with a default route: `{match: {}, notify: […]}`"
    );
    let owners = checked(&DOCUMENTS[4..6]);
    assert_eq!(
        owners.to_string(),
        "error[contradictory-owners] hpa-owns-scale /spec/controllerOwned/0: `/spec/replicas` belongs to CONTROLLER \
         `horizontal-pod-autoscaler` here, and to GIT by `git-owns-scale` /spec/gitOwned/1\n  \
           help: give it one owner, or make one of the two patterns more specific"
    );
    let expired = checked(&DOCUMENTS[8..9]);
    assert_eq!(
        expired.to_string(),
        "warning[expired] legacy /spec/expires: it has ended on 2026-06-30T00:00:00Z\n  \
           help: remove it, or let somebody decide anew"
    );
}

#[test]
fn nothing_is_invented_on_the_shipped_defaults() {
    assert_eq!(checked(&[]), Diagnostics::default());
    // The shipped documents given as one's own are as clean.
    let own = [
        ("taxonomy.json", include_str!("../src/defaults/taxonomy.json")),
        ("classification.json", include_str!("../src/defaults/classification.json")),
        ("decision.json", include_str!("../src/defaults/decision.json")),
        ("routes.json", include_str!("../src/defaults/routes.json")),
    ];
    let now = "2026-07-03T00:00:00Z".parse().unwrap();
    let (policy, warnings) = Policy::read_at(documents(&own), Some(now)).unwrap();
    assert_eq!(warnings, Diagnostics::default());
    assert_eq!(policy.digest(), Policy::shipped().digest());
    // Neither is anything about the rules for AWS.
    let aws: Vec<(&str, &str)> = drift_diff::AWS_RULES.lines().map(|line| ("aws.json", line)).collect();
    assert_eq!(checked(&aws), Diagnostics::default());
}

#[test]
fn the_moment_decides_only_what_has_ended() {
    let problems = |now: Option<&str>| {
        let now = now.map(|now| now.parse().unwrap());
        Policy::read_at(documents(&DOCUMENTS[8..9]), now).unwrap().1.len()
    };
    assert_eq!((problems(None), problems(Some("2026-06-29")), problems(Some("2026-06-30"))), (0, 0, 1));
}

#[test]
fn owners_contradict_each_other_only_where_neither_goes_before_the_other() {
    let rule = |name: &str, spec: &str| {
        format!(
            r#"{{"apiVersion": "d.e/v1", "kind": "DriftOwnershipRule", "metadata": {{"name": "{name}"}}, "spec": {spec}}}"#
        )
    };
    let contradict = |a: &str, b: &str| {
        let (a, b) = (rule("a", a), rule("b", b));
        let found = checked(&[("a", &a), ("b", &b)]);
        assert!(found.iter().all(|problem| problem.severity == Severity::Error), "{found}");
        found.len()
    };
    let git = r#"{"resource": {"kind": "Deployment"}, "gitOwned": ["/spec/replicas"]}"#;
    for (other, count) in [
        (r#"{"resource": {}, "runtimeOwned": ["/spec/replicas"]}"#, 1),
        (r#"{"resource": {}, "runtimeOwned": ["/spec/*"]}"#, 0),
        (r#"{"resource": {}, "gitOwned": ["/spec/replicas"]}"#, 0),
        (r#"{"resource": {"kind": "StatefulSet"}, "runtimeOwned": ["/spec/replicas"]}"#, 0),
        (r#"{"resource": {"type": "aws_*"}, "runtimeOwned": ["/spec/replicas"]}"#, 0),
        (r#"{"resource": {"system": "AWS"}, "runtimeOwned": ["/spec/replicas"]}"#, 0),
        (r#"{"resource": {}, "runtimeOwned": ["/spec"]}"#, 0),
        (
            r#"{"resource": {}, "controllerOwned": [{"path": "/spec/replicas", "owner": "hpa", "condition": "hpa-enabled"}]}"#,
            1,
        ),
    ] {
        assert_eq!(contradict(git, other), count, "{other}");
    }
    let wild = |pattern: &str| format!(r#"{{"resource": {{}}, "runtimeOwned": ["{pattern}"]}}"#);
    let mine = r#"{"resource": {}, "gitOwned": ["/spec/*"]}"#;
    assert_eq!((contradict(mine, &wild("/*/replicas")), contradict(mine, &wild("/status/*"))), (1, 0));
}
