use serde_json::json;

use super::super::mutation;
use super::*;

const NOW: &str = "2026-07-03T10:22:31Z";

fn document() -> Value {
    json!({
        "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
        "metadata": {"name": "db", "namespace": "prod", "generation": 1},
        "spec": {"refreshInterval": "1h0m0s", "secretStoreRef": {"kind": "ClusterSecretStore", "name": "vault"},
                 "target": {"name": "db-credentials", "template": {"data": {"password": "CANARY"}}},
                 "data": [{"secretKey": "password", "remoteRef": {"key": "prod/db", "property": "CANARY"}}]},
        "status": {"refreshTime": "2026-07-03T10:20:00Z", "syncedResourceVersion": "1-519a61da0dc68b2575b4f8efada70e42", "binding": {"name": "db-credentials"},
                   "conditions": [{"type": "Ready", "status": "True", "reason": "SecretSynced", "message": "CANARY", "lastTransitionTime": "2026-06-16T21:59:34Z"}]}
    })
}

fn facts(document: &Value) -> Facts {
    ExternalSecret::read(document).unwrap().facts(NOW.parse().unwrap(), Span::from_seconds(300))
}

fn shown(document: &Value) -> Value {
    serde_json::to_value(facts(document)).unwrap()
}

#[test]
fn an_external_secret_is_read_whole() {
    let read = ExternalSecret::read(&document()).unwrap();
    assert_eq!((read.target.as_str(), read.problems.len()), ("db-credentials", 0));
    assert_eq!(read.store, Some(StoreRef { kind: "ClusterSecretStore".into(), name: "vault".into() }));
    assert_eq!(read.refresh_interval.map(Span::seconds), Some(3_600));
    assert_eq!(
        shown(&document()),
        json!({
            "secretSync": {"syncedResourceVersion": "1-519a61da0dc68b2575b4f8efada70e42", "refreshedAt": "2026-07-03T10:20:00Z", "refreshAgeMinutes": 2, "condition": "SecretSynced"},
            "reconcile": {"state": "SUCCEEDED", "at": "2026-06-16T21:59:34Z"},
            "actualFreshness": "FRESH",
            "lastReconciledAt": "2026-07-03T10:20:00Z",
        })
    );
}

#[test]
fn a_failed_or_old_sync_is_told_as_it_is() {
    let failed = mutation::with(document(), "/status/conditions/0/status", json!("False"));
    let failed = mutation::with(failed, "/status/conditions/0/reason", json!("SecretSyncedError"));
    let told = shown(&failed);
    assert_eq!(told["secretSync"]["condition"], json!("SecretSyncedError"));
    assert_eq!(told["reconcile"]["state"], json!("FAILED"));
    assert_eq!(told["reconcile"]["reason"], json!("SecretSyncedError: the secret was not delivered"));
    // One that is not met says so in its word, whatever the controller calls it.
    let renamed = mutation::with(failed, "/status/conditions/0/reason", json!("Denied"));
    assert_eq!(shown(&renamed)["secretSync"]["condition"], json!("DeniedError"));
    let old = shown(&mutation::with(document(), "/status/refreshTime", json!("2026-07-03T09:45:31Z")));
    assert_eq!(old["secretSync"]["refreshAgeMinutes"], json!(37));
    assert_eq!(old["reconcile"]["staleSince"], json!("2026-07-03T09:45:31Z"));
    assert_eq!(old["actualFreshness"], json!("STALE"));
}

#[test]
fn law_3_no_result_is_not_no_drift_of_a_secret() {
    for (pointer, value) in [
        ("/metadata/generation", json!(2)),
        ("/status/syncedResourceVersion", Value::Null),
        ("/status/syncedResourceVersion", json!("CANARY")),
        ("/status/refreshTime", Value::Null),
        ("/status/refreshTime", json!("2026-07-04T10:20:00Z")),
        ("/status/refreshTime", json!("2026-07-03T09:20:00Z")),
        ("/status/conditions/0/reason", json!("SecretMissing")),
        ("/status/conditions/0/reason", json!("SecretDeleted")),
        ("/status/conditions/0/status", json!("Unknown")),
        ("/status/conditions/0/status", json!(true)),
        ("/status/conditions", json!([])),
        ("/status", Value::Null),
    ] {
        let document = mutation::with(document(), pointer, value.clone());
        assert_eq!(facts(&document).reconcile.known(), None, "{pointer} {value}");
        assert!(facts(&document).last_reconciled_at.is_unknown(), "{pointer} {value}");
    }
    // Nothing here says that the version is the newest: the backend's version is not in the document.
    let sync = ExternalSecret::read(&document()).unwrap().secret_sync(NOW.parse().unwrap());
    assert_eq!((sync.external_version, sync.synced_version, sync.consumer_generation), (None, None, None));
}

#[test]
fn law_8_a_secret_never_leaves_an_external_secret() {
    let odd = mutation::with(document(), "/status/conditions/0/reason", json!("CANARY password"));
    let odd = mutation::with(odd, "/spec/refreshInterval", json!("CANARY"));
    let read = ExternalSecret::read(&odd).unwrap();
    let text = format!("{read:?} {}", shown(&odd));
    assert!(!text.contains("CANARY"), "{text}");
    let target = json!({"metadata": {"annotations": {DATA_HASH: "CANARY"}}});
    let hash = DataHash::of(&target).unwrap();
    assert_eq!(format!("{hash:?} {hash:#?}"), "DataHash(sensitive) DataHash(sensitive)");
    assert_eq!((DataHash::of(&json!({})), hash == DataHash::of(&target).unwrap()), (None, true));
}

#[test]
fn law_2_total_a_mutated_external_secret_is_answered() {
    mutation::everywhere(&document(), &mut |document| {
        if let Ok(read) = ExternalSecret::read(document) {
            let _ = (format!("{read:?}"), shown(document));
        }
        let _ = DataHash::of(document);
    });
}

/// What each plane of a delivery says, and what it does not know.
fn delivery(document: &Value, sync: Value) -> (Value, Value) {
    let secret = ExternalSecret::read(document).unwrap();
    let sync = serde_json::from_value(sync).unwrap();
    let observation = secret.delivery("obs-1", &sync, NOW.parse().unwrap());
    let written = serde_json::to_value(&observation).unwrap();
    let of = |plane: &str| {
        let plane = &written["planes"][plane];
        let unknown = plane.get("unknown").or(plane.get("unobservable")).cloned().unwrap_or_default();
        json!([plane["document"]["delivery"], unknown])
    };
    (of("desired"), of("actual"))
}

#[test]
fn a_delivery_is_what_the_backend_holds_against_how_far_it_came() {
    let sync = json!({"externalVersion": "vault:v42", "syncedVersion": "vault:v40", "consumerGeneration": "vault:v39"});
    let (desired, actual) = delivery(&document(), sync);
    assert_eq!(desired, json!([{"consumers": "current", "ready": true, "version": "vault:v42"}, null]));
    assert_eq!(actual, json!([{"consumers": "stale", "ready": true, "version": "vault:v40"}, null]));
    let print = |key: &str| format!("hmac-sha256:{key}:{}", "a".repeat(64));
    let checksums = |here: &str| json!({"externalChecksum": print("k1"), "syncedChecksum": print(here)});
    let (_, actual) = delivery(&document(), checksums("k1"));
    assert_eq!(actual[0]["checksum"], json!(print("k1")));
    // Fingerprints of different keys are no difference.
    let (_, actual) = delivery(&document(), checksums("k2"));
    assert_eq!(actual[0].get("checksum"), None);
}

#[test]
fn law_3_no_result_is_not_no_drift_of_a_delivery() {
    let (desired, actual) = delivery(&mutation::with(document(), "/status", Value::Null), json!({}));
    assert_eq!(desired, json!([{"consumers": "current", "ready": true}, ["/delivery/version"]]));
    assert_eq!(actual, json!([{}, ["/delivery/ready", "/delivery/version", "/delivery/consumers"]]));
    // A status of another declaration does not say that this one is ready.
    let (_, actual) = delivery(&mutation::with(document(), "/metadata/generation", json!(2)), json!({}));
    assert_eq!(actual[0].get("ready"), None);
}
