//! Documents as people write them: the examples of the seeds, sets with planted faults, and whatever else may come.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![allow(clippy::needless_pass_by_value, reason = "a spec is written where it is handed over")]

use drift_model::{DocumentKind, Domain, Risk, Span};
use drift_policy::{Authored, Diagnostics, HealMode, Policy, Severity, Tree};
use proptest::prelude::*;
use serde_json::{Value, json};

fn document(kind: &str, name: &str, spec: Value) -> Authored {
    let content =
        json!({"apiVersion": "platform.example.com/v1", "kind": kind, "metadata": {"name": name}, "spec": spec});
    Authored::new(format!("{name}.yaml"), content.into())
}

/// As [`document`], from text, so that members keep their order and keys may be there twice.
fn written(place: &str, text: &str) -> Authored {
    Authored::new(place, serde_json::from_str::<Tree>(text).unwrap())
}

/// Everything that is said about a set of documents.
fn said(documents: Vec<Authored>) -> String {
    match Policy::read(documents) {
        Ok((_, warnings)) => warnings.to_string(),
        Err(problems) => problems.to_string(),
    }
}

fn read(document: Authored) -> Policy {
    let (policy, warnings) = Policy::read(vec![document]).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(warnings.is_empty(), "{warnings}");
    policy
}

fn ruling(recommend: &str, auto_heal: &str) -> Value {
    json!({"recommend": recommend, "autoHeal": auto_heal})
}

fn decisions(rules: &Value) -> Value {
    json!({"rules": rules, "onUnknown": ruling("INCIDENT", "DENY")})
}

fn otherwise() -> Value {
    json!({"id": "otherwise", "when": {}, "decide": ruling("INCIDENT", "DENY"), "because": "somebody should look"})
}

#[test]
fn nothing_is_said_about_the_shipped_documents() {
    let (policy, problems) = Policy::read(Vec::new()).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(problems, Diagnostics::default());
    assert_eq!(policy.digest(), Policy::shipped().digest());
    assert!(policy.heal_policies().is_empty() && policy.exceptions().is_empty() && policy.rules().ignores.is_empty());
}

#[test]
fn the_rules_that_ship_beside_the_crates_are_documents_like_any_other() {
    use drift_diff::{AWS_RULES, KUBERNETES_RULES, Rules};
    for (text, rules) in [(AWS_RULES, Rules::aws()), (KUBERNETES_RULES, Rules::kubernetes())] {
        let documents = text.lines().enumerate().map(|(line, text)| written(&format!("line {line}"), text));
        let (policy, problems) = Policy::read(documents.collect()).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(problems, Diagnostics::default());
        assert_eq!(policy.rules().equivalences, rules.equivalences);
        assert_eq!(policy.rules().ownership, rules.ownership);
    }
}

#[test]
fn the_ownership_rule_of_the_seeds_is_read_as_it_stands() {
    let policy = read(written(
        "ownership.yaml",
        r#"{"apiVersion": "platform.example.com/v1", "kind": "DriftOwnershipRule",
            "metadata": {"name": "deployment-runtime-owned-fields"},
            "spec": {
              "resource": {"group": "apps", "kind": "Deployment"},
              "gitOwned": ["/spec/template/spec/containers", "/spec/template/spec/securityContext", "/spec/selector"],
              "runtimeOwned": ["/status", "/metadata/managedFields"],
              "controllerOwned": [
                {"path": "/spec/replicas", "owner": "horizontal-pod-autoscaler", "condition": "hpa-enabled"}]}}"#,
    ));
    let [rule] = policy.rules().ownership.as_slice() else { panic!("one rule") };
    assert_eq!(rule.name, "deployment-runtime-owned-fields");
    assert_eq!((rule.spec.git_owned.len(), rule.spec.runtime_owned.len()), (3, 2));
    assert_eq!(rule.spec.controller_owned[0].owner, "horizontal-pod-autoscaler");
    assert_eq!(rule.spec.controller_owned[0].condition.as_deref(), Some("hpa-enabled"));
}

fn seed_heal_policy() -> Value {
    json!({
        "appliesTo": {
            "resourceKinds": ["Deployment", "Service", "ConfigMap"],
            "namespaces": {"matchLabels": {"platform.example.com/tier": "standard"}},
        },
        "allowedPaths": ["/metadata/labels", "/metadata/annotations", "/spec/template/spec/containers/*/resources"],
        "deniedPaths": ["/spec/template/spec/containers/*/image", "/spec/template/spec/securityContext"],
        "maxObjectsPerReconcile": 5,
        "requireHealthyBeforeHeal": true,
        "evidenceRequired": true,
    })
}

#[test]
fn the_heal_policy_of_the_seeds_is_read_as_it_stands() {
    let policy = read(document("AutoHealPolicy", "stateless-app-safe-fields", seed_heal_policy()));
    let [heal] = policy.heal_policies() else { panic!("one policy") };
    assert_eq!(heal.name, "stateless-app-safe-fields");
    // Read twice, by the checker and through serde: the two must agree.
    assert_eq!(heal.spec, drift_model::from_value(seed_heal_policy()).unwrap());
    assert_eq!(serde_json::to_value(&heal.spec).unwrap(), seed_heal_policy());
}

#[test]
fn a_heal_policy_is_careful_where_it_says_nothing() {
    let spec = json!({"appliesTo": {"resourceKinds": ["Deployment"]}, "allowedPaths": ["/metadata/labels"],
                      "maxObjectsPerReconcile": 1});
    let policy = read(document("AutoHealPolicy", "least", spec.clone()));
    let heal = &policy.heal_policies()[0].spec;
    assert!(heal.require_healthy_before_heal && heal.evidence_required && heal.applies_to.namespaces.is_none());
    assert_eq!(*heal, drift_model::from_value(spec).unwrap());
}

#[test]
fn s0_22_the_unit_of_the_seeds_is_read_as_it_stands() {
    let unit = json!({
        "type": "opentofu-stack", "owner": "platform-network", "environment": "prod", "riskTier": "critical",
        "source": {"repo": "github.com/acme/infra-live", "path": "prod/eu-west-1/payments/network"},
        "state": {"backend": "s3", "key": "prod/eu-west-1/payments/network.tfstate"},
        "credentials": {"oidcRole": "arn:aws:iam::123456789012:role/iac-drift-payments-network"},
        "schedule": {"frequency": "hourly"},
        "policies": {"autoHeal": false, "requireIncidentForManualChange": true},
        "evidence": {"retention": "7y"},
    });
    let policy = read(document("DriftManagedUnit", "payments-prod-network", unit.clone()));
    let [registered] = policy.units() else { panic!("one unit") };
    assert_eq!(registered.name, "payments-prod-network");
    assert_eq!(registered.spec, drift_model::from_value(unit).unwrap());
    assert_eq!(policy.digest(), Policy::shipped().digest(), "what is watched decides nothing");
}

#[test]
fn everything_that_is_wrong_with_a_unit_is_said_at_once() {
    let unit = json!({
        "type": "", "owner": 7, "riskTier": "high", "sources": {},
        "source": {"path": "prod", "branch": "main"},
        "state": {"backend": "s3"}, "credentials": {},
        "schedule": {"frequency": "often", "staleAfter": "soon", "requestsPerMinute": 0},
        "policies": {"autoHeal": "no"},
        "evidence": {"retention": 7},
    });
    let told = Policy::read(vec![document("DriftManagedUnit", "broken", unit)]).unwrap_err();
    let mut told: Vec<_> = told.iter().map(|problem| (problem.code, problem.pointer.as_str())).collect();
    told.sort_by_key(|(_, pointer)| *pointer);
    assert_eq!(
        told,
        [
            ("missing-field", "/spec"),
            ("missing-field", "/spec/credentials"),
            ("wrong-type", "/spec/evidence/retention"),
            ("wrong-type", "/spec/owner"),
            ("wrong-type", "/spec/policies/autoHeal"),
            ("bad-duration", "/spec/schedule/frequency"),
            ("out-of-range", "/spec/schedule/requestsPerMinute"),
            ("bad-duration", "/spec/schedule/staleAfter"),
            ("missing-field", "/spec/source"),
            ("unknown-field", "/spec/source/branch"),
            ("unknown-field", "/spec/sources"),
            ("missing-field", "/spec/state"),
            ("empty-text", "/spec/type"),
        ]
    );
}

fn registered(name: &str, owner: &str, frequency: &str) -> Authored {
    let spec = json!({
        "type": "opentofu-stack", "owner": owner, "environment": "prod", "riskTier": "critical",
        "source": {"repo": "github.com/acme/infra-live", "path": name},
        "credentials": {"oidcRole": "arn:aws:iam::123456789012:role/drift"},
        "schedule": {"frequency": frequency},
    });
    document("DriftManagedUnit", name, spec)
}

#[test]
fn units_are_looked_at_beside_each_other() {
    let problems = said(vec![registered("network", "platform", "weekly"), registered("shop", "apps", "hourly")]);
    assert_eq!(
        problems,
        "warning[slow-schedule] network /spec/schedule/frequency: every 7d is seldom for a unit of tier `critical`\n  \
           help: look at it every 1d at least, or register it with a lower tier\n\
         error[global-role] network /spec/credentials/oidcRole: the role `arn:aws:iam::123456789012:role/drift` reads 2 \
         units of several owners or environments\n  \
           help: give each unit a role of its own, which may read this unit and nothing else\n\
         error[global-role] shop /spec/credentials/oidcRole: the role `arn:aws:iam::123456789012:role/drift` reads 2 \
         units of several owners or environments\n  \
           help: give each unit a role of its own, which may read this unit and nothing else"
    );
    let problems = said(vec![registered("network", "platform", "daily"), registered("dns", "platform", "hourly")]);
    assert_eq!(problems.matches("warning[shared-role]").count(), 2, "{problems}");
}

#[test]
fn a_reconciliation_policy_says_everything_that_it_says() {
    let rule = json!({
        "id": "iam-never-alone", "when": {"domain": ["iam"], "environment": "prod*"},
        "decide": {"recommend": "INCIDENT_AND_REVERT", "autoHeal": "DENY", "approvers": ["security-oncall"],
                   "obligations": ["FREEZE_APPLIES"], "reconcileWithin": "4h", "playbook": "books/iam"},
        "because": "identity changes keep their forensic context",
    });
    let policy = read(document("ReconciliationPolicy", "prod-defaults", decisions(&json!([rule, otherwise()]))));
    let ruling = &policy.decision().rules()[0].outcome;
    assert_eq!(ruling.approvers, ["security-oncall"]);
    assert_eq!((ruling.auto_heal, ruling.reconcile_within), (HealMode::Deny, Some(Span::from_seconds(14_400))));
    assert_eq!((ruling.obligations.len(), ruling.playbook.as_deref()), (1, Some("books/iam")));
    assert_ne!(policy.digest(), Policy::shipped().digest());
}

#[test]
fn a_set_with_planted_faults_is_reported_whole() {
    let documents = vec![
        written(
            "a.yaml",
            r#"{"apiVersion": "v1", "kind": "DriftClassification", "metadata": {"name": "classes"}, "spec": {
                 "rules": [
                   {"id": "emergency", "when": {"incident": "OPEN"}, "classify": {"class": "EMERGENCY_DRFT"}, "because": "b"},
                   {"id": "rest", "when": {}, "classify": {"class": "UNCLASSIFIED", "rsk": "HIGH"}, "because": "b"}]}}"#,
        ),
        written(
            "b.yaml",
            r#"{"apiVersion": "drift.example/v1", "kind": "IgnoreRule", "metadata": {"name": "mesh"}, "spec": {
                 "resource": {"kind": "Deployment", "kind": "Service", "namespaces": ["prod-[a"]},
                 "paths": ["spec/template", "/spec/**/image", "/status"],
                 "owner": 7, "reason": "injected", "expires": "next year"}}"#,
        ),
        written(
            "c.yaml",
            r#"{"apiVersion": "drift.example/v1", "kind": "ReconcilationPolicy", "metadata": {"name": "typo"}, "spec": {}}"#,
        ),
        written(
            "d.yaml#2",
            r#"{"apiVersion": "drift.example/v1", "kind": "ReconciliationPolicy", "metadata": {}, "spec": {
                 "rules": [
                   {"id": "heal", "when": {"domain": ["CONFIGURATION", "network"]},
                    "decide": {"recommend": "RUNTIME_REVERT", "autoHeal": "ALLOW", "reconcileWithin": "4 hours"},
                    "because": "b"},
                   {"id": "heal-too", "when": {"domain": ["metadata", "network"]},
                    "decide": {"recommend": "RUNTIME_REVERT", "autoHeal": "ALLOW_WITH_ALERT"}, "because": "b"}]}}"#,
        ),
        document(
            "AutoHealPolicy",
            "heal",
            json!({"appliesTo": {"resourceKinds": []}, "allowedPaths": "/metadata/labels", "maxObjectsPerReconcile": 0}),
        ),
    ];
    let expected = r"error[bad-api-version] classes /apiVersion: bad API version `v1`
  help: write a group and a version such as `drift.example/v1`
error[unknown-word] classes /spec/rules/0/classify/class: unknown drift class `EMERGENCY_DRFT`
  help: did you mean `EMERGENCY_DRIFT`?
error[unknown-field] classes /spec/rules/1/classify/rsk: unknown field `rsk`
  help: did you mean `risk`? the fields here are `class`, `risk`
error[duplicate-key] mesh /spec/resource/kind: the key is written more than once
  help: keep one of them
error[bad-glob] mesh /spec/resource/namespaces/0: bad glob `prod-[a`
  help: unclosed character class; missing ']'
error[bad-path] mesh /spec/paths/0: bad path `spec/template`
  help: expected a slash at the start (the root is the empty string)
error[bad-path] mesh /spec/paths/1: bad path `/spec/**/image`
  help: expected `**` at the end only (`*` is one step)
error[wrong-type] mesh /spec/owner: expected text, found a number
  help: put it in quotes
error[bad-time] mesh /spec/expires: bad time `next year`
  help: expected RFC 3339 such as `2026-07-03T10:22:31Z`, or a date
error[unknown-kind] typo /kind: unknown document kind `ReconcilationPolicy`
  help: did you mean `ReconciliationPolicy`?
error[missing-field] d.yaml#2 /metadata: the field `name` is missing
  help: add `name`
error[bad-duration] d.yaml#2 /spec/rules/0/decide/reconcileWithin: bad duration `4 hours`
  help: expected a whole number and a unit such as `90s`, `15m`, `4h`, `7d`, `4w` or `1y`
error[protected-domain] d.yaml#2 /spec/rules/1: `autoHeal: ALLOW_WITH_ALERT` reaches `NETWORK`
  help: name other domains in `when`, decide `autoHeal: DENY`, or add `acknowledge: {by, reason, expires}`
error[missing-field] d.yaml#2 /spec: the field `onUnknown` is missing
  help: add `onUnknown`
error[empty-list] heal /spec/appliesTo/resourceKinds: the list is empty
  help: add an entry, or leave the field out if it is optional
error[wrong-type] heal /spec/allowedPaths: expected a list, found text
  help: write it as a list of one: `[…]`
error[out-of-range] heal /spec/maxObjectsPerReconcile: the number `0` is out of range
  help: write a whole number from 1 to 4294967295";
    assert_eq!(said(documents), expected);
}

#[test]
fn a_gap_of_a_table_stands_at_its_rules() {
    let rule = json!({"id": "emergency", "when": {"incident": ["OPEN"]}, "classify": {"class": "EMERGENCY_DRIFT"},
                      "because": "somebody is at it"});
    let text = said(vec![document("DriftClassification", "classes", json!({"rules": [rule]}))]);
    assert!(text.starts_with("error[gap] classes /spec/rules: no rule decides `incident="), "{text}");
}

#[test]
fn problems_of_a_when_stand_at_their_values() {
    let rule = |when: Value| json!({"id": "r", "when": when, "classify": {"class": "STATE_DRIFT"}, "because": "b"});
    let spec = json!({"rules": [
        rule(json!({"incidnt": ["OPEN"]})),
        rule(json!({"freeze": ["ON", "MAYBE"]})),
        rule(json!({"freeze": "MAYBE"})),
        rule(json!({"environment": ["prod-[a"], "path": ["spec"]})),
        rule(json!({"environment": [], "freeze": [3], "kind": null})),
        rule(json!({"domain": ["iam", "NETWORK", "*", "iamm"], "freeze": "MAYBE", "incident": 3, "kind": "[a"})),
        rule(json!(["OPEN"])),
    ]});
    let problems = Policy::read(vec![document("DriftClassification", "classes", spec)]).unwrap_err();
    let places: Vec<_> = problems.iter().map(|found| format!("{} {}", found.code, found.pointer)).collect();
    assert_eq!(
        places,
        [
            "unknown-column /spec/rules/0/when/incidnt",
            "unknown-value /spec/rules/1/when/freeze/1",
            "unknown-value /spec/rules/2/when/freeze",
            "bad-glob /spec/rules/3/when/environment/0",
            "bad-path /spec/rules/3/when/path/0",
            "empty-list /spec/rules/4/when/environment",
            "wrong-type /spec/rules/4/when/freeze/0",
            "wrong-type /spec/rules/4/when/kind",
            "unknown-word /spec/rules/5/when/domain/3",
            "wrong-type /spec/rules/5/when/incident",
            "unknown-value /spec/rules/5/when/freeze",
            "bad-glob /spec/rules/5/when/kind",
            "wrong-type /spec/rules/6/when",
        ]
    );
    assert!(problems.iter().all(|found| found.severity == Severity::Error && found.document == "classes"));
    assert!(problems.iter().all(|found| found.help.is_some()), "{problems}");
}

#[test]
fn a_protected_domain_can_be_acknowledged_but_not_in_silence() {
    let heal = |when: Value, acknowledge: Value| {
        let mut rule = json!({"id": "heal", "when": when, "decide": ruling("RUNTIME_REVERT", "ALLOW"), "because": "b"});
        if !acknowledge.is_null() {
            rule["acknowledge"] = acknowledge;
        }
        said(vec![document("ReconciliationPolicy", "prod", decisions(&json!([rule, otherwise()])))])
    };
    assert_eq!(heal(json!({"domain": ["metadata", "CONFIGURATION", "runtime"]}), Value::Null), "");
    let text = heal(json!({"class": ["PROVIDER_READ_NOISE"]}), Value::Null);
    let place =
        "[protected-domain] prod /spec/rules/0: `autoHeal: ALLOW` reaches `IDENTITY`, `NETWORK`, `SECRET`, `DATABASE`";
    assert!(text.starts_with(&format!("error{place}")), "{text}");
    let by = json!({"by": "ciso", "reason": "drill", "expires": "2027-01-01"});
    assert_eq!(
        heal(json!({"class": ["PROVIDER_READ_NOISE"]}), by),
        format!("warning{place}\n  help: acknowledged by `ciso` until 2027-01-01T00:00:00Z; it is never silent")
    );
    assert_eq!(
        heal(json!({"domain": ["dns"]}), json!({"by": "ciso", "reason": "drill"})),
        "error[missing-field] prod /spec/rules/0/acknowledge: the field `expires` is missing\n  help: add `expires`"
    );
}

#[test]
fn law_3_what_is_not_known_never_makes_a_decision_bolder() {
    let spec = json!({"rules": [otherwise()], "onUnknown": ruling("RUNTIME_REVERT", "ALLOW_WITH_ALERT")});
    assert_eq!(
        said(vec![document("ReconciliationPolicy", "bold", spec)]),
        "error[bold-on-unknown] bold /spec/onUnknown: `RUNTIME_REVERT` changes the runtime while facts are missing\n  \
           help: recommend `INCIDENT`, and name UNKNOWN in a rule where more is meant\n\
         error[bold-on-unknown] bold /spec/onUnknown: `autoHeal: ALLOW_WITH_ALERT` heals while facts are missing\n  \
           help: decide `autoHeal: DENY`"
    );
}

#[test]
fn a_rule_that_leaves_much_aside_is_noticed() {
    let spec = json!({"resource": {"group": "apps"}, "paths": ["/spec/template/spec/containers", "/status"],
                      "owner": "platform", "reason": "noise"});
    assert_eq!(
        said(vec![document("IgnoreRule", "broad", spec)]),
        "warning[broad-ignore] broad /spec/paths/0: `/spec/template/spec/containers` leaves aside what exposes something\n  \
           help: it takes all of `/spec/template/spec/containers/*/image`; name the item or the field that is meant\n\
         warning[no-expiry] broad /spec: the rule never expires\n  \
           help: add `expires`, so that somebody looks at it again"
    );
    let narrow = json!({"resource": {"group": "", "namespaces": ["prod-*"]}, "owner": "platform-mesh",
                        "paths": ["/spec/template/spec/containers/[name=istio-proxy]"],
                        "reason": "injected by the mesh", "expires": "2027-03-01", "coveredBy": ["admission-audit"]});
    let policy = read(document("IgnoreRule", "mesh-sidecar", narrow));
    assert_eq!(policy.rules().ignores[0].spec.covered_by, ["admission-audit"]);
}

#[test]
fn a_sense_that_can_hide_an_exposure_must_say_that_it_means_to() {
    let complains = |same: &str, path: &str, covers: Value| {
        let spec = json!({"resource": {}, "path": path, "same": same, "reason": "r", "coversSecurityPaths": covers});
        said(vec![document("EquivalenceRule", "same", spec)]).contains("error[security-path] same /spec/path: ")
    };
    assert!(complains("SET", "/spec/ingress", Value::Null));
    assert!(complains("EMPTY_ABSENT", "/**", json!(false)));
    assert!(!complains("SET", "/spec/ingress", json!(true)));
    assert!(!complains("SET", "/spec/finalizers", Value::Null));
    assert!(!complains("QUANTITY", "/**", Value::Null));
}

#[test]
fn an_equivalence_takes_what_its_sense_takes() {
    let spec = json!({"resource": {"type": "AWS::*"}, "path": "/Memory", "same": "QUANTITY", "reason": "spelling",
                      "since": "2026-11", "keys": null, "value": null});
    assert_eq!(read(document("EquivalenceRule", "memory", spec)).rules().equivalences[0].spec.reason, "spelling");
    let spec = json!({"resource": {}, "path": "/Memory", "same": "QUANTITY", "reason": "r", "keys": ["name"]});
    assert_eq!(
        said(vec![document("EquivalenceRule", "memory", spec)]),
        "error[needless-field] memory /spec/keys: `QUANTITY` takes no `keys`\n  help: `keys` is for `KEYED`"
    );
    let spec = json!({"resource": {}, "path": "/Memory", "same": "QUANTITIY", "reason": "r"});
    assert_eq!(
        said(vec![document("EquivalenceRule", "memory", spec)]),
        "error[unknown-word] memory /spec/same: unknown sense `QUANTITIY`\n  help: did you mean `QUANTITY`?"
    );
}

#[test]
fn an_ownership_rule_says_who_owns_something() {
    assert_eq!(
        said(vec![document("DriftOwnershipRule", "mute", json!({"resource": {"system": "K8S"}, "exact": ["/data"]}))]),
        "error[unknown-word] mute /spec/resource/system: unknown system `K8S`\n  help: expected one of `KUBERNETES`, \
         `OPENTOFU`, `TERRAFORM`, `ARGOCD`, `FLUX`, `AWS`, `DATABASE`, `GENERIC`, `GENERIC:name`\n\
         error[missing-field] mute /spec: the rule says of no path who owns it\n  \
           help: add one of `gitOwned`, `runtimeOwned`, `controllerOwned`, with a path"
    );
}

fn label_rule(label: &str) -> Value {
    json!({"id": label, "when": {"kind": ["Kafka*"]}, "domain": label, "risk": "HIGH", "because": "streams"})
}

#[test]
fn a_taxonomy_may_add_labels_and_be_tried_before_the_shipped_one() {
    let spec = json!({"rules": [label_rule("kafka")], "labels": {"kafka": "database"}, "extends": "shipped"});
    let taxonomy = document("DriftTaxonomy", "streams", spec);
    let policy = read(taxonomy.clone());
    let shipped = Policy::shipped();
    assert_eq!(policy.taxonomy().rules().len(), shipped.taxonomy().rules().len() + 1);
    let first = &policy.taxonomy().rules()[0].outcome;
    assert_eq!((first.label.as_str(), first.domain, first.risk), ("kafka", Domain::Database, Risk::High));
    let on_unknown = policy.taxonomy().on_unknown();
    assert!(on_unknown.domain.is_protected(), "what is not known is taken for protected: {on_unknown:?}");

    // A decision knows the label, and that it is protected, wherever its document stands.
    let heal =
        json!({"id": "heal", "when": {"domain": "kafka"}, "decide": ruling("RUNTIME_REVERT", "ALLOW"), "because": "b"});
    let decision = document("ReconciliationPolicy", "prod", decisions(&json!([heal, otherwise()])));
    let both = said(vec![decision.clone(), taxonomy]);
    assert!(both.contains("[protected-domain] prod /spec/rules/0: `autoHeal: ALLOW` reaches `DATABASE`\n"), "{both}");
    let alone = said(vec![decision]);
    assert!(alone.starts_with("error[unknown-word] prod /spec/rules/0/when/domain: unknown label `kafka`"), "{alone}");
}

#[test]
fn no_taxonomy_makes_a_protected_label_harmless() {
    let spec = json!({"rules": [label_rule("iam")], "labels": {"iam": "CONFIGURATION", "identity": "COST", "x": "MISC"},
                      "extends": "default"});
    assert_eq!(
        said(vec![document("DriftTaxonomy", "bent", spec)]),
        "error[unknown-word] bent /spec/extends: unknown taxonomy `default`\n  help: expected one of `shipped`\n\
         error[reserved-label] bent /spec/labels/iam: the label `iam` has a meaning already\n  help: choose another\n\
         error[reserved-label] bent /spec/labels/identity: the label `identity` has a meaning already\n  help: choose another\n\
         error[unknown-word] bent /spec/labels/x: unknown domain `MISC`\n  help: expected one of `CONFIGURATION`, `STATE`, \
         `RUNTIME_CONTROLLER`, `DEPENDENCY`, `IDENTITY`, `NETWORK`, `POLICY`, `SECRET`, `DATABASE`, `COST`"
    );
}

#[test]
fn an_exception_has_an_owner_and_an_end() {
    let spec = json!({"match": {"kind": ["Deployment"], "namespace": "legacy"}, "owner": "payments",
                      "reason": "migration", "expires": "2027-01-01"});
    let policy = read(document("DriftException", "legacy", spec));
    assert_eq!(policy.exceptions()[0].name, "legacy");
    assert_eq!(policy.exceptions()[0].spec.owner, "payments");
    assert_eq!(
        said(vec![document("DriftException", "legacy", json!({"match": {}, "owner": " "}))]),
        "warning[broad-exception] legacy /spec/match: the exception accepts every drift\n  \
           help: name what is accepted: a kind, a namespace, a path, a class\n\
         error[empty-text] legacy /spec/owner: the text is empty\n  help: write something here that a reader can use\n\
         error[missing-field] legacy /spec: the field `reason` is missing\n  help: add `reason`\n\
         error[missing-field] legacy /spec: the field `expires` is missing\n  help: add `expires`"
    );
}

#[test]
fn a_table_is_whole_and_names_are_unique_in_a_kind() {
    let classes = |name| {
        let rule = json!({"id": "rest", "when": {}, "classify": {"class": "UNCLASSIFIED"}, "because": "b"});
        document("DriftClassification", name, json!({"rules": [rule]}))
    };
    let heal = || document("AutoHealPolicy", "one", seed_heal_policy());
    assert_eq!(
        said(vec![classes("one"), heal(), classes("two"), heal()]),
        "error[second-table] two /kind: a second `DriftClassification`, besides `one`\n  \
           help: a table is whole: put its rules into one document\n\
         error[duplicate-name] one /metadata/name: another `AutoHealPolicy` has the name `one`\n  \
           help: give each a name of its own"
    );
}

#[test]
fn an_envelope_is_checked_whatever_is_in_it() {
    let budget =
        r#"{"kind": "DriftBudget", "metadata": {"name": "a b", "labels": {"x": 1}}, "spec": [], "status": {}}"#;
    assert_eq!(
        said(vec![written("a.yaml", budget), written("b.yaml", "[]"), written("c.yaml", "null")]),
        "error[unknown-field] a.yaml /status: unknown field `status`\n  help: the fields here are `apiVersion`, `kind`, \
         `metadata`, `spec`\n\
         error[missing-field] a.yaml: the field `apiVersion` is missing\n  help: add `apiVersion`\n\
         error[wrong-type] a.yaml /metadata/labels/x: expected text, found a number\n  help: put it in quotes\n\
         error[bad-name] a.yaml /metadata/name: bad name `a b`\n  help: write one word, such as `prod-defaults`\n\
         error[wrong-type] a.yaml /spec: expected an object, found a list\n  help: write fields, each with its value: `name: value`\n\
         error[wrong-type] b.yaml: expected an object, found a list\n  help: write fields, each with its value: `name: value`\n\
         error[wrong-type] c.yaml: expected an object, found nothing\n  help: write fields, each with its value: `name: value`"
    );
}

#[test]
fn the_digest_depends_on_what_is_said_alone() {
    let heal = document("AutoHealPolicy", "heal", seed_heal_policy());
    let one = written(
        "one",
        r#"{"apiVersion": "d.e/v1", "kind": "DriftClassification", "metadata": {"name": "c"}, "spec": {"rules": [
            {"id": "rest", "when": {}, "classify": {"class": "UNCLASSIFIED", "risk": "LOW"}, "because": "b"}]}}"#,
    );
    let same = written(
        "same",
        r#"{"spec": {"rules": [{"because": "b", "classify": {"risk": "LOW", "class": "UNCLASSIFIED"}, "when": {}, "id":
            "rest"}]}, "metadata": {"name": "c"}, "kind": "DriftClassification", "apiVersion": "d.e/v1"}"#,
    );
    let other = written(
        "other",
        r#"{"apiVersion": "d.e/v1", "kind": "DriftClassification", "metadata": {"name": "c"}, "spec": {"rules": [
            {"id": "rest", "when": {}, "classify": {"class": "UNCLASSIFIED", "risk": "HIGH"}, "because": "b"}]}}"#,
    );
    let digest = |documents: Vec<Authored>| Policy::read(documents).unwrap().0.digest();
    let expected = digest(vec![one.clone(), heal.clone()]);
    assert_eq!(digest(vec![heal.clone(), same]), expected);
    assert_ne!(digest(vec![heal, other]), expected);
    assert_ne!(digest(vec![one]), expected);
}

#[test]
fn what_is_in_force_is_printed_and_read_again() {
    let spec = json!({"rules": [label_rule("kafka")], "labels": {"kafka": "database"}, "extends": "shipped"});
    let ignore = json!({"resource": {"kind": "Deployment"}, "paths": ["/metadata/annotations/mesh"], "owner": "mesh",
                        "reason": "written by the mesh", "expires": "2027-03-01"});
    let exception = json!({"match": {"kind": "Deployment"}, "owner": "payments", "reason": "migration",
                           "expires": "2027-01-01"});
    let documents = vec![
        document("DriftTaxonomy", "streams", spec),
        document("ReconciliationPolicy", "prod", decisions(&json!([otherwise()]))),
        document("AutoHealPolicy", "heal", seed_heal_policy()),
        document("IgnoreRule", "mesh", ignore),
        document("DriftException", "legacy", exception),
        document("DriftBudget", "iam", json!({"domain": "iam", "maxOpen": 0})),
        document("AlertRouting", "routes", json!({"routes": [{"match": {}, "notify": ["$owner"]}]})),
        document("EquivalenceRule", "memory", json!({"resource": {}, "path": "/m", "same": "QUANTITY", "reason": "r"})),
        document("DriftOwnershipRule", "git", json!({"resource": {"kind": "Deployment"}, "gitOwned": ["/spec"]})),
    ];
    let (policy, _) = Policy::read(documents).unwrap_or_else(|problems| panic!("{problems}"));
    // The classification that ships is in force as well; the taxonomy that is extended comes with the other.
    assert_eq!(policy.documents().len(), 10);
    let again = policy.documents().iter().map(|line| written("again", line)).collect();
    let (again, _) = Policy::read(again).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!((again.documents(), again.digest()), (policy.documents(), policy.digest()));
}

#[test]
fn a_document_beyond_all_depth_is_refused() {
    let deep = (0..2_000).fold(Tree::Null, |tree, _| Tree::List(vec![tree]));
    let expected = "error[too-deep] deep.yaml: nested too deeply\n  help: keep to 512 levels";
    assert_eq!(said(vec![Authored::new("deep.yaml", deep)]), expected);
}

#[test]
fn a_long_text_is_quoted_in_part() {
    let text = said(vec![document("AutoHealPolicy", "heal", json!({"allowedPaths": ["x".repeat(500)]}))]);
    assert!(text.contains(&format!("bad path `{}…`", "x".repeat(60))) && !text.contains(&"x".repeat(61)), "{text}");
}

#[test]
fn law_8_what_a_rule_carries_as_a_value_is_not_quoted() {
    let spec = json!({"resource": {}, "path": "/spec", "same": "QUANTITY", "reason": "r", "value": "CANARY",
                      "keys": {"CANARY": "CANARY"}, "coversSecurityPaths": "CANARY", "since": ["CANARY"]});
    let text = said(vec![document("EquivalenceRule", "quiet", spec)]);
    assert!(text.contains("quiet /spec/since") && !text.contains("CANARY"), "{text}");
    let spec = json!({"resource": {}, "path": "/spec/replicas", "same": "QUANTITY", "reason": "r", "value": "CANARY"});
    let text = said(vec![document("EquivalenceRule", "quiet", spec)]);
    assert!(text.contains("quiet /spec/value") && !text.contains("CANARY"), "{text}");
}

/// Trees that look like documents for long enough to get somewhere.
fn tree() -> impl Strategy<Value = Tree> {
    let words = [
        "apiVersion",
        "kind",
        "metadata",
        "spec",
        "name",
        "labels",
        "rules",
        "when",
        "id",
        "because",
        "decide",
        "recommend",
        "autoHeal",
        "onUnknown",
        "classify",
        "class",
        "domain",
        "risk",
        "extends",
        "shipped",
        "resource",
        "paths",
        "path",
        "same",
        "appliesTo",
        "match",
        "routes",
        "notify",
        "cases",
        "given",
        "expect",
        "facts",
        "changes",
        "maxOpen",
        "suspend",
        "acknowledge",
        "drift.example/v1",
        "ALLOW",
        "DENY",
        "INCIDENT",
        "iam",
        "/**",
        "[a",
        "2027-01-01",
        "4h",
        "$serde_json::private::Number",
        "",
    ];
    let kinds = DocumentKind::WORDS.iter().copied();
    let words = words.into_iter().chain(kinds).collect::<Vec<_>>();
    let word = proptest::sample::select(words).prop_map(str::to_owned);
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        any::<i64>().prop_map(|number| Tree::Number(number.into())),
        word.clone().prop_map(Tree::Text),
        any::<String>().prop_map(Tree::Text),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Tree::List),
            proptest::collection::vec((word.clone(), inner), 0..6).prop_map(Tree::Object),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_that_is_written_makes_reading_panic(trees in proptest::collection::vec(tree(), 0..3)) {
        let documents = trees.into_iter().map(|tree| Authored::new("any.yaml", tree)).collect();
        if let Err(problems) = Policy::read(documents) {
            prop_assert!(problems.has_errors());
        }
    }

    #[test]
    fn a_spec_of_any_shape_is_read_or_refused_with_a_place_in_it(
        kind in proptest::sample::select(DocumentKind::WORDS.to_vec()),
        spec in tree(),
    ) {
        let text = |text: &str| Tree::Text(text.to_owned());
        let metadata = Tree::Object(vec![("name".to_owned(), text("any"))]);
        let content = Tree::Object(vec![
            ("apiVersion".to_owned(), text("drift.example/v1")),
            ("kind".to_owned(), text(kind)),
            ("metadata".to_owned(), metadata),
            ("spec".to_owned(), spec),
        ]);
        let value = content.to_value();
        match Policy::read(vec![Authored::new("any.yaml", content)]) {
            Ok((_, warnings)) => prop_assert!(!warnings.has_errors()),
            Err(problems) => {
                prop_assert!(problems.has_errors());
                for found in &problems {
                    prop_assert_eq!(found.document.as_str(), "any");
                    // Of a key that is written twice, what the first one holds is not in the value.
                    let place = value.pointer(&found.pointer);
                    prop_assert!(place.is_some() || found.code == "duplicate-key", "{} in {value}", found.pointer);
                }
            }
        }
    }
}
