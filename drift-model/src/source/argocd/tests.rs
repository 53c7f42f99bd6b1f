use serde_json::json;

use super::super::mutation;
use super::super::{Extent, OptOutKind, Reach};
use super::*;
use crate::facts::{Facts, SyncStatus};
use crate::time::Span;

const NOW: &str = "2026-07-03T10:22:31Z";

/// An Application that is out of sync, and works.
fn document() -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": {"name": "shop", "namespace": "argocd", "annotations": {}, "managedFields": [
            {"manager": "ana-cli", "operation": "Update", "fieldsType": "FieldsV1", "time": "2026-07-03T09:00:00Z",
             "fieldsV1": {"f:metadata": {"f:annotations": {"f:argocd.argoproj.io/skip-reconcile": {}}},
                          "f:spec": {"f:syncPolicy": {"f:automated": {"f:enabled": {}}}}}}]},
        "spec": {
            "project": "shop",
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "prod"},
            "source": {"repoURL": "https://bot:CANARY@example.com/shop.git", "path": "prod", "targetRevision": "main"},
            "syncPolicy": {"automated": {"prune": true, "selfHeal": true}, "syncOptions": ["Prune=confirm", "CreateNamespace=true"],
                           "retry": {"limit": 5}},
            "ignoreDifferences": [
                {"group": "apps", "kind": "Deployment", "name": "web", "namespace": "prod", "jsonPointers": ["/spec/replicas"]},
                {"group": "*", "kind": "*", "managedFieldsManagers": ["kube-controller-manager"]},
                {"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/template"], "jqPathExpressions": [".spec.x"]},
                {"kind": "ConfigMap", "namespace": "prod", "jsonPointers": ["/data"]}
            ]
        },
        "status": {
            "sync": {"status": "OutOfSync", "revision": "363a6a8f", "comparedTo": {
                "source": {"repoURL": "https://bot:CANARY@example.com/shop.git", "path": "prod", "targetRevision": "main"},
                "destination": {"server": "https://kubernetes.default.svc", "namespace": "prod"}}},
            "health": {"status": "Healthy", "lastTransitionTime": "2026-07-02T00:00:00Z"},
            "resources": [
                {"group": "apps", "version": "v1", "kind": "Deployment", "namespace": "prod", "name": "web", "status": "OutOfSync", "health": {"status": "Degraded"}},
                {"version": "v1", "kind": "Service", "namespace": "prod", "name": "web", "status": "Synced"},
                {"version": "v1", "kind": "ConfigMap", "namespace": "prod", "name": "old", "status": "OutOfSync", "requiresPruning": true},
                {"group": "batch", "version": "v1", "kind": "Job", "namespace": "prod", "name": "migrate", "hook": true}
            ],
            "operationState": {
                "operation": {"sync": {"revision": "363a6a8f"}, "initiatedBy": {"automated": true}, "retry": {"limit": 5}},
                "phase": "Succeeded", "message": "CANARY successfully synced", "startedAt": "2026-07-03T08:00:00Z",
                "finishedAt": "2026-07-03T08:00:10Z", "retryCount": 1,
                "syncResult": {"revision": "363a6a8f", "resources": [
                    {"group": "apps", "version": "v1", "kind": "Deployment", "namespace": "prod", "name": "web", "status": "Synced", "message": "CANARY"}]}
            },
            "history": [{"id": 1, "revision": "0a", "deployedAt": "2026-06-01T00:00:00Z"}, {"id": 2, "revision": "363a6a8f", "deployedAt": "2026-07-03T08:00:10Z"}],
            "reconciledAt": "2026-07-03T10:20:00Z", "sourceType": "Kustomize", "unheardOf": {"a": [1]}
        }
    })
}

fn with(pointer: &str, value: Value) -> Value {
    mutation::with(document(), pointer, value)
}

fn read(value: &Value) -> Application {
    Application::read(value).unwrap()
}

fn facts(value: &Value) -> Facts {
    read(value).facts(NOW.parse().unwrap(), Span::from_seconds(600))
}

fn shown(value: &Value) -> Value {
    serde_json::to_value(facts(value)).unwrap()
}

#[test]
fn an_application_is_read_whole() {
    assert_eq!(
        shown(&document()),
        json!({
            "sync": "OUT_OF_SYNC",
            "health": "HEALTHY",
            "source": {"fetched": "OK", "rendered": "OK", "decrypted": "OK", "applied": "OK", "observed": "OK"},
            "reconcile": {"state": "SUCCEEDED", "attempts": 1, "at": "2026-07-03T08:00:10Z"},
            "suspended": {"state": "NO"},
            "desiredFreshness": "FRESH",
            "actualFreshness": "FRESH",
            "lastAppliedAt": "2026-07-03T08:00:10Z",
            "lastReconciledAt": "2026-07-03T10:20:00Z",
        })
    );
    let application = read(&document());
    assert_eq!(application.problems, []);
    assert_eq!((application.enforces(), application.revisions.as_slice()), (Some(true), &["363a6a8f".to_owned()][..]));
}

#[test]
fn sync_and_health_are_two_axes() {
    for sync in AppSync::ALL {
        for health in AppHealth::ALL {
            let both = mutation::with(
                with("/status/sync/status", json!(sync.word())),
                "/status/health/status",
                json!(health.word()),
            );
            let facts = facts(&both);
            assert_eq!(facts.sync.known().copied(), sync.status(), "{sync} {health}");
            assert_eq!(facts.health.known().copied(), health.status(), "{sync} {health}");
        }
    }
}

#[test]
fn a_resource_has_its_own_sync_and_health() {
    let application = read(&document());
    let of = |group: &str, kind: &str, name: &str| {
        let resource = ResourceRef::kubernetes(group, "v1beta9", kind, "prod", name);
        let facts = application.facts_for(&resource, NOW.parse().unwrap(), Span::from_seconds(600));
        let value = serde_json::to_value(facts).unwrap();
        (value["sync"].clone(), value["health"].clone(), value["desiredFreshness"].clone())
    };
    assert_eq!(of("apps", "Deployment", "web"), (json!("OUT_OF_SYNC"), json!("DEGRADED"), json!("FRESH")));
    assert_eq!(of("", "Service", "web"), (json!("SYNCED"), Value::Null, json!("FRESH")));
    assert_eq!(of("batch", "Job", "migrate"), (Value::Null, Value::Null, json!("FRESH")));
    // Nothing is known of what the Application does not list.
    assert_eq!(of("", "Secret", "web"), (Value::Null, Value::Null, Value::Null));
    let mut twice = document();
    let again = json!({"version": "v1", "kind": "Service", "namespace": "prod", "name": "web", "status": "OutOfSync"});
    twice["status"]["resources"].as_array_mut().unwrap().push(again);
    let service = ResourceRef::kubernetes("", "v1", "Service", "prod", "web");
    let facts = read(&twice).facts_for(&service, NOW.parse().unwrap(), Span::from_seconds(600));
    assert!(facts.sync.is_unknown());
}

#[test]
fn law_3_no_result_is_not_no_drift_in_an_application() {
    let synced = with("/status/sync/status", json!("Synced"));
    assert_eq!(facts(&synced).sync.known(), Some(&SyncStatus::Synced));
    let doubtful = [
        ("/status/sync/status", json!("Unknown")),
        ("/status/sync/status", json!("")),
        ("/status/sync/status", json!("synced")),
        ("/status/sync/status", json!(true)),
        ("/status/sync/status", Value::Null),
        ("/status/sync", json!("Synced")),
        ("/status", Value::Null),
        ("/status/reconciledAt", Value::Null),
        ("/status/reconciledAt", json!("yesterday")),
        ("/status/reconciledAt", json!("2026-07-03T10:00:00Z")),
        ("/status/reconciledAt", json!("2027-07-03T10:00:00Z")),
        ("/metadata/annotations", json!({SKIP_RECONCILE: "true"})),
        ("/metadata/annotations", json!({SKIP_RECONCILE: "perhaps"})),
        ("/status/conditions", json!([{"type": "ComparisonError", "message": "m"}])),
        ("/status/conditions", json!([{"type": "BrandNewError"}])),
        ("/status/conditions", json!([{"message": "m"}])),
        ("/status/resources/1/status", json!("Unknown")),
        ("/status/resources/1/status", json!(7)),
        ("/spec/source/targetRevision", json!("release")),
        ("/spec/source/path", json!("staging")),
        ("/spec/destination/namespace", json!("other")),
        ("/spec/sources", json!([{"repoURL": "a"}, {"repoURL": "b"}])),
    ];
    for (pointer, value) in doubtful {
        let document = mutation::with(synced.clone(), pointer, value.clone());
        let facts = facts(&document);
        assert_eq!(facts.sync.known(), None, "{pointer} {value}");
        let source = facts.source.known().and_then(crate::SourceStatus::overall);
        let of_whole = pointer.starts_with("/status/resources");
        assert!(of_whole || source != Some(crate::SourceStep::Ok), "{pointer} {value}: {source:?}");
    }
}

#[test]
fn an_old_comparison_is_stale_as_of_when_it_was_made() {
    let facts = shown(&with("/status/reconciledAt", json!("2026-07-03T09:00:00Z")));
    assert_eq!(facts["sync"], json!({"value": "OUT_OF_SYNC", "staleSince": "2026-07-03T09:00:00Z"}));
    assert_eq!(facts["health"], json!({"value": "HEALTHY", "staleSince": "2026-07-03T09:00:00Z"}));
    assert_eq!((&facts["desiredFreshness"], &facts["actualFreshness"]), (&json!("STALE"), &json!("STALE")));
}

#[test]
fn an_error_says_why_it_cannot_converge() {
    let of = |conditions: Value| {
        let facts = shown(&with("/status/conditions", conditions));
        (facts["source"].clone(), facts["reconcile"].clone(), facts["desiredFreshness"].clone())
    };
    let failed = |reason: &str, at: &str| json!({"state": "FAILED", "attempts": 1, "at": at, "reason": reason});
    let at = "2026-07-03T10:19:00Z";
    let condition = |kind: &str, message: &str| json!([{"type": kind, "message": message, "lastTransitionTime": at}]);
    assert_eq!(
        of(condition("ComparisonError", "Failed to load target state: CANARY")),
        (
            json!({"rendered": "FAILED"}),
            failed("ComparisonError: the desired state could not be rendered", at),
            Value::Null
        )
    );
    assert_eq!(
        of(condition("ComparisonError", "Failed to load live state: CANARY")),
        (
            json!({"observed": "FAILED"}),
            failed("ComparisonError: desired and live could not be compared", at),
            Value::Null
        )
    );
    assert_eq!(
        of(condition("InvalidSpecError", "CANARY")),
        (
            json!({"rendered": "FAILED"}),
            failed("InvalidSpecError: the declaration of the Application is invalid", at),
            Value::Null
        )
    );
    assert_eq!(
        of(condition("SyncError", "CANARY")),
        (
            json!({"fetched": "OK", "rendered": "OK", "decrypted": "OK", "applied": "FAILED", "observed": "OK"}),
            failed("SyncError: automated sync failed", at),
            json!("FRESH")
        )
    );
    // A warning is none.
    assert_eq!(of(condition("OrphanedResourceWarning", "m")).1["state"], json!("SUCCEEDED"));
}

#[test]
fn the_last_operation_is_the_last_reconciliation() {
    let of = |changes: &[(&str, Value)]| {
        let document =
            changes.iter().fold(document(), |it, (pointer, value)| mutation::with(it, pointer, value.clone()));
        let facts = shown(&document);
        (
            facts["reconcile"]["state"].clone(),
            facts["reconcile"]["attempts"].clone(),
            facts["source"]["applied"].clone(),
        )
    };
    let state = "/status/operationState";
    let phase = |word: &str| (format!("{state}/phase"), json!(word));
    for (word, expected, applied) in [
        ("Running", json!("RETRYING"), Value::Null),
        ("Terminating", json!("IN_PROGRESS"), Value::Null),
        ("Failed", json!("FAILED"), json!("FAILED")),
        ("Error", json!("FAILED"), json!("FAILED")),
        ("Succeeded", json!("SUCCEEDED"), json!("OK")),
        ("Unheard", Value::Null, Value::Null),
    ] {
        let (pointer, value) = phase(word);
        let (state, _, step) = of(&[(&pointer, value)]);
        assert_eq!((state, step), (expected, applied), "{word}");
    }
    assert_eq!(
        of(&[("/status/operationState/phase", json!("Running")), ("/status/operationState/retryCount", json!(0))]).0,
        json!("IN_PROGRESS")
    );
    // Another revision, a dry run, a part: none of them brought about what is desired now.
    for (pointer, value) in [
        ("/status/operationState/syncResult/revision", json!("0a")),
        ("/status/operationState/operation/sync/dryRun", json!(true)),
        ("/status/operationState/operation/sync/dryRun", json!("no")),
        ("/status/operationState/operation/sync/resources", json!([{"kind": "Service", "name": "web"}])),
        ("/status/operationState/operation/sync/resources", json!("all")),
    ] {
        assert_eq!(of(&[(pointer, value.clone())]), (Value::Null, Value::Null, Value::Null), "{pointer} {value}");
    }
    let failed = of(&[("/status/operationState/syncResult/resources/0/status", json!("SyncFailed"))]);
    assert_eq!(failed, (json!("FAILED"), json!(1), json!("FAILED")));
    // Self-heal that has to heal again and again does not converge.
    let fight = of(&[("/status/operationState/operation/sync/autoHealAttemptsCount", json!(3))]);
    assert_eq!(fight, (json!("RETRYING"), json!(3), json!("OK")));
    assert_eq!(of(&[(state, Value::Null)]), (Value::Null, Value::Null, Value::Null));
}

#[test]
fn several_sources_have_several_revisions() {
    let sources = json!([{"repoURL": "a", "chart": "web", "targetRevision": "1.x"}, {"repoURL": "b"}]);
    let mut several = with("/spec/sources", sources.clone());
    several["spec"]["source"] = Value::Null;
    several["status"]["sync"] =
        json!({"status": "Synced", "revisions": ["1.2.3", "0b"], "comparedTo": {"sources": sources}});
    several["status"]["operationState"]["syncResult"] = json!({"revisions": ["1.2.3", "0b"]});
    assert_eq!(read(&several).revisions, ["1.2.3", "0b"]);
    assert_eq!(facts(&several).sync.known(), Some(&SyncStatus::Synced));
    several["spec"]["sources"][1]["targetRevision"] = json!("next");
    assert!(facts(&several).sync.is_unknown());
}

#[test]
fn a_hydrated_application_is_compared_with_the_branch_that_the_hydrator_wrote() {
    let mut hydrated = with(
        "/spec/sourceHydrator",
        json!({"drySource": {"repoURL": "a", "path": "envs/prod", "targetRevision": "HEAD"},
               "syncSource": {"targetBranch": "env/prod", "path": "web"}, "hydrateTo": {"targetBranch": "env/prod-next"}}),
    );
    hydrated["spec"]["source"] = Value::Null;
    let compared = json!({"source": {"repoURL": "a", "path": "web", "targetRevision": "env/prod"}});
    hydrated["status"]["sync"] = json!({"status": "Synced", "revision": "0b", "comparedTo": compared});
    assert_eq!(facts(&hydrated).sync.known(), Some(&SyncStatus::Synced));
    for (member, of) in [("targetBranch", "syncSource"), ("path", "syncSource"), ("repoURL", "drySource")] {
        let mut other = hydrated.clone();
        other["spec"]["sourceHydrator"][of][member] = json!("next");
        assert!(facts(&other).sync.is_unknown(), "{member}");
    }
}

#[test]
fn detecting_is_not_enforcing() {
    for (automated, enforces) in [
        (json!({"prune": true, "selfHeal": true}), Some(true)),
        (json!({"prune": true}), Some(false)),
        (json!({}), Some(false)),
        (json!({"selfHeal": false}), Some(false)),
        (json!({"selfHeal": true, "enabled": false}), Some(false)),
        (json!({"selfHeal": true, "enabled": true}), Some(true)),
        (json!({"selfHeal": "true"}), None),
        (json!([]), None),
        (Value::Null, Some(false)),
    ] {
        assert_eq!(read(&with("/spec/syncPolicy/automated", automated.clone())).enforces(), enforces, "{automated}");
    }
}

#[test]
fn a_pause_has_an_owner_and_a_reason() {
    let paused = |document: &Value| shown(document)["suspended"].clone();
    assert_eq!(
        paused(&with("/metadata/annotations", json!({SKIP_RECONCILE: "true"}))),
        json!({"state": "YES", "owner": "ana-cli", "reason": "skip-reconcile annotation"})
    );
    assert_eq!(
        paused(&with("/spec/syncPolicy/automated/enabled", json!(false))),
        json!({"state": "YES", "owner": "ana-cli", "reason": "automated sync is disabled"})
    );
    assert_eq!(paused(&with("/spec/syncPolicy/automated", Value::Null)), json!({"state": "NO"}));
    assert_eq!(paused(&with("/spec/syncPolicy/automated/enabled", json!("no"))), Value::Null);
    assert_eq!(paused(&with("/metadata/annotations", json!({SKIP_RECONCILE: true}))), Value::Null);
    // The status is frozen, and so is what it says.
    let frozen = shown(&with("/metadata/annotations", json!({SKIP_RECONCILE: "true"})));
    assert_eq!(frozen["sync"], json!({"value": "OUT_OF_SYNC", "staleSince": "2026-07-03T10:20:00Z"}));
    assert_eq!(frozen["desiredFreshness"], json!("STALE"));
}

#[test]
fn opt_outs_are_told_with_their_breadth() {
    let found: Vec<_> = read(&document())
        .opt_outs
        .iter()
        .map(|it| (it.pointer.clone(), it.kind, it.reach, it.extent, it.is_broad()))
        .collect();
    let at = |index: usize| format!("/spec/ignoreDifferences/{index}");
    assert_eq!(
        found,
        [
            (at(0), OptOutKind::IgnoresDifferences, Reach::Object, Extent::Fields, false),
            (at(1), OptOutKind::IgnoresDifferences, Reach::Everything, Extent::Untold, true),
            (at(2), OptOutKind::IgnoresDifferences, Reach::Kind, Extent::Untold, true),
            (at(3), OptOutKind::IgnoresDifferences, Reach::Namespace, Extent::Subtree, true),
            (
                "/spec/syncPolicy/syncOptions/0".into(),
                OptOutKind::PruneConfirmed,
                Reach::Everything,
                Extent::Whole,
                true
            ),
        ]
    );
    let live = json!({"metadata": {"annotations": {
        "argocd.argoproj.io/compare-options": " IgnoreExtraneous , ServerSideDiff=true",
        "argocd.argoproj.io/sync-options": "Prune=false,Delete=false, Validate=false,Replace=true",
        "argocd.argoproj.io/hook": "PreSync,Skip",
        "argocd.argoproj.io/ignore-healthcheck": ["CANARY"],
    }, "managedFields": [{"manager": "kubectl-annotate", "operation": "Update", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:metadata": {"f:annotations": {"f:argocd.argoproj.io/compare-options": {}}}}}]}});
    let (found, problems) = opt_outs(&live);
    let found: Vec<_> = found.iter().map(|it| (it.kind, it.owner.as_deref())).collect();
    assert_eq!(
        found,
        [
            (OptOutKind::IgnoresExtraneous, Some("kubectl-annotate")),
            (OptOutKind::NotApplied, None),
            (OptOutKind::NotPruned, None),
            (OptOutKind::NotDeleted, None),
            (OptOutKind::NotValidated, None)
        ]
    );
    assert_eq!(
        problems[0].to_string(),
        "at `/metadata/annotations/argocd.argoproj.io~1ignore-healthcheck`: expected text; it is taken as unknown"
    );
    assert!(!format!("{problems:?}").contains("CANARY"));
}

#[test]
fn the_tracking_annotation_names_the_application() {
    let live = |id: &str| {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "prod",
        "annotations": {"argocd.argoproj.io/tracking-id": id}}})
    };
    let application = read(&document());
    assert!(application.tracks(&live("shop:apps/Deployment:prod/web")));
    assert!(application.tracks(&live("argocd_shop:apps/Deployment:prod/web")));
    assert!(!application.tracks(&live("other:apps/Deployment:prod/web")));
    assert!(!application.tracks(&live("shop:apps/Deployment:prod/copied")));
}

#[test]
fn an_error_says_where_and_what_and_never_a_value() {
    for (value, code, message) in [
        (json!("CANARY"), "not-an-object", "at the root: expected an object, as the API server answers it"),
        (
            json!({"apiVersion": "CANARY/v1"}),
            "wrong-api-version",
            "at `/apiVersion`: expected an API version of the group `argoproj.io`; hand over the object of that API",
        ),
        (
            json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "CANARY"}),
            "wrong-kind",
            "at `/kind`: expected one of the kinds `Application`",
        ),
        (
            json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": ["CANARY"]}}),
            "no-name",
            "at `/metadata/name`: expected a name as text",
        ),
    ] {
        let error = Application::read(&value).unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), (code, message));
        assert!(!format!("{error:?}").contains("CANARY"));
    }
}

#[test]
fn law_8_a_secret_never_leaves_an_application() {
    let document =
        with("/status/conditions", json!([{"type": "ComparisonError", "message": "CANARY"}, {"type": "CANARY"}]));
    let application = read(&document);
    let facts = application.facts(NOW.parse().unwrap(), Span::from_seconds(600));
    let text = format!("{application:?} {facts:?} {}", serde_json::to_string(&facts).unwrap());
    assert!(!text.contains("CANARY"), "{text}");
    assert_eq!(application.conditions[0].message.reveal(), "CANARY");
}

#[test]
fn law_2_total_a_mutated_application_is_answered() {
    mutation::everywhere(&document(), &mut |document| {
        if let Ok(application) = Application::read(document) {
            let facts = application.facts(NOW.parse().unwrap(), Span::from_seconds(600));
            let _ = (format!("{application:?}"), serde_json::to_string(&facts).unwrap(), application.enforces());
            for entry in &application.resources {
                let _ = application.facts_for(&entry.resource, NOW.parse().unwrap(), Span::default());
            }
        }
        let _ = opt_outs(document);
    });
}

#[test]
fn law_3_taking_something_away_never_makes_an_application_greener() {
    // Every single member taken away or spoilt, one after the other: what was not green stays so.
    let drifted = document();
    mutation::single(&drifted, &mut |document, pointer| {
        if let Ok(application) = Application::read(document) {
            let facts = application.facts(NOW.parse().unwrap(), Span::from_seconds(600));
            assert_ne!(facts.sync.known(), Some(&SyncStatus::Synced), "{pointer}");
        }
    });
}
