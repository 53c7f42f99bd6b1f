use serde_json::json;

use super::*;
use crate::plane::{Observed, PlaneState, RecordOf};
use crate::relation::Existence;

fn config(name: &str, namespace: &str, data: &Value) -> Value {
    let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data});
    if !namespace.is_empty() {
        object["metadata"]["namespace"] = namespace.into();
    }
    object
}

fn applied(mut live: Value, annotation: &str) -> Value {
    live["metadata"]["annotations"] = json!({ secret::LAST_APPLIED: annotation });
    live
}

/// The whole outcome of a reading, for people.
fn shown(reading: &Reading) -> Vec<String> {
    let status = |plane: &PlaneState| match plane.known() {
        Observed::Present(_) => "present".to_owned(),
        Observed::Absent => "absent".to_owned(),
        Observed::Unknown(reason) => reason.to_string(),
        Observed::NotKept => "not-kept".to_owned(),
        Observed::Released => "released".to_owned(),
    };
    let mut lines: Vec<String> = reading
        .observations
        .iter()
        .map(|o| {
            let [d, r, a] = [&o.planes.desired, &o.planes.recorded, &o.planes.actual].map(status);
            format!("{} {d} {r} {a}", o.id)
        })
        .collect();
    lines.extend(reading.problems.iter().map(|problem| format!("{}: {}", problem.code(), problem.place)));
    lines
}

#[test]
fn law_8_a_secret_never_leaves_through_another_object_of_the_batch() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "prod"}, "data": {"pw": "Q0FOQVJZLXdvcmQ="}});
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app", "namespace": "prod"}, "data": {"url": "pg://u:CANARY-word@h"}});
    let reading = Reader::new().actual(vec![config, secret]).read();
    assert!(!printed(&reading).contains("CANARY"), "{}", printed(&reading));
}

/// Everything that a reading shows to anybody.
fn printed(reading: &Reading) -> String {
    format!("{reading:?} {reading:#?} {}", serde_json::to_string(&reading.observations).unwrap())
}

#[test]
fn every_object_on_any_side_is_answered_in_order() {
    let one = json!(1);
    let reading = Reader::new()
        .desired(vec![config("b", "prod", &one), config("a", "prod", &one), config("only-desired", "prod", &one)])
        .recorded(vec![config("only-recorded", "prod", &one), config("b", "prod", &one)])
        .actual(vec![
            config("only-actual", "prod", &one),
            config("a", "prod", &one),
            config("b", "prod", &one),
            config("a", "dev", &one),
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "z", "namespace": "prod"}}),
        ])
        .actual_complete(true)
        .read();
    assert_eq!(
        shown(&reading),
        [
            "ConfigMap/dev/a absent not-kept present",
            "ConfigMap/prod/a present not-kept present",
            "ConfigMap/prod/b present present present",
            "ConfigMap/prod/only-actual absent not-kept present",
            "ConfigMap/prod/only-desired present not-kept absent",
            "ConfigMap/prod/only-recorded absent present absent",
            "Deployment.apps/prod/z absent not-kept present",
        ]
    );
}

#[test]
fn the_whole_observation_is_as_the_wire_says() {
    let live = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": "checkout", "namespace": "prod", "resourceVersion": "269365",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"checkout\",\"namespace\":\"prod\"},\"spec\":{\"replicas\":2}}\n"},
            "managedFields": [{"manager": "kube-controller-manager", "operation": "Update", "subresource": "scale", "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:replicas": {}}}}],
        },
        "spec": {"replicas": 5},
    });
    let desired = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "checkout"}, "spec": {"replicas": 3}});
    let reading = Reader::new()
        .desired(vec![desired.clone()])
        .actual(vec![live.clone()])
        .default_namespace("prod")
        .desired_revision("main@sha1:363a6a8f")
        .source_of_truth("git/app")
        .unit("checkout-prod")
        .observed_at("2026-07-03T10:22:31Z".parse().unwrap())
        .read();
    assert_eq!(reading.problems, []);
    assert_eq!(
        serde_json::to_value(&reading.observations[0]).unwrap(),
        json!({
            "id": "Deployment.apps/prod/checkout",
            "resource": {"system": "KUBERNETES", "group": "apps", "version": "v1", "kind": "Deployment", "namespace": "prod", "name": "checkout"},
            "unit": "checkout-prod",
            "method": "GITOPS_DIFF",
            "observedAt": "2026-07-03T10:22:31Z",
            "sourceOfTruth": "git/app",
            "planes": {
                "desired": {"status": "PRESENT", "document": desired, "revision": "main@sha1:363a6a8f"},
                "recorded": {"status": "PRESENT", "of": "DECLARATION", "document":
                    {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "checkout", "namespace": "prod"}, "spec": {"replicas": 2}}},
                "actual": {"status": "PRESENT", "document": live, "revision": "269365", "observedAt": "2026-07-03T10:22:31Z"},
            },
            "claims": [{"path": "/spec/replicas", "owner": "CONTROLLER", "name": "horizontal-pod-autoscaler", "origin": "managed-fields"}],
            "facts": {},
        })
    );
}

#[test]
fn law_3_no_result_is_not_no_drift_what_was_not_observed_is_not_absent() {
    let reader = || Reader::new().desired(vec![config("a", "prod", &json!(1))]);
    let reading = reader().read();
    assert_eq!(shown(&reading), ["ConfigMap/prod/a present not-kept NOT_OBSERVED"]);
    assert_eq!(
        reading.observations[0].planes.actual.detail.as_deref(),
        Some("it is not among the observed objects, which are not said to be all there are")
    );
    assert_eq!(shown(&reader().actual_complete(true).read()), ["ConfigMap/prod/a present not-kept absent"]);
    let partial = Reader::new().actual(vec![config("a", "prod", &json!(1))]).desired_complete(false).read();
    assert_eq!(shown(&partial), ["ConfigMap/prod/a absent not-kept present".replace("absent", "PARTIAL")]);
}

#[test]
fn law_3_no_result_is_not_no_drift_a_document_that_was_lost_may_have_been_the_object() {
    let nameless = json!({"apiVersion": "v1", "kind": "ConfigMap"});
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "prod"}});
    let reading = Reader::new()
        .desired(vec![nameless.clone()])
        .actual(vec![config("a", "prod", &json!(1)), secret.clone()])
        .actual_complete(true)
        .read();
    assert_eq!(
        shown(&reading),
        [
            "ConfigMap/prod/a PARTIAL not-kept present",
            "Secret/prod/s absent not-kept present",
            "no-name: desired document 0",
        ]
    );
    let reading = Reader::new()
        .desired(vec![config("a", "prod", &json!(1)), secret])
        .actual(vec![nameless, json!({"apiVersion": "v1", "kind": "List", "items": [7]})])
        .actual_complete(true)
        .read();
    assert_eq!(
        shown(&reading),
        [
            "ConfigMap/prod/a present not-kept FAILED",
            "Secret/prod/s present not-kept FAILED",
            "no-name: actual document 0",
            "not-an-object: actual document 1 at `/items/0`",
        ]
    );
}

#[test]
fn the_first_of_two_equal_names_is_used_and_both_are_named() {
    let reading = Reader::new()
        .desired(vec![config("a", "prod", &json!({"k": "first"})), config("a", "", &json!({"k": "second"}))])
        .default_namespace("prod")
        .read();
    let document = reading.observations[0].planes.desired.observed.present().unwrap();
    assert_eq!(document.value()["data"]["k"], "first");
    assert_eq!(
        reading.problems[0].to_string(),
        "desired document 1: `ConfigMap/prod/a` is there already, in desired document 0, which is used; remove one of the two"
    );
    assert_eq!(reading.observations.len(), 1);
}

#[test]
fn the_namespace_of_a_cluster_wide_object_is_left_aside() {
    let role = |metadata: Value| json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": metadata});
    let reading = Reader::new()
        .desired(vec![role(json!({"name": "admin", "namespace": "prod"}))])
        .actual(vec![role(json!({"name": "admin"}))])
        .default_namespace("prod")
        .read();
    assert_eq!(shown(&reading), ["ClusterRole.rbac.authorization.k8s.io/admin present not-kept present"]);
    assert_eq!(reading.observations[0].resource.to_string(), "ClusterRole/admin");
}

#[test]
fn without_a_default_namespace_nobody_guesses() {
    let one = json!(1);
    let reader = || Reader::new().desired(vec![config("a", "", &one)]).actual_complete(true);
    // Two documents without a namespace are a pair.
    assert_eq!(shown(&reader().actual(vec![config("a", "", &one)]).read()), ["ConfigMap/a present not-kept present"]);
    // Live objects of that name may be the one that is meant, or not.
    assert_eq!(
        shown(&reader().actual(vec![config("a", "prod", &one), config("b", "prod", &one)]).read()),
        [
            "ConfigMap/a present not-kept INCONSISTENT",
            "ConfigMap/prod/a INCONSISTENT not-kept present",
            "ConfigMap/prod/b absent not-kept present",
            "no-namespace: desired document 0",
        ]
    );
    // There is none of that name in any namespace.
    assert_eq!(
        shown(&reader().actual(vec![config("b", "prod", &one)]).read()),
        [
            "ConfigMap/a present not-kept absent",
            "ConfigMap/prod/b absent not-kept present",
            "no-namespace: desired document 0"
        ]
    );
    let named = reader().actual(vec![config("a", "prod", &one)]).default_namespace("prod").read();
    assert_eq!(shown(&named), ["ConfigMap/prod/a present not-kept present"]);
}

#[test]
fn sides_of_different_versions_are_one_object_and_a_warning() {
    let hpa = |version: &str| json!({"apiVersion": format!("autoscaling/{version}"), "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a", "namespace": "prod"}});
    let reading = Reader::new().desired(vec![hpa("v1")]).actual(vec![hpa("v2")]).read();
    assert_eq!(reading.observations[0].resource.version, "v2");
    let [problem] = &reading.problems[..] else { panic!("{:?}", reading.problems) };
    assert!(!problem.loses_object());
    assert_eq!(
        problem.to_string(),
        "desired document 0: `HorizontalPodAutoscaler/prod/a` is declared as version `v1` and observed as `v2`; observe \
         the declared version"
    );
}

#[test]
fn the_record_is_what_was_handed_over_then_the_annotation_then_nothing() {
    let record = |data: &str| config("a", "prod", &json!({ "k": data })).to_string() + "\n";
    let live = applied(config("a", "prod", &json!({"k": "live"})), &record("annotation"));
    let recorded = |reading: &Reading| {
        reading.observations[0].planes.recorded.observed.present().map(|d| d.value()["data"]["k"].clone())
    };
    let reading =
        Reader::new().actual(vec![live.clone()]).recorded(vec![config("a", "prod", &json!({"k": "helm"}))]).read();
    assert_eq!(recorded(&reading), Some(json!("helm")));
    assert_eq!(reading.observations[0].planes.record_of, RecordOf::Declaration);
    let reading = Reader::new().actual(vec![live]).read();
    assert_eq!(recorded(&reading), Some(json!("annotation")));
    assert_eq!(reading.observations[0].planes.existence(), Existence::PrunePending);
    for (annotation, code, message) in [
        (
            "{\"CANARY\": ",
            "last-applied-unreadable",
            "actual document 0: the last-applied annotation of `ConfigMap/prod/a` is no use as a record: not JSON at line 1 column 11: the text ends too early; is the line complete?; apply the object again",
        ),
        (
            "\"CANARY\"",
            "last-applied-of-another",
            "actual document 0: the last-applied annotation of `ConfigMap/prod/a` describes another object: was it copied? apply the object again",
        ),
        (
            &config("CANARY", "prod", &json!(1)).to_string(),
            "last-applied-of-another",
            "actual document 0: the last-applied annotation of `ConfigMap/prod/a` describes another object: was it copied? apply the object again",
        ),
        (
            &config("a", "CANARY", &json!(1)).to_string(),
            "last-applied-of-another",
            "actual document 0: the last-applied annotation of `ConfigMap/prod/a` describes another object: was it copied? apply the object again",
        ),
        (
            &"[".repeat(10_000),
            "last-applied-unreadable",
            "actual document 0: the last-applied annotation of `ConfigMap/prod/a` is no use as a record: TOO_DEEP at line 1 column 128: nested more than 127 levels deep; hand over the part that is needed; apply the object again",
        ),
    ] {
        let reading =
            Reader::new().actual(vec![applied(config("a", "prod", &json!({"k": "live"})), annotation)]).read();
        assert_eq!(
            shown(&reading),
            ["ConfigMap/prod/a absent not-kept present".to_owned(), format!("{code}: actual document 0")]
        );
        assert_eq!(reading.problems[0].to_string(), message);
        assert!(!printed(&reading).contains("CANARY"), "{}", printed(&reading));
    }
}

#[test]
fn law_8_a_secret_never_leaves_a_reading() {
    let secret = |member: &str, value: Value| {
        let mut object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "prod"}});
        object[member] = value;
        object
    };
    // Q0FOQVJZLWxpdmU= is CANARY-live.
    let mut live = secret("data", json!({"password": "Q0FOQVJZLWxpdmU=", "broken": "CANARY not base64"}));
    live["metadata"]["annotations"] = json!({
        secret::LAST_APPLIED: secret("stringData", json!({"password": "CANARY-applied"})).to_string(),
        "note": "db://app:CANARY-live@db, was CANARY-applied, will be CANARY-desired",
    });
    let reading = Reader::new()
        .desired(vec![secret("stringData", json!({"password": "CANARY-desired", "nothing": null, "number": 7}))])
        .actual(vec![live])
        .read();
    assert_eq!(reading.problems, []);
    let text = printed(&reading);
    for shown in ["CANARY", "Q0FOQVJZ"] {
        assert!(!text.contains(shown), "{text}");
    }
    let planes = &reading.observations[0].planes;
    // What the API server will store is compared, not what was written.
    assert_eq!(
        planes.desired.observed.present().unwrap().value()["data"],
        json!({"password": "Q0FOQVJZLWRlc2lyZWQ=", "nothing": "", "number": 7})
    );
    assert_eq!(
        planes.recorded.observed.present().unwrap().value()["data"],
        json!({"password": "Q0FOQVJZLWFwcGxpZWQ="})
    );
    assert!(planes.desired.observed.present().unwrap().value().get("stringData").is_none());
}

#[test]
fn law_8_a_secret_never_leaves_through_what_a_caller_hides() {
    let live = applied(
        config("a", "prod", &json!({"token": "s3cret"})),
        &config("a", "prod", &json!({"token": "s3cret"})).to_string(),
    );
    let reading = Reader::new().actual(vec![live]).hide("/data/token".parse().unwrap()).read();
    assert!(!printed(&reading).contains("s3cret"));
    let reader = Reader::new().desired(vec![config("a", "prod", &json!({"token": "s3cret"}))]);
    assert_eq!(format!("{reader:?}"), "Reader { desired: 1, recorded: 0, actual: 0, .. }");
}

#[test]
fn law_8_a_secret_never_leaves_through_a_claim() {
    let fields = json!({"f:spec": {"f:tokens": {"v:\"s3cret\"": {}}, "f:long": {"k:{\"pw\":\"CANARY/secret\"}": {".": {}, "f:a": {}}}, "f:open": {"v:\"shown\"": {}}}});
    let live = json!({
        "apiVersion": "acme.io/v1", "kind": "Gate", "metadata": {"name": "a", "namespace": "prod", "managedFields": [
            {"manager": "kubectl-edit", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": fields},
            {"manager": "gatekeeper", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": {"f:metadata": {"f:labels": {"f:CANARY/secret": {}}}}},
        ]},
        "spec": {"tokens": ["s3cret"], "long": [{"pw": "CANARY/secret", "a": 1}], "open": ["shown"]},
    });
    let reader = Reader::new().actual(vec![live]);
    let reading = reader.hide("/spec/tokens".parse().unwrap()).hide("/spec/long/*/pw".parse().unwrap()).read();
    let claims: Vec<String> =
        reading.observations[0].claims.iter().map(|claim| format!("{} {}", claim.path, claim.owner)).collect();
    assert!(!printed(&reading).contains("s3cret"), "{}", printed(&reading));
    assert_eq!(claims, ["/spec/long HUMAN", "/spec/open/[=shown] HUMAN", "/spec/tokens HUMAN"]);
    assert!(!printed(&reading).contains("CANARY"), "{}", printed(&reading));
}

#[test]
fn law_2_total_deep_and_odd_documents_are_answered() {
    let mut deep = json!("CANARY");
    for _ in 0..1_500 {
        deep = Value::Array(vec![deep]);
    }
    let reading = Reader::new()
        .desired(vec![config("deep", "prod", &json!(null)), json!(null), json!([]), json!({"kind": "List"})])
        .actual(vec![{
            let mut object = config("deep", "prod", &json!(null));
            object.as_object_mut().unwrap().insert("data".to_owned(), deep);
            object["metadata"]["managedFields"] = json!([{"fieldsV1": {"f:a": 1}}]);
            object["metadata"]["annotations"] = json!(["x"]);
            object
        }])
        .read();
    assert_eq!(
        shown(&reading),
        [
            "ConfigMap/prod/deep present not-kept present",
            "not-an-object: desired document 2",
            "managed-fields-unreadable: actual document 0",
        ]
    );
    assert!(!printed(&reading).contains("CANARY"));
    assert_eq!(shown(&Reader::new().read()), Vec::<String>::new());
}

#[test]
fn law_9_same_in_same_out_whatever_the_order_of_documents() {
    let documents: Vec<Value> =
        ["c", "a", "b", "d"].iter().map(|name| config(name, "prod", &json!({"k": name}))).collect();
    let mut reversed = documents.clone();
    reversed.reverse();
    let read = |documents: Vec<Value>| {
        serde_json::to_string(&Reader::new().desired(documents.clone()).actual(documents).read().observations).unwrap()
    };
    assert_eq!(read(documents), read(reversed));
}
