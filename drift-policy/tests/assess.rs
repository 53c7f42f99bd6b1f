//! The engine as an embedder uses it: the laws that it answers for, on whole observations.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![allow(clippy::disallowed_types, reason = "an engine is compiled once for all cases")]
#![allow(clippy::needless_pass_by_value, reason = "`json!` makes values to give away")]

use std::sync::LazyLock;

use drift_diff::{Named, Rules};
use drift_model::{Action, DriftClass, Facts, Finding, Method, Obligation, Observation, Risk, Verdict};
use drift_policy::{Authored, Contract, Engine, Policy};
use proptest::prelude::*;
use serde_json::{Value, json};

fn contract(policy: Policy) -> Contract {
    Contract::new()
        .owner("platform")
        .source_of_truth("git://shop/infra")
        .observed_by([Method::GitopsDiff])
        .diffed_by(Rules::default())
        .decided_by(policy)
        .may(Action::ALL.iter().copied())
        .evidence_in("s3://evidence/drift/")
}

fn policy(documents: &[Value]) -> Policy {
    let authored = |(index, document): (usize, &Value)| {
        Authored::new(format!("document {index}"), serde_json::from_value(document.clone()).unwrap())
    };
    Policy::read(documents.iter().enumerate().map(authored).collect()).unwrap().0
}

fn engine(documents: &[Value]) -> Engine {
    Engine::compile(contract(policy(documents))).unwrap()
}

fn observation(kind: (&str, &str), desired: Value, actual: Value, facts: Value) -> Observation {
    let (group, kind) = kind;
    let wire = json!({
        "id": "obs", "observedAt": "2026-07-03T10:22:31Z",
        "resource": {"system": "KUBERNETES", "group": group, "version": "v1", "kind": kind, "namespace": "prod", "name": "web"},
        "planes": {"desired": {"status": "PRESENT", "document": desired}, "actual": {"status": "PRESENT", "document": actual}},
        "facts": facts,
    });
    Observation::from_json(&wire.to_string()).unwrap()
}

/// Everything that a machine could want to hear before it acts alone.
fn good_facts() -> Value {
    json!({
        "environment": "prod", "incident": "NONE", "changeRecord": "NONE", "sync": "OUT_OF_SYNC", "health": "HEALTHY",
        "actors": [{"kind": "HUMAN", "id": "ana@example.com", "source": "kubernetes-audit"}],
        "desiredFreshness": "FRESH", "reversible": "YES", "freeze": "OFF", "suspended": "NO",
        "namespaceLabels": {"platform.example.com/tier": "standard"},
    })
}

/// A policy that lets a machine heal whatever a policy can let it heal.
fn heal_everything(kinds: &[&str]) -> Value {
    json!({
        "apiVersion": "drift.example/v1", "kind": "AutoHealPolicy", "metadata": {"name": "heal-everything"},
        "spec": {"appliesTo": {"resourceKinds": kinds}, "allowedPaths": ["/**"], "maxObjectsPerReconcile": 100},
    })
}

fn labels(value: &str) -> Value {
    json!({"metadata": {"labels": {"team": value}}, "spec": {"replicas": 1}})
}

#[test]
fn law_5_decisions_come_from_a_checked_table_there_is_no_engine_without_a_contract() {
    let problems = Engine::compile(Contract::new()).unwrap_err();
    let pointers: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(pointers, ["/owner", "/sourceOfTruth", "/observation", "/diff", "/policy", "/actions", "/evidence"]);
    assert_eq!(
        problems.iter().next().unwrap().to_string(),
        "error[missing-part] contract /owner: the contract does not say who answers for drift\n  \
         help: name a team: `.owner(\"platform\")`"
    );
}

#[test]
fn law_5_decisions_come_from_a_checked_table_that_stays_within_the_contract() {
    let narrow = Contract::new()
        .owner("platform")
        .source_of_truth("git://shop/infra")
        .observed_by([Method::GitopsDiff])
        .diffed_by(Rules::default())
        .decided_by(Policy::shipped())
        .may([Action::Incident])
        .evidence_in("s3://evidence");
    let problems = Engine::compile(narrow).unwrap_err();
    assert!(problems.iter().all(|problem| problem.code == "action-not-permitted"), "{problems}");
    assert!(
        problems.to_string().contains("recommends RUNTIME_REVERT, which the contract does not allow"),
        "{problems}"
    );
}

#[test]
fn law_5_what_holds_where_facts_are_missing_stays_within_the_contract_too() {
    let nothing = json!({"id": "all", "when": {}, "decide": {"recommend": "NONE", "autoHeal": "DENY"}, "because": "b"});
    let spec = json!({"rules": [nothing], "onUnknown": {"recommend": "IMPORT", "autoHeal": "DENY"}});
    let content = json!({"apiVersion": "drift.example/v1", "kind": "ReconciliationPolicy", "metadata": {"name": "ours"}, "spec": spec});
    let contract = Contract::new()
        .owner("platform")
        .source_of_truth("git://shop/infra")
        .observed_by([Method::GitopsDiff])
        .diffed_by(Rules::default())
        .decided_by(Policy::read(vec![Authored::new("ours.yaml", content.into())]).unwrap().0)
        .may([Action::Ignore])
        .evidence_in("s3://evidence");
    assert_eq!(
        Engine::compile(contract).unwrap_err().to_string(),
        "error[action-not-permitted] contract /actions: `onUnknown` of the decisions recommends IMPORT, which the contract \
         does not allow\n  help: the contract allows `IGNORE`"
    );
}

#[test]
fn law_5_decisions_come_from_a_checked_table_and_name_their_rule_and_the_refusals() {
    let engine = engine(&[]);
    let observation = observation(("apps", "Deployment"), labels("a"), labels("b"), good_facts());
    let facts = Facts::default();
    let assessment = engine.assess(&observation, &facts);
    let [finding] = assessment.findings() else { panic!("{:?}", assessment.findings()) };
    let tables: Vec<&str> = finding.trace.iter().map(|step| step.table.as_str()).collect();
    assert_eq!(tables, ["taxonomy", "classification", "decision"]);
    for step in &finding.trace {
        assert!(step.because.is_some() && !step.refused.is_empty(), "{step:?}");
    }
    assert_eq!(finding.policy_digest, engine.digest());
}

#[test]
fn law_6_a_machine_heals_only_when_every_gate_is_known_to_be_open() {
    let engine = engine(&[heal_everything(&["Deployment"])]);
    let facts = Facts::default();
    let healed = |facts_of: Value| {
        let observation = observation(("apps", "Deployment"), labels("a"), labels("b"), facts_of);
        let assessment = engine.assess(&observation, &facts);
        let [finding] = assessment.findings() else { panic!("{:?}", assessment.findings()) };
        (finding.auto_heal_allowed, finding.auto_heal.refused_by.join(" "))
    };
    assert_eq!(healed(good_facts()), (true, String::new()));
    for (fact, bad, gate) in [
        ("desiredFreshness", json!("STALE"), "desired-not-fresh"),
        ("reversible", json!("NO"), "not-reversible"),
        ("freeze", json!("ON"), "freeze"),
        ("suspended", json!("YES"), "suspended"),
    ] {
        let mut facts = good_facts();
        facts[fact] = bad;
        assert_eq!(healed(facts.clone()), (false, gate.to_owned()), "{fact} bad");
        // Not knowing refuses as a bad answer does.
        facts.as_object_mut().unwrap().remove(fact);
        assert_eq!(healed(facts), (false, gate.to_owned()), "{fact} unknown");
    }
}

#[test]
fn law_6_a_machine_heals_what_is_protected_only_until_the_word_for_it_ends_and_aloud() {
    let kinds = ["ClusterRole", "NetworkPolicy", "Secret", "Deployment"];
    let reckless = json!({
        "apiVersion": "drift.example/v1", "kind": "ReconciliationPolicy", "metadata": {"name": "reckless"},
        "spec": {
            "rules": [{"id": "revert-all", "when": {}, "decide": {"recommend": "RUNTIME_REVERT", "autoHeal": "ALLOW"},
                       "because": "speed", "acknowledge": {"by": "cto", "reason": "speed", "expires": "2026-07-04"}}],
            "onUnknown": {"recommend": "INCIDENT", "autoHeal": "DENY"}
        }
    });
    let engine = engine(&[heal_everything(&kinds), reckless]);
    let facts = Facts::default();
    for (kind, desired, actual) in [
        (
            ("rbac.authorization.k8s.io", "ClusterRole"),
            json!({"rules": [{"verbs": ["get"]}]}),
            json!({"rules": [{"verbs": ["*"]}]}),
        ),
        (
            ("networking.k8s.io", "NetworkPolicy"),
            json!({"spec": {"policyTypes": ["Ingress"]}}),
            json!({"spec": {"policyTypes": []}}),
        ),
        (("", "Secret"), json!({"type": "Opaque"}), json!({"type": "other"})),
    ] {
        let mut observation = observation(kind, desired, actual, good_facts());
        let answers = |observation: &Observation| {
            let assessment = engine.assess(observation, &facts);
            let told = |finding: &Finding| finding.actions.obligations.contains(&Obligation::Notify);
            let answer = |finding: &Finding| (finding.auto_heal.refused_by.join(" "), told(finding));
            assessment.findings().iter().map(answer).collect::<Vec<_>>()
        };
        assert_eq!(answers(&observation), [(String::new(), true)], "{kind:?}");
        observation.observed_at = Some("2026-07-04".parse().unwrap());
        assert_eq!(answers(&observation), [("acknowledgement-expired".to_owned(), true)], "{kind:?}");
    }
}

#[test]
fn law_6_denied_beats_allowed() {
    let mut heal = heal_everything(&["Deployment"]);
    heal["spec"]["deniedPaths"] = json!(["/metadata/labels/team"]);
    let engine = engine(&[heal]);
    let observation = observation(("apps", "Deployment"), labels("a"), labels("b"), good_facts());
    let facts = Facts::default();
    let assessment = engine.assess(&observation, &facts);
    assert_eq!(assessment.findings()[0].auto_heal.refused_by, ["denied-path"]);
}

#[test]
fn law_7_state_refresh_is_never_offered_while_runtime_is_wrong() {
    let engine = engine(&[]);
    let nothing = Facts::default();
    for facts in [good_facts(), json!({}), json!({"changeRecord": "NONE"}), json!({"actors": [{"kind": "PIPELINE"}]})] {
        let wire = json!({
            "id": "obs",
            "resource": {"system": "OPENTOFU", "type": "aws_vpc", "address": "aws_vpc.main"},
            "planes": {
                "desired": {"status": "PRESENT", "document": {"cidr": "10.0.0.0/16"}},
                "recorded": {"status": "PRESENT", "document": {"cidr": "10.0.0.0/16"}},
                "actual": {"status": "PRESENT", "document": {"cidr": "10.1.0.0/16"}}
            },
            "facts": facts
        });
        let observation = Observation::from_json(&wire.to_string()).unwrap();
        let assessment = engine.assess(&observation, &nothing);
        assert!(assessment.findings().iter().all(|finding| finding.actions.action != Action::StateRefresh));
        assert_eq!(assessment.verdict(), Verdict::Drifted);
    }
}

#[test]
fn an_unknown_resource_is_answered_and_makes_no_finding() {
    let engine = engine(&[]);
    let wire = json!({
        "id": "obs", "resource": {"system": "KUBERNETES", "version": "v1", "kind": "ConfigMap", "name": "a"},
        "planes": {"desired": {"status": "PRESENT", "document": {"data": {"a": "1"}}}, "actual": {"status": "UNKNOWN", "reason": "FAILED", "detail": "503"}}
    });
    let observation = Observation::from_json(&wire.to_string()).unwrap();
    let facts = Facts::default();
    let report = engine.assess(&observation, &facts).report();
    assert_eq!((report.verdict, report.findings.len(), report.detail.as_deref()), (Verdict::Unknown, 0, Some("503")));
}

#[test]
fn one_finding_for_each_class_the_riskiest_first() {
    let engine = engine(&[]);
    let pod = |image: &str, replicas: u64| json!({"spec": {"replicas": replicas, "template": {"spec": {"containers": [{"name": "web", "image": image}]}}}});
    let mut observation = observation(("apps", "Deployment"), pod("a", 2), pod("b", 5), good_facts());
    observation.claims = serde_json::from_value(json!([
        {"path": "/spec/replicas", "owner": "CONTROLLER", "name": "horizontal-pod-autoscaler", "origin": "managed-fields"}
    ]))
    .unwrap();
    let facts = Facts::default();
    let assessment = engine.assess(&observation, &facts);
    let classes: Vec<_> = assessment.findings().iter().map(|finding| (finding.drift_class, finding.risk)).collect();
    assert_eq!(
        classes,
        [(DriftClass::UnauthorizedRuntimeDrift, Risk::High), (DriftClass::ControllerOwnedDrift, Risk::Info)]
    );
}

#[test]
fn the_fields_of_a_finding_are_those_of_the_contract_in_its_order() {
    let engine = engine(&[]);
    let observation = observation(("apps", "Deployment"), labels("a"), labels("b"), good_facts());
    let facts = Facts::default();
    let assessment = engine.assess(&observation, &facts);
    let text = serde_json::to_string(&assessment.findings()[0]).unwrap();
    let places: Vec<usize> = [
        "findingId",
        "detectedAt",
        "domain",
        "resourceRef",
        "environment",
        "owner",
        "sourceOfTruth",
        "driftClass",
        "risk",
        "changedFields",
        "auditCorrelation",
        "recommendedAction",
        "autoHealAllowed",
        "evidenceUri",
        "fingerprint",
        "causeFingerprint",
        "relation",
        "actions",
        "autoHeal",
        "trace",
        "policyDigest",
        "changes",
    ]
    .iter()
    .map(|field| text.find(&format!("\"{field}\":")).unwrap_or_else(|| panic!("no {field} in {text}")))
    .collect();
    assert!(places.is_sorted(), "{text}");
    let finding = &assessment.findings()[0];
    assert!(finding.evidence_uri.as_ref().unwrap().starts_with("s3://evidence/drift/2026/07/03/drift-20260703-"));
    assert_eq!(finding.changed_fields, ["/metadata/labels/team"]);
}

#[test]
fn units_that_drift_alike_at_one_moment_have_a_finding_each() {
    let engine = engine(&[]);
    let one = observation(("apps", "Deployment"), labels("a"), labels("b"), good_facts());
    let ids: std::collections::BTreeSet<String> = [None, Some("eu-1"), Some("eu-2")]
        .into_iter()
        .map(|unit| {
            let mut observation = one.clone();
            observation.unit = unit.map(str::to_owned);
            engine.assess(&observation, &Facts::default()).findings()[0].finding_id.clone()
        })
        .collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
}

#[test]
fn fingerprints_survive_a_new_scan_and_a_cause_is_the_same_on_another_resource() {
    let engine = engine(&[]);
    let facts = Facts::default();
    let one = observation(("apps", "Deployment"), labels("a"), labels("b"), good_facts());
    let mut later = one.clone();
    later.observed_at = Some("2026-07-04T00:00:00Z".parse().unwrap());
    let mut other = one.clone();
    other.resource.name = "api".to_owned();
    let finding = |observation: &Observation| engine.assess(observation, &facts).findings()[0].clone();
    let (one, later, other) = (finding(&one), finding(&later), finding(&other));
    assert_eq!(one.fingerprint, later.fingerprint);
    assert_ne!(one.finding_id, later.finding_id);
    assert_ne!(one.fingerprint, other.fingerprint);
    assert_eq!(one.cause_fingerprint, other.cause_fingerprint);
}

#[test]
fn an_engine_is_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&engine(&[]));
}

#[test]
fn law_9_same_in_same_out_the_digest_names_what_decides() {
    let rule = |name: &str| {
        json!({"apiVersion": "drift.example/v1", "kind": "IgnoreRule", "metadata": {"name": name},
        "spec": {"resource": {"kind": "Deployment"}, "paths": ["/metadata/annotations/x"], "owner": "a", "reason": "b", "expires": "2027-01-01"}})
    };
    assert_eq!(engine(&[rule("a"), rule("b")]).digest(), engine(&[rule("b"), rule("a")]).digest());
    assert_ne!(engine(&[rule("a")]).digest(), engine(&[]).digest());
    // Rules that are given to the comparison itself are named in no other way.
    let read = |name: &str| Named::new(name, serde_json::from_value(rule(name)["spec"].clone()).unwrap());
    let among = |names: &[&str]| {
        let rules = Rules { ignores: names.iter().map(|name| read(name)).collect(), ..Rules::default() };
        Engine::compile(contract(policy(&[])).diffed_by(rules)).unwrap().digest()
    };
    assert_eq!(among(&["a", "b"]), among(&["b", "a"]));
    assert_ne!(among(&["a", "b"]), among(&["a"]));
}

/// Facts of which some are left out.
fn some_facts() -> impl Strategy<Value = (Value, Value)> {
    let pick = |name: &'static str, values: &'static [&'static str]| {
        prop::sample::select(values).prop_map(move |value| (name, json!(value)))
    };
    let all = (
        pick("incident", &["OPEN", "CLOSED", "NONE"]),
        pick("changeRecord", &["MATCHED", "UNMATCHED", "NONE"]),
        pick("sync", &["SYNCED", "OUT_OF_SYNC"]),
        pick("reconcile", &["SUCCEEDED", "FAILED", "STALLED"]),
        pick("freeze", &["ON", "OFF"]),
        pick("desiredFreshness", &["FRESH", "STALE"]),
        pick("reversible", &["YES", "NO"]),
        pick("suspended", &["YES", "NO"]),
        prop::sample::select(&["HUMAN", "PIPELINE", "CONTROLLER", "BREAK_GLASS", "UNATTRIBUTED"][..])
            .prop_map(|kind| ("actors", json!([{"kind": kind}]))),
        pick("health", &["HEALTHY", "DEGRADED"]),
    );
    (all, any::<u16>()).prop_map(|((a, b, c, d, e, f, g, h, i, j), mask)| {
        let known: Vec<(&str, Value)> = vec![a, b, c, d, e, f, g, h, i, j];
        let object =
            |facts: &[(&str, Value)]| Value::Object(facts.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect());
        let fewer: Vec<(&str, Value)> =
            known.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 0).map(|(_, fact)| fact.clone()).collect();
        (object(&known), object(&fewer))
    })
}

/// An engine that lets a machine do whatever documents can let it do.
static ALMIGHTY: LazyLock<Engine> =
    LazyLock::new(|| engine(&[heal_everything(&["Deployment", "ConfigMap", "ClusterRole"])]));

proptest! {
    #[test]
    fn law_3_no_result_is_not_no_drift_an_unknown_fact_never_makes_a_decision_bolder((known, fewer) in some_facts(), kind in 0..3_usize) {
        let engine = &*ALMIGHTY;
        let kind = [("apps", "Deployment"), ("", "ConfigMap"), ("rbac.authorization.k8s.io", "ClusterRole")][kind];
        let nothing = Facts::default();
        let decide = |facts: Value| {
            let observation = observation(kind, labels("a"), labels("b"), facts);
            let assessment = engine.assess(&observation, &nothing);
            let finding = &assessment.findings()[0];
            (finding.actions.action.changes_runtime(), finding.auto_heal_allowed)
        };
        let (acts, heals) = decide(known);
        let (acts_unsure, heals_unsure) = decide(fewer);
        prop_assert!(acts || !acts_unsure, "an unknown fact made the decision bolder");
        prop_assert!(heals || !heals_unsure, "an unknown fact opened a gate");
    }
}

#[test]
fn s1_4_accepted_drift_does_not_alert_again_until_the_exception_ends() {
    let exception = json!({
        "apiVersion": "drift.example/v1", "kind": "DriftException", "metadata": {"name": "label-migration"},
        "spec": {"match": {"kind": ["Deployment"], "path": ["/metadata/labels"]}, "owner": "platform", "reason": "migration", "expires": "2026-08-01"}
    });
    let engine = engine(&[exception]);
    let facts = Facts::default();
    let decided = |at: &str| {
        let mut observation = observation(("apps", "Deployment"), labels("a"), labels("b"), good_facts());
        observation.observed_at = Some(at.parse().unwrap());
        let assessment = engine.assess(&observation, &facts);
        let finding = &assessment.findings()[0];
        (assessment.verdict(), finding.recommended_action.clone(), finding.trace[2].rule.clone())
    };
    assert_eq!(decided("2026-07-03"), (Verdict::Drifted, "NONE".to_owned(), "excepted".to_owned()));
    assert_eq!(decided("2026-08-01").1, "RUNTIME_REVERT");
}

/// Whoever may edit an object may write on it that nobody should look: that is told, and excuses nothing.
#[test]
fn an_opt_out_on_the_live_object_is_reported_and_not_obeyed() {
    let live = json!({
        "metadata": {"labels": {"team": "b"}, "annotations": {
            "kustomize.toolkit.fluxcd.io/reconcile": "disabled",
            "argocd.argoproj.io/compare-options": "IgnoreExtraneous"}},
        "spec": {"replicas": 1}});
    let engine = engine(&[]);
    let facts = Facts::default();
    let observed = observation(("apps", "Deployment"), labels("a"), live, good_facts());
    let report = engine.assess(&observed, &facts).report();
    assert_eq!(report.verdict, Verdict::Drifted);
    assert_eq!(
        serde_json::to_value(&report).unwrap()["optOuts"],
        json!([
            {"pointer": "/metadata/annotations/argocd.argoproj.io~1compare-options", "kind": "IGNORES_EXTRANEOUS", "reach": "OBJECT", "extent": "WHOLE"},
            {"pointer": "/metadata/annotations/kustomize.toolkit.fluxcd.io~1reconcile", "kind": "NOT_RECONCILED", "reach": "OBJECT", "extent": "WHOLE"},
        ])
    );
}

#[test]
fn owners_that_contradict_each_other_are_both_named() {
    let mut observed = observation(
        ("apps", "Deployment"),
        json!({"spec": {"replicas": 1}}),
        json!({"spec": {"replicas": 2}}),
        good_facts(),
    );
    let claims = json!([
        {"path": "/spec/replicas", "owner": "CONTROLLER", "name": "keda", "origin": "managed-fields"},
        {"path": "/spec/replicas", "owner": "CONTROLLER", "name": "horizontal-pod-autoscaler", "origin": "managed-fields"},
        {"path": "/spec", "owner": "GIT", "origin": "managed-fields"},
    ]);
    observed.claims = serde_json::from_value(claims.clone()).unwrap();
    let (engine, facts) = (engine(&[]), Facts::default());
    let report = serde_json::to_value(engine.assess(&observed, &facts).report()).unwrap();
    let change = &report["changes"][0];
    assert_eq!((&change["owner"], &change["disposition"]), (&json!("AMBIGUOUS"), &json!("DRIFT")));
    // The third claims less particularly, and has no say.
    assert_eq!(change["claims"], json!([claims[1], claims[0]]));
    observed.claims.pop();
    observed.claims.pop();
    let report = serde_json::to_value(engine.assess(&observed, &facts).report()).unwrap();
    assert_eq!(report["changes"][0]["owner"], "CONTROLLER");
    assert_eq!(report["changes"][0].get("claims"), None);
}
