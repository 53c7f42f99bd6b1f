use serde_json::json;

use super::super::mutation;
use super::super::{Extent, OptOutKind, Reach};
use super::*;
use crate::facts::{Facts, SourceStep, SyncStatus};
use crate::resource::ResourceRef;

const NOW: &str = "2026-07-03T10:22:31Z";

fn condition(kind: &str, status: &str, reason: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": "CANARY", "lastTransitionTime": "2026-07-03T10:20:00Z", "observedGeneration": 3})
}

fn kustomization() -> Value {
    json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "app", "namespace": "flux-system", "generation": 3, "managedFields": [
            {"manager": "flux", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:suspend": {}}}}]},
        "spec": {"interval": "10m0s", "prune": true, "wait": true, "path": "./prod", "sourceRef": {"kind": "GitRepository", "name": "app"},
                 "dependsOn": [{"name": "crds"}], "ignore": [{"paths": ["/spec/replicas"], "target": {"kind": "Deployment"}}]},
        "status": {
            "observedGeneration": 3, "lastAppliedRevision": "main@sha1:363a6a8f", "lastAttemptedRevision": "main@sha1:363a6a8f",
            "conditions": [condition("Ready", "True", "ReconciliationSucceeded"), condition("Healthy", "True", "Succeeded")],
            "inventory": {"entries": [{"id": "prod_web_apps_Deployment", "v": "v1"}, {"id": "_system__reader_rbac.authorization.k8s.io_ClusterRole", "v": "v1"}]},
            "history": [{"digest": "sha256:ec8d", "lastReconciled": "2026-07-03T10:21:00Z", "lastReconciledStatus": "ReconciliationSucceeded"}],
            "unheardOf": [{}]
        }
    })
}

fn git_repository() -> Value {
    json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "app", "namespace": "flux-system", "generation": 3},
        "spec": {"interval": "5m", "url": "https://bot:CANARY@example.com/r.git"},
        "status": {"observedGeneration": 3,
            "artifact": {"digest": "sha256:e7", "revision": "main@sha1:363a6a8f", "lastUpdateTime": "2026-01-29T06:59:23Z", "url": "http://x/CANARY"},
            "conditions": [condition("Ready", "True", "Succeeded"), condition("ArtifactInStorage", "True", "Succeeded")]}
    })
}

fn helm_release() -> Value {
    json!({
        "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"name": "podinfo", "namespace": "prod", "generation": 3},
        "spec": {"interval": "30m", "chartRef": {"kind": "OCIRepository", "name": "podinfo", "namespace": "flux-system"},
                 "driftDetection": {"mode": "warn", "ignore": [{"paths": [""], "target": {"kind": "Deployment", "name": "web-.*", "namespace": "prod"}}]}},
        "status": {"observedGeneration": 3, "lastAttemptedRevision": "6.5.4", "failures": 2,
            "history": [{"name": "podinfo", "version": 2, "status": "deployed", "chartVersion": "6.5.4", "lastDeployed": "2026-07-01T12:00:00Z"}],
            "conditions": [condition("Ready", "True", "UpgradeSucceeded"), condition("Released", "True", "UpgradeSucceeded")]}
    })
}

fn conditions(document: Value, conditions: Value) -> Value {
    mutation::with(document, "/status/conditions", conditions)
}

fn joined(kustomization: &Value, source: Option<&Value>) -> Facts {
    let kustomization = Kustomization::read(kustomization).unwrap();
    let source = source.map(|source| Source::read(source).unwrap());
    graph(&kustomization, source.as_ref(), NOW.parse().unwrap(), Span::from_seconds(600))
}

fn released(release: &Value) -> Facts {
    graph(&HelmRelease::read(release).unwrap(), None, NOW.parse().unwrap(), Span::from_seconds(600))
}

fn shown(facts: &Facts) -> Value {
    serde_json::to_value(facts).unwrap()
}

#[test]
fn a_kustomization_with_its_source_is_read_whole() {
    assert_eq!(
        shown(&joined(&kustomization(), Some(&git_repository()))),
        json!({
            "sync": "SYNCED", "health": "HEALTHY",
            "source": {"fetched": "OK", "rendered": "OK", "decrypted": "OK", "applied": "OK", "observed": "OK"},
            "reconcile": {"state": "SUCCEEDED", "at": "2026-07-03T10:20:00Z"},
            "suspended": {"state": "NO"},
            "desiredFreshness": "FRESH", "actualFreshness": "FRESH",
            "lastAppliedAt": "2026-07-03T10:21:00Z", "lastReconciledAt": "2026-07-03T10:21:00Z",
        })
    );
    let read = Kustomization::read(&kustomization()).unwrap();
    assert_eq!(read.problems, []);
    assert_eq!(read.object.interval.map(Span::seconds), Some(600));
    assert_eq!(
        read.depends_on[0],
        FluxRef { kind: "Kustomization".into(), namespace: "flux-system".into(), name: "crds".into() }
    );
    let opt_out = &read.opt_outs[0];
    assert_eq!(
        (opt_out.kind, opt_out.reach, opt_out.extent),
        (OptOutKind::IgnoresDifferences, Reach::Kind, Extent::Fields)
    );
}

#[test]
fn a_delivery_without_its_source_is_visibly_incomplete() {
    let mut another = git_repository();
    another["metadata"]["name"] = json!("other");
    let mut suspended = git_repository();
    suspended["spec"]["suspend"] = json!(true);
    let behind = conditions(git_repository(), json!([condition("Ready", "Unknown", "Progressing")]));
    for source in [None, Some(&another), Some(&suspended), Some(&behind)] {
        let facts = joined(&kustomization(), source);
        let status = facts.source.known().unwrap();
        assert_eq!((status.fetched, status.rendered, status.overall()), (None, Some(SourceStep::Ok), None));
        assert_eq!(facts.desired_freshness.known(), None);
    }
    let failed = conditions(git_repository(), json!([condition("Ready", "False", "GitOperationFailed")]));
    let facts = joined(&kustomization(), Some(&failed));
    assert_eq!(facts.source.known().unwrap().overall(), Some(SourceStep::Failed));
    // A source that is paused pauses what is delivered from it.
    assert_eq!(
        shown(&joined(&kustomization(), Some(&suspended)))["suspended"],
        json!({"state": "YES", "reason": "GitRepository/flux-system/app is suspended"})
    );
}

#[test]
fn a_reference_without_a_name_is_a_problem_and_not_lost() {
    let mut document = kustomization();
    document["spec"]["dependsOn"] = json!([{"name": "db"}, {"namespace": "shared"}, {"name": 7}]);
    let read = Kustomization::read(&document).unwrap();
    let names: Vec<&str> = read.depends_on.iter().map(|needed| needed.name.as_str()).collect();
    assert_eq!(names, ["db"]);
    let places: Vec<&str> = read.problems.iter().map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(places, ["/spec/dependsOn/1/name", "/spec/dependsOn/2/name"]);
    // A release whose chart is referred to has no other source, and that is no problem.
    assert_eq!(HelmRelease::read(&helm_release()).unwrap().problems, []);
}

#[test]
fn each_reason_says_how_far_a_kustomization_came() {
    let built = |rest: &[(&str, &str)]| {
        let mut steps = json!({"fetched": "OK", "rendered": "OK", "decrypted": "OK"});
        for (name, step) in rest {
            steps[*name] = json!(step);
        }
        steps
    };
    for (reason, steps, health) in [
        ("ArtifactFailed", json!({"fetched": "FAILED"}), Value::Null),
        ("BuildFailed", json!({"fetched": "OK", "rendered": "FAILED"}), Value::Null),
        ("DecryptionFailed", json!({"fetched": "OK", "decrypted": "FAILED"}), Value::Null),
        ("ReconciliationFailed", json!({"fetched": "OK", "applied": "FAILED"}), Value::Null),
        ("PruneFailed", built(&[("applied", "FAILED")]), Value::Null),
        ("HealthCheckFailed", built(&[("applied", "OK"), ("observed", "FAILED")]), json!("DEGRADED")),
        ("HealthCheckCanceled", built(&[("applied", "OK")]), Value::Null),
        ("SomethingNew", json!({"fetched": "OK"}), Value::Null),
    ] {
        let document = conditions(kustomization(), json!([condition("Ready", "False", reason)]));
        let facts = shown(&joined(&document, Some(&git_repository())));
        assert_eq!((&facts["source"], &facts["health"]), (&steps, &health), "{reason}");
        assert_eq!(facts["reconcile"]["state"], json!("FAILED"), "{reason}");
        assert!(facts["reconcile"]["reason"].as_str().unwrap().starts_with(&format!("{reason}: ")), "{facts}");
        assert_eq!(facts["sync"], Value::Null, "{reason}");
    }
}

#[test]
fn each_combination_of_conditions_is_one_state() {
    let state = |all: Value| shown(&joined(&conditions(kustomization(), all), None))["reconcile"]["state"].clone();
    let failed = condition("Ready", "False", "BuildFailed");
    for (all, expected) in [
        (json!([condition("Ready", "True", "ReconciliationSucceeded")]), json!("SUCCEEDED")),
        (
            json!([condition("Ready", "Unknown", "Progressing"), condition("Reconciling", "True", "Progressing")]),
            json!("IN_PROGRESS"),
        ),
        (json!([failed, condition("Reconciling", "True", "ProgressingWithRetry")]), json!("RETRYING")),
        (json!([condition("Ready", "False", "DependencyNotReady")]), json!("RETRYING")),
        (json!([failed, condition("Stalled", "True", "InvalidCELExpression")]), json!("STALLED")),
        (json!([failed]), json!("FAILED")),
        (json!([condition("Ready", "Unknown", "Progressing")]), Value::Null),
        (json!([condition("Ready", "True", "A"), condition("Ready", "True", "B")]), Value::Null),
        (json!([]), Value::Null),
    ] {
        assert_eq!(state(all.clone()), expected, "{all}");
    }
}

#[test]
fn law_3_no_result_is_not_no_drift_in_flux() {
    let ready = condition("Ready", "True", "ReconciliationSucceeded");
    let mut old = ready.clone();
    old["observedGeneration"] = json!(2);
    let mut odd = ready.clone();
    odd["observedGeneration"] = json!("three");
    for (pointer, value) in [
        ("/metadata/generation", json!(4)),
        ("/metadata/generation", Value::Null),
        ("/status/observedGeneration", json!(2)),
        ("/status/observedGeneration", json!(-1)),
        ("/status/observedGeneration", Value::Null),
        ("/status/conditions", json!([old])),
        ("/status/conditions", json!([odd])),
        ("/status/conditions", json!([ready, {"status": "True"}])),
        ("/status/conditions", json!([ready, condition("Stalled", "True", "X")])),
        ("/status/conditions", json!([ready, condition("Reconciling", "True", "Progressing")])),
        ("/status/conditions", json!([ready, condition("Stalled", "Perhaps", "X")])),
        ("/status/conditions", json!("Ready")),
        ("/status/lastAppliedRevision", Value::Null),
        ("/status/lastAttemptedRevision", json!("main@sha1:newer")),
        ("/spec/suspend", json!(true)),
        ("/spec/suspend", json!("no")),
        ("/status", Value::Null),
    ] {
        let facts = joined(&mutation::with(kustomization(), pointer, value.clone()), Some(&git_repository()));
        assert_eq!(facts.sync.known(), None, "{pointer} {value}");
        let overall = facts.source.known().and_then(crate::SourceStatus::overall);
        assert_ne!(overall, Some(SourceStep::Ok), "{pointer} {value}");
        assert_eq!(
            facts.desired_freshness.known().filter(|it| **it == crate::Freshness::Fresh),
            None,
            "{pointer} {value}"
        );
    }
    // A failure of this generation counts, although the status's own generation lags behind while it fails.
    let mut failing = conditions(kustomization(), json!([condition("Ready", "False", "BuildFailed")]));
    failing["status"]["observedGeneration"] = json!(2);
    assert_eq!(shown(&joined(&failing, None))["source"], json!({"rendered": "FAILED"}));
}

#[test]
fn what_is_suspended_is_stale_and_its_freshness_unknown() {
    let facts = shown(&joined(&mutation::with(kustomization(), "/spec/suspend", json!(true)), Some(&git_repository())));
    assert_eq!(
        facts["suspended"],
        json!({"state": "YES", "owner": "flux", "reason": "Kustomization/flux-system/app is suspended"})
    );
    assert_eq!(facts["sync"], json!({"value": "SYNCED", "staleSince": "2026-07-03T10:21:00Z"}));
    assert_eq!(facts["reconcile"]["staleSince"], json!("2026-07-03T10:21:00Z"));
    assert_eq!((&facts["desiredFreshness"], &facts["actualFreshness"]), (&Value::Null, &Value::Null));
}

#[test]
fn an_old_run_is_stale_and_a_newer_source_makes_desired_stale() {
    let mut old = kustomization();
    old["status"]["history"] = Value::Null;
    old["status"]["conditions"][0]["lastTransitionTime"] = json!("2026-07-03T09:00:00Z");
    let facts = shown(&joined(&old, Some(&git_repository())));
    assert_eq!(facts["sync"], json!({"value": "SYNCED", "staleSince": "2026-07-03T09:00:00Z"}));
    assert_eq!(facts["source"]["staleSince"], json!("2026-07-03T09:00:00Z"));
    assert_eq!(facts["actualFreshness"], json!("STALE"));
    let newer = mutation::with(git_repository(), "/status/artifact/revision", json!("main@sha1:b0b0"));
    let facts = shown(&joined(&kustomization(), Some(&newer)));
    assert_eq!((&facts["desiredFreshness"], &facts["actualFreshness"]), (&json!("STALE"), &json!("FRESH")));
}

#[test]
fn a_source_is_fetched_only_when_nothing_speaks_against_it() {
    let fetched = |document: &Value| Source::read(document).unwrap().fetched();
    assert_eq!(fetched(&git_repository()), Some(SourceStep::Ok));
    let ready = condition("Ready", "True", "Succeeded");
    for (all, expected) in [
        (json!([ready]), Some(SourceStep::Ok)),
        (json!([ready, condition("FetchFailed", "True", "GitOperationFailed")]), Some(SourceStep::Failed)),
        (json!([ready, condition("SourceVerified", "False", "VerificationError")]), Some(SourceStep::Failed)),
        (json!([ready, condition("ArtifactInStorage", "False", "X")]), None),
        (json!([ready, condition("ArtifactOutdated", "True", "NewRevision")]), None),
        (json!([condition("Ready", "False", "AuthenticationFailed")]), Some(SourceStep::Failed)),
        (json!([]), None),
    ] {
        assert_eq!(fetched(&conditions(git_repository(), all.clone())), expected, "{all}");
    }
    assert_eq!(fetched(&mutation::with(git_repository(), "/metadata/generation", json!(4))), None);
    assert_eq!(fetched(&mutation::with(git_repository(), "/status/artifact", Value::Null)), None);
    for kind in SourceKind::ALL {
        let read = Source::read(&mutation::with(git_repository(), "/kind", json!(kind.word()))).unwrap();
        assert_eq!(read.kind, *kind);
    }
}

#[test]
fn a_helm_release_is_synced_only_where_somebody_looked() {
    let drifted = |mode: Value, all: Value| {
        let document = conditions(mutation::with(helm_release(), "/spec/driftDetection/mode", mode), all);
        released(&document).sync.known().copied()
    };
    let ready = condition("Ready", "True", "UpgradeSucceeded");
    let found = condition("Drifted", "True", "DriftDetected");
    for (mode, all, expected) in [
        ("warn", json!([ready]), Some(SyncStatus::Synced)),
        ("enabled", json!([ready, condition("Drifted", "False", "NoDriftDetected")]), Some(SyncStatus::Synced)),
        ("warn", json!([ready, found]), Some(SyncStatus::OutOfSync)),
        ("disabled", json!([ready]), None),
        ("disabled", json!([ready, found]), None),
        ("sometimes", json!([ready, found]), None),
        ("warn", json!([ready, condition("Drifted", "Unknown", "X")]), None),
        ("warn", json!([condition("Ready", "False", "UpgradeFailed")]), None),
    ] {
        assert_eq!(drifted(json!(mode), all.clone()), expected, "{mode} {all}");
    }
    assert_eq!(drifted(Value::Null, json!([ready])), None);
    // Its conditions stay while nothing changes: whether it looked since, nobody can tell.
    let mut old = helm_release();
    old["status"]["conditions"][0]["lastTransitionTime"] = json!("2026-07-01T00:00:00Z");
    let facts = shown(&released(&old));
    assert_eq!(facts["sync"]["staleSince"], json!("2026-07-01T12:00:00Z"));
    assert_eq!(facts["source"]["applied"], json!("OK"));
}

#[test]
fn a_helm_release_is_read_whole() {
    assert_eq!(
        shown(&released(&helm_release())),
        json!({
            "sync": "SYNCED", "health": "HEALTHY",
            "source": {"rendered": "OK", "decrypted": "OK", "applied": "OK", "observed": "OK"},
            "reconcile": {"state": "SUCCEEDED", "attempts": 2, "at": "2026-07-03T10:20:00Z"},
            "suspended": {"state": "NO"},
            "lastAppliedAt": "2026-07-01T12:00:00Z", "lastReconciledAt": "2026-07-03T10:20:00Z",
        })
    );
    for (reason, steps) in [
        ("ArtifactFailed", json!({"fetched": "FAILED"})),
        ("UpgradeFailed", json!({"applied": "FAILED"})),
        ("RollbackSucceeded", json!({"applied": "FAILED"})),
        ("TestFailed", json!({"rendered": "OK", "decrypted": "OK", "applied": "OK", "observed": "FAILED"})),
    ] {
        let facts = shown(&released(&conditions(helm_release(), json!([condition("Ready", "False", reason)]))));
        assert_eq!(facts["source"], steps, "{reason}");
    }
    let read = HelmRelease::read(&helm_release()).unwrap();
    assert_eq!((read.enforces(), read.drift_mode), (Some(false), Some(DriftMode::Warn)));
    let shown: Vec<_> = read.opt_outs.iter().map(|it| (it.kind, it.reach, it.extent)).collect();
    assert_eq!(
        shown,
        [
            (OptOutKind::IgnoresDifferences, Reach::Namespace, Extent::Whole),
            (OptOutKind::NotCorrected, Reach::Everything, Extent::Whole)
        ]
    );
    let source = read.source.unwrap();
    assert_eq!((source.kind.as_str(), source.namespace.as_str()), ("OCIRepository", "flux-system"));
}

#[test]
fn an_inventory_settles_what_is_delivered_only_when_it_is_whole() {
    let read = |document: &Value| Kustomization::read(document).unwrap();
    let web = ResourceRef::kubernetes("apps", "v1beta1", "Deployment", "prod", "web");
    let other = ResourceRef::kubernetes("apps", "v1", "Deployment", "prod", "other");
    let role = ResourceRef::kubernetes("rbac.authorization.k8s.io", "v1", "ClusterRole", "", "system:reader");
    let whole = read(&kustomization());
    assert_eq!([&web, &role, &other].map(|it| whole.delivers(it)), [Some(true), Some(true), Some(false)]);
    let broken = read(&mutation::with(kustomization(), "/status/inventory/entries/1/id", json!("CANARY")));
    assert_eq!([&web, &other].map(|it| broken.delivers(it)), [Some(true), None]);
    assert_eq!(
        broken.problems[0].to_string(),
        "at `/status/inventory/entries/1/id`: expected an inventory id, `<namespace>_<name>_<group>_<kind>`; it is taken as unknown"
    );
    assert_eq!(read(&mutation::with(kustomization(), "/status/inventory", Value::Null)).delivers(&web), None);
}

#[test]
fn live_objects_opt_out_by_annotation_or_label_in_any_case() {
    let live = json!({"metadata": {
        "annotations": {"kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent", "kustomize.toolkit.fluxcd.io/prune": "Disabled",
                        "helm.toolkit.fluxcd.io/driftDetection": "disabled"},
        "labels": {"kustomize.toolkit.fluxcd.io/reconcile": "disabled", "kustomize.toolkit.fluxcd.io/ssa": "Merge"}}});
    let kinds: Vec<_> = opt_outs(&live).0.iter().map(|it| it.kind).collect();
    assert_eq!(
        kinds,
        [
            OptOutKind::NotDetected,
            OptOutKind::NotPruned,
            OptOutKind::AppliedOnce,
            OptOutKind::NotReconciled,
            OptOutKind::KeepsAdditions
        ]
    );
    assert_eq!(
        opt_outs(&json!({"metadata": {"annotations": {"kustomize.toolkit.fluxcd.io/reconcile": "enabled"}}})).0,
        []
    );
}

#[test]
fn law_8_a_secret_never_leaves_flux() {
    let mut odd = kustomization();
    odd["status"]["conditions"][0]["reason"] = json!("CANARY: password");
    odd["spec"]["interval"] = json!("CANARY");
    let (read, source) = (Kustomization::read(&odd).unwrap(), Source::read(&git_repository()).unwrap());
    let facts = graph(&read, Some(&source), NOW.parse().unwrap(), Span::from_seconds(600));
    let problems: Vec<String> = read.problems.iter().map(ToString::to_string).collect();
    let text = format!("{read:?} {source:?} {facts:?} {} {problems:?}", shown(&facts));
    assert!(!text.contains("CANARY"), "{text}");
    let errors = [Kustomization::read(&git_repository()).err(), Source::read(&json!("CANARY")).err()];
    let codes: Vec<_> = errors.iter().flatten().map(StatusError::code).collect();
    assert_eq!(codes, ["wrong-api-version", "not-an-object"]);
}

#[test]
fn law_2_total_mutated_objects_of_flux_are_answered() {
    let (now, window) = (NOW.parse().unwrap(), Span::from_seconds(600));
    let whole = Kustomization::read(&kustomization()).unwrap();
    mutation::everywhere(&kustomization(), &mut |document| {
        if let Ok(read) = Kustomization::read(document) {
            let facts = graph(&read, Some(&Source::read(&git_repository()).unwrap()), now, window);
            let _ = (format!("{read:?}"), shown(&facts));
        }
        let _ = opt_outs(document);
    });
    mutation::everywhere(&helm_release(), &mut |document| {
        if let Ok(read) = HelmRelease::read(document) {
            let _ = (format!("{read:?}"), shown(&graph(&read, None, now, window)), read.enforces());
        }
    });
    mutation::everywhere(&git_repository(), &mut |document| {
        if let Ok(read) = Source::read(document) {
            let _ = (format!("{read:?}"), shown(&graph(&whole, Some(&read), now, window)));
        }
    });
}

#[test]
fn law_3_spoiling_a_failing_object_never_makes_it_green() {
    let failing = conditions(kustomization(), json!([condition("Ready", "False", "BuildFailed")]));
    let source = Source::read(&git_repository()).unwrap();
    mutation::single(&failing, &mut |document, pointer| {
        if let Ok(read) = Kustomization::read(document) {
            let facts = graph(&read, Some(&source), NOW.parse().unwrap(), Span::from_seconds(600));
            assert_ne!(facts.sync.known(), Some(&SyncStatus::Synced), "{pointer}");
            let overall = facts.source.known().and_then(crate::SourceStatus::overall);
            assert_ne!(overall, Some(SourceStep::Ok), "{pointer}");
        }
    });
}
