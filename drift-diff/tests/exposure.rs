//! What nobody declared and what exposes something counts, wherever it stands; what cannot be compared is not passed over.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use drift_diff::{Comparer, Rules};
use drift_model::{Facts, Observation, PlaneState, Planes, RecordOf, ResourceRef, Verdict};
use serde_json::{Value, json};

/// Each change that is listed, as path, disposition, rule and whether it counts; and the verdict.
fn told(resource: ResourceRef, desired: Value, recorded: Option<Value>, actual: Value) -> (Vec<String>, Verdict) {
    let comparer = Comparer::compile(&Rules::default()).unwrap();
    let planes = Planes::new(PlaneState::present(desired), PlaneState::present(actual));
    let planes = match recorded {
        Some(recorded) => planes.with_recorded(PlaneState::present(recorded), RecordOf::Observation),
        None => planes,
    };
    let observation = Observation::new("obs", resource, planes);
    let delta = comparer.compare(&observation, &Facts::default());
    let lines = delta.changes.iter().map(|change| {
        let counted = if change.counted { " counted" } else { "" };
        format!("{} {} {}{counted}", change.path, change.kind, change.disposition)
    });
    (lines.collect(), delta.verdict)
}

#[test]
fn one_more_principal_in_a_statement_counts_whatever_the_policy_is_called() {
    let policy = |principal: Value| {
        json!({"KeyPolicy": {"Statement": [
            {"Sid": "use", "Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}]}})
    };
    let declared = policy(json!({"Service": "logs.amazonaws.com"}));
    let live = policy(json!({"Service": "logs.amazonaws.com", "AWS": "*"}));
    let (changes, verdict) = told(ResourceRef::aws("AWS::KMS::Key", "key"), declared, None, live);
    assert_eq!(changes, ["/KeyPolicy/Statement/0/Principal/AWS ADDED UNDECLARED counted"]);
    assert_eq!(verdict, Verdict::Drifted);
}

#[test]
fn a_source_that_was_added_to_a_declared_rule_of_a_security_group_counts() {
    let rule = json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "SourceSecurityGroupId": "sg-1"});
    let mut opened = rule.clone();
    opened["CidrIp"] = json!("0.0.0.0/0");
    let group = ResourceRef::aws("AWS::EC2::SecurityGroup", "group");
    let (changes, verdict) =
        told(group, json!({"SecurityGroupIngress": [rule]}), None, json!({"SecurityGroupIngress": [opened]}));
    assert_eq!(changes, ["/SecurityGroupIngress/0/CidrIp ADDED UNDECLARED counted"]);
    assert_eq!(verdict, Verdict::Drifted);
}

#[test]
fn an_item_that_holds_rules_of_its_own_counts() {
    let kind =
        ResourceRef::kubernetes("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", "", "hooks");
    let live = json!({"webhooks": [{"name": "ours"}, {"name": "theirs", "rules": [{"operations": ["*"]}]}]});
    let (changes, verdict) = told(kind, json!({"webhooks": [{"name": "ours"}]}), None, live);
    assert_eq!(changes, ["/webhooks/[name=theirs] ADDED UNDECLARED counted"]);
    assert_eq!(verdict, Verdict::Drifted);
}

#[test]
fn an_environment_that_is_a_map_is_an_environment() {
    let function = ResourceRef::aws("AWS::Lambda::Function", "function");
    let variables = |members: Value| json!({"Environment": {"Variables": members}});
    let live = variables(json!({"MODE": "live", "NODE_OPTIONS": "--require /tmp/x"}));
    let (changes, verdict) = told(function, variables(json!({"MODE": "live"})), None, live);
    assert_eq!(changes, ["/Environment/Variables/NODE_OPTIONS ADDED UNDECLARED counted"]);
    assert_eq!(verdict, Verdict::Drifted);
}

#[test]
fn a_port_of_the_host_is_a_host_setting() {
    let pod = |port: Value| json!({"spec": {"containers": [{"name": "web", "ports": [port]}]}});
    let live = pod(json!({"containerPort": 80, "hostPort": 80, "protocol": "TCP"}));
    let kind = ResourceRef::kubernetes("", "v1", "Pod", "prod", "web");
    let (changes, verdict) = told(kind, pod(json!({"containerPort": 80, "protocol": "TCP"})), None, live);
    let port = "/spec/containers/[name=web]/ports/[containerPort=80,protocol=TCP]/hostPort";
    assert_eq!(changes, [format!("{port} ADDED UNDECLARED counted")]);
    assert_eq!(verdict, Verdict::Drifted);
}

#[test]
fn a_block_on_public_access_that_is_gone_counts_and_a_rule_that_is_gone_does_not() {
    let recorded = json!({"BucketName": "b", "PublicAccessBlockConfiguration": {"BlockPublicAcls": true}});
    let bucket = ResourceRef::aws("AWS::S3::Bucket", "bucket");
    let declared = json!({"BucketName": "b"});
    let (changes, verdict) = told(bucket, declared.clone(), Some(recorded), declared);
    assert_eq!(changes, ["/PublicAccessBlockConfiguration/BlockPublicAcls REMOVED UNDECLARED counted"]);
    assert_eq!(verdict, Verdict::Drifted);

    let recorded = json!({"GroupName": "g", "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22}]});
    let declared = json!({"GroupName": "g"});
    let group = ResourceRef::aws("AWS::EC2::SecurityGroup", "group");
    let (changes, verdict) = told(group, declared.clone(), Some(recorded), declared);
    assert_eq!(changes, [r#"/SecurityGroupIngress/[={"FromPort":22,"IpProtocol":"tcp"}] REMOVED UNDECLARED"#]);
    assert_eq!(verdict, Verdict::InSync);
}

#[test]
fn a_password_that_came_to_be_there_is_not_one_that_is_not_read_back() {
    let database = || ResourceRef::aws("AWS::RDS::DBInstance", "db");
    let (bare, given) = (json!({"Engine": "mysql"}), json!({"Engine": "mysql", "MasterUserPassword": "x"}));
    let (changes, _) = told(database(), bare.clone(), None, given.clone());
    assert_eq!(changes, ["/MasterUserPassword ADDED UNDECLARED"]);
    let (changes, verdict) = told(database(), given, None, bare);
    assert_eq!(changes, ["/MasterUserPassword REMOVED EQUIVALENT"]);
    assert_eq!(verdict, Verdict::InSync);
}

#[test]
fn what_nobody_declared_and_nobody_can_compare_is_undetermined() {
    let deep = |leaf: i32| {
        (0..600).fold(json!(leaf), |inner, _| Value::Object([("a".to_owned(), inner)].into_iter().collect()))
    };
    for recorded in [None, Some(deep(1)), Some(deep(2))] {
        let (changes, verdict) = told(ResourceRef::default(), json!({}), recorded, deep(2));
        assert_eq!(changes.len(), 1);
        assert!(changes.iter().all(|change| change.ends_with("CHANGED UNDETERMINED")), "{changes:?}");
        assert_eq!(verdict, Verdict::Unknown);
    }
}

#[test]
fn a_mount_that_nobody_declared_counts_and_so_does_a_path_of_the_host_in_a_declared_volume() {
    let pod = |mounts: Value, volume: Value| {
        json!({"spec": {"template": {"spec": {
            "volumes": [volume],
            "containers": [{"name": "web", "volumeMounts": mounts}]}}}})
    };
    let data = json!({"name": "data", "mountPath": "/data"});
    let declared = pod(json!([data]), json!({"name": "data", "emptyDir": {}}));
    let of_the_host = json!({"name": "data", "emptyDir": {}, "hostPath": {"path": "/etc", "type": ""}});
    let live = pod(json!([data, {"name": "data", "mountPath": "/usr/bin"}]), of_the_host);
    let kind = || ResourceRef::kubernetes("apps", "v1", "Deployment", "prod", "web");
    let (changes, verdict) = told(kind(), declared.clone(), None, live);
    let spec = "/spec/template/spec";
    assert_eq!(
        changes,
        [
            format!("{spec}/containers/[name=web]/volumeMounts/[mountPath=\"~1usr~1bin\"] ADDED UNDECLARED counted"),
            format!("{spec}/volumes/[name=data]/hostPath/path ADDED UNDECLARED counted"),
            format!("{spec}/volumes/[name=data]/hostPath/type ADDED EQUIVALENT"),
        ]
    );
    assert_eq!(verdict, Verdict::Drifted);

    // What is mounted is passed on to the host, and a default says nothing.
    let shared = json!({"name": "data", "mountPath": "/data", "mountPropagation": "Bidirectional", "readOnly": false});
    let (changes, verdict) =
        told(kind(), declared, None, pod(json!([shared]), json!({"name": "data", "emptyDir": {}})));
    let mount = format!("{spec}/containers/[name=web]/volumeMounts/[mountPath=\"~1data\"]");
    assert_eq!(
        changes,
        [format!("{mount}/mountPropagation ADDED UNDECLARED counted"), format!("{mount}/readOnly ADDED EQUIVALENT")]
    );
    assert_eq!(verdict, Verdict::Drifted);
}

#[test]
fn labels_of_pod_security_count_on_a_namespace_alone_added_or_taken_away() {
    let labels = |members: Value| json!({"metadata": {"labels": members}});
    let strict = labels(json!({"pod-security.kubernetes.io/enforce": "restricted", "team": "shop"}));
    let lax = labels(json!({"pod-security.kubernetes.io/enforce": "privileged", "team": "shop", "note": "x"}));
    let enforce = "/metadata/labels/pod-security.kubernetes.io~1enforce";
    let space = || ResourceRef::kubernetes("", "v1", "Namespace", "", "shop");
    let silent = labels(json!({"team": "shop"}));
    let (changes, verdict) = told(space(), silent.clone(), None, lax.clone());
    assert_eq!(changes, ["/metadata/labels/note ADDED UNDECLARED", &format!("{enforce} ADDED UNDECLARED counted")]);
    assert_eq!(verdict, Verdict::Drifted);
    let (changes, _) = told(space(), silent.clone(), Some(strict.clone()), lax.clone());
    assert!(changes.contains(&format!("{enforce} CHANGED UNDECLARED counted")), "{changes:?}");
    let (changes, verdict) = told(space(), silent.clone(), Some(strict), silent.clone());
    assert_eq!(changes, [format!("{enforce} REMOVED UNDECLARED counted")]);
    assert_eq!(verdict, Verdict::Drifted);
    // Of another kind it is a label like any other.
    let (_, verdict) = told(ResourceRef::kubernetes("", "v1", "ConfigMap", "shop", "shop"), silent, None, lax);
    assert_eq!(verdict, Verdict::InSync);
}

#[test]
fn a_port_of_the_nodes_counts_where_the_server_would_not_have_picked_one() {
    let service = |mut spec: Value, node_port: Option<i32>| {
        let mut port = json!({"port": 80});
        if let Some(node_port) = node_port {
            port["nodePort"] = json!(node_port);
        }
        spec["ports"] = json!([port]);
        json!({"spec": spec})
    };
    let counts = |spec: Value, live_spec: Value| {
        let kind = ResourceRef::kubernetes("", "v1", "Service", "prod", "web");
        let (changes, _) = told(kind, service(spec, None), None, service(live_spec, Some(30080)));
        let port = "/spec/ports/[port=80,protocol=TCP]/nodePort ADDED UNDECLARED";
        let found = changes.iter().find(|change| change.starts_with(port)).unwrap();
        found.ends_with(" counted")
    };
    let of = |kind: &str| json!({"type": kind});
    assert!(!counts(of("NodePort"), of("NodePort")) && !counts(of("LoadBalancer"), of("LoadBalancer")));
    let by_address = json!({"type": "LoadBalancer", "allocateLoadBalancerNodePorts": false});
    assert!(counts(by_address.clone(), by_address));
    assert!(counts(of("ClusterIP"), of("NodePort")) && counts(json!({}), of("NodePort")));
    // Nothing to pick is no port.
    let kind = ResourceRef::kubernetes("", "v1", "Service", "prod", "web");
    let (changes, verdict) = told(kind, service(json!({}), None), None, service(json!({}), Some(0)));
    assert_eq!(changes, ["/spec/ports/[port=80,protocol=TCP]/nodePort ADDED EQUIVALENT"]);
    assert_eq!(verdict, Verdict::InSync);
}

#[test]
fn a_webhook_that_lets_through_what_it_cannot_check_counts() {
    let hooks = |extra: Value| {
        let mut hook = json!({"name": "guard.example", "rules": [{"operations": ["CREATE"]}]});
        hook.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({"webhooks": [hook]})
    };
    let found = |extra: Value| {
        let kind = ResourceRef::kubernetes(
            "admissionregistration.k8s.io",
            "v1",
            "ValidatingWebhookConfiguration",
            "",
            "hooks",
        );
        told(kind, hooks(json!({})), None, hooks(extra))
    };
    let hook = "/webhooks/[name=guard.example]";
    let (changes, verdict) = found(json!({"failurePolicy": "Ignore"}));
    assert_eq!(changes, [format!("{hook}/failurePolicy ADDED UNDECLARED counted")]);
    assert_eq!(verdict, Verdict::Drifted);
    let (changes, _) = found(json!({"namespaceSelector": {"matchLabels": {"guarded": "yes"}}}));
    assert_eq!(changes, [format!("{hook}/namespaceSelector ADDED UNDECLARED counted")]);
    // What the server fills in says nothing.
    let (changes, verdict) =
        found(json!({"failurePolicy": "Fail", "namespaceSelector": {}, "objectSelector": {}, "timeoutSeconds": 10}));
    assert!(changes.len() == 4 && changes.iter().all(|change| change.ends_with("EQUIVALENT")), "{changes:?}");
    assert_eq!(verdict, Verdict::InSync);
}

#[test]
fn the_certificates_of_an_ingress_count_whether_they_came_or_went() {
    let ingress = |spec: Value| json!({"spec": spec});
    let kind = || ResourceRef::kubernetes("networking.k8s.io", "v1", "Ingress", "prod", "web");
    let (silent, tls) = (ingress(json!({})), ingress(json!({"tls": [{"hosts": ["a"], "secretName": "s"}]})));
    let (changes, verdict) = told(kind(), silent.clone(), None, tls.clone());
    assert_eq!((changes, verdict), (vec!["/spec/tls ADDED UNDECLARED counted".to_owned()], Verdict::Drifted));
    let (changes, verdict) = told(kind(), silent.clone(), Some(tls), silent.clone());
    assert_eq!((changes, verdict), (vec!["/spec/tls REMOVED UNDECLARED counted".to_owned()], Verdict::Drifted));
    let (_, verdict) = told(kind(), silent, None, ingress(json!({"ingressClassName": "nginx"})));
    assert_eq!(verdict, Verdict::InSync);
}

/// What is told of a `Runner` whose definition has defaults, some of them at places that expose something.
fn told_of_a_runner(desired: Value, actual: Value) -> (Vec<String>, Verdict) {
    let host = json!({"type": "object", "properties": {
        "hostNetwork": {"type": "boolean", "default": true},
        "hostPID": {"type": "boolean", "default": false},
        "replicas": {"type": "integer", "default": 1},
        "type": {"type": "string", "default": "LoadBalancer"},
        "env": {"type": "object", "default": {"LD_PRELOAD": "/tmp/x"}, "additionalProperties": {"type": "string"}},
        "pod": {"type": "object", "default": {"privileged": true, "image": "runner:1"}, "properties": {
            "privileged": {"type": "boolean"}, "image": {"type": "string"}}},
        "jobs": {"type": "array", "x-kubernetes-list-type": "atomic", "items": {"type": "object", "properties": {
            "name": {"type": "string"},
            "retries": {"type": "integer", "default": 3},
            "privileged": {"type": "boolean", "default": true}}}}}});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "spec": {"group": "ci.example", "names": {"kind": "Runner"}, "versions": [{"name": "v1", "schema": {
            "openAPIV3Schema": {"type": "object", "properties": {"spec": host}}}}]}});
    let mut rules = Rules::default();
    rules.schema.add_custom_resource(&definition).unwrap();
    let comparer = Comparer::compile(&rules).unwrap();
    let planes = Planes::new(PlaneState::present(desired), PlaneState::present(actual));
    let observation =
        Observation::new("obs", ResourceRef::kubernetes("ci.example", "v1", "Runner", "prod", "runner"), planes);
    let delta = comparer.compare(&observation, &Facts::default());
    let lines = delta.changes.iter().map(|change| {
        let counted = if change.counted { " counted" } else { "" };
        format!("{} {}{counted}", change.path, change.disposition)
    });
    (lines.collect(), delta.verdict)
}

#[test]
fn a_default_of_a_definition_that_was_handed_over_excuses_nothing_that_exposes() {
    let live = json!({"spec": {"hostNetwork": true, "hostPID": false, "replicas": 1, "type": "LoadBalancer",
        "env": {"LD_PRELOAD": "/tmp/x"}, "pod": {"privileged": true, "image": "runner:1"}}});
    let (changes, verdict) = told_of_a_runner(json!({"spec": {}}), live);
    assert_eq!(
        changes,
        [
            "/spec/env/LD_PRELOAD UNDECLARED counted",
            "/spec/hostNetwork UNDECLARED counted",
            // The API server's own table has this one.
            "/spec/hostPID EQUIVALENT",
            "/spec/pod/image EQUIVALENT",
            "/spec/pod/privileged UNDECLARED counted",
            "/spec/replicas EQUIVALENT",
            "/spec/type UNDECLARED counted",
        ]
    );
    assert_eq!(verdict, Verdict::Drifted);
}

#[test]
fn nor_does_such_a_default_within_a_list_that_is_one_value() {
    let jobs = |job: Value| json!({"spec": {"jobs": [job]}});
    let (changes, verdict) =
        told_of_a_runner(jobs(json!({"name": "a"})), jobs(json!({"name": "a", "retries": 3, "privileged": true})));
    assert_eq!((changes, verdict), (vec!["/spec/jobs DRIFT".to_owned()], Verdict::Drifted));
    let (changes, verdict) = told_of_a_runner(jobs(json!({"name": "a"})), jobs(json!({"name": "a", "retries": 3})));
    assert_eq!((changes, verdict), (vec!["/spec/jobs EQUIVALENT".to_owned()], Verdict::InSync));
}

#[test]
fn the_name_of_a_role_is_not_that_of_any_account() {
    let theirs = "arn:aws:iam::210987654321:role/deploy";
    let ours = "arn:aws:iam::123456789012:role/deploy";
    let function = |role: &str, arn: Option<&str>| {
        let mut function = json!({"Role": role, "Layers": ["tools"]});
        if let Some(arn) = arn {
            function["Arn"] = json!(arn);
        }
        function
    };
    let found = |live: Value| {
        let (mut changes, verdict) =
            told(ResourceRef::aws("AWS::Lambda::Function", "resize"), function("deploy", None), None, live);
        changes.retain(|change| change.starts_with("/Role "));
        (changes, verdict)
    };
    let own = Some("arn:aws:lambda:eu-west-1:123456789012:function:resize");
    let (changes, verdict) = found(function(ours, own));
    assert_eq!((changes, verdict), (vec!["/Role CHANGED EQUIVALENT".to_owned()], Verdict::InSync));
    // Another account, and one of which nobody knows whose it is.
    for live in [function(theirs, own), function(theirs, None), function(ours, None)] {
        let (changes, verdict) = found(live);
        assert_eq!((changes, verdict), (vec!["/Role CHANGED DRIFT".to_owned()], Verdict::Drifted));
    }
    // Nor is one known where what was read tells of two.
    for (arn, function_arn) in [(theirs, ours), (ours, theirs)] {
        let mut live = function(ours, Some(arn));
        live["FunctionArn"] = json!(function_arn);
        assert_eq!(found(live).0, ["/Role CHANGED DRIFT"]);
    }
    // A service that answers a name has left out the account of its caller.
    for (own, verdict) in [(own, Verdict::Drifted), (None, Verdict::InSync)] {
        let lambda = ResourceRef::aws("AWS::Lambda::Function", "resize");
        assert_eq!(told(lambda, function(theirs, None), None, function("deploy", own)).1, verdict);
    }
    // What says nothing of who may do what is known by its name, as ever.
    let mut live = function("deploy", None);
    live["Layers"] = json!(["arn:aws:lambda:eu-west-1:210987654321:layer:tools"]);
    assert_eq!(found(live).1, Verdict::InSync);
    // And who writes a rule may say that it means roles, too.
    let rule = |covers: bool| {
        let spec = json!({"resource": {"system": "AWS"}, "path": "/Role", "same": "ARN_OR_NAME",
            "reason": "roles of the build account", "coversSecurityPaths": covers});
        let mut rules = Rules::default();
        rules.equivalences.push(drift_diff::Named::new("roles", serde_json::from_value(spec).unwrap()));
        Comparer::compile(&rules).unwrap()
    };
    let planes =
        || Planes::new(PlaneState::present(function("deploy", None)), PlaneState::present(function(theirs, own)));
    let observation = Observation::new("obs", ResourceRef::aws("AWS::Lambda::Function", "resize"), planes());
    assert_eq!(rule(false).compare(&observation, &Facts::default()).verdict, Verdict::Drifted);
    assert_eq!(rule(true).compare(&observation, &Facts::default()).verdict, Verdict::InSync);
}
