//! Healing, seen from outside: whole policies, the kill switch, suspensions, exceptions, and the preview.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "numbers and lists of tests are small")]
#![allow(clippy::needless_pass_by_value, reason = "`json!` makes values to give away")]

use drift_diff::Rules;
use drift_model::{Action, Facts, Method, Obligation, Observation};
use drift_policy::{Authored, Candidate, Contract, Deed, DeedKind, Engine, Governor, History, Policy};
use serde_json::{Value, json};

fn document(kind: &str, name: &str, spec: Value) -> Authored {
    let content = json!({"apiVersion": "drift.example/v1", "kind": kind, "metadata": {"name": name}, "spec": spec});
    Authored::new(format!("{name}.yaml"), content.into())
}

fn contract(documents: Vec<Authored>) -> Contract {
    let (policy, _) = Policy::read(documents).unwrap_or_else(|problems| panic!("{problems}"));
    Contract::new()
        .owner("platform")
        .source_of_truth("git://shop/infra")
        .observed_by([Method::GitopsDiff])
        .diffed_by(Rules::default())
        .decided_by(policy)
        .may(Action::ALL.iter().copied())
        .evidence_in("s3://evidence/drift")
}

fn engine(documents: Vec<Authored>) -> Engine {
    Engine::compile(contract(documents)).unwrap()
}

/// The heal policy of seeds S0.9.2.
fn of_the_seeds() -> Value {
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

fn with(mut spec: Value, key: &str, value: Value) -> Value {
    spec[key] = value;
    spec
}

fn good_facts() -> Value {
    json!({
        "environment": "prod", "incident": "NONE", "changeRecord": "NONE", "sync": "OUT_OF_SYNC", "health": "HEALTHY",
        "actors": [{"kind": "HUMAN", "id": "ana@example.com", "source": "kubernetes-audit"}],
        "desiredFreshness": "FRESH", "reversible": "YES", "freeze": "OFF", "suspended": "NO",
        "namespaceLabels": {"platform.example.com/tier": "standard"},
    })
}

fn deployment(desired: Value, actual: Value, facts: Value) -> Observation {
    let wire = json!({
        "id": "obs", "observedAt": "2026-07-03T10:22:31Z",
        "resource": {"system": "KUBERNETES", "group": "apps", "version": "v1", "kind": "Deployment",
                     "namespace": "prod", "name": "web"},
        "planes": {"desired": {"status": "PRESENT", "document": desired}, "actual": {"status": "PRESENT", "document": actual}},
        "claims": [{"path": "/spec/replicas", "owner": "CONTROLLER", "name": "horizontal-pod-autoscaler",
                    "origin": "managed-fields"}],
        "facts": facts,
    });
    Observation::from_json(&wire.to_string()).unwrap()
}

fn relabelled(facts: Value) -> Observation {
    deployment(json!({"metadata": {"labels": {"team": "a"}}}), json!({"metadata": {"labels": {"team": "b"}}}), facts)
}

/// Whether a machine may heal the one finding, and the gates that refuse.
fn answer(engine: &Engine, observation: &Observation) -> (bool, String) {
    let facts = Facts::default();
    let assessment = engine.assess(observation, &facts);
    let [finding] = assessment.findings() else { panic!("{:?}", assessment.findings()) };
    (finding.auto_heal_allowed, finding.auto_heal.refused_by.join(" "))
}

#[test]
fn s0_9_2_the_policy_of_the_seeds_heals_what_it_names_and_nothing_else() {
    let engine = engine(vec![document("AutoHealPolicy", "safe-fields", of_the_seeds())]);
    assert_eq!(answer(&engine, &relabelled(good_facts())), (true, String::new()));
    let other = with(good_facts(), "namespaceLabels", json!({"platform.example.com/tier": "gold"}));
    assert_eq!(answer(&engine, &relabelled(other)), (false, "namespace-not-covered".into()));
    let unknown = with(good_facts(), "namespaceLabels", Value::Null);
    assert_eq!(answer(&engine, &relabelled(unknown)), (false, "namespace-not-covered".into()));
    let unhealthy = with(good_facts(), "health", json!("PROGRESSING"));
    assert_eq!(answer(&engine, &relabelled(unhealthy)), (false, "unhealthy".into()));
    let container =
        |image: &str| json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}}});
    let image = deployment(container("shop@sha256:9b2c"), container("shop:debug"), good_facts());
    assert_eq!(answer(&engine, &image), (false, "denied-path path-not-allowed".into()));
}

#[test]
fn denied_beats_allowed_also_where_the_change_stands_above_what_is_denied() {
    let spec = with(
        with(of_the_seeds(), "allowedPaths", json!(["/metadata"])),
        "deniedPaths",
        json!(["/metadata/labels/team"]),
    );
    let engine = engine(vec![document("AutoHealPolicy", "narrow", spec)]);
    assert_eq!(answer(&engine, &relabelled(good_facts())), (false, "denied-path".into()));
    let without = deployment(json!({"metadata": {"labels": {"team": "a"}}}), json!({"metadata": {}}), good_facts());
    assert_eq!(answer(&engine, &without), (false, "denied-path".into()));
    // A whole item carries along what is denied in every item.
    let spec = with(of_the_seeds(), "allowedPaths", json!(["/spec"]));
    let engine = self::engine(vec![document("AutoHealPolicy", "broad", spec)]);
    let containers = |names: &[&str]| {
        let container = |name: &&str| json!({"name": name, "image": "shop@sha256:9b2c"});
        json!({"spec": {"template": {"spec": {"containers": names.iter().map(container).collect::<Vec<_>>()}}}})
    };
    let removed = deployment(containers(&["web", "log"]), containers(&["web"]), good_facts());
    let (_, refused) = answer(&engine, &removed);
    assert!(refused.split(' ').any(|gate| gate == "denied-path"), "{refused}");
    // What can never heal is noticed where it is written.
    let spec = with(of_the_seeds(), "deniedPaths", json!(["/metadata"]));
    let (_, warnings) = Policy::read(vec![document("AutoHealPolicy", "vain", spec)]).unwrap();
    assert_eq!(
        warnings.to_string(),
        "warning[denied-path] vain /spec/allowedPaths/0: `/metadata/labels` never heals\n  \
           help: `/metadata` denies it, and denied beats allowed\n\
         warning[denied-path] vain /spec/allowedPaths/1: `/metadata/annotations` never heals\n  \
           help: `/metadata` denies it, and denied beats allowed"
    );
}

#[test]
fn what_one_policy_denies_no_other_about_the_same_resources_allows() {
    let denying = |spec: Value| {
        engine(vec![
            document("AutoHealPolicy", "allows", of_the_seeds()),
            document("AutoHealPolicy", "denies", with(spec, "deniedPaths", json!(["/metadata/labels/team"]))),
        ])
    };
    let elsewhere = |spec: Value| with(spec, "allowedPaths", json!(["/spec/paused"]));
    let refused = (false, "denied-path".to_owned());
    assert_eq!(answer(&denying(elsewhere(of_the_seeds())), &relabelled(good_facts())), refused);
    // Whether it is about the namespace or not, as nobody knows.
    let everywhere = with(of_the_seeds(), "appliesTo", json!({"resourceKinds": ["Deployment"]}));
    let tier = json!({"resourceKinds": ["Deployment"], "namespaces": {"matchLabels": {"tier": "gold"}}});
    let gold = with(elsewhere(of_the_seeds()), "appliesTo", tier);
    let both = engine(vec![
        document("AutoHealPolicy", "allows", everywhere),
        document("AutoHealPolicy", "denies", with(gold.clone(), "deniedPaths", json!(["/metadata/labels/team"]))),
    ]);
    let unknown = with(good_facts(), "namespaceLabels", Value::Null);
    assert_eq!(answer(&both, &relabelled(unknown)), refused);
    assert_eq!(answer(&both, &relabelled(good_facts())), (true, String::new()), "it is known to be about others");
    // A policy about other kinds denies nothing here.
    let services = with(gold, "appliesTo", json!({"resourceKinds": ["Service"]}));
    assert_eq!(answer(&denying(services), &relabelled(good_facts())), (true, String::new()));
}

#[test]
fn a_suspended_policy_lets_nothing_heal_until_it_is_known_to_be_over() {
    let heal = |suspend: Value| {
        engine(vec![document("AutoHealPolicy", "safe-fields", with(of_the_seeds(), "suspend", suspend))])
    };
    let by = json!({"by": "sre", "reason": "sale", "until": "2026-07-03T10:22:32Z"});
    let refused = (false, "policy-suspended".to_owned());
    assert_eq!(answer(&heal(by), &relabelled(good_facts())), refused);
    let over = json!({"by": "sre", "reason": "sale", "until": "2026-07-03T10:22:31Z"});
    assert_eq!(answer(&heal(over.clone()), &relabelled(good_facts())), (true, String::new()));
    assert_eq!(answer(&heal(json!({"by": "sre", "reason": "sale"})), &relabelled(good_facts())), refused);
    // Where nobody says what time it is, it is not over.
    let mut timeless = relabelled(good_facts());
    timeless.observed_at = None;
    assert_eq!(answer(&heal(over), &timeless), refused);
}

#[test]
fn the_kill_switch_is_named_first_and_is_part_of_the_digest() {
    let documents = || vec![document("AutoHealPolicy", "safe-fields", of_the_seeds())];
    let off = Engine::compile(contract(documents()).healing_switched_off()).unwrap();
    assert_eq!(answer(&off, &relabelled(good_facts())), (false, "kill-switch".into()));
    assert_ne!(off.digest(), engine(documents()).digest());
    let frozen = with(good_facts(), "freeze", json!("ON"));
    assert_eq!(answer(&off, &relabelled(frozen)), (false, "kill-switch freeze".into()));
}

#[test]
fn an_exception_holds_back_a_heal_until_it_ends() {
    let excepted = |expires: &str| {
        let exception = json!({"match": {"kind": ["Deployment"], "namespace": "prod"}, "owner": "checkout",
                               "reason": "migration", "expires": expires});
        engine(vec![
            document("AutoHealPolicy", "safe-fields", of_the_seeds()),
            document("DriftException", "migration", exception),
        ])
    };
    let relabelled = relabelled(good_facts());
    assert_eq!(answer(&excepted("2026-07-04"), &relabelled), (false, "decision-denies not-a-revert exception".into()));
    assert_eq!(answer(&excepted("2026-07-03"), &relabelled), (true, String::new()));
}

#[test]
fn an_exception_holds_back_a_heal_also_where_the_decisions_do_not_ask_for_it() {
    let excepted = |expires: &str| {
        let exception =
            json!({"match": {"kind": "Deployment"}, "owner": "checkout", "reason": "sale", "expires": expires});
        let mut documents = renamed(true, &json!({"kind": ["Nothing"]}), "configuration", "Deployment", false);
        documents.push(document("DriftException", "sale", exception));
        engine(documents)
    };
    let observation = relabelled(good_facts());
    assert_eq!(answer(&excepted("2026-07-03T10:22:32Z"), &observation), (false, "exception".into()));
    // It ends now.
    assert_eq!(answer(&excepted("2026-07-03T10:22:31Z"), &observation), (true, String::new()));
    // What the facts say holds as well.
    let told = relabelled(with(good_facts(), "exception", json!({"id": "sale"})));
    assert_eq!(answer(&excepted("2026-07-03"), &told), (false, "exception".into()));
}

#[test]
fn what_heals_only_with_evidence_does_not_heal_where_none_is_kept() {
    let answered = |evidence: &str, required: bool| {
        let heal = document("AutoHealPolicy", "safe-fields", with(of_the_seeds(), "evidenceRequired", json!(required)));
        let engine = Engine::compile(contract(vec![heal]).evidence_in(evidence)).unwrap();
        let facts = Facts::default();
        let (relabelled, place) =
            (relabelled(good_facts()), |finding: &drift_model::Finding| finding.evidence_uri.clone());
        let uri = engine.assess(&relabelled, &facts).findings().first().and_then(place);
        (uri.is_some(), answer(&engine, &relabelled))
    };
    assert_eq!(answered("s3://evidence/drift", true), (true, (true, String::new())));
    assert_eq!(answered(" ", true), (false, (false, "no-evidence".into())));
    assert_eq!(answered("", false), (false, (true, String::new())), "nobody asks for it");
}

/// Every document that could ask for it: a decision for everything, and a heal policy for everything.
fn everything_asks_for_it(kind: &str, auto_heal: &str, acknowledged: Option<&str>) -> Vec<Authored> {
    let decide = json!({"recommend": "RUNTIME_REVERT", "autoHeal": auto_heal});
    let mut rule = json!({"id": "heal", "when": {}, "decide": decide, "because": "b"});
    if let Some(expires) = acknowledged {
        rule["acknowledge"] = json!({"by": "ciso", "reason": "drill", "expires": expires});
    }
    let rules = json!([rule]);
    let decision = json!({"rules": rules, "onUnknown": {"recommend": "INCIDENT", "autoHeal": "DENY"}});
    let heal = json!({"appliesTo": {"resourceKinds": [kind]}, "allowedPaths": [""], "maxObjectsPerReconcile": 1000,
                      "requireHealthyBeforeHeal": false, "evidenceRequired": false});
    vec![document("ReconciliationPolicy", "bold", decision), document("AutoHealPolicy", "everything", heal)]
}

/// A resource of each protected domain: group, kind, and a field of it.
const PROTECTED: [(&str, &str, &str); 4] = [
    ("rbac.authorization.k8s.io", "ClusterRole", "rules"),
    ("networking.k8s.io", "NetworkPolicy", "spec"),
    ("", "Secret", "type"),
    ("acid.zalan.do", "postgresql", "spec"),
];

fn drifted(group: &str, kind: &str, path: &str) -> Observation {
    let wire = json!({
        "id": "obs", "observedAt": "2026-07-03T10:22:31Z",
        "resource": {"system": "KUBERNETES", "group": group, "version": "v1", "kind": kind, "name": "web"},
        "planes": {"desired": {"status": "PRESENT", "document": {path: "a"}},
                   "actual": {"status": "PRESENT", "document": {path: "b"}}},
        "facts": good_facts(),
    });
    Observation::from_json(&wire.to_string()).unwrap()
}

#[test]
fn law_6_no_policy_is_read_that_lets_a_machine_heal_a_protected_domain_without_a_name_to_it() {
    let problems = Policy::read(everything_asks_for_it("ClusterRole", "ALLOW", None)).unwrap_err();
    assert!(problems.to_string().starts_with("error[protected-domain] bold /spec/rules/0: "), "{problems}");
}

#[test]
fn law_6_what_heals_in_a_protected_domain_is_acknowledged_and_never_silent() {
    for (group, kind, path) in PROTECTED {
        let observation = drifted(group, kind, path);
        let facts = Facts::default();
        for auto_heal in ["ALLOW", "ALLOW_WITH_ALERT"] {
            let engine = engine(everything_asks_for_it(kind, auto_heal, Some("2026-07-04")));
            let assessment = engine.assess(&observation, &facts);
            let [finding] = assessment.findings() else { panic!("{:?}", assessment.findings()) };
            assert_eq!(finding.auto_heal.refused_by, [""; 0], "{kind}");
            assert!(
                finding.auto_heal_allowed && finding.actions.obligations.contains(&Obligation::Notify),
                "{finding:?}"
            );
            assert!(assessment.routes().iter().all(|routed| !routed.notify.is_empty()), "{kind}");
        }
        let denied = engine(everything_asks_for_it(kind, "DENY", Some("2026-07-04")));
        assert_eq!(answer(&denied, &observation), (false, "decision-denies".into()), "{kind}");
    }
}

/// A taxonomy with one rule, before the shipped one or instead of it; decisions and a heal policy that go by what it says.
fn renamed(extends: bool, when: &Value, domain: &str, kind: &str, acknowledged: bool) -> Vec<Authored> {
    let rule = json!({"id": "renamed", "when": when, "domain": domain, "risk": "LOW", "because": "b"});
    let mut taxonomy = json!({"rules": [rule], "onUnknown": {"domain": "configuration", "risk": "LOW"}});
    if extends {
        taxonomy["extends"] = json!("shipped");
    }
    let mut heal = json!({"id": "heal", "when": {"domain": ["CONFIGURATION"]}, "because": "b",
                          "decide": {"recommend": "RUNTIME_REVERT", "autoHeal": "ALLOW"}});
    if acknowledged {
        heal["acknowledge"] = json!({"by": "ciso", "reason": "drill", "expires": "2026-07-04"});
    }
    let leave =
        json!({"id": "leave", "when": {}, "decide": {"recommend": "INCIDENT", "autoHeal": "DENY"}, "because": "b"});
    let decision = json!({"rules": [heal, leave], "onUnknown": {"recommend": "INCIDENT", "autoHeal": "DENY"}});
    let [_, anything] = <[Authored; 2]>::try_from(everything_asks_for_it(kind, "DENY", None)).unwrap();
    vec![document("DriftTaxonomy", "ours", taxonomy), document("ReconciliationPolicy", "bold", decision), anything]
}

#[test]
fn law_6_no_taxonomy_makes_harmless_what_ships_as_protected() {
    for (group, kind, path) in PROTECTED {
        for (extends, when) in [(false, json!({})), (true, json!({"kind": [kind]}))] {
            let observation = drifted(group, kind, path);
            let renamed = |acknowledged| renamed(extends, &when, "configuration", kind, acknowledged);
            assert_eq!(answer(&engine(renamed(false)), &observation), (false, "protected-domain".into()), "{kind}");
            // By its text, `postgresql` could be a type of Terraform's as well.
            if kind != "postgresql" {
                let (_, warnings) = Policy::read(renamed(false)).unwrap();
                assert_eq!(warnings.iter().map(|found| found.code).collect::<Vec<_>>(), ["protected-kind"], "{kind}");
            }
            // Acknowledged, it is said aloud.
            let acknowledged = engine(renamed(true));
            let facts = Facts::default();
            let assessment = acknowledged.assess(&observation, &facts);
            let [finding] = assessment.findings() else { panic!("{:?}", assessment.findings()) };
            assert!(finding.auto_heal_allowed, "{kind}: {:?}", finding.auto_heal);
            assert!(finding.actions.obligations.contains(&Obligation::Notify), "{kind}");
        }
    }
    // What was never protected is healed as before.
    let harmless = engine(renamed(false, &json!({}), "configuration", "Deployment", false));
    assert_eq!(answer(&harmless, &relabelled(good_facts())), (true, String::new()));
}

#[test]
fn law_6_what_carries_a_protected_field_along_is_protected_as_the_field_is() {
    let documents = renamed(true, &json!({"kind": ["Nothing"]}), "configuration", "Deployment", false);
    let engine = engine(documents);
    let pod = |spec: Value| json!({"spec": {"template": {"spec": spec}}});
    let named =
        deployment(pod(json!({"serviceAccountName": "web"})), json!({"spec": {"template": "gone"}}), good_facts());
    assert_eq!(answer(&engine, &named), (false, "protected-domain".into()));
    let paused = deployment(json!({"spec": {"paused": false}}), json!({"spec": {"paused": true}}), good_facts());
    assert_eq!(answer(&engine, &paused), (true, String::new()));
}

#[test]
fn law_6_a_secret_is_protected_wherever_it_stands() {
    let engine = engine(renamed(true, &json!({"kind": ["Nothing"]}), "configuration", "ConfigMap", false));
    let observed = |sensitive: Value| {
        let wire = json!({
            "id": "obs", "observedAt": "2026-07-03T10:22:31Z",
            "resource": {"system": "KUBERNETES", "version": "v1", "kind": "ConfigMap", "namespace": "prod", "name": "web"},
            "planes": {"desired": {"status": "PRESENT", "document": {"data": {"token": "one"}}, "sensitive": sensitive},
                       "actual": {"status": "PRESENT", "document": {"data": {"token": "two"}}}},
            "facts": good_facts(),
        });
        Observation::from_json(&wire.to_string()).unwrap()
    };
    assert_eq!(answer(&engine, &observed(json!(["/data/token"]))), (false, "protected-domain".into()));
    assert_eq!(answer(&engine, &observed(json!([]))), (true, String::new()));
}

#[test]
fn law_3_a_domain_that_hangs_on_a_fact_nobody_knows_makes_nothing_bolder() {
    let engine = engine(renamed(true, &json!({"environment": ["prod"]}), "iam", "Deployment", false));
    let environment = |value: Value| relabelled(with(good_facts(), "environment", value));
    assert_eq!(answer(&engine, &environment(json!("dev"))), (true, String::new()));
    let (prod, _) = answer(&engine, &environment(json!("prod")));
    assert!(!prod);
    let (unknown, refused) = answer(&engine, &environment(Value::Null));
    assert!(!unknown && refused.contains("unknown-facts"), "{refused}");
}

#[test]
fn law_6_an_acknowledgement_that_has_ended_lets_nothing_heal() {
    for (group, kind, path) in PROTECTED {
        let refused = (false, "acknowledgement-expired".to_owned());
        let mut observation = drifted(group, kind, path);
        for expires in ["2026-07-03T10:22:31Z", "2026-07-03", "2025-01-01"] {
            let engine = engine(everything_asks_for_it(kind, "ALLOW", Some(expires)));
            assert_eq!(answer(&engine, &observation), refused, "{kind} {expires}");
        }
        // Where nobody says what time it is, it has ended.
        let engine = engine(everything_asks_for_it(kind, "ALLOW", Some("2030-01-01")));
        observation.observed_at = None;
        assert_eq!(answer(&engine, &observation), refused, "{kind}");
    }
    // What is not protected needs no word, and no end of one is in its way.
    let engine = engine(everything_asks_for_it("Deployment", "ALLOW", Some("2025-01-01")));
    assert_eq!(answer(&engine, &relabelled(good_facts())), (true, String::new()));
}

#[test]
fn law_6_an_alert_that_nobody_hears_is_none() {
    for (notify, expected) in [(json!([]), (false, "nobody-is-told")), (json!(["security-oncall"]), (true, ""))] {
        let mut documents = everything_asks_for_it("ClusterRole", "ALLOW", Some("2026-07-04"));
        let routes = json!({"routes": [{"match": {}, "notify": notify}]});
        documents.push(document("AlertRouting", "routes", routes));
        let (allowed, refused) =
            answer(&engine(documents), &drifted("rbac.authorization.k8s.io", "ClusterRole", "rules"));
        assert_eq!((allowed, refused.as_str()), expected);
    }
}

#[test]
fn law_6_a_policy_for_what_no_machine_heals_is_noticed() {
    let spec = |kinds: Value, paths: Value| json!({"appliesTo": {"resourceKinds": kinds}, "allowedPaths": paths, "maxObjectsPerReconcile": 1});
    let said = |kinds: Value, paths: Value| {
        Policy::read(vec![document("AutoHealPolicy", "heal", spec(kinds, paths))]).unwrap().1.to_string()
    };
    let kinds = json!(["Deployment", "ClusterRole", "aws_iam_role", "AWS::IAM::Role"]);
    assert_eq!(
        said(kinds, json!(["/metadata/labels", "/spec/*"])),
        "warning[protected-kind] heal /spec/appliesTo/resourceKinds/1: `ClusterRole` is never healed by a machine\n  \
           help: what may be healed of it belongs to `cluster-rbac`, which is protected; remove it\n\
         warning[protected-kind] heal /spec/appliesTo/resourceKinds/2: `aws_iam_role` is never healed by a machine\n  \
           help: what may be healed of it belongs to `iam`, which is protected; remove it\n\
         warning[protected-kind] heal /spec/appliesTo/resourceKinds/3: `AWS::IAM::Role` is never healed by a machine\n  \
           help: what may be healed of it belongs to `iam`, which is protected; remove it"
    );
    // The labels of a service are not its ports.
    assert_eq!(said(json!(["Service"]), json!(["/metadata/labels", "/spec/**"])), "");
}

fn web(image: &str, team: &str, replicas: u32, password: &str) -> Value {
    json!({
        "metadata": {"labels": {"team": team}},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [
            {"name": "web", "image": image, "env": [{"name": "TOKEN", "value": password}]}]}}},
    })
}

fn three_findings(facts: Value) -> Observation {
    let wire = json!({
        "id": "obs", "observedAt": "2026-07-03T10:22:31Z",
        "resource": {"system": "KUBERNETES", "group": "apps", "version": "v1", "kind": "Deployment",
                     "namespace": "prod", "name": "web"},
        "planes": {
            "desired": {"status": "PRESENT", "document": web("shop@sha256:9b2c", "a", 2, "CANARY-1"),
                        // Said by whoever reads the platform: the token is secret.
                        "sensitive": ["/spec/template/spec/containers/0/env/0/value"]},
            "actual": {"status": "PRESENT", "document": web("shop:debug", "b", 5, "CANARY-2")}},
        "claims": [{"path": "/spec/replicas", "owner": "CONTROLLER", "name": "horizontal-pod-autoscaler",
                    "origin": "managed-fields"}],
        "facts": facts,
    });
    Observation::from_json(&wire.to_string()).unwrap()
}

#[test]
fn s2_4_the_preview_says_what_would_be_put_back_and_what_would_be_overwritten() {
    let wide = with(with(of_the_seeds(), "allowedPaths", json!(["/metadata/labels"])), "deniedPaths", json!([]));
    let engine = engine(vec![document("AutoHealPolicy", "labels", wide)]);
    let facts = Facts::default();

    let labels = engine.preview_heal(&relabelled(good_facts()), &facts);
    assert_eq!(
        labels.to_string(),
        "Deployment/prod/web: a machine may revert this alone\n  would put back /metadata/labels/team"
    );
    assert!(labels.allowed);

    let all = engine.preview_heal(&three_findings(good_facts()), &facts);
    assert_eq!(
        all.to_string(),
        "Deployment/prod/web: a machine may not revert this alone\n  \
           would overwrite UNAUTHORIZED_RUNTIME_DRIFT: /metadata/labels/team, \
         /spec/template/spec/containers/[name=web]/env/[name=TOKEN]/value, /spec/template/spec/containers/[name=web]/image\n    \
             refused by protected-domain, path-not-allowed, decisions-differ\n  \
           leaves /spec/replicas: OWNED_BY horizontal-pod-autoscaler"
    );
    let written = serde_json::to_string(&all).unwrap();
    assert!(!written.contains("CANARY") && !format!("{all:?}{all}").contains("CANARY"), "{written}");

    let emergency = with(good_facts(), "incident", json!("OPEN"));
    let emergency = engine.preview_heal(&relabelled(emergency), &facts);
    assert_eq!(
        emergency.to_string(),
        "Deployment/prod/web: a machine may not revert this alone\n  \
           would overwrite the emergency change of ana@example.com: /metadata/labels/team\n    \
             refused by decision-denies, not-a-revert, incident"
    );
    let expected = json!({
        "resource": "Deployment/prod/web", "allowed": false, "reverted": [], "overwritten": [], "untouched": [],
        "emergency": [{
            "driftClass": "EMERGENCY_DRIFT", "actor": "ana@example.com",
            "refusedBy": ["decision-denies", "not-a-revert", "incident"],
            "changes": [{
                "path": "/metadata/labels/team",
                "pointers": {"desired": "/metadata/labels/team", "actual": "/metadata/labels/team"},
                "kind": "CHANGED", "relation": "DIFFERS", "disposition": "DRIFT", "owner": "GIT",
                "sensitive": false, "desired": "a", "actual": "b",
            }],
        }],
    });
    assert_eq!(serde_json::to_value(&emergency).unwrap(), expected);

    let same = deployment(json!({"spec": {"paused": true}}), json!({"spec": {"paused": true}}), good_facts());
    assert_eq!(engine.preview_heal(&same, &facts).to_string(), "Deployment/prod/web: there is nothing to revert");
}

#[test]
fn what_the_gates_let_through_the_governor_counts() {
    let engine = engine(vec![document("AutoHealPolicy", "safe-fields", of_the_seeds())]);
    let facts = Facts::default();
    let mut candidates = Vec::new();
    for number in 0..8 {
        let mut observation = relabelled(good_facts());
        observation.resource.name = format!("web-{number}");
        let assessment = engine.assess(&observation, &facts);
        candidates.extend(assessment.findings().iter().filter_map(Candidate::of));
    }
    let governor = Governor::of(&engine.policy().heal_policies()[0].spec);
    let now = "2026-07-03T10:23:00Z".parse().unwrap();
    // The policy of the seeds asks for evidence: nothing goes before its record is kept.
    let batch = governor.plan(&candidates, &History::default(), now);
    assert!(batch.go.is_empty() && batch.held.iter().all(|held| held.gates == ["not-recorded"]), "{batch:?}");
    let on_record = |candidate: &Candidate| Deed::new(now, candidate.fingerprint, DeedKind::Recorded);
    let deeds: Vec<Deed> = candidates.iter().map(on_record).collect();
    let batch = governor.plan(&candidates, &History::new(&deeds, &[]), now);
    assert_eq!((candidates.len(), batch.go.len(), batch.held.len()), (8, 5, 3));
    let frozen = engine.assess(&relabelled(with(good_facts(), "freeze", json!("ON"))), &facts).findings().to_vec();
    assert!(frozen.iter().all(|finding| Candidate::of(finding).is_none()));
}
