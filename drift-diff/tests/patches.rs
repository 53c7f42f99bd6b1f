//! Whole patches, as a person reads them: the operations, what they settle, and why everything else is left.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use drift_diff::{Comparer, Mandate, Patch, PatchErrorKind, PatchKind, Rules};
use drift_model::source::managed_fields::{ManagerRules, claims};
use drift_model::{Claim, ClaimOrigin, Facts, Observation, OwnerKind, PlaneState, Planes, RecordOf, ResourceRef};
use serde_json::{Value, json};

fn comparer() -> Comparer {
    Comparer::compile(&Rules::default()).unwrap()
}

fn observed(resource: ResourceRef, desired: &Value, actual: &Value) -> Observation {
    let planes = Planes::new(PlaneState::present(desired.clone()), PlaneState::present(actual.clone()));
    Observation::new("obs", resource, planes)
}

fn deployment(desired: &Value, actual: &Value) -> Observation {
    observed(ResourceRef::kubernetes("apps", "v1", "Deployment", "prod", "shop"), desired, actual)
}

fn patch_of(observation: &Observation, kind: PatchKind, mandate: &Mandate) -> Patch {
    let comparer = comparer();
    let delta = comparer.compare(observation, &Facts::default());
    match kind {
        PatchKind::Revert => delta.revert(mandate),
        PatchKind::Accept => delta.accept(mandate),
        PatchKind::Refresh => delta.refresh(mandate),
    }
}

/// The patch as lines.
fn told(patch: &Patch) -> Vec<String> {
    let shown = patch.shown();
    let settles = patch.settles.iter().map(|settled| {
        let stale = if settled.stale_record { " stale record" } else { "" };
        format!("settles {} {} {}{stale}", settled.path, settled.kind, settled.relation)
    });
    let left = patch.left.iter().map(|left| {
        let unknown = left.unknown.map(|reason| format!(" {reason}")).unwrap_or_default();
        format!("leaves {} {} {}{unknown}", left.path, left.kind, left.why)
    });
    shown.operations.iter().map(ToString::to_string).chain(settles).chain(left).collect()
}

/// Applies the patch, and sees that it does not go through a second time.
fn applied(patch: &Patch, document: &Value) -> Value {
    let mut after = document.clone();
    patch.apply(&mut after).unwrap();
    let patched = after.clone();
    assert!(patch.apply(&mut after).is_err());
    assert_eq!(after, patched);
    after
}

#[test]
fn s1_1_the_config_map_that_was_edited_by_hand_goes_back() {
    let desired = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "payments", "namespace": "prod"},
        "data": {"RETRY_LIMIT": "3", "TIMEOUT": "30s", "app.properties": "a=1\n"}});
    let actual = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "payments", "namespace": "prod", "uid": "6f2c", "resourceVersion": "812"},
        "data": {"RETRY_LIMIT": "30", "DEBUG": "1", "app.properties": "a=1\n"}});
    let resource = ResourceRef::kubernetes("", "v1", "ConfigMap", "prod", "payments");
    let mut observation = observed(resource, &desired, &actual);
    observation.claims = vec![Claim::new("/data/DEBUG".parse().unwrap(), OwnerKind::Human, ClaimOrigin::ManagedFields)];
    let patch = patch_of(&observation, PatchKind::Revert, &Mandate::everything());
    assert_eq!(
        told(&patch),
        [
            "test /data/DEBUG \"1\"",
            "test /data/RETRY_LIMIT \"30\"",
            "remove /data/DEBUG",
            "replace /data/RETRY_LIMIT \"3\"",
            "add /data/TIMEOUT \"30s\"",
            "settles /data/DEBUG ADDED UNDECLARED_ADDITION",
            "settles /data/RETRY_LIMIT CHANGED DIFFERS",
            "settles /data/TIMEOUT REMOVED DIFFERS",
            "leaves /metadata/resourceVersion ADDED OWNED_BY",
            "leaves /metadata/uid ADDED OWNED_BY",
        ]
    );
    assert_eq!(applied(&patch, &actual)["data"], desired["data"]);
}

#[test]
fn a_changed_image_goes_back_and_the_injected_sidecar_stays() {
    let pod = |containers: Value| json!({"spec": {"replicas": 2, "template": {"spec": {"containers": containers}}}});
    let desired = pod(json!([{"name": "shop", "image": "shop:1", "ports": [{"containerPort": 8080}],
        "env": [{"name": "MODE", "value": "live"}]}]));
    let mut actual = pod(json!([
        {"name": "istio-proxy", "image": "mesh:7", "ports": [{"containerPort": 15090, "protocol": "TCP"}]},
        {"name": "shop", "image": "shop:debug",
         "ports": [{"containerPort": 8080, "protocol": "TCP"}, {"containerPort": 5005, "protocol": "TCP"}],
         "env": [{"name": "DEBUG", "value": "1"}, {"name": "MODE", "value": "live"}]},
    ]));
    actual["metadata"] = json!({"managedFields": [{"manager": "istio-sidecar-injector", "operation": "Update", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"istio-proxy\"}": {".": {}, "f:image": {}}}}}}}}]});
    let mut observation = deployment(&desired, &actual);
    observation.claims = claims(&actual, &ManagerRules::built_in());
    let patch = patch_of(&observation, PatchKind::Revert, &Mandate::everything());
    let shop = "/spec/template/spec/containers/[name=shop]";
    assert_eq!(
        told(&patch),
        [
            "test /spec/template/spec/containers/1/name \"shop\"",
            "test /spec/template/spec/containers/1/env/0 {\"name\":\"DEBUG\",\"value\":\"1\"}",
            "test /spec/template/spec/containers/1/image \"shop:debug\"",
            "test /spec/template/spec/containers/1/ports/1 {\"containerPort\":5005,\"protocol\":\"TCP\"}",
            "remove /spec/template/spec/containers/1/env/0",
            "replace /spec/template/spec/containers/1/image \"shop:1\"",
            "remove /spec/template/spec/containers/1/ports/1",
            &format!("settles {shop}/env/[name=DEBUG] ADDED UNDECLARED_ADDITION"),
            &format!("settles {shop}/image CHANGED DIFFERS"),
            &format!("settles {shop}/ports/[containerPort=5005,protocol=TCP] ADDED UNDECLARED_ADDITION"),
            "leaves /metadata/managedFields ADDED OWNED_BY",
            "leaves /spec/template/spec/containers/[name=istio-proxy] ADDED OWNED_BY",
            &format!("leaves {shop}/ports/[containerPort=8080,protocol=TCP]/protocol ADDED EQUIVALENT"),
        ]
    );
    let after = applied(&patch, &actual);
    assert_eq!(after["spec"]["template"]["spec"]["containers"][0], actual["spec"]["template"]["spec"]["containers"][0]);
    assert_eq!(after["spec"]["template"]["spec"]["containers"][1]["image"], "shop:1");

    // Another sidecar came in front meanwhile: the guard holds.
    let mut moved = actual.clone();
    moved["spec"]["template"]["spec"]["containers"]
        .as_array_mut()
        .unwrap()
        .insert(0, json!({"name": "vault", "image": "v:1"}));
    let before = moved.clone();
    let error = patch.apply(&mut moved).unwrap_err();
    assert_eq!(
        error.to_string(),
        "operation 0 of the patch at `/spec/template/spec/containers/1/name`: another value has come there; compare again"
    );
    assert_eq!(moved, before);

    // A mandate for the image alone.
    let mandate = Mandate::of(["/spec/template/spec/containers/*/image".parse().unwrap()]);
    let narrow = patch_of(&observation, PatchKind::Revert, &mandate);
    assert_eq!(narrow.settles.len(), 1);
    assert!(told(&narrow).contains(&format!("leaves {shop}/env/[name=DEBUG] ADDED OUTSIDE_MANDATE")));
}

#[test]
fn law_8_a_secret_never_leaves_a_patch_that_really_applies() {
    let desired = json!({"data": {"password": "Q0FOQVJZLTE=", "url": "Q0FOQVJZLTM="}, "type": "Opaque"});
    let actual = json!({"data": {"password": "Q0FOQVJZLTI="}, "type": "Opaque"});
    let observation = observed(ResourceRef::kubernetes("", "v1", "Secret", "prod", "db"), &desired, &actual);
    let patch = patch_of(&observation, PatchKind::Revert, &Mandate::everything());
    assert_eq!(
        told(&patch),
        [
            "test /data/password \"(sensitive)\"",
            "replace /data/password \"(sensitive)\"",
            "add /data/url \"(sensitive)\"",
            "settles /data/password CHANGED DIFFERS",
            "settles /data/url REMOVED DIFFERS",
        ]
    );
    let printed = format!("{patch:?} {:?} {}", patch.shown(), serde_json::to_string(&patch.shown()).unwrap());
    assert!(!printed.contains("Q0FOQVJZ"), "{printed}");
    assert_eq!(applied(&patch, &actual), desired);

    // A parent that holds secrets is not shown either, whichever plane marks them.
    let actual = json!({"type": "Opaque"});
    let observation = observed(ResourceRef::kubernetes("", "v1", "Secret", "prod", "db"), &desired, &actual);
    let patch = patch_of(&observation, PatchKind::Revert, &Mandate::everything());
    assert_eq!(patch.shown().to_string(), "add /data \"(sensitive)\"\n");
    assert_eq!(applied(&patch, &actual), desired);
    let written = serde_json::to_value(patch.into_operations()).unwrap();
    assert_eq!(written, json!([{"op": "add", "path": "/data", "value": desired["data"]}]));
}

#[test]
fn an_ingress_rule_that_was_added_by_hand_goes() {
    let rule = |port: u16, cidr: &str| json!({"from_port": port, "to_port": port, "protocol": "tcp", "cidr_blocks": [cidr], "description": ""});
    let desired = json!({"name": "web", "ingress": [rule(443, "10.0.0.0/8"), rule(80, "10.0.0.0/8")]});
    let recorded = json!({"name": "web", "ingress": [rule(80, "10.0.0.0/8"), rule(443, "10.0.0.0/8")], "id": "sg-1"});
    let actual = json!({"name": "web", "ingress": [rule(22, "0.0.0.0/0"), rule(80, "10.0.0.0/8"), rule(443, "10.0.0.0/8")], "id": "sg-1"});
    let resource = ResourceRef::opentofu("aws_security_group", "aws_security_group.web");
    let mut observation = observed(resource, &desired, &actual);
    observation.planes = observation.planes.with_recorded(PlaneState::present(recorded), RecordOf::Observation);
    let patch = patch_of(&observation, PatchKind::Revert, &Mandate::everything());
    assert_eq!(
        told(&patch)[1..],
        ["remove /ingress/0", "settles /ingress/0 ADDED RUNTIME_CHANGED", "leaves /ingress REORDERED EQUIVALENT",]
    );
    assert_eq!(applied(&patch, &actual)["ingress"], json!([rule(80, "10.0.0.0/8"), rule(443, "10.0.0.0/8")]));
    // Law 7: as long as the runtime is wrong, the record is not made like it.
    let refresh = patch_of(&observation, PatchKind::Refresh, &Mandate::everything());
    assert!(refresh.is_empty() && told(&refresh).contains(&"leaves /ingress/0 ADDED RUNTIME_IS_WRONG".to_owned()));
}

#[test]
fn law_7_a_change_is_accepted_in_git_before_the_record_is_refreshed() {
    let (desired, actual) = (json!({"size": 2, "tags": {"team": "a"}}), json!({"size": 5, "tags": {"team": "a"}}));
    let resource = ResourceRef::opentofu("fake_pool", "fake_pool.web");
    let mut observation = observed(resource.clone(), &desired, &actual);
    observation.planes = observation.planes.with_recorded(PlaneState::present(desired.clone()), RecordOf::Observation);
    let accept = patch_of(&observation, PatchKind::Accept, &Mandate::everything());
    assert_eq!(
        told(&accept),
        ["test /size 2", "replace /size 5", "settles /size CHANGED RUNTIME_CHANGED stale record"]
    );
    assert!(patch_of(&observation, PatchKind::Refresh, &Mandate::everything()).is_empty());

    let accepted = applied(&accept, &desired);
    let mut observation = observed(resource, &accepted, &actual);
    observation.planes = observation.planes.with_recorded(PlaneState::present(desired.clone()), RecordOf::Observation);
    let refresh = patch_of(&observation, PatchKind::Refresh, &Mandate::everything());
    assert_eq!(told(&refresh), ["test /size 2", "replace /size 5", "settles /size CHANGED STALE_RECORD"]);
    assert_eq!(applied(&refresh, &desired), actual);
}

#[test]
fn replicas_that_were_scaled_by_hand_are_accepted() {
    let desired =
        json!({"spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "shop", "image": "shop:1"}]}}}});
    let mut actual = desired.clone();
    actual["spec"]["replicas"] = json!(5);
    let observation = deployment(&desired, &actual);
    let mandate = Mandate::of(["/spec/replicas".parse().unwrap()]);
    let patch = patch_of(&observation, PatchKind::Accept, &mandate);
    assert_eq!(
        told(&patch),
        ["test /spec/replicas 2", "replace /spec/replicas 5", "settles /spec/replicas CHANGED DIFFERS"]
    );
    assert_eq!(applied(&patch, &desired), actual);
}

#[test]
fn several_changes_in_one_list_go_by_key_and_order() {
    let list = |names: &[&str]| -> Value { names.iter().map(|name| json!({"name": name, "image": "i"})).collect() };
    let pod = |names: &[&str]| json!({"spec": {"template": {"spec": {"initContainers": list(names)}}}});
    let at = "/spec/template/spec/initContainers";
    let lines = |desired: &[&str], actual: &[&str]| {
        let patch = patch_of(&deployment(&pod(desired), &pod(actual)), PatchKind::Revert, &Mandate::everything());
        let after = applied(&patch, &pod(actual));
        let names: Vec<String> =
            after.pointer(at).unwrap().as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap().into()).collect();
        let deeds = patch.shown().operations.into_iter().filter(|operation| operation.op != "test");
        let deeds: Vec<String> =
            deeds.map(|deed| format!("{} {}", deed.op, deed.path.strip_prefix(at).unwrap())).collect();
        (names.join(""), deeds.join(", "))
    };
    // Removed from the last to the first, added where Git has them.
    assert_eq!(lines(&["b"], &["a", "b", "c", "d"]), ("b".into(), "remove /3, remove /2, remove /0".into()));
    assert_eq!(lines(&["a", "b", "c", "d"], &["b", "x", "d"]), ("abcd".into(), "remove /1, add /0, add /2".into()));
    // The order of init containers is an order of running: the list is told whole.
    assert_eq!(lines(&["a", "b", "c"], &["c", "a", "x", "b"]), ("abc".into(), "replace ".into()));
}

#[test]
fn parents_come_and_go_with_what_they_hold() {
    let desired =
        json!({"metadata": {"labels": {"team": "a", "tier": "1"}}, "spec": {"strategy": {"type": "Recreate"}}});
    let actual = json!({"spec": {"strategy": {"type": "Recreate"}, "template": {"spec": {"hostNetwork": true}}}});
    let patch = patch_of(&deployment(&desired, &actual), PatchKind::Revert, &Mandate::everything());
    assert_eq!(
        told(&patch),
        [
            "test /spec/template {\"spec\":{\"hostNetwork\":true}}",
            "add /metadata {\"labels\":{\"team\":\"a\",\"tier\":\"1\"}}",
            "remove /spec/template",
            "settles /metadata/labels/team REMOVED DIFFERS",
            "settles /metadata/labels/tier REMOVED DIFFERS",
            "settles /spec/template/spec/hostNetwork ADDED UNDECLARED_ADDITION",
        ]
    );
    assert_eq!(applied(&patch, &actual), desired);
    // Somebody else labels the object meanwhile: theirs is not overwritten.
    let mut moved = actual.clone();
    moved["metadata"] = json!({"labels": {"theirs": "1"}});
    let before = moved.clone();
    assert_eq!(patch.apply(&mut moved).unwrap_err().kind, PatchErrorKind::Occupied);
    assert_eq!(moved, before);
}

#[test]
fn a_resource_that_is_missing_or_too_much_is_no_patch_of_fields() {
    use drift_model::Observed;
    let resource = || ResourceRef::kubernetes("", "v1", "ConfigMap", "prod", "app");
    let present = || PlaneState::present(json!({"data": {}}));
    let absent = || PlaneState::new(Observed::Absent);
    for (desired, recorded, actual, answers) in [
        (present(), present(), absent(), ["NEEDS_CREATE", "NEEDS_DELETE", "RUNTIME_IS_WRONG"]),
        (present(), absent(), present(), ["ALREADY_SO", "ALREADY_SO", "NEEDS_IMPORT"]),
        (present(), absent(), absent(), ["NEEDS_CREATE", "NEEDS_DELETE", "ALREADY_SO"]),
        (absent(), present(), present(), ["NEEDS_DELETE", "NEEDS_CREATE", "ALREADY_SO"]),
        (absent(), present(), absent(), ["ALREADY_SO", "ALREADY_SO", "NEEDS_DELETE"]),
        (absent(), absent(), present(), ["NEEDS_DELETE", "NEEDS_CREATE", "RUNTIME_IS_WRONG"]),
    ] {
        let planes = Planes::new(desired, actual).with_recorded(recorded, RecordOf::Observation);
        let observation = Observation::new("obs", resource(), planes);
        for (kind, answer) in PatchKind::ALL.iter().zip(answers) {
            let patch = patch_of(&observation, *kind, &Mandate::everything());
            assert!(patch.is_empty() && patch.settles.is_empty());
            let root = patch.left.iter().find(|left| left.path.is_root()).unwrap();
            assert_eq!(root.why.word(), answer, "{kind} {}", observation.planes.existence());
        }
    }
}

#[test]
fn what_nobody_knows_is_not_written() {
    use drift_model::{Document, Mark};
    let mut desired = Document::new(json!({"ids": {"vpc": "?"}, "items": [{"name": "a", "arn": "?"}], "size": 1}));
    desired.mark(Mark::Unknown, "/ids/vpc".parse().unwrap());
    desired.mark(Mark::Unknown, "/items/*/arn".parse().unwrap());
    let planes = Planes::new(
        PlaneState::present(desired),
        PlaneState::present(json!({"ids": {"vpc": "v-1"}, "items": [], "size": 2})),
    );
    let observation = Observation::new("obs", ResourceRef::opentofu("fake", "fake.a"), planes);
    let patch = patch_of(&observation, PatchKind::Revert, &Mandate::everything());
    assert_eq!(
        told(&patch),
        [
            "test /size 2",
            "replace /size 1",
            "settles /size CHANGED DIFFERS",
            "leaves /ids/vpc CHANGED UNDETERMINED NOT_YET_KNOWN",
            "leaves /items/[name=a] REMOVED UNDETERMINED NOT_YET_KNOWN",
        ]
    );
    // A part of a plane does not say what is missing from it, nor what else is in an object.
    let (desired, actual) = (json!({"a": {"x": 1}, "b": 1}), json!({"a": 2, "b": 2, "c": 3}));
    let mut observation = observed(ResourceRef::default(), &desired, &actual);
    observation.planes.desired.complete = false;
    let comparer = comparer();
    let delta = comparer.compare(&observation, &Facts::default());
    let patch = delta.patch(PatchKind::Revert, &Mandate::everything(), |_| true);
    assert_eq!(
        told(&patch),
        [
            "test /b 2",
            "replace /b 1",
            "settles /b CHANGED DIFFERS",
            "leaves /a CHANGED UNDETERMINED PARTIAL",
            "leaves /c ADDED UNDETERMINED PARTIAL",
        ]
    );
}

#[test]
fn names_are_escaped_and_empty_names_are_names() {
    let desired = json!({"a/b": {"~": 1, "": {"": 2}, "0": [3]}, "10": {"x": 1}});
    let actual = json!({"a/b": {"~": 2, "": {"": 3}, "0": [4]}, "10": {"x": 2}});
    let observation = observed(ResourceRef::default(), &desired, &actual);
    let patch = patch_of(&observation, PatchKind::Revert, &Mandate::everything());
    assert_eq!(
        patch.shown().to_string(),
        "test /10/x 2\ntest /a~1b// 3\ntest /a~1b/0 [4]\ntest /a~1b/~0 2\n\
         replace /10/x 1\nreplace /a~1b// 2\nreplace /a~1b/0/0 3\nreplace /a~1b/~0 1\n"
    );
    assert_eq!(applied(&patch, &actual), desired);
    // A document that has shrunk has no such index.
    let mut shrunk = json!({"a/b": {"~": 2, "": {"": 3}, "0": []}, "10": {"x": 2}});
    assert_eq!(patch.apply(&mut shrunk).unwrap_err().kind, PatchErrorKind::Moved);
    for document in [json!(null), json!([]), json!({"a/b": 1}), json!("text")] {
        let mut other = document.clone();
        assert!(patch.apply(&mut other).is_err());
        assert_eq!(other, document);
    }
}

#[test]
fn there_is_a_body_only_of_what_is_wholly_declared_in_kubernetes() {
    use drift_diff::NoApplyBody;
    use drift_model::Observed;
    let of = |resource: ResourceRef, desired: PlaneState| {
        let observation = Observation::new("obs", resource, Planes::new(desired, PlaneState::present(json!({}))));
        comparer().apply_body(&observation, &Facts::default(), &Mandate::everything())
    };
    let config_map = || ResourceRef::kubernetes("", "v1", "ConfigMap", "prod", "app");
    let mut partial = PlaneState::present(json!({"data": {}}));
    partial.complete = false;
    for (resource, desired, expected) in [
        (ResourceRef::opentofu("fake", "fake.a"), PlaneState::present(json!({})), NoApplyBody::NotKubernetes),
        (config_map(), PlaneState::new(Observed::Absent), NoApplyBody::NotDeclared),
        (config_map(), partial, NoApplyBody::Incomplete),
        (config_map(), PlaneState::present(json!([])), NoApplyBody::NotAnObject),
    ] {
        assert_eq!(of(resource, desired).unwrap_err(), expected);
    }
    // What the manifest leaves out is known from where it was found.
    let body = of(config_map(), PlaneState::present(json!({"data": {"a": "1"}, "metadata": {"name": null}}))).unwrap();
    assert_eq!(
        body.into_value(),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app", "namespace": "prod"}, "data": {"a": "1"}})
    );
}

#[test]
fn law_2_total_on_any_depth() {
    let nested = |depth: usize, leaf: Value, in_lists: bool| {
        (0..depth).fold(leaf, |value, _| if in_lists { json!([value]) } else { json!({"a": value}) })
    };
    for (in_lists, depths) in [(false, &[100, 511, 512, 513, 1_000][..]), (true, &[100, 300])] {
        for depth in depths.iter().copied() {
            for (desired, actual) in [
                (nested(depth, json!(1), in_lists), nested(depth, json!(2), in_lists)),
                (json!({"x": 1, "a": nested(depth, json!(1), in_lists)}), json!({"x": 2})),
                (json!({"x": 1}), json!({"x": 2, "a": nested(depth, json!(1), in_lists)})),
            ] {
                let (observation, comparer) = (observed(ResourceRef::default(), &desired, &actual), comparer());
                let delta = comparer.compare(&observation, &Facts::default());
                let patch = delta.patch(PatchKind::Revert, &Mandate::everything(), |_| true);
                let mut after = actual.clone();
                patch.apply(&mut after).unwrap();
                let too_deep = patch.left.iter().any(|left| left.unknown == Some(drift_model::UnknownReason::TooDeep));
                // What is too deep is left (and not even listed where nobody declares it); what is not becomes as declared.
                assert!(depth >= 512 || !too_deep && after == desired, "depth {depth}, lists {in_lists}");
                assert!(depth <= 512 || after != desired, "depth {depth}, lists {in_lists}");
            }
        }
    }
}

#[test]
fn fifty_thousand_items_with_a_thousand_too_many() {
    let item = |index: usize| json!({"name": format!("n{index}"), "v": index});
    let desired: Value = (0..50_000).filter(|index| index % 50 != 7).map(item).collect();
    let actual: Value = (0..50_000).map(item).collect();
    let (desired, actual) = (json!({"list": desired}), json!({"list": actual}));
    let mut observation = observed(ResourceRef::default(), &desired, &actual);
    observation.planes = observation.planes.with_exact(["/list".parse().unwrap()]);
    let patch = patch_of(&observation, PatchKind::Revert, &Mandate::everything());
    assert_eq!((patch.settles.len(), patch.shown().operations.len()), (1_000, 2_000));
    assert_eq!(applied(&patch, &actual), desired);
    // The other way round: a thousand to be added, each where it belongs.
    let observation = observed(ResourceRef::default(), &actual, &desired);
    let patch = patch_of(&observation, PatchKind::Revert, &Mandate::everything());
    assert_eq!(patch.settles.len(), 1_000);
    assert_eq!(applied(&patch, &desired), actual);
}

#[test]
fn the_body_for_server_side_apply_has_what_is_gits_and_the_keys() {
    let desired = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "shop", "namespace": "prod", "creationTimestamp": null, "labels": {"team": "a"}},
        "spec": {"replicas": 2, "template": {"spec": {
            "tolerations": [{"key": "gpu", "operator": "Exists"}],
            "containers": [
                {"name": "shop", "image": "shop:1", "ports": [{"containerPort": 8080, "name": "web"}],
                 "env": [{"name": "MODE", "value": "live"}, {"name": "TOKEN", "value": "CANARY-token"}]},
                {"name": "proxy", "image": "mesh:7"},
            ]}}},
        "status": {},
    });
    let mut document = drift_model::Document::new(desired);
    document.mark(drift_model::Mark::Sensitive, "/spec/template/spec/containers/*/env/1/value".parse().unwrap());
    let planes = Planes::new(PlaneState::present(document), PlaneState::present(json!({})));
    let resource = ResourceRef::kubernetes("apps", "v1", "Deployment", "prod", "shop");
    let mut observation = Observation::new("obs", resource, planes);
    let claim = |path: &str| Claim::new(path.parse().unwrap(), OwnerKind::Controller, ClaimOrigin::ManagedFields);
    let containers = "/spec/template/spec/containers";
    observation.claims = vec![
        claim("/spec/replicas"),
        claim(&format!("{containers}/[name=proxy]")),
        claim(&format!("{containers}/[name=shop]/ports/[containerPort=8080,protocol=TCP]/containerPort")),
        Claim::new(format!("{containers}/[name=shop]/image").parse().unwrap(), OwnerKind::Ambiguous, ClaimOrigin::Rule),
    ];
    let comparer = comparer();
    let body = comparer.apply_body(&observation, &Facts::default(), &Mandate::everything()).unwrap();
    let left: Vec<String> = body.left.iter().map(|left| format!("{} {}", left.path, left.why)).collect();
    assert_eq!(
        left,
        ["/spec/replicas OWNED_BY", "/spec/template/spec/containers/[name=proxy] OWNED_BY", "/status OWNED_BY"]
    );
    let contested: Vec<String> = body.contested.iter().map(ToString::to_string).collect();
    assert_eq!(contested, [format!("{containers}/[name=shop]/image")]);
    let printed = format!("{body:?} {}", serde_json::to_string(body.shown()).unwrap());
    assert!(!printed.contains("CANARY") && printed.contains("(sensitive)"), "{printed}");
    assert_eq!(
        body.into_value(),
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "shop", "namespace": "prod", "labels": {"team": "a"}},
            "spec": {"template": {"spec": {
                "tolerations": [{"key": "gpu", "operator": "Exists"}],
                "containers": [
                    {"name": "shop", "image": "shop:1", "ports": [{"containerPort": 8080, "name": "web"}],
                     "env": [{"name": "MODE", "value": "live"}, {"name": "TOKEN", "value": "CANARY-token"}]},
                ]}}},
        })
    );
    // A mandate keeps the way to what it covers: identity and keys.
    let mandate = Mandate::of([format!("{containers}/*/image").parse().unwrap()]);
    let body = comparer.apply_body(&observation, &Facts::default(), &mandate).unwrap();
    let left: Vec<String> = body.left.iter().map(|left| format!("{} {}", left.path, left.why)).collect();
    let shop = format!("{containers}/[name=shop]");
    assert_eq!(
        left,
        [
            "/metadata/labels/team OUTSIDE_MANDATE",
            "/spec/replicas OWNED_BY",
            &format!("{shop}/env/[name=MODE]/name OUTSIDE_MANDATE"),
            &format!("{shop}/env/[name=MODE]/value OUTSIDE_MANDATE"),
            &format!("{shop}/env/[name=TOKEN]/name OUTSIDE_MANDATE"),
            &format!("{shop}/env/[name=TOKEN]/value OUTSIDE_MANDATE"),
            &format!("{shop}/ports/[containerPort=8080,protocol=TCP]/containerPort OWNED_BY"),
            &format!("{shop}/ports/[containerPort=8080,protocol=TCP]/name OUTSIDE_MANDATE"),
            "/spec/template/spec/containers/[name=proxy] OWNED_BY",
            "/spec/template/spec/tolerations OUTSIDE_MANDATE",
            "/status OWNED_BY",
        ]
    );
    assert_eq!(
        body.into_value(),
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop", "namespace": "prod"},
            "spec": {"template": {"spec": {"containers": [{"name": "shop", "image": "shop:1"}]}}},
        })
    );
}
