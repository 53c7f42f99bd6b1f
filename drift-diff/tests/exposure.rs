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
