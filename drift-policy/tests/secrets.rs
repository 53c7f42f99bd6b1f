//! Law 8 on whole assessments: what is said of a secret, and that the secret is not.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]
#![allow(clippy::disallowed_types, reason = "an engine is compiled once for all cases")]
#![allow(clippy::needless_pass_by_value, reason = "`json!` makes values to give away")]

use std::sync::LazyLock;

use drift_diff::{FieldChange, Rules};
use drift_model::source::external_secrets::ExternalSecret;
use drift_model::source::flux::ConditionStatus;
use drift_model::{
    Action, AssessmentReport, Change, Digest, DriftClass, Facts, Finding, Fingerprint, FingerprintKey, Likeness,
    Method, Obligation, Observation, Verdict, canonical_text, strategies,
};
use drift_policy::{Authored, Contract, Engine, Policy};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The secrets of these tests, as they stand in documents. Each is looked for in every output.
const SECRETS: [&str; 4] = ["CANARY/old word", "CANARY/new word", "Q0FOQVJZL29sZCB3b3Jk", "Q0FOQVJZL25ldyB3b3Jk"];

const KEY: &[u8; 38] = b"CANARY-key-of-38-bytes-and-a-few-more.";

fn contract() -> Contract {
    Contract::new()
        .owner("platform")
        .source_of_truth("git://shop/infra")
        .observed_by([Method::GitopsDiff])
        .diffed_by(Rules::default())
        .decided_by(Policy::shipped())
        .may(Action::ALL.iter().copied())
        .evidence_in("s3://evidence/drift/")
}

/// An engine without a key.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::compile(contract()).unwrap());

fn key(id: &str, tenant: &str) -> FingerprintKey {
    FingerprintKey::new(id, tenant, KEY.to_vec()).unwrap()
}

fn keyed(id: &str, tenant: &str) -> Engine {
    Engine::compile(contract().fingerprinted_with(key(id, tenant))).unwrap()
}

/// A Secret of Kubernetes; a plane that is `null` is absent.
fn secret(planes: [Value; 3]) -> Value {
    let plane = |document: &Value| match document {
        Value::Null => json!({"status": "ABSENT"}),
        document => json!({"status": "PRESENT", "document": document}),
    };
    let [desired, recorded, actual] = &planes;
    json!({
        "id": "obs-1", "unit": "checkout-prod", "observedAt": "2026-07-03T10:22:31Z",
        "resource": {"system": "KUBERNETES", "version": "v1", "kind": "Secret", "namespace": "prod", "name": "db"},
        "planes": {"desired": plane(desired), "recorded": plane(recorded), "actual": plane(actual)},
    })
}

fn data(password: &str) -> Value {
    json!({"data": {"password": password, "user": "YXBw"}})
}

fn observed(wire: &Value) -> Observation {
    Observation::from_json(&wire.to_string()).unwrap()
}

fn report(engine: &Engine, wire: &Value) -> AssessmentReport {
    let facts = Facts::default();
    engine.assess(&observed(wire), &facts).report()
}

fn change<'r>(report: &'r AssessmentReport, path: &str) -> &'r Change {
    let found = report.changes.iter().find(|change| change.path.to_string() == path);
    found.unwrap_or_else(|| panic!("no {path} in {report:?}"))
}

/// Everything that an embedder can print of an assessment.
fn printed(engine: &Engine, wire: &Value) -> String {
    let (observation, facts) = (observed(wire), Facts::default());
    let assessment = engine.assess(&observation, &facts);
    let report = assessment.report();
    let mut text = format!("{engine:?} {observation} {observation:?} {assessment:?} {assessment:#?} {report:?}");
    let mut written = |value: serde_json::Result<String>| text.push_str(&value.unwrap());
    written(serde_json::to_string(&observation));
    written(serde_json::to_string(&report));
    written(serde_json::to_string_pretty(&report.clone().summarized()));
    assessment.findings().iter().for_each(|finding| written(serde_json::to_string(finding)));
    let changes: Vec<Change> = assessment.changes().iter().map(FieldChange::to_change).collect();
    text + &format!("{:?} {:?} {changes:?}", assessment.findings(), assessment.changes())
}

#[test]
fn with_a_key_a_masked_change_holds_fingerprints_that_compare_across_the_planes() {
    let wire = secret([data(SECRETS[2]), data(SECRETS[2]), data(SECRETS[3])]);
    let report = report(&keyed("k1", "acme"), &wire);
    let change = change(&report, "/data/password");
    let masked = change.masked.as_ref().unwrap();
    let read = |text: &Option<String>| text.as_ref().unwrap().parse::<Fingerprint>().unwrap();
    let (desired, recorded, actual) = (read(&masked.desired), read(&masked.recorded), read(&masked.actual));
    assert_eq!((desired.compare(&recorded), desired.compare(&actual)), (Likeness::Same, Likeness::Different));
    // Whoever holds the value and the key can look it up.
    let again = key("k1", "acme").fingerprint("checkout-prod", &change.path, &json!(SECRETS[3]));
    assert_eq!(again.compare(&actual), Likeness::Same);
    assert_eq!(serde_json::from_value::<Change>(serde_json::to_value(change).unwrap()).unwrap(), *change);
    // The finding says the same of it.
    assert_eq!(report.findings[0].changes, std::slice::from_ref(change));
}

#[test]
fn without_a_key_a_masked_change_says_only_which_planes_are_equal() {
    let wire = secret([data(SECRETS[2]), data(SECRETS[2]), data(SECRETS[3])]);
    let report = report(&ENGINE, &wire);
    assert_eq!(
        serde_json::to_value(change(&report, "/data/password").masked.as_ref()).unwrap(),
        json!({"desired": "class-1", "recorded": "class-1", "actual": "class-2"})
    );
}

#[test]
fn a_fingerprint_is_bound_to_tenant_unit_and_path_and_a_rotated_key_is_incomparable() {
    let wire = secret([data(SECRETS[2]), data(SECRETS[2]), data(SECRETS[3])]);
    let print = |engine: &Engine, wire: &Value| -> Fingerprint {
        let report = report(engine, wire);
        change(&report, "/data/password").masked.as_ref().unwrap().actual.as_ref().unwrap().parse().unwrap()
    };
    let (mut elsewhere, mut nowhere) = (wire.clone(), wire.clone());
    elsewhere["unit"] = json!("checkout-staging");
    nowhere.as_object_mut().unwrap().remove("unit");
    let here = print(&keyed("k1", "acme"), &wire);
    assert_eq!(here.compare(&print(&keyed("k1", "acme"), &wire)), Likeness::Same);
    assert_eq!(here.compare(&print(&keyed("k1", "other"), &wire)), Likeness::Different);
    assert_eq!(here.compare(&print(&keyed("k1", "acme"), &elsewhere)), Likeness::Different);
    assert_eq!(here.compare(&print(&keyed("k2", "acme"), &wire)), Likeness::Incomparable);
    // Without a unit it is bound to the resource, as it prints.
    let path = "/data/password".parse().unwrap();
    let by_name = key("k1", "acme").fingerprint("Secret/prod/db", &path, &json!(SECRETS[3]));
    assert_eq!(by_name.compare(&print(&keyed("k1", "acme"), &nowhere)), Likeness::Same);
}

/// What may happen to secrets, in one field, to all of them at once, and to the whole object.
fn cases() -> Vec<Value> {
    let [old, new, old_64, new_64] = SECRETS;
    let terraform = |desired: Value, actual: Value, sensitive: Value| {
        json!({
            "id": "tf", "resource": {"system": "OPENTOFU", "type": "aws_db_instance", "address": "aws_db_instance.main"},
            "planes": {"desired": {"status": "PRESENT", "document": desired, "sensitive": sensitive},
                       "recorded": {"status": "PRESENT", "document": actual}, "actual": {"status": "PRESENT", "document": actual}}
        })
    };
    let applied = |word: &str| {
        json!({"metadata": {"annotations": {"note": word, "kubectl.kubernetes.io/last-applied-configuration":
            json!({"stringData": {"password": word}}).to_string()}}, "data": {"password": new_64}})
    };
    vec![
        secret([data(old_64), data(old_64), data(new_64)]),
        secret([json!({"stringData": {"password": old}}), data(old_64), data(new_64)]),
        // The parent is replaced, emptied, removed, or of another type.
        secret([data(old_64), data(old_64), json!({"data": {"other": new_64}})]),
        secret([data(old_64), data(old_64), json!({"data": {}})]),
        secret([data(old_64), data(old_64), json!({"type": "Opaque"})]),
        secret([data(old_64), data(old_64), json!({"data": [new_64, {"CANARY/new word": 1}]})]),
        secret([json!({"data": {"a": {old: {"b": new}}}}), Value::Null, json!({"data": {"a": {new: [old]}}})]),
        // The whole object is one change.
        secret([data(old_64), data(old_64), Value::Null]),
        secret([Value::Null, Value::Null, data(new_64)]),
        secret([Value::Null, data(old_64), Value::Null]),
        secret([data(old_64), Value::Null, data(new_64)]),
        // Copies elsewhere.
        secret([applied(old), applied(old), applied(new)]),
        terraform(
            json!({"password": old, "tags": {"pw": old}}),
            json!({"password": new, "url": "db://x:CANARY/new word@h"}),
            json!(["/password"]),
        ),
        terraform(json!({"words": [old, "b"]}), json!({"words": [new, old]}), json!(["/words"])),
        terraform(
            json!({"users": [{"name": old, "id": 1}]}),
            json!({"users": [{"name": new, "id": 1}]}),
            json!(["/users/*/name"]),
        ),
        terraform(json!({"all": {old: 1}}), json!({"all": {old: 2}, "copy": old}), json!(["/copy", "/all"])),
        terraform(json!({"word": old}), json!(null), json!(["/word"])),
    ]
}

#[test]
fn law_8_a_secret_never_leaves_an_assessment_with_or_without_a_key() {
    let with = keyed("k1", "acme");
    let mut fingerprints = 0;
    for wire in cases() {
        for engine in [&with, &*ENGINE] {
            let text = printed(engine, &wire);
            assert!(!text.contains("CANARY"), "{wire}\n{text}");
            // Neither the secret, nor the key, nor a hash of it that could be guessed.
            for secret in SECRETS {
                let quoted = canonical_text(&json!(secret));
                let hashes = [Digest::of(secret.as_bytes()).hex(), Digest::of(quoted.as_bytes()).hex()];
                assert!(!text.contains(secret), "{wire}\n{text}");
                assert!(!hashes.iter().any(|hash| text.contains(hash)), "{wire}\n{text}");
            }
        }
        for change in report(&with, &wire).changes.iter().filter(|change| change.sensitive) {
            assert!(change.desired.is_none() && change.recorded.is_none() && change.actual.is_none(), "{change:?}");
            let masked = change.masked.as_ref().unwrap();
            for print in [&masked.desired, &masked.recorded, &masked.actual].into_iter().flatten() {
                assert!(print.parse::<Fingerprint>().is_ok(), "{print}");
                fingerprints += 1;
            }
        }
    }
    assert!(fingerprints > 30, "only {fingerprints} fingerprints were made");
}

#[test]
fn a_key_is_no_part_of_what_decides() {
    let wire = secret([data(SECRETS[2]), data(SECRETS[2]), data(SECRETS[3])]);
    let (with, without) = (report(&keyed("k1", "acme"), &wire), report(&ENGINE, &wire));
    assert_eq!(with.policy_digest, without.policy_digest);
    assert_eq!(with.findings[0].fingerprint, without.findings[0].fingerprint);
    assert_eq!(with.verdict, without.verdict);
}

/// An ExternalSecret as the API server answers it: it was refreshed 37 minutes ago.
fn external_secret() -> ExternalSecret {
    let document = json!({
        "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
        "metadata": {"name": "orders-db", "namespace": "shop", "generation": 3},
        "spec": {"refreshInterval": "15m", "secretStoreRef": {"kind": "ClusterSecretStore", "name": "vault"},
                 "target": {"name": "orders-db"}, "data": [{"secretKey": "password", "remoteRef": {"key": "shop/orders-db"}}]},
        "status": {"refreshTime": "2026-07-03T09:45:31Z", "syncedResourceVersion": "3-519a61da0dc68b2575b4f8efada70e42",
                   "conditions": [{"type": "Ready", "status": "True", "reason": "SecretSynced"}]},
    });
    ExternalSecret::read(&document).unwrap()
}

fn delivered(backend: Option<&str>, delivered: Option<&str>, consumers: Option<&str>) -> Observation {
    let now = "2026-07-03T10:22:31Z".parse().unwrap();
    let secret = external_secret();
    let mut sync = secret.secret_sync(now);
    sync.external_version = backend.map(str::to_owned);
    sync.synced_version = delivered.map(str::to_owned);
    sync.consumer_generation = consumers.map(str::to_owned);
    secret.delivery("obs-17", &sync, now)
}

#[test]
fn the_example_of_seeds_s0_17_from_an_external_secret_to_its_finding() {
    let observation = delivered(Some("vault:v42"), Some("vault:v40"), Some("vault:v39"));
    let facts = serde_json::from_value(json!({"environment": "prod", "owner": "orders"})).unwrap();
    let report = ENGINE.assess(&observation, &facts).report();
    assert_eq!(report.verdict, Verdict::Drifted);
    let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    let written = serde_json::to_value(finding).unwrap();
    let told = |names: &[&str]| -> Value {
        names.iter().map(|name| ((*name).to_owned(), written.get(*name).cloned().unwrap_or_default())).collect()
    };
    assert_eq!(
        told(&[
            "resourceRef",
            "driftClass",
            "externalVersion",
            "kubernetesSecretVersion",
            "lastRefreshAgeMinutes",
            "consumerRolloutGeneration",
            "risk",
            "recommendedAction",
            "autoHealAllowed",
            "domain",
            "environment",
            "owner",
            "changedFields",
        ]),
        json!({
            "resourceRef": "ExternalSecret/shop/orders-db",
            "driftClass": "SECRET_DELIVERY_DRIFT",
            "externalVersion": "vault:v42",
            "kubernetesSecretVersion": "vault:v40",
            "lastRefreshAgeMinutes": 37,
            "consumerRolloutGeneration": "stale",
            "risk": "HIGH",
            "recommendedAction": "RESTART_CONSUMERS_AFTER_SECRET_SYNC",
            "autoHealAllowed": false,
            "domain": "secret",
            "environment": "prod",
            "owner": "orders",
            "changedFields": ["/delivery/consumers", "/delivery/version"],
        })
    );
    assert!(finding.actions.obligations.contains(&Obligation::RestartConsumers));
    assert_eq!(serde_json::from_value::<Finding>(written.clone()).unwrap(), *finding);
}

#[test]
fn a_failed_delivery_is_drift_whatever_the_versions_say() {
    let now = "2026-07-03T10:22:31Z".parse().unwrap();
    let mut secret = external_secret();
    secret.conditions[0].status = ConditionStatus::False;
    secret.conditions[0].reason = "SecretSyncedError".to_owned();
    let observation = secret.delivery("obs-18", &secret.secret_sync(now), now);
    let facts = Facts::default();
    let report = ENGINE.assess(&observation, &facts).report();
    let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    assert_eq!(finding.changed_fields, ["/delivery/ready"]);
    assert_eq!(finding.drift_class, DriftClass::SecretDeliveryDrift);
    // Versions and consumers are not known: they are left out of the finding, and the answer is partial.
    assert_eq!((&finding.external_version, finding.consumer_rollout_generation, report.partial), (&None, None, true));
    assert_eq!(finding.last_refresh_age_minutes, Some(37));
}

#[test]
fn law_3_no_result_is_not_no_drift_a_secret_is_delivered_only_when_everybody_says_so() {
    let verdict = |observation: Observation| {
        let facts = Facts::default();
        let report = ENGINE.assess(&observation, &facts).report();
        (report.verdict, report.findings.len())
    };
    let (v2, v1) = (Some("v2"), Some("v1"));
    assert_eq!(verdict(delivered(v2, v2, v2)), (Verdict::InSync, 0));
    assert_eq!(verdict(delivered(v2, v1, v1)), (Verdict::Drifted, 1));
    assert_eq!(verdict(delivered(v2, v2, v1)), (Verdict::Drifted, 1));
    assert_eq!(verdict(delivered(None, v2, v2)), (Verdict::Unknown, 0));
    assert_eq!(verdict(delivered(v2, None, Some("current"))), (Verdict::Unknown, 0));
    assert_eq!(verdict(delivered(v2, v2, None)), (Verdict::Unknown, 0));
    assert_eq!(verdict(delivered(None, None, None)), (Verdict::Unknown, 0));
}

#[test]
fn only_findings_about_secrets_say_how_far_a_secret_came() {
    let facts =
        serde_json::from_value(json!({"secretSync": {"externalVersion": "v2", "syncedVersion": "v1"}})).unwrap();
    let told = |kind: &str| {
        let plane = |value: &str| json!({"status": "PRESENT", "document": {"spec": {"x": value}}});
        let observation = observed(&json!({
            "id": "o", "resource": {"system": "KUBERNETES", "version": "v1", "kind": kind, "namespace": "prod", "name": "db"},
            "planes": {"desired": plane("a"), "actual": plane("b")},
        }));
        let report = ENGINE.assess(&observation, &facts).report();
        report.findings[0].external_version.clone()
    };
    assert_eq!((told("SecretStore").as_deref(), told("ConfigMap")), (Some("v2"), None));
}

proptest! {
    #[test]
    fn a_finding_reads_back_what_it_prints(mut observation in strategies::observation(), secret in any::<bool>()) {
        if secret {
            observation.resource = external_secret().resource();
        }
        let facts = Facts::default();
        for finding in ENGINE.assess(&observation, &facts).findings() {
            let printed = serde_json::to_string(finding).unwrap();
            let read: Finding = serde_json::from_str(&printed).unwrap();
            prop_assert_eq!(serde_json::to_string(&read).unwrap(), printed);
        }
    }
}

/// A Secret whose secret stands in every text beside its documents, in this spelling.
fn gossip(word: &str) -> Value {
    let said = || format!("it is {word}!");
    let mut wire = secret([data(SECRETS[2]), data(SECRETS[2]), data(SECRETS[3])]);
    wire["sourceOfTruth"] = json!(said());
    wire["stateBackend"] = json!(said());
    wire["planes"]["actual"]["detail"] = json!(said());
    wire["planes"]["actual"]["revision"] = json!(said());
    wire["claims"] = json!([
        {"path": "/data/user", "owner": "CONTROLLER", "name": said(), "condition": said()},
        {"path": format!("/spec/list/[={}]", json!(said()).to_string().replace('/', "~1")), "owner": "CONTROLLER", "name": "x"},
        {"path": "/data/password", "owner": "HUMAN", "name": said()},
    ]);
    let actor = || json!({"kind": "SERVICE", "id": said(), "source": said(), "via": said()});
    wire["facts"] = json!({
        "environment": said(), "tier": said(), "riskTier": said(), "serviceCriticality": said(), "dataClassification": said(),
        "customerTier": said(), "owner": said(), "complianceScope": [said()], "actors": [actor(), actor()],
        "incident": {"state": "OPEN", "id": said()}, "changeRecord": {"state": "MATCHED", "id": said(), "url": said()},
        "exception": {"id": said()}, "reconcile": {"state": "FAILED", "reason": said()},
        "suspended": {"state": "YES", "owner": said(), "reason": said()},
        "lastUpgrade": {"what": "PROVIDER", "name": said(), "from": said(), "to": said()}, "violations": [{"policy": said()}],
        "secretSync": {"externalVersion": said(), "syncedVersion": "v1", "syncedResourceVersion": said(),
                       "consumerGeneration": said(), "condition": said()},
        "conditions": {said(): true}, "namespaceLabels": {said(): said()},
        "policyVersion": {"value": said(), "staleSince": "2026-07-03T00:00:00Z"},
    });
    wire
}

#[test]
fn law_8_a_secret_never_leaves_by_what_somebody_says_beside_the_documents() {
    let escaped = SECRETS[1].chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect::<Vec<_>>().concat();
    for word in
        [SECRETS[1], SECRETS[0], SECRETS[2], SECRETS[3], "CANARY%2fnew%20word", &escaped, "Q0FOQVJZL25ldyB3b3JkIQ=="]
    {
        let wire = gossip(word);
        for wire in [&wire, &{
            // One actor is a correlation, and not a candidate.
            let mut wire = wire.clone();
            wire["facts"]["actors"].as_array_mut().unwrap().pop();
            wire
        }] {
            let text = printed(&ENGINE, wire);
            let spelled = [
                word,
                &escaped.replace('\\', "\\\\"),
                &escaped.replace('\\', "\\\\\\\\"),
                "CANARY",
                "new word",
                "Q0FOQVJZL2",
            ];
            for spelling in spelled {
                assert!(!text.contains(spelling), "{spelling} of {word} in {text}");
            }
        }
        let report = report(&ENGINE, &wire);
        assert!(!report.findings.is_empty(), "{report:?}");
        for finding in &report.findings {
            assert_eq!(finding.environment.as_deref(), Some("(sensitive)"));
            assert_eq!(finding.external_version.as_deref(), Some("(sensitive)"));
            assert_eq!(
                finding.candidates.iter().map(|actor| actor.id.as_str()).collect::<Vec<_>>(),
                ["(sensitive)"; 2]
            );
            // Who the answer is about stays, and so do the platform's own words.
            assert_eq!(
                (finding.resource_ref.as_str(), finding.unit.as_deref()),
                ("Secret/prod/db", Some("checkout-prod"))
            );
            assert!(finding.evidence_uri.as_ref().unwrap().starts_with("s3://evidence/drift/"));
        }
        assert_eq!(report.cannot_converge.as_deref(), Some("(sensitive)"));
    }
}

#[test]
fn what_is_masked_is_still_what_is_decided_on() {
    let policy = json!({
        "apiVersion": "drift.example/v1", "kind": "ReconciliationPolicy", "metadata": {"name": "by-environment"},
        "spec": {
            "rules": [
                {"id": "there", "when": {"environment": ["it is CANARY*"]}, "decide": {"recommend": "NONE", "autoHeal": "DENY"}, "because": "so it is"},
                {"id": "otherwise", "when": {}, "decide": {"recommend": "INCIDENT", "autoHeal": "DENY"}, "because": "the rest"},
            ],
            "onUnknown": {"recommend": "INCIDENT", "autoHeal": "DENY"}
        }
    });
    let authored = Authored::new("policy.json", serde_json::from_value(policy).unwrap());
    let engine = Engine::compile(contract().decided_by(Policy::read(vec![authored]).unwrap().0)).unwrap();
    let report = report(&engine, &gossip(SECRETS[1]));
    let rules = report.findings.iter().map(|finding| finding.trace[2].rule.as_str());
    assert!(rules.clone().count() > 0 && rules.clone().all(|rule| rule == "there"), "{:?}", report.findings);
}
