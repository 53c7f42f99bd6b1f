use serde_json::json;

use super::*;
use crate::facts::ActorKind;

fn read(event: &Value) -> AuditEvent {
    Reader::new().read(event).unwrap()
}

fn patch() -> Value {
    json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": "a-1", "stage": "ResponseComplete",
        "requestURI": "/apis/apps/v1/namespaces/prod/deployments/web?fieldManager=kubectl-edit", "verb": "patch",
        "user": {"username": "alice@example.com", "groups": ["system:authenticated"]},
        "objectRef": {"resource": "deployments", "namespace": "prod", "name": "web", "apiGroup": "apps", "apiVersion": "v1"},
        "responseStatus": {"code": 200}, "requestObject": {"spec": {"replicas": 5}},
        "requestReceivedTimestamp": "2018-10-26T14:11:51.033796Z", "stageTimestamp": "2018-10-26T14:11:51.039120Z"
    })
}

#[test]
fn what_is_no_audit_event_is_refused_without_its_values() {
    let mut wrong_type = patch();
    wrong_type["user"] = json!("CANARY");
    for (event, message) in [
        (json!("CANARY"), "at the root: expected an audit event, as an object"),
        (json!(null), "at the root: expected an audit event, as an object"),
        (json!([patch()]), "at the root: expected an audit event, as an object"),
        (json!({}), "at the root: expected an audit event, which has a `verb`, an `objectRef` or a `requestURI`"),
        (
            json!({"kind": "Event", "apiVersion": "v1", "verb": "CANARY"}),
            "at `/apiVersion`: expected `audit.k8s.io/v1`, or an older version of it",
        ),
        (
            json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": []}),
            "at `/kind`: expected `Event`; of an `EventList`, hand over the items",
        ),
        (json!({"kind": "Event", "verb": ["CANARY"]}), "at `/verb`: expected a text"),
        (json!({"kind": "Event", "verb": "get", "objectRef": "CANARY"}), "at `/objectRef`: expected an object"),
        (wrong_type, "at `/user`: expected an object"),
        (
            json!({"eventVersion": "1.08", "eventName": "CANARY"}),
            "at the root: expected an audit event, which has a `verb`, an `objectRef` or a `requestURI`",
        ),
    ] {
        let error = Reader::new().read(&event).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(!format!("{error:?}").contains("CANARY"));
    }
}

#[test]
fn law_8_a_secret_never_leaves_the_body_of_a_request() {
    let mut event = patch();
    let applied = json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"token\":\"CANARY\"}}"}},
                         "data": {"token": "CANARY", "list": ["CANARY", {"name": "CANARY"}]}});
    event["requestObject"] = applied.clone();
    event["responseObject"] =
        json!({"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "CANARY"}, "data": {"token": "CANARY"}});
    event["annotations"] = json!({"x": "CANARY"});
    event["userAgent"] = json!("CANARY");
    let read_event = read(&event);
    let shown: Vec<String> = read_event.fields.iter().flatten().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        ["/data/list", "/data/token", "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration"]
    );
    assert!(!format!("{read_event:?}").contains("CANARY"), "{read_event:?}");
    for verb in ["create", "update", "patch", "delete"] {
        event["verb"] = json!(verb);
        assert!(!format!("{:?}", read(&event)).contains("CANARY"));
    }
    event["requestObject"] = json!([{"op": "add", "path": "/data/token", "value": applied}]);
    event["verb"] = json!("patch");
    assert!(!format!("{:?}", read(&event)).contains("CANARY"));
}

#[test]
fn who_is_impersonated_acted_and_who_impersonated_is_named_too() {
    let mut event = patch();
    event["impersonatedUser"] = json!({"username": "system:serviceaccount:ci:deploy", "groups": ["system:masters"]});
    let actor = read(&event).actor;
    assert_eq!(
        (actor.kind, actor.via.as_deref(), actor.superuser),
        (Some(ActorKind::Human), Some("alice@example.com"), true)
    );
    assert_eq!(actor.id.as_deref(), Some("system:serviceaccount:ci:deploy"));
    event["impersonatedUser"] = json!({"username": ""});
    assert_eq!(read(&event).actor.id.as_deref(), Some("alice@example.com"));
}

#[test]
fn nobody_hides_behind_whom_he_impersonates() {
    let (machine, controller) = ("system:serviceaccount:ci:deploy", "system:serviceaccount:kube-system:job-controller");
    let proxy = "system:serviceaccount:auth:proxy";
    for (user, impersonated, kind) in [
        ("alice@example.com", controller, Some(ActorKind::Human)),
        ("break-glass-oncall", controller, Some(ActorKind::BreakGlass)),
        ("break-glass-oncall", "alice@example.com", Some(ActorKind::BreakGlass)),
        ("alice@example.com", "break-glass-oncall", Some(ActorKind::BreakGlass)),
        (proxy, "alice@example.com", Some(ActorKind::Human)),
        (proxy, machine, Some(ActorKind::Pipeline)),
        ("system:anonymous", machine, None),
        ("", machine, Some(ActorKind::Pipeline)),
    ] {
        let mut event = patch();
        event["user"] = json!({"username": user});
        event["impersonatedUser"] = json!({"username": impersonated});
        let actor = read(&event).actor;
        assert_eq!((actor.kind, actor.id.as_deref()), (kind, Some(impersonated)), "{user} as {impersonated}");
        assert_eq!(actor.via.as_deref(), Some(user).filter(|user| !user.is_empty()));
    }
}

#[test]
fn channels_questions_and_dry_runs_change_nothing() {
    let with = |member: &str, value: Value| {
        let mut event = patch();
        event["verb"] = json!("create");
        event.pointer_mut(member).map(|at| *at = value).unwrap();
        event
    };
    let mut exec = patch();
    exec["verb"] = json!("create");
    exec["objectRef"]["subresource"] = json!("exec");
    assert_eq!(read(&exec).mutating, Some(false));
    exec["objectRef"]["subresource"] = json!("eviction");
    assert_eq!(read(&exec).mutating, Some(true));
    assert_eq!(read(&with("/objectRef/apiGroup", json!("authorization.k8s.io"))).mutating, Some(false));
    let tried = read(&with("/requestURI", json!("/x?fieldManager=a&dryRun=All")));
    assert_eq!((tried.mutating, tried.succeeded, tried.dry_run), (Some(false), Some(false), true));
    let mut delete = patch();
    delete["verb"] = json!("delete");
    delete["requestObject"] = json!({"kind": "DeleteOptions", "dryRun": ["All"]});
    assert!(read(&delete).dry_run);
    assert_eq!(read(&with("/responseStatus/code", json!(409))).succeeded, Some(false));
    assert_eq!(read(&with("/stage", json!("RequestReceived"))).succeeded, None);
    assert_eq!(read(&with("/verb", json!("frobnicate"))).mutating, None);
}

#[test]
fn of_one_request_the_last_stage_counts() {
    let mut received = patch();
    received["stage"] = json!("RequestReceived");
    received.as_object_mut().unwrap().remove("responseStatus");
    let mut other = patch();
    other["auditID"] = json!("a-2");
    let events = vec![read(&received), read(&patch()), read(&patch()), read(&other)];
    let kept = latest(events);
    let shown: Vec<_> = kept.iter().map(|event| (event.id.as_str(), event.stage)).collect();
    assert_eq!(shown, [("a-1", Some(Stage::ResponseComplete)), ("a-2", Some(Stage::ResponseComplete))]);
    assert_eq!(kept[0].evidence().as_deref(), Some("kubernetes-audit://a-1"));
}

#[test]
fn the_server_names_what_generate_name_asks_for_and_custom_kinds_are_read_from_the_body() {
    let event = json!({
        "verb": "create", "objectRef": {"resource": "widgets", "apiGroup": "shop.example", "apiVersion": "v1", "namespace": "prod"},
        "responseObject": {"kind": "Widget", "apiVersion": "shop.example/v1", "metadata": {"name": "w-x7k2p"}},
    });
    assert_eq!(
        read(&event).target.unwrap().resource,
        ResourceRef::kubernetes("shop.example", "v1", "Widget", "prod", "w-x7k2p")
    );
}

#[test]
fn nothing_panics_on_any_shape() {
    let odd =
        [json!(null), json!(1), json!([]), json!({}), json!("\u{0}"), json!([{"op": 1}]), json!({"a": {"$patch": []}})];
    for member in patch().as_object().unwrap().keys() {
        for value in &odd {
            let mut event = patch();
            event[member] = value.clone();
            drop(Reader::new().read(&event));
        }
    }
    let mut deep = json!({});
    for _ in 0..2_000 {
        deep = Value::Object([("a".to_owned(), deep)].into_iter().collect());
    }
    let mut event = patch();
    event.as_object_mut().unwrap().insert("requestObject".to_owned(), deep);
    assert_eq!(read(&event).fields.unwrap().len(), 1);
}
